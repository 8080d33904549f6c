//! The versions of the state, one a block.
//!
//! The newest are kept as they are. Of older ones every fiftieth is, and how the blocks between
//! them changed it: any of them is built again when it is asked for. So an old version costs what
//! changed, not the nodes above it.

use std::collections::BTreeMap;

use causeway_core::{DecodeError, Timestamp};
use causeway_store::{AppHash, StoreError, Tree};

use super::{BlockRecord, Changes, Store, Version};

/// So many versions are kept whole.
const RECENT: u64 = 100;

/// The distance of older versions that are kept whole.
const CHECKPOINT_INTERVAL: u64 = 50;

/// The most bytes of changes that are kept, so that a long time of full blocks does not fill the
/// memory; the window is shorter then, but never than [`RECENT`].
const MAX_KEPT_LEN: usize = 64 << 20;

/// Why a version cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HistoryError {
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record does not decode.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A block that should be there is not.
    #[error("block {height} is missing")]
    Missing {
        /// Its height.
        height: u64,
    },
    /// The changes do not lead to the app hash that they did.
    #[error("the state of block {height} does not have its app hash")]
    OtherState {
        /// Its height.
        height: u64,
    },
}

/// The versions of the state.
#[derive(Debug)]
pub(crate) struct History {
    trees: [Tree; 4],
    latest: Version,
    checkpoints: BTreeMap<u64, Version>,
    /// Of the blocks above the first checkpoint.
    records: BTreeMap<u64, BlockRecord>,
    /// Length of all records.
    kept_len: usize,
    /// The versions to be kept beside the latest.
    window: u64,
    /// The old version that was asked for last.
    rebuilt: Option<Version>,
}

impl History {
    /// Before the first block: nothing.
    pub(crate) fn empty(window: u64) -> Result<Self, StoreError> {
        let first = causeway_store::Version::new(0)?;
        let mut trees = [(); 4].map(|()| Tree::starting_at(first));
        for tree in &mut trees {
            tree.commit(first)?;
        }
        Self::going_on_from(trees, 0, Timestamp::default(), window)
    }

    /// From trees whose latest version is that of `height`.
    pub(crate) fn going_on_from(
        trees: [Tree; 4],
        height: u64,
        time: Timestamp,
        window: u64,
    ) -> Result<Self, StoreError> {
        let latest = version(&trees, height, time)?;
        Ok(Self {
            trees,
            checkpoints: BTreeMap::from([(height, latest.clone())]),
            latest,
            records: BTreeMap::new(),
            kept_len: 0,
            window,
            rebuilt: None,
        })
    }

    /// The newest version.
    pub(crate) const fn latest(&self) -> &Version {
        &self.latest
    }

    /// The height of the oldest version that can be had.
    pub(crate) fn oldest(&self) -> u64 {
        self.checkpoints.first_key_value().map_or(self.latest.height, |(height, _)| *height)
    }

    /// Makes the version of the next block; gives its app hash and its encoded record.
    pub(crate) fn commit(
        &mut self,
        time: Timestamp,
        changes: Changes,
    ) -> Result<(AppHash, Vec<u8>), StoreError> {
        let height = self.latest.height.saturating_add(1);
        apply(&mut self.trees, height, &changes)?;
        self.latest = version(&self.trees, height, time)?;
        let app_hash = self.latest.app_hash()?;
        let (record, bytes) = BlockRecord::new(time, app_hash.0.to_vec(), changes);
        self.keep(height, record)?;
        Ok((app_hash, bytes))
    }

    /// Makes the version of the next block from its record.
    pub(crate) fn replay(&mut self, record: BlockRecord) -> Result<(), HistoryError> {
        let height = self.latest.height.saturating_add(1);
        apply(&mut self.trees, height, &record.changes)?;
        self.latest = version(&self.trees, height, record.time)?;
        if self.latest.app_hash()?.0 != *record.app_hash {
            return Err(HistoryError::OtherState { height });
        }
        Ok(self.keep(height, record)?)
    }

    fn keep(&mut self, height: u64, record: BlockRecord) -> Result<(), StoreError> {
        self.kept_len = self.kept_len.saturating_add(record.len);
        self.records.insert(height, record);
        if height.is_multiple_of(CHECKPOINT_INTERVAL) {
            self.checkpoints.insert(height, self.latest.clone());
        }
        let recent = causeway_store::Version::new(height.saturating_sub(RECENT))?;
        for tree in &mut self.trees {
            tree.prune_below(recent);
        }
        while let Some(next) = self.droppable() {
            self.checkpoints.pop_first();
            let kept = self.records.split_off(&next.saturating_add(1));
            let dropped = core::mem::replace(&mut self.records, kept);
            let len = dropped.values().fold(0_usize, |sum, it| sum.saturating_add(it.len));
            self.kept_len = self.kept_len.saturating_sub(len);
        }
        Ok(())
    }

