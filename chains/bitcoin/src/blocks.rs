//! All headers and blocks that a participant knows, on every branch.

use core::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use causeway_client_bitcoin::{Anchor, BlockHash, Chain, Header, RawHeader, Work};
use causeway_wire_bitcoin::Block;

use crate::check::BlockError;
use crate::config::Rules;

/// Complete blocks that may be followed once those with more work are ruled out: more than blocks
/// can be, one after another.
const MAX_CANDIDATES: usize = 4_000;

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The header, with what its children are judged by.
    pub(crate) anchor: Anchor,
    pub(crate) block: Option<Arc<Block>>,
    children: Vec<BlockHash>,
    /// When the block and all before it were here, counted over all blocks.
    completed: Option<u64>,
    /// The block, or one before it, broke a rule or was ruled out.
    pub(crate) has_failed: bool,
    /// The block was carried out at some time.
    pub(crate) was_connected: bool,
}

impl Entry {
    fn is_complete(&self) -> bool {
        self.completed.is_some()
    }

    /// The end of a branch: nothing is known that builds on it.
    fn is_tip(&self) -> bool {
        self.children.is_empty()
    }

    fn new(anchor: Anchor, has_failed: bool) -> Self {
        Self {
            anchor,
            block: None,
            children: Vec::new(),
            completed: None,
            has_failed,
            was_connected: false,
        }
    }
}

/// What is known of every branch.
#[derive(Clone, Debug)]
pub(crate) struct BlockIndex {
    entries: BTreeMap<BlockHash, Entry>,
    /// Complete branches by work, the one that was complete first before those of equal work.
    candidates: BTreeMap<(Work, Reverse<u64>), BlockHash>,
    completed: u64,
    /// Became complete since they were last taken, parents first.
    fresh: Vec<Arc<Block>>,
}

impl BlockIndex {
    pub(crate) fn new(rules: &Rules) -> Self {
        let anchor = Anchor::genesis(rules.network());
        let hash = anchor.header.hash();
        let block = Some(Arc::new(rules.genesis().clone()));
        let mut genesis = Entry::new(anchor, false);
        (genesis.block, genesis.completed, genesis.was_connected) = (block, Some(0), true);
        Self {
            entries: BTreeMap::from([(hash, genesis)]),
            candidates: BTreeMap::from([((anchor.chainwork, Reverse(0)), hash)]),
            completed: 0,
            fresh: Vec::new(),
        }
    }

    pub(crate) fn get(&self, hash: &BlockHash) -> Option<&Entry> {
        self.entries.get(hash)
    }

    /// True for the first header, which alone has no parent.
    pub(crate) fn is_genesis(&self, raw: &RawHeader) -> bool {
        let entry = self.entries.get(&Header::from_bytes(raw).hash());
        entry.is_some_and(|entry| entry.anchor.height == 0)
    }

    /// Adds a header whose parent is known, when it is valid; `None` when the parent is not known.
    pub(crate) fn add_header(
        &mut self,
        rules: &Rules,
        raw: &RawHeader,
        latest_time: u64,
    ) -> Option<Result<BlockHash, BlockError>> {
        let header = Header::from_bytes(raw);
        let hash = header.hash();
        if self.entries.contains_key(&hash) {
            return Some(Ok(hash));
        }
        let parent = self.entries.get_mut(&header.prev)?;
        let mut chain = Chain::new(rules.network(), parent.anchor).ok()?;
        if let Err(error) = chain.extend(&[*raw], latest_time) {
            return Some(Err(error.into()));
        }
        parent.children.push(hash);
        let entry = Entry::new(*chain.tip(), parent.has_failed);
        self.entries.insert(hash, entry);
        Some(Ok(hash))
    }

    /// Adds the block of a known header; it and those that waited for it may become candidates.
    pub(crate) fn add_block(&mut self, hash: BlockHash, block: Arc<Block>) {
        let Some(entry) = self.entries.get_mut(&hash) else { return };
        entry.block.get_or_insert(block);
        let mut open = vec![hash];
        while let Some(hash) = open.pop() {
            open.extend(self.complete(hash));
        }
    }

