//! Refusals of proofs under execution roots.

use alloy_primitives::{Address, B256, keccak256};
use causeway_client_ethereum::execution::block::{
    Header, Log, Outcome, Receipt, ReceiptError, TxType, verify_receipt,
};
use causeway_client_ethereum::execution::proof::{BatchProof, StateProof};
use causeway_client_ethereum::execution::router::{verify_slot, verify_slot_absent, verify_slots};
use causeway_client_ethereum::execution::state::{StateError, verify_account, verify_storage};
use causeway_core::Refusal;
use causeway_light_client::{MAX_BATCH, ProofCodec};
use causeway_tests::makers::ethereum_execution::{Nodes, RouterState, Trie};
use causeway_wire_ethereum::proof::AccountProof;
use serde_json::Value;

use crate::Case;

pub(crate) const CASES: &[Case] = &[
    Case { code: "malformed_trie_node", provoke: even_path_with_padding },
    Case { code: "malformed_trie_node", provoke: embedded_node_by_hash },
    Case { code: "malformed_trie_node", provoke: extension_to_a_leaf },
    Case { code: "too_many_trie_nodes", provoke: too_many_nodes },
    Case { code: "trie_node_too_long", provoke: oversized_node },
    Case { code: "trie_node_hash_mismatch", provoke: other_root },
    Case { code: "trie_proof_truncated", provoke: truncated_absence },
    Case { code: "surplus_trie_nodes", provoke: surplus_node },
    Case { code: "surplus_trie_nodes", provoke: surplus_batch_node },
    Case { code: "malformed_account", provoke: account_of_five_items },
    Case { code: "malformed_storage_word", provoke: word_with_leading_zero },
    Case { code: "account_absent", provoke: absent_router },
    Case { code: "slot_absent", provoke: || membership(b"absent", &WORD) },
    Case { code: "slot_present", provoke: absence_of_present },
    Case { code: "slot_mismatch", provoke: || membership(PATH, &[7; 32]) },
    Case { code: "slot_value_length", provoke: || membership(PATH, &WORD[1..]) },
    Case { code: "batch_size", provoke: || batch_of(0) },
    Case { code: "batch_size", provoke: || batch_of(MAX_BATCH + 1) },
    Case { code: "malformed_state_proof", provoke: long_state_proof },
    Case { code: "malformed_batch_proof", provoke: batch_proof_with_empty_node },
    Case { code: "malformed_account_proof", provoke: answer_without_address },
    Case { code: "claim_mismatch", provoke: false_storage_value },
    Case { code: "malformed_execution_header", provoke: header_that_ends_between_forks },
    Case { code: "malformed_receipt", provoke: receipt_of_unknown_type },
    Case { code: "receipt_absent", provoke: receipt_beyond_the_block },
    Case { code: "transaction_not_successful", provoke: event_of_failed_transaction },
    Case { code: "log_absent", provoke: || event(1, EMITTER, TOPIC) },
    Case { code: "log_emitter_mismatch", provoke: || event(0, Address::ZERO, TOPIC) },
    Case { code: "log_topic_mismatch", provoke: || event(0, EMITTER, B256::ZERO) },
];

const PATH: &[u8] = b"client-0\x01\0\0\0\0\0\0\0\x01";

/// Starts with a zero byte, which the trie does not keep.
const WORD: [u8; 32] = {
    let mut word = [0x5a; 32];
    word[0] = 0;
    word
};

const EMITTER: Address = Address::repeat_byte(0xee);
const TOPIC: B256 = B256::repeat_byte(0x70);

fn code<T: core::fmt::Debug>(result: Result<T, impl Refusal>) -> String {
    result.unwrap_err().code().into_owned()
}

fn router() -> RouterState {
    let mut router = RouterState::default();
    router.set(PATH, WORD);
    router
}

/// Verifies presence at [`PATH`] with the proof's parts replaced.
fn with_nodes(account: Option<Nodes>, storage: Option<Nodes>) -> Result<(), StateError> {
    let router = router();
    let proof = router.proof(PATH);
    let account = account.unwrap_or_else(|| proof.account_nodes().to_vec());
    let storage = storage.unwrap_or_else(|| proof.storage_nodes().to_vec());
    let RouterState { contract, base_slot, .. } = &router;
    let proof = StateProof::new(account, storage);
    verify_slot(&router.state_root(), contract, base_slot, PATH, &proof, &WORD)
}

