//! Laws that hold for all inputs.
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
mod fuzz_replay;
mod ibc;
mod ics23;
mod ics23_exploits;
mod overlay;
mod relayer_engine;
mod store;
mod transfer;
