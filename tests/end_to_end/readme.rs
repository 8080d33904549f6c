//! The commands of the README, run as they stand there, on the files of `examples/`.

use causeway_client_bitcoin::{MerkleNode, StateRoot, Transaction, merkle};
use causeway_client_ethereum::chain::{Fork, Preset, Slot};
use causeway_tests::makers::bitcoin::{StateChain, scaled};
use causeway_tests::makers::cometbft::{self, Chain, Committee};
use causeway_tests::makers::ethereum::Beacon;
use causeway_tests::makers::ethereum_execution::RouterState;
use causeway_tests::makers::ics23::{packet, state_of_packets};
use serde_json::{Value, json};

use crate::binary::{causeway, repository};
use crate::verify_packet;

/// The first two headers of Bitcoin's main network.
const MAINNET: &str = concat!(
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac7",
    "2c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c\n",
    "010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe",
    "680e1fee14677ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299\n",
);

/// The files of `examples/`: made from numbers, and so the same every time.
fn examples() -> Vec<(&'static str, Vec<u8>)> {
    let mut files = vec![
        ("bitcoin/headers.hex", MAINNET.into()),
        ("packet.json", pretty(&verify_packet::file())),
    ];
    files.extend(bitcoin());
    files.extend(ethereum());
    files.extend(cometbft_light_blocks());
    let state = state_of_packets(20);
    let proof = state.ibc.prove(&packet(7).0).unwrap().to_bytes();
    files.push(("ics23/proof.hex", format!("{}\n", hex::encode(proof)).into()));
    files
}

fn pretty(value: &Value) -> Vec<u8> {
    format!("{value:#}\n").into_bytes()
}

fn bitcoin() -> [(&'static str, Vec<u8>); 2] {
    let mut chain = StateChain::new(&scaled());
    let height = chain.commit(StateRoot([3; 32]));
    let block = &chain.blocks[&height];
    let txids: Vec<MerkleNode> =
        block.iter().map(|bytes| Transaction::from_bytes(bytes).unwrap().txid.into()).collect();
    let branch = |index| -> Vec<String> {
        merkle::branch(&txids, index).unwrap().iter().map(MerkleNode::to_string).collect()
    };
    let proof = json!({
        "tx": hex::encode(&block[2]),
        "index": 2,
        "branch": branch(2),
        "coinbase": hex::encode(&block[0]),
        "coinbase_branch": branch(0),
    });
    let header = format!("{}\n", hex::encode(chain.branch.tip.header.to_bytes()));
    [("bitcoin/transaction.json", pretty(&proof)), ("bitcoin/header.hex", header.into())]
}

fn ethereum() -> [(&'static str, Vec<u8>); 4] {
    let mut router = RouterState::default();
    router.set(b"path", [1; 32]);
    let beacon = Beacon::new(6, 1_700_000_000, 6);
    let state = router.state_root();
    let (_, bootstrap) = beacon.bootstrap(Slot::new(70), state);
    let update = beacon.update(Slot::new(80), state);
    let forks = beacon.config.forks.forks().iter().map(|activation| {
        let name = Fork::from_number(activation.number).unwrap().name().to_uppercase();
        format!("{name}_FORK_VERSION: {}\n{name}_FORK_EPOCH: 0\n", activation.version)
    });
    let config = format!(
        "PRESET_BASE: minimal\nSECONDS_PER_SLOT: 6\nGENESIS_FORK_VERSION: 0x00000000\n{}",
        forks.collect::<String>()
    );
    [
        ("ethereum/proof.json", pretty(&router.answer(&[b"path", b"nothing here"]))),
        ("ethereum/config.yaml", config.into()),
        ("ethereum/bootstrap.ssz", bootstrap.to_ssz(Fork::Fulu, Preset::MINIMAL)),
        ("ethereum/update.ssz", update.to_ssz(Fork::Fulu, Preset::MINIMAL)),
    ]
}

fn cometbft_light_blocks() -> [(&'static str, Vec<u8>); 3] {
    let mut chain = Chain::new("example-1", &Committee::equal(0..4));
    chain.extend_to(4);
    // By height 10 all validators have changed.
    chain.push_handing_over(&[1; 32], &Committee::equal(4..8));
    chain.extend_to(10);
    [("cometbft/height-1.json", 1), ("cometbft/height-2.json", 2), ("cometbft/height-10.json", 10)]
        .map(|(name, height)| (name, pretty(&cometbft::json::light_block(chain.at(height)))))
}

/// `CAUSEWAY_WRITE_EXAMPLES=1` writes them.
#[test]
fn the_examples_are_what_the_makers_make() {
    let write = std::env::var_os("CAUSEWAY_WRITE_EXAMPLES").is_some();
    for (name, made) in examples() {
        let path = repository().join("examples").join(name);
        if write {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &made).unwrap();
        }
        assert_eq!(std::fs::read(&path).unwrap(), made, "{name}");
    }
}

/// A command of the README, and what it says there that the command prints; `…` stands for
/// further lines.
struct Shown {
    args: Vec<String>,
    output: String,
}

fn shown() -> Vec<Shown> {
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let mut shown: Vec<Shown> = Vec::new();
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap().replace("\\\n", " ");
        for line in block.lines() {
            match (line.strip_prefix("$ causeway "), shown.last_mut()) {
                (Some(command), _) => {
                    let args = command.split_whitespace().map(str::to_owned).collect();
                    shown.push(Shown { args, output: String::new() });
                }
                (None, Some(last)) => {
                    last.output.push_str(line);
                    last.output.push('\n');
                }
                (None, None) => panic!("{line}"),
            }
        }
    }
    shown
}

#[test]
fn the_commands_of_the_readme_print_what_it_says() {
    let shown = shown();
    assert!(shown.len() >= 7, "{} commands", shown.len());
    for Shown { args, output } in shown {
        let run = causeway(&args);
        let expected = i32::from(!output.starts_with("valid"));
        match output.strip_suffix("…\n") {
            Some(beginning) => assert!(run.stdout.starts_with(beginning), "{args:?}: {run:?}"),
            None => assert_eq!(run.stdout, output, "{args:?}: {}", run.stderr),
        }
        assert_eq!(run.code, expected, "{args:?}");
    }
}
