//! `causeway verify ethereum update`.

use alloy_primitives::B256;
use causeway_client_ethereum::chain::{Fork, Preset, Slot};
use causeway_client_ethereum::containers::{LightClientFinalityUpdate, LightClientUpdate};
use causeway_tests::makers::ethereum::{Beacon, Draft};
use causeway_tests::vectors::Vectors;
use serde_json::Value;
use tempfile::TempDir;

use crate::binary::{Run, causeway, causeway_with_input};

const STATE: B256 = B256::repeat_byte(5);
const START: Slot = Slot::new(70);
const GENESIS: u64 = 1_700_000_000;

/// A made network, whose files are in a folder of their own.
struct Network {
    beacon: Beacon,
    folder: TempDir,
    root: B256,
}

impl Network {
    fn new() -> Self {
        let beacon = Beacon::new(6, GENESIS + 64 * 6, 6);
        let (root, bootstrap) = beacon.bootstrap(START, STATE);
        let network = Self { beacon, folder: TempDir::new().unwrap(), root };
        network.write("bootstrap", &bootstrap.to_ssz(Fork::Fulu, Preset::MINIMAL));
        let forks = network.beacon.config.forks.forks().iter().map(|activation| {
            let name = Fork::from_number(activation.number).unwrap().name().to_uppercase();
            format!("{name}_FORK_VERSION: {}\n{name}_FORK_EPOCH: 0\n", activation.version)
        });
        let config = format!(
            "PRESET_BASE: minimal\nSECONDS_PER_SLOT: 6\nGENESIS_FORK_VERSION: 0x00000000\n{}",
            forks.collect::<String>()
        );
        network.write("config.yaml", config.as_bytes());
        network
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder.path().join(name), bytes).unwrap();
    }

    fn write_update(&self, name: &str, update: &LightClientUpdate) {
        self.write(name, &update.to_ssz(Fork::Fulu, Preset::MINIMAL));
    }

    /// Updates as a beacon node frames them.
    fn write_updates(&self, name: &str, updates: &[LightClientUpdate]) {
        let mut bytes = Vec::new();
        for update in updates {
            let epoch = self.beacon.config.epoch(update.attested_header.beacon.slot);
            // The configuration says nothing of blobs: these are the defaults.
            let digest = self.beacon.config.fork_digest(epoch, &[blobs()]);
            let object = update.to_ssz(Fork::Fulu, Preset::MINIMAL);
            bytes.extend((object.len() as u64 + 4).to_le_bytes());
            bytes.extend(digest);
            bytes.extend(object);
        }
        self.write(name, &bytes);
    }

    fn draft(&self, finalized: u64) -> Draft {
        self.beacon.draft(Slot::new(finalized), STATE)
    }

    fn args(&self, updates: &[&str], more: &[&str]) -> Vec<String> {
        let file = |name: &str| self.folder.path().join(name).display().to_string();
        let mut args: Vec<String> = [
            "--json",
            "verify",
            "ethereum",
            "update",
            "--config",
            &file("config.yaml"),
            "--genesis-validators-root",
            &self.beacon.config.genesis_validators_root.to_string(),
            "--trusted-root",
            &self.root.to_string(),
            "--bootstrap",
            &file("bootstrap"),
        ]
        .map(str::to_owned)
        .to_vec();
        for update in updates {
            args.extend(["--update".to_owned(), file(update)]);
        }
        args.extend(more.iter().map(|&arg| arg.to_owned()));
        args
    }

    fn run(&self, updates: &[&str], more: &[&str]) -> Run {
        causeway(&self.args(updates, more))
    }
}

fn blobs() -> causeway_client_ethereum::chain::BlobParameters {
    let epoch = causeway_client_ethereum::chain::Epoch::new(0);
    causeway_client_ethereum::chain::BlobParameters { epoch, max_blobs: 9 }
}

fn valid(run: &Run) -> Value {
    assert_eq!(run.code, 0, "{run:?}");
    let document = run.json();
    assert_eq!(document["verdict"], "valid");
    document["detail"].clone()
}

#[track_caller]
fn refused(run: &Run, code: &str) {
    assert_eq!(run.code, 1, "{run:?}");
    let document = run.json();
    assert_eq!((&document["verdict"], &document["code"]), (&"invalid".into(), &code.into()));
}

#[test]
fn committees_hand_over_from_period_to_period() {
    let network = Network::new();
    let updates = [80, 140, 200].map(|slot| network.beacon.update(Slot::new(slot), STATE));
    network.write_updates("updates", &updates);
    let newest = LightClientFinalityUpdate::from(network.beacon.update(Slot::new(220), STATE));
    network.write("finality", &newest.to_ssz(Fork::Fulu, Preset::MINIMAL));
    for more in [&["--wallet"][..], &[]] {
        let detail = valid(&network.run(&["updates", "finality"], more));
        assert_eq!(detail["height"], 220);
        assert_eq!(detail["state_root"], STATE.to_string());
        assert_eq!(detail["timestamp"], GENESIS + 220 * 6);
        assert_eq!(detail["count"], 4);
    }
    // A period left out leaves its committee unknown.
    network.write_updates("gap", &updates[..1]);
    refused(&network.run(&["gap", "finality"], &[]), "unknown_signing_period");
}

