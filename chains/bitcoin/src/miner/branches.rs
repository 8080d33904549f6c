//! Branches on demand: blocks that are ruled out, mined at once, or mined beside the followed
//! chain.

use std::collections::BTreeMap;
use std::sync::Arc;

use causeway_client_bitcoin::{Anchor, BlockHash, Header, HeaderError, RawHeader, Work};
use causeway_core::Timestamp;
use causeway_wire_bitcoin::rpc::{ChainTip, TipStatus};
use causeway_wire_bitcoin::{Block, KeyHash};

use super::{LANES, MAX_FORK_DEPTH, Message, Miner, search};
use crate::check::{BlockError, check_block};
use crate::ledger::{Coin, OutpointKey, Undo};
use crate::mempool::Mempool;
use crate::template::template;

/// What a branch that is mined beside the followed chain is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rival {
    /// It gets more work than the followed chain, which it replaces.
    Overtaking,
    /// It gets as much work at most, so that those who saw the other one first stay with it.
    Beside,
}

/// Why a block cannot be ruled out or let in again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BranchError {
    /// No such block is known.
    #[error("Block not found")]
    NotFound,
    /// The first block, or one that is too deep to be taken back.
    #[error("only the newest {MAX_FORK_DEPTH} blocks can be invalidated")]
    TooDeep,
}

/// Why a header from outside is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SubmitHeaderError {
    /// Its parent is not known.
    #[error("Must submit previous header ({0}) first")]
    Orphan(BlockHash),
    /// It breaks a rule.
    #[error(transparent)]
    Invalid(#[from] HeaderError),
    /// It builds on what was ruled out.
    #[error("bad-prevblk")]
    OnFailed,
    /// It forks off too far below the tip to be kept.
    #[error("too-little-chainwork")]
    TooDeep,
}

impl Miner {
    /// A header on any branch, with what its children are judged by.
    pub(crate) fn header(&self, hash: &BlockHash) -> Option<&Anchor> {
        self.index.get(hash).map(|entry| &entry.anchor)
    }

    /// What a block of the followed chain spent, as long as it can be taken back.
    pub(crate) fn spent_by(&self, hash: &BlockHash) -> BTreeMap<OutpointKey, &Coin> {
        let height = self.active_height(hash).and_then(|height| u64::try_from(height).ok());
        let undo = height.and_then(|height| self.undos.get(&height));
        undo.into_iter().flat_map(Undo::spent).collect()
    }

    /// Height of the header with the most work that was not ruled out.
    pub(crate) fn best_header_height(&self) -> u64 {
        let tips = self.index.tips().map(|(_, entry)| entry).filter(|entry| !entry.has_failed);
        let best = tips.max_by_key(|entry| entry.anchor.chainwork);
        best.map_or(0, |entry| entry.anchor.height).max(self.height())
    }

    /// The ends of all branches, the highest first.
    pub(crate) fn tips(&self) -> Vec<ChainTip> {
        let tip = self.tip_hash();
        let rivals = self.index.tips().map(|(hash, _)| *hash).filter(|hash| *hash != tip);
        let all = rivals.chain([tip]);
        let mut tips: Vec<_> = all.filter_map(|hash| self.describe_tip(hash)).collect();
        tips.sort_by_key(|tip| (core::cmp::Reverse(tip.height), tip.hash));
        tips
    }

    fn describe_tip(&self, hash: BlockHash) -> Option<ChainTip> {
        let entry = self.index.get(&hash)?;
        let height = entry.anchor.height;
        let status = if self.active_height(&hash).is_some() {
            TipStatus::Active
        } else if entry.has_failed {
            TipStatus::Invalid
        } else if !self.index.missing(hash, 1).is_empty() {
            TipStatus::HeadersOnly
        } else if entry.was_connected {
            TipStatus::ValidFork
        } else {
            TipStatus::ValidHeaders
        };
        let mut joint = hash;
        while self.active_height(&joint).is_none() {
            joint = self.index.get(&joint)?.anchor.header.prev;
        }
        let branch_len = height.saturating_sub(self.index.get(&joint)?.anchor.height);
        Some(ChainTip { height, hash, branch_len, status })
    }

    /// Takes a block that somebody made; gives the reason, in Bitcoin Core's words, when it is not
    /// the new tip then.
    pub(crate) fn submit_block(&mut self, block: Block, now: Timestamp) -> Option<String> {
        let hash = block.header.hash();
        if self.block(&hash).is_some() {
            return Some("duplicate".into());
        }
        let Some(parent) = self.index.get(&block.header.prev) else {
            return Some("prev-blk-not-found".into());
        };
        let height = parent.anchor.height.saturating_add(1);
        if let Err(error) = check_block(&block, height) {
            return Some(error.to_string());
        }
        self.add_block(block, now);
        self.announce();
        match self.index.get(&hash) {
            None => Some("rejected".into()),
            Some(entry) if entry.has_failed => Some("rejected".into()),
            Some(_) if self.tip_hash() == hash => None,
            Some(_) => Some("inconclusive".into()),
        }
    }

