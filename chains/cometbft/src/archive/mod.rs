//! All decided blocks that are still kept: for the RPC, for participants that are behind, and for
//! the next start.
//!
//! Headers and commits are kept for [`KEPT_HEADERS`] blocks. Transactions and what became of them
//! are kept as long, but no more than [`KEPT_BODIES_LEN`] bytes of them. Validator sets are kept
//! for good where they change, so that a light client of any age finds the set that it trusts.

mod record;
mod sets;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use causeway_chain::{DurableView, DurableWrite};
use causeway_client_cometbft::{BlockId, Commit, Hash, ValidatorSet};
use causeway_core::DecodeError;

pub(crate) use record::{Body, Light};
use sets::Sets;

use crate::app::BlockOutcome;
use crate::consensus::{DecidedBlock, State};
use crate::{Block, tx_hash};

/// Headers and commits of so many blocks are kept: more than the versions of the state that can
/// be proven.
pub const KEPT_HEADERS: u64 = 20_000;

/// The most bytes of transactions and outcomes that are kept: they are all in memory.
pub const KEPT_BODIES_LEN: usize = 48 << 20;

const LIGHT_PREFIX: &[u8] = b"block/light/";
const BODY_PREFIX: &[u8] = b"block/body/";
const STATE_KEY: &[u8] = b"block/state";

/// The decided blocks, and the state that follows from them.
#[derive(Debug)]
pub(crate) struct Archive {
    state: State,
    light: BTreeMap<u64, Box<[u8]>>,
    bodies: BTreeMap<u64, Box<[u8]>>,
    bodies_len: usize,
    sets: Sets,
    by_hash: BTreeMap<Hash, u64>,
    by_tx: BTreeMap<Hash, (u64, u32)>,
    with_txs: BTreeSet<u64>,
    writes: Vec<DurableWrite>,
}

fn key(prefix: &[u8], height: u64) -> Vec<u8> {
    [prefix, &height.to_be_bytes()].concat()
}

fn height_of(prefix: &[u8], key: &[u8]) -> Result<u64, DecodeError> {
    let number = key.strip_prefix(prefix).and_then(|rest| rest.try_into().ok());
    number
        .map(u64::from_be_bytes)
        .ok_or_else(|| DecodeError::new("block_record", "a key that is no height"))
}

impl Archive {
    /// No blocks yet.
    pub(crate) fn genesis(state: State) -> Self {
        let sets = Sets::genesis(state.validators().clone(), state.next_validators().clone());
        Self {
            writes: sets.all_writes(),
            state,
            light: BTreeMap::new(),
            bodies: BTreeMap::new(),
            bodies_len: 0,
            sets,
            by_hash: BTreeMap::new(),
            by_tx: BTreeMap::new(),
            with_txs: BTreeSet::new(),
        }
    }

    /// What was written down; `None` where there was nothing.
    pub(crate) fn open(view: &dyn DurableView) -> Result<Option<Self>, DecodeError> {
        let Some(state) = view.get(STATE_KEY) else { return Ok(None) };
        let mut archive = Self {
            state: State::decode(&state)?,
            light: BTreeMap::new(),
            bodies: BTreeMap::new(),
            bodies_len: 0,
            sets: Sets::open(view)?,
            by_hash: BTreeMap::new(),
            by_tx: BTreeMap::new(),
            with_txs: BTreeSet::new(),
            writes: Vec::new(),
        };
        for (key, bytes) in view.scan(LIGHT_PREFIX) {
            let height = height_of(LIGHT_PREFIX, &key)?;
            if let Some(hash) = Light::decode(&bytes)?.commit.block_id.hash {
                archive.by_hash.insert(hash, height);
            }
            archive.light.insert(height, bytes.into());
        }
        for (key, bytes) in view.scan(BODY_PREFIX) {
            let height = height_of(BODY_PREFIX, &key)?;
            archive.index(height, &Body::decode(&bytes)?.txs);
            archive.bodies_len = archive.bodies_len.saturating_add(bytes.len());
            archive.bodies.insert(height, bytes.into());
        }
        if archive.light.last_key_value().map(|(height, _)| *height) != archive.newest() {
            return Err(DecodeError::new("block_record", "the newest block is not there"));
        }
        Ok(Some(archive))
    }

    fn newest(&self) -> Option<u64> {
        Some(self.state.height()).filter(|height| *height > 0)
    }

    /// What follows from the newest block.
    pub(crate) const fn state(&self) -> &State {
        &self.state
    }

    /// The height of the newest block; zero before the first.
    pub(crate) const fn height(&self) -> u64 {
        self.state.height()
    }

    /// The height of the oldest block that is wholly there.
    pub(crate) fn base(&self) -> u64 {
        let base = self.bodies.first_key_value().map_or(1, |(height, _)| *height);
        // The commit of the block before is in that block's record.
        let known = self.light.first_key_value().map_or(1, |(height, _)| *height);
        if known == 1 { base } else { base.max(known.saturating_add(1)) }
    }

    /// The height of the oldest block whose header is there.
    pub(crate) fn light_base(&self) -> u64 {
        self.light.first_key_value().map_or(1, |(height, _)| *height)
    }

