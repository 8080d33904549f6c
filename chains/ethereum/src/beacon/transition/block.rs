//! A block, in the specification's order.

use alloy_primitives::B256;

use super::{SignatureSet, TransitionError};
use crate::beacon::preset::{
    DOMAIN_BEACON_PROPOSER, DOMAIN_RANDAO, MAX_ETH1_DATA_VOTES,
    MAX_VALIDATORS_PER_WITHDRAWALS_SWEEP,
};
use crate::beacon::types::{
    BeaconBlock, BeaconBlockBody, BeaconBlockHeader, BeaconState, ExecutionRequests,
    SignedBeaconBlock, signing_root,
};
use crate::engine::ExecutionPayload;
use crate::ssz::{Ssz, merkle, to_u64};

/// What the proposer of a block has signed (`verify_block_signature`).
pub(super) fn proposer_signature(state: &BeaconState, signed: &SignedBeaconBlock) -> SignatureSet {
    let domain = state.domain(DOMAIN_BEACON_PROPOSER, state.current_epoch());
    SignatureSet {
        signers: vec![signed.message.proposer_index],
        message: signing_root(signed.message.tree_root(), domain),
        signature: signed.signature,
    }
}

/// `process_block`.
pub(super) fn process_block(
    state: &mut BeaconState,
    block: &BeaconBlock,
    seconds_per_slot: u64,
    signatures: &mut Vec<SignatureSet>,
) -> Result<(), TransitionError> {
    let proposer = block.proposer_index;
    process_header(state, block)?;
    process_withdrawals(state, &block.body.execution_payload)?;
    process_execution_payload(state, &block.body, seconds_per_slot)?;
    process_randao(state, &block.body, proposer, signatures);
    process_eth1_data(state, &block.body);
    refuse_unsupported(&block.body)?;
    for attestation in block.body.attestations.iter() {
        state.process_attestation(attestation, proposer, signatures)?;
    }
    state.process_sync_aggregate(&block.body.sync_aggregate, proposer, signatures)
}

/// `process_block_header`.
fn process_header(state: &mut BeaconState, block: &BeaconBlock) -> Result<(), TransitionError> {
    if block.slot != state.slot {
        return Err(TransitionError::Slot { got: block.slot, state: state.slot });
    }
    let parent = state.latest_block_header.slot;
    if block.slot <= parent {
        return Err(TransitionError::NotNewer { got: block.slot, parent });
    }
    let got = block.proposer_index;
    let expected = state.proposer_lookahead.at(state.slot % super::SLOTS_PER_EPOCH);
    if got != expected {
        return Err(TransitionError::Proposer { got, expected });
    }
    let expected = state.latest_block_header.tree_root();
    if block.parent_root != expected {
        return Err(TransitionError::Parent { got: block.parent_root, expected });
    }
    if state.validator(got)?.slashed {
        return Err(TransitionError::SlashedProposer { proposer: got });
    }
    // The state root is filled in by the next `process_slot`.
    state.latest_block_header = BeaconBlockHeader { state_root: B256::ZERO, ..block.header() };
    Ok(())
}

/// `process_withdrawals`: no validator here has credentials to withdraw to, so none is expected;
/// the sweep goes round all the same.
fn process_withdrawals(
    state: &mut BeaconState,
    payload: &ExecutionPayload,
) -> Result<(), TransitionError> {
    if !payload.withdrawals.is_empty() {
        return Err(TransitionError::Unsupported { kind: "withdrawals" });
    }
    let next = state.next_withdrawal_validator_index;
    let next = next.saturating_add(MAX_VALIDATORS_PER_WITHDRAWALS_SWEEP);
    let next = next.checked_rem(to_u64(state.validators.len()));
    state.next_withdrawal_validator_index = next.unwrap_or_default();
    Ok(())
}

/// A field of the payload must be what the state says.
fn payload_field<T: PartialEq + ToString>(
    field: &'static str,
    got: &T,
    expected: &T,
) -> Result<(), TransitionError> {
    if got == expected {
        return Ok(());
    }
    let (got, expected) = (got.to_string(), expected.to_string());
    Err(TransitionError::Payload { field, got, expected })
}

/// `process_execution_payload`, without the engine's part.
fn process_execution_payload(
    state: &mut BeaconState,
    body: &BeaconBlockBody,
    seconds_per_slot: u64,
) -> Result<(), TransitionError> {
    let payload = &body.execution_payload;
    let parent = state.latest_execution_payload_header.block_hash;
    payload_field("parent_hash", &payload.parent_hash, &parent)?;
    let mix = state.randao_mixes.at(state.current_epoch());
    payload_field("prev_randao", &payload.prev_randao, &mix)?;
    let time = state.time_at(state.slot, seconds_per_slot);
    payload_field("timestamp", &payload.timestamp, &time)?;
    if !body.blob_kzg_commitments.is_empty() {
        return Err(TransitionError::Unsupported { kind: "blob_kzg_commitments" });
    }
    state.latest_execution_payload_header = payload.header();
    Ok(())
}

/// `process_randao`.
fn process_randao(
    state: &mut BeaconState,
    body: &BeaconBlockBody,
    proposer: u64,
    signatures: &mut Vec<SignatureSet>,
) {
    let epoch = state.current_epoch();
    signatures.push(SignatureSet {
        signers: vec![proposer],
        message: signing_root(epoch.tree_root(), state.domain(DOMAIN_RANDAO, epoch)),
        signature: body.randao_reveal,
    });
    let mix = state.randao_mixes.at(epoch) ^ merkle::hash(body.randao_reveal.as_slice());
    state.randao_mixes.set(epoch, mix);
}

/// `process_eth1_data`.
fn process_eth1_data(state: &mut BeaconState, body: &BeaconBlockBody) {
    state.eth1_data_votes.push(body.eth1_data.clone());
    let votes = state.eth1_data_votes.iter().filter(|vote| **vote == body.eth1_data).count();
    if to_u64(votes).saturating_mul(2) > MAX_ETH1_DATA_VOTES {
        state.eth1_data = body.eth1_data.clone();
    }
}

/// The operations that are not processed here: deposits, exits, slashings, changed credentials
/// and requests of the execution layer.
fn refuse_unsupported(body: &BeaconBlockBody) -> Result<(), TransitionError> {
    let absent = [
        (body.proposer_slashings.is_empty(), "proposer_slashings"),
        (body.attester_slashings.is_empty(), "attester_slashings"),
        (body.deposits.is_empty(), "deposits"),
        (body.voluntary_exits.is_empty(), "voluntary_exits"),
        (body.bls_to_execution_changes.is_empty(), "bls_to_execution_changes"),
        (body.execution_requests == ExecutionRequests::default(), "execution_requests"),
    ];
    match absent.into_iter().find(|(is_absent, _)| !is_absent) {
        Some((_, kind)) => Err(TransitionError::Unsupported { kind }),
        None => Ok(()),
    }
}
