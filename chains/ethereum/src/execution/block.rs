//! Blocks as they are kept and served.

use alloy_primitives::{Address, B256, Bloom, BloomInput, Bytes, U256};
use causeway_client_ethereum::execution::block::{
    BlobFields, Header, Log, Outcome, Receipt, TxType, list_root,
};
use causeway_wire_ethereum::transaction::SignedTransaction;

use crate::engine::{
    EMPTY_OMMERS_HASH, EMPTY_REQUESTS_HASH, EMPTY_TRIE_ROOT, ExecutionPayload, PayloadAttributes,
    Transaction,
};
use crate::ssz::{ByteList, List};

/// What every block says in its extra data.
const EXTRA_DATA: &[u8] = b"causeway";

/// A block and what it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The header; its hash is the block's.
    pub header: Header,
    /// The hash.
    pub hash: B256,
    /// The transactions, in order.
    pub transactions: Vec<SignedTransaction>,
    /// What each of them did.
    pub receipts: Vec<Receipt>,
}

/// A transaction inside its block.
#[derive(Clone, Copy, Debug)]
pub struct Included<'a> {
    /// The block.
    pub block: &'a Block,
    /// Its place there.
    pub index: usize,
    /// The transaction.
    pub transaction: &'a SignedTransaction,
    /// What it did.
    pub receipt: &'a Receipt,
    /// Gas that it used alone.
    pub gas_used: u64,
    /// Wei that it paid for a unit of gas.
    pub effective_gas_price: u128,
    /// Its first log's place among those of the block.
    pub first_log: usize,
}

impl Block {
    /// Wei a unit of gas.
    pub fn base_fee(&self) -> u64 {
        let base_fee = self.header.base_fee_per_gas.unwrap_or_default();
        u64::try_from(base_fee).unwrap_or(u64::MAX)
    }

    /// The transaction at `index`.
    pub fn included(&self, index: usize) -> Option<Included<'_>> {
        let (transaction, receipt) = (self.transactions.get(index)?, self.receipts.get(index)?);
        let before = self.receipts.get(..index)?;
        let used = before.last().map_or(0, |receipt| receipt.cumulative_gas_used);
        let price = transaction.effective_gas_price(self.base_fee().into());
        Some(Included {
            block: self,
            index,
            transaction,
            receipt,
            gas_used: receipt.cumulative_gas_used.saturating_sub(used),
            effective_gas_price: price.map(|(price, _)| price).unwrap_or_default(),
            first_log: before.iter().map(|receipt| receipt.logs.len()).sum(),
        })
    }

    /// All transactions, in order.
    pub fn all_included(&self) -> impl Iterator<Item = Included<'_>> {
        (0..self.transactions.len()).filter_map(|index| self.included(index))
    }

    /// Bytes of the whole block in RLP, as `size` in RPC answers: header, transactions, no
    /// ommers and no withdrawals.
    pub fn encoded_len(&self) -> usize {
        let transactions: Vec<Bytes> =
            self.transactions.iter().map(|transaction| transaction.encode().into()).collect();
        let header = self.header.encode().len();
        let list = alloy_rlp::encode(&transactions).len();
        // Two empty lists take a byte each.
        let payload_length = header.saturating_add(list).saturating_add(2);
        alloy_rlp::Header { list: true, payload_length }.length_with_payload()
    }

    /// The block as the consensus half carries it.
    pub(super) fn payload(&self) -> ExecutionPayload {
        let header = &self.header;
        let bytes = |transaction: &SignedTransaction| Transaction::new(transaction.encode());
        ExecutionPayload {
            parent_hash: header.parent_hash,
            fee_recipient: header.beneficiary,
            state_root: header.state_root,
            receipts_root: header.receipts_root,
            logs_bloom: header.logs_bloom,
            prev_randao: header.mix_hash,
            block_number: header.number,
            gas_limit: header.gas_limit,
            gas_used: header.gas_used,
            timestamp: header.timestamp,
            extra_data: ByteList::new(header.extra_data.clone()).unwrap_or_default(),
            base_fee_per_gas: header.base_fee_per_gas.unwrap_or_default(),
            block_hash: self.hash,
            transactions: List::truncated(self.transactions.iter().filter_map(bytes).collect()),
            ..ExecutionPayload::default()
        }
    }
}

