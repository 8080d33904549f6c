//! Putting values in.

use std::sync::{Arc, OnceLock};

use super::nibbles::common;
use super::{Branch, Kind, Node};

/// Puts `value` at `rest` below `node`. Nodes that no other version has are changed in place.
pub(super) fn insert(node: &mut Arc<Node>, rest: &[u8], value: Box<[u8]>) {
    let node = Arc::make_mut(node);
    node.reference = OnceLock::new();
    match &mut node.kind {
        Kind::Leaf { path, value: held } => {
            if **path == *rest {
                *held = value;
                return;
            }
            let shared = common(path, rest);
            let (path, held) = (core::mem::take(path), core::mem::take(held));
            let mut branch = Branch::default();
            branch.hang(path.get(shared..).unwrap_or_default(), held);
            branch.hang(rest.get(shared..).unwrap_or_default(), value);
            node.kind = branch.under(rest.get(..shared).unwrap_or_default());
        }
        Kind::Extension { path, child } => {
            let shared = common(path, rest);
            let (above, below) = path.split_at(shared);
            let Some((nibble, below)) = below.split_first() else {
                return insert(child, rest.get(shared..).unwrap_or_default(), value);
            };
            let mut branch = Branch::default();
            if let Some(slot) = branch.slot(*nibble) {
                let child = Arc::clone(child);
                *slot = Some(if below.is_empty() {
                    child
                } else {
                    Node::new(Kind::Extension { path: below.into(), child })
                });
            }
            branch.hang(rest.get(shared..).unwrap_or_default(), value);
            node.kind = branch.under(above);
        }
        Kind::Branch(branch) => match rest.split_first() {
            None => branch.value = Some(value),
            Some((nibble, after)) => match branch.slot(*nibble) {
                Some(Some(child)) => insert(child, after, value),
                Some(slot) => *slot = Some(Node::leaf(after, value)),
                None => {}
            },
        },
    }
}

impl Branch {
    /// Puts a leaf into a branch whose place for it is free.
    fn hang(&mut self, rest: &[u8], value: Box<[u8]>) {
        match rest.split_first() {
            None => self.value = Some(value),
            Some((nibble, after)) => {
                if let Some(slot) = self.slot(*nibble) {
                    *slot = Some(Node::leaf(after, value));
                }
            }
        }
    }

    /// This branch below what its keys have in common.
    fn under(self, path: &[u8]) -> Kind {
        let branch = Kind::Branch(Box::new(self));
        if path.is_empty() {
            return branch;
        }
        Kind::Extension { path: path.into(), child: Node::new(branch) }
    }
}
