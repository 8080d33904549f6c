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