/// Bloom filter over logs (Yellow Paper, 4.4.1): addresses and topics.
pub(super) fn bloom(logs: &[Log]) -> Bloom {
    let mut bloom = Bloom::default();
    for log in logs {
        bloom.accrue(BloomInput::Raw(log.address.as_slice()));
        log.topics.iter().for_each(|topic| bloom.accrue(BloomInput::Raw(topic.as_slice())));
    }
    bloom
}

/// The receipt of a transaction, which may still be given up.
pub(super) fn receipt(success: bool, cumulative_gas_used: u64, logs: Vec<Log>) -> Receipt {
    Receipt {
        tx_type: TxType::DynamicFee,
        outcome: if success { Outcome::Success } else { Outcome::Failure },
        cumulative_gas_used,
        logs_bloom: bloom(&logs),
        logs,
    }
}

/// What a block is built for, beside its transactions.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) parent_hash: B256,
    pub(super) number: u64,
    pub(super) timestamp: u64,
    pub(super) fee_recipient: Address,
    pub(super) prev_randao: B256,
    pub(super) base_fee: u64,
    pub(super) gas_limit: u64,
    pub(super) parent_beacon_block_root: B256,
}

impl Frame {
    /// A block on `parent`, or the first one.
    pub(super) fn new(
        attributes: &PayloadAttributes,
        number: u64,
        base_fee: u64,
        gas_limit: u64,
    ) -> Self {
        Self {
            parent_hash: attributes.parent_hash,
            number,
            timestamp: attributes.timestamp,
            fee_recipient: attributes.fee_recipient,
            prev_randao: attributes.prev_randao,
            base_fee,
            gas_limit,
            parent_beacon_block_root: attributes.parent_beacon_block_root,
        }
    }

    /// The block with these transactions, which did this and led to that state.
    pub(super) fn seal(
        self,
        transactions: Vec<SignedTransaction>,
        receipts: Vec<Receipt>,
        state_root: B256,
    ) -> Block {
        let encoded: Vec<Vec<u8>> = transactions.iter().map(SignedTransaction::encode).collect();
        let outcomes: Vec<Vec<u8>> = receipts.iter().map(Receipt::encode).collect();
        let mut logs_bloom = Bloom::default();
        for receipt in &receipts {
            logs_bloom.accrue_bloom(&receipt.logs_bloom);
        }
        let header = Header {
            parent_hash: self.parent_hash,
            ommers_hash: EMPTY_OMMERS_HASH,
            beneficiary: self.fee_recipient,
            state_root,
            transactions_root: list_root(&encoded),
            receipts_root: list_root(&outcomes),
            logs_bloom,
            difficulty: U256::ZERO,
            number: self.number,
            gas_limit: self.gas_limit,
            gas_used: receipts.last().map_or(0, |receipt| receipt.cumulative_gas_used),
            timestamp: self.timestamp,
            extra_data: Bytes::from_static(EXTRA_DATA),
            mix_hash: self.prev_randao,
            nonce: [0; 8].into(),
            base_fee_per_gas: Some(U256::from(self.base_fee)),
            withdrawals_root: Some(EMPTY_TRIE_ROOT),
            blob_fields: Some(BlobFields {
                blob_gas_used: 0,
                excess_blob_gas: 0,
                parent_beacon_block_root: self.parent_beacon_block_root,
            }),
            requests_hash: Some(EMPTY_REQUESTS_HASH),
        };
        let hash = header.hash();
        Block { header, hash, transactions, receipts }
    }
}
