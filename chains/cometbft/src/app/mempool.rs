//! Transactions that wait for a block, in the order in which they came.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use causeway_wire_cometbft::tx::MAX_TX_LEN;

use super::MAX_BLOCK_GAS;
use super::tx::Parsed;
use crate::Hash;

/// The most transactions that wait (`mempool.size`).
pub const MAX_PENDING: usize = 5_000;

/// The most bytes of transactions that wait.
pub const MAX_PENDING_LEN: usize = 32 << 20;

/// So many transactions of blocks are remembered, so that they are not taken in again
/// (`mempool.cache_size`).
const MAX_REMEMBERED: usize = 10_000;

/// What a block needs for a transaction beside its bytes: a key and a length of up to three bytes.
const TX_OVERHEAD: usize = 4;

/// Why a transaction was not even checked, in the words of `mempool/errors.go`, which clients look
/// for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MempoolError {
    /// It was seen before.
    #[error("tx already exists in cache")]
    InCache,
    /// There is no room.
    #[error(
        "mempool is full: number of txs {count} (max: {max_count}), \
         total txs bytes {bytes} (max: {max_bytes})"
    )]
    Full {
        /// Transactions that wait.
        count: usize,
        /// The most that may.
        max_count: usize,
        /// Their bytes.
        bytes: usize,
        /// The most there may be.
        max_bytes: usize,
    },
    /// It is longer than any transaction may be.
    #[error("Tx too large. Max size is {max}, but got {got}")]
    TooLarge {
        /// Its length.
        got: usize,
        /// The limit.
        max: usize,
    },
}

/// Transactions that wait.
#[derive(Debug, Default)]
pub(crate) struct Mempool {
    /// By arrival.
    waiting: BTreeMap<u64, Waiting>,
    by_hash: BTreeMap<Hash, u64>,
    bytes: usize,
    arrivals: u64,
    /// Transactions of blocks, the oldest first.
    done: VecDeque<Hash>,
    is_done: BTreeSet<Hash>,
}

#[derive(Debug)]
struct Waiting {
    bytes: Vec<u8>,
    parsed: Arc<Parsed>,
}

impl Mempool {
    /// Refuses what need not be looked into.
    pub(crate) fn check(&self, tx: &[u8], hash: &Hash) -> Result<(), MempoolError> {
        let (count, bytes) = self.size();
        if count >= MAX_PENDING || bytes.saturating_add(tx.len()) > MAX_PENDING_LEN {
            let (max_count, max_bytes) = (MAX_PENDING, MAX_PENDING_LEN);
            return Err(MempoolError::Full { count, max_count, bytes, max_bytes });
        }
        if tx.len() > MAX_TX_LEN {
            return Err(MempoolError::TooLarge { got: tx.len(), max: MAX_TX_LEN });
        }
        if self.by_hash.contains_key(hash) || self.is_done.contains(hash) {
            return Err(MempoolError::InCache);
        }
        Ok(())
    }

    /// Adds a transaction that was admitted, signatures included.
    pub(crate) fn add(&mut self, bytes: Vec<u8>, parsed: Arc<Parsed>) {
        self.bytes = self.bytes.saturating_add(bytes.len());
        self.by_hash.insert(parsed.hash, self.arrivals);
        self.waiting.insert(self.arrivals, Waiting { bytes, parsed });
        self.arrivals = self.arrivals.saturating_add(1);
    }

    /// How many wait, and their bytes.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.waiting.len(), self.bytes)
    }

    /// The first ones.
    pub(crate) fn first(&self, limit: usize) -> Vec<Vec<u8>> {
        self.waiting.values().take(limit).map(|it| it.bytes.clone()).collect()
    }

    /// A transaction that waits, whose signatures hold therefore.
    pub(crate) fn get(&self, hash: &Hash) -> Option<Arc<Parsed>> {
        Some(self.waiting.get(self.by_hash.get(hash)?)?.parsed.clone())
    }

    /// The first ones that fit into a block. One that does not fit ends the list, as the next may
    /// follow on it.
    pub(crate) fn for_block(&self, max_len: usize) -> Vec<Vec<u8>> {
        let (mut len, mut gas) = (0_usize, 0_u64);
        let fits = |it: &&Waiting| {
            len = len.saturating_add(it.bytes.len()).saturating_add(TX_OVERHEAD);
            gas = gas.saturating_add(it.parsed.tx.fee.gas_limit);
            len <= max_len && gas <= MAX_BLOCK_GAS
        };
        self.waiting.values().take_while(fits).map(|it| it.bytes.clone()).collect()
    }

    /// Takes the transactions of a block out, and remembers them.
    pub(crate) fn remove(&mut self, hashes: impl IntoIterator<Item = Hash>) {
        for hash in hashes {
            if let Some(waiting) =
                self.by_hash.remove(&hash).and_then(|at| self.waiting.remove(&at))
            {
                self.bytes = self.bytes.saturating_sub(waiting.bytes.len());
            }
            if self.is_done.insert(hash) {
                self.done.push_back(hash);
            }
        }
        while self.done.len() > MAX_REMEMBERED {
            if let Some(hash) = self.done.pop_front() {
                self.is_done.remove(&hash);
            }
        }
    }

    /// Keeps only those that still hold, in order.
    pub(crate) fn retain(&mut self, mut holds: impl FnMut(&Parsed) -> bool) {
        let Self { waiting, by_hash, bytes, .. } = self;
        waiting.retain(|_, it| {
            let stays = holds(&it.parsed);
            if !stays {
                by_hash.remove(&it.parsed.hash);
                *bytes = bytes.saturating_sub(it.bytes.len());
            }
            stays
        });
    }
}
