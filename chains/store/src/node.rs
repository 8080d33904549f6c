//! The nodes of the tree: immutable, shared between versions, balanced as AVL trees are.
//!
//! ```text
//! inner:  key = smallest key of the right subtree
//!        /   \
//!  keys < key   keys >= key         heights of the two differ by at most one
//! ```
//!
//! Recursion here is as deep as the tree is high: 1.44 times the logarithm of its size.

use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};

/// Bytes of a node's hash, which the format writes before each child.
pub(crate) const HASH_LEN: u8 = 32;

/// The root hash of one version: that of its root node, or of nothing when there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RootHash(pub [u8; 32]);

/// A node that versions share.
pub(crate) type Link = Arc<Node>;

/// A key, shared by its leaf and at most one inner node.
pub(crate) type Key = Arc<[u8]>;

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) body: Body,
    /// The version in which this node was made.
    version: u64,
    /// Computed when first asked for, so that nodes which live within one version never are.
    hash: OnceLock<[u8; 32]>,
}

#[derive(Debug)]
pub(crate) enum Body {
    Leaf { key: Key, value: Vec<u8> },
    Inner { key: Key, height: u8, size: u64, left: Link, right: Link },
}

impl Node {
    pub(crate) fn leaf(key: Key, value: Vec<u8>, version: u64) -> Link {
        Self::new(Body::Leaf { key, value }, version)
    }

    pub(crate) fn inner(key: Key, left: Link, right: Link, version: u64) -> Link {
        let height = left.height().max(right.height()).saturating_add(1);
        let size = left.size().saturating_add(right.size());
        Self::new(Body::Inner { key, height, size, left, right }, version)
    }

    fn new(body: Body, version: u64) -> Link {
        Arc::new(Self { body, version, hash: OnceLock::new() })
    }

    pub(crate) const fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn height(&self) -> u8 {
        match self.body {
            Body::Leaf { .. } => 0,
            Body::Inner { height, .. } => height,
        }
    }

    /// Leaves below, or this one.
    pub(crate) fn size(&self) -> u64 {
        match self.body {
            Body::Leaf { .. } => 1,
            Body::Inner { size, .. } => size,
        }
    }

    /// What every node's text begins with: height, size and version as zig-zag varints.
    pub(crate) fn prefix(&self) -> Vec<u8> {
        let mut prefix = Vec::with_capacity(12);
        for number in [self.height().into(), self.size(), self.version] {
            // Zig-zag of what is not negative is the double.
            push_varint(&mut prefix, number.saturating_mul(2));
        }
        prefix
    }

    pub(crate) fn hash(&self) -> [u8; 32] {
        *self.hash.get_or_init(|| {
            let mut hasher = Sha256::new_with_prefix(self.prefix());
            match &self.body {
                Body::Leaf { key, value } => {
                    let mut length = Vec::with_capacity(2);
                    push_varint(&mut length, u64::try_from(key.len()).unwrap_or(u64::MAX));
                    hasher.update(length);
                    hasher.update(key);
                    hasher.update([HASH_LEN]);
                    hasher.update(Sha256::digest(value));
                }
                Body::Inner { left, right, .. } => {
                    hasher.update([HASH_LEN]);
                    hasher.update(left.hash());
                    hasher.update([HASH_LEN]);
                    hasher.update(right.hash());
                }
            }
            hasher.finalize().into()
        })
    }
}

/// The root hash of a tree that may be empty.
pub(crate) fn root_hash(root: Option<&Link>) -> RootHash {
    RootHash(root.map_or_else(|| Sha256::digest([]).into(), |root| root.hash()))
}

