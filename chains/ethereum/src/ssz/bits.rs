//! Bits: lists and vectors of them, and the delimiter that marks a list's end.

use alloy_primitives::B256;
use serde_json::Value;
use ssz::{Decode, DecodeError, Encode};

use super::{Ssz, basic::hex_json, merkle, to_u64, to_usize};

/// Bits as bytes, the first one lowest.
fn to_bytes(bits: &[bool]) -> Vec<u8> {
    let byte = |bits: &[bool]| bits.iter().rev().fold(0_u8, |byte, bit| byte << 1 | u8::from(*bit));
    bits.chunks(8).map(byte).collect()
}

/// All bits of some bytes.
fn from_bytes(bytes: &[u8]) -> Vec<bool> {
    bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1)).collect()
}

/// `Bitvector[N]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bitvector<const N: usize>([bool; N]);

impl<const N: usize> Default for Bitvector<N> {
    fn default() -> Self {
        Self([false; N])
    }
}

impl<const N: usize> Bitvector<N> {
    /// These bits.
    pub const fn new(bits: [bool; N]) -> Self {
        Self(bits)
    }

    /// The bits in order.
    pub const fn bits(&self) -> &[bool; N] {
        &self.0
    }

    /// The bits, to be changed.
    pub const fn bits_mut(&mut self) -> &mut [bool; N] {
        &mut self.0
    }

    /// Positions of the bits that are set.
    pub fn ones(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().filter(|(_, bit)| **bit).map(|(index, _)| index)
    }

    /// How many bits are set.
    pub fn count(&self) -> usize {
        self.ones().count()
    }
}

impl<const N: usize> Encode for Bitvector<N> {
    fn is_ssz_fixed_len() -> bool {
        true
    }

    fn ssz_fixed_len() -> usize {
        N.div_ceil(8)
    }

    fn ssz_append(&self, buf: &mut Vec<u8>) {
        buf.extend(to_bytes(&self.0));
    }

    fn ssz_bytes_len(&self) -> usize {
        N.div_ceil(8)
    }
}

impl<const N: usize> Decode for Bitvector<N> {
    fn is_ssz_fixed_len() -> bool {
        true
    }

    fn ssz_fixed_len() -> usize {
        N.div_ceil(8)
    }

    fn from_ssz_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (len, expected) = (bytes.len(), N.div_ceil(8));
        if len != expected {
            return Err(DecodeError::InvalidByteLength { len, expected });
        }
        let bits = from_bytes(bytes);
        let (bits, padding) = bits.split_at(N.min(bits.len()));
        match <[bool; N]>::try_from(bits) {
            Ok(bits) if !padding.contains(&true) => Ok(Self(bits)),
            _ => Err(DecodeError::BytesInvalid("a bit beyond the vector is set".into())),
        }
    }
}

impl<const N: usize> Ssz for Bitvector<N> {
    fn tree_root(&self) -> B256 {
        let chunks = merkle::pack(&to_bytes(&self.0));
        merkle::merkleize(chunks, merkle::depth_for(to_u64(N.div_ceil(256))))
    }

    fn to_json(&self) -> Value {
        hex_json(&to_bytes(&self.0))
    }
}

/// `Bitlist[LIMIT]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bitlist<const LIMIT: u64>(Vec<bool>);

impl<const LIMIT: u64> Bitlist<LIMIT> {
    /// These bits; `None` beyond the limit.
    pub fn new(bits: Vec<bool>) -> Option<Self> {
        (to_u64(bits.len()) <= LIMIT).then_some(Self(bits))
    }

    /// The bits in order.
    pub fn bits(&self) -> &[bool] {
        &self.0
    }

    /// The bits as bytes, with the delimiting bit after the last.
    fn delimited(&self) -> Vec<u8> {
        let mut bits = self.0.clone();
        bits.push(true);
        to_bytes(&bits)
    }
}

impl<const LIMIT: u64> Encode for Bitlist<LIMIT> {
    fn is_ssz_fixed_len() -> bool {
        false
    }

    fn ssz_append(&self, buf: &mut Vec<u8>) {
        buf.extend(self.delimited());
    }

    fn ssz_bytes_len(&self) -> usize {
        self.0.len().saturating_add(1).div_ceil(8)
    }
}

impl<const LIMIT: u64> Decode for Bitlist<LIMIT> {
    fn is_ssz_fixed_len() -> bool {
        false
    }

    fn from_ssz_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let expected = to_usize(LIMIT).saturating_add(1).div_ceil(8);
        if bytes.len() > expected {
            return Err(DecodeError::InvalidByteLength { len: bytes.len(), expected });
        }
        let missing = || DecodeError::BytesInvalid("the delimiting bit is missing".into());
        if bytes.last().is_none_or(|last| *last == 0) {
            return Err(missing());
        }
        let mut bits = from_bytes(bytes);
        bits.truncate(bits.iter().rposition(|bit| *bit).ok_or_else(missing)?);
        Self::new(bits).ok_or_else(|| DecodeError::BytesInvalid("too many bits".into()))
    }
}

impl<const LIMIT: u64> Ssz for Bitlist<LIMIT> {
    fn tree_root(&self) -> B256 {
        let chunks = merkle::pack(&to_bytes(&self.0));
        let root = merkle::merkleize(chunks, merkle::depth_for(LIMIT.div_ceil(256)));
        merkle::mix_in_length(&root, self.0.len())
    }

    fn to_json(&self) -> Value {
        hex_json(&self.delimited())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_bits_ends_with_a_one() {
        let bits = Bitlist::<9>::new(vec![true, false, true]).unwrap();
        assert_eq!(bits.as_ssz_bytes(), [0b1101]);
        assert_eq!(bits.to_json(), "0x0d");
        let eight = Bitlist::<9>::new(vec![false; 8]).unwrap();
        assert_eq!(eight.as_ssz_bytes(), [0, 1]);
        for bits in [bits, eight, Bitlist::default()] {
            assert_eq!(Bitlist::from_ssz_bytes(&bits.as_ssz_bytes()), Ok(bits));
        }
        for malformed in [&[][..], &[0], &[1, 0], &[0, 4], &[0, 0, 1]] {
            assert!(Bitlist::<9>::from_ssz_bytes(malformed).is_err(), "{malformed:?}");
        }
    }

    #[test]
    fn a_vector_of_bits_has_zeros_for_padding() {
        let mut bits = Bitvector::<4>::default();
        bits.bits_mut()[1] = true;
        assert_eq!(bits.as_ssz_bytes(), [2]);
        assert_eq!(Bitvector::<4>::from_ssz_bytes(&[2]), Ok(bits));
        for malformed in [&[][..], &[0x10], &[0, 0]] {
            assert!(Bitvector::<4>::from_ssz_bytes(malformed).is_err(), "{malformed:?}");
        }
        assert_eq!((bits.count(), bits.ones().collect::<Vec<_>>()), (1, vec![1]));
    }
}
