//! Sign bytes, hashes, Merkle trees, wire messages, signatures.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use causeway_client_cometbft::merkle::{Proof, inner_hash, root};
use causeway_client_cometbft::proto;
use causeway_client_cometbft::{Hash, PublicKey, Time, Vote};
use causeway_tests::vectors::Vectors;
use causeway_wire_cometbft::{header_from_json, vote_from_json};
use prost::Message;
use serde_json::{Value, json};

use super::{hex, list, text};

/// Types of votes that do not exist have no sign bytes here: their canonical form is checked.
pub(super) fn sign_bytes(vectors: &Vectors, file: &str) {
    for case in list(&vectors.json(file)["cases"]) {
        let number = case["type"].as_i64().unwrap();
        let expected = hex(&case["sign_bytes"]);
        let chain_id = text(&case["chain_id"]);
        let canonical = proto::CanonicalVote {
            r#type: number.try_into().unwrap(),
            height: case["height"].as_i64().unwrap(),
            round: case["round"].as_i64().unwrap(),
            block_id: None,
            timestamp: Some(Time::ZERO.into()),
            chain_id: chain_id.into(),
        };
        assert_eq!(canonical.encode_length_delimited_to_vec(), expected, "{case}");
        if number != 0 {
            let mut vote = case.clone();
            vote["validator_address"] = json!("00".repeat(20));
            let vote = vote_from_json(vote.to_string().as_bytes()).unwrap();
            let chain_id = causeway_client_cometbft::ChainId::new(chain_id).unwrap();
            assert_eq!(vote.sign_bytes(&chain_id), expected, "{case}");
        }
    }
}

pub(super) fn header_hash(vectors: &Vectors, file: &str) {
    for case in list(&vectors.json(file)["cases"]) {
        let header = header_from_json(case["header"].to_string().as_bytes()).unwrap();
        assert_eq!(header.hash(), Hash::from_slice(&hex(&case["hash"])), "{case}");
    }
}

pub(super) fn merkle(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    for case in list(&document["roots"]) {
        let leaves: Vec<_> = list(&case["leaves_hex"]).iter().map(hex).collect();
        assert_eq!(root(&leaves).0.to_vec(), hex(&case["root"]), "{case}");
    }
    for case in list(&document["inner"]) {
        // Children there are shorter than hashes: the bytes are hashed as our inner node hashes.
        let bytes = [vec![1], hex(&case["left_hex"]), hex(&case["right_hex"])].concat();
        let expected: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(bytes).into();
        assert_eq!(expected.to_vec(), hex(&case["hash"]));
    }
    for case in list(&document["split_points"]) {
        // A tree of n leaves is the inner node over the trees left and right of the split.
        let (n, k) = (case["n"].as_u64().unwrap(), case["k"].as_u64().unwrap());
        let leaves: Vec<_> = (0..n).map(u64::to_be_bytes).collect();
        if k > 0 {
            let (left, right) = leaves.split_at(k.try_into().unwrap());
            assert_eq!(root(&leaves), inner_hash(&root(left), &root(right)), "{case}");
        }
    }
    proof_rules(list(&document["proof_rules"]).len());
}

fn proof_rules(rules: usize) {
    let leaves = [b"a", b"b", b"c"];
    let aunts = vec![root(&leaves[1..2]).0.to_vec(), root(&leaves[2..]).0.to_vec()];
    let leaf_hash = root(&leaves[..1]).0.to_vec();
    let good = Proof { total: 3, index: 0, leaf_hash, aunts };
    let top = root(&leaves).0;
    good.verify(&top, b"a").unwrap();
    let bad = [
        Proof { aunts: good.aunts[..1].to_vec(), ..good.clone() },
        Proof { index: 3, ..good.clone() },
        Proof { aunts: vec![vec![0; 31], good.aunts[1].clone()], ..good.clone() },
        Proof { aunts: vec![vec![0; 32]; 101], ..good.clone() },
        Proof { leaf_hash: vec![0; 32], ..good.clone() },
    ];
    for proof in &bad {
        proof.verify(&top, b"a").unwrap_err();
    }
    Proof { total: 0, index: 0, ..good }.verify(&[], b"a").unwrap_err();
    assert_eq!(bad.len() + 1, rules);
}

pub(super) fn inclusion(vectors: &Vectors, file: &str) {
    let decode = |json: &Value| STANDARD.decode(json.as_str().unwrap_or_default()).unwrap();
    let mut accepted = 0;
    for case in list(&vectors.json(file)["cases"]) {
        let proof = Proof {
            total: case["treeSize"].as_u64().unwrap(),
            index: case["leafIdx"].as_u64().unwrap(),
            leaf_hash: decode(&case["leafHash"]),
            aunts: case["proof"].as_array().into_iter().flatten().map(decode).collect(),
        };
        let verdict = proof.verify_leaf_hash(&decode(&case["root"]));
        assert_eq!(verdict.is_err(), case["wantErr"].as_bool().unwrap(), "{case}");
        accepted += usize::from(verdict.is_ok());
    }
    assert_eq!(accepted, 4);
}

pub(super) fn wire_messages(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    let [vote, evidence, key] = list(&document["cases"]) else { panic!("three cases") };
    let check_vote = |json: &Value, bytes: &[u8]| {
        let from_json = vote_from_json(json.to_string().as_bytes()).unwrap();
        let from_bytes = proto::Vote::decode(bytes).unwrap();
        assert_eq!(proto::Vote::from(&from_json), from_bytes);
        assert_eq!(from_bytes.encode_to_vec(), bytes);
        assert_eq!(Vote::try_from(from_bytes).unwrap(), from_json);
    };
    // The extension is hexadecimal there, and base64 in the RPC.
    let mut json = vote["vote"].clone();
    json["extension"] = json!(STANDARD.encode(hex(&json["extension"])));
    check_vote(&json, &hex(&vote["bytes"]));
    // Two votes of 121 bytes at known places of the list.
    let bytes = hex(&evidence["bytes"]);
    for (json, start) in list(&evidence["votes"]).iter().zip([8, 131]) {
        check_vote(json, &bytes[start..start + 121]);
    }
    let public_key = proto::PublicKey::decode(hex(&key["bytes"]).as_slice()).unwrap();
    let expected = PublicKey::Ed25519(hex(&key["key"]).try_into().unwrap());
    assert_eq!(PublicKey::try_from(public_key.clone()).unwrap(), expected);
    assert_eq!(proto::PublicKey::from(&expected), public_key);
}

pub(super) fn ed25519(vectors: &Vectors, file: &str) {
    let mut differ = 0;
    for case in list(&vectors.json(file)["cases"]) {
        let key = PublicKey::Ed25519(hex(&case["pub_key"]).try_into().unwrap());
        let verdict = key.verifies(&hex(&case["message"]), &hex(&case["signature"]));
        assert_eq!(verdict, case["zip215"].as_bool().unwrap(), "{case}");
        differ += usize::from(case["rfc8032_go"] != case["zip215"]);
    }
    assert!(differ > 0);
}
