//! The JSON of an answer, read within bounds: no list grows beyond what a proof can have.

use alloy_primitives::{Address, B256, U256};
use causeway_client_ethereum::execution::state::Account;
use causeway_client_ethereum::execution::trie::{MAX_NODES, MAX_STATE_NODE_LEN};
use causeway_core::DecodeError;
use serde::Deserialize;

use super::{AccountProof, MAX_STORAGE_KEYS, StorageProof};
use crate::list::AtMost;
use crate::text::{FromText, Hex, HexUpTo, deserialize_from_text};

/// Name of an answer in errors.
const WHAT: &str = "account_proof";

/// The encoding of the empty node, which some servers send as the proof of an empty storage trie
/// where others send nothing.
const EMPTY_NODE: &[u8] = &[0x80];

/// The members of a proof, or those of a JSON-RPC answer around one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    result: Option<Box<Answer>>,
    error: Option<RpcError>,
    address: Option<Hex<20>>,
    account_proof: Option<AtMost<Node, MAX_NODES>>,
    balance: Option<Quantity>,
    code_hash: Option<Hex<32>>,
    nonce: Option<Quantity>,
    storage_hash: Option<Hex<32>>,
    storage_proof: Option<AtMost<Slot, MAX_STORAGE_KEYS>>,
}

#[derive(Deserialize)]
struct RpcError {
    code: i64,
    message: String,
}

#[derive(Deserialize)]
struct Slot {
    key: Quantity,
    value: Quantity,
    proof: AtMost<Node, MAX_NODES>,
}

pub(super) fn read(bytes: &[u8]) -> Result<AccountProof, DecodeError> {
    let malformed = |reason: String| DecodeError::new(WHAT, reason);
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(malformed("not a JSON object".into()));
    }
    let answer: Answer =
        serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))?;
    if let Some(RpcError { code, message }) = answer.error {
        return Err(malformed(format!("the answer is error {code}: {message}")));
    }
    match answer.result {
        Some(result) => result.complete(),
        None => answer.complete(),
    }
}

impl Answer {
    fn complete(self) -> Result<AccountProof, DecodeError> {
        let nonce = required("nonce", self.nonce)?.0;
        let too_large = |_| DecodeError::new(WHAT, "the nonce has more than 64 bits");
        let claimed = Account {
            nonce: u64::try_from(nonce).map_err(too_large)?,
            balance: required("balance", self.balance)?.0,
            storage_root: required("storageHash", self.storage_hash)?.0.into(),
            code_hash: required("codeHash", self.code_hash)?.0.into(),
        };
        let storage = required("storageProof", self.storage_proof)?.0;
        Ok(AccountProof {
            address: Address::from(required("address", self.address)?.0),
            claimed,
            nodes: nodes(required("accountProof", self.account_proof)?),
            storage: storage.into_iter().map(StorageProof::from).collect(),
        })
    }
}

fn required<T>(name: &str, member: Option<T>) -> Result<T, DecodeError> {
    member.ok_or_else(|| DecodeError::new(WHAT, format!("{name} is missing")))
}

impl From<Slot> for StorageProof {
    fn from(slot: Slot) -> Self {
        Self { key: B256::from(slot.key.0), claimed: slot.value.0.into(), nodes: nodes(slot.proof) }
    }
}

fn nodes(proof: AtMost<Node, MAX_NODES>) -> Vec<Vec<u8>> {
    let nodes: Vec<Vec<u8>> = proof.0.into_iter().map(|node| node.0).collect();
    if nodes == [EMPTY_NODE] { Vec::new() } else { nodes }
}

/// A trie node.
type Node = HexUpTo<MAX_STATE_NODE_LEN>;

/// A number of up to 256 bits, in hexadecimal; a storage key may come without `0x`.
struct Quantity(U256);

impl FromText for Quantity {
    const EXPECTED: &'static str = "a number of 1 to 64 hexadecimal digits";

    fn from_text(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let fits = (1..=64).contains(&digits.len());
        let is_number = fits && digits.bytes().all(|c| c.is_ascii_hexdigit());
        is_number.then(|| U256::from_str_radix(digits, 16).ok().map(Self))?
    }
}

deserialize_from_text!([] Quantity);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_padded_or_not_but_there() {
        let read = |text: &str| Quantity::from_text(text).map(|number| number.0);
        for text in ["0x1f", "0x01f", "0x001F", "1f"] {
            assert_eq!(read(text), Some(U256::from(31)), "{text}");
        }
        assert_eq!(read("0x0"), Some(U256::ZERO));
        let long = "0".repeat(65);
        for text in ["", "0x", "0x-1", "0x+1", "0x1_0", "0x 1", "0X1", "0x0x1", &long] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
