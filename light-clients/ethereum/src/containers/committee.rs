//! Sync committees and what they sign with.

use alloy_primitives::{B256, FixedBytes};
use ssz::DecodeError;

use crate::ssz::{Codec, Shape, container, merkleize};

/// A compressed BLS public key, as it is on the wire: not necessarily a valid one.
pub type PublicKeyBytes = FixedBytes<48>;
/// A compressed BLS signature, as it is on the wire: not necessarily a valid one.
pub type SignatureBytes = FixedBytes<96>;

/// The keys of a committee, in order. Keys may repeat: members are drawn with replacement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicKeys(pub Vec<PublicKeyBytes>);

impl Codec for PublicKeys {
    fn fixed_len(shape: &Shape) -> Option<usize> {
        Some(shape.committee_size.saturating_mul(48))
    }

    fn decode(bytes: &[u8], _: &Shape) -> Result<Self, DecodeError> {
        Ok(Self(bytes.as_chunks().0.iter().map(|key| PublicKeyBytes::new(*key)).collect()))
    }

    fn append(&self, shape: &Shape, buffer: &mut Vec<u8>) {
        self.padded(shape).for_each(|key| buffer.extend(key));
    }

    fn root(&self, shape: &Shape) -> B256 {
        merkleize(self.padded(shape).map(|key| key.root(shape)).collect())
    }
}

impl PublicKeys {
    /// The keys, with zero keys for those that are missing: a default committee has none here.
    fn padded(&self, shape: &Shape) -> impl Iterator<Item = PublicKeyBytes> {
        let padding = core::iter::repeat(PublicKeyBytes::ZERO);
        self.0.iter().copied().chain(padding).take(shape.committee_size)
    }
}

container! {
    /// A sync committee.
    SyncCommittee = "sync_committee" {
        /// Its members' keys.
        pubkeys: PublicKeys;
        /// The sum of all keys. Nothing relies on it.
        aggregate_pubkey: PublicKeyBytes;
    }
}

impl SyncCommittee {
    /// True for the all-zero committee that stands for "none".
    pub fn is_zero(&self) -> bool {
        self.aggregate_pubkey.is_zero() && self.pubkeys.0.iter().all(PublicKeyBytes::is_zero)
    }
}

/// Who of the committee signed: bit `i` is bit `i % 8`, from the least significant, of byte
/// `i / 8`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParticipationBits(pub Vec<u8>);

impl ParticipationBits {
    /// How many signed. Seats are counted, not distinct keys.
    pub fn count(&self) -> usize {
        let ones = self.0.iter().map(|byte| byte.count_ones());
        usize::try_from(ones.sum::<u32>()).unwrap_or(usize::MAX)
    }

    /// For each seat in order, whether it signed.
    pub fn iter(&self) -> impl Iterator<Item = bool> {
        self.0.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1))
    }
}

impl Codec for ParticipationBits {
    fn fixed_len(shape: &Shape) -> Option<usize> {
        Some(shape.committee_size / 8)
    }

    fn decode(bytes: &[u8], _: &Shape) -> Result<Self, DecodeError> {
        Ok(Self(bytes.to_vec()))
    }

    fn append(&self, shape: &Shape, buffer: &mut Vec<u8>) {
        buffer.extend(self.padded(shape));
    }

    fn root(&self, shape: &Shape) -> B256 {
        let bytes: Vec<_> = self.padded(shape).collect();
        merkleize(crate::ssz::chunks(&bytes))
    }
}

impl ParticipationBits {
    fn padded(&self, shape: &Shape) -> impl Iterator<Item = u8> {
        let padding = core::iter::repeat(0);
        self.0.iter().copied().chain(padding).take(shape.committee_size / 8)
    }
}

container! {
    /// The committee's signature under one header, by those whose bit is set.
    SyncAggregate = "sync_aggregate" {
        /// Who signed.
        sync_committee_bits: ParticipationBits;
        /// The sum of their signatures.
        sync_committee_signature: SignatureBytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_count_from_the_least_significant() {
        let bits = ParticipationBits(vec![0b0000_0010, 0b1000_0000]);
        let set: Vec<_> = bits.iter().zip(0..).filter(|(bit, _)| *bit).map(|(_, i)| i).collect();
        assert_eq!(set, [1, 15]);
        assert_eq!(bits.count(), 2);
    }
}
