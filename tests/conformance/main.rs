//! Every vector file with its verdict, or excluded with its reason.
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

mod bitcoin;
mod cometbft;
mod ethereum_consensus;
mod ethereum_execution;
mod ethereum_lodestar;
mod ibc;
mod ics23;

/// What the modules answer for: each of them fails on a file below that it neither reads nor
/// excludes.
const CLAIMED: &[&str] = &[
    "bitcoin",
    "ethereum/bls",
    "ethereum/bridge-flow",
    "ethereum/consensus",
    "ethereum/execution",
    "ethereum/networks.json",
    "ethereum-lodestar",
    "ibc",
    "ics23",
    "tendermint",
];

#[test]
fn no_file_is_forgotten() {
    let Some(vectors) = causeway_tests::vectors::Vectors::open() else { return };
    let is_claimed = |file: &String| {
        let below = |claim: &&&str| {
            file.strip_prefix(**claim).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        CLAIMED.iter().any(|claim| below(&claim))
    };
    let forgotten: Vec<_> =
        vectors.files("").into_iter().filter(|file| !is_claimed(file)).collect();
    assert!(forgotten.is_empty(), "{forgotten:#?}");
}