    /// Takes a header that somebody made.
    pub(crate) fn submit_header(
        &mut self,
        raw: &RawHeader,
        latest_time: u64,
    ) -> Result<(), SubmitHeaderError> {
        if self.index.is_genesis(raw) {
            return Ok(());
        }
        let prev = Header::from_bytes(raw).prev;
        let parent = self.index.get(&prev);
        let is_too_deep = |height: u64| height.saturating_add(MAX_FORK_DEPTH) < self.height();
        if parent.is_some_and(|parent| is_too_deep(parent.anchor.height)) {
            return Err(SubmitHeaderError::TooDeep);
        }
        match self.index.add_header(&self.rules, raw, latest_time) {
            None => Err(SubmitHeaderError::Orphan(prev)),
            Some(Err(BlockError::Header(error))) => Err(error.into()),
            Some(Ok(hash)) if self.index.get(&hash).is_some_and(|e| !e.has_failed) => Ok(()),
            Some(_) => Err(SubmitHeaderError::OnFailed),
        }
    }

    /// Rules a block and all that builds on it out, and follows the best of what is left.
    pub(crate) fn invalidate(&mut self, hash: BlockHash) -> Result<(), BranchError> {
        let height = self.index.get(&hash).ok_or(BranchError::NotFound)?.anchor.height;
        let is_too_deep = height.saturating_add(MAX_FORK_DEPTH) <= self.height();
        if height == 0 || is_too_deep {
            return Err(BranchError::TooDeep);
        }
        let before = self.tip_hash();
        let is_active = self.active_height(&hash).is_some();
        self.index.fail(hash);
        if is_active {
            let returned = self.take_back_to(height.saturating_sub(1));
            self.follow_from(before, returned);
        }
        Ok(())
    }

    /// Lets a block, those before it and those that build on it in again.
    pub(crate) fn reconsider(&mut self, hash: BlockHash) -> Result<(), BranchError> {
        self.index.get(&hash).ok_or(BranchError::NotFound)?;
        self.index.reconsider(hash);
        self.follow_most_work();
        Ok(())
    }

    /// Takes blocks back down to a height, and gives them, lowest first.
    fn take_back_to(&mut self, height: u64) -> Vec<Arc<Block>> {
        let mut returned = Vec::new();
        while self.height() > height {
            let Some(block) = self.disconnect() else { break };
            returned.push(block);
        }
        returned.reverse();
        returned
    }

    /// Mines up to `count` blocks on the tip at once, and stops early after `attempts` nonces.
    pub(crate) fn generate(
        &mut self,
        count: u64,
        payee: KeyHash,
        mut attempts: u64,
        now: Timestamp,
    ) -> Vec<BlockHash> {
        let mut mined = Vec::new();
        for _ in 0..count {
            let mempool = core::mem::take(&mut self.mempool);
            let block = self.mine_one(&mempool, payee, &mut attempts, now);
            self.mempool = mempool;
            let Some(block) = block else { break };
            let (hash, bytes) = (block.header.hash(), block.to_bytes());
            if !self.add_block(block, now) {
                break;
            }
            self.tell_all(Message::Block(bytes.into()));
            mined.push(hash);
        }
        mined
    }

    /// Mines a branch that leaves the followed chain `depth` blocks below the tip, as a
    /// participant does that was cut off: without any transaction. Tells all others of it. Gives
    /// how many blocks it has.
    pub(crate) fn grow_rival(&mut self, depth: u64, rival: Rival, now: Timestamp) -> usize {
        let (before, goal) = (self.tip_hash(), self.tip().chainwork);
        let fork = self.height().saturating_sub(depth);
        let returned = self.take_back_to(fork);
        let payee = self.payees.own;
        let mut headers = Vec::new();
        while self.is_wanted(rival, goal) {
            let mut attempts = u64::MAX;
            let mined = self.mine_one(&Mempool::default(), payee, &mut attempts, now);
            let Some(block) = mined else { break };
            let (hash, raw) = (block.header.hash(), block.header.to_bytes());
            self.add_header(&raw, now);
            self.index.add_block(hash, Arc::new(block));
            if !self.connect(hash) {
                break;
            }
            headers.push(raw);
        }
        self.follow_from(before, returned);
        let grown = headers.len();
        self.tell_all(Message::Headers(headers));
        grown
    }

    /// Whether a rival needs another block on the present tip.
    fn is_wanted(&self, rival: Rival, goal: Work) -> bool {
        let tip = self.tip();
        let next = tip.header.bits.expand().target.work();
        match rival {
            // One block more than is needed: the others may find one while they hear of it.
            Rival::Overtaking => tip.chainwork <= goal.plus(next),
            Rival::Beside => tip.chainwork.plus(next) <= goal,
        }
    }

    /// A block on the tip with what waits in `mempool` and with enough work; `None` when all
    /// attempts are used up.
    fn mine_one(
        &self,
        mempool: &Mempool,
        payee: KeyHash,
        attempts: &mut u64,
        now: Timestamp,
    ) -> Option<Block> {
        let lanes = u64::try_from(LANES).unwrap_or(u64::MAX);
        let mut round = 0_u64;
        while *attempts > 0 {
            let (id, nanos) = (self.id.0.to_le_bytes(), now.nanos().to_le_bytes());
            let extra = [&id[..], &nanos, &round.to_le_bytes()].concat();
            let parent = self.tip();
            let mut block =
                template(&self.rules, &parent, &self.ledger, mempool, payee, &extra, now).ok()?;
            while *attempts > 0 && block.header.nonce < u32::MAX {
                *attempts = attempts.saturating_sub(lanes);
                if search(&mut block.header, lanes) {
                    return Some(block);
                }
            }
            round = round.saturating_add(1);
        }
        None
    }
}
