//! The cross-language vectors of a stateless verifier. Its functions are smaller than ours: where
//! its verdict is about a rule that we judge otherwise, the test says so.

use alloy_primitives::U256;
use causeway_client_bitcoin::{
    Header, MerkleNode, Network, RawHeader, Transaction, merkle, retarget, sha256d, split_headers,
    verify_without_coinbase,
};
use causeway_core::Refusal;
use causeway_tests::vectors::Vectors;
use serde_json::Value;

use super::{bytes, header, list, node, number, target, text};

fn concat(fields: &Value, names: &[&str]) -> Vec<u8> {
    names.iter().flat_map(|name| bytes(&fields[*name])).collect()
}

const TRANSACTION_FIELDS: [&str; 4] = ["version", "vin", "vout", "locktime"];

fn split_nodes(bytes: &[u8]) -> Vec<MerkleNode> {
    bytes.as_chunks().0.iter().copied().map(MerkleNode).collect()
}

/// A header's claimed parts against its own bytes.
fn header_agrees(claim: &Value) -> bool {
    let header = header(&claim["raw"]);
    header.hash().0 == *bytes(&claim["hash"])
        && header.merkle_root == node(&claim["merkle_root"])
        && header.prev.0 == *bytes(&claim["prevhash"])
}

fn verify_spv(proof: &Value) -> Result<(), String> {
    let transaction = concat(proof, &TRANSACTION_FIELDS);
    let root = header(&proof["confirming_header"]["raw"]).merkle_root;
    let branch = split_nodes(&bytes(&proof["intermediate_nodes"]));
    let index = u32::try_from(number(&proof["index"])).unwrap();
    verify_without_coinbase(root, &transaction, index, &branch, &mut ())
        .map(|txid| assert_eq!(txid.0, *bytes(&proof["tx_id"])))
        .map_err(|error| error.code().into_owned())
}

pub(crate) fn spv_proofs(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    for proof in list(&document["valid"]) {
        assert!(header_agrees(&proof["confirming_header"]));
        assert_eq!(verify_spv(proof), Ok(()));
    }
    assert!(list(&document["validHeader"]).iter().all(header_agrees));
    for case in list(&document["badHeaders"]) {
        assert!(!header_agrees(&case["header"]), "{}", case["comment"]);
    }
    for case in list(&document["badSPVProofs"]) {
        let expected = match text(&case["comment"]) {
            "Bad Vin" | "Bad Vout" => "malformed_bitcoin_transaction",
            // Another lock time makes another id.
            _ => "merkle_root_mismatch",
        };
        assert_eq!(verify_spv(&case["proof"]), Err(expected.into()), "{}", case["comment"]);
    }
}

pub(crate) fn vectors(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    merkle_proofs(&document);
    header_chains(&document);
    retargets(&document);
    works(&document);
    transactions(&document);
    // Its JavaScript's argument checks, and the error codes of its Solidity: not about the data.
    let of_language_only =
        ["calculateDifficultyError", "getErrBadLength", "getErrInvalidChain", "getErrLowWork"];
    assert!(of_language_only.iter().all(|family| document[family].is_array()));
    for step in list(&document["hash256MerkleStep"]) {
        let joined: Vec<u8> = list(&step["input"]).iter().flat_map(bytes).collect();
        assert_eq!(sha256d(&joined), *bytes(&step["output"]));
    }
}

fn merkle_proofs(document: &Value) {
    for case in list(&document["verifyHash256Merkle"]) {
        let proof = bytes(&case["input"]["proof"]);
        let index = u32::try_from(number(&case["input"]["index"])).unwrap();
        let verdict = match (proof.as_chunks::<32>().1.is_empty(), split_nodes(&proof).as_slice()) {
            (true, [only]) => merkle::verify_branch(*only, *only, index, &[]).is_ok(),
            (true, [leaf, branch @ .., root]) => {
                merkle::verify_branch(*root, *leaf, index, branch).is_ok()
            }
            _ => false,
        };
        assert_eq!(verdict, case["output"].as_bool().unwrap(), "{case}");
    }
    for case in list(&document["prove"]) {
        let input = &case["input"];
        let branch = split_nodes(&bytes(&input["proof"]));
        let index = u32::try_from(number(&input["index"])).unwrap();
        let (root, leaf) = (node(&input["merkleRootLE"]), node(&input["txIdLE"]));
        let verdict = merkle::verify_branch(root, leaf, index, &branch).is_ok();
        assert_eq!(verdict, case["output"].as_bool().unwrap(), "{case}");
    }
}

