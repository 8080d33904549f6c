//! Sequences with the specification's limits in their types.

use core::ops::Deref;

use alloy_primitives::{B256, Bytes};
use serde_json::Value;
use ssz::{Decode, DecodeError, Encode};

use super::{Ssz, basic::hex_json, merkle, to_u64, to_usize};

/// `List[T, LIMIT]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T, const LIMIT: u64>(Vec<T>);

impl<T, const LIMIT: u64> Default for List<T, LIMIT> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const LIMIT: u64> List<T, LIMIT> {
    /// A list of these items; `None` beyond the limit.
    pub fn new(items: Vec<T>) -> Option<Self> {
        (to_u64(items.len()) <= LIMIT).then_some(Self(items))
    }

    /// The first items, as many as the limit allows.
    pub fn truncated(mut items: Vec<T>) -> Self {
        items.truncate(to_usize(LIMIT));
        Self(items)
    }

    /// Appends; false, with nothing done, at the limit.
    pub fn push(&mut self, item: T) -> bool {
        let fits = to_u64(self.0.len()) < LIMIT;
        if fits {
            self.0.push(item);
        }
        fits
    }

    /// The items, to be changed but not to become more or fewer.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.0
    }

    /// One item, by the specification's index.
    pub fn at(&self, index: u64) -> Option<&T> {
        self.0.get(to_usize(index))
    }

    /// One item, to be changed.
    pub fn at_mut(&mut self, index: u64) -> Option<&mut T> {
        self.0.get_mut(to_usize(index))
    }
}

impl<T, const LIMIT: u64> Deref for List<T, LIMIT> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Encode, const LIMIT: u64> Encode for List<T, LIMIT> {
    fn is_ssz_fixed_len() -> bool {
        false
    }

    fn ssz_append(&self, buf: &mut Vec<u8>) {
        self.0.ssz_append(buf);
    }

    fn ssz_bytes_len(&self) -> usize {
        self.0.ssz_bytes_len()
    }
}

impl<T: Decode, const LIMIT: u64> Decode for List<T, LIMIT> {
    fn is_ssz_fixed_len() -> bool {
        false
    }

    fn from_ssz_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let limit = to_usize(LIMIT);
        if !T::is_ssz_fixed_len() {
            return ssz::decode_list_of_variable_length_items(bytes, Some(limit)).map(Self);
        }
        let expected = T::ssz_fixed_len();
        let len = bytes.len();
        if !len.is_multiple_of(expected)
            || len / core::num::NonZero::new(expected).ok_or(DecodeError::ZeroLengthItem)? > limit
        {
            return Err(DecodeError::InvalidByteLength { len, expected });
        }
        bytes.chunks(expected).map(T::from_ssz_bytes).collect::<Result<_, _>>().map(Self)
    }
}

impl<T: Ssz, const LIMIT: u64> Ssz for List<T, LIMIT> {
    fn tree_root(&self) -> B256 {
        let depth = merkle::depth_for(T::chunk_count(LIMIT));
        merkle::mix_in_length(&merkle::merkleize(T::chunks(&self.0), depth), self.0.len())
    }

    fn to_json(&self) -> Value {
        self.0.iter().map(Ssz::to_json).collect()
    }
}

/// `Vector[T, N]` of values of fixed length, read as a ring: positions count modulo `N`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vector<T, const N: usize>(Box<[T; N]>);

impl<T: Copy, const N: usize> Vector<T, N> {
    /// The same value everywhere.
    pub fn repeat(value: T) -> Self {
        Self(Box::new([value; N]))
    }

    /// These values; `None` if they are not exactly `N`.
    pub fn new(items: &[T]) -> Option<Self> {
        <[T; N]>::try_from(items).ok().map(|items| Self(Box::new(items)))
    }

    /// The value at a position of the ring.
    pub fn at(&self, position: u64) -> T {
        #[expect(clippy::indexing_slicing, reason = "the index is reduced by the length")]
        self.0[ring_index::<N>(position)]
    }

    /// Sets the value at a position of the ring.
    pub fn set(&mut self, position: u64, value: T) {
        #[expect(clippy::indexing_slicing, reason = "the index is reduced by the length")]
        let slot = &mut self.0[ring_index::<N>(position)];
        *slot = value;
    }
}

/// A position of a ring of `N` places, which is never empty.
fn ring_index<const N: usize>(position: u64) -> usize {
    const { assert!(N > 0, "a vector has elements") };
    to_usize(position.checked_rem(to_u64(N)).unwrap_or_default())
}

impl<T: Default + Copy, const N: usize> Default for Vector<T, N> {
    fn default() -> Self {
        Self::repeat(T::default())
    }
}

impl<T, const N: usize> Deref for Vector<T, N> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.0.as_slice()
    }
}

impl<T: Encode, const N: usize> Encode for Vector<T, N> {
    fn is_ssz_fixed_len() -> bool {
        true
    }

    fn ssz_fixed_len() -> usize {
        T::ssz_fixed_len().saturating_mul(N)
    }

    fn ssz_append(&self, buf: &mut Vec<u8>) {
        self.0.iter().for_each(|item| item.ssz_append(buf));
    }

