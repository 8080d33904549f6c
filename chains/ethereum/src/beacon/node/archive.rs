//! Finalized blocks.

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_primitives::B256;

use crate::beacon::types::SignedBeaconBlock;
use crate::ssz::Ssz;

/// Finalized blocks that a node keeps for others and for its API: the network's proof window.
pub const ARCHIVE_BLOCKS: usize = 10_000;

/// The newest finalized blocks, one chain. Blocks are shared with whoever else holds them.
#[derive(Clone, Debug)]
pub struct Archive {
    by_slot: BTreeMap<u64, B256>,
    blocks: BTreeMap<B256, Arc<SignedBeaconBlock>>,
}

impl Archive {
    /// The archive of one block.
    pub fn new(root: B256, block: Arc<SignedBeaconBlock>) -> Self {
        let by_slot = BTreeMap::from([(block.message.slot, root)]);
        Self { by_slot, blocks: BTreeMap::from([(root, block)]) }
    }

    /// Adds a block; gives the root of one that had to go for it.
    pub fn push(&mut self, block: Arc<SignedBeaconBlock>) -> Option<B256> {
        let root = block.message.tree_root();
        self.by_slot.insert(block.message.slot, root);
        self.blocks.insert(root, block);
        if self.by_slot.len() <= ARCHIVE_BLOCKS {
            return None;
        }
        let (_, oldest) = self.by_slot.pop_first()?;
        self.blocks.remove(&oldest);
        Some(oldest)
    }

    /// A block.
    pub fn get(&self, root: &B256) -> Option<&Arc<SignedBeaconBlock>> {
        self.blocks.get(root)
    }

    /// The root of the block of a slot.
    pub fn at(&self, slot: u64) -> Option<B256> {
        self.by_slot.get(&slot).copied()
    }

    /// The newest block that is not above a slot.
    pub fn at_or_before(&self, slot: u64) -> Option<B256> {
        self.by_slot.range(..=slot).next_back().map(|(_, root)| *root)
    }
}
