//! Mutations of valid updates, with the executable specification's verdicts.

use alloy_primitives::hex;
use causeway_client_ethereum::chain::{Fork, Preset, Slot};
use causeway_client_ethereum::client::{ClientError, ClientMessage, Misbehaviour};
use causeway_client_ethereum::containers::LightClientUpdate;
use causeway_client_ethereum::sync::{LightClientStore, UpdateError};
use causeway_core::Refusal;
use causeway_light_client::Verdict;
use causeway_tests::vectors::Vectors;
use serde::Deserialize;

use super::Pair;
use super::pair::{bridge_of, time_of};
use super::spec_tests::{SyncTest, hash};

#[derive(Deserialize)]
struct Mutations {
    base_case: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    replay_steps_before: usize,
    current_slot: u64,
    genesis_validators_root: Option<String>,
    update_ssz: String,
    verdict: String,
    stage: Option<String>,
    refused_by: Option<String>,
    store_before: Option<Store>,
    store_after: Option<Store>,
}

#[derive(Deserialize)]
struct Store {
    finalized_slot: u64,
    finalized_root: String,
    optimistic_slot: u64,
    optimistic_root: String,
    next_sync_committee_known: bool,
    best_valid_update_present: bool,
}

pub(super) fn mutations(vectors: &Vectors, file: &str) {
    let mutations: Mutations = serde_json::from_value(vectors.json(file)).unwrap();
    let base = format!("ethereum/{}", mutations.base_case);
    let mut accepted = 0;
    let mut frozen = 0;
    for case in &mutations.cases {
        let mut test = SyncTest::open(vectors, &base);
        let mut pair = test.start(vectors);
        test.run(vectors, &mut pair, case.replay_steps_before);
        if let Some(store) = &case.store_before {
            check(&pair.wallet, store);
        }
        if let Some(root) = &case.genesis_validators_root {
            test.config.chain.genesis_validators_root = hash(root);
            pair = renamed(&test, &pair);
        }
        let verdict = judge(&mut pair, case);
        assert_eq!(verdict.is_ok(), case.verdict == "accept", "{}: {verdict:?}", case.name);
        accepted += usize::from(verdict.is_ok());
        frozen += pair.frozen;
        let after = case.store_after.as_ref().or(case.store_before.as_ref());
        if let Some(store) = after {
            check(&pair.wallet, store);
        }
    }
    assert_eq!((mutations.cases.len(), accepted, frozen), (51, 15, 1));
    conflicting_updates_freeze(vectors, &mutations, &base);
}

/// The same store on a network of another name.
fn renamed(test: &SyncTest, pair: &Pair) -> Pair {
    let config = test.config.chain.clone();
    let current = pair.committee(pair.wallet.current_committee());
    let header = pair.wallet.finalized_header().clone();
    let store = LightClientStore::resume(config, header, current.clone(), None);
    Pair::resume(store, [current])
}

fn judge(pair: &mut Pair, case: &Case) -> Result<(), String> {
    let bytes = hex::decode(&case.update_ssz).unwrap();
    let update = match LightClientUpdate::from_ssz(&bytes, Fork::Fulu, Preset::MINIMAL) {
        Ok(update) => update,
        Err(error) => {
            assert_eq!(case.stage.as_deref(), Some("ssz-decode"), "{}", case.name);
            assert_eq!(error.what(), "light_client_update");
            return Err(error.to_string());
        }
    };
    assert_eq!(update.to_ssz(Fork::Fulu, Preset::MINIMAL), bytes, "{}", case.name);
    let result = pair.process(&update, Slot::new(case.current_slot));
    if let (Err(error), Some(assertion)) = (&result, &case.refused_by) {
        assert!(assertion.contains(assertion_of(error)), "{}: {error}, {assertion}", case.name);
    }
    result.map_err(|error| error.code().into_owned())
}

