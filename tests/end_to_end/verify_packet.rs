//! `causeway verify packet`, on a packet that an IBC v2 chain really committed to.

use serde_json::{Value, json};

use crate::binary::{causeway, causeway_with_input};

/// A transfer of an end-to-end run between two deployed implementations: `receiveNativePacket` of
/// cosmos/solidity-ibc-eureka, and the commitment that the sending chain stored.
pub(crate) fn file() -> Value {
    let data = concat!(
        "0000000000000000000000000000000000000000000000000000000000000020",
        "00000000000000000000000000000000000000000000000000000000000000a0",
        "00000000000000000000000000000000000000000000000000000000000000e0",
        "0000000000000000000000000000000000000000000000000000000000000140",
        "000000000000000000000000000000000000000000000000000000003b9aca00",
        "00000000000000000000000000000000000000000000000000000000000001a0",
        "0000000000000000000000000000000000000000000000000000000000000005",
        "7374616b65000000000000000000000000000000000000000000000000000000",
        "000000000000000000000000000000000000000000000000000000000000002d",
        "636f736d6f733132717a66713972356e39396b716d657a75786e396b35343963",
        "616477646a6e7771753770333700000000000000000000000000000000000000",
        "000000000000000000000000000000000000000000000000000000000000002a",
        "3078623665313339663135363236656465326436393137346630653763646265",
        "3037396339666239636300000000000000000000000000000000000000000000",
        "000000000000000000000000000000000000000000000000000000000000000a",
        "6e617469766573656e6400000000000000000000000000000000000000000000",
    );
    json!({
        "packet": {
            "sequence": 1,
            "source_client": "08-wasm-0",
            "dest_client": "cosmoshub-1",
            "timeout_timestamp": 1_777_901_289,
            "payloads": [{
                "source_port": "transfer",
                "dest_port": "transfer",
                "version": "ics20-1",
                "encoding": "application/x-solidity-abi",
                "value_hex": data,
            }],
        },
        "acknowledgements": ["7b22726573756c74223a2241513d3d227d"],
        "expect": {
            "commitment": "0xe734cd7f643fb3a16be0a5786ce5c65baf6f25727f881ef8d6a1d2a5e782d2f9",
            "ack_commitment": "8460e21f73b53d779e4b3291cd35338e92fae9998735f1a0b7150c074c0731a6",
        },
    })
}

const ARGS: [&str; 5] = ["verify", "packet", "--file", "-", "--json"];

#[test]
fn a_real_packet_has_the_commitments_that_the_chains_stored() {
    let run = causeway_with_input(&ARGS, file().to_string().as_bytes());
    assert_eq!(run.code, 0, "{run:?}");
    let document = run.json();
    assert_eq!(document["verdict"], "valid");
    let detail = &document["detail"];
    assert_eq!(
        detail["commitment"],
        "e734cd7f643fb3a16be0a5786ce5c65baf6f25727f881ef8d6a1d2a5e782d2f9"
    );
    assert_eq!(detail["commitment_path"], "30382d7761736d2d30010000000000000001");
    assert_eq!(detail["receipt_path"], "636f736d6f736875622d31020000000000000001");
    assert_eq!(detail["ack_path"], "636f736d6f736875622d31030000000000000001");
    assert_eq!(
        detail["ack_commitment"],
        "8460e21f73b53d779e4b3291cd35338e92fae9998735f1a0b7150c074c0731a6"
    );
    let payload = &detail["payloads"][0];
    assert_eq!(payload["data"]["denom"], "stake");
    assert_eq!(payload["data"]["amount"], "1000000000");
    assert_eq!(payload["data"]["memo"], "nativesend");
    assert_eq!(payload["answer"]["meaning"], "success");
}

#[test]
fn a_packet_with_any_other_field_has_another_commitment() {
    let changes: [fn(&mut Value); 5] = [
        |packet| packet["timeout_timestamp"] = json!(1_777_901_290),
        |packet| packet["dest_client"] = json!("cosmoshub-2"),
        |packet| packet["payloads"][0]["dest_port"] = json!("gmpport"),
        |packet| packet["payloads"][0]["version"] = json!("ics20-2"),
        |packet| packet["payloads"][0]["value_hex"] = json!("00"),
    ];
    for change in changes {
        let mut file = file();
        change(&mut file["packet"]);
        let run = causeway_with_input(&ARGS, file.to_string().as_bytes());
        assert_eq!(run.code, 1, "{run:?}");
        assert_eq!(run.json()["code"], "packet_commitment_mismatch");
    }
    let mut file = file();
    file["acknowledgements"] = json!(["00"]);
    let run = causeway_with_input(&ARGS, file.to_string().as_bytes());
    assert_eq!((run.code, &run.json()["code"]), (1, &json!("ack_commitment_mismatch")));
}

#[test]
fn the_rules_are_explained_on_demand() {
    let args = ["verify", "packet", "--file", "-", "--explain"];
    let run = causeway_with_input(&args, file().to_string().as_bytes());
    assert_eq!(run.code, 0, "{run:?}");
    for rule in ["packet_well_formed", "packet_commitment", "ack_count", "ack_commitment"] {
        assert!(run.stdout.contains(&format!("held    {rule}: ")), "{run:?}");
    }
    let quiet = causeway_with_input(&ARGS, file().to_string().as_bytes());
    assert_eq!(quiet.json().get("rules_held"), None);
}

#[test]
fn what_an_application_cannot_read_is_shown_and_does_not_make_the_packet_invalid() {
    let mut file = file();
    file["packet"]["payloads"][0]["value_hex"] = json!("0001");
    file["expect"] = json!({});
    let run = causeway_with_input(&ARGS, file.to_string().as_bytes());
    assert_eq!(run.code, 0, "{run:?}");
    let payload = &run.json()["detail"]["payloads"][0];
    let why = payload["data"]["undecodable"].as_str().unwrap().to_owned();
    assert!(why.starts_with("malformed transfer_data"), "{why}");
}

#[test]
fn files_that_are_malformed_are_invalid_and_missing_ones_a_mistake() {
    let mut misspelt = file();
    misspelt["expect"] = json!({"commitments": "00"});
    let mut short = file();
    short["expect"] = json!({"commitment": "00"});
    let texts = [String::new(), "{}".into(), "[]".into(), misspelt.to_string(), short.to_string()];
    for text in texts {
        let run = causeway_with_input(&ARGS, text.as_bytes());
        assert_eq!((run.code, &run.json()["code"]), (1, &json!("malformed_packet_file")), "{text}");
    }
    let run = causeway(&["verify", "packet", "--file", "no such file"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("no such file"), "{run:?}");
}
