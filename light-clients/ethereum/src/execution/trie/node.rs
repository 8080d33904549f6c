//! One node of the trie, decoded strictly and without copying.

use alloy_primitives::B256;
use alloy_rlp::EMPTY_STRING_CODE;
use causeway_core::DecodeError;

use super::NODE;
use super::nibbles::{Nibbles, PathKind, hex_prefix};
use crate::execution::rlp::{Item, Items};

/// Nodes whose encoding is shorter are part of their parent; others are referred to by hash.
pub(super) const HASHED_NODE_LEN: usize = 32;

/// The first byte of a string of 32 bytes.
const HASH_CODE: u8 = EMPTY_STRING_CODE + 32;

/// The items of a branch: one a nibble, and a value.
const BRANCH_ITEMS: usize = 17;

/// A node.
#[derive(Clone, Copy, Debug)]
pub(super) enum Node<'a> {
    /// Where keys part.
    Branch(Branch<'a>),
    /// Nibbles that all keys below share.
    Extension { path: Nibbles<'a>, child: Child<'a> },
    /// The rest of one key, and its value.
    Leaf { path: Nibbles<'a>, value: &'a [u8] },
}

/// What a node says of the node below it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Child<'a> {
    /// There is none.
    Empty,
    /// It is the node with this hash.
    Hash(&'a B256),
    /// It is the node with this encoding.
    Inline(&'a [u8]),
}

/// What follows the child that `items` begin with. Almost every child is nothing or a hash, whose
/// first byte says it all.
#[inline]
fn after_child(items: &[u8]) -> Result<&[u8], DecodeError> {
    match items {
        [EMPTY_STRING_CODE, rest @ ..] => return Ok(rest),
        [HASH_CODE, rest @ ..] => {
            if let Some(rest) = rest.get(B256::len_bytes()..) {
                return Ok(rest);
            }
        }
        [] => return malformed(format!("neither 2 nor {BRANCH_ITEMS} items")),
        _ => {}
    }
    let mut list = Items::new(NODE, items);
    let (encoding, item) = list.next_item()?;
    Child::new(encoding, item)?;
    Ok(items.get(encoding.len()..).unwrap_or_default())
}

/// A branch, with the place of each item, so that a branch which many keys pass is read once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Branch<'a> {
    payload: &'a [u8],
    /// Where each child's encoding ends; it starts where the one before ends.
    ends: [u16; 16],
    value: &'a [u8],
}

fn malformed<T>(reason: impl Into<String>) -> Result<T, DecodeError> {
    Err(DecodeError::new(NODE, reason))
}

impl<'a> Node<'a> {
    /// Decodes a list of 2 or 17 items; the empty node is none (a trie that has it has no proof
    /// nodes at all).
    pub(super) fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let Item::List(payload) = Item::decode(NODE, bytes)? else {
            return malformed("a byte string where a node belongs");
        };
        let mut items = Items::new(NODE, payload);
        let (_, first) = items.next_item()?;
        let second = items.next_item()?;
        if items.is_empty() {
            return Self::short(first, second);
        }
        Branch::decode(payload).map(Self::Branch)
    }

    /// A leaf or an extension.
    fn short(path: Item<'a>, (encoding, item): (&'a [u8], Item<'a>)) -> Result<Self, DecodeError> {
        let Item::Bytes(path) = path else {
            return malformed("a list where a path belongs");
        };
        match (hex_prefix(path)?, item) {
            ((PathKind::Leaf, _), Item::Bytes([])) => malformed("a leaf without a value"),
            ((PathKind::Leaf, path), Item::Bytes(value)) => Ok(Self::Leaf { path, value }),
            ((PathKind::Leaf, _), Item::List(_)) => malformed("a leaf whose value is a list"),
            ((PathKind::Extension, path), _) if path.is_empty() => {
                malformed("an extension of no nibbles")
            }
            ((PathKind::Extension, path), item) => match Child::new(encoding, item)? {
                Child::Empty => malformed("an extension to nowhere"),
                child => Ok(Self::Extension { path, child }),
            },
        }
    }
}

impl<'a> Child<'a> {
    /// A reference has 0 or 32 bytes; anything else but an embedded node is none, so that a hash
    /// is never taken for a node nor a node for a hash.
    fn new(encoding: &'a [u8], item: Item<'a>) -> Result<Self, DecodeError> {
        match item {
            Item::Bytes([]) => Ok(Self::Empty),
            Item::Bytes(hash) => match <&B256>::try_from(hash) {
                Ok(hash) => Ok(Self::Hash(hash)),
                Err(_) => malformed(format!("a reference of {} bytes", hash.len())),
            },
            Item::List(_) if encoding.len() < HASHED_NODE_LEN => Ok(Self::Inline(encoding)),
            Item::List(_) => malformed(format!("an embedded node of {} bytes", encoding.len())),
        }
    }
}

impl<'a> Branch<'a> {
    fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        let (mut ends, mut rest) = ([0; 16], payload);
        for end in &mut ends {
            rest = after_child(rest)?;
            let read = payload.len().saturating_sub(rest.len());
            // Sixteen children have at most 528 bytes: what does not fit is no branch.
            *end = u16::try_from(read).map_err(|_| DecodeError::new(NODE, "a child too long"))?;
        }
        let mut items = Items::new(NODE, rest);
        if items.is_empty() {
            return malformed(format!("neither 2 nor {BRANCH_ITEMS} items"));
        }
        let value = items.next_bytes()?;
        if !items.is_empty() {
            return malformed(format!("more than {BRANCH_ITEMS} items"));
        }
        Ok(Self { payload, ends, value })
    }

    /// The child under `nibble`.
    pub(super) fn child(&self, nibble: u8) -> Result<Child<'a>, DecodeError> {
        let nibble = usize::from(nibble);
        let start = nibble.checked_sub(1).and_then(|before| self.ends.get(before));
        let start = start.copied().map_or(0, usize::from);
        let end = self.ends.get(nibble).copied().map_or(start, usize::from);
        let encoding = self.payload.get(start..end).unwrap_or_default();
        Child::new(encoding, Item::decode(NODE, encoding)?)
    }

    /// The value of the key that ends here.
    pub(super) fn value(&self) -> Option<&'a [u8]> {
        (!self.value.is_empty()).then_some(self.value)
    }
}
