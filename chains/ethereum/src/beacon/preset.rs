//! The minimal preset and the constants of the Fulu fork (presets/minimal, beacon-chain.md).

/// Slots of an epoch.
pub const SLOTS_PER_EPOCH: u64 = 8;
/// Epochs that one sync committee serves.
pub const EPOCHS_PER_SYNC_COMMITTEE_PERIOD: u64 = 8;
/// Slots that one sync committee serves.
pub const SLOTS_PER_SYNC_COMMITTEE_PERIOD: u64 = SLOTS_PER_EPOCH * EPOCHS_PER_SYNC_COMMITTEE_PERIOD;
/// Seats of a sync committee.
pub const SYNC_COMMITTEE_SIZE: usize = 32;
/// The same, to compute with.
pub const SYNC_COMMITTEE_SEATS: u64 = 32;
/// The most committees of a slot.
pub const MAX_COMMITTEES_PER_SLOT: u64 = 4;
/// The same, as a length.
pub const COMMITTEE_BITS: usize = 4;
/// The size that committees aim at.
pub const TARGET_COMMITTEE_SIZE: u64 = 4;
/// The most attesters of an aggregate: 2048 in each committee.
pub const MAX_ATTESTERS: u64 = 2048 * MAX_COMMITTEES_PER_SLOT;
/// Rounds of the swap-or-not shuffle.
pub const SHUFFLE_ROUND_COUNT: u8 = 10;
/// Slots whose block and state roots a state keeps.
pub const SLOTS_PER_HISTORICAL_ROOT: usize = 64;
/// Epochs between two historical summaries.
pub const EPOCHS_PER_HISTORICAL_SUMMARY: u64 = 8;
/// Epochs whose randomness a state keeps.
pub const EPOCHS_PER_HISTORICAL_VECTOR: u64 = 64;
/// The same, as a length.
pub const RANDAO_MIXES: usize = 64;
/// Epochs whose slashings a state keeps.
pub const EPOCHS_PER_SLASHINGS_VECTOR: usize = 64;
/// Limit of the historical lists.
pub const HISTORICAL_ROOTS_LIMIT: u64 = 1 << 24;
/// Limit of the validator registry.
pub const VALIDATOR_REGISTRY_LIMIT: u64 = 1 << 40;
/// Epochs after which the votes on execution data are counted afresh.
pub const EPOCHS_PER_ETH1_VOTING_PERIOD: u64 = 4;
/// Limit of those votes.
pub const MAX_ETH1_DATA_VOTES: u64 = EPOCHS_PER_ETH1_VOTING_PERIOD * SLOTS_PER_EPOCH;
/// Epochs by which duties are known in advance.
pub const MIN_SEED_LOOKAHEAD: u64 = 1;
/// Epochs until an activation or an exit takes effect.
pub const MAX_SEED_LOOKAHEAD: u64 = 4;
/// Proposers that a state names in advance (EIP-7917).
pub const PROPOSER_LOOKAHEAD: usize = 16;
/// Blocks' limits on operations.
pub const MAX_PROPOSER_SLASHINGS: u64 = 16;
/// See [`MAX_PROPOSER_SLASHINGS`].
pub const MAX_ATTESTER_SLASHINGS: u64 = 1;
/// See [`MAX_PROPOSER_SLASHINGS`].
pub const MAX_ATTESTATIONS: u64 = 8;
/// See [`MAX_PROPOSER_SLASHINGS`].
pub const MAX_DEPOSITS: u64 = 16;
/// See [`MAX_PROPOSER_SLASHINGS`].
pub const MAX_VOLUNTARY_EXITS: u64 = 16;
/// See [`MAX_PROPOSER_SLASHINGS`].
pub const MAX_BLS_TO_EXECUTION_CHANGES: u64 = 16;
/// See [`MAX_PROPOSER_SLASHINGS`].
pub const MAX_BLOB_COMMITMENTS_PER_BLOCK: u64 = 4096;
/// See [`MAX_PROPOSER_SLASHINGS`].
pub const MAX_DEPOSIT_REQUESTS: u64 = 8192;
/// See [`MAX_PROPOSER_SLASHINGS`].
pub const MAX_WITHDRAWAL_REQUESTS: u64 = 16;
/// See [`MAX_PROPOSER_SLASHINGS`].
pub const MAX_CONSOLIDATION_REQUESTS: u64 = 2;
/// Depth of a deposit's proof, with its length.
pub const DEPOSIT_PROOF_LEN: usize = 33;
/// Limits of the state's queues.
pub const PENDING_DEPOSITS_LIMIT: u64 = 1 << 27;
/// See [`PENDING_DEPOSITS_LIMIT`].
pub const PENDING_PARTIAL_WITHDRAWALS_LIMIT: u64 = 64;
/// See [`PENDING_DEPOSITS_LIMIT`].
pub const PENDING_CONSOLIDATIONS_LIMIT: u64 = 64;
/// The largest transaction of a payload.
pub const MAX_BYTES_PER_TRANSACTION: u64 = 1 << 30;
/// The most transactions of a payload.
pub const MAX_TRANSACTIONS_PER_PAYLOAD: u64 = 1 << 20;
/// The most withdrawals of a payload.
pub const MAX_WITHDRAWALS_PER_PAYLOAD: u64 = 4;
/// Validators that one block looks at for withdrawals.
pub const MAX_VALIDATORS_PER_WITHDRAWALS_SWEEP: u64 = 16;
/// The most extra data of a payload.
pub const MAX_EXTRA_DATA_BYTES: u64 = 32;
/// Blobs of a block at most; none are made here.
pub const MAX_BLOBS_PER_BLOCK: u64 = 9;

