//! Blocks and their headers.

use alloy_primitives::{Address, B64, B256, Bloom, Bytes, U256};
use causeway_client_ethereum::execution::block::{self, BlobFields};
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

impl Header {
    /// The JSON of a header; `size` is the length of the whole block.
    pub fn new(header: &block::Header, hash: B256, size: Option<u64>) -> Self {
        let blobs = header.blob_fields.as_ref();
        Self {
            hash,
            parent_hash: header.parent_hash,
            sha3_uncles: header.ommers_hash,
            miner: header.beneficiary,
            state_root: header.state_root,
            transactions_root: header.transactions_root,
            receipts_root: header.receipts_root,
            logs_bloom: header.logs_bloom,
            difficulty: header.difficulty,
            number: header.number,
            gas_limit: header.gas_limit,
            gas_used: header.gas_used,
            timestamp: header.timestamp,
            extra_data: header.extra_data.clone(),
            mix_hash: header.mix_hash,
            nonce: header.nonce,
            base_fee_per_gas: header.base_fee_per_gas,
            withdrawals_root: header.withdrawals_root,
            blob_gas_used: blobs.map(|blobs| blobs.blob_gas_used),
            excess_blob_gas: blobs.map(|blobs| blobs.excess_blob_gas),
            parent_beacon_block_root: blobs.map(|blobs| blobs.parent_beacon_block_root),
            requests_hash: header.requests_hash,
            size,
        }
    }

    /// The header as consensus hashes it; `None` if only some of the members are there that came
    /// together (EIP-4844, EIP-4788).
    pub fn to_consensus(&self) -> Option<block::Header> {
        let blobs = (self.blob_gas_used, self.excess_blob_gas, self.parent_beacon_block_root);
        let blob_fields = match blobs {
            (Some(blob_gas_used), Some(excess_blob_gas), Some(parent_beacon_block_root)) => {
                Some(BlobFields { blob_gas_used, excess_blob_gas, parent_beacon_block_root })
            }
            (None, None, None) => None,
            _ => return None,
        };
        Some(block::Header {
            parent_hash: self.parent_hash,
            ommers_hash: self.sha3_uncles,
            beneficiary: self.miner,
            state_root: self.state_root,
            transactions_root: self.transactions_root,
            receipts_root: self.receipts_root,
            logs_bloom: self.logs_bloom,
            difficulty: self.difficulty,
            number: self.number,
            gas_limit: self.gas_limit,
            gas_used: self.gas_used,
            timestamp: self.timestamp,
            extra_data: self.extra_data.clone(),
            mix_hash: self.mix_hash,
            nonce: self.nonce,
            base_fee_per_gas: self.base_fee_per_gas,
            withdrawals_root: self.withdrawals_root,
            blob_fields,
            requests_hash: self.requests_hash,
        })
    }

    /// True when the hash is that of the other members.
    pub fn is_hash_right(&self) -> bool {
        self.to_consensus().is_some_and(|header| header.hash() == self.hash)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> block::Header {
        block::Header {
            parent_hash: B256::repeat_byte(1),
            ommers_hash: B256::ZERO,
            beneficiary: Address::ZERO,
            state_root: B256::repeat_byte(5),
            transactions_root: B256::ZERO,
            receipts_root: B256::ZERO,
            logs_bloom: Bloom::ZERO,
            difficulty: U256::ZERO,
            number: 300,
            gas_limit: 0,
            gas_used: 0,
            timestamp: 0,
            extra_data: Bytes::from_static(b"extra"),
            mix_hash: B256::ZERO,
            nonce: B64::ZERO,
            base_fee_per_gas: Some(U256::from(7)),
            withdrawals_root: Some(B256::repeat_byte(2)),
            blob_fields: Some(BlobFields {
                blob_gas_used: 0,
                excess_blob_gas: 1,
                parent_beacon_block_root: B256::repeat_byte(3),
            }),
            requests_hash: Some(B256::repeat_byte(4)),
        }
    }

    #[test]
    fn headers_keep_their_hash_through_json() {
        let consensus = header();
        let header = Header::new(&consensus, consensus.hash(), Some(600));
        let block = Block {
            header,
            transactions: Transactions::Hashes(vec![B256::repeat_byte(9)]),
            uncles: vec![],
            withdrawals: Some(vec![]),
        };
        let json = serde_json::to_value(&block).unwrap();
        assert_eq!((&json["number"], &json["size"]), (&"0x12c".into(), &"0x258".into()));
        assert_eq!(json["withdrawals"], serde_json::json!([]));
        let read: Block = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(read, block);
        assert_eq!(read.header.to_consensus(), Some(consensus));
        assert!(read.header.is_hash_right());
        let mut other = json;
        other["gasUsed"] = "0x1".into();
        let read: Block = serde_json::from_value(other).unwrap();
        assert!(!read.header.is_hash_right());
    }
}
