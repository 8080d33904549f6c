//! Data of public networks, replayed in the order that `expected.json` gives.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, hex};
use causeway_client_ethereum::chain::{BlobParameters, ChainConfig, Epoch, Fork, Network, Slot};
use causeway_client_ethereum::containers::{
    LightClientBootstrap, LightClientFinalityUpdate, LightClientHeader,
    LightClientOptimisticUpdate, LightClientUpdate, PublicKeyBytes, PublicKeys, SyncCommittee,
};
use causeway_client_ethereum::execution::state::verify_account;
use causeway_client_ethereum::sync::{LightClientStore, UpdateError};
use causeway_tests::vectors::Vectors;
use causeway_wire_ethereum::beacon::Reader;
use serde::Deserialize;
use serde_json::Value;

use super::Pair;
use super::spec_tests::hash;

#[derive(Deserialize)]
struct Expected {
    scenarios: Vec<Scenario>,
}

#[derive(Deserialize)]
struct Scenario {
    name: String,
    network: String,
    bootstrap: Option<String>,
    store_fork: String,
    trusted_block_root: Option<String>,
    after_bootstrap: Option<Store>,
    start: Option<Start>,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Start {
    finalized_slot: u64,
    current_sync_committee: String,
    next_sync_committee: String,
}

#[derive(Deserialize)]
struct Step {
    file: String,
    index: Option<usize>,
    object_fork: String,
    current_slot: u64,
    accepted: bool,
    participants: usize,
    store: Store,
}

#[derive(Deserialize)]
struct Store {
    finalized_slot: u64,
    finalized_root: Option<String>,
    optimistic_slot: u64,
    optimistic_root: Option<String>,
    current_sync_committee_root: String,
    next_sync_committee_root: Option<String>,
    finalized_execution_state_root: Option<String>,
}

fn network(name: &str) -> (ChainConfig, Vec<BlobParameters>) {
    let network = Network::by_name(name).unwrap();
    (network.config(), network.blobs())
}

pub(super) fn replay(vectors: &Vectors, file: &str) {
    let expected: Expected = serde_json::from_value(vectors.json(file)).unwrap();
    for scenario in &expected.scenarios {
        let (chain, blobs) = network(&scenario.network);
        let reader = Reader { config: &chain, blobs: &blobs, fork: None };
        let mut pair = match &scenario.start {
            Some(start) => resume(vectors, &chain, start),
            None => bootstrap(vectors, &reader, scenario),
        };
        if let Some(store) = &scenario.after_bootstrap {
            check(&pair.wallet, store);
        }
        for step in &scenario.steps {
            let update = update(vectors, &reader, scenario, step);
            let result = pair.process(&update, Slot::new(step.current_slot));
            let name = format!("{}: {} {:?}", scenario.name, step.file, step.index);
            assert_eq!(result.is_ok(), step.accepted, "{name}: {result:?}");
            if let Err(error) = result {
                assert!(matches!(error, UpdateError::UnknownSigningPeriod { .. }), "{error}");
            }
            check(&pair.wallet, &step.store);
        }
    }
    assert!(expected.scenarios.len() >= 9);
}

fn bootstrap(vectors: &Vectors, reader: &Reader<'_>, scenario: &Scenario) -> Pair {
    let file = format!("ethereum/{}", scenario.bootstrap.as_ref().unwrap());
    let bootstrap = reader.bootstrap(&vectors.bytes(&file)).unwrap();
    let fork = Fork::from_name(&scenario.store_fork).unwrap();
    let preset = reader.config.preset;
    let bootstrap =
        LightClientBootstrap::from_ssz(&bootstrap.to_ssz(fork, preset), fork, preset).unwrap();
    let root = hash(scenario.trusted_block_root.as_ref().unwrap());
    Pair::start(reader.config.clone(), root, bootstrap)
}

/// A store with given committees. Its header is made up but for the slot, so that a bridge can
/// stand on it as well.
fn resume(vectors: &Vectors, chain: &ChainConfig, start: &Start) -> Pair {
    let current = committee(&vectors.json(&format!("ethereum/{}", start.current_sync_committee)));
    let next = committee(&vectors.json(&format!("ethereum/{}", start.next_sync_committee)));
    let mut header = LightClientHeader::default();
    header.beacon.slot = Slot::new(start.finalized_slot);
    header.execution.timestamp = chain.start_of(header.beacon.slot);
    header.execution.state_root = B256::repeat_byte(1);
    let committees = [current.clone(), next.clone()];
    let store = LightClientStore::resume(chain.clone(), header, current, Some(next));
    Pair::resume(store, committees)
}

pub(super) fn committee(json: &Value) -> SyncCommittee {
    let key = |value: &Value| -> PublicKeyBytes { value.as_str().unwrap().parse().unwrap() };
    SyncCommittee {
        pubkeys: PublicKeys(json["pubkeys"].as_array().unwrap().iter().map(key).collect()),
        aggregate_pubkey: key(&json["aggregate_pubkey"]),
    }
}

fn update(
    vectors: &Vectors,
    reader: &Reader<'_>,
    scenario: &Scenario,
    step: &Step,
) -> LightClientUpdate {
    let mut updates = reader.updates(&vectors.bytes(&format!("ethereum/{}", step.file))).unwrap();
    let update = updates.swap_remove(step.index.unwrap_or(0));
    assert_eq!(update.participants(), step.participants);
    let fork = Fork::from_name(&step.object_fork).unwrap();
    let own = reader.config.fork(update.attested_header.beacon.slot).unwrap();
    assert_eq!(fork.layout(), own.layout());
    let newer = Fork::from_name(&scenario.store_fork).unwrap().max(fork);
    let upgraded = update.to_ssz(newer, reader.config.preset);
    LightClientUpdate::from_ssz(&upgraded, newer, reader.config.preset).unwrap()
}

fn check(store: &LightClientStore, expected: &Store) {
    let (finalized, optimistic) = (store.finalized_header(), store.optimistic_header());
    assert_eq!(finalized.beacon.slot.get(), expected.finalized_slot);
    assert_eq!(optimistic.beacon.slot.get(), expected.optimistic_slot);
    if let Some(root) = &expected.finalized_root {
        assert_eq!(finalized.beacon.block_root(), hash(root));
    }
    if let Some(root) = &expected.optimistic_root {
        assert_eq!(optimistic.beacon.block_root(), hash(root));
    }
    assert_eq!(store.current_committee(), hash(&expected.current_sync_committee_root));
    let next = expected.next_sync_committee_root.as_deref().map(hash);
    assert_eq!(store.next_committee(), next);
    if let Some(root) = &expected.finalized_execution_state_root {
        assert_eq!(finalized.execution.state_root, hash(root));
    }
}

/// The two halves of a client: finality gives a state root, and the account is under it.
pub(super) fn account_under_a_finalized_state(vectors: &Vectors, file: &str) {
    let (chain, blobs) = network("sepolia");
    let reader = Reader { config: &chain, blobs: &blobs, fork: None };
    let folder = "ethereum/consensus/real/sepolia-electra";
    let read = |name: &str| {
        let bytes = vectors.bytes(&format!("{folder}/{name}.json"));
        reader.updates(&bytes).unwrap().swap_remove(0)
    };
    let rotating = read("period_changing_update_7167040");
    let nodes: Vec<String> = serde_json::from_value(vectors.json(file)).unwrap();
    let nodes: Vec<_> = nodes.iter().map(|node| hex::decode(node).unwrap()).collect();
    let address: Address = "0xbad69711da45a0ff61e2c50b8c9b1f3314742d2b".parse().unwrap();
    let state_root = rotating.finalized_header.execution.state_root;
    assert!(verify_account(&state_root, &address, &nodes, &mut ()).unwrap().is_some());

    let finalized = read("finality_update_7167008").finalized_header.beacon;
    let header = vectors.json(&format!("{folder}/header_7167008.json"));
    assert_eq!(header["slot"], finalized.slot.to_string());
    assert_eq!(header["state_root"], finalized.state_root.to_string());
}

/// Objects in SSZ, each behind its fork digest; the updates are a list of such.
pub(super) fn portal(vectors: &Vectors, file: &str) {
    let (chain, blobs) = network("mainnet");
    let folder = file.strip_suffix("/bootstrap.yaml").unwrap();
    let content = |name: &str| {
        let text = vectors.text(&format!("{folder}/{name}.yaml"));
        let content: BTreeMap<String, String> = serde_norway::from_str(&text).unwrap();
        let field = |name: &str| hex::decode(&content[name]).unwrap();
        (field("content_key"), field("content_value"))
    };
    let digest = chain.fork_digest(Epoch::new(200_000), &blobs);
    let object = |bytes: Vec<u8>| {
        assert_eq!(bytes[..4], digest[..]);
        bytes[4..].to_vec()
    };
    let (fork, preset) = (Fork::Capella, chain.preset);
    let reader = Reader { config: &chain, blobs: &blobs, fork: None };

    let (key, bytes) = content("bootstrap");
    let bootstrap = reader.bootstrap(&object(bytes)).unwrap();
    let trusted_root = B256::from_slice(&key[key.len() - 32..]);
    let committee = bootstrap.current_sync_committee.clone();
    let mut pair = Pair::start(chain.clone(), trusted_root, bootstrap);

    let bytes = object(content("finality_update").1);
    let finality = LightClientFinalityUpdate::from_ssz(&bytes, fork, preset).unwrap();
    assert_eq!(reader.updates(&bytes).unwrap(), [finality.clone().into()]);
    let bytes = object(content("optimistic_update").1);
    let optimistic = LightClientOptimisticUpdate::from_ssz(&bytes, fork, preset).unwrap();
    assert_eq!(reader.updates(&bytes).unwrap(), [optimistic.clone().into()]);
    for update in [finality.into(), optimistic.into()] {
        assert_eq!(LightClientUpdate::participants(&update), 506);
        pair.process(&update, update.signature_slot).unwrap();
    }

    let (_, list) = content("updates");
    let updates = list_items(&list).into_iter().map(|item| {
        let bytes = object(item);
        let update = LightClientUpdate::from_ssz(&bytes, fork, preset).unwrap();
        assert_eq!(reader.updates(&bytes).unwrap(), std::slice::from_ref(&update));
        update
    });
    let updates: Vec<_> = updates.collect();
    assert_eq!(reader.updates(&chunked(&updates, digest.as_slice(), &chain)).unwrap(), updates);
    let signed: Vec<_> = updates.iter().map(|update| update.signature_slot.get()).collect();
    assert_eq!(signed, [6_684_739, 6_692_952, 6_701_173, 6_710_699]);

    // Nobody published the committee that signed the first: start with what it hands over.
    let [first, rest @ ..] = updates.as_slice() else { panic!() };
    let next = first.next_sync_committee.clone();
    let header = first.finalized_header.clone();
    let committees = [committee.clone(), next.clone()];
    let store = LightClientStore::resume(chain, header, committee, Some(next));
    let mut pair = Pair::resume(store, committees);
    for update in rest {
        pair.process(update, update.signature_slot).unwrap();
    }
    assert_eq!(pair.taken, 3);
}

/// The items of an SSZ list of variable items.
fn list_items(bytes: &[u8]) -> Vec<Vec<u8>> {
    let offset = |index: usize| {
        let word = bytes[index * 4..index * 4 + 4].try_into().unwrap();
        u32::from_le_bytes(word) as usize
    };
    let count = offset(0) / 4;
    let end = |index| if index + 1 == count { bytes.len() } else { offset(index + 1) };
    (0..count).map(|index| bytes[offset(index)..end(index)].to_vec()).collect()
}

/// The updates as a beacon node frames them.
fn chunked(updates: &[LightClientUpdate], digest: &[u8], chain: &ChainConfig) -> Vec<u8> {
    let mut bytes = Vec::new();
    for update in updates {
        let object = update.to_ssz(Fork::Capella, chain.preset);
        bytes.extend((object.len() as u64 + 4).to_le_bytes());
        bytes.extend(digest);
        bytes.extend(object);
    }
    bytes
}
