//! The tries of a block's lists: receipts, transactions, withdrawals. Keys are the RLP of the
//! index, not hashed; values are the items as EIP-2718 encodes them.

use alloy_primitives::{B256, keccak256};
use alloy_rlp::{EMPTY_STRING_CODE, Encodable, Header};

use crate::execution::trie::{self, EMPTY_ROOT, MAX_LIST_NODE_LEN, Nibbles, TrieError};

/// The item at `index` of the list with this root, or `None` when the nodes show that the list has
/// no such item.
pub fn verify_list_item<'a, N: AsRef<[u8]>>(
    root: &B256,
    index: u64,
    nodes: &'a [N],
) -> Result<Option<&'a [u8]>, TrieError> {
    trie::find(root, Nibbles::of(&alloy_rlp::encode(index)), nodes, MAX_LIST_NODE_LEN)
}

/// The root of the list of `items`.
pub fn list_root<T: AsRef<[u8]>>(items: &[T]) -> B256 {
    let mut entries: Vec<(Vec<u8>, &[u8])> = (0_u64..)
        .zip(items)
        .map(|(index, item)| (nibbles_of(&alloy_rlp::encode(index)), item.as_ref()))
        .collect();
    entries.sort();
    if entries.is_empty() { EMPTY_ROOT } else { keccak256(node(&entries, 0)) }
}

fn nibbles_of(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]).collect()
}

/// The encoding of the node that holds `entries`, which are sorted, not empty, and share the first
/// `depth` nibbles. It calls itself at most once a nibble of an index, which has eighteen.
fn node(entries: &[(Vec<u8>, &[u8])], depth: usize) -> Vec<u8> {
    let path = |entry: &(Vec<u8>, &[u8])| entry.0.get(depth..).unwrap_or_default().to_vec();
    let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
        return vec![EMPTY_STRING_CODE];
    };
    if entries.len() == 1 {
        return list(&[string(&hex_prefix(&path(first), true)), string(first.1)]);
    }
    let first_path = path(first);
    let shared = first_path.iter().zip(path(last)).take_while(|(a, b)| **a == *b).count();
    let branch = branch(entries, depth.saturating_add(shared));
    if shared == 0 {
        return branch;
    }
    let path = first_path.get(..shared).unwrap_or_default();
    list(&[string(&hex_prefix(path, false)), reference(branch)])
}

/// No index encodes to a prefix of another's, so a branch never has a value.
fn branch(entries: &[(Vec<u8>, &[u8])], depth: usize) -> Vec<u8> {
    let mut items: Vec<Vec<u8>> = (0_u8..16)
        .map(|nibble| {
            let below = |entry: &&(Vec<u8>, &[u8])| entry.0.get(depth) < Some(&nibble);
            let rest = entries.get(entries.iter().take_while(below).count()..).unwrap_or_default();
            let here = |entry: &&(Vec<u8>, &[u8])| entry.0.get(depth) == Some(&nibble);
            match rest.get(..rest.iter().take_while(here).count()) {
                None | Some([]) => vec![EMPTY_STRING_CODE],
                Some(child) => reference(node(child, depth.saturating_add(1))),
            }
        })
        .collect();
    items.push(vec![EMPTY_STRING_CODE]);
    list(&items)
}

/// How a parent refers to a node: by its hash, or below 32 bytes by the node itself.
fn reference(node: Vec<u8>) -> Vec<u8> {
    if node.len() < 32 { node } else { string(keccak256(node).as_slice()) }
}

fn string(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    bytes.encode(&mut out);
    out
}

fn list(items: &[Vec<u8>]) -> Vec<u8> {
    let payload = items.concat();
    let mut out = Vec::new();
    Header { list: true, payload_length: payload.len() }.encode(&mut out);
    out.extend(payload);
    out
}

/// Yellow Paper, appendix C.
fn hex_prefix(path: &[u8], is_leaf: bool) -> Vec<u8> {
    let flags = if is_leaf { 0x20 } else { 0x00 };
    let (pairs, odd) = match path.split_first() {
        Some((first, rest)) if !path.len().is_multiple_of(2) => (rest, 0x10 | first),
        _ => (path, 0x00),
    };
    let mut bytes = vec![flags | odd];
    bytes.extend(
        pairs
            .chunks_exact(2)
            .map(|pair| pair.iter().fold(0_u8, |byte, nibble| byte.wrapping_shl(4) | nibble)),
    );
    bytes
}
