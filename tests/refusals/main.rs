//! Each code of docs/verdicts.md, reached by input that breaks exactly that rule.
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

mod apps;
mod bitcoin;
mod cometbft;
mod ethereum_consensus;
mod ethereum_execution;
mod ics23;
mod packet;

use std::collections::BTreeSet;

/// A refusal by name, and input that must meet with exactly it.
pub(crate) struct Case {
    /// The code, as `docs/verdicts.md` lists it.
    pub(crate) code: &'static str,
    /// Breaks this rule and no other that is checked before it; gives the code of the refusal.
    pub(crate) provoke: fn() -> String,
}

fn all_cases() -> impl Iterator<Item = &'static Case> {
    [
        bitcoin::headers::CASES,
        bitcoin::inclusion::CASES,
        bitcoin::state::CASES,
        bitcoin::client::CASES,
        cometbft::CASES,
        cometbft::client::CASES,
        cometbft::decode::CASES,
        cometbft::evidence::CASES,
        ethereum_consensus::protocol::CASES,
        ethereum_consensus::client::CASES,
        ethereum_consensus::decoding::CASES,
        ethereum_execution::CASES,
        ics23::CASES,
        packet::CASES,
        apps::CASES,
    ]
    .into_iter()
    .flatten()
}

#[test]
fn every_rule_refuses_by_its_name() {
    for case in all_cases() {
        assert_eq!((case.provoke)(), case.code);
    }
}

#[test]
fn the_list_of_verdicts_is_complete() {
    let listed: BTreeSet<&str> = include_str!("../../docs/verdicts.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let provoked: BTreeSet<&str> = all_cases().map(|case| case.code).collect();
    assert_eq!(listed, provoked);
}
