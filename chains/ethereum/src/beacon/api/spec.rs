//! `/eth/v1/config/…`: what the network is made of.

use serde_json::{Map, Value, json};

use crate::beacon::chain::Config;
use crate::beacon::genesis::FORK_VERSIONS;
use crate::beacon::preset::{
    BASE_REWARD_FACTOR, EFFECTIVE_BALANCE_INCREMENT, EJECTION_BALANCE,
    EPOCHS_PER_ETH1_VOTING_PERIOD, EPOCHS_PER_HISTORICAL_VECTOR, EPOCHS_PER_SYNC_COMMITTEE_PERIOD,
    HISTORICAL_ROOTS_LIMIT, MAX_ATTESTATIONS, MAX_BLOBS_PER_BLOCK, MAX_COMMITTEES_PER_SLOT,
    MAX_EFFECTIVE_BALANCE_ELECTRA, MAX_SEED_LOOKAHEAD, MAX_WITHDRAWALS_PER_PAYLOAD,
    MIN_ACTIVATION_BALANCE, MIN_EPOCHS_TO_INACTIVITY_PENALTY, MIN_SEED_LOOKAHEAD,
    PROPOSER_SCORE_BOOST, SHUFFLE_ROUND_COUNT, SLOTS_PER_EPOCH, SYNC_COMMITTEE_SEATS,
    TARGET_COMMITTEE_SIZE, VALIDATOR_REGISTRY_LIMIT,
};
use crate::beacon::types::{Fork, Version};
use crate::ssz::{Ssz, merkle, to_u64};

/// `/eth/v1/config/spec`.
pub(super) fn spec(config: &Config, genesis_time: u64, validators: u64) -> Value {
    let seconds = config.seconds_per_slot.max(1);
    let numbers = [
        ("MIN_GENESIS_ACTIVE_VALIDATOR_COUNT", validators),
        ("MIN_GENESIS_TIME", genesis_time),
        ("GENESIS_DELAY", 0),
        ("SECONDS_PER_SLOT", seconds),
        ("SLOT_DURATION_MS", seconds.saturating_mul(1000)),
        ("SLOTS_PER_EPOCH", SLOTS_PER_EPOCH),
        ("EPOCHS_PER_SYNC_COMMITTEE_PERIOD", EPOCHS_PER_SYNC_COMMITTEE_PERIOD),
        ("SYNC_COMMITTEE_SIZE", SYNC_COMMITTEE_SEATS),
        ("MIN_SYNC_COMMITTEE_PARTICIPANTS", 1),
        ("SLOTS_PER_HISTORICAL_ROOT", 64),
        ("EPOCHS_PER_HISTORICAL_VECTOR", EPOCHS_PER_HISTORICAL_VECTOR),
        ("EPOCHS_PER_SLASHINGS_VECTOR", 64),
        ("HISTORICAL_ROOTS_LIMIT", HISTORICAL_ROOTS_LIMIT),
        ("VALIDATOR_REGISTRY_LIMIT", VALIDATOR_REGISTRY_LIMIT),
        ("EPOCHS_PER_ETH1_VOTING_PERIOD", EPOCHS_PER_ETH1_VOTING_PERIOD),
        ("MAX_COMMITTEES_PER_SLOT", MAX_COMMITTEES_PER_SLOT),
        ("TARGET_COMMITTEE_SIZE", TARGET_COMMITTEE_SIZE),
        ("SHUFFLE_ROUND_COUNT", SHUFFLE_ROUND_COUNT.into()),
        ("MIN_SEED_LOOKAHEAD", MIN_SEED_LOOKAHEAD),
        ("MAX_SEED_LOOKAHEAD", MAX_SEED_LOOKAHEAD),
        ("MIN_EPOCHS_TO_INACTIVITY_PENALTY", MIN_EPOCHS_TO_INACTIVITY_PENALTY),
        ("MIN_ACTIVATION_BALANCE", MIN_ACTIVATION_BALANCE),
        ("MAX_EFFECTIVE_BALANCE_ELECTRA", MAX_EFFECTIVE_BALANCE_ELECTRA),
        ("EFFECTIVE_BALANCE_INCREMENT", EFFECTIVE_BALANCE_INCREMENT),
        ("EJECTION_BALANCE", EJECTION_BALANCE),
        ("BASE_REWARD_FACTOR", BASE_REWARD_FACTOR),
        ("MAX_ATTESTATIONS_ELECTRA", MAX_ATTESTATIONS),
        ("MAX_WITHDRAWALS_PER_PAYLOAD", MAX_WITHDRAWALS_PER_PAYLOAD),
        ("MAX_BLOBS_PER_BLOCK_ELECTRA", MAX_BLOBS_PER_BLOCK),
        ("PROPOSER_SCORE_BOOST", PROPOSER_SCORE_BOOST),
        ("DEPOSIT_CHAIN_ID", config.chain_id),
        ("DEPOSIT_NETWORK_ID", config.chain_id),
    ];
    let texts = [
        ("PRESET_BASE", "minimal"),
        ("CONFIG_NAME", "causeway"),
        ("DEPOSIT_CONTRACT_ADDRESS", "0x0000000000000000000000000000000000000000"),
        ("DOMAIN_BEACON_PROPOSER", "0x00000000"),
        ("DOMAIN_BEACON_ATTESTER", "0x01000000"),
        ("DOMAIN_RANDAO", "0x02000000"),
        ("DOMAIN_SYNC_COMMITTEE", "0x07000000"),
    ];
    let numbers = numbers.into_iter().map(|(name, value)| (name, value.to_json()));
    let texts = texts.into_iter().map(|(name, text)| (name, Value::String(text.into())));
    let mut data: Map<String, Value> =
        numbers.chain(texts).map(|(name, value)| (name.into(), value)).collect();
    for (name, version) in FORK_VERSIONS {
        data.insert(format!("{name}_FORK_VERSION"), version.to_json());
        if name != "GENESIS" {
            data.insert(format!("{name}_FORK_EPOCH"), "0".into());
        }
    }
    data.insert("BLOB_SCHEDULE".into(), Value::Array(Vec::new()));
    json!({ "data": data })
}

/// `/eth/v1/config/fork_schedule`: all at genesis.
pub(super) fn fork_schedule() -> Value {
    let versions = FORK_VERSIONS.map(|(_, version)| version);
    let previous = versions.first().copied().into_iter().chain(versions);
    let fork = |(previous_version, current_version): (Version, Version)| {
        Fork { previous_version, current_version, epoch: 0 }.to_json()
    };
    let forks: Value = previous.zip(versions).map(fork).collect();
    json!({ "data": forks })
}

/// `compute_fork_digest` (EIP-7892). The parameters of blobs are those of Electra all along.
pub(super) fn fork_digest(fork_data_root: [u8; 32]) -> Version {
    let blobs = [0, MAX_BLOBS_PER_BLOCK].map(u64::to_le_bytes).concat();
    let first = |bytes: &[u8]| Version::right_padding_from(bytes.get(..4).unwrap_or_default());
    first(&fork_data_root) ^ first(merkle::hash(&blobs).as_slice())
}

/// Length of an SSZ chunk in an answer with several: the digest counts.
pub(super) fn chunk_len(object: &[u8]) -> [u8; 8] {
    to_u64(object.len()).saturating_add(4).to_le_bytes()
}
