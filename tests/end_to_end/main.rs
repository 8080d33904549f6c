//! The real binary, driven as a user drives it.
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

mod bad_input;
mod binary;
mod readme;
mod verify_bitcoin;
mod verify_cometbft;
mod verify_ethereum_proof;
mod verify_ethereum_update;
mod verify_ics23;
mod verify_packet;
