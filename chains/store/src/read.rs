//! Reading a version.

use crate::node::{Body, Link, root_hash};
use crate::{RootHash, Version};

/// One committed version. It stays as it is, whatever becomes of the tree.
#[derive(Clone, Debug)]
pub struct Snapshot {
    version: Version,
    pub(crate) root: Option<Link>,
}

impl Snapshot {
    pub(crate) fn new(version: Version, root: Option<Link>) -> Self {
        Self { version, root }
    }

    /// Which version this is.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The root hash; of an empty tree, SHA-256 of nothing.
    pub fn root_hash(&self) -> RootHash {
        root_hash(self.root.as_ref())
    }

    /// How many keys there are.
    pub fn len(&self) -> u64 {
        self.root.as_ref().map_or(0, |root| root.size())
    }

    /// True when there is no key.
    pub fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// The value at `key`.
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        get(self.root.as_ref(), key)
    }

    /// The entries whose keys begin with `prefix`, in order; only those after `start_after`, when
    /// it is given.
    pub fn entries<'a>(&'a self, prefix: &'a [u8], start_after: Option<&'a [u8]>) -> Entries<'a> {
        Entries::new(self.root.as_ref(), prefix, start_after)
    }

    /// The entries whose keys begin with `prefix`, the greatest first; only those before
    /// `end_before`, when it is given.
    pub fn entries_back<'a>(
        &'a self,
        prefix: &'a [u8],
        end_before: Option<&[u8]>,
    ) -> EntriesBack<'a> {
        EntriesBack::new(self.root.as_ref(), prefix, end_before)
    }
}

pub(crate) fn get<'a>(root: Option<&'a Link>, key: &[u8]) -> Option<&'a [u8]> {
    let mut node = root?;
    loop {
        match &node.body {
            Body::Leaf { key: own, value } => return (**own == *key).then_some(value),
            Body::Inner { key: own, left, right, .. } => {
                node = if *key < **own { left } else { right };
            }
        }
    }
}

/// Entries in the order of their keys. `take` limits them to a page.
#[derive(Debug)]
pub struct Entries<'a> {
    /// Trees still to visit, the next one last; never more than the tree is high.
    open: Vec<&'a Link>,
    prefix: &'a [u8],
}

impl<'a> Entries<'a> {
    pub(crate) fn new(
        root: Option<&'a Link>,
        prefix: &'a [u8],
        start_after: Option<&'a [u8]>,
    ) -> Self {
        let mut entries = Self { open: Vec::new(), prefix };
        // Keys before `from`, and `from` itself when it was the last one seen, are skipped.
        let (from, is_seen) = match start_after {
            Some(after) if after >= prefix => (after, true),
            _ => (prefix, false),
        };
        let mut node = root;
        while let Some(link) = node {
            node = match &link.body {
                Body::Leaf { key, .. } => {
                    if **key > *from || (**key == *from && !is_seen) {
                        entries.open.push(link);
                    }
                    None
                }
                Body::Inner { key, left, right, .. } if *from < **key => {
                    entries.open.push(right);
                    Some(left)
                }
                Body::Inner { right, .. } => Some(right),
            };
        }
        entries
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match &self.open.pop()?.body {
                Body::Inner { left, right, .. } => self.open.extend([right, left]),
                Body::Leaf { key, value } if key.starts_with(self.prefix) => {
                    return Some((key, value));
                }
                // Keys come in order, so the first without the prefix is past all that have it.
                Body::Leaf { .. } => self.open.clear(),
            }
        }
    }
}

/// Entries from the greatest key down.
#[derive(Debug)]
pub struct EntriesBack<'a> {
    /// Trees still to visit, the next one last; never more than the tree is high.
    open: Vec<&'a Link>,
    prefix: &'a [u8],
}

impl<'a> EntriesBack<'a> {
    pub(crate) fn new(root: Option<&'a Link>, prefix: &'a [u8], end_before: Option<&[u8]>) -> Self {
        let past = past_all_with(prefix);
        let end = match (end_before, past.as_deref()) {
            (Some(before), Some(past)) => Some(before.min(past)),
            (before, past) => before.or(past),
        };
        let mut entries = Self { open: Vec::new(), prefix };
        let mut node = root;
        while let Some(link) = node {
            node = match &link.body {
                Body::Leaf { key, .. } => {
                    if end.is_none_or(|end| **key < *end) {
                        entries.open.push(link);
                    }
                    None
                }
                Body::Inner { key, left, .. } if end.is_some_and(|end| *end <= **key) => Some(left),
                Body::Inner { left, right, .. } => {
                    entries.open.push(left);
                    Some(right)
                }
            };
        }
        entries
    }
}

/// The smallest key after all that begin with `prefix`; `None` when there is none.
fn past_all_with(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut past = prefix.get(..=last)?.to_vec();
    if let Some(byte) = past.last_mut() {
        *byte = byte.saturating_add(1);
    }
    Some(past)
}

impl<'a> Iterator for EntriesBack<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match &self.open.pop()?.body {
                Body::Inner { left, right, .. } => self.open.extend([left, right]),
                Body::Leaf { key, value } if key.starts_with(self.prefix) => {
                    return Some((key, value));
                }
                // Keys come in falling order: the first without the prefix is below all with it.
                Body::Leaf { .. } => self.open.clear(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Tree;

    use super::*;

    #[test]
    fn entries_come_back_in_falling_order() {
        let mut tree = Tree::starting_at(Version::new(0).unwrap());
        let keys: Vec<&[u8]> =
            vec![b"a", b"b", b"b\0", b"b\x01", b"ba", b"b\xff", b"b\xff\xff", b"c", b"\xff\xff"];
        for key in &keys {
            tree.insert(key, b"v").unwrap();
        }
        tree.commit(Version::new(0).unwrap()).unwrap();
        let snapshot = tree.at(Version::new(0).unwrap()).unwrap();
        let mut sorted = keys.clone();
        sorted.sort_unstable();
        for prefix in [&b""[..], b"b", b"b\xff", b"\xff", b"\xff\xff", b"d"] {
            for before in [None, Some(&b"b"[..]), Some(b"ba"), Some(b"c"), Some(b"\xff\xff\xff")] {
                let found = snapshot.entries_back(prefix, before).map(|(key, _)| key);
                let wanted = sorted.iter().rev().copied();
                let wanted = wanted.filter(|key| key.starts_with(prefix));
                let wanted = wanted.filter(|key| before.is_none_or(|before| *key < before));
                assert_eq!(found.collect::<Vec<_>>(), wanted.collect::<Vec<_>>());
            }
        }
    }
}
