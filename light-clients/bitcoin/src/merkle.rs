//! The tree of a block's transactions: branches, and the traps of its construction.
//!
//! Leaves and inner nodes look alike, and an odd level repeats its last node. The rules here keep
//! a node from being taken for a transaction, and a repeated transaction for another one.

use causeway_core::refusals;

use crate::{MerkleNode, Transaction, sha256d};

/// The most transactions in a block: its weight limit over the least weight of one.
pub const MAX_TRANSACTIONS: u32 = 4_000_000 / 240;

/// The depth of a tree of [`MAX_TRANSACTIONS`].
pub const MAX_DEPTH: usize = 15;

/// Why a branch does not lead from a leaf to the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MerkleError {
    /// Deeper than the tree of a full block.
    #[error("a branch of {got} nodes, at most {expected} are possible")]
    BranchTooLong {
        /// Nodes in the branch.
        got: usize,
        /// The most.
        expected: usize,
    },
    /// The index has bits that no level consumes.
    #[error("index {got} in a tree of {expected} leaves")]
    IndexOutOfRange {
        /// The index.
        got: u32,
        /// The leaves that a tree of this depth can have.
        expected: u64,
    },
    /// A node equals its left sibling: the mark of a repeated transaction (CVE-2012-2459).
    #[error("node {got} at level {level} equals its left sibling")]
    DuplicateSibling {
        /// Level above the leaves.
        level: usize,
        /// The node.
        got: MerkleNode,
    },
    /// Two transactions' worth of hashes on the way are themselves a transaction: where the tree's
    /// depth is not proven, what is below may be a forgery (CVE-2017-12842).
    #[error("the node at level {level} is the hash of a 64-byte transaction")]
    InnerNodeIsTransaction {
        /// Level above the leaves.
        level: usize,
    },
    /// The branch leads elsewhere.
    #[error("the branch leads to root {got}, expected {expected}")]
    RootMismatch {
        /// Where it leads.
        got: MerkleNode,
        /// The header's root.
        expected: MerkleNode,
    },
}

refusals! {
    MerkleError {
        BranchTooLong { got, expected } => "merkle_branch_too_long", Reject;
        IndexOutOfRange { got, expected } => "merkle_index_out_of_range", Reject;
        DuplicateSibling { level, got } => "merkle_duplicate_sibling", Reject;
        InnerNodeIsTransaction { level } => "merkle_inner_node_is_transaction", Reject;
        RootMismatch { got, expected } => "merkle_root_mismatch", Reject;
    }
}

/// The 64 bytes that a parent is the hash of.
fn preimage(left: MerkleNode, right: MerkleNode) -> [u8; 64] {
    let mut bytes = [0; 64];
    let children = left.0.into_iter().chain(right.0);
    bytes.iter_mut().zip(children).for_each(|(byte, child)| *byte = child);
    bytes
}

/// The parent of two nodes.
pub fn parent(left: MerkleNode, right: MerkleNode) -> MerkleNode {
    MerkleNode(sha256d(&preimage(left, right)))
}

/// A parent, refused when its preimage parses as a transaction.
pub(crate) fn parent_of_no_transaction(
    level: usize,
    left: MerkleNode,
    right: MerkleNode,
) -> Result<MerkleNode, MerkleError> {
    if Transaction::parse(&preimage(left, right)).is_ok() {
        return Err(MerkleError::InnerNodeIsTransaction { level });
    }
    Ok(parent(left, right))
}

/// The root that a branch, siblings from the leaf upwards, leads to.
pub fn fold(
    leaf: MerkleNode,
    index: u32,
    branch: &[MerkleNode],
) -> Result<MerkleNode, MerkleError> {
    fold_with(leaf, index, branch, |_, left, right| Ok(parent(left, right)))
}

