//! Laws of the RPC's documents.

use causeway_client_cometbft::{CommitSig, Time};
use causeway_tests::makers::cometbft::{Ballot, Chain, Committee, Made, SecretKey, json};
use causeway_wire_cometbft::{LightBlockDocument, TrustedDocument};
use serde_json::{Value, json};

/// A block with keys of all kinds, of which one votes nil and one is absent.
fn made() -> Made {
    let keys = [SecretKey::ed25519(1), SecretKey::secp256k1(2), SecretKey::secp256k1eth(3)];
    let members = keys.into_iter().chain((4..8).map(SecretKey::ed25519));
    let mut chain = Chain::new("wire-1", &Committee::new(members.map(|key| (key, 10))));
    let mut made = chain.push(&[1; 20]).clone();
    let ballot = |index| [Ballot::Nil, Ballot::Absent].get(index).copied().unwrap_or(Ballot::Block);
    made.signed = made.validators.sign_as(made.signed.header.clone(), ballot);
    made
}

fn read(json: &Value) -> LightBlockDocument {
    LightBlockDocument::from_json(json.to_string().as_bytes()).unwrap()
}

#[test]
fn what_a_node_writes_is_read_as_it_was() {
    let made = made();
    let document = read(&json::light_block(&made));
    assert_eq!(document.signed_header, made.signed);
    let members = |set: Option<causeway_client_cometbft::ValidatorSet>| set.unwrap().validators;
    assert_eq!(members(document.validators), made.validators.set().validators);
    assert_eq!(members(document.next_validators), made.next_validators.set().validators);
}

#[test]
fn all_spellings_mean_the_same() {
    let made = made();
    let plain = json::light_block(&made);
    let expected = read(&plain);
    let respelled = [
        plain.to_string().replace("\"parts\"", "\"part_set_header\""),
        plain.to_string().replace("\"height\":\"2\"", "\"height\":2"),
        plain.to_string().replace("\"voting_power\":\"10\"", "\"voting_power\":10"),
        plain.to_string().replace("\"0001-01-01T00:00:00Z\"", "null"),
        plain.to_string().replace("\"signature\":null", "\"signature\":\"\""),
        plain.to_string().replace("\"validator_address\":\"\"", "\"validator_address\":null"),
        plain.to_string().replace("Z\"", "+00:00\""),
        plain.to_string().replace("validator_set", "validators"),
        json!({"jsonrpc": "2.0", "id": -1, "result": plain}).to_string(),
    ];
    for text in respelled {
        assert_ne!(text, plain.to_string());
        let document = LightBlockDocument::from_json(text.as_bytes());
        assert_eq!(document.as_ref(), Ok(&expected), "{text}");
    }
    let nil_or_absent = &expected.signed_header.commit.signatures[..2];
    assert!(matches!(nil_or_absent, [CommitSig::Nil(_), CommitSig::Absent]));
}

#[test]
fn times_of_any_offset_are_one_instant() {
    let mut block = json::light_block(&made());
    for (text, secs, nanos) in [
        ("2023-11-14T22:13:20Z", 1_700_000_000, 0),
        ("2023-11-14T23:43:20.5+01:30", 1_700_000_000, 500_000_000),
        ("2023-11-14T12:13:20.000000001-10:00", 1_700_000_000, 1),
    ] {
        block["signed_header"]["header"]["time"] = json!(text);
        let time = read(&block).signed_header.header.time;
        assert_eq!(time, Time::new(secs, nanos).unwrap());
    }
}

#[test]
fn what_is_no_number_hash_or_time_is_refused() {
    let good = json::light_block(&made());
    for (place, value) in [
        ("height", json!("02")),
        ("height", json!("+2")),
        ("height", json!(2.0)),
        ("height", json!("9223372036854775808")),
        ("height", Value::Null),
        ("validators_hash", json!("ABC")),
        ("validators_hash", json!("AB")),
        ("proposer_address", json!("")),
        ("time", json!("2023-11-14 22:13:20")),
        ("time", json!(0)),
        ("version", json!({"block": -1})),
        ("chain_id", json!(7)),
    ] {
        let mut bad = good.clone();
        bad["signed_header"]["header"][place] = value.clone();
        let refused = LightBlockDocument::from_json(bad.to_string().as_bytes());
        assert!(refused.is_err(), "{place} {value}");
    }
}

#[test]
fn one_page_of_validators_is_not_a_set() {
    let made = made();
    let mut answer = json!({"signed_header": json::signed_header(&made.signed)});
    answer["validators"] = json::validators(made.validators.set());
    answer["total"] = json!("7");
    read(&answer);
    answer["total"] = json!("100");
    LightBlockDocument::from_json(answer.to_string().as_bytes()).unwrap_err();
}

#[test]
fn a_repeated_field_is_refused() {
    let text = json::light_block(&made()).to_string();
    let twice = text.replacen(
        "{\"next_validator_set\":",
        "{\"next_validator_set\":null,\"next_validator_set\":",
        1,
    );
    assert_ne!(text, twice);
    TrustedDocument::from_json(text.as_bytes()).unwrap();
    TrustedDocument::from_json(twice.as_bytes()).unwrap_err();
}
