//! Nodes as bytes, and their hashes.

use alloy_primitives::{B256, keccak256};
use alloy_rlp::{EMPTY_STRING_CODE, Encodable, Header};

use super::nibbles::hex_prefix;
use super::{Kind, Node, Reference};

/// From this length on a node is referred to by its hash.
const HASHED_LEN: usize = 32;

impl Reference {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Hash(hash) => hash.encode(out),
            Self::Inline(bytes) => out.extend_from_slice(bytes),
        }
    }
}

impl Node {
    /// How the parent refers to this node.
    pub(super) fn reference(&self) -> &Reference {
        self.reference.get_or_init(|| {
            let bytes = self.encode();
            if bytes.len() < HASHED_LEN {
                Reference::Inline(bytes.into())
            } else {
                Reference::Hash(keccak256(bytes))
            }
        })
    }

    /// The hash of this node, however short: what a root is.
    pub(super) fn hash(&self) -> B256 {
        match self.reference() {
            Reference::Hash(hash) => *hash,
            Reference::Inline(bytes) => keccak256(bytes),
        }
    }

    /// The RLP of this node.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut items = Vec::new();
        match &self.kind {
            Kind::Leaf { path, value } => {
                hex_prefix(path, true).as_slice().encode(&mut items);
                value.encode(&mut items);
            }
            Kind::Extension { path, child } => {
                hex_prefix(path, false).as_slice().encode(&mut items);
                child.reference().put(&mut items);
            }
            Kind::Branch(branch) => {
                for child in &branch.children {
                    match child {
                        Some(child) => child.reference().put(&mut items),
                        None => items.push(EMPTY_STRING_CODE),
                    }
                }
                branch.value.as_deref().unwrap_or_default().encode(&mut items);
            }
        }
        let mut bytes = Vec::with_capacity(items.len().saturating_add(HASHED_LEN));
        Header { list: true, payload_length: items.len() }.encode(&mut bytes);
        bytes.extend(items);
        bytes
    }
}