fn membership(path: &[u8], value: &[u8]) -> String {
    let router = router();
    let RouterState { contract, base_slot, .. } = &router;
    let proof = router.proof(path);
    code(verify_slot(&router.state_root(), contract, base_slot, path, &proof, value))
}

/// A trie of this node alone, asked for a storage key.
fn lone_node(node: &[u8]) -> String {
    code(verify_storage(&keccak256(node), &B256::ZERO, &[node], &mut ()))
}

/// The leaf of [`B256::ZERO`]'s slot, whose path has the given first byte.
fn leaf(first_byte: u8) -> Vec<u8> {
    let path = [&[first_byte], keccak256(B256::ZERO).as_slice()].concat();
    let word = alloy_rlp::encode(alloy_rlp::encode(&WORD[1..]).as_slice());
    list(&[alloy_rlp::encode(path.as_slice()), word])
}

fn list(items: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    let payload_length = items.iter().map(Vec::len).sum();
    alloy_rlp::Header { list: true, payload_length }.encode(&mut out);
    out.extend(items.concat());
    out
}

/// Several encodings of one branch path replayed exits of the Polygon bridge in 2021.
fn even_path_with_padding() -> String {
    let canonical = leaf(0x20);
    verify_storage(&keccak256(&canonical), &B256::ZERO, &[canonical], &mut ()).unwrap();
    lone_node(&leaf(0x21))
}

/// The first nibble of the slot's path.
fn first_nibble() -> u8 {
    keccak256(B256::ZERO)[0] >> 4
}

fn embedded_node_by_hash() -> String {
    let short_leaf = list(&[vec![0x20], vec![0x01]]);
    let hash = alloy_rlp::encode(keccak256(&short_leaf));
    let extension = list(&[vec![0x10 | first_nibble()], hash]);
    let root = keccak256(&extension);
    code(verify_storage(&root, &B256::ZERO, &[extension, short_leaf], &mut ()))
}

fn extension_to_a_leaf() -> String {
    let short_leaf = list(&[vec![0x20], vec![0x01]]);
    lone_node(&list(&[vec![0x10 | first_nibble()], short_leaf]))
}

fn too_many_nodes() -> String {
    code(with_nodes(Some(vec![vec![0xc0]; 66]), None))
}

fn oversized_node() -> String {
    code(with_nodes(None, Some(vec![vec![0; 533]])))
}

fn other_root() -> String {
    let router = router();
    let nodes = router.account_nodes(&router.contract);
    code(verify_account(&B256::repeat_byte(1), &router.contract, &nodes, &mut ()))
}

/// Read as absence by a widely copied contract and by alloy-trie up to 0.9.6.
fn truncated_absence() -> String {
    let router = router();
    let RouterState { contract, base_slot, .. } = &router;
    let mut storage = router.storage_nodes(&[PATH]).remove(0);
    storage.pop();
    let proof = StateProof::new(router.account_nodes(contract), storage);
    code(verify_slot_absent(&router.state_root(), contract, base_slot, PATH, &proof))
}

fn surplus_node() -> String {
    let mut storage = router().storage_nodes(&[PATH]).remove(0);
    storage.push(storage[0].clone());
    code(with_nodes(None, Some(storage)))
}

fn surplus_batch_node() -> String {
    let mut router = router();
    router.set(b"other", [9; 32]);
    let proof = router.batch_proof(&[PATH, b"other"]);
    let RouterState { contract, base_slot, .. } = &router;
    let entries: [(&[u8], &[u8]); 1] = [(PATH, &WORD)];
    code(verify_slots(&router.state_root(), contract, base_slot, &entries, &proof))
}

fn account_of_five_items() -> String {
    let mut state = Trie::default();
    let zero = vec![0x80];
    let hash = alloy_rlp::encode(B256::ZERO);
    let account = list(&[zero.clone(), zero.clone(), hash.clone(), hash, zero]);
    let key = keccak256(Address::ZERO);
    state.insert(key.as_slice(), account);
    let (root, nodes) = state.prove(&[key.as_slice()]);
    code(verify_account(&root, &Address::ZERO, &nodes[0], &mut ()))
}

