//! The fuzz targets as ordinary tests: on the committed corpus, on valid inputs and spoilt ones,
//! and on random bytes. `fuzz/` runs the same functions under a fuzzer.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use causeway_tests::fuzz_targets::{TARGETS, Target};
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// Spoilt and random inputs for each target: a second or so in all.
const ROUNDS: usize = 300;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn corpus(target: &Target) -> PathBuf {
    repository().join("tests/fixtures/fuzz").join(target.name)
}

/// The same on every run: a failure is seen again.
fn rng() -> TestRng {
    TestRng::deterministic_rng(RngAlgorithm::ChaCha)
}

fn below(rng: &mut TestRng, limit: usize) -> usize {
    usize::try_from(rng.next_u64()).unwrap() % limit.max(1)
}

/// Changes, inserts, removes or doubles some bytes, one to four times.
fn spoil(input: &mut Vec<u8>, rng: &mut TestRng) {
    for _ in 0..=below(rng, 4) {
        let at = below(rng, input.len());
        let span = at..(at + below(rng, 40)).min(input.len());
        match below(rng, 6) {
            0 | 1 if !input.is_empty() => input[at] ^= 1 << below(rng, 8),
            2 if !input.is_empty() => input[at] = [0, 1, 0x7f, 0x80, 0xff][below(rng, 5)],
            3 => input.insert(at, u8::try_from(below(rng, 256)).unwrap()),
            4 => drop(input.drain(span)),
            _ => {
                let copy = input[span].to_vec();
                input.splice(at..at, copy);
            }
        }
    }
}

#[test]
fn the_corpus_is_there_and_holds() {
    let mut found = BTreeSet::new();
    for target in TARGETS {
        let files = std::fs::read_dir(corpus(target));
        let files = files.unwrap_or_else(|error| panic!("{}: {error}", target.name));
        let mut count = 0;
        for file in files {
            (target.run)(&std::fs::read(file.unwrap().path()).unwrap());
            count += 1;
        }
        assert!(count > 0, "{} has no corpus", target.name);
        found.insert(target.name.to_owned());
    }
    let folders = std::fs::read_dir(repository().join("tests/fixtures/fuzz")).unwrap();
    for folder in folders {
        let name = folder.unwrap().file_name().into_string().unwrap();
        assert!(found.contains(&name), "{name} is the corpus of no target");
    }
}

#[test]
fn valid_and_spoilt_inputs_hold() {
    let mut rng = rng();
    for target in TARGETS {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty(), "{}", target.name);
        for seed in &seeds {
            (target.run)(seed);
        }
        for round in 0..ROUNDS {
            let mut input = seeds[round % seeds.len()].clone();
            spoil(&mut input, &mut rng);
            (target.run)(&input);
        }
    }
}

#[test]
fn random_bytes_hold() {
    let mut rng = rng();
    for target in TARGETS {
        (target.run)(&[]);
        for _ in 0..ROUNDS {
            let mut input = vec![0; below(&mut rng, 400)];
            rng.fill_bytes(&mut input);
            (target.run)(&input);
        }
    }
}

/// A target that the fuzzer does not know would never be fuzzed.
#[test]
fn every_target_has_a_fuzzer() {
    let manifest = std::fs::read_to_string(repository().join("fuzz/Cargo.toml")).unwrap();
    let declared: BTreeSet<&str> = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("path = \"fuzz_targets/")?.strip_suffix(".rs\""))
        .collect();
    let named: BTreeSet<&str> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(declared, named);
    for name in named {
        let file = repository().join(format!("fuzz/fuzz_targets/{name}.rs"));
        let source = std::fs::read_to_string(file).unwrap();
        assert!(source.contains(&format!("run(\"{name}\", bytes)")), "{name}");
    }
}

/// Writes the valid inputs of every target as its corpus: `cargo test -p causeway-tests --test
/// properties write_the_corpus -- --ignored`.
#[test]
#[ignore = "writes files"]
fn write_the_corpus() {
    for target in TARGETS {
        std::fs::create_dir_all(corpus(target)).unwrap();
        for (number, seed) in (target.seeds)().iter().enumerate() {
            std::fs::write(corpus(target).join(format!("valid_{number}")), seed).unwrap();
        }
    }
}
