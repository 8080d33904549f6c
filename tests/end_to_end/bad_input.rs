//! Whatever is poured into a `verify` command, it answers: invalid or a mistake, with a reason, without
//! a panic, and in bounded memory.
//!
//! Memory is the peak resident set that `wait4` reports of the ended process, an upper bound: Linux
//! counts in what the process was before it became `causeway`, that is, this test.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use causeway_client_bitcoin::{MerkleNode, StateRoot, Transaction, merkle};
use causeway_tests::makers::bitcoin::{StateChain, scaled};
use causeway_tests::makers::cometbft::{self, Chain, Committee};
use causeway_tests::makers::ethereum_execution::RouterState;
use causeway_tests::makers::ics23::{packet, state_of_packets};
use serde_json::{Value, json};
use tempfile::TempDir;
use wait4::Wait4;

use crate::binary::{binary, repository};
use crate::verify_packet;

/// The most bytes that a command may ever have in memory.
const MAX_MEMORY: u64 = 100 << 20;

/// More than any file that is read whole.
const GIBIBYTE: u64 = 1 << 30;

/// The most that is read whole.
const MAX_FILE_LEN: u64 = 8 << 20;

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
struct Target {
    args: Vec<String>,
    good: Vec<u8>,
    /// The exit code for bad input: 1 when it is under judgement, 2 when it is to be trusted.
    code: i32,
}

/// What is poured in: the parts in order, each as often as it says.
struct Input(Vec<(Vec<u8>, u64)>);

impl Input {
    fn of(bytes: impl Into<Vec<u8>>) -> Self {
        Self(vec![(bytes.into(), 1)])
    }

    /// About `len` bytes of a text over and over.
    fn endless(unit: &str, len: u64) -> Self {
        Self(vec![repeated(unit, len)])
    }
}

/// A text as often as fills about `len` bytes, in pieces that are quick to write.
fn repeated(unit: &str, len: u64) -> (Vec<u8>, u64) {
    let piece = unit.repeat((1 << 16) / unit.len() + 1);
    let times = len / piece.len() as u64 + 1;
    (piece.into_bytes(), times)
}

/// Commands, and the files that they read beside what is poured in.
struct Targets {
    folder: TempDir,
    all: Vec<Target>,
}

impl Targets {
    /// Every `verify` command, once for each thing that it reads.
    fn new() -> Self {
        let mut targets = Self { folder: TempDir::new().unwrap(), all: Vec::new() };
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
        self.all.push(Target { args, good: good.into(), code });
    }

    fn file(&self, name: &str, contents: &[u8]) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, contents).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn add_ethereum(&mut self) {
        let mut router = RouterState::default();
        router.set(b"path", [1; 32]);
        let args = format!("ethereum proof --state-root {} --proof -", router.state_root());
        self.add(1, &args, router.answer(&[b"path"]).to_string());
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
        let trusted = self.file("trusted.json", first.as_bytes());
        let untrusted = self.file("untrusted.json", second.as_bytes());
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
        let next = self.file("headers.bin", &next);
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
        let proof = self.file("proof.json", proof.to_string().as_bytes());
        self.add(2, &format!("{command} --header - --proof {proof}"), header);
    }
}

/// What a run came to, and the most memory it had.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
    peak: u64,
}

fn pour(target: &Target, input: &Input) -> Ended {
    let mut child = Command::new(binary())
        .args(&target.args)
        .current_dir(repository())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for (piece, times) in &input.0 {
                for _ in 0..*times {
                    // A command that has read enough breaks the pipe: that is its right.
                    if stdin.write_all(piece).is_err() {
                        return;
                    }
                }
            }
        });
        let stdout = scope.spawn(move || read(&mut stdout));
        let stderr = read(&mut stderr);
        let used = child.wait4().unwrap();
        Ended {
            code: used.status.code(),
            stdout: stdout.join().unwrap(),
            stderr,
            peak: used.rusage.maxrss,
        }
    })
}

fn read(pipe: &mut impl Read) -> String {
    let mut text = String::new();
    pipe.read_to_string(&mut text).unwrap();
    text
}

