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
mod a_killed_relayer_goes_on;
mod a_network_goes_on_where_it_was;
mod bad_input;
mod bad_input_moves_nothing;
mod binary;
mod chains_have_their_ways;
mod coins_move_within_a_chain;
mod crossing;
mod faults_show;
mod keys_are_kept_encrypted;
mod lies;
mod network;
mod nothing_is_believed;
mod one_command_starts_three_chains;
mod packets_can_be_followed;
mod process;
mod proxy;
mod readme;
mod tokens_cross_between_chains;
mod verify_bitcoin;
mod verify_cometbft;
mod verify_ethereum_proof;
mod verify_ethereum_update;
mod verify_ics23;
mod verify_packet;
mod what_does_not_arrive_comes_back;