pub(crate) fn push_varint(bytes: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or(0x7f);
        value >>= 7;
        if value == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

/// The tree `node` with `value` at `key`.
pub(crate) fn insert(node: &Link, key: Key, value: Vec<u8>, version: u64) -> Link {
    match &node.body {
        Body::Leaf { key: own, .. } if key == *own => Node::leaf(key, value, version),
        Body::Leaf { key: own, .. } if key < *own => {
            let left = Node::leaf(key, value, version);
            Node::inner(own.clone(), left, node.clone(), version)
        }
        Body::Leaf { .. } => {
            let right = Node::leaf(key.clone(), value, version);
            Node::inner(key, node.clone(), right, version)
        }
        Body::Inner { key: own, left, right, .. } if key < *own => {
            balanced(own.clone(), insert(left, key, value, version), right.clone(), version)
        }
        Body::Inner { key: own, left, right, .. } => {
            balanced(own.clone(), left.clone(), insert(right, key, value, version), version)
        }
    }
}

/// What a removal leaves of a tree.
pub(crate) enum Removal {
    /// The key was not there.
    Absent,
    /// Nothing: the tree was the leaf.
    Empty,
    /// The rest, and its smallest key when that is another now.
    Rest { node: Link, smallest: Option<Key> },
}

/// The tree `node` without `key`.
pub(crate) fn remove(node: &Link, key: &[u8], version: u64) -> Removal {
    let (own, left, right) = match &node.body {
        Body::Leaf { key: own, .. } if **own == *key => return Removal::Empty,
        Body::Leaf { .. } => return Removal::Absent,
        Body::Inner { key: own, left, right, .. } => (own, left, right),
    };
    if *key < **own {
        return match remove(left, key, version) {
            Removal::Absent => Removal::Absent,
            Removal::Empty => Removal::Rest { node: right.clone(), smallest: Some(own.clone()) },
            Removal::Rest { node, smallest } => {
                let node = balanced(own.clone(), node, right.clone(), version);
                Removal::Rest { node, smallest }
            }
        };
    }
    match remove(right, key, version) {
        Removal::Absent => Removal::Absent,
        Removal::Empty => Removal::Rest { node: left.clone(), smallest: None },
        Removal::Rest { node, smallest } => {
            let own = smallest.unwrap_or_else(|| own.clone());
            let node = balanced(own, left.clone(), node, version);
            Removal::Rest { node, smallest: None }
        }
    }
}

/// An inner node over two trees whose heights differ by two at most, rotated so that they differ
/// by one at most. The choices are IAVL's.
fn balanced(key: Key, left: Link, right: Link, version: u64) -> Link {
    let (left_height, right_height) = (left.height(), right.height());
    if left_height > right_height.saturating_add(1) {
        return rotated_right(key, &left, right, version);
    }
    if right_height > left_height.saturating_add(1) {
        return rotated_left(key, left, &right, version);
    }
    Node::inner(key, left, right, version)
}

/// The left tree is too high: its root, or its right child, becomes the root.
fn rotated_right(key: Key, left: &Link, right: Link, version: u64) -> Link {
    let Body::Inner { key: left_key, left: outer, right: inner, .. } = &left.body else {
        return Node::inner(key, left.clone(), right, version);
    };
    match &inner.body {
        Body::Inner { key: top, left: before, right: after, .. }
            if inner.height() > outer.height() =>
        {
            let left = Node::inner(left_key.clone(), outer.clone(), before.clone(), version);
            let right = Node::inner(key, after.clone(), right, version);
            Node::inner(top.clone(), left, right, version)
        }
        _ => {
            let right = Node::inner(key, inner.clone(), right, version);
            Node::inner(left_key.clone(), outer.clone(), right, version)
        }
    }
}

/// The right tree is too high: its root, or its left child, becomes the root.
fn rotated_left(key: Key, left: Link, right: &Link, version: u64) -> Link {
    let Body::Inner { key: right_key, left: inner, right: outer, .. } = &right.body else {
        return Node::inner(key, left, right.clone(), version);
    };
    match &inner.body {
        Body::Inner { key: top, left: before, right: after, .. }
            if inner.height() > outer.height() =>
        {
            let left = Node::inner(key, left, before.clone(), version);
            let right = Node::inner(right_key.clone(), after.clone(), outer.clone(), version);
            Node::inner(top.clone(), left, right, version)
        }
        _ => {
            let left = Node::inner(key, left, inner.clone(), version);
            Node::inner(right_key.clone(), left, outer.clone(), version)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Checks order, sizes, heights and balance; gives the smallest key, the height and the size.
    fn check(node: &Link, entries: &mut Vec<(Vec<u8>, Vec<u8>)>) -> (Vec<u8>, u8, u64) {
        match &node.body {
            Body::Leaf { key, value } => {
                entries.push((key.to_vec(), value.clone()));
                (key.to_vec(), 0, 1)
            }
            Body::Inner { key, height, size, left, right } => {
                let (smallest, left_height, left_size) = check(left, entries);
                let (right_smallest, right_height, right_size) = check(right, entries);
                assert_eq!(**key, *right_smallest);
                assert_eq!(*height, 1 + left_height.max(right_height));
                assert!(left_height.abs_diff(right_height) <= 1, "out of balance");
                assert_eq!(*size, left_size + right_size);
                (smallest, *height, *size)
            }
        }
    }

    #[test]
    fn every_tree_of_many_is_ordered_and_balanced() {
        let mut seed = 1_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040);
            (seed >> 33) % below
        };
        let mut model = BTreeMap::new();
        let mut root: Option<Link> = None;
        for version in 0..4000 {
            let key = vec![7; usize::try_from(1 + random(3)).unwrap()];
            let key = [key, random(200).to_be_bytes()[6..].to_vec()].concat();
            // Growing at first, shrinking towards the end.
            if random(4000) > version {
                let value = version.to_be_bytes().to_vec();
                model.insert(key.clone(), value.clone());
                root = Some(match &root {
                    Some(root) => insert(root, key.into(), value, version),
                    None => Node::leaf(key.into(), value, version),
                });
            } else if let Some(node) = &root {
                let was_there = model.remove(&key).is_some();
                match remove(node, &key, version) {
                    Removal::Absent => assert!(!was_there),
                    Removal::Empty => root = None,
                    Removal::Rest { node, .. } => {
                        assert!(was_there);
                        root = Some(node);
                    }
                }
            }
            let mut entries = Vec::new();
            if let Some(root) = &root {
                check(root, &mut entries);
            }
            assert_eq!(entries, model.clone().into_iter().collect::<Vec<_>>());
        }
    }
}
