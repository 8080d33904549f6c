//! Every `verify` command with something that it accepts.

use alloy_primitives::B256;
use causeway_client_bitcoin::{MerkleNode, StateRoot, Transaction, merkle};
use causeway_client_ethereum::chain::{ChainConfig, Fork, Slot};
use causeway_tests::makers::bitcoin::{StateChain, scaled};
use causeway_tests::makers::cometbft::{self, Chain, Committee};
use causeway_tests::makers::ethereum::Beacon;
use causeway_tests::makers::ethereum_execution::RouterState;
use causeway_tests::makers::ics23::{packet, state_of_packets};
use serde_json::{Value, json};

use crate::verify_packet;

/// The genesis block's header of the main network.
const GENESIS: &str = concat!(
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac7",
    "2c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c",
);

/// The header after it.
const SECOND: &str = concat!(
    "010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe",
    "680e1fee14677ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299",
);

/// When the genesis block was made, in seconds.
const GENESIS_TIME: u64 = 1_231_006_505;

/// A command that reads something from standard input, and something that it accepts there.
pub(super) struct Target {
    pub(super) args: Vec<String>,
    pub(super) good: Vec<u8>,
    /// A JSON document of the right shape for it, if it reads any.
    pub(super) shape: Option<Value>,
    /// The exit code for bad input: 1 when it is under judgement, 2 when it is to be trusted.
    pub(super) code: i32,
}

/// Where the files lie that commands read beside what is poured in.
const FOLDER: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/bad_input");

/// Commands.
#[derive(Default)]
pub(super) struct Targets(pub(super) Vec<Target>);

impl Targets {
    /// Every `verify` command, once for each thing that it reads.
    pub(super) fn new() -> Self {
        std::fs::create_dir_all(FOLDER).unwrap();
        let mut targets = Self::default();
        targets.add(1, "packet --file -", verify_packet::file().to_string());
        targets.add_ethereum();
        targets.add_ics23();
        targets.add_cometbft();
        targets.add_bitcoin();
        targets
    }

    fn add(&mut self, code: i32, args: &str, good: impl Into<Vec<u8>>) {
        let args = format!("verify {args} --json");
        let args = args.split(' ').map(str::to_owned).collect();
        let good = good.into();
        let shape = serde_json::from_slice(&good).ok().filter(|shape: &Value| !shape.is_number());
        self.0.push(Target { args, good, shape, code });
    }

    fn file(name: &str, contents: &[u8]) -> String {
        let path = format!("{FOLDER}/{name}");
        std::fs::write(&path, contents).unwrap();
        path
    }

    fn add_ethereum(&mut self) {
        let mut router = RouterState::default();
        router.set(b"path", [1; 32]);
        let args = format!("ethereum proof --state-root {} --proof -", router.state_root());
        self.add(1, &args, router.answer(&[b"path"]).to_string());

        let beacon = Beacon::new(1, 1_700_000_000, 6);
        let (preset, slot) =
            (beacon.config.preset, Slot::new(beacon.config.preset.slots_per_period()));
        let fork = beacon.fork(slot);
        let (root, bootstrap) = beacon.bootstrap(slot, B256::repeat_byte(1));
        let bootstrap = bootstrap.to_ssz(fork, preset);
        let update =
            beacon.update(Slot::new(slot.get() + 8), B256::repeat_byte(1)).to_ssz(fork, preset);
        let config = spec(&beacon.config).to_string();
        let files = [
            Self::file("config.json", config.as_bytes()),
            Self::file("bootstrap.ssz", &bootstrap),
            Self::file("update.ssz", &update),
        ];
        let args = |at: usize| {
            let mut files = files.clone();
            files[at] = "-".into();
            let [config, bootstrap, update] = files;
            let genesis = beacon.config.genesis_validators_root;
            format!(
                "ethereum update --config {config} --genesis-validators-root {genesis} \
                 --trusted-root {root} --bootstrap {bootstrap} --update {update} --now 1700001000"
            )
        };
        self.add(2, &args(0), config);
        self.add(1, &args(1), bootstrap);
        self.shaped(json!({"version": "fulu", "data": bootstrap_shape()}));
        self.add(1, &args(2), update);
        self.shaped(json!([{"version": "fulu", "data": update_shape()}]));
    }

    /// What was added last reads documents of this shape too.
    fn shaped(&mut self, shape: Value) {
        self.0.last_mut().unwrap().shape = Some(shape);
    }

