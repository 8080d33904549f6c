//! The execution block header, whose hash is the block's.

use alloy_primitives::{Address, B64, B256, Bloom, Bytes, U256, keccak256};
use alloy_rlp::Encodable;
use causeway_core::DecodeError;

use crate::execution::rlp::Items;

/// Name of a header in errors.
const HEADER: &str = "execution_header";

/// The most bytes of `extra_data` (Yellow Paper, 4.4.4).
const MAX_EXTRA_DATA_LEN: usize = 32;

/// A block header from the first fork to Prague. Fields that forks added are optional, and a header
/// with one of them has all those that came before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Hash of the parent's header.
    pub parent_hash: B256,
    /// Hash of the list of ommers.
    pub ommers_hash: B256,
    /// Receiver of the priority fees.
    pub beneficiary: Address,
    /// Root of the state after the block.
    pub state_root: B256,
    /// Root of the trie of transactions.
    pub transactions_root: B256,
    /// Root of the trie of receipts.
    pub receipts_root: B256,
    /// Bloom filter over all logs.
    pub logs_bloom: Bloom,
    /// Zero since the merge.
    pub difficulty: U256,
    /// Height of the block.
    pub number: u64,
    /// Gas that the block may use.
    pub gas_limit: u64,
    /// Gas that it used.
    pub gas_used: u64,
    /// Unix time in seconds.
    pub timestamp: u64,
    /// Anything, up to 32 bytes.
    pub extra_data: Bytes,
    /// `prev_randao` since the merge.
    pub mix_hash: B256,
    /// Zero since the merge.
    pub nonce: B64,
    /// Wei a unit of gas, since London (EIP-1559).
    pub base_fee_per_gas: Option<U256>,
    /// Root of the trie of withdrawals, since Shanghai (EIP-4895).
    pub withdrawals_root: Option<B256>,
    /// Since Cancun.
    pub blob_fields: Option<BlobFields>,
    /// Hash of the requests to the consensus layer, since Prague (EIP-7685).
    pub requests_hash: Option<B256>,
}

/// What Cancun added (EIP-4844 and EIP-4788).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobFields {
    /// Blob gas that the block used.
    pub blob_gas_used: u64,
    /// Blob gas above the target so far.
    pub excess_blob_gas: u64,
    /// Root of the parent beacon block.
    pub parent_beacon_block_root: B256,
}

impl Header {
    /// Decodes a header: a list that ends where one of the forks ended it.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut items = Items::of_list(HEADER, bytes)?;
        let header = Self {
            parent_hash: items.next_value()?,
            ommers_hash: items.next_value()?,
            beneficiary: items.next_value()?,
            state_root: items.next_value()?,
            transactions_root: items.next_value()?,
            receipts_root: items.next_value()?,
            logs_bloom: items.next_value()?,
            difficulty: items.next_value()?,
            number: items.next_value()?,
            gas_limit: items.next_value()?,
            gas_used: items.next_value()?,
            timestamp: items.next_value()?,
            extra_data: items.next_value()?,
            mix_hash: items.next_value()?,
            nonce: items.next_value()?,
            base_fee_per_gas: unless_ended(&mut items, Items::next_value)?,
            withdrawals_root: unless_ended(&mut items, Items::next_value)?,
            blob_fields: unless_ended(&mut items, BlobFields::read)?,
            requests_hash: unless_ended(&mut items, Items::next_value)?,
        };
        items.finish()?;
        if header.extra_data.len() > MAX_EXTRA_DATA_LEN {
            let got = header.extra_data.len();
            let reason = format!("extra data of {got} bytes, at most {MAX_EXTRA_DATA_LEN}");
            return Err(DecodeError::new(HEADER, reason));
        }
        Ok(header)
    }

    /// The RLP of the header. A missing field of a fork ends it.
    pub fn encode(&self) -> Vec<u8> {
        let mut fields: Vec<&dyn Encodable> = vec![
            &self.parent_hash,
            &self.ommers_hash,
            &self.beneficiary,
            &self.state_root,
            &self.transactions_root,
            &self.receipts_root,
            &self.logs_bloom,
            &self.difficulty,
            &self.number,
            &self.gas_limit,
            &self.gas_used,
            &self.timestamp,
            &self.extra_data,
            &self.mix_hash,
            &self.nonce,
        ];
        self.push_fork_fields(&mut fields);
        let mut bytes = Vec::new();
        alloy_rlp::encode_list::<_, dyn Encodable>(&fields, &mut bytes);
        bytes
    }

    fn push_fork_fields<'a>(&'a self, fields: &mut Vec<&'a dyn Encodable>) {
        let Some(base_fee) = &self.base_fee_per_gas else { return };
        fields.push(base_fee);
        let Some(withdrawals_root) = &self.withdrawals_root else { return };
        fields.push(withdrawals_root);
        let Some(blobs) = &self.blob_fields else { return };
        fields.push(&blobs.blob_gas_used);
        fields.push(&blobs.excess_blob_gas);
        fields.push(&blobs.parent_beacon_block_root);
        if let Some(requests_hash) = &self.requests_hash {
            fields.push(requests_hash);
        }
    }

    /// The block's hash.
    pub fn hash(&self) -> B256 {
        keccak256(self.encode())
    }
}

impl BlobFields {
    fn read(items: &mut Items<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            blob_gas_used: items.next_value()?,
            excess_blob_gas: items.next_value()?,
            parent_beacon_block_root: items.next_value()?,
        })
    }
}

fn unless_ended<'a, T>(
    items: &mut Items<'a>,
    read: impl FnOnce(&mut Items<'a>) -> Result<T, DecodeError>,
) -> Result<Option<T>, DecodeError> {
    if items.is_empty() { Ok(None) } else { read(items).map(Some) }
}
