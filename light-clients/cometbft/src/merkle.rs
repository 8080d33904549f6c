//! The Merkle tree of RFC 6962 over SHA-256, as `crypto/merkle` builds it.
//!
//! A leaf is hashed after a zero byte, an inner node after a one byte, so neither can pose as the
//! other. A tree of n leaves splits at the largest power of two below n.

use causeway_core::refusals;
use sha2::{Digest, Sha256};

use crate::Hash;

/// The most aunts that a proof may have (`crypto/merkle` `MaxAunts`); a tree of 2^64 leaves needs
/// no more than 64.
pub const MAX_AUNTS: usize = 100;

/// The hash of a leaf.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Hash(Sha256::new_with_prefix([0]).chain_update(leaf).finalize().into())
}

/// The hash of an inner node.
pub fn inner_hash(left: &Hash, right: &Hash) -> Hash {
    let hasher = Sha256::new_with_prefix([1]).chain_update(left.0).chain_update(right.0);
    Hash(hasher.finalize().into())
}

/// The root over `leaves`; of none, the hash of the empty string.
pub fn root<T: AsRef<[u8]>>(leaves: &[T]) -> Hash {
    let mut level: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf.as_ref())).collect();
    while level.len() > 1 {
        level = above(&level);
    }
    level.first().copied().unwrap_or_else(|| crate::hash::sha256(&[]))
}

/// The proof of the leaf at `index`; `None` where there is no such leaf.
pub fn prove<T: AsRef<[u8]>>(leaves: &[T], index: usize) -> Option<Proof> {
    let mut level: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf.as_ref())).collect();
    let leaf_hash = level.get(index)?.0.to_vec();
    let (mut place, mut aunts) = (index, Vec::new());
    while level.len() > 1 {
        // An odd last one has nobody beside it, and moves up as it is.
        aunts.extend(level.get(place ^ 1).map(|aunt| aunt.0.to_vec()));
        place >>= 1;
        level = above(&level);
    }
    let total = u64::try_from(leaves.len()).ok()?;
    Some(Proof { total, index: u64::try_from(index).ok()?, leaf_hash, aunts })
}

/// The next level of a tree: neighbours joined, an odd last one moved up as it is. This gives the
/// same tree as splitting at the largest power of two.
fn above(level: &[Hash]) -> Vec<Hash> {
    let pairs = level.chunks(2).filter_map(|pair| match pair {
        [left, right] => Some(inner_hash(left, right)),
        [odd] => Some(*odd),
        _ => None,
    });
    pairs.collect()
}

/// A proof that a leaf is at a place in a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The number of leaves.
    pub total: u64,
    /// The place of the leaf, from 0.
    pub index: u64,
    /// The hash of the leaf.
    pub leaf_hash: Vec<u8>,
    /// The hashes beside the path, from the leaf up.
    pub aunts: Vec<Vec<u8>>,
}

/// Why a Merkle proof is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The place is not in the tree.
    #[error("leaf {index} of {total}")]
    IndexOutOfRange {
        /// The place.
        index: u64,
        /// The number of leaves.
        total: u64,
    },
    /// More aunts than any tree needs, or not as many as this one.
    #[error("{got} aunts, {expected} lead from the leaf to the root")]
    AuntCount {
        /// The number of aunts given.
        got: usize,
        /// The number that the tree's shape asks for.
        expected: usize,
    },
    /// A hash, or the root itself, is not of 32 bytes (an absent root would fit a forged proof).
    #[error("a hash of {got} bytes, expected {expected}")]
    HashLength {
        /// The number of bytes given.
        got: usize,
        /// The number of bytes of a hash.
        expected: usize,
    },
    /// The leaf given is not the one that the proof is about.
    #[error("the leaf hashes to {got}, the proof is about {expected}")]
    LeafMismatch {
        /// The hash of the leaf.
        got: Hash,
        /// The leaf hash in the proof.
        expected: Hash,
    },
    /// The proof leads to another root.
    #[error("the proof leads to {got}, the root is {expected}")]
    RootMismatch {
        /// The computed root.
        got: Hash,
        /// The root.
        expected: Hash,
    },
}

refusals! {
    ProofError {
        IndexOutOfRange { index, total } => "leaf_index_out_of_range", Reject;
        AuntCount { got, expected } => "aunt_count_mismatch", Reject;
        HashLength { got, expected } => "aunt_length_mismatch", Reject;
        LeafMismatch { got, expected } => "leaf_hash_mismatch", Reject;
        RootMismatch { got, expected } => "tree_root_mismatch", Reject;
    }
}

