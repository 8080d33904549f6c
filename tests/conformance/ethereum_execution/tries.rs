//! Roots of whole tries, and proofs in them: structural, generic, adversarial, mutated.

use std::collections::BTreeMap;

use alloy_primitives::{B256, keccak256};
use causeway_client_ethereum::execution::trie::{self, EMPTY_ROOT, MAX_LIST_NODE_LEN, Nibbles};
use causeway_core::Refusal;
use causeway_tests::vectors::Vectors;
use serde_json::Value;

use super::{byte_lists, bytes, hash};

/// A text is itself, unless it is hexadecimal with `0x`.
fn text(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    text.strip_prefix("0x").map_or_else(|| text.into(), |digits| hex::decode(digits).unwrap())
}

/// Applies the operations in order (null deletes) and compares the root.
pub(super) fn roots(vectors: &Vectors, file: &str) {
    let is_secure = file.to_lowercase().contains("secure");
    for (name, case) in vectors.json(file).as_object().unwrap() {
        let operations: Vec<(Vec<u8>, &Value)> = match &case["in"] {
            Value::Object(map) => map.iter().map(|(k, v)| (text(&k.as_str().into()), v)).collect(),
            Value::Array(list) => list.iter().map(|pair| (text(&pair[0]), &pair[1])).collect(),
            other => panic!("{other}"),
        };
        let mut entries = BTreeMap::new();
        for (key, value) in operations {
            let key = if is_secure { keccak256(key).to_vec() } else { key };
            match value {
                Value::Null => entries.remove(&key),
                value => entries.insert(key, text(value)),
            };
        }
        assert_eq!(trie::root(&entries), hash(&case["root"]), "{file} {name}");
    }
}

/// What a proof shows, in the words of the vectors.
fn reading(root: &B256, key: Nibbles<'_>, nodes: &[Vec<u8>]) -> String {
    match trie::find(root, key, nodes, MAX_LIST_NODE_LEN) {
        Ok(Some(value)) => format!("value:{}", hex::encode(value)),
        Ok(None) => "absent".into(),
        Err(error) => format!("error: {}", error.code()),
    }
}

fn same_reading(got: &str, expected: &str, name: &str) {
    let expected = expected.replace("value:0x", "value:");
    if expected.starts_with("error") {
        assert!(got.starts_with("error"), "{name}: {got}, expected {expected}");
    } else {
        assert_eq!(got, expected, "{name}");
    }
}

pub(super) fn structural(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    let node = |label: &Value| -> Vec<u8> {
        let all = document["nodes"].as_array().unwrap();
        let found = all.iter().find(|node| node["label"] == *label).unwrap();
        let bytes = bytes(&found["hex"]);
        assert_eq!(keccak256(&bytes), hash(&found["keccak256"]));
        bytes
    };
    let mut cases = 0;
    for scenario in document["scenarios"].as_array().unwrap() {
        let root = hash(&scenario["root"]);
        let nodes: Vec<Vec<u8>> = scenario["nodes"].as_array().unwrap().iter().map(node).collect();
        let mut check = |key: &Value, nibbles: &Value, expected: String| {
            let key = bytes(key);
            let count = usize::try_from(nibbles.as_u64().unwrap()).unwrap();
            let got = reading(&root, Nibbles::first(&key, count), &nodes);
            same_reading(&got, &expected, scenario["name"].as_str().unwrap());
            cases += 1;
        };
        let value = |value: &Value| format!("value:{}", value.as_str().unwrap());
        if scenario["honest_key"].is_string() {
            let expected = value(&scenario["expected_value"]);
            check(&scenario["honest_key"], &scenario["honest_key_nibs"], expected);
        }
        for key in ["short_key", "long_key"].map(|name| &scenario[name]) {
            if key.is_object() {
                check(&key["key"], &key["key_nibs"], value(&key["expected_value"]));
            }
        }
        for wrong in scenario["wrong_keys"].as_array().unwrap() {
            assert!((2..=5).contains(&wrong["expected_status"].as_u64().unwrap()));
            check(&wrong["key"], &wrong["key_nibs"], "absent".into());
        }
    }
    assert_eq!(cases, 9);
}

pub(super) fn generic(vectors: &Vectors, file: &str) {
    for case in vectors.json(file)["cases"].as_array().unwrap() {
        let (root, key) = (hash(&case["root"]), bytes(&case["key"]));
        let name = case["name"].as_str().unwrap();
        for (nodes, expected) in [
            ("proof", "reading_as_published_no_extra_nodes_allowed"),
            ("proof_without_inlined_nodes", "reading_without_inlined_nodes"),
        ] {
            let got = reading(&root, Nibbles::of(&key), &byte_lists(&case[nodes]));
            same_reading(&got, case[expected].as_str().unwrap(), name);
        }
    }
}

/// Each node is refused as the root of a proof, whatever key leads into it.
pub(super) fn adversarial(vectors: &Vectors, file: &str) {
    for case in vectors.json(file)["nodes"].as_array().unwrap() {
        let nodes = [bytes(&case["hex"])];
        let root = keccak256(&nodes[0]);
        for key in [&[][..], &[0x00], &[0x10], &[0x11, 0x84], &[0xff; 32]] {
            let error = trie::find(&root, Nibbles::of(key), &nodes, MAX_LIST_NODE_LEN);
            assert_eq!(error.unwrap_err().code(), "malformed_trie_node", "{}", case["why"]);
        }
    }
}

pub(super) fn mutated(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    let cases = document["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 24);
    for case in cases {
        let (root, key) = (hash(&case["root"]), bytes(&case["trie_key"]));
        let got = reading(&root, Nibbles::of(&key), &byte_lists(&case["proof"]));
        let name = case["name"].as_str().unwrap();
        same_reading(&got, case["expected"].as_str().unwrap(), name);
        if name.contains("truncated") || name.contains("root-only") {
            assert_eq!(got, "error: trie_proof_truncated", "{name}");
        }
    }
    assert!(cases.iter().any(|case| hash(&case["root"]) == EMPTY_ROOT));
}