fn fold_with(
    leaf: MerkleNode,
    index: u32,
    branch: &[MerkleNode],
    join: impl Fn(usize, MerkleNode, MerkleNode) -> Result<MerkleNode, MerkleError>,
) -> Result<MerkleNode, MerkleError> {
    if branch.len() > MAX_DEPTH {
        return Err(MerkleError::BranchTooLong { got: branch.len(), expected: MAX_DEPTH });
    }
    let depth = u32::try_from(branch.len()).unwrap_or(u32::MAX);
    if index.unbounded_shr(depth) != 0 {
        let expected = 1_u64.unbounded_shl(depth);
        return Err(MerkleError::IndexOutOfRange { got: index, expected });
    }
    let mut node = leaf;
    let mut position = index;
    for (level, sibling) in branch.iter().enumerate() {
        let is_right = position & 1 == 1;
        if is_right && *sibling == node {
            return Err(MerkleError::DuplicateSibling { level, got: node });
        }
        let above = level.saturating_add(1);
        node = if is_right { join(above, *sibling, node)? } else { join(above, node, *sibling)? };
        position >>= 1;
    }
    Ok(node)
}

/// Accepts when the branch leads from the leaf to `root`. How deep the tree is must be known by
/// other means.
pub fn verify_branch(
    root: MerkleNode,
    leaf: MerkleNode,
    index: u32,
    branch: &[MerkleNode],
) -> Result<(), MerkleError> {
    is_root(fold(leaf, index, branch)?, root)
}

/// As [`verify_branch`], where nothing shows how deep the tree is: no node on the way may be the
/// hash of a transaction.
pub fn verify_branch_of_unknown_depth(
    root: MerkleNode,
    leaf: MerkleNode,
    index: u32,
    branch: &[MerkleNode],
) -> Result<(), MerkleError> {
    is_root(fold_with(leaf, index, branch, parent_of_no_transaction)?, root)
}

fn is_root(got: MerkleNode, expected: MerkleNode) -> Result<(), MerkleError> {
    if got != expected {
        return Err(MerkleError::RootMismatch { got, expected });
    }
    Ok(())
}

/// One level up.
fn parents(level: &[MerkleNode]) -> Vec<MerkleNode> {
    level
        .chunks(2)
        .filter_map(|pair| match pair {
            [left, right] => Some(parent(*left, *right)),
            [last] => Some(parent(*last, *last)),
            _ => None,
        })
        .collect()
}

/// The root of a block's leaves; `None` of none.
pub fn root(leaves: &[MerkleNode]) -> Option<MerkleNode> {
    let mut level = leaves.to_vec();
    while level.len() > 1 {
        level = parents(&level);
    }
    level.first().copied()
}

/// The branch of the leaf at `index`; `None` when there is no such leaf.
pub fn branch(leaves: &[MerkleNode], index: u32) -> Option<Vec<MerkleNode>> {
    let mut position = usize::try_from(index).ok()?;
    leaves.get(position)?;
    let mut level = leaves.to_vec();
    let mut siblings = Vec::new();
    while level.len() > 1 {
        siblings.push(*level.get(position ^ 1).or_else(|| level.get(position))?);
        level = parents(&level);
        position >>= 1;
    }
    Some(siblings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(count: u8) -> Vec<MerkleNode> {
        (1..=count).map(|n| MerkleNode([n; 32])).collect()
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_proven_and_no_other_index() {
        for count in 1..=33 {
            let leaves = leaves(count);
            let root = root(&leaves).unwrap();
            for index in 0..u32::from(count) {
                let branch = branch(&leaves, index).unwrap();
                let leaf = leaves[usize::try_from(index).unwrap()];
                for claimed in 0..2 * u32::from(count) {
                    let verdict = verify_branch(root, leaf, claimed, &branch);
                    assert_eq!(
                        verdict.is_ok(),
                        claimed == index,
                        "{index} as {claimed} of {count}"
                    );
                }
            }
            assert_eq!(branch(&leaves, u32::from(count)), None);
        }
    }

    #[test]
    fn depth_is_bounded() {
        assert_eq!(MAX_TRANSACTIONS, 16_666);
        assert!(u64::from(MAX_TRANSACTIONS) <= 1 << MAX_DEPTH);
        assert!(fold(MerkleNode::default(), 0, &[MerkleNode::default(); MAX_DEPTH]).is_ok());
        let verdict = fold(MerkleNode::default(), 0, &[MerkleNode::default(); MAX_DEPTH + 1]);
        assert_eq!(verdict, Err(MerkleError::BranchTooLong { got: 16, expected: 15 }));
    }
}
