//! Merkle branches that know which leaf they prove.

use core::marker::PhantomData;

use alloy_primitives::B256;
use ssz::DecodeError;

use crate::chain::Layout;
use crate::ssz::{Codec, Gindex, Shape, merkleize, verify_branch};

/// A leaf that a branch can lead to.
pub trait Leaf {
    /// Where the leaf is in a fork that has it.
    fn gindex(layout: &Layout) -> Option<Gindex>;
}

macro_rules! leaves {
    ($($(#[$doc:meta])* $name:ident = $gindex:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name;

        impl Leaf for $name {
            fn gindex(layout: &Layout) -> Option<Gindex> {
                let gindex: fn(&Layout) -> Option<Gindex> = $gindex;
                gindex(layout)
            }
        }
    )+};
}

leaves! {
    /// `finalized_checkpoint.root` of a beacon state.
    FinalizedRootLeaf = |layout| Some(layout.finalized_root);
    /// `current_sync_committee` of a beacon state.
    CurrentSyncCommitteeLeaf = |layout| Some(layout.current_sync_committee);
    /// `next_sync_committee` of a beacon state.
    NextSyncCommitteeLeaf = |layout| Some(layout.next_sync_committee);
    /// `execution_payload` of a beacon block body.
    ExecutionPayloadLeaf = |layout| layout.execution.map(|execution| execution.payload);
}

/// The siblings on the way from a leaf up to the root. All zero nodes, or none, stand for "no
/// proof".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branch<L> {
    nodes: Vec<B256>,
    leaf: PhantomData<L>,
}

impl<L: Leaf> Branch<L> {
    /// A branch of these nodes, lowest first.
    pub fn new(nodes: Vec<B256>) -> Self {
        Self { nodes, leaf: PhantomData }
    }

    /// The nodes, lowest first.
    pub fn nodes(&self) -> &[B256] {
        &self.nodes
    }

    /// True when there is no proof.
    pub fn is_zero(&self) -> bool {
        self.nodes.iter().all(B256::is_zero)
    }

    /// True when the branch leads from `leaf`, in its place in `layout`, to `root`.
    pub fn leads_to(&self, root: B256, leaf: B256, layout: &Layout) -> bool {
        L::gindex(layout).is_some_and(|gindex| verify_branch(leaf, &self.nodes, gindex, root))
    }

    /// How many nodes the branch has on the wire.
    pub fn len_in(layout: &Layout) -> usize {
        L::gindex(layout).map_or(0, Gindex::depth)
    }

    /// The nodes, padded with zero nodes on the left (`normalize_merkle_branch`).
    fn padded(&self, shape: &Shape) -> impl Iterator<Item = B256> {
        let len = Self::len_in(shape.layout);
        let surplus = self.nodes.len().saturating_sub(len);
        let missing = len.saturating_sub(self.nodes.len());
        core::iter::repeat_n(B256::ZERO, missing).chain(self.nodes.iter().skip(surplus).copied())
    }
}

impl<L: Leaf> Codec for Branch<L> {
    fn fixed_len(shape: &Shape) -> Option<usize> {
        Some(Self::len_in(shape.layout).saturating_mul(32))
    }

    fn decode(bytes: &[u8], _: &Shape) -> Result<Self, DecodeError> {
        Ok(Self::new(bytes.as_chunks().0.iter().map(|node| B256::new(*node)).collect()))
    }

    fn append(&self, shape: &Shape, buffer: &mut Vec<u8>) {
        self.padded(shape).for_each(|node| buffer.extend(node));
    }

    fn root(&self, shape: &Shape) -> B256 {
        merkleize(self.padded(shape).collect())
    }
}