#[test]
fn a_bridge_is_stricter_than_a_wallet() {
    let network = Network::new();
    let draft = network.draft(80);
    network.write_update("few", &network.beacon.make(&Draft { participants: 21, ..draft.clone() }));
    let detail = valid(&network.run(&["few"], &["--wallet"]));
    assert_eq!((&detail["height"], &detail["optimistic_slot"]), (&70.into(), &81.into()));
    refused(&network.run(&["few"], &[]), "insufficient_participation");
    let loose = Draft { has_finality: false, ..draft.clone() };
    network.write_update("loose", &network.beacon.make(&loose));
    valid(&network.run(&["loose"], &["--wallet"]));
    refused(&network.run(&["loose"], &[]), "finality_missing");
    // Two finalized blocks of one slot: a wallet keeps the first, a bridge stops.
    network.write_update("honest", &network.beacon.make(&draft));
    network.write_update(
        "fork",
        &network.beacon.make(&Draft { state_root: B256::repeat_byte(6), ..draft }),
    );
    valid(&network.run(&["honest", "fork"], &["--wallet"]));
    refused(&network.run(&["honest", "fork"], &[]), "client_frozen");
}

#[test]
fn time_is_judged_by_the_slot() {
    let network = Network::new();
    network.write_update("update", &network.beacon.update(Slot::new(80), STATE));
    let signed = GENESIS + 82 * 6;
    for more in [&["--wallet"][..], &[]] {
        let now = |secs: u64| {
            let secs = secs.to_string();
            let more = [more, &["--now", &secs, "--trusting-period", "1h"]].concat();
            network.run(&["update"], &more)
        };
        valid(&now(signed));
        refused(&now(signed - 1), "header_from_future");
        refused(&now(GENESIS + 70 * 6 + 3600), "client_expired");
    }
}

#[test]
fn spoiled_files_are_invalid_and_missing_ones_a_mistake() {
    let network = Network::new();
    let mut update = network.beacon.update(Slot::new(80), STATE);
    network.write_update("update", &update);
    update.finalized_header.execution.state_root = B256::ZERO;
    network.write_update("spoiled", &update);
    refused(&network.run(&["spoiled"], &[]), "invalid_execution_branch");
    network.write("text", b"{\"data\": []}");
    refused(&network.run(&["text"], &[]), "malformed_light_client_update");
    network.write("empty", b"");
    refused(&network.run(&["empty"], &[]), "malformed_light_client_update");
    network.write("bootstrap", b"[1]");
    refused(&network.run(&["update"], &[]), "malformed_bootstrap");
    assert_eq!(network.run(&["nowhere"], &[]).code, 2);
    network.write("config.yaml", b"PRESET_BASE: minimal");
    assert_eq!(network.run(&["update"], &[]).code, 2);
    assert_eq!(network.run(&["update"], &["--network", "mainnet"]).code, 2);
    assert_eq!(network.run(&["update"], &["--fork", "shanghai"]).code, 2);
}

#[test]
fn options_that_trust_nothing_or_change_nothing_are_a_mistake() {
    let network = Network::new();
    network.write_update("update", &network.beacon.update(Slot::new(80), STATE));
    assert_eq!(network.run(&["update"], &["--trusting-period", "0s"]).code, 2);
    let mut args = network.args(&["update"], &[]);
    let config = args.iter().position(|arg| arg == "--config").unwrap();
    args.splice(config..config + 2, ["--network", "mainnet"].map(str::to_owned));
    assert_eq!(causeway(&args).code, 2);
    args[config + 2] = "--genesis-time".to_owned();
    args[config + 3] = "7".to_owned();
    assert_eq!(causeway(&args).code, 2);
    args.drain(config + 2..config + 4);
    assert_eq!(causeway(&args).code, 1);
}

#[test]
fn standard_input_is_a_file() {
    let network = Network::new();
    let update = network.beacon.update(Slot::new(80), STATE);
    let bytes = update.to_ssz(Fork::Fulu, Preset::MINIMAL);
    let mut args = network.args(&[], &["--explain", "--update", "-"]);
    let run = causeway_with_input(&args, &bytes);
    valid(&run);
    let document = run.json();
    let rules = document["rules_held"].as_array().unwrap();
    for rule in ["trusted_root", "signature", "finality", "two_thirds_and_finality"] {
        assert!(rules.iter().any(|held| held["rule"] == rule), "{rule}");
    }
    args.retain(|arg| arg != "--json" && arg != "--explain");
    let text = causeway_with_input(&args, &bytes).stdout;
    assert!(text.starts_with("valid: slot 80 is final; updates: 1"), "{text}");
}

/// Six periods of mainnet and a day's finality update, from one trusted root.
#[test]
fn mainnet_is_followed_over_its_committees() {
    let Some(vectors) = Vectors::open() else { return };
    let folder = TempDir::new().unwrap();
    let file = |name: &str| {
        let bytes = vectors.bytes(&format!("ethereum/consensus/real/mainnet-capella/{name}"));
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    let root = "0x5afc212a7924789b2bc86acad3ab3a6ffb1f6e97253ea50bee7f4f51422c9275";
    let (bootstrap, updates) = (file("bootstrap.json"), file("updates.json"));
    let finality = file("finality.json");
    let run = |root: &str, more: &[&str]| {
        let args = ["--json", "verify", "ethereum", "update", "--network", "mainnet"];
        let files =
            ["--trusted-root", root, "--bootstrap", &bootstrap, "--update", &updates, &finality];
        causeway(&[&args[..], &files, more].concat())
    };
    for more in [&["--wallet"][..], &[]] {
        let detail = valid(&run(root, more));
        assert_eq!(detail["height"], 7_109_344);
        assert_eq!(detail["block_number"], 17_923_026);
    }
    refused(&run(&root.replace("5afc", "5afd"), &[]), "trusted_root_mismatch");
    assert_eq!(run("0x1234", &[]).code, 2);
}
