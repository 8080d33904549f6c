//! Many values under one root, with every shared node once.
//!
//! This is a form of our own, not the batch that was removed from ICS-23:
//!
//! ```text
//! message BatchProof {
//!   repeated BatchLeaf leaves = 1;                           // one for each entry, in order
//!   repeated BatchNode nodes = 2;                            // children before parents
//!   repeated cosmos.ics23.v1.ExistenceProof stores = 3;      // from the leaves' tree up
//! }
//! message BatchLeaf { cosmos.ics23.v1.LeafOp op = 1; uint32 parent = 2; }
//! message BatchNode { cosmos.ics23.v1.InnerOp op = 1; uint32 parent = 2; }
//! ```
//!
//! `parent` is 0 for the root of the leaves' tree, or one more than an index into `nodes`. Keys and
//! values are not repeated in the proof: they are the entries'. A batch proves its entries exactly
//! when a [`MerkleProof`](crate::MerkleProof) along each leaf's path would.

use causeway_core::{Audit, DecodeError, MerklePath, decode_protobuf, refusals};
use prost::Message;

use crate::existence::{depth_is_possible, root_equals};
use crate::{ExistenceProof, InnerOp, LeafOp, MAX_PROOF_LEN, NodeHash, ProofError, ProofSpec};

/// The most entries of one batch: bounds the work of one call.
pub const MAX_BATCH_LEAVES: usize = 256;

/// The most inner nodes of one batch: [`MAX_BATCH_LEAVES`] paths of 32 steps without a shared one.
pub const MAX_BATCH_NODES: usize = 8192;

/// Proof that several values are under one root.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct BatchProof {
    /// One for each entry, in order.
    #[prost(message, repeated, tag = "1")]
    pub leaves: Vec<BatchLeaf>,
    /// The inner nodes of the tree that holds the leaves: children before parents, each on the
    /// way of some leaf.
    #[prost(message, repeated, tag = "2")]
    pub nodes: Vec<BatchNode>,
    /// The proofs of that tree's root in the trees above, nearest first.
    #[prost(message, repeated, tag = "3")]
    pub stores: Vec<ExistenceProof>,
}

/// The leaf of one entry.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct BatchLeaf {
    /// How it is hashed.
    #[prost(message, required, tag = "1")]
    pub op: LeafOp,
    /// 0 for the root, or one more than the index of the node above.
    #[prost(uint32, tag = "2")]
    pub parent: u32,
}

/// A step that one or more leaves share.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct BatchNode {
    /// The bytes around the child.
    #[prost(message, required, tag = "1")]
    pub op: InnerOp,
    /// 0 for the root, or one more than the index of the node above, which stands later.
    #[prost(uint32, tag = "2")]
    pub parent: u32,
}

/// Why a batch does not prove its entries.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// Not one leaf for each entry, or none at all.
    #[error("{got} leaves for {expected} entries: one for each is needed, and at least one")]
    EntryCount {
        /// Leaves.
        got: usize,
        /// Entries.
        expected: usize,
    },
    /// More than one call may cost.
    #[error("{got}, at most {expected} are allowed")]
    TooLarge {
        /// Leaves or nodes.
        got: String,
        /// The limit.
        expected: usize,
    },
    /// The entries, or the proofs that are to be merged, are in different stores.
    #[error("entry {entry} is in another store than the first")]
    StoreMismatch {
        /// Its index.
        entry: usize,
    },
    /// A parent that is not there, or not after its child.
    #[error("the parent of {child} is {got}, expected {expected}")]
    Parent {
        /// The leaf or node.
        child: String,
        /// Its parent.
        got: u32,
        /// What is possible.
        expected: String,
    },
    /// A node that is on no leaf's way.
    #[error("node {node} is on no leaf's way to the root")]
    NodeUnused {
        /// Its index.
        node: usize,
    },
    /// Two children claim one place with different hashes.
    #[error("{parent} has child {expected}, and {got} from another leaf")]
    ChildConflict {
        /// The root, or a node by its number.
        parent: String,
        /// The later hash.
        got: String,
        /// The earlier hash.
        expected: String,
    },
    /// One of the proofs within is refused.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

refusals! {
    BatchError {
        EntryCount { got, expected } => "batch_entry_count", Reject;
        TooLarge { got, expected } => "batch_too_large", Reject;
        StoreMismatch { entry } => "batch_store_mismatch", Reject;
        Parent { child, got, expected } => "batch_parent_invalid", Reject;
        NodeUnused { node } => "batch_node_unused", Reject;
        ChildConflict { parent, got, expected } => "batch_child_conflict", Reject;
        @wraps Proof;
    }
}

