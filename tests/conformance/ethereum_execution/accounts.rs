//! Account and storage proofs of real chains.

use alloy_primitives::{Address, B256, U256, address, keccak256};
use causeway_client_ethereum::execution::block::Header;
use causeway_client_ethereum::execution::state::{Account, verify_account};
use causeway_client_ethereum::execution::trie::{MAX_STATE_NODE_LEN, Nibbles, find};
use causeway_core::Refusal;
use causeway_tests::vectors::Vectors;
use causeway_wire_ethereum::proof::AccountProof;
use serde_json::Value;

use super::{byte_lists, bytes, hash};

/// The answer in a file: JSON as it is, the answer line of a recorded exchange, or the response of
/// the only test in a list.
fn answer(vectors: &Vectors, file: &str) -> Vec<u8> {
    let contents = vectors.text(file);
    if let Some(line) = contents.lines().find_map(|line| line.strip_prefix("<< ")) {
        return line.into();
    }
    let document: Value = serde_json::from_str(&contents).unwrap();
    match document.get(0) {
        Some(only) => only["response"].to_string().into(),
        None => contents.into(),
    }
}

/// `expected.json` names the files, their trusted roots and what each answer shows.
pub(super) fn answers(vectors: &Vectors, file: &str) {
    let head = vectors.json("ethereum/execution/eip1186/execution-apis/head.json");
    let mut seen = 0;
    for case in vectors.json(file)["cases"].as_array().unwrap() {
        let name = case["file"].as_str().unwrap();
        let state_root = hash(&case["state_root"]);
        if let Some(outside) = name.strip_prefix("../../") {
            bare_account(vectors, &format!("ethereum/{outside}"), case);
            continue;
        }
        if case["state_root_source"] == "head.json" {
            assert_eq!(state_root, hash(&head["stateRoot"]));
        }
        let proof = AccountProof::from_json(&answer(vectors, &format!("ethereum/{name}"))).unwrap();
        assert_eq!(proof.address, Address::from_slice(&bytes(&case["address"])), "{name}");
        assert_eq!(proof.nodes.len() as u64, case["account_proof_nodes"].as_u64().unwrap());
        let proven = proof.verify(&state_root, &mut ()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(proven.account.is_some(), case["account"] == "match", "{name}");
        let slots = case["storage"].as_array().unwrap();
        assert_eq!(proven.storage.len(), slots.len(), "{name}");
        for ((key, word), slot) in proven.storage.iter().zip(slots) {
            assert_eq!(slot["result"], "match");
            let digits = slot["key"].as_str().unwrap().strip_prefix("0x").unwrap();
            assert_eq!(*key, B256::from(U256::from_str_radix(digits, 16).unwrap()));
            assert!(word.is_some(), "{name}");
        }
        spoilt_answers_are_refused(&proof, &state_root, name);
        seen += 1;
    }
    assert_eq!(seen, 10);
}

/// A wrong root, another account, a false claim, and a shortened proof.
fn spoilt_answers_are_refused(proof: &AccountProof, state_root: &B256, name: &str) {
    let code = |proof: &AccountProof, root: &B256| {
        proof.verify(root, &mut ()).unwrap_err().code().into_owned()
    };
    assert_eq!(code(proof, &B256::repeat_byte(1)), "trie_node_hash_mismatch", "{name}");
    let mut spoilt = proof.clone();
    spoilt.claimed.nonce += 1;
    assert_eq!(code(&spoilt, state_root), "claim_mismatch", "{name}");
    let mut spoilt = proof.clone();
    spoilt.nodes.pop();
    assert_eq!(code(&spoilt, state_root), "trie_proof_truncated", "{name}");
    for index in 0..proof.storage.len() {
        let mut spoilt = proof.clone();
        spoilt.storage[index].claimed.0[31] ^= 1;
        assert_eq!(code(&spoilt, state_root), "claim_mismatch", "{name}");
        let mut spoilt = proof.clone();
        spoilt.storage[index].nodes.pop();
        assert_eq!(code(&spoilt, state_root), "trie_proof_truncated", "{name}");
    }
}

/// A bare list of nodes, under the state root that a light client update of the same chain gives.
fn bare_account(vectors: &Vectors, file: &str, case: &Value) {
    let nodes = byte_lists(&vectors.json(file));
    let address = Address::from_slice(&bytes(&case["address"]));
    let expected = &case["proven_account"];
    let account = verify_account(&hash(&case["state_root"]), &address, &nodes, &mut ()).unwrap();
    let expected = Account {
        nonce: expected["nonce"].as_u64().unwrap(),
        balance: U256::from(expected["balance"].as_u64().unwrap()),
        storage_root: hash(&expected["storage_root"]),
        code_hash: hash(&expected["code_hash"]),
    };
    assert_eq!(account, Some(expected));
}

/// The accounts that the offers lead to.
const OFFERED: [Address; 2] = [
    address!("0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"),
    address!("0x1584a2c066b7a455dbd6ae2807a7334e83c35fa5"),
];

/// Nodes from a header's state root down to the node of a path, in SSZ.
pub(super) fn portal_offers(vectors: &Vectors, file: &str) {
    let offers: Value = serde_norway::from_str(&vectors.text(file)).unwrap();
    let mut leaves = 0;
    for offer in offers.as_array().unwrap() {
        let header = Header::decode(&bytes(&offer["block_header"])).unwrap();
        assert_eq!(header.encode(), bytes(&offer["block_header"]));
        let content = bytes(&offer["content_value_offer"]);
        assert_eq!(B256::from_slice(&content[4..36]), header.hash());
        let nodes = ssz_byte_lists(&content[36..]);
        // Selector, offset, hash of the last node, path: a nibble 0 or 1 for its parity first.
        let key = bytes(&offer["content_key"]);
        let (node_hash, packed) = (B256::from_slice(&key[5..37]), &key[37..]);
        assert_eq!(keccak256(nodes.last().unwrap()), node_hash);
        assert_eq!(&bytes(&offer["content_value_retrieval"])[4..], nodes.last().unwrap());
        let path: Vec<u8> = packed.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]).collect();
        let path = &path[2 - usize::from(path[0])..];
        let packed: Vec<u8> =
            path.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0)).collect();
        let key = Nibbles::first(&packed, path.len());
        // The path ends in front of what the last node holds: nothing is there, and every node is
        // on the way.
        assert_eq!(find(&header.state_root, key, &nodes, MAX_STATE_NODE_LEN), Ok(None));
        let proven = OFFERED.iter().find_map(|address| {
            verify_account(&header.state_root, address, &nodes, &mut ()).ok().flatten()
        });
        leaves += usize::from(proven.is_some());
    }
    assert_eq!(leaves, 2);
}

/// A list of lists of bytes: offsets, then the bytes.
fn ssz_byte_lists(bytes: &[u8]) -> Vec<Vec<u8>> {
    let offset = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let starts: Vec<usize> = (0..offset(0) / 4).map(|index| offset(index * 4)).collect();
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    starts.iter().zip(ends).map(|(start, end)| bytes[*start..end].to_vec()).collect()
}