    /// Marks a block as complete when its parent is; gives its children then.
    fn complete(&mut self, hash: BlockHash) -> Vec<BlockHash> {
        let Some(entry) = self.entries.get(&hash) else { return Vec::new() };
        let parent = self.entries.get(&entry.anchor.header.prev);
        let is_ready = entry.block.is_some() && parent.is_some_and(Entry::is_complete);
        if entry.is_complete() || entry.has_failed || !is_ready {
            return Vec::new();
        }
        self.completed = self.completed.saturating_add(1);
        let place = (entry.anchor.chainwork, Reverse(self.completed));
        self.candidates.insert(place, hash);
        if self.candidates.len() > MAX_CANDIDATES {
            self.candidates.pop_first();
        }
        let Some(entry) = self.entries.get_mut(&hash) else { return Vec::new() };
        entry.completed = Some(self.completed);
        self.fresh.extend(entry.block.clone());
        entry.children.clone()
    }

    /// The blocks that became complete since the last call, parents first.
    pub(crate) fn take_fresh(&mut self) -> Vec<Arc<Block>> {
        core::mem::take(&mut self.fresh)
    }

    /// The complete branch with the most work, the first of equal ones.
    pub(crate) fn best(&self) -> Option<BlockHash> {
        self.candidates.last_key_value().map(|(_, hash)| *hash)
    }

    /// Rules out a block and all that builds on it.
    pub(crate) fn fail(&mut self, hash: BlockHash) {
        let mut open = vec![hash];
        while let Some(hash) = open.pop() {
            if let Some(entry) = self.entries.get_mut(&hash) {
                entry.has_failed = true;
                open.extend(entry.children.iter().copied());
            }
        }
        let entries = &self.entries;
        self.candidates.retain(|_, hash| entries.get(hash).is_some_and(|e| !e.has_failed));
    }

    /// Takes back that a block, those before it or those that build on it were ruled out.
    pub(crate) fn reconsider(&mut self, hash: BlockHash) {
        let mut open = vec![hash];
        let mut next = hash;
        while let Some(entry) = self.entries.get_mut(&next).filter(|entry| entry.has_failed) {
            entry.has_failed = false;
            open.push(next);
            next = entry.anchor.header.prev;
        }
        // The lowest first, so that each finds its parent as it will be.
        while let Some(hash) = open.pop() {
            let Some(entry) = self.entries.get_mut(&hash) else { continue };
            entry.has_failed = false;
            open.extend(entry.children.iter().copied());
            if let Some(completed) = entry.completed {
                self.candidates.insert((entry.anchor.chainwork, Reverse(completed)), hash);
            } else {
                self.complete(hash);
            }
        }
    }

    /// Notes that a block was carried out.
    pub(crate) fn note_connected(&mut self, hash: BlockHash) {
        if let Some(entry) = self.entries.get_mut(&hash) {
            entry.was_connected = true;
        }
    }

    /// The ends of all branches.
    pub(crate) fn tips(&self) -> impl Iterator<Item = (&BlockHash, &Entry)> {
        self.entries.iter().filter(|(_, entry)| entry.is_tip())
    }

    /// The blocks that are missing below and at a header, lowest first, at most `limit` of them.
    pub(crate) fn missing(&self, hash: BlockHash, limit: usize) -> Vec<BlockHash> {
        let mut missing = Vec::new();
        let mut next = hash;
        while let Some(entry) = self.entries.get(&next).filter(|entry| !entry.is_complete()) {
            if entry.has_failed {
                return Vec::new();
            }
            if entry.block.is_none() {
                missing.push(next);
            }
            next = entry.anchor.header.prev;
        }
        missing.reverse();
        missing.truncate(limit);
        missing
    }
}
