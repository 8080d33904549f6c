//! Packet traces in the storage of a router contract.
//!
//! The router keeps `mapping(bytes32 hashedPath => bytes32)` at a base slot (the ERC-7201 location
//! of `ibc.storage.IBCStore` in the deployed contracts), so a trace's storage key is
//! `keccak256(keccak256(path) ++ base)`. Which contract and which base slot is configuration: the
//! callers pass what their client state says, never what a proof says.

use alloy_primitives::{Address, B256, keccak256};
use causeway_light_client::MAX_BATCH;

use super::proof::{BatchProof, StateProof};
use super::state::{StateError, decode_storage_word, verify_account, verify_storage};
use super::trie::{MAX_STATE_NODE_LEN, Nibbles, SharedNodes};

/// The storage key of `path` in the router's mapping at `base_slot`.
pub fn storage_key(base_slot: &B256, path: &[u8]) -> B256 {
    let mut preimage = [0; 64];
    let (hashed_path, base) = preimage.split_at_mut(32);
    hashed_path.copy_from_slice(keccak256(path).as_slice());
    base.copy_from_slice(base_slot.as_slice());
    keccak256(preimage)
}

/// Accepts when the router keeps exactly `value`, of 32 bytes, under `path`.
pub fn verify_slot(
    state_root: &B256,
    contract: &Address,
    base_slot: &B256,
    path: &[u8],
    proof: &StateProof,
    value: &[u8],
) -> Result<(), StateError> {
    let expected = word(value)?;
    let storage_root = storage_root(state_root, contract, proof.account_nodes())?;
    let key = storage_key(base_slot, path);
    let got = verify_storage(&storage_root, &key, proof.storage_nodes(), &mut ())?;
    holds(key, got, expected)
}

/// Accepts when the router keeps nothing under `path`. The router itself must be there: a proof
/// that the contract does not exist says nothing about packets.
pub fn verify_slot_absent(
    state_root: &B256,
    contract: &Address,
    base_slot: &B256,
    path: &[u8],
    proof: &StateProof,
) -> Result<(), StateError> {
    let storage_root = storage_root(state_root, contract, proof.account_nodes())?;
    let key = storage_key(base_slot, path);
    match verify_storage(&storage_root, &key, proof.storage_nodes(), &mut ())? {
        None => Ok(()),
        Some(got) => Err(StateError::SlotPresent { key, got }),
    }
}

/// Accepts when the router keeps the value of every entry, a pair of path and value, under its
/// path. The account is proven once; each storage node is hashed once.
pub fn verify_slots(
    state_root: &B256,
    contract: &Address,
    base_slot: &B256,
    entries: &[(&[u8], &[u8])],
    proof: &BatchProof,
) -> Result<(), StateError> {
    if entries.is_empty() || entries.len() > MAX_BATCH {
        return Err(StateError::BatchSize { got: entries.len(), expected: MAX_BATCH });
    }
    let storage_root = storage_root(state_root, contract, proof.account_nodes())?;
    let mut nodes = SharedNodes::new(proof.storage_nodes(), MAX_STATE_NODE_LEN);
    for (path, value) in entries {
        let expected = word(value)?;
        let key = storage_key(base_slot, path);
        let trie_key = keccak256(key);
        let leaf = nodes
            .find(&storage_root, Nibbles::of(trie_key.as_slice()))
            .map_err(StateError::StorageProof)?;
        holds(key, leaf.map(decode_storage_word).transpose()?, expected)?;
    }
    nodes.finish().map_err(StateError::StorageProof)
}

/// The root of the contract's storage, from its proven leaf.
fn storage_root(
    state_root: &B256,
    contract: &Address,
    nodes: &[Vec<u8>],
) -> Result<B256, StateError> {
    let account = verify_account(state_root, contract, nodes, &mut ())?;
    let account = account.ok_or(StateError::AccountAbsent { address: *contract })?;
    Ok(account.storage_root)
}

fn word(value: &[u8]) -> Result<B256, StateError> {
    let length = |_| StateError::ValueLength { got: value.len(), expected: B256::len_bytes() };
    B256::try_from(value).map_err(length)
}

fn holds(key: B256, got: Option<B256>, expected: B256) -> Result<(), StateError> {
    match got {
        None => Err(StateError::SlotAbsent { key, expected }),
        Some(got) if got == expected => Ok(()),
        Some(got) => Err(StateError::SlotMismatch { key, got, expected }),
    }
}
