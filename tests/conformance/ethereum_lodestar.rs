//! `ethereum-lodestar`: what a running beacon node and its execution node answered.

use alloy_primitives::{B256, hex};
use causeway_client_ethereum::chain::{ChainConfig, Fork, Slot};
use causeway_client_ethereum::containers::{
    Branch, LightClientBootstrap, LightClientHeader, LightClientUpdate,
};
use causeway_client_ethereum::execution::block::Header;
use causeway_client_ethereum::sync::{UpdateError, validate_bootstrap};
use causeway_core::Refusal;
use causeway_tests::vectors::{Excluded, Suite, Vectors};
use causeway_wire_ethereum::beacon::Reader;
use causeway_wire_ethereum::config::NetworkConfig;
use causeway_wire_ethereum::proof::AccountProof;
use serde_json::Value;

use crate::ethereum_consensus::Pair;

const EXCLUDED: Excluded = &[
    ("ethereum-lodestar/*/version.json", "names the node"),
    ("ethereum-lodestar/*/capture.log", "tells how the files were captured"),
];

#[test]
fn captured_light_client_data() {
    let Some(vectors) = Vectors::open() else { return };
    let suites = [Suite { pattern: "ethereum-lodestar/*/spec.json", run: set }];
    vectors.run("ethereum-lodestar", &suites, EXCLUDED);
}

/// One network: its answers, by file.
struct Set<'a> {
    vectors: &'a Vectors,
    folder: &'a str,
    chain: ChainConfig,
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn hash(value: &Value) -> B256 {
    text(value).parse().unwrap()
}

impl Set<'_> {
    /// The files whose name begins like this, sorted by the number after it.
    fn files(&self, prefix: &str, extension: &str) -> Vec<String> {
        let prefix = format!("{}/{prefix}", self.folder);
        let number = |file: &String| -> u64 {
            let digits = file[prefix.len()..].chars().take_while(char::is_ascii_digit);
            digits.collect::<String>().parse().unwrap()
        };
        let mut files = self.vectors.files(self.folder);
        files.retain(|file| file.starts_with(&prefix) && file.ends_with(extension));
        files.sort_by_key(number);
        files
    }

    fn reader(&self) -> Reader<'_> {
        Reader { config: &self.chain, blobs: &[], fork: None }
    }

    fn updates(&self, prefix: &str) -> Vec<LightClientUpdate> {
        let files = self.files(prefix, ".json");
        let read = |file: &String| self.reader().updates(&self.vectors.bytes(file)).unwrap();
        files.iter().flat_map(read).collect()
    }

    fn bootstraps(&self) -> Vec<(B256, LightClientBootstrap)> {
        let files = self.files("bootstrap_slot", ".json");
        let read = |file: &String| {
            let root = self.vectors.text(&file.replace(".json", ".root.txt"));
            let bootstrap = self.reader().bootstrap(&self.vectors.bytes(file)).unwrap();
            (root.trim().parse().unwrap(), bootstrap)
        };
        files.iter().map(read).collect()
    }
}

fn set(vectors: &Vectors, file: &str) {
    let folder = file.strip_suffix("/spec.json").unwrap();
    let genesis = vectors.json(&format!("{folder}/genesis.json"))["data"].clone();
    let root = hash(&genesis["genesis_validators_root"]);
    let mut chain = NetworkConfig::read(&vectors.bytes(file), root).unwrap().chain;
    chain.genesis_time = text(&genesis["genesis_time"]).parse().unwrap();
    let set = Set { vectors, folder, chain };
    check_schedule(&set);
    let bootstraps = set.bootstraps();
    check_bootstraps(&set, &bootstraps);
    check_execution(&set, &bootstraps);
    let is_partial = folder.ends_with("75pct");
    // The best update of that set's first period has no finality: start after it.
    let start = usize::from(is_partial) * 3;
    let taken = follow(&set, bootstraps[start].clone());
    let shows_states = set.chain.forks.forks().iter().any(|fork| fork.number == 3);
    assert_eq!(taken >= 2, shows_states, "{folder}: the bridge took {taken} updates");
    if is_partial {
        force(&set, bootstraps[0].clone());
    }
}

