//! All headers and blocks that a participant knows, on every branch.

use core::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use causeway_client_bitcoin::{Anchor, BlockHash, Chain, Header, RawHeader, Work};
use causeway_wire_bitcoin::Block;

use crate::check::BlockError;
use crate::config::Rules;

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The header, with what its children are judged by.
    pub(crate) anchor: Anchor,
    pub(crate) block: Option<Arc<Block>>,
    children: Vec<BlockHash>,
    /// The block and all before it are here.
    is_complete: bool,
    /// The block, or one before it, broke a rule.
    pub(crate) has_failed: bool,
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
        let genesis =
            Entry { anchor, block, children: Vec::new(), is_complete: true, has_failed: false };
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
        let entry = Entry {
            anchor: *chain.tip(),
            block: None,
            children: Vec::new(),
            is_complete: false,
            has_failed: parent.has_failed,
        };
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
        let is_ready = entry.block.is_some() && parent.is_some_and(|parent| parent.is_complete);
        if entry.is_complete || entry.has_failed || !is_ready {
            return Vec::new();
        }
        self.completed = self.completed.saturating_add(1);
        let place = (entry.anchor.chainwork, Reverse(self.completed));
        self.candidates.insert(place, hash);
        let Some(entry) = self.entries.get_mut(&hash) else { return Vec::new() };
        entry.is_complete = true;
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

    /// The blocks that are missing below and at a header, lowest first, at most `limit` of them.
    pub(crate) fn missing(&self, hash: BlockHash, limit: usize) -> Vec<BlockHash> {
        let mut missing = Vec::new();
        let mut next = hash;
        while let Some(entry) = self.entries.get(&next).filter(|entry| !entry.is_complete) {
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
