//! The state.

use alloy_primitives::B256;

use super::{BeaconBlockHeader, BlsPubkey, BlsSignature, Checkpoint, Version};
use crate::beacon::preset::{
    EPOCHS_PER_SLASHINGS_VECTOR, HISTORICAL_ROOTS_LIMIT, MAX_ETH1_DATA_VOTES,
    PENDING_CONSOLIDATIONS_LIMIT, PENDING_DEPOSITS_LIMIT, PENDING_PARTIAL_WITHDRAWALS_LIMIT,
    PROPOSER_LOOKAHEAD, RANDAO_MIXES, SLOTS_PER_HISTORICAL_ROOT, SYNC_COMMITTEE_SIZE,
    VALIDATOR_REGISTRY_LIMIT,
};
use crate::engine::ExecutionPayloadHeader;
use crate::ssz::{Bitvector, List, Vector, container};

container! {
    /// The fork in force.
    pub struct Fork { previous_version: Version, current_version: Version, epoch: u64, }

    /// What the chain knows of its deposit contract.
    pub struct Eth1Data { deposit_root: B256, deposit_count: u64, block_hash: B256, }

    /// Roots of the block roots and state roots of one stretch of slots.
    pub struct HistoricalSummary { block_summary_root: B256, state_summary_root: B256, }

    /// A validator.
    pub struct Validator {
        pubkey: BlsPubkey,
        withdrawal_credentials: B256,
        effective_balance: u64,
        slashed: bool,
        activation_eligibility_epoch: u64,
        activation_epoch: u64,
        exit_epoch: u64,
        withdrawable_epoch: u64,
    }

    /// A sync committee; a validator may hold several seats.
    pub struct SyncCommittee {
        pubkeys: Vector<BlsPubkey, SYNC_COMMITTEE_SIZE>,
        aggregate_pubkey: BlsPubkey,
    }

    /// A deposit that waits for its turn.
    pub struct PendingDeposit {
        pubkey: BlsPubkey,
        withdrawal_credentials: B256,
        amount: u64,
        signature: BlsSignature,
        slot: u64,
    }

    /// A withdrawal that waits for its turn.
    pub struct PendingPartialWithdrawal {
        validator_index: u64,
        amount: u64,
        withdrawable_epoch: u64,
    }

    /// A consolidation that waits for its turn.
    pub struct PendingConsolidation { source_index: u64, target_index: u64, }

    /// The state after a slot.
    pub struct BeaconState {
        genesis_time: u64,
        genesis_validators_root: B256,
        slot: u64,
        fork: Fork,
        latest_block_header: BeaconBlockHeader,
        block_roots: Vector<B256, SLOTS_PER_HISTORICAL_ROOT>,
        state_roots: Vector<B256, SLOTS_PER_HISTORICAL_ROOT>,
        historical_roots: List<B256, HISTORICAL_ROOTS_LIMIT>,
        eth1_data: Eth1Data,
        eth1_data_votes: List<Eth1Data, MAX_ETH1_DATA_VOTES>,
        eth1_deposit_index: u64,
        validators: List<Validator, VALIDATOR_REGISTRY_LIMIT>,
        balances: List<u64, VALIDATOR_REGISTRY_LIMIT>,
        randao_mixes: Vector<B256, RANDAO_MIXES>,
        slashings: Vector<u64, EPOCHS_PER_SLASHINGS_VECTOR>,
        previous_epoch_participation: List<u8, VALIDATOR_REGISTRY_LIMIT>,
        current_epoch_participation: List<u8, VALIDATOR_REGISTRY_LIMIT>,
        justification_bits: Bitvector<4>,
        previous_justified_checkpoint: Checkpoint,
        current_justified_checkpoint: Checkpoint,
        finalized_checkpoint: Checkpoint,
        inactivity_scores: List<u64, VALIDATOR_REGISTRY_LIMIT>,
        current_sync_committee: SyncCommittee,
        next_sync_committee: SyncCommittee,
        latest_execution_payload_header: ExecutionPayloadHeader,
        next_withdrawal_index: u64,
        next_withdrawal_validator_index: u64,
        historical_summaries: List<HistoricalSummary, HISTORICAL_ROOTS_LIMIT>,
        deposit_requests_start_index: u64,
        deposit_balance_to_consume: u64,
        exit_balance_to_consume: u64,
        earliest_exit_epoch: u64,
        consolidation_balance_to_consume: u64,
        earliest_consolidation_epoch: u64,
        pending_deposits: List<PendingDeposit, PENDING_DEPOSITS_LIMIT>,
        pending_partial_withdrawals:
            List<PendingPartialWithdrawal, PENDING_PARTIAL_WITHDRAWALS_LIMIT>,
        pending_consolidations: List<PendingConsolidation, PENDING_CONSOLIDATIONS_LIMIT>,
        proposer_lookahead: Vector<u64, PROPOSER_LOOKAHEAD>,
    }

    /// A finalized checkpoint with the state of its block: where a node starts from.
    pub struct Anchor { checkpoint: Checkpoint, state: BeaconState, }
}