fn check_schedule(set: &Set<'_>) {
    let schedule = set.vectors.json(&format!("{}/fork_schedule.json", set.folder));
    let versions = schedule["data"].as_array().unwrap();
    for activation in set.chain.forks.forks() {
        let version = activation.version.to_string();
        let row = versions.iter().find(|row| row["current_version"] == version).unwrap();
        assert_eq!(row["epoch"], activation.epoch.to_string());
    }
}

fn check_bootstraps(set: &Set<'_>, bootstraps: &[(B256, LightClientBootstrap)]) {
    assert!(!bootstraps.is_empty());
    for (root, bootstrap) in bootstraps {
        let judge = |bootstrap: &LightClientBootstrap| {
            let verdict = validate_bootstrap(&set.chain, *root, bootstrap, &mut ());
            verdict.map_err(|error| error.code())
        };
        judge(bootstrap).unwrap();
        let mut other = bootstrap.clone();
        other.header.beacon.proposer_index += 1;
        assert_eq!(judge(&other).unwrap_err(), "trusted_root_mismatch");
        let mut other = bootstrap.clone();
        other.current_sync_committee.pubkeys.0.swap(0, 1);
        assert_eq!(judge(&other).unwrap_err(), "invalid_current_committee_branch");
        let fork = set.chain.fork(bootstrap.header.beacon.slot).unwrap();
        let bytes = bootstrap.to_ssz(fork, set.chain.preset);
        assert_eq!(set.reader().bootstrap(&bytes).unwrap(), *bootstrap);
    }
}

/// The block of each checkpoint, its execution block, and proofs under that one's state.
fn check_execution(set: &Set<'_>, bootstraps: &[(B256, LightClientBootstrap)]) {
    for file in set.files("beacon_block_slot", ".json") {
        let message = set.vectors.json(&file)["data"]["message"].clone();
        let header = header_at(bootstraps, text(&message["slot"]).parse().unwrap());
        assert_eq!(message["state_root"], header.beacon.state_root.to_string());
        assert_eq!(message["parent_root"], header.beacon.parent_root.to_string());
        if !header.has_no_execution() {
            let payload = &message["body"]["execution_payload"];
            assert_eq!(payload["block_hash"], header.execution.block_hash.to_string());
            assert_eq!(payload["timestamp"], header.execution.timestamp.to_string());
        }
    }
    for file in set.files("execution_block", ".json") {
        let slot = file.rsplit("_slot").next().unwrap().strip_suffix(".json").unwrap();
        let light = header_at(bootstraps, slot.parse().unwrap());
        let answers = set.vectors.json(&file);
        let raw = hex::decode(text(&answers["debug_getRawHeader"])).unwrap();
        let header = Header::decode(&raw).unwrap();
        if !light.has_no_execution() {
            assert_eq!(header.hash(), light.execution.block_hash);
            assert_eq!(header.state_root, light.execution.state_root);
            assert_eq!(header.receipts_root, light.execution.receipts_root);
        }
        if let Some(answer) = answers.get("eth_getProof") {
            let proof = AccountProof::from_json(answer.to_string().as_bytes()).unwrap();
            proof.verify(&header.state_root, &mut ()).unwrap();
            proof.verify(&B256::ZERO, &mut ()).unwrap_err();
        }
    }
}

fn header_at(bootstraps: &[(B256, LightClientBootstrap)], slot: u64) -> &LightClientHeader {
    let header = |(_, bootstrap): &'_ (B256, LightClientBootstrap)| bootstrap.header.beacon.slot;
    let found = bootstraps.iter().find(|bootstrap| header(bootstrap) == Slot::new(slot));
    &found.unwrap().1.header
}

