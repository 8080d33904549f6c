//! `causeway verify ics23`.

use std::path::Path;

use causeway_tests::makers::ics23::{State, packet, state_of_packets};
use causeway_tests::vectors::Vectors;
use serde_json::{Value, json};

use crate::binary::{Run, causeway, causeway_with_input};

/// The command line of a question about the store `ibc` alone.
fn single(state: &State, proof: &str, key: &[u8], value: Option<&[u8]>) -> Vec<String> {
    let mut args = vec!["verify", "ics23", "--json", "--spec", "iavl", "--proof", proof, "--root"];
    let (root, key) = (hex::encode(state.ibc.root_hash().0), hex::encode(key));
    args.extend([&root, "--key", &key]);
    let value = value.map(hex::encode);
    args.extend(value.iter().flat_map(|value| ["--value", value]));
    args.into_iter().map(str::to_owned).collect()
}

fn assert_valid(run: &Run, present: bool) {
    assert_eq!(run.code, 0, "{run:?}");
    let document = run.json();
    assert_eq!(document["verdict"], "valid");
    assert_eq!(document["code"], Value::Null);
    assert_eq!(document["detail"]["present"], present);
    assert_eq!(run.stderr, "");
}

fn assert_invalid(run: &Run, code: &str) {
    assert_eq!(run.code, 1, "{run:?}");
    assert_eq!(run.json()["verdict"], "invalid");
    assert_eq!(run.json()["code"], code);
}

fn assert_usage_error(run: &Run, text: &str) {
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains(text), "{run:?}");
}

#[test]
fn the_command_explains_itself() {
    let run = causeway(&["verify", "ics23", "--help"]);
    assert_eq!(run.code, 0);
    assert!(run.stdout.contains("Usage: causeway verify ics23"), "{run:?}");
    assert!(run.stdout.contains("--spec iavl,tendermint --store ibc"), "{run:?}");
}

#[test]
fn a_proof_is_read_as_text_and_as_bytes_from_argument_file_and_standard_input() {
    let state = state_of_packets(20);
    let (key, value) = packet(7);
    let proof = state.ibc.prove(&key).unwrap().to_bytes();
    let text = format!("0x{}\n", hex::encode(&proof));
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, contents: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, contents).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let forms = [text.trim().into(), write("hex", text.as_bytes()), write("binary", &proof)];
    for form in forms {
        assert_valid(&causeway(&single(&state, &form, &key, Some(&value))), true);
    }
    for input in [text.as_bytes(), &proof] {
        let args = single(&state, "-", &key, Some(&value));
        assert_valid(&causeway_with_input(&args, input), true);
    }
}

#[test]
fn without_a_value_the_key_must_be_absent() {
    let state = state_of_packets(20);
    let (absent, value) = packet(21);
    let proof = hex::encode(state.ibc.prove(&absent).unwrap().to_bytes());
    assert_valid(&causeway(&single(&state, &proof, &absent, None)), false);
    let run = causeway(&single(&state, &proof, &absent, Some(&value)));
    assert_invalid(&run, "proof_kind_mismatch");
    let run = causeway(&single(&state, &proof, &packet(20).0, None));
    assert_invalid(&run, "left_neighbour_not_before");
}

#[test]
fn a_store_is_proven_under_the_app_hash() {
    let state = state_of_packets(20);
    let (key, value) = packet(7);
    let app_hash = hex::encode(state.app_hash().0);
    let proof = hex::encode(state.prove(&key).to_bytes());
    let question = |store: &str, value: &[u8]| {
        let (key, value) = (hex::encode(&key), hex::encode(value));
        let args = ["verify", "ics23", "--json", "--spec", "iavl,tendermint", "--store", store];
        let rest = ["--root", &app_hash, "--proof", &proof, "--key", &key, "--value", &value];
        causeway(&[&args[..], &rest[..]].concat())
    };
    let run = question("ibc", &value);
    assert_valid(&run, true);
    assert_eq!(run.json()["detail"]["path"], json!([hex::encode("ibc"), hex::encode(&key)]));
    assert_invalid(&question("bank", &value), "proof_key_mismatch");
    assert_invalid(&question("ibc", b"other"), "proof_value_mismatch");
}

