//! The state that the bundled network begins with.

use alloy_primitives::{B256, FixedBytes};

use super::bls::ValidatorKey;
use super::preset::{
    EPOCHS_PER_SLASHINGS_VECTOR, FAR_FUTURE_EPOCH, MIN_ACTIVATION_BALANCE, PROPOSER_LOOKAHEAD,
    RANDAO_MIXES, UNSET_DEPOSIT_REQUESTS_START_INDEX,
};
use super::transition::{TransitionError, registry};
use super::types::{
    BeaconBlock, BeaconBlockBody, BeaconBlockHeader, BeaconState, Eth1Data, Fork,
    SignedBeaconBlock, Validator, Version,
};
use crate::engine::ExecutionPayloadHeader;
use crate::ssz::{List, Ssz, Vector, merkle, to_u64};

/// Versions of the forks, all of which begin at genesis: those of the minimal configuration.
pub const FORK_VERSIONS: [(&str, Version); 7] = [
    ("GENESIS", FixedBytes([0, 0, 0, 1])),
    ("ALTAIR", FixedBytes([1, 0, 0, 1])),
    ("BELLATRIX", FixedBytes([2, 0, 0, 1])),
    ("CAPELLA", FixedBytes([3, 0, 0, 1])),
    ("DENEB", FixedBytes([4, 0, 0, 1])),
    ("ELECTRA", FixedBytes([5, 0, 0, 1])),
    ("FULU", FixedBytes([6, 0, 0, 1])),
];

/// Withdrawal credentials of the bundled validators: of the BLS kind, which cannot be withdrawn to.
const BLS_WITHDRAWAL_PREFIX: u8 = 0;

/// The genesis state: all validators active with the least stake, their balances beside it zero.
pub fn genesis_state(
    seed: u64,
    genesis_time: u64,
    keys: &[ValidatorKey],
    execution: ExecutionPayloadHeader,
) -> Result<BeaconState, TransitionError> {
    let validators: Vec<Validator> = keys.iter().map(genesis_validator).collect();
    let count = validators.len();
    let randomness = merkle::hash(&[&seed.to_le_bytes(), execution.block_hash.as_slice()].concat());
    let zeros = || List::truncated(vec![0; count]);
    let mut state = BeaconState {
        genesis_time,
        fork: genesis_fork(),
        latest_block_header: BeaconBlockHeader {
            body_root: BeaconBlockBody::default().tree_root(),
            ..BeaconBlockHeader::default()
        },
        eth1_data: Eth1Data {
            deposit_root: B256::ZERO,
            deposit_count: to_u64(count),
            block_hash: execution.block_hash,
        },
        eth1_deposit_index: to_u64(count),
        validators: List::truncated(validators),
        balances: List::truncated(vec![MIN_ACTIVATION_BALANCE; count]),
        randao_mixes: Vector::<B256, RANDAO_MIXES>::repeat(randomness),
        slashings: Vector::<u64, EPOCHS_PER_SLASHINGS_VECTOR>::repeat(0),
        previous_epoch_participation: List::truncated(vec![0; count]),
        current_epoch_participation: List::truncated(vec![0; count]),
        inactivity_scores: zeros(),
        latest_execution_payload_header: execution,
        deposit_requests_start_index: UNSET_DEPOSIT_REQUESTS_START_INDEX,
        earliest_exit_epoch: registry::activation_exit_epoch(0),
        earliest_consolidation_epoch: registry::activation_exit_epoch(0),
        ..BeaconState::default()
    };
    state.genesis_validators_root = state.validators.tree_root();
    // The first two committees are the same (altair/beacon-chain.md, genesis).
    state.current_sync_committee = state.draw_sync_committee()?;
    state.next_sync_committee = state.current_sync_committee.clone();
    let ahead = [state.proposers(0)?, state.proposers(1)?].concat();
    state.proposer_lookahead = Vector::<u64, PROPOSER_LOOKAHEAD>::new(&ahead)
        .ok_or(TransitionError::NobodySampled { epoch: 0 })?;
    Ok(state)
}

/// Fulu from the start, after an Electra that nobody saw.
fn genesis_fork() -> Fork {
    let [.., (_, previous_version), (_, current_version)] = FORK_VERSIONS;
    Fork { previous_version, current_version, epoch: 0 }
}

/// A validator that is active from the start.
fn genesis_validator(key: &ValidatorKey) -> Validator {
    let pubkey = key.public();
    let mut withdrawal_credentials = merkle::hash(pubkey.as_slice());
    if let Some(prefix) = withdrawal_credentials.first_mut() {
        *prefix = BLS_WITHDRAWAL_PREFIX;
    }
    Validator {
        pubkey,
        withdrawal_credentials,
        effective_balance: MIN_ACTIVATION_BALANCE,
        slashed: false,
        activation_eligibility_epoch: 0,
        activation_epoch: 0,
        exit_epoch: FAR_FUTURE_EPOCH,
        withdrawable_epoch: FAR_FUTURE_EPOCH,
    }
}

/// The block that the genesis state belongs to; nobody signed it.
pub fn genesis_block(state: &BeaconState) -> SignedBeaconBlock {
    let message = BeaconBlock { state_root: state.tree_root(), ..BeaconBlock::default() };
    SignedBeaconBlock { message, signature: FixedBytes::ZERO }
}