    /// The second checkpoint, when all before it may go.
    fn droppable(&self) -> Option<u64> {
        let next = *self.checkpoints.keys().nth(1)?;
        let age = self.latest.height.saturating_sub(next);
        (age >= self.window || (age >= RECENT && self.kept_len > MAX_KEPT_LEN)).then_some(next)
    }

    /// The version of a height that is kept.
    pub(crate) fn at(&mut self, height: u64) -> Result<Option<Version>, StoreError> {
        if height == self.latest.height {
            return Ok(Some(self.latest.clone()));
        }
        if height > self.latest.height {
            return Ok(None);
        }
        let time = self.records.get(&height).map(|record| record.time);
        let recent = time.and_then(|time| version(&self.trees, height, time).ok());
        if recent.is_some() {
            return Ok(recent);
        }
        let checkpoint = self.checkpoints.range(..=height).next_back().map(|(_, it)| it);
        let Some(checkpoint) = checkpoint else { return Ok(None) };
        let known = self.rebuilt.iter().filter(|known| known.height <= height);
        let start = known.fold(
            checkpoint,
            |best, known| {
                if known.height > best.height { known } else { best }
            },
        );
        let version = self.rebuild(start, height)?;
        self.rebuilt = Some(version.clone());
        Ok(Some(version))
    }

    fn rebuild(&self, start: &Version, height: u64) -> Result<Version, StoreError> {
        if start.height >= height {
            return Ok(start.clone());
        }
        let mut trees = Store::ALL.map(|store| Tree::going_on_from(start.tree(store)));
        let mut time = start.time;
        for (height, record) in self.records.range(start.height.saturating_add(1)..=height) {
            apply(&mut trees, *height, &record.changes)?;
            time = record.time;
        }
        version(&trees, height, time)
    }
}

/// Changes the trees and commits them as the version of `height`. What is written as it was costs
/// nothing.
fn apply(trees: &mut [Tree; 4], height: u64, changes: &Changes) -> Result<(), StoreError> {
    let [acc, bank, contracts, ibc] = trees;
    for ((store, key), value) in changes {
        let tree = match store {
            Store::Acc => &mut *acc,
            Store::Bank => &mut *bank,
            Store::Contracts => &mut *contracts,
            Store::Ibc => &mut *ibc,
        };
        match value {
            Some(value) if tree.get(key) == Some(value) => {}
            Some(value) => tree.insert(key, value)?,
            None => {
                tree.remove(key);
            }
        }
    }
    let version = causeway_store::Version::new(height)?;
    for tree in trees {
        tree.commit(version)?;
    }
    Ok(())
}

fn version(trees: &[Tree; 4], height: u64, time: Timestamp) -> Result<Version, StoreError> {
    let at = causeway_store::Version::new(height)?;
    let [acc, bank, contracts, ibc] = trees;
    let trees = [acc.at(at)?, bank.at(at)?, contracts.at(at)?, ibc.at(at)?];
    Ok(Version { height, time, trees })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(height: u64) -> Changes {
        let numbers = (0..5).map(|step| (height * 31 + step * 17) % 97);
        let change = |number: u64| {
            let value = (!(number + height).is_multiple_of(4)).then(|| height.to_be_bytes().into());
            ((Store::Ibc, number.to_be_bytes().to_vec()), value)
        };
        let kept = ((Store::Ibc, b"kept".to_vec()), Some(vec![1]));
        numbers.map(change).chain([kept]).collect()
    }

    #[test]
    fn every_version_of_the_window_can_be_had_as_it_was() {
        let mut history = History::empty(300).unwrap();
        let mut hashes = BTreeMap::new();
        for height in 1..=700 {
            let time = Timestamp::from_nanos(height);
            hashes.insert(height, history.commit(time, changes(height)).unwrap().0);
        }
        assert_eq!(history.oldest(), 400);
        for height in (400..=700).rev().step_by(7).chain(400..=700) {
            let version = history.at(height).unwrap().unwrap();
            assert_eq!(version.app_hash().unwrap(), hashes[&height], "{height}");
            assert_eq!(version.time.nanos(), height);
        }
        for height in [0, 399, 701] {
            assert!(history.at(height).unwrap().is_none());
        }
    }

    #[test]
    fn records_lead_to_the_same_versions_and_others_are_refused() {
        let mut history = History::empty(300).unwrap();
        let mut again = History::empty(300).unwrap();
        for height in 1..=120 {
            let (_, record) = history.commit(Timestamp::default(), changes(height)).unwrap();
            again.replay(BlockRecord::decode(&record).unwrap()).unwrap();
        }
        let hash = |history: &History| history.latest().app_hash().unwrap();
        assert_eq!(hash(&history), hash(&again));
        let (_, record) = history.commit(Timestamp::default(), changes(121)).unwrap();
        let mut record = BlockRecord::decode(&record).unwrap();
        record.changes.insert((Store::Bank, vec![1]), Some(vec![1]));
        let error = again.replay(record).unwrap_err();
        assert_eq!(error, HistoryError::OtherState { height: 121 });
    }
}
