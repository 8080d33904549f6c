//! Our verifiers beside the ecosystem's own crates, on valid and mutated input.
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
mod cosmos_sdk;
mod ethereum_ssz;
mod ethereum_trie;
mod ics23;
