//! Blocks and their headers.

use alloy_primitives::{Address, B64, B256, Bloom, Bytes, U256};
use serde::{Deserialize, Serialize};

use super::hex;
use super::transaction::Transaction;

/// A header, with its hash. Members that came with later forks are optional.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// Keccak of the header's RLP, as the server says.
    #[serde(with = "hex")]
    pub hash: B256,
    /// Hash of the parent.
    #[serde(with = "hex")]
    pub parent_hash: B256,
    /// Keccak of the RLP of the uncles: of an empty list since the merge.
    #[serde(with = "hex")]
    pub sha3_uncles: B256,
    /// Receiver of the tips.
    #[serde(with = "hex")]
    pub miner: Address,
    /// Root of the state after the block.
    #[serde(with = "hex")]
    pub state_root: B256,
    /// Root of the transactions' trie.
    #[serde(with = "hex")]
    pub transactions_root: B256,
    /// Root of the receipts' trie.
    #[serde(with = "hex")]
    pub receipts_root: B256,
    /// Addresses and topics of all logs.
    #[serde(with = "hex")]
    pub logs_bloom: Bloom,
    /// Zero since the merge.
    #[serde(with = "hex")]
    pub difficulty: U256,
    /// The block's number.
    #[serde(with = "hex")]
    pub number: u64,
    /// Most gas that the block's transactions may use.
    #[serde(with = "hex")]
    pub gas_limit: u64,
    /// Gas that they use.
    #[serde(with = "hex")]
    pub gas_used: u64,
    /// Seconds since the Unix epoch.
    #[serde(with = "hex")]
    pub timestamp: u64,
    /// Free bytes of the proposer.
    #[serde(with = "hex")]
    pub extra_data: Bytes,
    /// The beacon chain's randomness (EIP-4399).
    #[serde(with = "hex")]
    pub mix_hash: B256,
    /// Zero since the merge.
    #[serde(with = "hex")]
    pub nonce: B64,
    /// Wei a unit of gas that is burnt (EIP-1559).
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub base_fee_per_gas: Option<U256>,
    /// Root of the withdrawals' trie (EIP-4895).
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub withdrawals_root: Option<B256>,
    /// Gas of blobs that is used (EIP-4844).
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub blob_gas_used: Option<u64>,
    /// What the price of blobs depends on (EIP-4844).
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub excess_blob_gas: Option<u64>,
    /// Root of the beacon block before this one (EIP-4788).
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub parent_beacon_block_root: Option<B256>,
    /// Hash of the requests to the consensus layer (EIP-7685).
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub requests_hash: Option<B256>,
    /// Length of the block's RLP in bytes; announcements of headers leave it out.
    #[serde(default, with = "hex::option", skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

/// A block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Its header.
    #[serde(flatten)]
    pub header: Header,
    /// Its transactions.
    pub transactions: Transactions,
    /// Hashes of uncles: none since the merge.
    #[serde(with = "hex::list")]
    pub uncles: Vec<B256>,
    /// Coins that leave the consensus half.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawals: Option<Vec<Withdrawal>>,
}

/// The transactions of a block, as they were asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Transactions {
    /// Their hashes.
    #[serde(with = "hex::list")]
    Hashes(Vec<B256>),
    /// All of them.
    Full(Vec<Transaction>),
}

/// Coins that leave the consensus half (EIP-4895).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Withdrawal {
    /// Its number among all withdrawals.
    #[serde(with = "hex")]
    pub index: u64,
    /// Whose stake it was.
    #[serde(with = "hex")]
    pub validator_index: u64,
    /// Who receives it.
    #[serde(with = "hex")]
    pub address: Address,
    /// How much, in Gwei.
    #[serde(with = "hex")]
    pub amount: u64,
}