impl BatchProof {
    /// Decodes a batch of at most [`MAX_PROOF_LEN`] bytes in canonical form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_protobuf("ics23_batch_proof", bytes, MAX_PROOF_LEN)
    }

    /// Encodes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    /// Accepts when each value is at its path under this `root`. All paths lead through the same
    /// stores. `specs` are of the trees from the one that holds the keys up to the one whose root
    /// is given.
    pub fn verify_memberships(
        &self,
        specs: &[ProofSpec],
        root: &[u8],
        entries: &[(&MerklePath, &[u8])],
        audit: &mut impl Audit,
    ) -> Result<(), BatchError> {
        self.is_bounded()?;
        if entries.len() != self.leaves.len() || entries.is_empty() {
            let (got, expected) = (self.leaves.len(), entries.len());
            return Err(BatchError::EntryCount { got, expected });
        }
        let stores = common_stores(entries)?;
        let [spec, store_specs @ ..] = specs else { return Err(self.chain_length(stores, 0)) };
        if self.stores.len() != store_specs.len() || stores.len() != store_specs.len() {
            return Err(self.chain_length(stores, specs.len()));
        }
        let mut got = self.store_root(spec, entries)?;
        audit.passed("ics23_batch", || {
            format!("{} leaves, {} shared steps", entries.len(), self.nodes.len())
        });
        for ((store, spec), key) in self.stores.iter().zip(store_specs).zip(stores.iter().rev()) {
            got = store.root(spec, key, got.as_bytes(), audit)?;
        }
        Ok(root_equals(&got, root, audit)?)
    }

    pub(crate) fn is_bounded(&self) -> Result<(), BatchError> {
        if self.leaves.len() > MAX_BATCH_LEAVES {
            let got = format!("{} leaves", self.leaves.len());
            return Err(BatchError::TooLarge { got, expected: MAX_BATCH_LEAVES });
        }
        if self.nodes.len() > MAX_BATCH_NODES {
            let got = format!("{} nodes", self.nodes.len());
            return Err(BatchError::TooLarge { got, expected: MAX_BATCH_NODES });
        }
        Ok(())
    }

    fn chain_length(&self, stores: &[Vec<u8>], expected: usize) -> BatchError {
        let (proofs, keys) = (self.stores.len(), stores.len());
        let got = format!("{proofs} store proofs and {keys} store names beside the leaves");
        ProofError::ChainLength { got, expected }.into()
    }

    /// The root of the tree that holds the keys. Every node comes after its children, so one pass
    /// hashes each once.
    fn store_root(
        &self,
        spec: &ProofSpec,
        entries: &[(&MerklePath, &[u8])],
    ) -> Result<NodeHash, BatchError> {
        let mut places = vec![None; self.nodes.len().saturating_add(1)];
        for ((leaf, entry), (path, value)) in self.leaves.iter().zip(0_usize..).zip(entries) {
            let key = path.elements().last().ok_or(ProofError::KeyEmpty {})?;
            leaf.op.check(spec)?;
            let child = Child::leaf(leaf.op.apply(key, value)?);
            let expected = || format!("0 to {}", self.nodes.len());
            let place = place(&mut places, leaf.parent, 0)
                .ok_or_else(|| misplaced(format!("leaf {entry}"), leaf.parent, expected()))?;
            child.settle(place, leaf.parent)?;
        }
        for (node, number) in self.nodes.iter().zip(1_usize..) {
            let index = number.saturating_sub(1);
            let below = places.get(number).copied().flatten();
            let below: Child<'_> = below.ok_or(BatchError::NodeUnused { node: index })?;
            let layer = below.deepest.saturating_add(1);
            node.op.check(spec, layer, layer)?;
            let expected = || format!("0, or {} to {}", number.saturating_add(1), self.nodes.len());
            let place = place(&mut places, node.parent, number)
                .ok_or_else(|| misplaced(format!("node {index}"), node.parent, expected()))?;
            below.under(&node.op, place.as_ref())?.settle(place, node.parent)?;
        }
        let root = places.first().copied().flatten().ok_or(ProofError::ChildEmpty {})?;
        depth_is_possible(spec, root.deepest)?;
        depth_is_possible(spec, root.shallowest)?;
        Ok(root.hash)
    }
}