fn hash_of_32(bytes: &[u8]) -> Result<Hash, ProofError> {
    Hash::from_slice(bytes).ok_or(ProofError::HashLength { got: bytes.len(), expected: Hash::LEN })
}

impl Proof {
    /// Accepts when `leaf` is at [`Self::index`] in the tree under `root`.
    pub fn verify(&self, root: &[u8], leaf: &[u8]) -> Result<(), ProofError> {
        let expected = hash_of_32(&self.leaf_hash)?;
        let got = leaf_hash(leaf);
        if got != expected {
            return Err(ProofError::LeafMismatch { got, expected });
        }
        self.verify_leaf_hash(root)
    }

    /// Accepts when a leaf whose hash is [`Self::leaf_hash`] is at [`Self::index`] in the tree
    /// under `root`.
    pub fn verify_leaf_hash(&self, root: &[u8]) -> Result<(), ProofError> {
        let expected = hash_of_32(root)?;
        let got = self.computed_root()?;
        if got == expected { Ok(()) } else { Err(ProofError::RootMismatch { got, expected }) }
    }

    /// Walks from the leaf to the root: at each level the node has a sibling to its left, one to
    /// its right, or, as the last of an odd level, none.
    fn computed_root(&self) -> Result<Hash, ProofError> {
        if self.index >= self.total {
            return Err(ProofError::IndexOutOfRange { index: self.index, total: self.total });
        }
        let count_error = |expected| ProofError::AuntCount { got: self.aunts.len(), expected };
        if self.aunts.len() > MAX_AUNTS {
            return Err(count_error(MAX_AUNTS));
        }
        let mut aunts = self.aunts.iter();
        let mut node = hash_of_32(&self.leaf_hash)?;
        let mut steps = 0_usize;
        let (mut index, mut last) = (self.index, self.total.saturating_sub(1));
        while last > 0 {
            let has_left_sibling = index & 1 == 1;
            if has_left_sibling || index < last {
                steps = steps.saturating_add(1);
                let aunt = aunts.next().ok_or_else(|| count_error(steps))?;
                let aunt = hash_of_32(aunt)?;
                node = if has_left_sibling {
                    inner_hash(&aunt, &node)
                } else {
                    inner_hash(&node, &aunt)
                };
            }
            (index, last) = (index >> 1, last >> 1);
        }
        if aunts.next().is_some() { Err(count_error(steps)) } else { Ok(node) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree as RFC 6962 words it, for comparison.
    fn by_definition(leaves: &[Vec<u8>]) -> Hash {
        match leaves {
            [] => crate::hash::sha256(&[]),
            [leaf] => leaf_hash(leaf),
            more => {
                let split = more.len().next_power_of_two() / 2;
                inner_hash(&by_definition(&more[..split]), &by_definition(&more[split..]))
            }
        }
    }

    fn aunts(leaves: &[Vec<u8>], index: usize) -> Vec<Vec<u8>> {
        if leaves.len() < 2 {
            return Vec::new();
        }
        let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
        let (mut below, aunt) = if index < left.len() {
            (aunts(left, index), by_definition(right))
        } else {
            (aunts(right, index - left.len()), by_definition(left))
        };
        below.push(aunt.0.to_vec());
        below
    }

    #[test]
    fn every_leaf_of_small_trees_is_proven_at_its_place_only() {
        for total in 0..40_usize {
            let leaves: Vec<_> = (0..total).map(|n| vec![7, u8::try_from(n).unwrap()]).collect();
            let root = root(&leaves);
            assert_eq!(root, by_definition(&leaves));
            assert_eq!(prove(&leaves, total), None);
            for (index, leaf) in leaves.iter().enumerate() {
                let proof = Proof {
                    total: total as u64,
                    index: index as u64,
                    leaf_hash: leaf_hash(leaf).0.to_vec(),
                    aunts: aunts(&leaves, index),
                };
                assert_eq!(prove(&leaves, index).as_ref(), Some(&proof));
                assert_eq!(proof.verify(&root.0, leaf), Ok(()));
                assert!(proof.verify(&root.0, b"another").is_err());
                assert!(proof.verify(&[], leaf).is_err());
                for other in (0..total as u64).filter(|other| *other != proof.index) {
                    assert!(Proof { index: other, ..proof.clone() }.verify(&root.0, leaf).is_err());
                }
                let mut long = proof.clone();
                long.aunts.push(vec![0; 32]);
                assert!(matches!(long.verify(&root.0, leaf), Err(ProofError::AuntCount { .. })));
                let mut short = proof.clone();
                if short.aunts.pop().is_some() {
                    assert!(short.verify(&root.0, leaf).is_err());
                }
            }
        }
    }
}
