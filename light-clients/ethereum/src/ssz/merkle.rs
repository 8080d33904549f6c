//! Merkle trees over 32-byte chunks.

use alloy_primitives::B256;
use sha2::{Digest, Sha256};

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> B256 {
    B256::new(Sha256::digest(bytes).into())
}

/// The parent of two nodes.
pub fn hash_nodes(left: B256, right: B256) -> B256 {
    let mut hasher = Sha256::new();
    hasher.update(left);
    hasher.update(right);
    B256::new(hasher.finalize().into())
}

/// Where a node is in a tree: 1 is the root, `2g` and `2g + 1` are the children of `g`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gindex(u64);

impl Gindex {
    /// The node of this number; the root for zero, which numbers no node.
    pub const fn new(number: u64) -> Self {
        Self(if number == 0 { 1 } else { number })
    }

    /// Its number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// How many steps it is below the root: the length of a branch to it.
    pub fn depth(self) -> usize {
        self.0.checked_ilog2().and_then(|depth| usize::try_from(depth).ok()).unwrap_or_default()
    }
}

/// True when `branch` leads from `leaf` at `gindex` up to `root`. A longer branch must be padded
/// with zero nodes on the left, as objects are whose fork had a shallower tree
/// (`is_valid_normalized_merkle_branch`); a shorter one leads nowhere.
pub fn verify_branch(leaf: B256, branch: &[B256], gindex: Gindex, root: B256) -> bool {
    let Some(padding) = branch.len().checked_sub(gindex.depth()) else {
        return false;
    };
    let (padding, path) = branch.split_at(padding);
    if padding.iter().any(|node| !node.is_zero()) {
        return false;
    }
    let mut number = gindex.0;
    let mut node = leaf;
    for sibling in path {
        let is_right_child = number & 1 == 1;
        node = if is_right_child { hash_nodes(*sibling, node) } else { hash_nodes(node, *sibling) };
        number >>= 1;
    }
    node == root
}

/// The root of a tree over the chunks, padded with zero chunks to the next power of two. Nothing
/// here has a limit far above its length, so that no table of zero subtrees is needed: a level is
/// padded by at most one node.
pub(crate) fn merkleize(mut nodes: Vec<B256>) -> B256 {
    let mut zero_subtree = B256::ZERO;
    while nodes.len() > 1 {
        if nodes.len() % 2 == 1 {
            nodes.push(zero_subtree);
        }
        let parents = nodes.as_chunks().0.iter().map(|[left, right]| hash_nodes(*left, *right));
        nodes = parents.collect();
        zero_subtree = hash_nodes(zero_subtree, zero_subtree);
    }
    nodes.first().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(n: u8) -> B256 {
        B256::repeat_byte(n)
    }

    #[test]
    fn missing_chunks_count_as_zero() {
        let five = merkleize((1..6).map(chunk).collect());
        let eight = merkleize((1..6).map(chunk).chain([B256::ZERO; 3]).collect());
        assert_eq!(five, eight);
        assert_eq!(merkleize(vec![chunk(7)]), chunk(7));
    }

    #[test]
    fn branches_lead_to_the_root_from_their_own_place_only() {
        let leaves: Vec<_> = (0..4).map(chunk).collect();
        let root = merkleize(leaves.clone());
        let branch = [leaves[3], hash_nodes(leaves[0], leaves[1])];
        assert!(verify_branch(leaves[2], &branch, Gindex::new(6), root));
        for elsewhere in [1, 2, 3, 4, 5, 7, 12] {
            assert!(!verify_branch(leaves[2], &branch, Gindex::new(elsewhere), root));
        }
        assert!(!verify_branch(leaves[1], &branch, Gindex::new(6), root));
        assert!(!verify_branch(leaves[2], &branch[..1], Gindex::new(6), root));
    }

    #[test]
    fn padding_is_zero_and_on_the_left() {
        let (leaf, sibling) = (chunk(1), chunk(2));
        let root = hash_nodes(leaf, sibling);
        assert!(verify_branch(leaf, &[B256::ZERO, sibling], Gindex::new(2), root));
        assert!(!verify_branch(leaf, &[chunk(3), sibling], Gindex::new(2), root));
        assert!(!verify_branch(leaf, &[sibling, B256::ZERO], Gindex::new(2), root));
    }
}
