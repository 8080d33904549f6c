//! The root of a trie, from everything in it.

use std::collections::BTreeMap;

use alloy_primitives::{B256, keccak256};
use alloy_rlp::{EMPTY_STRING_CODE, Encodable, Header};

use super::EMPTY_ROOT;
use super::node::HASHED_NODE_LEN;

/// A key in nibbles, and what is there.
type Entry<'a> = (Vec<u8>, &'a [u8]);

/// The root of the trie of `entries` (Yellow Paper, appendix D). Keys are as the trie has them:
/// where it hashes keys, the caller has done so. Values are not empty.
pub fn root<V: AsRef<[u8]>>(entries: &BTreeMap<Vec<u8>, V>) -> B256 {
    let entries: Vec<Entry<'_>> =
        entries.iter().map(|(key, value)| (nibbles_of(key), value.as_ref())).collect();
    if entries.is_empty() { EMPTY_ROOT } else { keccak256(node(&entries, 0)) }
}

fn nibbles_of(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]).collect()
}

/// The encoding of the node that holds `entries`, which are sorted, not empty, and share the first
/// `depth` nibbles. It calls itself at most once for each nibble of the longest key.
fn node(entries: &[Entry<'_>], depth: usize) -> Vec<u8> {
    let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
        return vec![EMPTY_STRING_CODE];
    };
    let first_path = first.0.get(depth..).unwrap_or_default();
    if entries.len() == 1 {
        return list(&[string(&hex_prefix(first_path, true)), string(first.1)]);
    }
    // The entries are sorted: what the outermost share, all share.
    let last_path = last.0.get(depth..).unwrap_or_default();
    let shared = first_path.iter().zip(last_path).take_while(|(a, b)| a == b).count();
    let branch = branch(entries, depth.saturating_add(shared));
    match first_path.get(..shared) {
        None | Some([]) => branch,
        Some(path) => list(&[string(&hex_prefix(path, false)), reference(branch)]),
    }
}

fn branch(entries: &[Entry<'_>], depth: usize) -> Vec<u8> {
    let (value, mut rest) = match entries.split_first() {
        Some(((key, value), rest)) if key.len() == depth => (*value, rest),
        _ => (&[][..], entries),
    };
    let mut items = Vec::with_capacity(17);
    for nibble in 0_u8..16 {
        let count = rest.iter().take_while(|(key, _)| key.get(depth) == Some(&nibble)).count();
        let (here, after) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        rest = after;
        items.push(match here {
            [] => vec![EMPTY_STRING_CODE],
            here => reference(node(here, depth.saturating_add(1))),
        });
    }
    items.push(string(value));
    list(&items)
}

/// How a parent refers to a node: a short one it embeds.
fn reference(node: Vec<u8>) -> Vec<u8> {
    if node.len() < HASHED_NODE_LEN { node } else { string(keccak256(node).as_slice()) }
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

/// The compact form of a path (Yellow Paper, appendix C).
fn hex_prefix(path: &[u8], is_leaf: bool) -> Vec<u8> {
    let flags = if is_leaf { 0x20 } else { 0x00 };
    let (first, pairs) = match path.split_first() {
        Some((nibble, rest)) if !path.len().is_multiple_of(2) => (flags | 0x10 | nibble, rest),
        _ => (flags, path),
    };
    let pairs = pairs.chunks_exact(2);
    let bytes = pairs.map(|pair| pair.iter().fold(0, |byte, nibble| (byte << 4) | nibble));
    core::iter::once(first).chain(bytes).collect()
}
