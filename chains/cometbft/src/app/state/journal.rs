//! What is written down, and the way back: how every block changed the state, and from time to time
//! all of it, so that not everything since genesis must be done again.

use std::collections::BTreeMap;

use causeway_chain::{DurableView, DurableWrite};
use causeway_store::{StoreError, Tree};
use prost::Message;

use super::{BlockRecord, History, HistoryError, Store};

/// So many blocks are between two snapshots, at most.
const SNAPSHOT_INTERVAL: u64 = 1_000;

/// So many bytes of changes are between two snapshots, at most.
const SNAPSHOT_LEN: usize = 32 << 20;

const RECORD: &[u8] = b"app/block/";
const PART: &[u8] = b"app/snapshot/";
const INDEX: &[u8] = b"app/snapshots";

fn record_key(height: u64) -> Vec<u8> {
    [RECORD, &height.to_be_bytes()].concat()
}

fn part_key(height: u64, store: usize, part: u32) -> Vec<u8> {
    let store = u8::try_from(store).unwrap_or(u8::MAX);
    [PART, &height.to_be_bytes(), &[store], &part.to_be_bytes()].concat()
}

/// How many parts each store has in each snapshot.
#[derive(Clone, PartialEq, Message)]
struct Index {
    #[prost(btree_map = "uint64, message", tag = "1")]
    snapshots: BTreeMap<u64, Parts>,
}

#[derive(Clone, PartialEq, Message)]
struct Parts {
    #[prost(uint32, repeated, tag = "1")]
    counts: Vec<u32>,
}

/// What is to be written, and what was.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    writes: Vec<DurableWrite>,
    index: Index,
    /// The lowest record that is there.
    first_record: u64,
    /// Bytes of changes since the last snapshot.
    since_snapshot: usize,
}

impl Journal {
    /// The versions that were written down, or none yet.
    pub(crate) fn open(
        view: &dyn DurableView,
        window: u64,
    ) -> Result<(Self, History), HistoryError> {
        let records = view.scan(RECORD);
        let Some(first_record) = records.first().and_then(|(key, _)| height_of(key)) else {
            return Ok((Self::default(), History::empty(window)?));
        };
        let index = view.get(INDEX).unwrap_or_default();
        let index = Index::decode(index.as_slice())
            .map_err(|error| causeway_core::DecodeError::new("snapshots", error.to_string()))?;
        let mut journal = Self { index, first_record, ..Self::default() };
        let mut history = match journal.index.snapshots.first_key_value() {
            None => History::empty(window)?,
            Some((height, parts)) => {
                let record = view.get(&record_key(*height));
                let record = record.ok_or(HistoryError::Missing { height: *height })?;
                restore(view, *height, parts, (&BlockRecord::decode(&record)?, window))?
            }
        };
        for (key, bytes) in records {
            let height = height_of(&key).unwrap_or_default();
            let next = history.latest().height.saturating_add(1);
            if height > next {
                return Err(HistoryError::Missing { height: next });
            }
            if height == next {
                journal.since_snapshot = journal.since_snapshot.saturating_add(bytes.len());
                if journal.index.snapshots.contains_key(&height) {
                    journal.since_snapshot = 0;
                }
                history.replay(BlockRecord::decode(&bytes)?)?;
            }
        }
        Ok((journal, history))
    }

    /// Adds a write.
    pub(crate) fn write(&mut self, write: DurableWrite) {
        self.writes.push(write);
    }

    /// What is to be written since the last call.
    pub(crate) fn take(&mut self) -> Vec<DurableWrite> {
        core::mem::take(&mut self.writes)
    }

    /// Writes the newest version down, and takes away what no kept version needs.
    pub(crate) fn note(&mut self, history: &History, record: Vec<u8>) {
        let height = history.latest().height;
        if self.first_record == 0 {
            self.first_record = height;
        }
        self.since_snapshot = self.since_snapshot.saturating_add(record.len());
        self.write(DurableWrite::set(record_key(height), record));
        let mut is_changed = false;
        if height.is_multiple_of(SNAPSHOT_INTERVAL) || self.since_snapshot > SNAPSHOT_LEN {
            self.snapshot(history);
            is_changed = true;
        }
        is_changed |= self.prune(history.oldest());
        if is_changed {
            let index = self.index.encode_to_vec();
            self.write(DurableWrite::set(INDEX, index));
        }
    }

    fn snapshot(&mut self, history: &History) {
        let version = history.latest();
        let mut counts = Vec::with_capacity(Store::ALL.len());
        for (at, store) in Store::ALL.into_iter().enumerate() {
            let mut count = 0_u32;
            for part in version.tree(store).export() {
                self.write(DurableWrite::set(part_key(version.height, at, count), part));
                count = count.saturating_add(1);
            }
            counts.push(count);
        }
        self.index.snapshots.insert(version.height, Parts { counts });
        self.since_snapshot = 0;
    }

    /// Drops what is before the last snapshot that is not above `oldest`; true when there was any.
    fn prune(&mut self, oldest: u64) -> bool {
        let Some(base) = self.index.snapshots.range(..=oldest).next_back().map(|(at, _)| *at)
        else {
            return false;
        };
        for height in self.first_record..base {
            self.writes.push(DurableWrite::delete(record_key(height)));
        }
        self.first_record = self.first_record.max(base);
        let kept = self.index.snapshots.split_off(&base);
        let dropped = core::mem::replace(&mut self.index.snapshots, kept);
        for (height, parts) in &dropped {
            for (at, count) in parts.counts.iter().enumerate() {
                let keys = (0..*count).map(|part| part_key(*height, at, part));
                self.writes.extend(keys.map(DurableWrite::delete));
            }
        }
        !dropped.is_empty()
    }
}

fn height_of(record_key: &[u8]) -> Option<u64> {
    let height = record_key.strip_prefix(RECORD)?;
    height.try_into().ok().map(u64::from_be_bytes)
}

/// The version of a snapshot, and none before it.
fn restore(
    view: &dyn DurableView,
    height: u64,
    parts: &Parts,
    (record, window): (&BlockRecord, u64),
) -> Result<History, HistoryError> {
    let version = causeway_store::Version::new(height)?;
    let mut trees = Vec::with_capacity(Store::ALL.len());
    for (at, count) in parts.counts.iter().enumerate() {
        let keys = (0..*count).map(|part| part_key(height, at, part));
        let parts: Option<Vec<_>> = keys.map(|key| view.get(&key)).collect();
        trees.push(Tree::import(version, parts.ok_or(StoreError::DamagedExport)?)?);
    }
    let trees = trees.try_into().map_err(|_| StoreError::DamagedExport)?;
    let history = History::going_on_from(trees, height, record.time, window)?;
    if history.latest().app_hash()?.0 != *record.app_hash {
        return Err(HistoryError::OtherState { height });
    }
    Ok(history)
}
