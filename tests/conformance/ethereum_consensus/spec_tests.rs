//! The specification's own tests.

use std::collections::BTreeMap;

use alloy_primitives::B256;
use causeway_client_ethereum::chain::{
    ChainConfig, Epoch, Fork, ForkActivation, ForkSchedule, Preset, Slot, Version,
};
use causeway_client_ethereum::containers::{
    BeaconBlockHeader, ExecutionPayloadHeader, LightClientBootstrap, LightClientFinalityUpdate,
    LightClientHeader, LightClientOptimisticUpdate, LightClientUpdate, SyncAggregate,
    SyncCommittee,
};
use causeway_client_ethereum::ssz::{Gindex, hash_nodes, verify_branch};
use causeway_client_ethereum::sync::is_better_update;
use causeway_tests::vectors::Vectors;
use causeway_wire_ethereum::config::NetworkConfig;
use serde::Deserialize;

use super::Pair;

pub(crate) fn unsnap(bytes: &[u8]) -> Vec<u8> {
    snap::raw::Decoder::new().decompress_vec(bytes).unwrap()
}

pub(crate) fn hash(text: &str) -> B256 {
    text.parse().unwrap()
}

#[derive(Deserialize)]
struct Meta {
    genesis_validators_root: String,
    trusted_block_root: String,
    bootstrap_fork_digest: String,
    store_fork_digest: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Step {
    ProcessUpdate { update_fork_digest: String, update: String, current_slot: u64, checks: Checks },
    ForceUpdate { current_slot: u64, checks: Checks },
    UpgradeStore { store_fork_digest: String, checks: Checks },
}

#[derive(Deserialize)]
struct Checks {
    finalized_header: HeaderCheck,
    optimistic_header: HeaderCheck,
}

#[derive(Deserialize)]
struct HeaderCheck {
    slot: u64,
    beacon_root: String,
    execution_root: Option<String>,
}

/// One sync test, with the network that its configuration describes.
pub(crate) struct SyncTest {
    folder: String,
    pub(crate) config: NetworkConfig,
    meta: Meta,
    steps: Vec<Step>,
}

impl SyncTest {
    pub(crate) fn open(vectors: &Vectors, folder: &str) -> Self {
        let yaml = |name: &str| vectors.text(&format!("{folder}/{name}"));
        let meta: Meta = serde_norway::from_str(&yaml("meta.yaml")).unwrap();
        let root = hash(&meta.genesis_validators_root);
        let config = NetworkConfig::read(yaml("config.yaml").as_bytes(), root).unwrap();
        assert_eq!(config.chain.preset, Preset::MINIMAL);
        // Steps are maps of one entry: {name: {fields}}.
        let steps: Vec<BTreeMap<String, serde_norway::Value>> =
            serde_norway::from_str(&yaml("steps.yaml")).unwrap();
        let step = |step: BTreeMap<String, serde_norway::Value>| {
            let json = serde_json::to_value(step).unwrap();
            serde_json::from_value(json).unwrap()
        };
        let steps = steps.into_iter().map(step).collect();
        Self { folder: folder.to_owned(), config, meta, steps }
    }

    /// The fork of a digest: digests only select the form of an object here.
    fn fork(&self, digest: &str) -> Fork {
        let chain = &self.config.chain;
        let epochs = (0..400).map(Epoch::new);
        epochs
            .filter(|epoch| chain.fork_digest(*epoch, &self.config.blobs).to_string() == digest)
            .find_map(|epoch| chain.forks.fork(epoch))
            .or_else(|| self.undated_fork(digest))
            .unwrap_or_else(|| panic!("{}: no epoch has digest {digest}", self.folder))
    }

    /// The same for a fork that has no date in the configuration, but a store of its own.
    fn undated_fork(&self, digest: &str) -> Option<Fork> {
        Fork::all().find(|fork| {
            let mut chain = self.config.chain.clone();
            let activation = |fork: Fork| ForkActivation {
                number: fork.number(),
                epoch: Epoch::new(0),
                version: Version::new([fork.number().to_be_bytes()[3], 0, 0, 1]),
            };
            let forks = Fork::all().filter(|earlier| earlier <= fork).map(activation).collect();
            chain.forks = ForkSchedule::new(chain.forks.genesis_version(), forks).unwrap();
            chain.fork_digest(Epoch::new(0), &self.config.blobs).to_string() == digest
        })
    }

