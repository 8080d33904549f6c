//! The walk through a Merkle-Patricia trie (Yellow Paper, appendix D) along proof nodes.
//!
//! A proof lists the nodes that are referred to by hash, root first, along one key's path; embedded
//! nodes are inside their parents and have no place of their own in the list. The list has exactly
//! the nodes that the walk opens, so that a proof has one form.

mod build;
mod nibbles;
mod node;

use std::collections::HashMap;

use alloy_primitives::{B256, b256, keccak256};
use causeway_core::{DecodeError, refusals};

pub use build::root;
pub use nibbles::Nibbles;
use node::{Child, HASHED_NODE_LEN, Node};

/// Root of the trie with nothing in it: the hash of the empty string's encoding.
pub const EMPTY_ROOT: B256 =
    b256!("0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");

/// The most nodes on one path: one for each nibble of a hashed key, and a leaf.
pub const MAX_NODES: usize = 65;

/// The most bytes of a node in a state or storage trie: a branch with sixteen hashes and no value.
/// Leaves there are shorter: 35 bytes of path, and an account of at most 110.
pub const MAX_STATE_NODE_LEN: usize = 532;

/// The most bytes of a node in a receipts or transactions trie: its leaves hold whole items, and a
/// block has at most ten mebibytes (EIP-7934).
pub const MAX_LIST_NODE_LEN: usize = 10 << 20;

/// Name of a node in errors.
const NODE: &str = "trie_node";

/// Why a list of nodes is no proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrieError {
    /// More nodes than a path can have.
    #[error("{got} nodes, at most {expected} are allowed")]
    TooManyNodes {
        /// Nodes in the list.
        got: usize,
        /// The limit.
        expected: usize,
    },
    /// A node longer than this trie can have.
    #[error("node {node} has {got} bytes, at most {expected} are allowed")]
    NodeTooLong {
        /// Place in the list.
        node: usize,
        /// Its length.
        got: usize,
        /// The limit.
        expected: usize,
    },
    /// A node is not the one that the node before it, or the root, refers to.
    #[error("node {node} has hash {got}, expected {expected}")]
    HashMismatch {
        /// Place in the list.
        node: usize,
        /// Its hash.
        got: B256,
        /// The hash referred to.
        expected: B256,
    },
    /// The list ends where the path goes on. It shows neither presence nor absence.
    #[error("the proof ends after {got} nodes, before the node with hash {expected}")]
    Truncated {
        /// Nodes in the list.
        got: usize,
        /// The hash referred to.
        expected: B256,
    },
    /// Nodes that the path does not lead through.
    #[error("{got} nodes, of which the path uses {expected}")]
    SurplusNodes {
        /// Nodes in the list.
        got: usize,
        /// Nodes that were opened.
        expected: usize,
    },
    /// Not the encoding of a node.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
}

refusals! {
    TrieError {
        TooManyNodes { got, expected } => "too_many_trie_nodes", Reject;
        NodeTooLong { node, got, expected } => "trie_node_too_long", Reject;
        HashMismatch { node, got, expected } => "trie_node_hash_mismatch", Reject;
        Truncated { got, expected } => "trie_proof_truncated", Reject;
        SurplusNodes { got, expected } => "surplus_trie_nodes", Reject;
        @wraps Malformed;
    }
}

/// The value of `key` under `root`, or `None` when the nodes show that there is none. Every node
/// must be used, and none may have more than `max_node_len` bytes.
pub fn find<'a, N: AsRef<[u8]>>(
    root: &B256,
    key: Nibbles<'_>,
    nodes: &'a [N],
    max_node_len: usize,
) -> Result<Option<&'a [u8]>, TrieError> {
    if nodes.len() > MAX_NODES {
        return Err(TrieError::TooManyNodes { got: nodes.len(), expected: MAX_NODES });
    }
    let mut path = PathNodes::new(nodes, max_node_len);
    let value = walk(root, key, &mut path)?;
    path.finish()?;
    Ok(value)
}

/// Where the walk gets the node with a given hash.
trait Nodes<'a> {
    fn open(&mut self, hash: &B256) -> Result<Node<'a>, TrieError>;
}