fn word_with_leading_zero() -> String {
    let mut storage = Trie::default();
    let key = keccak256(B256::ZERO);
    storage.insert(key.as_slice(), alloy_rlp::encode(&WORD[..]));
    let (root, nodes) = storage.prove(&[key.as_slice()]);
    code(verify_storage(&root, &B256::ZERO, &nodes[0], &mut ()))
}

/// A proof that the router is not there shows no absence of a packet.
fn absent_router() -> String {
    let router = router();
    let nowhere = Address::repeat_byte(0x0f);
    let proof = StateProof::new(router.account_nodes(&nowhere), Vec::new());
    code(verify_slot_absent(&router.state_root(), &nowhere, &router.base_slot, PATH, &proof))
}

fn absence_of_present() -> String {
    let router = router();
    let RouterState { contract, base_slot, .. } = &router;
    let proof = router.proof(PATH);
    code(verify_slot_absent(&router.state_root(), contract, base_slot, PATH, &proof))
}

fn batch_of(count: usize) -> String {
    let router = router();
    let RouterState { contract, base_slot, .. } = &router;
    let entries: Vec<(&[u8], &[u8])> = vec![(PATH, &WORD); count];
    let proof = router.batch_proof(&[PATH]);
    code(verify_slots(&router.state_root(), contract, base_slot, &entries, &proof))
}

fn long_state_proof() -> String {
    code(StateProof::from_bytes(&StateProof::new(vec![vec![0xc0]; 66], Vec::new()).to_bytes()))
}

fn batch_proof_with_empty_node() -> String {
    code(BatchProof::from_bytes(&BatchProof::new(vec![Vec::new()], []).to_bytes()))
}

/// An honest answer for the router and its slot at [`PATH`].
fn answer() -> (B256, Value) {
    let router = router();
    (router.state_root(), router.answer(&[PATH]))
}

fn answer_without_address() -> String {
    let (state_root, mut answer) = answer();
    let honest = AccountProof::from_json(answer.to_string().as_bytes()).unwrap();
    honest.verify(&state_root, &mut ()).unwrap();
    answer.as_object_mut().unwrap().remove("address");
    code(AccountProof::from_json(answer.to_string().as_bytes()))
}

fn false_storage_value() -> String {
    let (state_root, mut answer) = answer();
    answer["storageProof"][0]["value"] = "0x1".into();
    let proof = AccountProof::from_json(answer.to_string().as_bytes()).unwrap();
    code(proof.verify(&state_root, &mut ()))
}

fn header_that_ends_between_forks() -> String {
    let header = router().header(1, 1);
    let fields = header.encode();
    let mut items =
        causeway_client_ethereum::execution::rlp::Items::of_list("header", &fields).unwrap();
    // Cancun added three fields; this one has two of them.
    let kept: Vec<Vec<u8>> = (0..19).map(|_| items.next_item().unwrap().0.to_vec()).collect();
    code(Header::decode(&list(&kept)))
}

fn receipt() -> Receipt {
    Receipt {
        tx_type: TxType::DynamicFee,
        outcome: Outcome::Success,
        cumulative_gas_used: 21_000,
        logs_bloom: [0; 256].into(),
        logs: vec![Log { address: EMITTER, topics: vec![TOPIC], data: vec![1].into() }],
    }
}

fn receipt_of_unknown_type() -> String {
    let mut bytes = receipt().encode();
    bytes[0] = 5;
    code(Receipt::decode(&bytes))
}

fn receipt_beyond_the_block() -> String {
    let mut receipts = Trie::default();
    for index in 0..3_u64 {
        receipts.insert(alloy_rlp::encode(index), receipt().encode());
    }
    let key = alloy_rlp::encode(3_u64);
    let (root, nodes) = receipts.prove(&[&key]);
    code::<Receipt>(verify_receipt(&root, 3, &nodes[0]))
}

fn event_of_failed_transaction() -> String {
    let failed = Receipt { outcome: Outcome::Failure, ..receipt() };
    code(failed.event(0, &EMITTER, &TOPIC))
}

fn event(index: usize, emitter: Address, topic: B256) -> String {
    let receipt = receipt();
    receipt.event(0, &EMITTER, &TOPIC).unwrap();
    let refused: Result<&Log, ReceiptError> = receipt.event(index, &emitter, &topic);
    code(refused)
}