/// The store names of all entries, root first.
fn common_stores<'a>(entries: &[(&'a MerklePath, &[u8])]) -> Result<&'a [Vec<u8>], BatchError> {
    let mut stores = entries.iter().zip(0_usize..).map(|((path, _), entry)| {
        let names = path.elements().split_last().map_or(&[][..], |(_, stores)| stores);
        (entry, names)
    });
    let first = stores.next().map_or(&[][..], |(_, names)| names);
    match stores.find(|(_, names)| *names != first) {
        Some((entry, _)) => Err(BatchError::StoreMismatch { entry }),
        None => Ok(first),
    }
}

/// What is known of the child of one node.
#[derive(Clone, Copy)]
struct Child<'a> {
    hash: NodeHash,
    /// The step and the child of it that gave the hash; none for a leaf.
    origin: Option<(&'a InnerOp, NodeHash)>,
    /// Steps from the farthest leaf below.
    deepest: usize,
    /// Steps from the nearest leaf below.
    shallowest: usize,
}

/// Where the child of `parent` is kept: 0 is the root, a node stands after number `after`.
fn place<'p, 'a>(
    places: &'p mut [Option<Child<'a>>],
    parent: u32,
    after: usize,
) -> Option<&'p mut Option<Child<'a>>> {
    let parent = usize::try_from(parent).ok()?;
    (parent == 0 || parent > after).then(|| places.get_mut(parent))?
}

fn misplaced(child: String, got: u32, expected: String) -> BatchError {
    BatchError::Parent { child, got, expected }
}

impl<'a> Child<'a> {
    fn leaf(hash: NodeHash) -> Self {
        Self { hash, origin: None, deepest: 0, shallowest: 0 }
    }

    /// The node around this child, as a child itself. When another step with the very same bytes
    /// already gave the hash at `place`, it isn't computed again.
    fn under(self, op: &'a InnerOp, place: Option<&Child<'a>>) -> Result<Self, ProofError> {
        let known = place.and_then(|child| {
            let (other, other_child) = child.origin.as_ref()?;
            let same = other.hash == op.hash
                && is_same_text(
                    [&other.prefix, other_child.as_bytes(), &other.suffix],
                    [&op.prefix, self.hash.as_bytes(), &op.suffix],
                );
            same.then_some(child.hash)
        });
        let hash = match known {
            Some(hash) => hash,
            None => op.apply(self.hash.as_bytes())?,
        };
        let deepest = self.deepest.saturating_add(1);
        let shallowest = self.shallowest.saturating_add(1);
        Ok(Self { hash, origin: Some((op, self.hash)), deepest, shallowest })
    }

    /// Takes the place under `parent`, or finds the same hash there.
    fn settle(self, place: &mut Option<Self>, parent: u32) -> Result<(), BatchError> {
        let Some(settled) = place else {
            *place = Some(self);
            return Ok(());
        };
        if settled.hash != self.hash {
            return Err(BatchError::ChildConflict {
                parent: if parent == 0 { "the root".into() } else { format!("node {parent}") },
                got: hex::encode(self.hash.as_bytes()),
                expected: hex::encode(settled.hash.as_bytes()),
            });
        }
        settled.deepest = settled.deepest.max(self.deepest);
        settled.shallowest = settled.shallowest.min(self.shallowest);
        Ok(())
    }
}

/// The parts of both, one after the other, are the same bytes.
fn is_same_text(left: [&[u8]; 3], right: [&[u8]; 3]) -> bool {
    let (mut left, mut right) = (left.into_iter(), right.into_iter());
    let (mut a, mut b): (&[u8], &[u8]) = (&[], &[]);
    loop {
        while a.is_empty() {
            match left.next() {
                Some(part) => a = part,
                None => return b.is_empty() && right.all(<[u8]>::is_empty),
            }
        }
        while b.is_empty() {
            match right.next() {
                Some(part) => b = part,
                None => return false,
            }
        }
        let common = a.len().min(b.len());
        match (a.split_at_checked(common), b.split_at_checked(common)) {
            (Some((x, a_rest)), Some((y, b_rest))) if x == y => (a, b) = (a_rest, b_rest),
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_same_text;

    #[test]
    fn text_is_compared_across_its_parts() {
        let same = |left: [&str; 3], right: [&str; 3]| {
            is_same_text(left.map(str::as_bytes), right.map(str::as_bytes))
        };
        assert!(same(["", "", ""], ["", "", ""]));
        assert!(same(["abc", "d", "ef"], ["a", "", "bcdef"]));
        assert!(same(["abcdef", "", ""], ["", "", "abcdef"]));
        assert!(!same(["abc", "d", "ef"], ["abc", "d", "e"]));
        assert!(!same(["abc", "d", "e"], ["abc", "d", "ef"]));
        assert!(!same(["abc", "d", ""], ["ab", "x", "d"]));
    }
}