    fn ssz_bytes_len(&self) -> usize {
        <Self as Encode>::ssz_fixed_len()
    }
}

impl<T: Decode + Copy, const N: usize> Decode for Vector<T, N> {
    fn is_ssz_fixed_len() -> bool {
        true
    }

    fn ssz_fixed_len() -> usize {
        T::ssz_fixed_len().saturating_mul(N)
    }

    fn from_ssz_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (len, expected) = (bytes.len(), <Self as Decode>::ssz_fixed_len());
        let items = bytes.chunks(T::ssz_fixed_len().max(1)).map(T::from_ssz_bytes);
        let items: Vec<T> = items.collect::<Result<_, _>>()?;
        Self::new(&items).ok_or(DecodeError::InvalidByteLength { len, expected })
    }
}

impl<T: Ssz + Copy, const N: usize> Ssz for Vector<T, N> {
    fn tree_root(&self) -> B256 {
        let depth = merkle::depth_for(T::chunk_count(to_u64(N)));
        merkle::merkleize(T::chunks(self.0.as_slice()), depth)
    }

    fn to_json(&self) -> Value {
        self.0.iter().map(Ssz::to_json).collect()
    }
}

/// `ByteList[LIMIT]`; copies share their bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ByteList<const LIMIT: u64>(Bytes);

impl<const LIMIT: u64> ByteList<LIMIT> {
    /// These bytes; `None` beyond the limit.
    pub fn new(bytes: impl Into<Bytes>) -> Option<Self> {
        let bytes = bytes.into();
        (to_u64(bytes.len()) <= LIMIT).then_some(Self(bytes))
    }

    /// The bytes, shared.
    pub const fn bytes(&self) -> &Bytes {
        &self.0
    }
}

impl<const LIMIT: u64> Encode for ByteList<LIMIT> {
    fn is_ssz_fixed_len() -> bool {
        false
    }

    fn ssz_append(&self, buf: &mut Vec<u8>) {
        buf.extend_from_slice(&self.0);
    }

    fn ssz_bytes_len(&self) -> usize {
        self.0.len()
    }
}

impl<const LIMIT: u64> Decode for ByteList<LIMIT> {
    fn is_ssz_fixed_len() -> bool {
        false
    }

    fn from_ssz_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let expected = to_usize(LIMIT);
        let wrong = DecodeError::InvalidByteLength { len: bytes.len(), expected };
        Self::new(bytes.to_vec()).ok_or(wrong)
    }
}

impl<const LIMIT: u64> Ssz for ByteList<LIMIT> {
    fn tree_root(&self) -> B256 {
        let root = merkle::merkleize(merkle::pack(&self.0), merkle::depth_for(LIMIT.div_ceil(32)));
        merkle::mix_in_length(&root, self.0.len())
    }

    fn to_json(&self) -> Value {
        hex_json(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Numbers = List<u64, 3>;

    #[test]
    fn limits_hold_when_building_and_decoding() {
        assert!(Numbers::new(vec![1, 2, 3]).is_some());
        assert!(Numbers::new(vec![1, 2, 3, 4]).is_none());
        let mut numbers = Numbers::truncated(vec![1, 2, 3, 4]);
        assert!(!numbers.push(5));
        assert_eq!(*numbers, [1, 2, 3]);
        let four = vec![1_u64, 2, 3, 4].as_ssz_bytes();
        assert!(Numbers::from_ssz_bytes(&four).is_err());
        assert_eq!(Numbers::from_ssz_bytes(&four[..24]), Ok(numbers));
        assert!(Numbers::from_ssz_bytes(&four[..23]).is_err());
        assert!(ByteList::<2>::from_ssz_bytes(&[0; 3]).is_err());
        let nested = vec![vec![1_u8]; 3].as_ssz_bytes();
        assert!(List::<ByteList<1>, 3>::from_ssz_bytes(&nested).is_ok());
        assert!(List::<ByteList<1>, 2>::from_ssz_bytes(&nested).is_err());
    }

    #[test]
    fn vectors_have_one_length_and_are_rings() {
        let mut vector = Vector::<u64, 3>::new(&[1, 2, 3]).unwrap();
        assert_eq!(Vector::<u64, 3>::from_ssz_bytes(&vector.as_ssz_bytes()), Ok(vector.clone()));
        assert!(Vector::<u64, 3>::from_ssz_bytes(&[0; 16]).is_err());
        assert!(Vector::<u64, 3>::from_ssz_bytes(&[0; 32]).is_err());
        vector.set(4, 9);
        assert_eq!((vector.at(1), vector.at(u64::MAX)), (9, 1));
    }

    #[test]
    fn lists_mix_in_their_length_and_vectors_do_not() {
        let vector = Vector::<u64, 4>::repeat(0);
        assert_eq!(vector.tree_root(), B256::ZERO);
        let (none, one) = (List::<u64, 4>::default(), List::<u64, 4>::truncated(vec![0]));
        assert_eq!(none.tree_root(), merkle::mix_in_length(&B256::ZERO, 0));
        assert_eq!(one.tree_root(), merkle::mix_in_length(&B256::ZERO, 1));
    }
}
