//! Entries in order.

use std::sync::Arc;

use super::nibbles::{pack, unpack};
use super::{Kind, Node, Trie};

/// A key with its value.
type Entry = (Vec<u8>, Vec<u8>);

/// Which entries, as the contracts' host asks for them.
#[derive(Clone, Copy, Debug)]
pub(in crate::execution) struct Bounds<'a> {
    /// What every key begins with.
    pub(in crate::execution) prefix: &'a [u8],
    /// The key to go on behind, itself left out.
    pub(in crate::execution) after: Option<&'a [u8]>,
    /// Greatest key first.
    pub(in crate::execution) is_descending: bool,
    /// The most entries.
    pub(in crate::execution) limit: usize,
}

impl Trie {
    /// The entries within the bounds, in their order.
    pub(in crate::execution) fn scan(&self, bounds: Bounds<'_>) -> Vec<Entry> {
        let mut scan = Scan {
            prefix: unpack(bounds.prefix),
            after: bounds.after.map(unpack),
            is_descending: bounds.is_descending,
            limit: bounds.limit,
            found: Vec::new(),
        };
        if let Some(root) = &self.root {
            scan.visit(root, &mut Vec::new());
        }
        scan.found
    }
}

struct Scan {
    prefix: Vec<u8>,
    after: Option<Vec<u8>>,
    is_descending: bool,
    limit: usize,
    found: Vec<Entry>,
}

impl Scan {
    /// True when some key that begins with `path` may be wanted.
    fn may_want(&self, path: &[u8]) -> bool {
        if !path.starts_with(&self.prefix) && !self.prefix.starts_with(path) {
            return false;
        }
        self.after.as_ref().is_none_or(|after| after.starts_with(path) || self.is_past(path, after))
    }

    fn wants(&self, key: &[u8]) -> bool {
        key.starts_with(&self.prefix)
            && self.after.as_ref().is_none_or(|after| self.is_past(key, after))
    }

    fn is_past(&self, key: &[u8], after: &[u8]) -> bool {
        if self.is_descending { key < after } else { key > after }
    }

    fn take(&mut self, key: &[u8], value: &[u8]) {
        if self.wants(key) && self.found.len() < self.limit {
            self.found.push((pack(key), value.to_vec()));
        }
    }

    fn visit(&mut self, node: &Arc<Node>, path: &mut Vec<u8>) {
        if self.found.len() >= self.limit {
            return;
        }
        let depth = path.len();
        match &node.kind {
            Kind::Leaf { path: rest, value } => {
                path.extend_from_slice(rest);
                self.take(path, value);
            }
            Kind::Extension { path: rest, child } => {
                path.extend_from_slice(rest);
                if self.may_want(path) {
                    self.visit(child, path);
                }
            }
            Kind::Branch(branch) => {
                let own = branch.value.as_deref();
                if let Some(value) = own.filter(|_| !self.is_descending) {
                    self.take(path, value);
                }
                let mut children: Vec<(u8, &Arc<Node>)> = (0_u8..)
                    .zip(&branch.children)
                    .filter_map(|(nibble, child)| Some((nibble, child.as_ref()?)))
                    .collect();
                if self.is_descending {
                    children.reverse();
                }
                for (nibble, child) in children {
                    path.push(nibble);
                    if self.may_want(path) {
                        self.visit(child, path);
                    }
                    path.pop();
                }
                if let Some(value) = own.filter(|_| self.is_descending) {
                    self.take(path, value);
                }
            }
        }
        path.truncate(depth);
    }
}
