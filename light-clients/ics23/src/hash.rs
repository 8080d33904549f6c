//! The hash functions of the format, and the hash of a node.

use blake2::{Blake2b512, Blake2s256};
use ripemd::Ripemd160;
use sha2::block_api::compress256;
use sha2::{Digest, Sha256, Sha512, Sha512_256};

use crate::{HashOp, LengthOp, ProofError};

/// The longest output of any hash function here.
const MAX_HASH_LEN: usize = 64;

/// The hash of a node, of the length that its hash function gives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NodeHash {
    bytes: [u8; MAX_HASH_LEN],
    len: usize,
}

impl NodeHash {
    fn new(hash: &[u8]) -> Self {
        let mut bytes = [0; MAX_HASH_LEN];
        for (to, from) in bytes.iter_mut().zip(hash) {
            *to = *from;
        }
        Self { bytes, len: hash.len().min(MAX_HASH_LEN) }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&self.bytes)
    }
}

impl core::fmt::Debug for NodeHash {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "NodeHash({})", hex::encode(self.as_bytes()))
    }
}

/// Hashes the parts one after the other.
fn digest<D: Digest>(parts: &[&[u8]]) -> NodeHash {
    let mut hasher = D::new();
    for part in parts {
        hasher.update(part);
    }
    NodeHash::new(&hasher.finalize())
}

/// The state before the first block (FIPS 180-4, section 5.3.3).
const SHA256_START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// Bytes of a block.
const SHA256_BLOCK: usize = 64;

/// Blocks that are padded here. A node takes one or two, a leaf with a long key some more.
const SHORT_BLOCKS: usize = 4;

/// SHA-256. Nodes are short and many: padding them in place and compressing all blocks in one call
/// spares a hasher's buffering, which is a seventh of the time that a proof takes.
fn sha256(parts: &[&[u8]]) -> NodeHash {
    short_sha256(parts).unwrap_or_else(|| digest::<Sha256>(parts))
}

/// SHA-256 of what fits into [`SHORT_BLOCKS`] with its padding: a bit, zeros, the length in bits.
fn short_sha256(parts: &[&[u8]]) -> Option<NodeHash> {
    let mut text = [0_u8; SHORT_BLOCKS * SHA256_BLOCK];
    let mut rest = &mut text[..];
    for part in parts {
        let (place, after) = rest.split_at_mut_checked(part.len())?;
        place.copy_from_slice(part);
        rest = after;
    }
    let left = rest.len();
    *rest.first_mut()? = 0x80;
    let len = text.len().checked_sub(left)?;
    let padded = len.checked_add(9)?.checked_next_multiple_of(SHA256_BLOCK)?;
    let bits = u64::try_from(len).ok()?.checked_mul(8)?;
    *text.get_mut(..padded)?.last_chunk_mut()? = bits.to_be_bytes();
    let (blocks, _) = text.get(..padded)?.as_chunks();

    let mut state = SHA256_START;
    compress256(&mut state, blocks);
    let mut hash = NodeHash { bytes: [0; MAX_HASH_LEN], len: 32 };
    for (to, from) in hash.bytes.as_chunks_mut().0.iter_mut().zip(state) {
        *to = from.to_be_bytes();
    }
    Some(hash)
}

impl HashOp {
    /// The function with this number on the wire, [`HashOp::NoHash`] included.
    pub(crate) fn from_wire(got: i32) -> Result<Self, ProofError> {
        Self::try_from(got).map_err(|_| ProofError::HashOpUnsupported { got })
    }

    /// Bytes of output; none for [`HashOp::NoHash`].
    pub(crate) const fn output_len(self) -> Option<usize> {
        match self {
            Self::NoHash => None,
            Self::Sha256 | Self::Sha512256 | Self::Blake2s256 => Some(32),
            Self::Sha512 | Self::Blake2b512 => Some(64),
            Self::Ripemd160 | Self::Bitcoin => Some(20),
        }
    }

    /// The hash of the parts one after the other. [`HashOp::NoHash`] hashes nothing and is
    /// refused.
    pub fn hash(self, parts: &[&[u8]]) -> Result<NodeHash, ProofError> {
        Ok(match self {
            Self::NoHash => return Err(ProofError::HashOpUnsupported { got: self.into() }),
            Self::Sha256 => sha256(parts),
            Self::Sha512 => digest::<Sha512>(parts),
            Self::Ripemd160 => digest::<Ripemd160>(parts),
            Self::Bitcoin => digest::<Ripemd160>(&[sha256(parts).as_bytes()]),
            Self::Sha512256 => digest::<Sha512_256>(parts),
            Self::Blake2b512 => digest::<Blake2b512>(parts),
            Self::Blake2s256 => digest::<Blake2s256>(parts),
        })
    }
}

/// A written length: up to ten bytes.
#[derive(Clone, Copy)]
pub(crate) struct LengthPrefix {
    bytes: [u8; 10],
    len: usize,
}

impl LengthPrefix {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&self.bytes)
    }

    fn new(written: &[u8]) -> Self {
        let mut bytes = [0; 10];
        for (to, from) in bytes.iter_mut().zip(written) {
            *to = *from;
        }
        Self { bytes, len: written.len().min(10) }
    }

    fn varint(mut value: u64) -> Self {
        let mut prefix = Self { bytes: [0; 10], len: 0 };
        for place in &mut prefix.bytes {
            let low = u8::try_from(value & 0x7f).unwrap_or(0x7f);
            value >>= 7;
            prefix.len = prefix.len.saturating_add(1);
            if value == 0 {
                *place = low;
                break;
            }
            *place = low | 0x80;
        }
        prefix
    }
}

impl LengthOp {
    /// What is written before `data` in a leaf.
    pub(crate) fn prefix(self, data: &[u8]) -> Result<LengthPrefix, ProofError> {
        let got = data.len();
        let wide = u64::try_from(got).unwrap_or(u64::MAX);
        let narrow = || {
            let expected = "less than 4 GiB";
            u32::try_from(got).map_err(|_| ProofError::LeafDataLength { got, expected })
        };
        Ok(match self {
            Self::NoPrefix => LengthPrefix::new(&[]),
            Self::VarProto => LengthPrefix::varint(wide),
            Self::Fixed32Big => LengthPrefix::new(&narrow()?.to_be_bytes()),
            Self::Fixed32Little => LengthPrefix::new(&narrow()?.to_le_bytes()),
            Self::Fixed64Big => LengthPrefix::new(&wide.to_be_bytes()),
            Self::Fixed64Little => LengthPrefix::new(&wide.to_le_bytes()),
            Self::Require32Bytes if got == 32 => LengthPrefix::new(&[]),
            Self::Require64Bytes if got == 64 => LengthPrefix::new(&[]),
            Self::Require32Bytes => {
                return Err(ProofError::LeafDataLength { got, expected: "32 bytes" });
            }
            Self::Require64Bytes => {
                return Err(ProofError::LeafDataLength { got, expected: "64 bytes" });
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_hash_as_any_other() {
        let text: Vec<u8> = (0..=255).collect();
        for len in 0..=text.len() {
            let (first, second) = text[..len].split_at(len / 3);
            let short = short_sha256(&[first, &[], second]);
            assert_eq!(short.is_some(), len + 9 <= SHORT_BLOCKS * SHA256_BLOCK, "{len}");
            let expected = digest::<Sha256>(&[&text[..len]]);
            assert_eq!(sha256(&[first, &[], second]), expected, "{len}");
        }
    }
}
