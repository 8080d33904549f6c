//! Transactions: EIP-1559 only, in their one encoding.
//!
//! Types 0 and 1 (legacy and EIP-2930) say nothing that type 2 cannot say, and types 3 and 4 need
//! blobs and an EVM: all of them are refused by name, so that whoever sends one knows why.

mod codec;
mod sign;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use serde::{Deserialize, Serialize};

use crate::eth::hex;

pub use sign::{account_of, address_of};

/// The type byte of EIP-1559.
pub const TX_TYPE: u8 = 2;

/// The most bytes of an encoded transaction: as much as nodes take into their pools.
pub const MAX_TRANSACTION_LEN: usize = 128 * 1024;

/// The most entries, addresses and keys counted together, of an access list: each costs 1,900 gas
/// or more, so that no transaction within the gas limits has more.
pub const MAX_ACCESS_LIST_LEN: usize = 16_384;

/// What a sender signs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transaction {
    /// The chain it is for (EIP-155).
    pub chain_id: u64,
    /// How many transactions the sender sent before.
    pub nonce: u64,
    /// The most wei a unit of gas for whoever includes it.
    pub max_priority_fee_per_gas: u128,
    /// The most wei a unit of gas in all.
    pub max_fee_per_gas: u128,
    /// The most gas it may use.
    pub gas_limit: u64,
    /// Whom it calls; `None` would create a contract.
    pub to: Option<Address>,
    /// Wei that go along.
    pub value: U256,
    /// The call.
    pub input: Bytes,
    /// Addresses and slots that it announces to touch (EIP-2930).
    pub access_list: Vec<AccessListItem>,
}

/// One entry of an access list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessListItem {
    /// The account.
    #[serde(with = "hex")]
    pub address: Address,
    /// Slots of its storage.
    #[serde(with = "hex::list")]
    pub storage_keys: Vec<B256>,
}

/// A transaction with a valid signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedTransaction {
    transaction: Transaction,
    signature: Signature,
    sender: Address,
    hash: B256,
}

/// A recoverable signature in the lower half of the curve's order (EIP-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The x coordinate of the nonce point.
    pub r: U256,
    /// The proof.
    pub s: U256,
    /// Whether the y coordinate of the nonce point is odd.
    pub y_parity: bool,
}

/// Why bytes are no transaction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// A type other than EIP-1559.
    #[error("transaction type not supported")]
    UnsupportedType {
        /// The type byte; legacy transactions are 0.
        got: u8,
        /// EIP-1559.
        expected: u8,
    },
    /// Longer than a transaction may be.
    #[error("oversized data: transaction size {got}, limit {expected}")]
    Oversized {
        /// Bytes.
        got: usize,
        /// The limit.
        expected: usize,
    },
    /// Not the canonical RLP of one.
    #[error("rlp: {reason}")]
    Malformed {
        /// What is wrong.
        reason: String,
    },
    /// The signature is no signature, not in its low form, or nobody's.
    #[error("invalid sender")]
    InvalidSender {},
}

impl Transaction {
    /// The hash that is signed.
    pub fn signing_hash(&self) -> B256 {
        keccak256(self.unsigned_bytes())
    }

    /// What it pays for a unit of gas in a block of this base fee, and what of that is the tip;
    /// `None` when it does not pay the base fee.
    pub fn effective_gas_price(&self, base_fee: u128) -> Option<(u128, u128)> {
        let above = self.max_fee_per_gas.checked_sub(base_fee)?;
        let tip = above.min(self.max_priority_fee_per_gas);
        Some((base_fee.saturating_add(tip), tip))
    }

    /// The most wei it can cost: gas at the fee cap, and the value.
    pub fn max_cost(&self) -> U256 {
        let gas = U256::from(self.gas_limit).saturating_mul(U256::from(self.max_fee_per_gas));
        gas.saturating_add(self.value)
    }
}

impl SignedTransaction {
    /// The transaction.
    pub const fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    /// The signature.
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Who signed.
    pub const fn sender(&self) -> Address {
        self.sender
    }

    /// Hash of the encoding, by which it is known.
    pub const fn hash(&self) -> B256 {
        self.hash
    }
}

impl core::ops::Deref for SignedTransaction {
    type Target = Transaction;

    fn deref(&self) -> &Transaction {
        &self.transaction
    }
}
