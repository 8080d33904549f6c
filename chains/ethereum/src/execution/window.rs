//! Which blocks are kept: following the head, forgetting what is old, and coming back.

use std::collections::BTreeSet;
use std::sync::Arc;

use alloy_primitives::B256;
use causeway_chain::{DurableView, DurableWrite};

use super::state::{Changes, State};
use super::store::{self, RestoreError};
use super::{Execution, Heads, Known};

/// Final blocks that are kept with their states: the proof window, and as many as a beacon node
/// that was away may import again, with some room.
pub const KEPT_BLOCKS: u64 = 10_064;

impl Execution {
    /// Begins with this block.
    pub(super) fn adopt_genesis(&mut self, known: Known) {
        let hash = known.block.hash;
        self.genesis = Some(Arc::new(known.block.clone()));
        self.blocks.insert(hash, Arc::new(known));
        self.base = hash;
        self.canonical.insert(0, hash);
        self.heads = Heads { head: hash, safe: hash, finalized: hash };
        self.write_heads();
    }

    fn write_heads(&mut self) {
        let Heads { head, safe, finalized } = self.heads;
        self.writes.push(DurableWrite::set(store::HEADS, [head, safe, finalized].concat()));
    }

    /// Takes the consensus half's word for which blocks count. Hashes that are not known change
    /// nothing.
    pub(super) fn follow(&mut self, head: B256, safe: B256, finalized: B256) {
        if !self.blocks.contains_key(&head) {
            return;
        }
        let known = |hash, old| if self.blocks.contains_key(&hash) { hash } else { old };
        self.heads = Heads {
            head,
            safe: known(safe, self.heads.safe),
            finalized: known(finalized, self.heads.finalized),
        };
        self.write_heads();
        let abandoned = self.switch_to(head);
        self.forget_old();
        self.tidy_pool(abandoned);
    }

    /// Makes the chain of `head` the canonical one; gives the blocks that no longer are.
    fn switch_to(&mut self, head: B256) -> Vec<Arc<Known>> {
        let mut joined = Vec::new();
        let mut next = head;
        while let Some(known) = self.blocks.get(&next) {
            let number = known.block.header.number;
            if self.canonical.get(&number) == Some(&next) {
                break;
            }
            joined.push(Arc::clone(known));
            next = known.block.header.parent_hash;
        }
        let first = joined.last().map(|known| known.block.header.number);
        let tip = self.blocks.get(&head).map(|known| known.block.header.number);
        let Some(first) = first.or_else(|| tip.map(|tip| tip.saturating_add(1))) else {
            return Vec::new();
        };
        let left: Vec<B256> = self.canonical.split_off(&first).into_values().collect();
        let left: Vec<_> = left.iter().filter_map(|hash| self.blocks.get(hash)).cloned().collect();
        for known in &left {
            for transaction in &known.block.transactions {
                self.transactions.remove(&transaction.hash());
            }
        }
        for known in joined.into_iter().rev() {
            self.canonical.insert(known.block.header.number, known.block.hash);
            for (index, transaction) in known.block.transactions.iter().enumerate() {
                self.transactions.insert(transaction.hash(), (known.block.hash, index));
            }
        }
        left
    }

    /// Forgets side branches that what is final contradicts, and final blocks beyond the window,
    /// whose changes become part of the stored base state.
    fn forget_old(&mut self) {
        let Some(finalized) = self.blocks.get(&self.heads.finalized) else { return };
        let finalized = finalized.block.header.number;
        self.forget_branches(finalized);
        let oldest = finalized.saturating_sub(self.kept_blocks);
        while let Some((number, hash)) = self.canonical.first_key_value().map(|(n, h)| (*n, *h)) {
            if number >= oldest {
                break;
            }
            self.canonical.remove(&number);
            if let Some(known) = self.blocks.remove(&hash) {
                self.writes.push(DurableWrite::delete(store::block_key(&known.block)));
                for transaction in &known.block.transactions {
                    self.transactions.remove(&transaction.hash());
                }
            }
            let next = self.canonical.first_key_value().map(|(_, hash)| *hash);
            if let Some(next) = next.and_then(|hash| self.blocks.get(&hash)) {
                store::write_base(&next.changes, &mut self.writes);
                self.base = next.block.hash;
                self.writes.push(DurableWrite::set(store::BASE, self.base.to_vec()));
            }
        }
    }

