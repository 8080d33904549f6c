//! `causeway verify cometbft header`.

use std::fs;
use std::path::PathBuf;

use causeway_tests::makers::cometbft::{Ballot, Chain, Committee, Made, SecretKey, json};
use causeway_tests::vectors::Vectors;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::binary::{Run, causeway, causeway_with_input};

/// Just after the blocks of the chains here.
const NOW: &str = "2023-11-14T22:20:00Z";

/// Documents in files of their own.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn write(&self, name: &str, document: &Value) -> String {
        let path: PathBuf = self.0.path().join(name);
        fs::write(&path, document.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

fn verify(trusted: &Value, untrusted: &Value, more: &[&str]) -> Run {
    let files = Files::new();
    let trusted = files.write("trusted.json", trusted);
    let untrusted = files.write("untrusted.json", untrusted);
    let args = [
        &["verify", "cometbft", "header", "--json", "--trusted", &trusted][..],
        &["--untrusted", &untrusted],
        more,
    ];
    causeway(&args.concat())
}

fn verify_made(from: &Made, to: &Made, more: &[&str]) -> Run {
    let now = [&["--now", NOW], more].concat();
    verify(&json::light_block(from), &json::light_block(to), &now)
}

/// Four validators, of whom at height 3 all but one are replaced.
fn chain() -> Chain {
    let mut chain = Chain::new("cli-1", &Committee::equal(0..4));
    chain.push(&[1; 32]);
    chain.push_handing_over(&[2; 32], &Committee::equal(3..7));
    chain.extend_to(5);
    chain
}

#[test]
fn adjacent_and_skipping_headers_are_valid() {
    let chain = chain();
    for (from, to, way) in [(1, 2, "adjacent"), (1, 3, "skipping"), (3, 4, "adjacent")] {
        let run = verify_made(chain.at(from), chain.at(to), &[]);
        let answer = run.json();
        assert_eq!((run.code, &answer["verdict"]), (0, &json!("valid")), "{run:?}");
        assert_eq!(answer["detail"]["height"], json!(to));
        assert_eq!(answer["detail"]["verification"], json!(way));
    }
}

#[test]
fn too_little_trust_is_a_verdict_of_its_own() {
    let chain = chain();
    let run = verify_made(chain.at(1), chain.at(5), &[]);
    let answer = run.json();
    assert_eq!(run.code, 1);
    assert_eq!(answer["verdict"], json!("not_enough_trust"));
    assert_eq!(answer["code"], json!("not_enough_trust"));
    assert_eq!(answer["detail"]["got"], json!("10"));
}

#[test]
fn a_broken_rule_is_named() {
    let chain = chain();
    let code = |from: u64, to: &Made, more: &[&str]| {
        let run = verify_made(chain.at(from), to, more);
        assert_eq!((run.code, run.json()["verdict"].clone()), (1, json!("invalid")), "{run:?}");
        run.json()["code"].as_str().unwrap().to_owned()
    };
    let next = chain.at(2);
    let mut forged = next.clone();
    forged.signed.header.app_hash = vec![9; 32];
    assert_eq!(code(1, &forged, &[]), "commit_block_mismatch");
    let idle = |index| if index < 2 { Ballot::Absent } else { Ballot::Block };
    let mut halved = next.clone();
    halved.signed = next.validators.sign_as(next.signed.header.clone(), idle);
    assert_eq!(code(1, &halved, &[]), "not_enough_power");
    assert_eq!(code(1, next, &["--trusting-period", "1m"]), "trusted_expired");
    let early = ["--now", "2023-11-14T22:13:00+00:00", "--clock-drift", "1s"];
    let files = verify(&json::light_block(chain.at(1)), &json::light_block(next), &early);
    assert_eq!(files.json()["code"], json!("header_from_future"));
}

#[test]
fn a_higher_trust_level_asks_for_more() {
    let chain = chain();
    let run = verify_made(chain.at(1), chain.at(3), &["--trust-level", "1/1"]);
    assert_eq!(run.json()["verdict"], json!("not_enough_trust"));
    let run = verify_made(chain.at(1), chain.at(3), &["--trust-level", "1/4"]);
    assert_eq!(run.code, 2);
}

#[test]
fn answers_of_the_rpc_are_read_merged_or_from_standard_input() {
    let chain = chain();
    let answer = |made: &Made| {
        let mut merged =
            json!({"canonical": true, "block_height": "1", "count": "4", "total": "4"});
        merged["signed_header"] = json::signed_header(&made.signed);
        merged["validators"] = json::validators(made.validators.set());
        json!({"jsonrpc": "2.0", "id": -1, "result": merged})
    };
    let run = verify(&answer(chain.at(1)), &answer(chain.at(2)), &["--now", NOW]);
    assert_eq!(run.code, 0, "{run:?}");

    let files = Files::new();
    let trusted = files.write("trusted.json", &answer(chain.at(1)));
    let args = ["verify", "cometbft", "header", "--trusted", &trusted, "--untrusted", "-"];
    let args = [&args[..], &["--now", NOW, "--explain"]].concat();
    let run = causeway_with_input(&args, answer(chain.at(2)).to_string().as_bytes());
    assert_eq!(run.code, 0, "{run:?}");
    for rule in ["trusted_not_expired", "chain_id", "commit_block", "adjacent_validators", "quorum"]
    {
        assert!(run.stdout.contains(&format!("held    {rule}: ")), "{rule}: {run:?}");
    }
}

#[test]
fn of_the_trusted_height_header_and_next_set_suffice() {
    let chain = chain();
    let trusted = json!({
        "header": json::header(&chain.at(3).signed.header),
        "next_validator_set": json::validators(chain.at(3).next_validators.set()),
    });
    let run = verify(&trusted, &json::light_block(chain.at(4)), &["--now", NOW]);
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn what_is_wrong_with_the_trusted_file_is_the_callers_mistake() {
    let chain = chain();
    let mut other = json::light_block(chain.at(1));
    other["next_validator_set"] = json!({"validators": json::validators(
        Committee::equal(20..24).set()
    )});
    let run = verify(&other, &json::light_block(chain.at(2)), &["--now", NOW]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
    let run = verify(&json!({}), &json::light_block(chain.at(2)), &[]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
    let missing = ["verify", "cometbft", "header", "--trusted", "/nowhere", "--untrusted", "-"];
    assert_eq!(causeway(&missing).code, 2);
}

#[test]
fn what_does_not_decode_is_invalid() {
    let chain = chain();
    let trusted = json::light_block(chain.at(1));
    let mut sets = json::light_block(chain.at(2));
    sets["next_validator_set"] = json!(json::validators(Committee::equal(20..24).set()));
    let mut key = json::light_block(chain.at(2));
    key["validator_set"]["validators"][0]["pub_key"]["value"] = json!("AAAA");
    for (document, code) in [
        (json!({"signed_header": 5}), "malformed_light_block"),
        (
            json!({"signed_header": json::signed_header(&chain.at(2).signed)}),
            "malformed_light_block",
        ),
        (key, "malformed_public_key"),
        (sets, "next_validators_hash_mismatch"),
    ] {
        let run = verify(&trusted, &document, &["--now", NOW]);
        assert_eq!((run.code, run.json()["code"].clone()), (1, json!(code)), "{run:?}");
    }
}

#[test]
fn all_kinds_of_keys_verify() {
    let keys = [SecretKey::ed25519(1), SecretKey::secp256k1(2), SecretKey::secp256k1eth(3)];
    let committee = Committee::new(keys.into_iter().map(|key| (key, 10)));
    let mut chain = Chain::new("keys-1", &committee);
    chain.extend_to(3);
    let run = verify_made(chain.at(1), chain.at(3), &[]);
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn real_light_blocks_verify() {
    let Some(vectors) = Vectors::open() else { return };
    let blocks = vectors.json("tendermint/real/mocha-4.json")["light_blocks"].clone();
    let at = |height: u64| {
        let mut found = blocks.as_array().unwrap().iter();
        found.find(|block| block["height"] == json!(height)).unwrap()
    };
    for (from, to) in [(10_000, 10_001), (10_001, 10_500), (11_000, 157_000)] {
        let now = at(to)["signed_header"]["header"]["time"].as_str().unwrap();
        let run = verify(at(from), at(to), &["--now", now, "--trusting-period", "10years"]);
        assert_eq!(run.code, 0, "{from} to {to}: {run:?}");
    }
    let now = at(3000)["signed_header"]["header"]["time"].as_str().unwrap();
    let run = verify(at(10_000), at(3000), &["--now", now]);
    assert_eq!(run.json()["code"], json!("header_height_not_above_trusted"));
}
