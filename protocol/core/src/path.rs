//! Where a chain keeps the traces of a packet, and how a counterparty addresses them (ICS-24).

use crate::{ClientId, DecodeError, Sequence};

/// The most elements a commitment prefix may have.
pub const MAX_PREFIX_ELEMENTS: usize = 32;

/// Which trace of a packet a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PacketTrace {
    /// The packet commitment, kept under the source client.
    Commitment,
    /// The receipt, kept under the destination client.
    Receipt,
    /// The acknowledgement commitment, kept under the destination client.
    Acknowledgement,
}

impl PacketTrace {
    /// The byte between client id and sequence. The specification's code blocks swap the last two;
    /// deployed chains use these.
    const fn discriminant(self) -> u8 {
        match self {
            Self::Commitment => 1,
            Self::Receipt => 2,
            Self::Acknowledgement => 3,
        }
    }
}

/// The path of one trace in the store of the chain that hosts `client`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PacketPath {
    /// The client on the chain that keeps the trace.
    pub client: ClientId,
    /// Which trace.
    pub trace: PacketTrace,
    /// The packet's sequence.
    pub sequence: Sequence,
}

impl PacketPath {
    /// Path of a packet commitment.
    pub fn commitment(client: ClientId, sequence: Sequence) -> Self {
        Self { client, trace: PacketTrace::Commitment, sequence }
    }

    /// Path of a packet receipt.
    pub fn receipt(client: ClientId, sequence: Sequence) -> Self {
        Self { client, trace: PacketTrace::Receipt, sequence }
    }

    /// Path of an acknowledgement commitment.
    pub fn acknowledgement(client: ClientId, sequence: Sequence) -> Self {
        Self { client, trace: PacketTrace::Acknowledgement, sequence }
    }

    /// Client id, one byte for the trace, sequence as eight big-endian bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.client.as_str().as_bytes().to_vec();
        bytes.push(self.trace.discriminant());
        bytes.extend(self.sequence.get().to_be_bytes());
        bytes
    }
}

/// What a counterparty puts before every path: store names, from the root down. The path is
/// appended to the last element.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MerklePrefix(Vec<Vec<u8>>);

impl MerklePrefix {
    /// A prefix of 1 to [`MAX_PREFIX_ELEMENTS`] elements; elements may be empty.
    pub fn new(elements: Vec<Vec<u8>>) -> Result<Self, DecodeError> {
        if elements.is_empty() || elements.len() > MAX_PREFIX_ELEMENTS {
            let reason =
                format!("{} elements, 1 to {MAX_PREFIX_ELEMENTS} are allowed", elements.len());
            return Err(DecodeError::new("merkle_prefix", reason));
        }
        Ok(Self(elements))
    }

    /// The elements, root first.
    pub fn elements(&self) -> &[Vec<u8>] {
        &self.0
    }

    /// The full path of `key` under this prefix.
    pub fn apply(&self, key: &[u8]) -> MerklePath {
        let mut elements = self.0.clone();
        if let Some(last) = elements.last_mut() {
            last.extend_from_slice(key);
        }
        MerklePath(elements)
    }
}

/// A key in a tree of stores: one element a store, root first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MerklePath(Vec<Vec<u8>>);

impl MerklePath {
    /// A path of at least one element, none of them empty.
    pub fn new(elements: Vec<Vec<u8>>) -> Result<Self, DecodeError> {
        if elements.is_empty() || elements.iter().any(Vec::is_empty) {
            return Err(DecodeError::new("merkle_path", "no elements, or an empty one"));
        }
        Ok(Self(elements))
    }

    /// The elements, root first.
    pub fn elements(&self) -> &[Vec<u8>] {
        &self.0
    }
}