    pub(crate) fn start(&self, vectors: &Vectors) -> Pair {
        let bytes = unsnap(&vectors.bytes(&format!("{}/bootstrap.ssz_snappy", self.folder)));
        let fork = self.fork(&self.meta.bootstrap_fork_digest);
        let bootstrap = LightClientBootstrap::from_ssz(&bytes, fork, Preset::MINIMAL).unwrap();
        // Written in the form of the store's fork, it is upgraded; nothing else changes.
        let newer = self.fork(&self.meta.store_fork_digest);
        let upgraded = bootstrap.to_ssz(newer, Preset::MINIMAL);
        let bootstrap = LightClientBootstrap::from_ssz(&upgraded, newer, Preset::MINIMAL).unwrap();
        Pair::start(self.config.chain.clone(), hash(&self.meta.trusted_block_root), bootstrap)
    }

    /// Runs the first `count` steps.
    pub(crate) fn run(&self, vectors: &Vectors, pair: &mut Pair, count: usize) {
        let mut store_fork = self.fork(&self.meta.store_fork_digest);
        for step in self.steps.iter().take(count) {
            let checks = match step {
                Step::ProcessUpdate { update_fork_digest, update, current_slot, checks } => {
                    let fork = self.fork(update_fork_digest);
                    let update = self.update(vectors, update, fork, store_fork);
                    pair.process(&update, Slot::new(*current_slot)).unwrap();
                    checks
                }
                Step::ForceUpdate { current_slot, checks } => {
                    pair.wallet.force_update(Slot::new(*current_slot));
                    checks
                }
                Step::UpgradeStore { store_fork_digest, checks } => {
                    store_fork = self.fork(store_fork_digest);
                    checks
                }
            };
            check(&self.config.chain, pair.wallet.finalized_header(), &checks.finalized_header);
            check(&self.config.chain, pair.wallet.optimistic_header(), &checks.optimistic_header);
        }
    }

    /// An update, decoded in its own form and once more in that of the store.
    fn update(
        &self,
        vectors: &Vectors,
        name: &str,
        fork: Fork,
        store_fork: Fork,
    ) -> LightClientUpdate {
        let bytes = unsnap(&vectors.bytes(&format!("{}/{name}.ssz_snappy", self.folder)));
        let update = LightClientUpdate::from_ssz(&bytes, fork, Preset::MINIMAL).unwrap();
        assert_eq!(update.to_ssz(fork, Preset::MINIMAL), bytes);
        let upgraded = update.to_ssz(store_fork.max(fork), Preset::MINIMAL);
        LightClientUpdate::from_ssz(&upgraded, store_fork.max(fork), Preset::MINIMAL).unwrap()
    }
}

fn check(chain: &ChainConfig, header: &LightClientHeader, expected: &HeaderCheck) {
    assert_eq!(header.beacon.slot.get(), expected.slot);
    assert_eq!(header.beacon.block_root(), hash(&expected.beacon_root));
    if let Some(root) = &expected.execution_root {
        assert_eq!(execution_root(chain, header), hash(root));
    }
}

/// `get_lc_execution_root`.
fn execution_root(chain: &ChainConfig, header: &LightClientHeader) -> B256 {
    match chain.fork(header.beacon.slot) {
        Some(fork) if fork.layout().execution.is_some() => {
            header.execution.hash_tree_root(fork, chain.preset)
        }
        _ => B256::ZERO,
    }
}

pub(super) fn sync(vectors: &Vectors, file: &str) {
    let folder = file.strip_suffix("/steps.yaml").unwrap();
    let test = SyncTest::open(vectors, folder);
    let mut pair = test.start(vectors);
    test.run(vectors, &mut pair, usize::MAX);
    let has_execution = !pair.wallet.finalized_header().has_no_execution();
    let is_usual = folder.ends_with("light_client_sync");
    assert!(!has_execution || !is_usual || pair.taken > 1, "{folder}: the bridge never moved");
}

pub(super) fn ranking(vectors: &Vectors, file: &str) {
    #[derive(Deserialize)]
    struct Meta {
        updates_count: usize,
    }
    let folder = file.strip_suffix("/meta.yaml").unwrap();
    let fork = Fork::from_name(folder.rsplit('/').next().unwrap()).unwrap();
    let meta: Meta = serde_norway::from_str(&vectors.text(file)).unwrap();
    let updates: Vec<_> = (0..meta.updates_count)
        .map(|index| {
            let bytes = unsnap(&vectors.bytes(&format!("{folder}/updates_{index}.ssz_snappy")));
            LightClientUpdate::from_ssz(&bytes, fork, Preset::MINIMAL).unwrap()
        })
        .collect();
    // Only the preset matters.
    let mut chain = causeway_client_ethereum::chain::NETWORKS[0].config();
    chain.preset = Preset::MINIMAL;
    for (i, better) in updates.iter().enumerate() {
        for (j, other) in updates.iter().enumerate() {
            assert_eq!(is_better_update(&chain, better, other), i < j, "{i} and {j}");
        }
    }
}

pub(super) fn merkle_proofs(vectors: &Vectors, file: &str) {
    #[derive(Deserialize)]
    struct Case {
        fork: String,
        name: String,
        leaf: B256Text,
        leaf_index: u64,
        branch: Vec<B256Text>,
        root: B256Text,
    }
    let cases: Vec<Case> = serde_json::from_value(vectors.json(file)["cases"].clone()).unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let layout = Fork::from_name(&case.fork).unwrap().layout();
        let gindex = match case.name.as_str() {
            name if name.starts_with("current_sync") => layout.current_sync_committee,
            name if name.starts_with("next_sync") => layout.next_sync_committee,
            name if name.starts_with("finality") => layout.finalized_root,
            name if name.starts_with("execution") => layout.execution.unwrap().payload,
            name => panic!("{name}"),
        };
        assert_eq!(gindex, Gindex::new(case.leaf_index), "{} {}", case.fork, case.name);
        let branch: Vec<_> = case.branch.iter().map(|node| node.0).collect();
        let (leaf, root) = (case.leaf.0, case.root.0);
        assert!(verify_branch(leaf, &branch, gindex, root));
        let spoiled = B256::repeat_byte(7);
        assert!(!verify_branch(spoiled, &branch, gindex, root));
        assert!(!verify_branch(leaf, &branch, gindex, spoiled));
        assert!(!verify_branch(leaf, &branch[1..], gindex, root));
        let mut node = leaf;
        for (index, sibling) in branch.iter().enumerate() {
            let mut other = branch.clone();
            other[index] = spoiled;
            assert!(!verify_branch(leaf, &other, gindex, root));
            // Equal siblings, such as the two committees at genesis, may change places.
            let elsewhere = Gindex::new(case.leaf_index ^ 1 << index);
            assert_eq!(verify_branch(leaf, &branch, elsewhere, root), node == *sibling);
            let is_right = case.leaf_index >> index & 1 == 1;
            let (left, right) = if is_right { (*sibling, node) } else { (node, *sibling) };
            node = hash_nodes(left, right);
        }
    }
}

