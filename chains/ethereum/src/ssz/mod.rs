//! `SimpleSerialize` for whole consensus objects: encoding, strict decoding, Merkle roots and the
//! JSON that the Beacon API derives from the same schema.
//!
//! Encoding and decoding are `ethereum_ssz`'s traits; hashing follows ssz/simple-serialize.md.

mod basic;
mod bits;
mod container;
mod list;
pub mod merkle;

pub use ::ssz::{Decode, Encode};
use alloy_primitives::B256;
use serde_json::Value;

pub use bits::{Bitlist, Bitvector};
pub(crate) use container::container;
pub use list::{ByteList, List, Vector};

/// A type of the consensus specification.
pub trait Ssz: Encode + Decode + Clone {
    /// `hash_tree_root`.
    fn tree_root(&self) -> B256;

    /// The JSON form of the Beacon API: integers as decimal text, bytes as hexadecimal text.
    fn to_json(&self) -> Value;

    /// The chunks of a sequence of such values: one root each, or packed if the type is basic.
    fn chunks(items: &[Self]) -> Vec<B256> {
        items.iter().map(Self::tree_root).collect()
    }

    /// How many chunks `count` values take.
    fn chunk_count(count: u64) -> u64 {
        count
    }
}

/// A length as the 64 bits of the specification.
pub(crate) fn to_u64(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

/// An index as the machine counts; what does not fit is beyond every list.
pub(crate) fn to_usize(index: u64) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}
