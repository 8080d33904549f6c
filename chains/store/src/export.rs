//! A version as bytes, from which the same tree is built again: as balance and the nodes' versions
//! depend on history, the entries alone would give another one.
//!
//! Nodes come children first, as IAVL's exporter has them: an inner node joins the last two trees.
//! A node is its doubled version, one more for an inner one, and in a leaf key and value; all
//! numbers are varints.

use std::sync::Arc;

use crate::node::{Body, Key, Link, Node, push_varint};
use crate::tree::MAX_VERSION;
use crate::{MAX_KEY_LEN, MAX_VALUE_LEN, Snapshot, StoreError, Tree};

/// A part of an export is closed once it has so many bytes.
const PART_LEN: usize = 256 << 10;

impl Snapshot {
    /// The tree in parts, to be imported in order.
    pub fn export(&self) -> Vec<Vec<u8>> {
        let mut parts = Vec::new();
        let mut part = Vec::new();
        // Nodes still to write, and whether their children are written.
        let mut open: Vec<(&Link, bool)> = self.root.iter().map(|root| (root, false)).collect();
        while let Some((node, is_ready)) = open.pop() {
            match &node.body {
                Body::Inner { left, right, .. } if !is_ready => {
                    open.extend([(node, true), (right, false), (left, false)]);
                }
                _ => write(&mut part, node),
            }
            if part.len() >= PART_LEN {
                parts.push(core::mem::take(&mut part));
            }
        }
        if !part.is_empty() {
            parts.push(part);
        }
        parts
    }
}

fn write(out: &mut Vec<u8>, node: &Node) {
    let doubled = node.version().saturating_mul(2);
    match &node.body {
        Body::Leaf { key, value } => {
            push_varint(out, doubled);
            for bytes in [&**key, value] {
                push_varint(out, u64::try_from(bytes.len()).unwrap_or(u64::MAX));
                out.extend(bytes);
            }
        }
        Body::Inner { .. } => push_varint(out, doubled.saturating_add(1)),
    }
}

impl Tree {
    /// The tree that was exported in these parts, its only version the snapshot's.
    pub fn import(
        version: crate::Version,
        parts: impl IntoIterator<Item = impl AsRef<[u8]>>,
    ) -> Result<Self, StoreError> {
        let mut builder = Builder { open: Vec::new(), last: None };
        for part in parts {
            let mut bytes = part.as_ref();
            while !bytes.is_empty() {
                builder.read(&mut bytes).ok_or(StoreError::DamagedExport)?;
            }
        }
        let root = builder.open.pop().map(|(root, _)| root);
        if !builder.open.is_empty() {
            return Err(StoreError::DamagedExport);
        }
        Ok(Self::going_on_from(&Snapshot::new(version, root)))
    }
}

struct Builder {
    /// Trees that wait for their parents, with their smallest keys.
    open: Vec<(Link, Key)>,
    last: Option<Key>,
}

impl Builder {
    fn read(&mut self, bytes: &mut &[u8]) -> Option<()> {
        let tag = read_varint(bytes)?;
        let version = Some(tag >> 1).filter(|version| *version <= MAX_VERSION)?;
        if tag & 1 == 1 { self.join(version) } else { self.add_leaf(bytes, version) }
    }

    fn add_leaf(&mut self, bytes: &mut &[u8], version: u64) -> Option<()> {
        let key: Key = read_bytes(bytes, MAX_KEY_LEN)?.into();
        let value = read_bytes(bytes, MAX_VALUE_LEN)?.to_vec();
        if key.is_empty() || value.is_empty() || self.last.as_ref().is_some_and(|l| *l >= key) {
            return None;
        }
        self.last = Some(Arc::clone(&key));
        self.open.push((Node::leaf(Arc::clone(&key), value, version), key));
        Some(())
    }

    fn join(&mut self, version: u64) -> Option<()> {
        let (right, key) = self.open.pop()?;
        let (left, smallest) = self.open.pop()?;
        if left.height().abs_diff(right.height()) > 1 {
            return None;
        }
        self.open.push((Node::inner(key, left, right, version), smallest));
        Some(())
    }
}

fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn read_bytes<'a>(bytes: &mut &'a [u8], limit: usize) -> Option<&'a [u8]> {
    let len = usize::try_from(read_varint(bytes)?).ok().filter(|len| *len <= limit)?;
    let (content, rest) = bytes.split_at_checked(len)?;
    *bytes = rest;
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;

    fn grown() -> (Tree, Snapshot) {
        let mut tree = Tree::starting_at(Version::new(1).unwrap());
        for version in 1..60_u64 {
            for step in 0..40_u64 {
                let number = (version * 7919 + step * 104_729) % 500;
                let key = number.to_be_bytes();
                if (number + version).is_multiple_of(3) {
                    tree.remove(&key);
                } else {
                    tree.insert(&key, &vec![7; 2000 + usize::try_from(number).unwrap()]).unwrap();
                }
            }
            tree.commit(Version::new(version).unwrap()).unwrap();
        }
        let snapshot = tree.at(tree.latest().unwrap()).unwrap();
        (tree, snapshot)
    }

    #[test]
    fn an_imported_tree_is_the_same_and_goes_on_the_same() {
        let (mut tree, snapshot) = grown();
        let parts = snapshot.export();
        assert!(parts.len() > 1, "{}", parts.len());
        let mut again = Tree::import(snapshot.version(), &parts).unwrap();
        let restored = again.at(snapshot.version()).unwrap();
        assert_eq!(restored.root_hash(), snapshot.root_hash());
        assert!(restored.entries(b"", None).eq(snapshot.entries(b"", None)));
        for tree in [&mut tree, &mut again] {
            tree.insert(b"more", b"of it").unwrap();
            tree.remove(&3_u64.to_be_bytes());
        }
        let next = Version::new(snapshot.version().get() + 1).unwrap();
        assert_eq!(again.commit(next).unwrap(), tree.commit(next).unwrap());
    }

    #[test]
    fn an_empty_tree_is_exported_as_nothing() {
        let version = Version::new(5).unwrap();
        let tree = Tree::import(version, Vec::<Vec<u8>>::new()).unwrap();
        assert!(tree.at(version).unwrap().is_empty());
        assert!(tree.at(version).unwrap().export().is_empty());
    }

    #[test]
    fn damaged_exports_are_refused() {
        let version = Version::new(9).unwrap();
        let leaf = |key: u8| vec![2, 1, key, 1, 1];
        for damaged in [
            vec![3],
            [leaf(1), leaf(2)].concat(),
            [leaf(2), leaf(1), vec![3]].concat(),
            [leaf(1), leaf(2), vec![3], leaf(3), vec![3], leaf(4), vec![3]].concat(),
            vec![2, 0, 1, 1],
            vec![2, 1, 1, 0],
            vec![2, 5, 1],
            vec![0xff; 11],
        ] {
            assert_eq!(Tree::import(version, [damaged]).unwrap_err(), StoreError::DamagedExport);
        }
        Tree::import(version, [[leaf(1), leaf(2), vec![3]].concat()]).unwrap();
    }
}