/// The command refuses the input in the right way.
fn check(target: &Target, input: &Input, what: &str) {
    let ended = pour(target, input);
    let context = || format!("{what} into {:?}: {ended:?}", target.args);
    assert_eq!(ended.code, Some(target.code), "{}", context());
    assert!(!ended.stderr.contains("panicked"), "{}", context());
    assert!(ended.peak < MAX_MEMORY, "{}", context());
    if target.code == 1 {
        let answer: Value = serde_json::from_str(&ended.stdout).expect("one document");
        assert_eq!(answer["verdict"], "invalid", "{}", context());
        assert!(answer["code"].is_string(), "{}", context());
    } else {
        assert_eq!(ended.stdout, "", "{}", context());
        assert!(ended.stderr.starts_with("error: "), "{}", context());
    }
}

fn each_target(check: impl Fn(&Target)) {
    for target in &Targets::new().all {
        let ended = pour(target, &Input::of(target.good.clone()));
        assert_eq!(ended.code, Some(0), "{:?}: {ended:?}", target.args);
        assert!(ended.peak < MAX_MEMORY, "{ended:?}");
        check(target);
    }
}

#[test]
fn nothing_at_all() {
    each_target(|target| check(target, &Input::of([]), "nothing"));
}

#[test]
fn noise() {
    // xorshift64, from a fixed seed.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut noise = move |len: usize| -> Vec<u8> {
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        };
        (0..len.div_ceil(8)).flat_map(|_| next()).take(len).collect()
    };
    let inputs: Vec<_> = [1, 79, 81, 1000, 100_000].map(|len| noise(len)).into();
    each_target(|target| {
        for bytes in &inputs {
            check(target, &Input::of(bytes.clone()), &format!("{} bytes of noise", bytes.len()));
        }
    });
}

#[test]
fn a_good_input_cut_short() {
    each_target(|target| {
        let len = target.good.len();
        for cut in [1, 2, len / 4, len / 2, len - 2, len - 1] {
            check(target, &Input::of(&target.good[..cut]), &format!("{cut} of {len} bytes"));
        }
    });
}

#[test]
fn a_good_input_and_more() {
    each_target(|target| {
        for more in [&b"}"[..], b"x", &[0x80]] {
            check(target, &Input::of([&target.good, more].concat()), "too much");
        }
    });
}

#[test]
fn a_gibibyte() {
    each_target(|target| {
        for unit in ["\0", "[", "{\"a\":", "\"", "\n", "ff"] {
            check(target, &Input::endless(unit, GIBIBYTE), &format!("a gibibyte of {unit:?}"));
        }
    });
}

/// The good document with, in the place of each of its values in turn, a list that fills the
/// largest file that is read whole.
#[test]
fn lists_where_none_belong_and_too_long_ones_where_they_do() {
    const MARK: &str = "the place";
    each_target(|target| {
        let Ok(document) = serde_json::from_slice::<Value>(&target.good) else { return };
        for place in places(&document) {
            let mut changed = document.clone();
            *changed.pointer_mut(&place).unwrap() = MARK.into();
            let text = changed.to_string();
            let (before, after) = text.split_once(&format!("{MARK:?}")).unwrap();
            // A list is also filled with what belongs into it.
            let own = document.pointer(&format!("{place}/0")).map(Value::to_string);
            let alien = ["0", "[]", "\"\"", "{}"].map(str::to_owned);
            for unit in alien.into_iter().chain(own) {
                let len = MAX_FILE_LEN - text.len() as u64 - (1 << 18);
                let parts = vec![
                    (format!("{before}[{unit}").into_bytes(), 1),
                    repeated(&format!(",{unit}"), len),
                    (format!("]{after}").into_bytes(), 1),
                ];
                check(target, &Input(parts), &format!("a long list of {unit} at {place:?}"));
            }
        }
    });
}

/// Pointers to the values of a document, of lists only to the first element's.
fn places(document: &Value) -> Vec<String> {
    let below = |key: &str, value: &Value| -> Vec<String> {
        places(value).into_iter().map(|place| format!("/{key}{place}")).collect()
    };
    let mut all = vec![String::new()];
    match document {
        Value::Object(fields) => {
            all.extend(fields.iter().flat_map(|(key, value)| below(key, value)))
        }
        Value::Array(list) => {
            all.extend(list.first().into_iter().flat_map(|value| below("0", value)))
        }
        _ => {}
    }
    all
}
