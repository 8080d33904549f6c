//! Numbers and byte strings of fixed length.

use alloy_primitives::{Address, B256, Bloom, FixedBytes, U256};
use serde_json::Value;

use super::{Ssz, merkle};

/// `0x` and hexadecimal digits.
pub(super) fn hex_json(bytes: &[u8]) -> Value {
    Value::String(format!("0x{}", hex::encode(bytes)))
}

macro_rules! basic {
    ($($type:ty, $size:literal, |$value:ident| $json:expr;)*) => {$(
        impl Ssz for $type {
            fn tree_root(&self) -> B256 {
                B256::right_padding_from(&ssz::Encode::as_ssz_bytes(self))
            }

            fn to_json(&self) -> Value {
                let $value = self;
                $json
            }

            fn chunks(items: &[Self]) -> Vec<B256> {
                let mut bytes = Vec::with_capacity(items.len().saturating_mul($size));
                for item in items {
                    ssz::Encode::ssz_append(item, &mut bytes);
                }
                merkle::pack(&bytes)
            }

            fn chunk_count(count: u64) -> u64 {
                count.saturating_mul($size).div_ceil(32)
            }
        }
    )*};
}

basic! {
    u8, 1, |value| Value::String(value.to_string());
    u64, 8, |value| Value::String(value.to_string());
    bool, 1, |value| Value::Bool(*value);
    U256, 32, |value| Value::String(value.to_string());
}

macro_rules! bytes {
    ($($type:ty $(, $n:ident)?;)*) => {$(
        impl $(<const $n: usize>)? Ssz for $type {
            fn tree_root(&self) -> B256 {
                let chunks = merkle::pack(self.as_slice());
                let depth = merkle::depth_for(super::to_u64(chunks.len()));
                merkle::merkleize(chunks, depth)
            }

            fn to_json(&self) -> Value {
                hex_json(self.as_slice())
            }
        }
    )*};
}

bytes! {
    Address;
    Bloom;
    FixedBytes<N>, N;
}