/// What the executable specification asserts where we refuse.
fn assertion_of(error: &UpdateError) -> &'static str {
    match error {
        UpdateError::NoParticipants { .. } => "MIN_SYNC_COMMITTEE_PARTICIPANTS",
        UpdateError::UnexpectedExecution { .. }
        | UpdateError::UnexpectedBlobGas { .. }
        | UpdateError::InvalidExecutionBranch { .. } => "is_valid_light_client_header",
        UpdateError::FromFuture { .. }
        | UpdateError::SignatureNotAfterAttested { .. }
        | UpdateError::FinalizedAfterAttested { .. } => "current_slot >= update.signature_slot",
        UpdateError::UnknownSigningPeriod { .. } => "update_signature_period",
        UpdateError::NotRelevant { .. } => "update_has_next_sync_committee",
        UpdateError::UnexpectedFinalizedHeader {} | UpdateError::UnexpectedGenesisHeader {} => {
            "update.finalized_header =="
        }
        UpdateError::UnexpectedNextCommittee {} | UpdateError::NextCommitteeMismatch { .. } => {
            "update.next_sync_committee =="
        }
        UpdateError::InvalidFinalityBranch { .. }
        | UpdateError::InvalidNextCommitteeBranch { .. } => "is_valid_normalized_merkle_branch",
        UpdateError::InvalidCommitteeKey {} | UpdateError::InvalidSignature { .. } => {
            "bls.FastAggregateVerify"
        }
        UpdateError::ForkNotSupported { .. } => "no such case",
    }
}

fn check(store: &LightClientStore, expected: &Store) {
    let (finalized, optimistic) = (store.finalized_header(), store.optimistic_header());
    assert_eq!(finalized.beacon.slot.get(), expected.finalized_slot);
    assert_eq!(finalized.beacon.block_root(), hash(&expected.finalized_root));
    assert_eq!(optimistic.beacon.slot.get(), expected.optimistic_slot);
    assert_eq!(optimistic.beacon.block_root(), hash(&expected.optimistic_root));
    assert_eq!(store.next_committee().is_some(), expected.next_sync_committee_known);
    assert_eq!(store.best_valid_update().is_some(), expected.best_valid_update_present);
}

/// Updates that are valid one by one, and evidence in pairs.
fn conflicting_updates_freeze(vectors: &Vectors, mutations: &Mutations, base: &str) {
    let pair = SyncTest::open(vectors, base).start(vectors);
    let update = |name: &str| {
        let case = mutations.cases.iter().find(|case| case.name == name).unwrap();
        let bytes = hex::decode(&case.update_ssz).unwrap();
        LightClientUpdate::from_ssz(&bytes, Fork::Fulu, Preset::MINIMAL).unwrap()
    };
    let honest = update("baseline");
    let minority = update("dishonest-minority-21-of-32");
    let now = time_of(&bridge_of(&pair.wallet).unwrap().client_state.chain, Slot::new(41));
    let judge = |first: &LightClientUpdate, second: &LightClientUpdate| {
        let evidence = Misbehaviour {
            header_1: pair.header(&pair.wallet, first),
            header_2: pair.header(&pair.wallet, second),
        };
        let message = ClientMessage::Misbehaviour(Box::new(evidence));
        bridge_of(&pair.wallet).unwrap().submit(&message, now)
    };
    let dishonest = [
        "dishonest-committee-fork-a",
        "dishonest-committee-fork-b",
        "dishonest-committee-other-next-committee",
    ];
    for dishonest in dishonest.map(update) {
        // Taken one after the other, the second contradicts what is stored.
        let mut bridge = bridge_of(&pair.wallet).unwrap();
        let first = pair.message(&pair.wallet, &honest);
        assert!(matches!(bridge.submit(&first, now), Ok(Verdict::Advance(_))));
        let second = pair.message(&pair.wallet, &dishonest);
        assert!(matches!(bridge.submit(&second, now), Ok(Verdict::Misbehaviour(_))));
        assert_eq!(bridge.submit(&second, now), Err(ClientError::Frozen {}));
        for (first, second) in [(&honest, &dishonest), (&dishonest, &honest)] {
            assert!(matches!(judge(first, second), Ok(Verdict::Misbehaviour(_))));
        }
        // Either alone is no evidence, nor is one that is not valid.
        assert_eq!(judge(&dishonest, &dishonest), Err(ClientError::NoMisbehaviour {}));
        let mut forged = dishonest.clone();
        forged.sync_aggregate.sync_committee_bits.0[0] ^= 1;
        judge(&honest, &forged).unwrap_err();
        judge(&forged, &honest).unwrap_err();
    }
    judge(&honest, &minority).unwrap_err();
}
