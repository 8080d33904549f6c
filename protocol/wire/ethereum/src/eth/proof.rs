//! Answers to `eth_getProof` (EIP-1186), as servers write them. They are read and verified by
//! [`crate::proof::AccountProof`].

use alloy_primitives::{Address, B256, Bytes, U256};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::hex::{self, HexError, Hexadecimal};

/// A slot of storage as requests name it: up to 64 digits, with or without `0x`. Answers repeat 32
/// bytes in full, and shorter ones as a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageKey {
    slot: B256,
    is_full: bool,
}

impl StorageKey {
    /// The slot.
    pub const fn slot(&self) -> B256 {
        self.slot
    }

    fn from_text(text: &str) -> Result<Self, HexError> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        if digits.len() > 64 {
            return Err(HexError::Length { got: digits.len().div_ceil(2), expected: 32 });
        }
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(HexError::Syntax);
        }
        let slot = B256::from_hex(&format!("0x{digits:0>64}"))?;
        Ok(Self { slot, is_full: digits.len() == 64 })
    }
}

impl From<B256> for StorageKey {
    fn from(slot: B256) -> Self {
        Self { slot, is_full: true }
    }
}

impl Serialize for StorageKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = if self.is_full {
            self.slot.to_hex()
        } else {
            U256::from_be_bytes(self.slot.0).to_hex()
        };
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for StorageKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_text(&text).map_err(D::Error::custom)
    }
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProofAnswer {
    /// Whose account.
    #[serde(with = "hex")]
    pub address: Address,
    /// Nodes from the state root to the account.
    #[serde(with = "hex::list")]
    pub account_proof: Vec<Bytes>,
    /// Wei that it has.
    #[serde(with = "hex")]
    pub balance: U256,
    /// Hash of its code.
    #[serde(with = "hex")]
    pub code_hash: B256,
    /// How many transactions it made.
    #[serde(with = "hex")]
    pub nonce: u64,
    /// Root of its storage.
    #[serde(with = "hex")]
    pub storage_hash: B256,
    /// One for each key that was asked for.
    pub storage_proof: Vec<SlotProof>,
}

/// A slot of storage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SlotProof {
    /// As it was asked for.
    pub key: StorageKey,
    /// What is there.
    #[serde(with = "hex")]
    pub value: U256,
    /// Nodes from the account's storage root to the slot.
    #[serde(with = "hex::list")]
    pub proof: Vec<Bytes>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::AccountProof;

    #[test]
    fn keys_are_repeated_in_their_form() {
        let full = format!("0x{}2a", "0".repeat(62));
        let repeated = [(full.as_str(), full.as_str()), ("0x2a", "0x2a"), ("0x02a", "0x2a")];
        for (text, expected) in repeated.into_iter().chain([("2a", "0x2a"), ("0x", "0x0")]) {
            let key: StorageKey = serde_json::from_str(&format!("\"{text}\"")).unwrap();
            assert_eq!(serde_json::to_string(&key).unwrap(), format!("\"{expected}\""));
        }
        let bare: StorageKey = serde_json::from_str(&format!("\"{}\"", &full[2..])).unwrap();
        assert_eq!(bare, StorageKey::from(B256::from(U256::from(42))));
        for text in ["\"0xg\"", &format!("\"0x0{}\"", &full[2..]), "1"] {
            assert!(serde_json::from_str::<StorageKey>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn answers_are_read_by_their_verifier() {
        let answer = ProofAnswer {
            address: Address::repeat_byte(1),
            account_proof: vec![Bytes::from_static(&[0xc0])],
            balance: U256::from(7),
            code_hash: B256::repeat_byte(2),
            nonce: 3,
            storage_hash: B256::repeat_byte(4),
            storage_proof: vec![SlotProof {
                key: B256::repeat_byte(5).into(),
                value: U256::from(6),
                proof: vec![],
            }],
        };
        let read = AccountProof::from_json(&serde_json::to_vec(&answer).unwrap()).unwrap();
        assert_eq!((read.address, read.claimed.nonce), (answer.address, 3));
        assert_eq!(read.claimed.balance, answer.balance);
        assert_eq!(read.nodes, [vec![0xc0]]);
        assert_eq!(read.storage[0].key, B256::repeat_byte(5));
        assert_eq!(read.storage[0].claimed, B256::from(U256::from(6)));
    }
}
