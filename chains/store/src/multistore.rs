//! Several stores under one app hash: a simple Merkle tree (RFC 6962) over their names.

use std::collections::BTreeMap;

use causeway_ics23::{CommitmentProof, ExistenceProof, HashOp, InnerOp};
use sha2::{Digest, Sha256};

use crate::node::{HASH_LEN, push_varint};
use crate::prove::leaf_op;
use crate::{RootHash, StoreError};

/// The first byte under a leaf's hash.
const LEAF: u8 = 0;
/// The first byte under an inner node's hash.
const INNER: u8 = 1;

/// The hash that stands for all stores, as a header carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppHash(pub [u8; 32]);

/// The roots of all stores of one state, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreRoots(BTreeMap<String, RootHash>);

impl StoreRoots {
    /// No stores yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the root of a store.
    pub fn set(&mut self, name: &str, root: RootHash) -> Result<(), StoreError> {
        if name.is_empty() {
            return Err(StoreError::UnnamedStore);
        }
        self.0.insert(name.to_owned(), root);
        Ok(())
    }

    /// The root of a store.
    pub fn get(&self, name: &str) -> Option<RootHash> {
        self.0.get(name).copied()
    }

    /// The hash over all of them; of none, SHA-256 of nothing.
    pub fn app_hash(&self) -> AppHash {
        let mut level = self.leaf_hashes();
        while level.len() > 1 {
            level = parents(&level);
        }
        AppHash(level.first().copied().unwrap_or_else(|| Sha256::digest([]).into()))
    }

    /// The proof of a store's root under the app hash, with the store's name as key.
    pub fn prove(&self, name: &str) -> Result<CommitmentProof, StoreError> {
        let unknown = || StoreError::UnknownStore { name: name.into() };
        let root = self.get(name).ok_or_else(unknown)?;
        let mut index = self.0.keys().position(|own| own == name).ok_or_else(unknown)?;
        let mut path = Vec::new();
        let mut level = self.leaf_hashes();
        while level.len() > 1 {
            path.extend(step(&level, index));
            level = parents(&level);
            index >>= 1;
        }
        let leaf = Some(leaf_op(vec![LEAF]));
        let (key, value) = (name.into(), root.0.to_vec());
        Ok(CommitmentProof::exist(ExistenceProof { key, value, leaf, path }))
    }

    fn leaf_hashes(&self) -> Vec<[u8; 32]> {
        self.0.iter().map(|(name, root)| leaf_hash(name, root)).collect()
    }
}

/// The leaf of a store: name and hashed root, each after its length.
fn leaf_hash(name: &str, root: &RootHash) -> [u8; 32] {
    let mut text = vec![LEAF];
    push_varint(&mut text, u64::try_from(name.len()).unwrap_or(u64::MAX));
    text.extend(name.as_bytes());
    text.push(HASH_LEN);
    text.extend(Sha256::digest(root.0));
    Sha256::digest(text).into()
}

/// The level above: neighbours joined in pairs, a last one without a neighbour raised as it is.
/// This gives the shape of RFC 6962, whose left trees are full.
fn parents(level: &[[u8; 32]]) -> Vec<[u8; 32]> {
    let join = |pair: &[[u8; 32]]| match pair {
        [left, right] => Sha256::new_with_prefix([INNER])
            .chain_update(left)
            .chain_update(right)
            .finalize()
            .into(),
        _ => pair.first().copied().unwrap_or_default(),
    };
    level.chunks(2).map(join).collect()
}

/// The step from the hash at `index` to the level above; none when it is raised as it is.
fn step(level: &[[u8; 32]], index: usize) -> Option<InnerOp> {
    let is_right = index & 1 == 1;
    let sibling = level.get(index ^ 1)?;
    let mut op = InnerOp { hash: HashOp::Sha256.into(), prefix: vec![INNER], suffix: Vec::new() };
    if is_right { &mut op.prefix } else { &mut op.suffix }.extend(sibling);
    Some(op)
}