    /// Adds the next block, and what became of it.
    pub(crate) fn push(&mut self, decided: &DecidedBlock, outcome: BlockOutcome) {
        let DecidedBlock { block, commit } = decided;
        let height = block.header.height;
        if height != self.state.next_height() {
            return;
        }
        if let (Some(before), Some(commit)) =
            (self.light(height.wrapping_sub(1)), &block.last_commit)
        {
            self.put_light(&Light { commit: commit.clone(), canonical: true, ..before });
        }
        self.state = self.state.after(block, commit.block_id, &outcome.executed());
        self.put_light(&Light {
            header: block.header.clone(),
            commit: commit.clone(),
            canonical: false,
            block_len: u64::try_from(block.encode().len()).unwrap_or(u64::MAX),
            tx_count: u64::try_from(block.txs.len()).unwrap_or(u64::MAX),
        });
        let body = Body { txs: block.txs.clone(), evidence: block.evidence.clone(), outcome };
        self.index(height, &body.txs);
        let bytes = body.encode();
        self.writes.push(DurableWrite::set(key(BODY_PREFIX, height), bytes.clone()));
        self.bodies_len = self.bodies_len.saturating_add(bytes.len());
        self.bodies.insert(height, bytes.into());
        let next = self.state.next_validators();
        self.writes.extend(self.sets.note(height.saturating_add(2), next));
        self.prune();
    }

    fn put_light(&mut self, light: &Light) {
        let height = light.header.height;
        if let Some(hash) = light.commit.block_id.hash {
            self.by_hash.insert(hash, height);
        }
        let bytes = light.encode();
        self.writes.push(DurableWrite::set(key(LIGHT_PREFIX, height), bytes.clone()));
        self.light.insert(height, bytes.into());
    }

    fn index(&mut self, height: u64, txs: &[Vec<u8>]) {
        for (index, tx) in (0..).zip(txs) {
            self.by_tx.insert(tx_hash(tx), (height, index));
            self.with_txs.insert(height);
        }
    }

    fn prune(&mut self) {
        while self.bodies_len > KEPT_BODIES_LEN && self.bodies.len() > 1 {
            self.prune_body();
        }
        let oldest = self.state.height().saturating_sub(KEPT_HEADERS);
        while let Some((height, bytes)) = self.light.first_key_value() {
            let height = *height;
            if height > oldest {
                return;
            }
            let hash = Light::decode(bytes).ok().and_then(|light| light.commit.block_id.hash);
            if let Some(hash) = hash {
                self.by_hash.remove(&hash);
            }
            self.light.remove(&height);
            self.writes.push(DurableWrite::delete(key(LIGHT_PREFIX, height)));
            if self.bodies.contains_key(&height) {
                self.prune_body();
            }
            self.writes.extend(self.sets.thin(height));
        }
    }

    fn prune_body(&mut self) {
        let Some((height, bytes)) = self.bodies.pop_first() else { return };
        self.bodies_len = self.bodies_len.saturating_sub(bytes.len());
        self.writes.push(DurableWrite::delete(key(BODY_PREFIX, height)));
        self.with_txs.remove(&height);
        let txs = Body::decode(&bytes).map(|body| body.txs).unwrap_or_default();
        for tx in txs {
            let hash = tx_hash(&tx);
            // The same bytes may be in a later block again.
            if self.by_tx.get(&hash).is_some_and(|(at, _)| *at == height) {
                self.by_tx.remove(&hash);
            }
        }
    }

    /// Header and commit of a height.
    pub(crate) fn light(&self, height: u64) -> Option<Light> {
        // What is in memory was encoded here or decoded once.
        Light::decode(self.light.get(&height)?).ok()
    }

    /// Transactions of a height, and what became of them.
    pub(crate) fn body(&self, height: u64) -> Option<Body> {
        Body::decode(self.bodies.get(&height)?).ok()
    }

    /// A whole block, its id, and the commit that decided it.
    pub(crate) fn block(&self, height: u64) -> Option<(Block, BlockId, Commit)> {
        let light = self.light(height)?;
        let last_commit = match height {
            1 => None,
            _ => Some(self.light(height.checked_sub(1)?)?.commit),
        };
        let body = self.body(height)?;
        let Body { txs, evidence, .. } = body;
        let block = Block { header: light.header, txs, evidence, last_commit };
        Some((block, light.commit.block_id, light.commit))
    }

    /// A block for participants that are behind.
    pub(crate) fn decided(&self, height: u64) -> Option<DecidedBlock> {
        let (block, _, commit) = self.block(height)?;
        Some(DecidedBlock { block: Arc::new(block), commit })
    }

    /// The height of a block.
    pub(crate) fn height_of(&self, hash: &Hash) -> Option<u64> {
        self.by_hash.get(hash).copied()
    }

    /// Where a transaction is.
    pub(crate) fn find_tx(&self, hash: &Hash) -> Option<(u64, u32)> {
        self.by_tx.get(hash).copied()
    }

    /// The heights of all whole blocks.
    pub(crate) fn heights(&self) -> impl Iterator<Item = u64> + '_ {
        self.bodies.keys().copied()
    }

    /// The heights of all whole blocks with transactions in them.
    pub(crate) fn heights_with_txs(&self) -> impl Iterator<Item = u64> + '_ {
        self.with_txs.iter().copied()
    }

    /// The validators of a height, up to the one after the next.
    pub(crate) fn validators(&self, height: u64) -> Option<ValidatorSet> {
        if height > self.height().saturating_add(2) {
            return None;
        }
        self.sets.at(height)
    }

    /// The members of a height's set; their turns are not those of that height.
    pub(crate) fn members(&self, height: u64) -> Option<&ValidatorSet> {
        self.sets.members(height)
    }

    /// What must be written down.
    pub(crate) fn take_writes(&mut self) -> Vec<DurableWrite> {
        let mut writes = core::mem::take(&mut self.writes);
        if !writes.is_empty() {
            writes.push(DurableWrite::set(STATE_KEY, self.state.encode()));
        }
        writes
    }
}
