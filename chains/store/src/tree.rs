//! The working state and the committed versions.

use std::collections::BTreeMap;

use crate::node::{Link, Node, Removal, insert, remove, root_hash};
use crate::{Entries, EntriesBack, RootHash, Snapshot, StoreError};

/// The most bytes of a key.
pub const MAX_KEY_LEN: usize = 4096;

/// The most bytes of a value: a proof of absence holds two neighbours, and must stay well below
/// [`causeway_ics23::MAX_PROOF_LEN`].
pub const MAX_VALUE_LEN: usize = 256 << 10;

/// The highest version: it takes five bytes in a node's prefix. With one byte for the height, five
/// for a size and one for a child's length this makes the twelve bytes of the specification.
pub(crate) const MAX_VERSION: u64 = (1 << 34) - 1;

/// The number of a committed state, usually the height of the block that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u64);

impl Version {
    /// A version; those from 2^34 on do not fit into the prefix of a node.
    pub fn new(version: u64) -> Result<Self, StoreError> {
        if version > MAX_VERSION {
            return Err(StoreError::VersionTooHigh { got: version, expected: MAX_VERSION });
        }
        Ok(Self(version))
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// A key-value store with a working state, and committed versions that can be read and proven.
#[derive(Clone, Debug)]
pub struct Tree {
    committed: BTreeMap<Version, Option<Link>>,
    working: Option<Link>,
    /// The version that the working state will be.
    next: u64,
}

impl Tree {
    /// An empty tree whose first commit is `version`.
    pub fn starting_at(version: Version) -> Self {
        Self { committed: BTreeMap::new(), working: None, next: version.0 }
    }

    /// A tree whose only version is `snapshot`, and whose next one follows it.
    pub fn going_on_from(snapshot: &Snapshot) -> Self {
        let (version, root) = (snapshot.version(), snapshot.root.clone());
        Self {
            committed: BTreeMap::from([(version, root.clone())]),
            working: root,
            next: version.0.saturating_add(1),
        }
    }

    /// The value at `key` in the working state.
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        crate::read::get(self.working.as_ref(), key)
    }

    /// The working state's entries whose keys begin with `prefix`, in order; only those after
    /// `start_after`, when it is given.
    pub fn entries<'a>(&'a self, prefix: &'a [u8], start_after: Option<&'a [u8]>) -> Entries<'a> {
        Entries::new(self.working.as_ref(), prefix, start_after)
    }

    /// The working state's entries whose keys begin with `prefix`, the greatest first; only those
    /// before `end_before`, when it is given.
    pub fn entries_back<'a>(
        &'a self,
        prefix: &'a [u8],
        end_before: Option<&'a [u8]>,
    ) -> EntriesBack<'a> {
        EntriesBack::new(self.working.as_ref(), prefix, end_before)
    }

    /// Puts `value` at `key` in the working state.
    pub fn insert(&mut self, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        if key.is_empty() || key.len() > MAX_KEY_LEN {
            return Err(StoreError::KeyLength { got: key.len(), expected: MAX_KEY_LEN });
        }
        if value.is_empty() || value.len() > MAX_VALUE_LEN {
            return Err(StoreError::ValueLength { got: value.len(), expected: MAX_VALUE_LEN });
        }
        let (key, value) = (key.into(), value.to_vec());
        self.working = Some(match &self.working {
            Some(root) => insert(root, key, value, self.next),
            None => Node::leaf(key, value, self.next),
        });
        Ok(())
    }

    /// Removes `key` from the working state; false when it was not there.
    pub fn remove(&mut self, key: &[u8]) -> bool {
        let Some(root) = &self.working else { return false };
        match remove(root, key, self.next) {
            Removal::Absent => return false,
            Removal::Empty => self.working = None,
            Removal::Rest { node, .. } => self.working = Some(node),
        }
        true
    }

    /// Makes the working state the next version. `version` must be that one: a state that goes
    /// missing between two others is a mistake that must not pass.
    pub fn commit(&mut self, version: Version) -> Result<RootHash, StoreError> {
        if version.0 != self.next {
            return Err(StoreError::VersionGap { got: version.0, expected: self.next });
        }
        let root = root_hash(self.working.as_ref());
        self.committed.insert(version, self.working.clone());
        self.next = version.0.saturating_add(1);
        Ok(root)
    }

    /// The latest committed version.
    pub fn latest(&self) -> Option<Version> {
        self.committed.last_key_value().map(|(version, _)| *version)
    }

    /// The oldest committed version that is kept.
    pub fn oldest(&self) -> Option<Version> {
        self.committed.first_key_value().map(|(version, _)| *version)
    }

    /// A committed version, to read and to prove.
    pub fn at(&self, version: Version) -> Result<Snapshot, StoreError> {
        match self.committed.get(&version) {
            Some(root) => Ok(Snapshot::new(version, root.clone())),
            None => Err(self.not_kept(version)),
        }
    }

    /// Drops the versions below `version`, but never the latest.
    pub fn prune_below(&mut self, version: Version) {
        let keep = self.latest().map_or(version, |latest| latest.min(version));
        self.committed = self.committed.split_off(&keep);
    }

    /// Makes `version` the latest again: what was committed or changed since is gone, and the next
    /// commit is the one after it.
    pub fn roll_back_to(&mut self, version: Version) -> Result<(), StoreError> {
        let root = self.committed.get(&version).ok_or_else(|| self.not_kept(version))?;
        self.working.clone_from(root);
        self.next = version.0.saturating_add(1);
        self.committed.split_off(&Version(self.next));
        Ok(())
    }

    fn not_kept(&self, version: Version) -> StoreError {
        let expected = match (self.oldest(), self.latest()) {
            (Some(oldest), Some(latest)) => format!("{} to {}", oldest.0, latest.0),
            _ => "none".into(),
        };
        StoreError::VersionNotKept { got: version.0, expected }
    }
}
