//! What was executed lately. Participants try the same calls again and again: in every block that
//! they search, and in the one that is found.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use causeway_client_bitcoin::BlockHash;
use causeway_core::DecodeError;
use causeway_store::Snapshot;
use sha2::{Digest, Sha256};

use super::execution::{BlockInfo, Executed, PreparedCall, Step};
use super::record::Record;

/// Executions of blocks so far below the newest are forgotten; a deeper reorganisation carries
/// them out anew.
const KEPT_HEIGHTS: u64 = 8;
/// The most single calls that are remembered: several blocks full of the smallest ones.
const MAX_STEPS: usize = 20_000;

/// What an execution depends on, hashed: the parent's state, height and time, and the transactions
/// of the calls so far, each of which determines call, caller and coins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StepKey([u8; 32]);

impl StepKey {
    /// The keys after each call.
    pub(super) fn chain(parent: &Snapshot, block: BlockInfo, calls: &[PreparedCall]) -> Vec<Self> {
        let start = Sha256::new_with_prefix(parent.root_hash().0)
            .chain_update(block.height.to_be_bytes())
            .chain_update(block.time.nanos().to_be_bytes());
        let mut last: [u8; 32] = start.finalize().into();
        let mut next = |call: &PreparedCall| {
            last = Sha256::new_with_prefix(last).chain_update(call.txid.0).finalize().into();
            Self(last)
        };
        calls.iter().map(&mut next).collect()
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(super) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

#[derive(Debug, Default)]
pub(super) struct Memo {
    steps: BTreeMap<StepKey, Arc<Step>>,
    /// The keys of all steps, in the order in which they are forgotten.
    step_heights: BTreeSet<(u64, StepKey)>,
    blocks: BTreeMap<StepKey, (u64, Arc<Executed>)>,
    /// What would be written down of an execution, once a block has it.
    records: BTreeMap<StepKey, (u64, Arc<[u8]>)>,
    /// Blocks whose record was given away.
    noted: BTreeSet<(u64, BlockHash)>,
    fresh: Vec<(BlockHash, Arc<[u8]>)>,
    /// Read from what an earlier run wrote down.
    recalled: BTreeMap<StepKey, Record>,
}

impl Memo {
    pub(super) fn executed(&self, key: StepKey) -> Option<Arc<Executed>> {
        self.blocks.get(&key).map(|(_, executed)| executed.clone())
    }

    pub(super) fn step(&self, key: StepKey) -> Option<Arc<Step>> {
        self.steps.get(&key).cloned()
    }

    pub(super) fn keep_step(&mut self, key: StepKey, height: u64, step: Step) -> Arc<Step> {
        let step = Arc::new(step);
        self.steps.insert(key, Arc::clone(&step));
        self.step_heights.insert((height, key));
        if self.step_heights.len() > MAX_STEPS
            && let Some((_, oldest)) = self.step_heights.pop_first()
        {
            self.steps.remove(&oldest);
        }
        step
    }

    pub(super) fn keep(
        &mut self,
        key: StepKey,
        height: u64,
        executed: Arc<Executed>,
    ) -> Arc<Executed> {
        self.blocks.insert(key, (height, Arc::clone(&executed)));
        self.forget_below(height.saturating_sub(KEPT_HEIGHTS));
        executed
    }

    fn forget_below(&mut self, lowest: u64) {
        while let Some((height, key)) = self.step_heights.first().copied() {
            if height >= lowest {
                break;
            }
            self.step_heights.pop_first();
            self.steps.remove(&key);
        }
        self.blocks.retain(|_, (height, _)| *height >= lowest);
        self.records.retain(|_, (height, _)| *height >= lowest);
        self.noted = self.noted.split_off(&(lowest, BlockHash::default()));
    }

    pub(super) fn keep_record(
        &mut self,
        key: StepKey,
        height: u64,
        executed: &Executed,
        steps: &[Arc<Step>],
    ) {
        let record = Record::of(key, executed, steps).to_bytes();
        self.records.insert(key, (height, record.into()));
    }

    pub(super) fn note_block(&mut self, hash: BlockHash, height: u64, executed: &Executed) {
        let is_it = |(_, own): &&(u64, Arc<Executed>)| core::ptr::eq(own.as_ref(), executed);
        let found = self.blocks.iter().find(|(_, entry)| is_it(entry));
        let record = found.and_then(|(key, _)| self.records.get(key));
        if let Some((_, record)) = record
            && self.noted.insert((height, hash))
        {
            self.fresh.push((hash, Arc::clone(record)));
        }
    }

    pub(super) fn take_records(&mut self) -> Vec<(BlockHash, Arc<[u8]>)> {
        core::mem::take(&mut self.fresh)
    }

    pub(super) fn take_record(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        let record = Record::from_bytes(bytes)?;
        self.recalled.insert(record.key, record);
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn step_count(&self) -> usize {
        self.steps.len()
    }

    pub(super) fn forget_records(&mut self) {
        self.recalled.clear();
    }

    /// The execution that was written down under this key. What does not fit the parent's state is
    /// left to be executed.
    pub(super) fn recall(&mut self, key: StepKey, parent: &Snapshot) -> Option<Arc<Executed>> {
        let record = self.recalled.remove(&key)?;
        let executed = Executed::of_writes(parent, &record.writes, record.calls, record.payments);
        let is_it = |executed: &Executed| executed.snapshot().root_hash().0 == record.root;
        executed.ok().filter(is_it).map(Arc::new)
    }
}
