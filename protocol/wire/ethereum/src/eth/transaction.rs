//! Transactions and receipts.

use alloy_primitives::{Address, B256, Bloom, Bytes, U256};
use serde::{Deserialize, Serialize};

use super::hex;
use crate::transaction::AccessListItem;

/// A transaction, in a block or waiting for one. Members that not every type has are optional.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transaction {
    /// Keccak of the signed transaction.
    #[serde(with = "hex")]
    pub hash: B256,
    /// Its type: 2 for EIP-1559.
    #[serde(rename = "type", with = "hex")]
    pub kind: u64,
    /// The chain that it is for.
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub chain_id: Option<u64>,
    /// How many transactions the sender made before.
    #[serde(with = "hex")]
    pub nonce: u64,
    /// Most gas that it may use.
    #[serde(with = "hex")]
    pub gas: u64,
    /// Wei a unit of gas: what is paid once it is in a block, the cap before.
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub gas_price: Option<U256>,
    /// Most wei a unit of gas, base fee included.
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub max_fee_per_gas: Option<U256>,
    /// Most wei a unit of gas for the proposer.
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub max_priority_fee_per_gas: Option<U256>,
    /// Who is called; nobody when a contract is created.
    #[serde(with = "hex::option")]
    pub to: Option<Address>,
    /// Wei that go along.
    #[serde(with = "hex")]
    pub value: U256,
    /// What the called contract is told.
    #[serde(with = "hex")]
    pub input: Bytes,
    /// Accounts and slots that it announces (EIP-2930).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_list: Option<Vec<AccessListItem>>,
    /// The signature's parity, as in older types.
    #[serde(with = "hex")]
    pub v: U256,
    /// The signature's r.
    #[serde(with = "hex")]
    pub r: U256,
    /// The signature's s.
    #[serde(with = "hex")]
    pub s: U256,
    /// The signature's parity.
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub y_parity: Option<u64>,
    /// Who signed it, as the server says.
    #[serde(with = "hex")]
    pub from: Address,
    /// The block that it is in; null while it waits.
    #[serde(default, with = "hex::option")]
    pub block_hash: Option<B256>,
    /// Number of that block.
    #[serde(default, with = "hex::option")]
    pub block_number: Option<u64>,
    /// Its place in that block.
    #[serde(default, with = "hex::option")]
    pub transaction_index: Option<u64>,
}

/// What a transaction did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// The transaction.
    #[serde(with = "hex")]
    pub transaction_hash: B256,
    /// Its place in the block.
    #[serde(with = "hex")]
    pub transaction_index: u64,
    /// The block.
    #[serde(with = "hex")]
    pub block_hash: B256,
    /// The block's number.
    #[serde(with = "hex")]
    pub block_number: u64,
    /// The transaction's type.
    #[serde(rename = "type", with = "hex")]
    pub kind: u64,
    /// 1 if it succeeded, 0 if it was reverted.
    #[serde(with = "hex")]
    pub status: u64,
    /// Who signed it.
    #[serde(with = "hex")]
    pub from: Address,
    /// Who was called.
    #[serde(with = "hex::option")]
    pub to: Option<Address>,
    /// The contract that it created.
    #[serde(default, with = "hex::option")]
    pub contract_address: Option<Address>,
    /// Gas that it used.
    #[serde(with = "hex")]
    pub gas_used: u64,
    /// Gas that the block used up to and with it.
    #[serde(with = "hex")]
    pub cumulative_gas_used: u64,
    /// Wei that it paid for a unit of gas.
    #[serde(with = "hex")]
    pub effective_gas_price: U256,
    /// What it announced.
    pub logs: Vec<Log>,
    /// Addresses and topics of its logs.
    #[serde(with = "hex")]
    pub logs_bloom: Bloom,
}

/// An announcement of a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Log {
    /// The contract.
    #[serde(with = "hex")]
    pub address: Address,
    /// What it can be found by: at most four.
    #[serde(with = "hex::list")]
    pub topics: Vec<B256>,
    /// The rest of it.
    #[serde(with = "hex")]
    pub data: Bytes,
    /// The block's number.
    #[serde(default, with = "hex::option")]
    pub block_number: Option<u64>,
    /// The block.
    #[serde(default, with = "hex::option")]
    pub block_hash: Option<B256>,
    /// The block's time in seconds; older servers leave it out.
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub block_timestamp: Option<u64>,
    /// The transaction.
    #[serde(default, with = "hex::option")]
    pub transaction_hash: Option<B256>,
    /// The transaction's place in the block.
    #[serde(default, with = "hex::option")]
    pub transaction_index: Option<u64>,
    /// Its place among the logs of the block.
    #[serde(default, with = "hex::option")]
    pub log_index: Option<u64>,
    /// True when the block has left the chain.
    #[serde(default)]
    pub removed: bool,
}
