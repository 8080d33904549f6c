//! The end of an epoch, in the specification's order.

use super::TransitionError;
use crate::beacon::preset::{
    EPOCHS_PER_ETH1_VOTING_PERIOD, EPOCHS_PER_HISTORICAL_SUMMARY, EPOCHS_PER_SYNC_COMMITTEE_PERIOD,
    MIN_SEED_LOOKAHEAD, PROPOSER_LOOKAHEAD, SLOTS_PER_EPOCH,
};
use crate::beacon::types::{BeaconState, HistoricalSummary};
use crate::ssz::{List, Ssz, Vector, to_usize};

/// `process_epoch`. Slashed validators, pending deposits and consolidations do not occur on this
/// chain, whose blocks carry none of the operations that make them; the steps that would treat
/// them are `process_slashings`, `process_pending_deposits` and `process_pending_consolidations`.
pub(super) fn process_epoch(state: &mut BeaconState) -> Result<(), TransitionError> {
    state.justify()?;
    state.update_inactivity();
    state.reward_and_penalize();
    state.update_registry();
    reset_eth1_data_votes(state);
    state.deposit_balance_to_consume = 0;
    state.update_effective_balances();
    reset_slashings(state);
    carry_randao_mix(state);
    append_historical_summary(state);
    rotate_participation(state);
    rotate_sync_committees(state)?;
    shift_proposer_lookahead(state)
}

/// The epoch that begins.
const fn next_epoch(state: &BeaconState) -> u64 {
    state.current_epoch().saturating_add(1)
}

/// `process_eth1_data_reset`.
fn reset_eth1_data_votes(state: &mut BeaconState) {
    if next_epoch(state).is_multiple_of(EPOCHS_PER_ETH1_VOTING_PERIOD) {
        state.eth1_data_votes = List::default();
    }
}

/// `process_slashings_reset`.
fn reset_slashings(state: &mut BeaconState) {
    state.slashings.set(next_epoch(state), 0);
}

/// `process_randao_mixes_reset`.
fn carry_randao_mix(state: &mut BeaconState) {
    let mix = state.randao_mixes.at(state.current_epoch());
    state.randao_mixes.set(next_epoch(state), mix);
}

/// `process_historical_summaries_update`. The list holds 2^24 summaries: some 34 years of slots
/// of one second.
fn append_historical_summary(state: &mut BeaconState) {
    if next_epoch(state).is_multiple_of(EPOCHS_PER_HISTORICAL_SUMMARY) {
        let summary = HistoricalSummary {
            block_summary_root: state.block_roots.tree_root(),
            state_summary_root: state.state_roots.tree_root(),
        };
        state.historical_summaries.push(summary);
    }
}

/// `process_participation_flag_updates`.
fn rotate_participation(state: &mut BeaconState) {
    let none = List::truncated(vec![0; state.validators.len()]);
    state.previous_epoch_participation =
        core::mem::replace(&mut state.current_epoch_participation, none);
}

/// `process_sync_committee_updates`.
fn rotate_sync_committees(state: &mut BeaconState) -> Result<(), TransitionError> {
    if next_epoch(state).is_multiple_of(EPOCHS_PER_SYNC_COMMITTEE_PERIOD) {
        let next = state.draw_sync_committee()?;
        state.current_sync_committee = core::mem::replace(&mut state.next_sync_committee, next);
    }
    Ok(())
}

/// `process_proposer_lookahead` (EIP-7917).
fn shift_proposer_lookahead(state: &mut BeaconState) -> Result<(), TransitionError> {
    let epoch = next_epoch(state).saturating_add(MIN_SEED_LOOKAHEAD);
    let known = state.proposer_lookahead.iter().skip(to_usize(SLOTS_PER_EPOCH)).copied();
    let ahead: Vec<u64> = known.chain(state.proposers(epoch)?).collect();
    state.proposer_lookahead = Vector::<u64, PROPOSER_LOOKAHEAD>::new(&ahead)
        .ok_or(TransitionError::NobodySampled { epoch })?;
    Ok(())
}