/// An epoch that never comes.
pub const FAR_FUTURE_EPOCH: u64 = u64::MAX;
/// Marks that no deposit request has been seen (EIP-6110).
pub const UNSET_DEPOSIT_REQUESTS_START_INDEX: u64 = u64::MAX;

/// Balances are in Gwei; effective balances in steps of this.
pub const EFFECTIVE_BALANCE_INCREMENT: u64 = 1_000_000_000;
/// What a validator needs to be activated, and what counts of a plain one.
pub const MIN_ACTIVATION_BALANCE: u64 = 32_000_000_000;
/// What counts of a compounding validator.
pub const MAX_EFFECTIVE_BALANCE_ELECTRA: u64 = 2_048_000_000_000;
/// A validator with less is ejected.
pub const EJECTION_BALANCE: u64 = 16_000_000_000;
/// Effective balances follow balances only beyond this much below.
pub const DOWNWARD_THRESHOLD: u64 = EFFECTIVE_BALANCE_INCREMENT / 4;
/// Effective balances follow balances only beyond this much above.
pub const UPWARD_THRESHOLD: u64 = EFFECTIVE_BALANCE_INCREMENT / 4 * 5;
/// Scales all rewards.
pub const BASE_REWARD_FACTOR: u64 = 64;
/// Shares of the base reward, of 64: timely source, timely target, timely head.
pub const PARTICIPATION_FLAG_WEIGHTS: [u64; 3] = [14, 26, 14];
/// The sync committee's share.
pub const SYNC_REWARD_WEIGHT: u64 = 2;
/// The proposer's share.
pub const PROPOSER_WEIGHT: u64 = 8;
/// What the weights sum up to.
pub const WEIGHT_DENOMINATOR: u64 = 64;
/// Index of the flag for a timely vote for the source.
pub const TIMELY_SOURCE: usize = 0;
/// Index of the flag for a timely vote for the target.
pub const TIMELY_TARGET: usize = 1;
/// Index of the flag for a timely vote for the head.
pub const TIMELY_HEAD: usize = 2;
/// Epochs without finality until the leak begins.
pub const MIN_EPOCHS_TO_INACTIVITY_PENALTY: u64 = 4;
/// Scales the leak.
pub const INACTIVITY_PENALTY_QUOTIENT: u64 = 1 << 24;
/// What an epoch of absence adds to the inactivity score.
pub const INACTIVITY_SCORE_BIAS: u64 = 4;
/// What an epoch without leak takes from it.
pub const INACTIVITY_SCORE_RECOVERY_RATE: u64 = 16;
/// Scales the correlated penalty of slashed validators.
pub const PROPORTIONAL_SLASHING_MULTIPLIER: u64 = 3;
/// Percent of a committee's weight that a timely block is credited with.
pub const PROPOSER_SCORE_BOOST: u64 = 40;

/// Domain of proposers.
pub const DOMAIN_BEACON_PROPOSER: [u8; 4] = [0, 0, 0, 0];
/// Domain of attesters.
pub const DOMAIN_BEACON_ATTESTER: [u8; 4] = [1, 0, 0, 0];
/// Domain of the randomness that proposers reveal.
pub const DOMAIN_RANDAO: [u8; 4] = [2, 0, 0, 0];
/// Domain of sync committees.
pub const DOMAIN_SYNC_COMMITTEE: [u8; 4] = [7, 0, 0, 0];

/// The epoch of a slot.
pub const fn epoch_of(slot: u64) -> u64 {
    slot / SLOTS_PER_EPOCH
}

/// The first slot of an epoch.
pub const fn start_slot(epoch: u64) -> u64 {
    epoch.saturating_mul(SLOTS_PER_EPOCH)
}

/// The sync committee period of a slot.
pub const fn period_of(slot: u64) -> u64 {
    slot / SLOTS_PER_SYNC_COMMITTEE_PERIOD
}
