//! Endpoints over the real chains' own RPC, in memory and in a time of their own: what the relayer
//! rarely meets, each on every family.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "test code fails loudly"
)]

mod chains;
mod ledger;
mod limits;
mod misbehaviour;
mod relay;
mod replace;
mod world;
