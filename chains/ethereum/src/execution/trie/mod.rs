//! A persistent Merkle-Patricia trie (Yellow Paper, appendix D): a version is one pointer, and
//! versions share what is the same in them. Nodes are hashed when a root or a proof is asked for,
//! each once.
//!
//! The same structure, never hashed, is an ordered map with cheap copies: keys may be of any length
//! there, and one may begin another.

mod encode;
mod insert;
mod nibbles;
mod remove;
mod scan;

use std::sync::{Arc, OnceLock};

use alloy_primitives::B256;

use crate::engine::EMPTY_TRIE_ROOT;
use nibbles::unpack;

pub(super) use scan::Bounds;

/// One version.
#[derive(Clone, Debug, Default)]
pub(super) struct Trie {
    root: Option<Arc<Node>>,
}

#[derive(Clone, Debug)]
struct Node {
    kind: Kind,
    /// How the parent refers to it, once that was asked for.
    reference: OnceLock<Reference>,
}

#[derive(Clone, Debug)]
enum Kind {
    /// The rest of a key, and its value.
    Leaf { path: Box<[u8]>, value: Box<[u8]> },
    /// What all keys below have in common. Its child is a branch.
    Extension { path: Box<[u8]>, child: Arc<Node> },
    /// Where keys part.
    Branch(Box<Branch>),
}

#[derive(Clone, Debug, Default)]
struct Branch {
    children: [Option<Arc<Node>>; 16],
    /// Of the key that ends here.
    value: Option<Box<[u8]>>,
}

/// A node inside its parent: its hash, or itself when it is shorter than one.
#[derive(Clone, Debug)]
enum Reference {
    Hash(B256),
    Inline(Box<[u8]>),
}

impl Node {
    fn new(kind: Kind) -> Arc<Self> {
        Arc::new(Self { kind, reference: OnceLock::new() })
    }

    fn leaf(path: &[u8], value: Box<[u8]>) -> Arc<Self> {
        Self::new(Kind::Leaf { path: path.into(), value })
    }
}

impl Branch {
    fn child(&self, nibble: u8) -> Option<&Arc<Node>> {
        self.children.get(usize::from(nibble))?.as_ref()
    }

    fn slot(&mut self, nibble: u8) -> Option<&mut Option<Arc<Node>>> {
        self.children.get_mut(usize::from(nibble))
    }
}

impl Trie {
    /// The value at `key`.
    pub(super) fn get(&self, key: &[u8]) -> Option<&[u8]> {
        let nibbles = unpack(key);
        let mut rest = nibbles.as_slice();
        let mut node = self.root.as_ref()?;
        loop {
            match &node.kind {
                Kind::Leaf { path, value } => return (**path == *rest).then_some(value),
                Kind::Extension { path, child } => {
                    rest = rest.strip_prefix(&**path)?;
                    node = child;
                }
                Kind::Branch(branch) => match rest.split_first() {
                    None => return branch.value.as_deref(),
                    Some((nibble, after)) => {
                        node = branch.child(*nibble)?;
                        rest = after;
                    }
                },
            }
        }
    }

    /// Puts `value`, which is not empty where the trie is hashed, at `key`.
    pub(super) fn insert(&mut self, key: &[u8], value: Vec<u8>) {
        let nibbles = unpack(key);
        match &mut self.root {
            Some(root) => insert::insert(root, &nibbles, value.into()),
            None => self.root = Some(Node::leaf(&nibbles, value.into())),
        }
    }

    /// Takes away what is at `key`.
    pub(super) fn remove(&mut self, key: &[u8]) {
        if self.get(key).is_some()
            && let Some(root) = self.root.take()
        {
            self.root = remove::remove(root, &unpack(key));
        }
    }

    /// The hash over everything.
    pub(super) fn root(&self) -> B256 {
        self.root.as_ref().map_or(EMPTY_TRIE_ROOT, |root| root.hash())
    }

    /// The nodes from the root towards `key`, as `eth_getProof` lists them: those that their parent
    /// refers to by hash. They show what is there, or that nothing is.
    pub(super) fn prove(&self, key: &[u8]) -> Vec<Vec<u8>> {
        let nibbles = unpack(key);
        let mut rest = nibbles.as_slice();
        let mut next = self.root.as_ref();
        let mut nodes = Vec::new();
        while let Some(node) = next {
            if nodes.is_empty() || matches!(node.reference(), Reference::Hash(_)) {
                nodes.push(node.encode());
            }
            next = match &node.kind {
                Kind::Leaf { .. } => None,
                Kind::Extension { path, child } => match rest.strip_prefix(&**path) {
                    Some(after) => {
                        rest = after;
                        Some(child)
                    }
                    None => None,
                },
                Kind::Branch(branch) => rest.split_first().and_then(|(nibble, after)| {
                    rest = after;
                    branch.child(*nibble)
                }),
            };
        }
        nodes
    }
}

#[cfg(test)]
mod tests;
