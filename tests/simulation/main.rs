//! The real chains, endpoints and engine in one thread, from one seed: requests travel through
//! memory, late, twice or not at all; the relayer is killed at any moment; first everything must
//! stay safe, then every packet must end.
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
