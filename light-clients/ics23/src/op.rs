//! The two steps of a proof: from key and value to the leaf, and from a child to its parent.

use crate::{HashOp, InnerOp, LeafOp, LengthOp, NodeHash, ProofError};

impl LeafOp {
    /// The hash of the leaf of `key` and `value`: prefix, then both with their lengths, each
    /// hashed first when the leaf says so. Neither may be empty.
    pub fn apply(&self, key: &[u8], value: &[u8]) -> Result<NodeHash, ProofError> {
        if key.is_empty() {
            return Err(ProofError::KeyEmpty {});
        }
        if value.is_empty() {
            return Err(ProofError::ValueEmpty {});
        }
        let length = LengthOp::try_from(self.length)
            .map_err(|_| ProofError::LengthOpUnsupported { got: self.length })?;
        let key = prehash(self.prehash_key, key)?;
        let value = prehash(self.prehash_value, value)?;
        let (key, value) = (key.as_bytes(), value.as_bytes());
        let (key_len, value_len) = (length.prefix(key)?, length.prefix(value)?);
        let parts = [&self.prefix, key_len.as_bytes(), key, value_len.as_bytes(), value];
        HashOp::from_wire(self.hash)?.hash(&parts)
    }
}

/// A key or value as it enters a leaf.
enum Prehashed<'a> {
    Itself(&'a [u8]),
    Hash(NodeHash),
}

impl Prehashed<'_> {
    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Itself(bytes) => bytes,
            Self::Hash(hash) => hash.as_bytes(),
        }
    }
}

fn prehash(op: i32, data: &[u8]) -> Result<Prehashed<'_>, ProofError> {
    Ok(match HashOp::from_wire(op)? {
        HashOp::NoHash => Prehashed::Itself(data),
        op => Prehashed::Hash(op.hash(&[data])?),
    })
}

impl InnerOp {
    /// The hash of the node around `child`, which is not empty.
    pub fn apply(&self, child: &[u8]) -> Result<NodeHash, ProofError> {
        if child.is_empty() {
            return Err(ProofError::ChildEmpty {});
        }
        HashOp::from_wire(self.hash)?.hash(&[&self.prefix, child, &self.suffix])
    }
}