#[test]
fn a_wrong_root_is_named_with_both_values() {
    let state = state_of_packets(20);
    let (key, value) = packet(7);
    let proof = hex::encode(state.ibc.prove(&key).unwrap().to_bytes());
    let mut args = single(&state, &proof, &key, Some(&value));
    let root = args.iter().position(|arg| arg == "--root").unwrap() + 1;
    let right = std::mem::replace(&mut args[root], "00".repeat(32));
    let run = causeway(&args);
    assert_invalid(&run, "proof_root_mismatch");
    assert_eq!(run.json()["detail"], json!({"got": right, "expected": "00".repeat(32)}));
}

#[test]
fn what_does_not_decode_is_malformed() {
    let state = state_of_packets(20);
    let (key, value) = packet(7);
    let proof = state.ibc.prove(&key).unwrap().to_bytes();
    // A batch proof, field 3, and a compressed one, field 4, of no entries.
    let inputs: [&[u8]; 6] =
        [b"", &proof[..proof.len() - 1], &[0xff; 64], &[0x1a, 0], &[0x22, 0], b"not a proof"];
    for input in inputs {
        let args = single(&state, "-", &key, Some(&value));
        assert_invalid(&causeway_with_input(&args, input), "malformed_commitment_proof");
    }
    let args = single(&state, "-", &key, Some(&value));
    let too_long = vec![0x0a; 9 << 20];
    assert_invalid(&causeway_with_input(&args, &too_long), "malformed_commitment_proof");
}

#[test]
fn rules_are_explained_on_request() {
    let state = state_of_packets(20);
    let (key, value) = packet(7);
    let proof = hex::encode(state.ibc.prove(&key).unwrap().to_bytes());
    let mut args = single(&state, &proof, &key, Some(&value));
    args.push("--explain".into());
    let rules = causeway(&args).json()["rules_held"].clone();
    let names: Vec<_> = rules.as_array().unwrap().iter().map(|rule| &rule["rule"]).collect();
    assert_eq!(names, ["ics23_shape", "ics23_key_and_value", "ics23_root"]);
    args.retain(|arg| arg != "--json");
    let run = causeway(&args);
    assert!(run.stdout.starts_with("held    ics23_shape: "), "{run:?}");
    assert!(run.stdout.contains("valid: the value is at the key"), "{run:?}");
}

#[test]
fn the_callers_mistakes_are_usage_errors() {
    let state = state_of_packets(20);
    let (key, value) = packet(7);
    let good = single(&state, "0a", &key, Some(&value));
    let with = |option: &str, argument: &str| {
        let mut args = good.clone();
        let at = args.iter().position(|arg| arg == option).unwrap() + 1;
        argument.clone_into(&mut args[at]);
        causeway(&args)
    };
    assert_usage_error(&with("--root", "xyz"), "--root is not hexadecimal");
    assert_usage_error(&with("--key", "abc"), "--key is not hexadecimal");
    assert_usage_error(&with("--key", ""), "--key is empty");
    assert_usage_error(&with("--value", ""), "leave --value out");
    assert_usage_error(&with("--proof", "no/such/file"), "no/such/file");
    assert_usage_error(&with("--spec", "avl"), "avl");
    assert_usage_error(&with("--spec", "iavl,tendermint"), "1 names, not 0");
    let unknown = [good.clone(), vec!["--no-such-option".into()]].concat();
    assert_usage_error(&causeway(&unknown), "--no-such-option");
}

/// A proof from a real chain, driven as an auditor would.
#[test]
fn real_multistore_proofs_are_judged() {
    let Some(vectors) = Vectors::open() else { return };
    let table = vectors.json("ics23/real_multistore.json");
    let folder = tempfile::tempdir().unwrap();
    for case in table["cases"].as_array().unwrap() {
        let text = |name: &str| case[name].as_str().unwrap().to_owned();
        let file = folder.path().join("proof");
        std::fs::write(&file, text("merkle_proof_hex")).unwrap();
        let run = question_of(case, &file, &text("root"));
        let expected = i32::from(case["verdict"] != "accept");
        assert_eq!(run.code, expected, "{}: {run:?}", case["name"]);
    }
}

fn question_of(case: &Value, proof: &Path, root: &str) -> Run {
    let key = case["path_hex"][1].as_str().unwrap();
    let store = case["path_text"][0].as_str().unwrap();
    let mut args = vec!["verify", "ics23", "--spec", "iavl,tendermint", "--root", root];
    args.extend(["--key", key, "--store", store, "--proof", proof.to_str().unwrap()]);
    args.extend(case["value_hex"].as_str().iter().flat_map(|value| ["--value", value]));
    causeway(&args)
}
