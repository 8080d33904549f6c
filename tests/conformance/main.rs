//! Every vector file with its verdict, or excluded with its reason.
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

mod bitcoin;
mod cometbft;
mod ethereum_consensus;
mod ethereum_execution;
mod ethereum_lodestar;
mod ibc;
mod ics23;
