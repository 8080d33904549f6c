//! Bitcoin: real headers, forks and proofs, and the test vectors of other implementations.

mod forks;
mod headers;
mod merkle;
mod rules;
mod summa;

use causeway_client_bitcoin::{Header, MerkleNode, RawHeader, Target, Work};
use causeway_tests::vectors::{Excluded, Suite, Vectors};
use serde_json::Value;

const SUITES: &[Suite] = &[
    Suite { pattern: "bitcoin/headers/*.bin", run: headers::runs },
    Suite { pattern: "bitcoin/headers/mainnet_period_edges_*.json", run: headers::period_edges },
    Suite { pattern: "bitcoin/checkpoints/*.json", run: headers::checkpoints },
    Suite { pattern: "bitcoin/rules/compact_target.json", run: rules::compact_target },
    Suite { pattern: "bitcoin/rules/next_work.json", run: rules::next_work },
    Suite { pattern: "bitcoin/rules/bip54_header_trees.json", run: rules::bip54 },
    Suite { pattern: "bitcoin/rules/header_context_mainnet.json", run: rules::header_context },
    Suite { pattern: "bitcoin/rules/real_invalid_headers_*.json", run: rules::real_invalid },
    Suite { pattern: "bitcoin/forks/stale_mainnet_*.json", run: forks::stale_in_run },
    Suite { pattern: "bitcoin/forks/stale_headers_sample.csv", run: forks::stale_sample },
    Suite { pattern: "bitcoin/forks/relay_retarget_*.json", run: forks::relay_retarget },
    Suite { pattern: "bitcoin/forks/relay_orphan_*.json", run: forks::relay_orphan },
    Suite { pattern: "bitcoin/forks/regtest_reorg.json", run: forks::regtest_reorg },
    Suite { pattern: "bitcoin/forks/testnet3_genesis_fork.json", run: forks::testnet3_genesis },
    Suite { pattern: "bitcoin/merkle/block_830000.json", run: merkle::block_830000 },
    Suite { pattern: "bitcoin/merkle/small_blocks.json", run: merkle::small_blocks },
    Suite { pattern: "bitcoin/merkle/merkle_attacks.json", run: merkle::attacks },
    Suite { pattern: "bitcoin/merkle/segwit_inclusion_*.json", run: merkle::segwit_inclusion },
    Suite { pattern: "bitcoin/merkle/summa_spv_proofs.json", run: summa::spv_proofs },
    Suite { pattern: "bitcoin/merkle/summa_vectors.json", run: summa::vectors },
];

const EXCLUDED: Excluded = &[];

#[test]
fn every_bitcoin_vector_has_its_verdict() {
    if let Some(vectors) = Vectors::open() {
        vectors.run("bitcoin", SUITES, EXCLUDED);
    }
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("text expected, not {value}"))
}

pub(crate) fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("a number expected, not {value}"))
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("a list expected, not {value}"))
}

pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    let text = text(value);
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).expect("hexadecimal")
}

pub(crate) fn raw_header(value: &Value) -> RawHeader {
    bytes(value).try_into().expect("80 bytes")
}

pub(crate) fn header(value: &Value) -> Header {
    Header::from_bytes(&raw_header(value))
}

pub(crate) fn bits(value: &Value) -> causeway_client_bitcoin::CompactTarget {
    causeway_client_bitcoin::CompactTarget(u32::from_str_radix(text(value), 16).unwrap())
}

pub(crate) fn target(value: &Value) -> Target {
    Target(alloy_primitives::U256::from_be_slice(&bytes(value)))
}

pub(crate) fn work(value: &Value) -> Work {
    Work(alloy_primitives::U256::from_be_slice(&bytes(value)))
}

/// A node in wire order.
pub(crate) fn node(value: &Value) -> MerkleNode {
    MerkleNode(bytes(value).try_into().expect("32 bytes"))
}

pub(crate) fn nodes(value: &Value) -> Vec<MerkleNode> {
    list(value).iter().map(node).collect()
}

/// Headers of a list of `{height, header, hash}`, whose hashes are checked.
pub(crate) fn headers_of(rows: &Value) -> Vec<(u64, RawHeader)> {
    let row = |row: &Value| {
        assert_eq!(header(&row["header"]).hash().to_string(), text(&row["hash"]));
        (number(&row["height"]), raw_header(&row["header"]))
    };
    list(rows).iter().map(row).collect()
}
