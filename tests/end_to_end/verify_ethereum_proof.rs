//! `causeway verify ethereum proof`.

use causeway_tests::makers::ethereum_execution::RouterState;
use causeway_tests::vectors::Vectors;
use serde_json::Value;

use crate::binary::{Run, causeway, causeway_with_input};

const PRESENT: &[u8] = b"client-0\x01\0\0\0\0\0\0\0\x01";
const ABSENT: &[u8] = b"client-0\x02\0\0\0\0\0\0\0\x01";

/// A router with one word, its state root, and the answer for a slot with it and one without.
fn router() -> (String, Value) {
    let mut router = RouterState::default();
    router.set(PRESENT, [0x0a; 32]);
    (router.state_root().to_string(), router.answer(&[PRESENT, ABSENT]))
}

fn verify(state_root: &str, input: &[u8], more: &[&str]) -> Run {
    let args = ["verify", "ethereum", "proof", "--state-root", state_root, "--proof", "-"];
    causeway_with_input(&[&args, more].concat(), input)
}

#[test]
fn an_answer_is_proven_slot_by_slot() {
    let (root, answer) = router();
    let run = verify(&root, answer.to_string().as_bytes(), &["--json"]);
    let report = run.json();
    assert_eq!((run.code, &report["verdict"]), (0, &"valid".into()), "{run:?}");
    let detail = &report["detail"];
    let address = detail["address"].as_str().unwrap().to_lowercase();
    assert_eq!(address, answer["address"].as_str().unwrap());
    assert_eq!(detail["storage"].as_array().unwrap().len(), 2);
    for (slot, asked) in [0, 1].map(|n| (&detail["storage"][n], &answer["storageProof"][n])) {
        assert_eq!(slot["key"], asked["key"]);
    }
    assert_eq!(detail["storage"][0]["value"], format!("0x{}", "0a".repeat(32)));
    assert_eq!(detail["storage"][0]["present"], true);
    assert_eq!(detail["storage"][1]["present"], false);
}

#[test]
fn the_envelope_of_the_rpc_may_stay() {
    let (root, answer) = router();
    let envelope = serde_json::json!({"jsonrpc": "2.0", "id": 1, "result": answer});
    let root_without_prefix = root.strip_prefix("0x").unwrap();
    assert_eq!(verify(root_without_prefix, envelope.to_string().as_bytes(), &[]).code, 0);
}

#[test]
fn the_rules_that_held_are_told() {
    let (root, answer) = router();
    let run = verify(&root, answer.to_string().as_bytes(), &["--json", "--explain"]);
    let report = run.json();
    let rules: Vec<&str> = report["rules_held"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["rule"].as_str().unwrap())
        .collect();
    let expected = [
        "account_proof",
        "account_leaf",
        "account_claims",
        "storage_proof",
        "storage_proof",
        "storage_claims",
    ];
    assert_eq!(rules, expected);
}

#[test]
fn what_does_not_hold_is_refused_by_name() {
    let (root, answer) = router();
    let (json, other_root) = (answer.to_string(), format!("0x{}", "11".repeat(32)));
    let mut claim = answer.clone();
    claim["storageProof"][1]["value"] = "0x1".into();
    let mut truncated = answer.clone();
    truncated["storageProof"][1]["proof"].as_array_mut().unwrap().pop();
    let error = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"old block"}}"#;
    let too_long = vec![b' '; (8 << 20) + 1];
    let (claim, truncated) = (claim.to_string(), truncated.to_string());
    let cases: [(&str, &[u8], &str); 7] = [
        (&other_root, json.as_bytes(), "trie_node_hash_mismatch"),
        (&root, claim.as_bytes(), "claim_mismatch"),
        (&root, truncated.as_bytes(), "trie_proof_truncated"),
        (&root, error.as_bytes(), "malformed_account_proof"),
        (&root, b"[]", "malformed_account_proof"),
        (&root, b"\xff\xfe", "malformed_account_proof"),
        (&root, &too_long, "malformed_account_proof"),
    ];
    for (root, input, code) in cases {
        let run = verify(root, input, &["--json"]);
        let report = run.json();
        assert_eq!((run.code, &report["code"]), (1, &code.into()), "{run:?}");
        assert_eq!(report["verdict"], "invalid");
    }
}

#[test]
fn a_bad_root_or_a_missing_file_is_a_usage_error() {
    let (root, answer) = router();
    for bad_root in ["0x12", "root", ""] {
        let run = verify(bad_root, answer.to_string().as_bytes(), &["--json"]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
    }
    let args = ["verify", "ethereum", "proof", "--state-root", &root, "--proof", "no/such/file"];
    let run = causeway(&args);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
    assert!(run.stderr.contains("no/such/file"), "{run:?}");
}

/// Recorded answers of real nodes, as they were served.
#[test]
fn answers_of_real_nodes_are_judged() {
    let Some(vectors) = Vectors::open() else { return };
    let expected = vectors.json("ethereum/execution/eip1186/expected.json");
    let mut judged = 0;
    for case in expected["cases"].as_array().unwrap() {
        let name = case["file"].as_str().unwrap();
        if !name.contains("mainnet-block") && !name.contains("sepolia/") {
            continue;
        }
        let answer = vectors.bytes(&format!("ethereum/{name}"));
        let run = verify(case["state_root"].as_str().unwrap(), &answer, &["--json"]);
        let report = run.json();
        assert_eq!((run.code, &report["detail"]["present"]), (0, &true.into()), "{run:?}");
        let slots = case["storage"].as_array().unwrap().len();
        assert_eq!(report["detail"]["storage"].as_array().unwrap().len(), slots);
        judged += 1;
    }
    assert_eq!(judged, 3);
}