/// Linkage and each header's own target: all that a verifier without state can ask.
fn stateless_chain(bytes: &[u8]) -> Result<U256, &'static str> {
    let headers = split_headers(bytes).map_err(|_| "length")?;
    let headers: Vec<_> = headers.iter().map(Header::from_bytes).collect();
    if headers.windows(2).any(|pair| pair[1].prev != pair[0].hash()) {
        return Err("linkage");
    }
    if headers.iter().any(|h| !h.bits.expand().target.is_met_by(&h.hash())) {
        return Err("work");
    }
    Ok(headers.iter().map(difficulty).fold(U256::ZERO, |sum, one| sum + one))
}

/// Their unit of work: how many times harder than mainnet's first target.
fn difficulty(header: &Header) -> U256 {
    let easiest = Network::mainnet().limit_bits().expand().target.0;
    easiest / header.bits.expand().target.0
}

fn big(value: &Value) -> U256 {
    match value {
        Value::String(text) => text.parse().unwrap(),
        other => U256::from(number(other)),
    }
}

fn header_chains(document: &Value) {
    for case in list(&document["validateHeaderChain"]) {
        assert_eq!(stateless_chain(&bytes(&case["input"])), Ok(big(&case["output"])));
    }
    for case in list(&document["validateHeaderChainError"]) {
        let expected = match text(&case["comment"]) {
            "Header bytes not multiple of 80" => "length",
            "Header bytes not a valid chain" => "linkage",
            _ => "work",
        };
        assert_eq!(stateless_chain(&bytes(&case["input"])), Err(expected), "{}", case["comment"]);
    }
    for case in list(&document["validateHeaderPrevHash"]) {
        let linked = header(&case["input"]["header"]).prev.0 == *bytes(&case["input"]["prevHash"]);
        assert_eq!(linked, case["output"].as_bool().unwrap());
    }
}

fn retargets(document: &Value) {
    let network = Network::mainnet();
    for case in list(&document["retargetAlgorithm"]) {
        let [first, last, next] = list(&case["input"]) else { panic!("{case}") };
        let time = |header: &Value| u32::try_from(number(&header["timestamp"])).unwrap();
        let header = |of: &Value| -> Header {
            let raw: RawHeader = bytes(&of["hex"])[..80].try_into().unwrap();
            Header::from_bytes(&raw)
        };
        let base = header(last).bits;
        let got = retarget(&network, base, time(first), time(last));
        assert_eq!(got, header(next).bits, "{}", next["height"]);
        assert_eq!(difficulty(&header(next)), big(&case["output"]));
    }
}

fn works(document: &Value) {
    for case in list(&document["extractTarget"]) {
        assert_eq!(header(&case["input"]).bits.expand().target, target(&case["output"]));
    }
    for case in list(&document["validateHeaderWork"]) {
        let digest: [u8; 32] = bytes(&case["input"]["digest"]).try_into().unwrap();
        let limit = target(&case["input"]["target"]);
        // Theirs refuses the hash of zero, which stands for "none" there. No one has met it; by
        // the rule a hash of zero meets every target.
        let is_none = digest == [0; 32];
        let verdict = limit.is_met_by(&causeway_client_bitcoin::BlockHash(digest)) && !is_none;
        assert_eq!(verdict, case["output"].as_bool().unwrap(), "{case}");
    }
    for case in list(&document["checkWork"]) {
        let hash = header(&case["input"]["header"]).hash();
        let verdict = target(&case["input"]["target"]).is_met_by(&hash);
        assert_eq!(verdict, case["output"].as_bool().unwrap(), "{case}");
    }
    for case in list(&document["work"]) {
        let header = header(&case["input"]);
        assert_eq!(U256::from_le_bytes(header.hash().0), big(&case["output"]));
    }
    for case in list(&document["workHash"]) {
        assert_eq!(header(&case["input"]).hash().0, *bytes(&case["output"]));
    }
}

/// Inputs and outputs are judged as parts of a whole transaction. Theirs only measures amounts, so
/// it accepts ones that no block can have.
fn transactions(document: &Value) {
    let whole = |vin: &[u8], vout: &[u8]| [&[1, 0, 0, 0], vin, vout, &[0; 4]].concat();
    let vin = bytes(&document["validateVin"][0]["input"]);
    let vout = bytes(&document["validateVout"][0]["input"]);
    for case in list(&document["validateVin"]) {
        let verdict = Transaction::from_bytes(&whole(&bytes(&case["input"]), &vout)).is_ok();
        assert_eq!(verdict, case["output"].as_bool().unwrap(), "{case}");
    }
    for case in list(&document["validateVout"]) {
        let verdict = Transaction::from_bytes(&whole(&vin, &bytes(&case["input"]))).is_ok();
        assert_eq!(verdict, case["output"].as_bool().unwrap(), "{case}");
    }
    for case in list(&document["calculateTxId"]) {
        let transaction = concat(&case["input"], &TRANSACTION_FIELDS);
        let txid = Transaction::from_bytes(&transaction).unwrap().txid;
        assert_eq!(txid.0, *bytes(&case["output"]));
    }
}
