//! What the fuzzers run, as ordinary functions: each takes any bytes, and asserts laws that hold
//! for all of them. None may panic, whatever the bytes are.

mod bitcoin;
mod clients;
mod cometbft;
mod ethereum;
mod packets;

/// One decoder or verifier, or a few that belong together.
pub struct Target {
    /// Name of the fuzz target and of its corpus.
    pub name: &'static str,
    /// Decodes or verifies, and asserts its laws.
    pub run: fn(&[u8]),
    /// Valid inputs, to start from and to spoil.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "app_data", run: packets::app_data, seeds: packets::app_data_seeds },
    Target { name: "bitcoin_files", run: bitcoin::files, seeds: bitcoin::files_seeds },
    Target { name: "bitcoin_headers", run: bitcoin::headers, seeds: bitcoin::headers_seeds },
    Target {
        name: "bitcoin_transaction_proof",
        run: bitcoin::transaction_proof,
        seeds: bitcoin::transaction_proof_seeds,
    },
    Target { name: "client_messages", run: clients::messages, seeds: clients::messages_seeds },
    Target { name: "client_states", run: clients::states, seeds: clients::states_seeds },
    Target { name: "cometbft_json", run: cometbft::json, seeds: cometbft::json_seeds },
    Target {
        name: "cometbft_light_block",
        run: cometbft::light_block,
        seeds: cometbft::light_block_seeds,
    },
    Target { name: "ethereum_answer", run: ethereum::answer, seeds: ethereum::answer_seeds },
    Target { name: "ethereum_beacon", run: ethereum::beacon, seeds: ethereum::beacon_seeds },
    Target { name: "ethereum_block", run: ethereum::block, seeds: ethereum::block_seeds },
    Target { name: "ethereum_call", run: ethereum::call, seeds: ethereum::call_seeds },
    Target { name: "ethereum_config", run: ethereum::config, seeds: ethereum::config_seeds },
    Target { name: "ethereum_ssz", run: ethereum::ssz, seeds: ethereum::ssz_seeds },
    Target {
        name: "ethereum_transaction",
        run: ethereum::transaction,
        seeds: ethereum::transaction_seeds,
    },
    Target { name: "ethereum_trie", run: ethereum::trie, seeds: ethereum::trie_seeds },
    Target { name: "packets", run: packets::packets, seeds: packets::packets_seeds },
    Target { name: "state_proofs", run: clients::proofs, seeds: clients::proofs_seeds },
];

/// Runs the target of this name.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    (target.unwrap_or_else(|| panic!("no target {name}")).run)(bytes);
}

/// What was read must be written as it was.
fn is_canonical<T, E>(read: Result<T, E>, write: impl FnOnce(&T) -> Vec<u8>, bytes: &[u8]) {
    if let Ok(value) = read {
        assert_eq!(write(&value), bytes, "two encodings of one value");
    }
}
