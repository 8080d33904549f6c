//! Answers of a node of one validator.

use causeway_client_cometbft::merkle::{self, Proof};
use causeway_client_cometbft::{
    Commit, DuplicateVoteEvidence, Header, PublicKey, Validator, ValidatorSet, commit_sign_bytes,
};
use causeway_tests::vectors::Vectors;
use causeway_wire_cometbft::{
    LightBlockDocument, block_id_from_json, commit_from_json, duplicate_vote_from_json,
    header_from_json, validator_set_from_json,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{hex, list, text};

fn header(json: &Value) -> Header {
    header_from_json(json.to_string().as_bytes()).unwrap()
}

fn parse_commit(json: &Value) -> Commit {
    commit_from_json(json.to_string().as_bytes()).unwrap()
}

/// The validator of the chain, as `status` tells.
fn validators(vectors: &Vectors, file: &str) -> ValidatorSet {
    let folder = file.rsplit_once('/').unwrap().0;
    let status = vectors.json(&format!("{folder}/status.json"));
    let list = json!([status["result"]["validator_info"]]);
    validator_set_from_json(list.to_string().as_bytes()).unwrap()
}

fn check_commit(header_of_chain: &Header, commit: &Commit, set: &ValidatorSet) {
    let [sig] = commit.signatures.as_slice() else { panic!("one validator, one signature") };
    let vote = sig.for_block().unwrap();
    let message = commit_sign_bytes(&header_of_chain.chain_id, commit, vote);
    assert_eq!(vote.validator_address, set.validators[0].address);
    assert!(set.validators[0].public_key.verifies(&message, &vote.signature));
}

fn check_answer(document: &LightBlockDocument, set: &ValidatorSet) {
    let signed = &document.signed_header;
    assert_eq!(signed.header.hash(), signed.commit.block_id.hash);
    assert_eq!(signed.header.validators_hash, Some(set.hash()));
    check_commit(&signed.header, &signed.commit, set);
}

pub(super) fn commit(vectors: &Vectors, file: &str) {
    let set = validators(vectors, file);
    let bytes = vectors.bytes(file);
    check_answer(&LightBlockDocument::from_json(&bytes).unwrap(), &set);
    // Without its envelope it says the same.
    let result = vectors.json(file)["result"].to_string();
    check_answer(&LightBlockDocument::from_json(result.as_bytes()).unwrap(), &set);
}

fn check_block(block: &Value, set: Option<&ValidatorSet>) -> Header {
    let header = header(&block["block"]["header"]);
    let id = block_id_from_json(block["block_id"].to_string().as_bytes()).unwrap();
    assert_eq!(header.hash(), id.hash);
    let last_commit = parse_commit(&block["block"]["last_commit"]);
    assert_eq!(header.last_commit_hash, Some(last_commit.hash()));
    let txs: Vec<_> = list(&block["block"]["data"]["txs"])
        .iter()
        .map(|tx| {
            let tx = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text(tx));
            Sha256::digest(tx.unwrap())
        })
        .collect();
    assert_eq!(header.data_hash, Some(merkle::root(&txs)));
    if let Some(set) = set.filter(|_| !last_commit.signatures.is_empty()) {
        assert_eq!(last_commit.block_id, header.last_block_id);
        check_commit(&header, &last_commit, set);
    }
    header
}

pub(super) fn block(vectors: &Vectors, file: &str) {
    let set = validators(vectors, file);
    check_block(&vectors.json(file)["result"], Some(&set));
}

pub(super) fn block_search(vectors: &Vectors, file: &str) {
    let set = validators(vectors, file);
    let document = vectors.json(file);
    let blocks = list(&document["result"]["blocks"]);
    assert!(blocks.len() > 40);
    let headers: Vec<_> = blocks.iter().map(|block| check_block(block, Some(&set))).collect();
    let linked = headers
        .iter()
        .flat_map(|older| headers.iter().map(move |newer| (older, newer)))
        .filter(|(older, newer)| newer.height == older.height + 1);
    let mut count = 0;
    for (older, newer) in linked {
        causeway_client_cometbft::verify_backwards(older, newer).unwrap();
        count += 1;
    }
    assert!(count > 40);
}

pub(super) fn blockchain(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    let metas = list(&document["result"]["block_metas"]);
    assert_eq!(metas.len(), 10);
    for pair in metas.windows(2) {
        let (newer, older) = (header(&pair[0]["header"]), header(&pair[1]["header"]));
        causeway_client_cometbft::verify_backwards(&older, &newer).unwrap();
    }
}

pub(super) fn evidence(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    for block in list(&document["result"]["blocks"]) {
        check_block(block, None);
        for evidence in list(&block["block"]["evidence"]["evidence"]) {
            let evidence = duplicate_vote_from_json(evidence.to_string().as_bytes()).unwrap();
            check_evidence(&evidence);
        }
    }
}

/// The voter's key is not in the document: everything up to the signatures can be checked.
fn check_evidence(evidence: &DuplicateVoteEvidence) {
    assert!(evidence.vote_a.block_id.is_zero() && !evidence.vote_b.block_id.is_zero());
    assert_eq!((evidence.total_power, evidence.validator_power), (121, 1));
    let stranger = Validator::new(PublicKey::Ed25519([1; 32]), 121).unwrap();
    let set = super::prepared(&ValidatorSet::new(vec![stranger]));
    let chain_id = causeway_client_cometbft::ChainId::new("provider").unwrap();
    let error = evidence.verify(&chain_id, &set).unwrap_err();
    assert_eq!(super::code(&error), "voter_unknown");
}

pub(super) fn tx_search(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    let decode = |json: &Value| {
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text(json)).unwrap()
    };
    for tx in list(&document["result"]["txs"]) {
        let proof = &tx["proof"]["proof"];
        let number = |json: &Value| text(json).parse().unwrap();
        let mut proof = Proof {
            total: number(&proof["total"]),
            index: number(&proof["index"]),
            leaf_hash: decode(&proof["leaf_hash"]),
            aunts: list(&proof["aunts"]).iter().map(decode).collect(),
        };
        let root = hex(&tx["proof"]["root_hash"]);
        let leaf = Sha256::digest(decode(&tx["tx"]));
        assert_eq!(hex(&tx["hash"]), leaf.as_slice());
        proof.verify(&root, &leaf).unwrap();
        proof.verify(&root, b"another").unwrap_err();
        proof.index += 1;
        proof.verify(&root, &leaf).unwrap_err();
    }
}