#[derive(Deserialize)]
#[serde(from = "String")]
struct B256Text(B256);

impl From<String> for B256Text {
    fn from(text: String) -> Self {
        Self(hash(&text))
    }
}

pub(super) fn ssz_static(vectors: &Vectors, file: &str) {
    #[derive(Deserialize)]
    struct Roots {
        root: String,
    }
    let roots: Roots = serde_norway::from_str(&vectors.text(file)).unwrap();
    let folder = file.strip_suffix("/roots.yaml").unwrap();
    let bytes = unsnap(&vectors.bytes(&format!("{folder}/serialized.ssz_snappy")));
    let mut names = folder.rsplit('/');
    let (name, fork) = (names.next().unwrap(), Fork::from_name(names.next().unwrap()).unwrap());
    let expected = hash(&roots.root);
    macro_rules! check {
        ($($type:ident),+) => {
            match name {
                $(stringify!($type) => {
                    let object = $type::from_ssz(&bytes, fork, Preset::MAINNET).unwrap();
                    assert_eq!(object.to_ssz(fork, Preset::MAINNET), bytes, "{folder}");
                    assert_eq!(object.hash_tree_root(fork, Preset::MAINNET), expected, "{folder}");
                    let longer = [bytes.as_slice(), &[0; 64]].concat();
                    $type::from_ssz(&longer, fork, Preset::MAINNET).unwrap_err();
                    $type::from_ssz(&bytes[1..], fork, Preset::MAINNET).unwrap_err();
                })+
                _ => panic!("{name}"),
            }
        };
    }
    check!(
        BeaconBlockHeader,
        ExecutionPayloadHeader,
        LightClientBootstrap,
        LightClientFinalityUpdate,
        LightClientHeader,
        LightClientOptimisticUpdate,
        LightClientUpdate,
        SyncAggregate,
        SyncCommittee
    );
}