/// Each step takes at least one nibble of the key, or ends, so the loop is bounded by the key.
fn walk<'a>(
    root: &B256,
    key: Nibbles<'_>,
    nodes: &mut impl Nodes<'a>,
) -> Result<Option<&'a [u8]>, TrieError> {
    if *root == EMPTY_ROOT {
        return Ok(None);
    }
    let (mut node, mut rest) = (nodes.open(root)?, key);
    loop {
        let (child, is_extended) = match node {
            Node::Leaf { path, value } => return Ok((path == rest).then_some(value)),
            Node::Extension { path, child } => match rest.strip_prefix(path) {
                Some(after) => {
                    rest = after;
                    (child, true)
                }
                None => return Ok(None),
            },
            Node::Branch(branch) => match rest.split_first() {
                Some((nibble, after)) => {
                    rest = after;
                    (branch.child(nibble)?, false)
                }
                None => return Ok(branch.value()),
            },
        };
        node = match child {
            Child::Empty => return Ok(None),
            Child::Hash(hash) => nodes.open(hash)?,
            Child::Inline(bytes) => Node::decode(bytes)?,
        };
        if is_extended && !matches!(node, Node::Branch(_)) {
            let reason = "an extension to something else than a branch";
            return Err(DecodeError::new(NODE, reason).into());
        }
    }
}

/// Nodes in the order in which they are opened, each once.
struct PathNodes<'a, N> {
    nodes: &'a [N],
    opened: usize,
    max_node_len: usize,
}

impl<'a, N: AsRef<[u8]>> PathNodes<'a, N> {
    fn new(nodes: &'a [N], max_node_len: usize) -> Self {
        Self { nodes, opened: 0, max_node_len }
    }

    fn finish(&self) -> Result<(), TrieError> {
        let (got, expected) = (self.nodes.len(), self.opened);
        if got == expected { Ok(()) } else { Err(TrieError::SurplusNodes { got, expected }) }
    }
}

impl<'a, N: AsRef<[u8]>> Nodes<'a> for PathNodes<'a, N> {
    fn open(&mut self, hash: &B256) -> Result<Node<'a>, TrieError> {
        let node = self.opened;
        let Some(bytes) = self.nodes.get(node).map(AsRef::as_ref) else {
            return Err(TrieError::Truncated { got: self.nodes.len(), expected: *hash });
        };
        if bytes.len() > self.max_node_len {
            let (got, expected) = (bytes.len(), self.max_node_len);
            return Err(TrieError::NodeTooLong { node, got, expected });
        }
        let got = keccak256(bytes);
        if got != *hash {
            return Err(TrieError::HashMismatch { node, got, expected: *hash });
        }
        // The root is hashed whatever its length; below it a short node is part of its parent.
        if node > 0 && bytes.len() < HASHED_NODE_LEN {
            let reason = format!("a node of {} bytes outside its parent", bytes.len());
            return Err(DecodeError::new(NODE, reason).into());
        }
        self.opened = node.saturating_add(1);
        Ok(Node::decode(bytes)?)
    }
}

/// The nodes of several paths under one root: each once, in the order in which looking up the keys
/// one after another first opens it. Each is hashed and decoded once, however many keys share it.
pub(super) struct SharedNodes<'a, N> {
    fresh: PathNodes<'a, N>,
    opened: HashMap<B256, Node<'a>>,
}

impl<'a, N: AsRef<[u8]>> SharedNodes<'a, N> {
    pub(super) fn new(nodes: &'a [N], max_node_len: usize) -> Self {
        let opened = HashMap::with_capacity(nodes.len());
        Self { fresh: PathNodes::new(nodes, max_node_len), opened }
    }

    /// The value of `key` under `root`, as [`find`] gives it.
    pub(super) fn find(
        &mut self,
        root: &B256,
        key: Nibbles<'_>,
    ) -> Result<Option<&'a [u8]>, TrieError> {
        walk(root, key, self)
    }

    /// Refuses nodes that no key needed.
    pub(super) fn finish(&self) -> Result<(), TrieError> {
        self.fresh.finish()
    }
}

impl<'a, N: AsRef<[u8]>> Nodes<'a> for SharedNodes<'a, N> {
    fn open(&mut self, hash: &B256) -> Result<Node<'a>, TrieError> {
        if let Some(node) = self.opened.get(hash) {
            return Ok(*node);
        }
        let node = self.fresh.open(hash)?;
        self.opened.insert(*hash, node);
        Ok(node)
    }
}