    fn add_ics23(&mut self) {
        let state = state_of_packets(20);
        let (key, value) = packet(7);
        let root = hex::encode(state.ibc.root_hash().0);
        let args = format!(
            "ics23 --spec iavl --root {root} --key {} --value {} --proof -",
            hex::encode(&key),
            hex::encode(value),
        );
        self.add(1, &args, state.ibc.prove(&key).unwrap().to_bytes());
    }

    fn add_cometbft(&mut self) {
        let mut chain = Chain::new("bad-input-1", &Committee::equal(0..4));
        chain.extend_to(2);
        let [first, second] =
            [1, 2].map(|height| cometbft::json::light_block(chain.at(height)).to_string());
        let trusted = Self::file("trusted.json", first.as_bytes());
        let untrusted = Self::file("untrusted.json", second.as_bytes());
        let command = "cometbft header --now 2023-11-14T22:20:00Z";
        self.add(1, &format!("{command} --trusted {trusted} --untrusted -"), second);
        self.add(2, &format!("{command} --trusted - --untrusted {untrusted}"), first);
    }

    fn add_bitcoin(&mut self) {
        let [genesis, next] = [GENESIS, SECOND].map(|text| hex::decode(text).unwrap());
        self.add(1, "bitcoin headers --network mainnet -", genesis);
        let anchor = json!({
            "height": 0,
            "header": GENESIS,
            "chainwork": format!("{:064x}", 0x1_0001_0001_u64),
            "period_start": {"time": GENESIS_TIME, "bits": "1d00ffff"},
            "last_times": [GENESIS_TIME],
        });
        let next = Self::file("headers.bin", &next);
        let args = format!("bitcoin headers --network mainnet --anchor - {next}");
        self.add(2, &args, anchor.to_string());

        let mut chain = StateChain::new(&scaled());
        let height = chain.commit(StateRoot([3; 32]));
        let txids: Vec<MerkleNode> = chain.blocks[&height]
            .iter()
            .map(|bytes| Transaction::from_bytes(bytes).unwrap().txid.into())
            .collect();
        let branch = |index| -> Vec<String> {
            merkle::branch(&txids, index).unwrap().iter().map(MerkleNode::to_string).collect()
        };
        let proof = json!({
            "tx": hex::encode(&chain.blocks[&height][2]),
            "index": 2,
            "branch": branch(2),
            "coinbase": hex::encode(&chain.blocks[&height][0]),
            "coinbase_branch": branch(0),
        });
        let header = hex::encode(chain.branch.tip.header.to_bytes());
        let command = "bitcoin transaction";
        self.add(1, &format!("{command} --header {header} --proof -"), proof.to_string());
        let proof = Self::file("proof.json", proof.to_string().as_bytes());
        self.add(2, &format!("{command} --header - --proof {proof}"), header);
    }
}

/// A network as the Beacon API's `config/spec` has it.
fn spec(config: &ChainConfig) -> Value {
    let mut spec = json!({
        "PRESET_BASE": "minimal",
        "DEPOSIT_CHAIN_ID": config.chain_id.to_string(),
        "SECONDS_PER_SLOT": config.seconds_per_slot.to_string(),
        "MIN_GENESIS_TIME": config.genesis_time.to_string(),
        "GENESIS_DELAY": "0",
        "GENESIS_FORK_VERSION": "0x00000000",
    });
    for fork in Fork::all() {
        let name = fork.name().to_uppercase();
        let version = config.forks.forks().iter().find(|it| it.number == fork.number());
        let version = version.unwrap().version;
        spec[format!("{name}_FORK_VERSION")] = format!("0x{}", hex::encode(version)).into();
        spec[format!("{name}_FORK_EPOCH")] = "0".into();
    }
    json!({"data": spec})
}

fn bytes(len: usize) -> Value {
    format!("0x{}", "00".repeat(len)).into()
}

fn header_shape() -> Value {
    json!({"beacon": {
        "slot": "64",
        "proposer_index": "0",
        "parent_root": bytes(32),
        "state_root": bytes(32),
        "body_root": bytes(32),
    }})
}

fn committee_shape() -> Value {
    json!({"pubkeys": [bytes(48)], "aggregate_pubkey": bytes(48)})
}

fn bootstrap_shape() -> Value {
    json!({
        "header": header_shape(),
        "current_sync_committee": committee_shape(),
        "current_sync_committee_branch": [bytes(32)],
    })
}

fn update_shape() -> Value {
    json!({
        "attested_header": header_shape(),
        "next_sync_committee": committee_shape(),
        "finality_branch": [bytes(32)],
        "sync_aggregate": {
            "sync_committee_bits": bytes(4),
            "sync_committee_signature": bytes(96),
        },
        "signature_slot": "66",
    })
}
