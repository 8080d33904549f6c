//! The contracts on proofs of the three real light clients.
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

/// Tests of the named scenarios, each with a chain of one kind beside its partners.
macro_rules! scenarios {
    ($kind:ident: $($module:ident { $($name:ident,)* })*) => {
        $($(
            #[test]
            fn $name() {
                use causeway_tests::harness::Kind;
                for other in Kind::$kind.partners() {
                    crate::$module::$name((Kind::$kind, other));
                }
            }
        )*)*
    };
}

/// All scenarios.
macro_rules! all_scenarios {
    ($kind:ident) => {
        scenarios! {
            $kind:
            packets {
                a_packet_is_sent_received_and_acknowledged_both_ways,
                payloads_are_received_all_or_none,
                every_message_works_once,
                a_packet_is_received_or_times_out_and_never_both,
                the_timeout_is_exact_to_the_second,
                absence_counts_from_the_second_of_the_timeout,
                sending_demands_a_timeout_ahead_and_within_a_day,
                a_batch_is_received_under_one_proof,
                an_answer_may_come_later_from_its_application_alone,
                applications_do_not_speak_for_the_handler,
                a_packet_whose_time_is_over_there_is_not_sent,
            }
            forgeries {
                proofs_of_something_else_are_refused,
                a_proof_under_an_older_state_does_not_show_a_newer_packet,
                answers_to_something_else_are_refused,
                a_third_chain_cannot_stand_in_for_either,
            }
            bounds {
                whoever_pays_too_little_changes_nothing,
                a_callback_cannot_call_back_in,
            }
            clients {
                only_the_creator_binds_a_client_and_only_once,
                a_forged_header_is_refused,
                knowing_a_header_twice_changes_nothing,
                an_expired_client_does_nothing_until_it_is_recovered,
                misbehaviour_freezes_a_client_for_good,
                expired_consensus_states_are_pruned,
            }
            transfers {
                a_coin_goes_out_and_comes_home,
                a_refused_transfer_is_refunded,
                a_transfer_that_times_out_is_refunded,
                a_token_travels_over_three_chains_and_back,
                vouchers_of_two_clients_do_not_mix,
                only_the_signer_pays,
                a_pause_stops_transfers_and_no_refund,
                a_rate_limit_holds_both_ways_and_blocks_no_refund,
            }
            calls {
                a_contract_counts_for_each_derived_account,
                only_contracts_can_be_called,
                nobody_calls_in_the_name_of_another,
                a_transfer_and_a_call_succeed_or_fail_together,
            }
        }
    };
}

mod bitcoin;
mod bounds;
mod calls;
mod clients;
mod cometbft;
mod ethereum;
mod forgeries;
mod isolation;
mod listing;
mod packets;
mod refusals;
mod script;
mod tokens;
mod transfers;
