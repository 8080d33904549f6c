//! `ethereum/execution` and `ethereum/bridge-flow`: RLP, tries, `eth_getProof` answers, receipts,
//! headers, and the proofs of whole transfers.

mod accounts;
mod blocks;
mod flow;
mod rlp;
mod tries;

use alloy_primitives::B256;
use causeway_tests::vectors::{Excluded, Suite, Vectors};
use serde_json::Value;

const SUITES: &[Suite] = &[
    Suite { pattern: "ethereum/execution/rlp/invalidRLPTest.json", run: rlp::invalid },
    Suite { pattern: "ethereum/execution/rlp/rlptest.json", run: rlp::canonical },
    Suite { pattern: "ethereum/execution/trie/*anyorder*.json", run: tries::roots },
    Suite { pattern: "ethereum/execution/trie/trietest.json", run: tries::roots },
    Suite { pattern: "ethereum/execution/trie/*ecure*.json", run: tries::roots },
    Suite { pattern: "ethereum/execution/mpt/structural_cases.json", run: tries::structural },
    Suite { pattern: "ethereum/execution/mpt/inclusion_*.json", run: tries::generic },
    Suite { pattern: "ethereum/execution/mpt/adversarial_nodes.json", run: tries::adversarial },
    Suite { pattern: "ethereum/execution/mpt/derived_proof_*.json", run: tries::mutated },
    Suite { pattern: "ethereum/execution/mpt/portal_*.yaml", run: accounts::portal_offers },
    Suite { pattern: "ethereum/execution/eip1186/expected.json", run: accounts::answers },
    Suite { pattern: "ethereum/execution/eip1186/*/block.json", run: blocks::mainnet_block },
    Suite { pattern: "ethereum/execution/receipts/*/chain.rlp", run: blocks::chain },
];

const EXCLUDED: Excluded = &[(
    "ethereum/execution/trie/trietestnextprev.json",
    "iteration over neighbouring keys: nothing here iterates over a trie",
)];

#[test]
fn execution() {
    let Some(vectors) = Vectors::open() else { return };
    vectors.run("ethereum/execution", SUITES, EXCLUDED);
}

#[test]
fn bridge_flow() {
    let Some(vectors) = Vectors::open() else { return };
    let suites = [Suite { pattern: "ethereum/bridge-flow/*.json", run: flow::proofs }];
    vectors.run("ethereum/bridge-flow", &suites, &[]);
}

/// Bytes in hexadecimal, with or without `0x`.
fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).unwrap()
}

fn byte_lists(value: &Value) -> Vec<Vec<u8>> {
    value.as_array().unwrap().iter().map(bytes).collect()
}

fn hash(value: &Value) -> B256 {
    B256::from_slice(&bytes(value))
}

/// A hexadecimal quantity.
fn quantity(value: &Value) -> u64 {
    u64::from_str_radix(value.as_str().unwrap().strip_prefix("0x").unwrap(), 16).unwrap()
}