    fn forget_branches(&mut self, finalized: u64) {
        if core::mem::replace(&mut self.finalized_number, finalized) == finalized {
            return;
        }
        // Above the final block, what does not stand on it.
        let mut kept: BTreeSet<B256> = BTreeSet::new();
        let mut by_number: Vec<(u64, B256, B256)> = self
            .blocks
            .values()
            .map(|known| &known.block)
            .map(|block| (block.header.number, block.hash, block.header.parent_hash))
            .collect();
        by_number.sort_unstable();
        for (number, hash, parent) in by_number {
            let is_canonical = self.canonical.get(&number) == Some(&hash);
            let stands = if number <= finalized { is_canonical } else { kept.contains(&parent) };
            if stands {
                kept.insert(hash);
            } else if let Some(known) = self.blocks.remove(&hash) {
                self.writes.push(DurableWrite::delete(store::block_key(&known.block)));
            }
        }
    }

    /// Transactions of abandoned blocks wait again; those that were sent do not.
    fn tidy_pool(&mut self, abandoned: Vec<Arc<Known>>) {
        let Some(head) = self.blocks.get(&self.heads.head).cloned() else { return };
        self.pool.forget_sent(|sender| head.state.nonce(sender));
        for known in abandoned {
            for transaction in &known.block.transactions {
                let account = head.state.account(&transaction.sender()).unwrap_or_default();
                // What is sent by now, or cannot be paid any more, is gone.
                let _ = self.pool.add(transaction.clone(), account.nonce, account.balance);
            }
        }
    }

    /// Comes back to where the writes end.
    pub(super) fn restore(&mut self, view: &dyn DurableView) -> Result<(), RestoreError> {
        let get = |key: &[u8], what| view.get(key).ok_or(RestoreError::Missing { what });
        let (genesis, _) = store::decode(&get(store::GENESIS, "genesis block")?)?;
        self.rules.genesis_time = genesis.header.timestamp;
        self.genesis = Some(Arc::new(genesis));
        let malformed = |what| RestoreError::Malformed { what, reason: "no hash".into() };
        let base = store::read_hash(&get(store::BASE, "base")?);
        self.base = base.ok_or_else(|| malformed("base"))?;
        let heads = get(store::HEADS, "heads")?;
        let mut hashes = heads.chunks(32).map(store::read_hash);
        let mut hash = || hashes.next().flatten().ok_or_else(|| malformed("heads"));
        self.heads = Heads { head: hash()?, safe: hash()?, finalized: hash()? };
        let base_state = State::default().with(&store::read_base(view)?);
        for (block, changes) in store::blocks(view)? {
            let is_base = block.hash == self.base;
            let parent = self.blocks.get(&block.header.parent_hash);
            let state = match parent {
                _ if is_base => base_state.clone(),
                Some(parent) if changes.is_empty() => parent.state.clone(),
                Some(parent) => parent.state.with(&changes),
                // A side branch that begins before the base.
                None => continue,
            };
            let (got, expected) = (state.root(), block.header.state_root);
            if got != expected {
                let number = block.header.number;
                return Err(RestoreError::StateRoot { number, got, expected });
            }
            let changes = if is_base { Changes::default() } else { changes };
            self.blocks.insert(block.hash, Arc::new(Known { block, state, changes }));
        }
        if !self.blocks.contains_key(&self.heads.head) {
            return Err(RestoreError::Missing { what: "head block" });
        }
        self.switch_to(self.heads.head);
        Ok(())
    }
}
