//! `ethereum/consensus`, `ethereum/bls`, the networks, and the updates of `ethereum/bridge-flow`.
//!
//! A verdict "accept" is the protocol's. Every update is judged twice, by the wallet's store and by
//! the bridge's client from the same trusted state: the bridge may be stricter, never laxer.

mod bls;
mod bridge_flow;
mod derived;
mod pair;
mod real;
mod spec_tests;

use causeway_client_ethereum::chain::{Fork, NETWORKS, Preset, Version};
use causeway_tests::vectors::{Suite, Vectors};

pub(crate) use pair::Pair;

#[test]
fn consensus() {
    let Some(vectors) = Vectors::open() else { return };
    let suites = [
        Suite { pattern: "ethereum/consensus/spec-tests/sync/*/steps.yaml", run: spec_tests::sync },
        Suite {
            pattern: "ethereum/consensus/spec-tests/update_ranking/*/meta.yaml",
            run: spec_tests::ranking,
        },
        Suite {
            pattern: "ethereum/consensus/spec-tests/single_merkle_proof.json",
            run: spec_tests::merkle_proofs,
        },
        Suite {
            pattern: "ethereum/consensus/spec-tests/ssz_static_mainnet/*/roots.yaml",
            run: spec_tests::ssz_static,
        },
        Suite { pattern: "ethereum/consensus/real/expected.json", run: real::replay },
        Suite {
            pattern: "ethereum/consensus/real/mainnet-capella-ssz-portal/bootstrap.yaml",
            run: real::portal,
        },
        Suite {
            pattern: "ethereum/consensus/real/sepolia-electra/account_proof_7168000.json",
            run: real::account_under_a_finalized_state,
        },
        Suite {
            pattern: "ethereum/consensus/derived/fulu_mutations.json",
            run: derived::mutations,
        },
    ];
    vectors.run("ethereum/consensus", &suites, &[]);
}

#[test]
fn bls_signatures() {
    let Some(vectors) = Vectors::open() else { return };
    let suites = [
        Suite { pattern: "ethereum/bls/fast_aggregate_verify.json", run: bls::fast_aggregate },
        Suite { pattern: "ethereum/bls/deserialization_G1.json", run: bls::public_keys },
        Suite { pattern: "ethereum/bls/deserialization_G2.json", run: bls::signatures },
        Suite { pattern: "ethereum/bls/aggregate.json", run: bls::aggregate },
        Suite { pattern: "ethereum/bls/hash_to_G2.json", run: bls::hash_to_curve },
    ];
    vectors.run("ethereum/bls", &suites, &[]);
}

#[test]
fn bridge_updates() {
    let Some(vectors) = Vectors::open() else { return };
    let suites = [Suite { pattern: "ethereum/bridge-flow/*.json", run: bridge_flow::updates }];
    vectors.run("ethereum/bridge-flow", &suites, &[]);
}

#[test]
fn networks() {
    let Some(vectors) = Vectors::open() else { return };
    let suites = [Suite { pattern: "ethereum/networks.json", run: compare_networks }];
    vectors.run("ethereum/networks.json", &suites, &[]);
}

fn compare_networks(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    let networks = document["networks"].as_object().unwrap();
    assert_eq!(networks.len(), NETWORKS.len());
    for network in &NETWORKS {
        let (expected, config) = (&networks[network.name], network.config());
        assert_eq!(expected["chain_id"], config.chain_id);
        assert_eq!(
            expected["genesis_validators_root"],
            format!("{}", config.genesis_validators_root)
        );
        let genesis_version = format!("{}", config.forks.genesis_version());
        assert_eq!(expected["genesis_fork_version"], genesis_version);
        let forks = expected["forks"].as_object().unwrap();
        assert_eq!(forks.len(), config.forks.forks().len());
        for activation in config.forks.forks() {
            let fork = &forks[Fork::from_number(activation.number).unwrap().name()];
            assert_eq!(fork["epoch"], activation.epoch.get());
            let version: Version = activation.version;
            assert_eq!(fork["version"], version.to_string());
        }
    }
    for (name, preset) in [("mainnet", Preset::MAINNET), ("minimal", Preset::MINIMAL)] {
        let expected = &document["presets"][name];
        assert_eq!(expected["SYNC_COMMITTEE_SIZE"], preset.sync_committee_size());
        assert_eq!(expected["SLOTS_PER_EPOCH"], preset.slots_per_epoch());
        assert_eq!(expected["EPOCHS_PER_SYNC_COMMITTEE_PERIOD"], preset.epochs_per_period());
        assert_eq!(expected["UPDATE_TIMEOUT"], preset.slots_per_period());
    }
}
