//! Merkle trees over 32-byte chunks.

use std::sync::LazyLock;

use alloy_primitives::B256;
use sha2::{Digest, Sha256};

/// More levels than any tree of the specification has.
const MAX_DEPTH: usize = 64;

/// Roots of trees of zero chunks, by depth.
static ZERO_ROOTS: LazyLock<Vec<B256>> = LazyLock::new(|| {
    let next = |below: &B256| Some(hash_pair(below, below));
    std::iter::successors(Some(B256::ZERO), next).take(MAX_DEPTH).collect()
});

/// The root of a tree of zero chunks.
fn zero_root(depth: usize) -> B256 {
    ZERO_ROOTS.get(depth).copied().unwrap_or_default()
}

/// SHA-256 of any bytes.
pub fn hash(bytes: &[u8]) -> B256 {
    B256::from(<[u8; 32]>::from(Sha256::digest(bytes)))
}

/// The parent of two nodes.
pub fn hash_pair(left: &B256, right: &B256) -> B256 {
    let hasher = Sha256::new().chain_update(left).chain_update(right);
    B256::from(<[u8; 32]>::from(hasher.finalize()))
}

/// Levels above the leaves of a tree with room for `chunks`.
pub fn depth_for(chunks: u64) -> usize {
    chunks
        .checked_next_power_of_two()
        .map_or(MAX_DEPTH, |size| usize::try_from(size.trailing_zeros()).unwrap_or(MAX_DEPTH))
}

/// One level up.
fn parents(layer: &[B256], level: usize) -> Vec<B256> {
    let zero = zero_root(level);
    layer
        .chunks(2)
        .map(|pair| match pair {
            [left, right] => hash_pair(left, right),
            [left] => hash_pair(left, &zero),
            _ => zero,
        })
        .collect()
}

/// The root of `chunks`, padded with zero chunks to a tree of the given depth.
pub fn merkleize(chunks: Vec<B256>, depth: usize) -> B256 {
    if chunks.is_empty() {
        return zero_root(depth);
    }
    let root = (0..depth).fold(chunks, |layer, level| parents(&layer, level));
    root.first().copied().unwrap_or_default()
}

/// The siblings that lead from the chunk at `index` up to the root, lowest first.
pub fn branch(chunks: Vec<B256>, depth: usize, index: usize) -> Vec<B256> {
    let mut layer = chunks;
    let mut index = index;
    (0..depth)
        .map(|level| {
            let sibling = layer.get(index ^ 1).copied().unwrap_or_else(|| zero_root(level));
            layer = parents(&layer, level);
            index >>= 1;
            sibling
        })
        .collect()
}

/// `mix_in_length`.
pub fn mix_in_length(root: &B256, len: usize) -> B256 {
    let mut chunk = B256::ZERO;
    let len = super::to_u64(len).to_le_bytes();
    chunk.iter_mut().zip(len).for_each(|(to, from)| *to = from);
    hash_pair(root, &chunk)
}

/// Bytes as chunks, the last one padded with zeros.
pub fn pack(bytes: &[u8]) -> Vec<B256> {
    bytes.chunks(32).map(B256::right_padding_from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_leads_from_its_leaf_to_the_root() {
        let leaves: Vec<B256> = (1..6).map(B256::repeat_byte).collect();
        let root = merkleize(leaves.clone(), 4);
        for (index, leaf) in leaves.iter().enumerate() {
            let siblings = branch(leaves.clone(), 4, index);
            let climb = siblings.iter().enumerate().fold(*leaf, |node, (level, sibling)| {
                let is_right = index >> level & 1 == 1;
                if is_right { hash_pair(sibling, &node) } else { hash_pair(&node, sibling) }
            });
            assert_eq!(climb, root);
        }
    }

    #[test]
    fn depths_have_room_for_their_chunks() {
        for (chunks, depth) in [(0, 0), (1, 0), (2, 1), (3, 2), (4, 2), (37, 6), (1 << 40, 40)] {
            assert_eq!(depth_for(chunks), depth);
        }
        assert_eq!(merkleize(Vec::new(), 3), merkleize(vec![B256::ZERO; 8], 3));
    }
}
