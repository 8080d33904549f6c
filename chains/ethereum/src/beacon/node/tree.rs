//! The blocks a node knows above its finalized one, with their states.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alloy_primitives::B256;

use crate::beacon::preset::{SLOTS_PER_EPOCH, start_slot};
use crate::beacon::transition::{self, TransitionError};
use crate::beacon::types::{BeaconState, Checkpoint, SignedBeaconBlock};

/// Slots behind the newest block for which a node keeps every state; beyond it, and as long as
/// finality does not move on, only those of the first block of each epoch, from which the others
/// can be computed again.
const RECENT_STATES: u64 = 4 * SLOTS_PER_EPOCH;

/// A block that has been checked.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The block.
    pub block: Arc<SignedBeaconBlock>,
    /// Its state, unless it can be had again.
    state: Option<Arc<BeaconState>>,
    /// What its state has justified.
    pub justified: Checkpoint,
    /// What the end of its epoch would justify.
    pub unrealized_justified: Checkpoint,
    /// It arrived in the first third of its slot.
    pub is_timely: bool,
}

impl Entry {
    /// The block's slot.
    pub fn slot(&self) -> u64 {
        self.block.message.slot
    }

    /// The block's parent.
    pub fn parent(&self) -> B256 {
        self.block.message.parent_root
    }
}

/// The tree of blocks; its root is the finalized block.
#[derive(Clone, Debug)]
pub struct BlockTree {
    root: B256,
    entries: BTreeMap<B256, Entry>,
    /// Blocks by slot, in the order that sums of votes are made.
    by_slot: BTreeSet<(u64, B256)>,
    seconds_per_slot: u64,
}

impl BlockTree {
    /// A tree of one block, which needs no checking.
    pub fn new(
        root: B256,
        block: Arc<SignedBeaconBlock>,
        state: Arc<BeaconState>,
        seconds_per_slot: u64,
    ) -> Self {
        let justified = state.current_justified_checkpoint;
        let by_slot = BTreeSet::from([(block.message.slot, root)]);
        let entry = Entry {
            block,
            state: Some(state),
            justified,
            unrealized_justified: justified,
            is_timely: false,
        };
        Self { root, entries: BTreeMap::from([(root, entry)]), by_slot, seconds_per_slot }
    }

    /// The finalized block.
    pub const fn root(&self) -> B256 {
        self.root
    }

    /// A block.
    pub fn get(&self, root: &B256) -> Option<&Entry> {
        self.entries.get(root)
    }

    /// Whether the block is known.
    pub fn contains(&self, root: &B256) -> bool {
        self.entries.contains_key(root)
    }

    /// All blocks, by slot.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&B256, &Entry)> {
        self.by_slot.iter().filter_map(|(_, root)| self.entries.get_key_value(root))
    }

    /// Adds a block that has been checked, and its state.
    pub fn insert(
        &mut self,
        root: B256,
        block: Arc<SignedBeaconBlock>,
        state: Arc<BeaconState>,
        is_timely: bool,
    ) -> Result<(), TransitionError> {
        let unrealized_justified = state.justification()?.current;
        let justified = state.current_justified_checkpoint;
        self.by_slot.insert((block.message.slot, root));
        let entry = Entry { block, state: Some(state), justified, unrealized_justified, is_timely };
        self.entries.insert(root, entry);
        self.forget_states();
        Ok(())
    }

    /// Lets go of states that are neither recent nor the first of an epoch.
    fn forget_states(&mut self) {
        let newest = self.by_slot.last().map_or(0, |(slot, _)| *slot);
        let oldest = newest.saturating_sub(RECENT_STATES);
        let window = oldest.saturating_sub(SLOTS_PER_EPOCH)..oldest;
        let leaving = self.by_slot.range((window.start, B256::ZERO)..(window.end, B256::ZERO));
        for (slot, root) in leaving {
            let Some(entry) = self.entries.get(root) else { continue };
            let parent_slot = self.entries.get(&entry.parent()).map(Entry::slot);
            let begins_epoch =
                parent_slot.is_none_or(|parent| parent / SLOTS_PER_EPOCH < slot / SLOTS_PER_EPOCH);
            if !begins_epoch && let Some(entry) = self.entries.get_mut(root) {
                entry.state = None;
            }
        }
    }

    /// The state of a known block, computed again if it has been let go.
    pub fn state(&self, root: &B256) -> Option<Arc<BeaconState>> {
        let mut pending = Vec::new();
        let mut cursor = self.entries.get(root)?;
        while cursor.state.is_none() {
            pending.push(Arc::clone(&cursor.block));
            cursor = self.entries.get(&cursor.parent())?;
        }
        let known = cursor.state.as_ref()?;
        if pending.is_empty() {
            return Some(Arc::clone(known));
        }
        let mut state = BeaconState::clone(known);
        for block in pending.iter().rev() {
            transition::process_slots(&mut state, block.message.slot).ok()?;
            transition::apply_block(&mut state, block, self.seconds_per_slot).ok()?;
        }
        Some(Arc::new(state))
    }

    /// The block itself if it is not above `slot`, or its newest ancestor that is not;
    /// `None` below the finalized block.
    pub fn ancestor(&self, root: &B256, slot: u64) -> Option<B256> {
        let mut root = *root;
        loop {
            let entry = self.entries.get(&root)?;
            if entry.slot() <= slot {
                return Some(root);
            }
            root = entry.parent();
        }
    }

    /// `get_checkpoint_block`.
    pub fn checkpoint_block(&self, root: &B256, epoch: u64) -> Option<B256> {
        self.ancestor(root, start_slot(epoch))
    }

    /// From a block down to the finalized one, newest first.
    pub fn chain(&self, root: &B256) -> Vec<(B256, &Entry)> {
        let first = self.entries.get_key_value(root);
        let next = |(_, entry): &(&B256, &Entry)| self.entries.get_key_value(&entry.parent());
        std::iter::successors(first, next).map(|(root, entry)| (*root, entry)).collect()
    }

    /// Makes a descendant the root. Gives the blocks that became final, oldest first and the old
    /// root left out, and the roots of those that contradict them.
    pub fn finalize(&mut self, root: B256) -> (Vec<Arc<SignedBeaconBlock>>, Vec<B256>) {
        let mut finalized: Vec<_> =
            self.chain(&root).into_iter().map(|(_, entry)| Arc::clone(&entry.block)).collect();
        finalized.pop();
        finalized.reverse();
        let canonical: BTreeSet<B256> =
            self.chain(&root).into_iter().map(|(root, _)| root).collect();
        let Some(slot) = self.entries.get(&root).map(Entry::slot) else {
            return (Vec::new(), Vec::new());
        };
        let stays = |tree: &Self, other: &B256| tree.ancestor(other, slot) == Some(root);
        let gone: Vec<B256> =
            self.entries.keys().filter(|other| !stays(self, other)).copied().collect();
        for root in &gone {
            if let Some(entry) = self.entries.remove(root) {
                self.by_slot.remove(&(entry.slot(), *root));
            }
        }
        self.root = root;
        let orphans = gone.into_iter().filter(|root| !canonical.contains(root)).collect();
        (finalized, orphans)
    }
}