/// Feeds every update in the order of signing, each after spoiled ones. Gives how many the bridge
/// took.
fn follow(set: &Set<'_>, (root, bootstrap): (B256, LightClientBootstrap)) -> usize {
    let begin = bootstrap.header.beacon.slot;
    let mut pair = Pair::start(set.chain.clone(), root, bootstrap);
    let mut updates = set.updates("updates_period");
    let full = updates.len();
    updates.extend(set.updates("finality_update_att"));
    updates.extend(set.updates("optimistic_update_att"));
    let (periods, newest) = updates.split_at(full);
    let is_first = |update: &&LightClientUpdate| {
        set.chain.preset.period(update.attested_header.beacon.slot)
            == set.chain.preset.period(begin)
    };
    let mut in_order: Vec<_> = newest.iter().chain(periods).collect();
    in_order.retain(|update| {
        update.attested_header.beacon.slot > begin
            || update.has_next_committee() && is_first(update)
    });
    in_order.sort_by_key(|update| update.signature_slot);
    for update in in_order {
        refuses_spoiled(&pair, update);
        let before = pair.wallet.finalized_header().beacon.slot;
        pair.process(update, update.signature_slot).unwrap();
        assert!(pair.wallet.finalized_header().beacon.slot >= before);
    }
    pair.taken
}

fn refuses_spoiled(pair: &Pair, update: &LightClientUpdate) {
    let refuses = |spoil: &dyn Fn(&mut LightClientUpdate)| {
        let mut update = update.clone();
        spoil(&mut update);
        let mut wallet = pair.wallet.clone();
        wallet.process_update(&update, update.signature_slot, &mut ()).unwrap_err()
    };
    let signature = refuses(&|update| update.sync_aggregate.sync_committee_signature.0[5] ^= 1);
    assert!(matches!(signature, UpdateError::InvalidSignature { .. }));
    let bits = refuses(&|update| update.sync_aggregate.sync_committee_bits.0[0] ^= 1);
    assert!(matches!(bits, UpdateError::InvalidSignature { .. }));
    refuses(&|update| update.attested_header.beacon.state_root.0[0] ^= 1);
    refuses(&|update| update.signature_slot = update.attested_header.beacon.slot);
    if !update.attested_header.has_no_execution() {
        let execution = refuses(&|update| update.attested_header.execution.gas_used += 1);
        assert!(matches!(execution, UpdateError::InvalidExecutionBranch { .. }));
    }
    if update.has_finality() {
        let finality = refuses(&|update| update.finality_branch = spoiled(&update.finality_branch));
        assert!(matches!(finality, UpdateError::InvalidFinalityBranch { .. }));
        refuses(&|update| update.finalized_header.beacon.body_root.0[0] ^= 1);
    }
    if update.has_next_committee() {
        let committee = refuses(&|update| {
            update.next_sync_committee_branch = spoiled(&update.next_sync_committee_branch);
        });
        assert!(matches!(committee, UpdateError::InvalidNextCommitteeBranch { .. }));
        refuses(&|update| update.next_sync_committee.pubkeys.0.swap(0, 1));
    }
}

fn spoiled<L: causeway_client_ethereum::containers::Leaf>(branch: &Branch<L>) -> Branch<L> {
    let mut nodes = branch.nodes().to_vec();
    nodes[1].0[0] ^= 1;
    Branch::new(nodes)
}

/// The first period's update has no finality: only a forced update hands its committee over.
fn force(set: &Set<'_>, (root, bootstrap): (B256, LightClientBootstrap)) {
    let begin = bootstrap.header.beacon.slot;
    let mut pair = Pair::start(set.chain.clone(), root, bootstrap);
    let updates = set.updates("updates_period");
    let [first, second, third] = updates.as_slice() else { panic!() };
    assert!(!first.has_finality());
    pair.process(first, first.signature_slot).unwrap();
    let too_early = pair.process(second, second.signature_slot).unwrap_err();
    assert!(matches!(too_early, UpdateError::UnknownSigningPeriod { .. }));
    let timeout = begin.get() + set.chain.preset.slots_per_period();
    assert!(!pair.wallet.force_update(Slot::new(timeout)));
    assert!(pair.wallet.force_update(Slot::new(timeout + 1)));
    for update in [second, third] {
        pair.process(update, update.signature_slot).unwrap();
    }
    let last = third.finalized_header.beacon.slot;
    assert_eq!(pair.wallet.finalized_header().beacon.slot, last);
    assert_eq!(set.chain.fork(last), Some(Fork::Capella));
}
