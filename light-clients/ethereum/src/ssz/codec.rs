//! Encoding, decoding and hashing of values whose size depends on the fork and the preset.

use alloy_primitives::{Address, B256, Bloom, FixedBytes, U256};
use ssz::DecodeError;

use super::merkle::{hash_nodes, merkleize};
use crate::chain::{Fork, Layout, Preset, Slot};

/// The sizes of one fork under one preset.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) layout: &'static Layout,
    pub(crate) committee_size: usize,
}

impl Shape {
    pub(crate) fn new(fork: Fork, preset: Preset) -> Self {
        Self { layout: fork.layout(), committee_size: preset.sync_committee_size() }
    }

    /// Condition of the fields that came with Capella.
    pub(crate) fn has_execution(&self) -> bool {
        self.layout.execution.is_some()
    }

    /// Condition of the fields that came with Deneb.
    pub(crate) fn has_blob_gas(&self) -> bool {
        self.layout.execution.is_some_and(|execution| execution.has_blob_gas)
    }
}

/// A value with an SSZ form.
pub(crate) trait Codec: Sized {
    /// The length of the encoding; `None` when it varies.
    fn fixed_len(shape: &Shape) -> Option<usize>;

    /// Decodes exactly `bytes`.
    fn decode(bytes: &[u8], shape: &Shape) -> Result<Self, DecodeError>;

    /// Appends the encoding.
    fn append(&self, shape: &Shape, buffer: &mut Vec<u8>);

    /// `hash_tree_root`.
    fn root(&self, shape: &Shape) -> B256;
}

/// The chunks of some bytes, the last one padded with zeros.
pub(crate) fn chunks(bytes: &[u8]) -> Vec<B256> {
    bytes.chunks(32).map(B256::right_padding_from).collect()
}

pub(crate) fn wrong_length(len: usize, expected: usize) -> DecodeError {
    DecodeError::InvalidByteLength { len, expected }
}

impl Codec for u64 {
    fn fixed_len(_: &Shape) -> Option<usize> {
        Some(8)
    }

    fn decode(bytes: &[u8], _: &Shape) -> Result<Self, DecodeError> {
        bytes.try_into().map(Self::from_le_bytes).map_err(|_| wrong_length(bytes.len(), 8))
    }

    fn append(&self, _: &Shape, buffer: &mut Vec<u8>) {
        buffer.extend(self.to_le_bytes());
    }

    fn root(&self, _: &Shape) -> B256 {
        B256::right_padding_from(&self.to_le_bytes())
    }
}

impl Codec for Slot {
    fn fixed_len(shape: &Shape) -> Option<usize> {
        u64::fixed_len(shape)
    }

    fn decode(bytes: &[u8], shape: &Shape) -> Result<Self, DecodeError> {
        u64::decode(bytes, shape).map(Self::new)
    }

    fn append(&self, shape: &Shape, buffer: &mut Vec<u8>) {
        self.get().append(shape, buffer);
    }

    fn root(&self, shape: &Shape) -> B256 {
        self.get().root(shape)
    }
}

impl Codec for U256 {
    fn fixed_len(_: &Shape) -> Option<usize> {
        Some(32)
    }

    fn decode(bytes: &[u8], _: &Shape) -> Result<Self, DecodeError> {
        let bytes = bytes.try_into().map_err(|_| wrong_length(bytes.len(), 32))?;
        Ok(Self::from_le_bytes::<32>(bytes))
    }

    fn append(&self, _: &Shape, buffer: &mut Vec<u8>) {
        buffer.extend(self.to_le_bytes::<32>());
    }

    fn root(&self, _: &Shape) -> B256 {
        B256::new(self.to_le_bytes())
    }
}

impl<const N: usize> Codec for FixedBytes<N> {
    fn fixed_len(_: &Shape) -> Option<usize> {
        Some(N)
    }

    fn decode(bytes: &[u8], _: &Shape) -> Result<Self, DecodeError> {
        Self::try_from(bytes).map_err(|_| wrong_length(bytes.len(), N))
    }

    fn append(&self, _: &Shape, buffer: &mut Vec<u8>) {
        buffer.extend(self.as_slice());
    }

    fn root(&self, _: &Shape) -> B256 {
        merkleize(chunks(self.as_slice()))
    }
}

macro_rules! like_its_bytes {
    ($($name:ident),+) => {$(
        impl Codec for $name {
            fn fixed_len(_: &Shape) -> Option<usize> {
                Some(Self::len_bytes())
            }

            fn decode(bytes: &[u8], shape: &Shape) -> Result<Self, DecodeError> {
                FixedBytes::decode(bytes, shape).map(Self)
            }

            fn append(&self, shape: &Shape, buffer: &mut Vec<u8>) {
                self.0.append(shape, buffer);
            }

            fn root(&self, shape: &Shape) -> B256 {
                self.0.root(shape)
            }
        }
    )+};
}

like_its_bytes!(Address, Bloom);

/// A list's root: the tree of its chunks, and its length.
pub(crate) fn mix_in_length(root: B256, len: usize) -> B256 {
    let len = u64::try_from(len).unwrap_or(u64::MAX);
    hash_nodes(root, B256::right_padding_from(&len.to_le_bytes()))
}
