//! Proofs of presence and absence.

use causeway_ics23::{
    CommitmentProof, ExistenceProof, HashOp, InnerOp, LeafOp, LengthOp, NonExistenceProof,
};

use crate::node::{Body, HASH_LEN, Link, Node};
use crate::{Snapshot, StoreError};

impl Snapshot {
    /// The proof of what is at `key`: of its value, or that there is none.
    pub fn prove(&self, key: &[u8]) -> Result<CommitmentProof, StoreError> {
        let root = self.root.as_ref().ok_or(StoreError::EmptyTree)?;
        let descent = Descent::to(root, key);
        if descent.leaf_key() == Some(key) {
            return Ok(CommitmentProof::exist(descent.proof()));
        }
        let (left, right) = descent.neighbours(key);
        let prove = |neighbour: Option<Descent<'_>>| neighbour.map(Descent::proof);
        let (left, right) = (prove(left), prove(right));
        Ok(CommitmentProof::nonexist(NonExistenceProof { key: key.to_vec(), left, right }))
    }
}

/// The way from the root to a leaf.
#[derive(Clone)]
struct Descent<'a> {
    /// The inner nodes, root first, and whether the way went right.
    turns: Vec<(&'a Node, bool)>,
    leaf: &'a Node,
}

impl<'a> Descent<'a> {
    /// The way that a search for `key` takes.
    fn to(root: &'a Link, key: &[u8]) -> Self {
        let mut descent = Self { turns: Vec::new(), leaf: root };
        descent.follow(|own| key >= own);
        descent
    }

    /// Goes on down from the leaf position; `goes_right` decides at each inner node by its key.
    fn follow(&mut self, goes_right: impl Fn(&[u8]) -> bool) {
        while let Body::Inner { key, left, right, .. } = &self.leaf.body {
            let right_turn = goes_right(key);
            self.turns.push((self.leaf, right_turn));
            self.leaf = if right_turn { right } else { left };
        }
    }

    fn leaf_key(&self) -> Option<&'a [u8]> {
        match &self.leaf.body {
            Body::Leaf { key, .. } => Some(key),
            Body::Inner { .. } => None,
        }
    }

    /// The ways to the last leaf before `key` and to the first after it; this way, which a search
    /// for `key` took, ends at one of them.
    fn neighbours(self, key: &[u8]) -> (Option<Self>, Option<Self>) {
        if self.leaf_key().is_some_and(|own| own < key) {
            let right = self.clone().beside(true);
            (Some(self), right)
        } else {
            (self.clone().beside(false), Some(self))
        }
    }

    /// The way to the next leaf to the right, or to the left.
    fn beside(mut self, to_right: bool) -> Option<Self> {
        loop {
            let (node, went_right) = self.turns.pop()?;
            if went_right != to_right {
                // One turn towards the other side, then always back.
                let Body::Inner { left, right, .. } = &node.body else { return None };
                self.turns.push((node, to_right));
                self.leaf = if to_right { right } else { left };
                self.follow(|_| !to_right);
                return Some(self);
            }
        }
    }

    fn proof(self) -> ExistenceProof {
        let (key, value) = match &self.leaf.body {
            Body::Leaf { key, value } => (key.to_vec(), value.clone()),
            Body::Inner { .. } => Default::default(),
        };
        let path = self.turns.iter().rev().map(|(node, right)| step(node, *right)).collect();
        let leaf = Some(leaf_op(self.leaf.prefix()));
        ExistenceProof { key, value, leaf, path }
    }
}

/// A leaf of this tree, or of the one above.
pub(crate) fn leaf_op(prefix: Vec<u8>) -> LeafOp {
    LeafOp {
        hash: HashOp::Sha256.into(),
        prehash_key: HashOp::NoHash.into(),
        prehash_value: HashOp::Sha256.into(),
        length: LengthOp::VarProto.into(),
        prefix,
    }
}

/// The bytes of `node` around one of its children.
fn step(node: &Node, around_right: bool) -> InnerOp {
    let mut prefix = node.prefix();
    prefix.push(HASH_LEN);
    let mut suffix = Vec::new();
    if let Body::Inner { left, right, .. } = &node.body {
        if around_right {
            prefix.extend(left.hash());
            prefix.push(HASH_LEN);
        } else {
            suffix.push(HASH_LEN);
            suffix.extend(right.hash());
        }
    }
    InnerOp { hash: HashOp::Sha256.into(), prefix, suffix }
}
