//! Whatever is poured into a `verify` command, it answers: invalid or a mistake, with a reason,
//! without a panic, and in bounded memory.
//!
//! Memory is the peak resident set that `wait4` reports of the ended process, an upper bound: Linux
//! counts in what the process was before it became `causeway`, that is, this test.

mod targets;

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;
use wait4::Wait4;

use self::targets::{Target, Targets};
use crate::binary::{binary, causeway, repository};

/// The most bytes that a command may ever have in memory.
const MAX_MEMORY: u64 = 100 << 20;

/// More than any file that is read whole.
const GIBIBYTE: u64 = 1 << 30;

/// The most that is read whole.
const MAX_FILE_LEN: u64 = 8 << 20;

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
    // Made once: what this test has in memory counts as what a command had.
    static TARGETS: LazyLock<Targets> = LazyLock::new(Targets::new);
    for target in &TARGETS.0 {
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
    let noise = move |len: usize| -> Vec<u8> {
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        };
        (0..len.div_ceil(8)).flat_map(|_| next()).take(len).collect()
    };
    let inputs: Vec<_> = [1, 79, 81, 1000, 100_000].map(noise).into();
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

/// A document of the right shape with, in the place of each of its values in turn, a list that
/// fills the largest file that is read whole.
#[test]
fn lists_where_none_belong_and_too_long_ones_where_they_do() {
    const MARK: &str = "the place";
    each_target(|target| {
        let Some(document) = &target.shape else { return };
        for place in places(document) {
            let mut changed = document.clone();
            *changed.pointer_mut(&place).unwrap() = MARK.into();
            let text = changed.to_string();
            let (before, after) = text.split_once(&format!("{MARK:?}")).unwrap();
            // Nothing takes more memory for its text than small numbers; a list is also filled with
            // what belongs into it.
            let own = document.pointer(&format!("{place}/0")).map(Value::to_string);
            for unit in [Some("0".into()), own].into_iter().flatten() {
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
            all.extend(fields.iter().flat_map(|(key, value)| below(key, value)));
        }
        Value::Array(list) => {
            all.extend(list.first().into_iter().flat_map(|value| below("0", value)));
        }
        _ => {}
    }
    all
}

/// A disk that is full, or a reader that went away, is a failure of the environment: no panic, and
/// no exit code that passes for a verdict.
#[test]
#[cfg(target_os = "linux")]
fn a_verdict_that_cannot_be_written_is_none() {
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let run = |args: &[&str], stderr: Stdio| {
        let mut command = Command::new(binary());
        command.args(["verify", "bitcoin", "headers", "/dev/null", "--network", "regtest"]);
        command.args(args).stdin(Stdio::null()).stdout(full()).stderr(stderr);
        command.output().unwrap()
    };
    for args in [&[][..], &["--json"], &["--explain"]] {
        let output = run(args, Stdio::piped());
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.starts_with("error: cannot write the verdict"), "{stderr}");
        assert_eq!(run(args, full().into()).status.code(), Some(3));
    }
}

#[test]
fn a_directory_is_the_callers_mistake() {
    let folder = repository().to_str().unwrap();
    let run = causeway(&["verify", "bitcoin", "headers", folder, "--network", "regtest"]);
    assert_eq!(run.code, 2, "{run:?}");
}
