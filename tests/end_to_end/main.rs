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

mod a_data_directory_is_for_one_network;
mod a_network_goes_on_where_it_was;
mod bad_input;
mod binary;
mod coins_move_within_a_chain;
mod faults_show;
mod keys_are_kept_encrypted;
mod network;
mod one_command_starts_three_chains;
mod readme;
mod verify_bitcoin;
mod verify_cometbft;
mod verify_ethereum_proof;
mod verify_ethereum_update;
mod verify_ics23;
mod verify_packet;
