//! The real chains, contracts, endpoints and engine in one thread, from one seed: requests travel
//! through memory, late, twice or not at all; relayers and chains are killed at any moment; chains
//! break, and their servers lie. A [`plan`] of all that goes wrong is drawn from the seed; while it
//! lasts nothing may be lost or doubled ([`audit`]); then everything is mended, and every packet
//! must end ([`scenario`]). What is tried is in [`scenarios`] and [`stranded`].
//!
//! A failure names its seed, and the command that runs it again:
//!
//! ```text
//! CAUSEWAY_SIM_SEED=17 cargo test -p causeway-relayer-endpoints --test simulation servers_lie
//! ```
//!
//! `CAUSEWAY_SIM_SEEDS=1000` runs so many seeds of each test; with `-- --nocapture` it is said
//! what each has come to.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    missing_docs,
    reason = "test code fails loudly"
)]

mod audit;
mod families;
mod lies;
mod net;
mod path;
mod plan;
mod relayer;
mod scenario;
mod scenarios;
mod seeds;
mod stranded;
mod traffic;
mod world;
