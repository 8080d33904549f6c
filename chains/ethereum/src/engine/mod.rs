//! The border between the consensus half and the execution half of the chain, after the engine
//! API: the consensus half asks for payloads, has payloads checked, and says which one is the head.
//!
//! An engine's answers are a pure function of the payloads that it has been given: payloads are
//! named by their block hash, and one engine serves all participants of the bundled network.

mod empty;
mod hash;

use alloy_primitives::{Address, B256, Bloom, U256};

use crate::beacon::preset::{
    MAX_BYTES_PER_TRANSACTION, MAX_EXTRA_DATA_BYTES, MAX_TRANSACTIONS_PER_PAYLOAD,
    MAX_WITHDRAWALS_PER_PAYLOAD,
};
use crate::ssz::{ByteList, List, Ssz, container};

pub use empty::EmptyEngine;
pub use hash::{EMPTY_OMMERS_HASH, EMPTY_REQUESTS_HASH, EMPTY_TRIE_ROOT, block_hash, header_rlp};

/// A transaction's bytes.
pub type Transaction = ByteList<MAX_BYTES_PER_TRANSACTION>;

container! {
    /// Coins that leave the consensus half. The bundled chain's validators never withdraw.
    pub struct Withdrawal { index: u64, validator_index: u64, address: Address, amount: u64, }

    /// An execution block as beacon blocks carry it.
    pub struct ExecutionPayload {
        parent_hash: B256,
        fee_recipient: Address,
        state_root: B256,
        receipts_root: B256,
        logs_bloom: Bloom,
        prev_randao: B256,
        block_number: u64,
        gas_limit: u64,
        gas_used: u64,
        timestamp: u64,
        extra_data: ByteList<MAX_EXTRA_DATA_BYTES>,
        base_fee_per_gas: U256,
        block_hash: B256,
        transactions: List<Transaction, MAX_TRANSACTIONS_PER_PAYLOAD>,
        withdrawals: List<Withdrawal, MAX_WITHDRAWALS_PER_PAYLOAD>,
        blob_gas_used: u64,
        excess_blob_gas: u64,
    }

    /// An execution block by its roots.
    pub struct ExecutionPayloadHeader {
        parent_hash: B256,
        fee_recipient: Address,
        state_root: B256,
        receipts_root: B256,
        logs_bloom: Bloom,
        prev_randao: B256,
        block_number: u64,
        gas_limit: u64,
        gas_used: u64,
        timestamp: u64,
        extra_data: ByteList<MAX_EXTRA_DATA_BYTES>,
        base_fee_per_gas: U256,
        block_hash: B256,
        transactions_root: B256,
        withdrawals_root: B256,
        blob_gas_used: u64,
        excess_blob_gas: u64,
    }
}

impl ExecutionPayload {
    /// The header of the same root.
    pub fn header(&self) -> ExecutionPayloadHeader {
        ExecutionPayloadHeader {
            parent_hash: self.parent_hash,
            fee_recipient: self.fee_recipient,
            state_root: self.state_root,
            receipts_root: self.receipts_root,
            logs_bloom: self.logs_bloom,
            prev_randao: self.prev_randao,
            block_number: self.block_number,
            gas_limit: self.gas_limit,
            gas_used: self.gas_used,
            timestamp: self.timestamp,
            extra_data: self.extra_data.clone(),
            base_fee_per_gas: self.base_fee_per_gas,
            block_hash: self.block_hash,
            transactions_root: self.transactions.tree_root(),
            withdrawals_root: self.withdrawals.tree_root(),
            blob_gas_used: self.blob_gas_used,
            excess_blob_gas: self.excess_blob_gas,
        }
    }
}

/// What a payload must be built for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PayloadAttributes {
    /// Block hash of the execution block to build on.
    pub parent_hash: B256,
    /// Seconds since the Unix epoch: the slot's time.
    pub timestamp: u64,
    /// The beacon chain's randomness.
    pub prev_randao: B256,
    /// Receiver of the tips.
    pub fee_recipient: Address,
    /// Root of the parent beacon block (EIP-4788), part of the block hash.
    pub parent_beacon_block_root: B256,
}

/// Why a payload is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// The parent has not been imported.
    #[error("execution block {parent_hash} is not known")]
    UnknownParent {
        /// The parent that is asked for.
        parent_hash: B256,
    },
    /// The payload breaks a rule of the execution layer.
    #[error("invalid execution payload: {reason}")]
    Invalid {
        /// The rule, with its values.
        reason: String,
    },
}

/// The execution half, as the consensus half sees it.
pub trait ExecutionEngine: Send {
    /// The execution block that the chain begins with, at the beacon chain's genesis time.
    fn genesis(&mut self, timestamp: u64) -> ExecutionPayloadHeader;

    /// Builds a payload from pending transactions (`engine_getPayload`).
    fn build_payload(
        &mut self,
        attributes: &PayloadAttributes,
    ) -> Result<ExecutionPayload, PayloadError>;

    /// Checks and keeps a payload (`engine_newPayloadV4` without blobs and without requests). One
    /// that was imported before is accepted again, however long it has been final: a node that
    /// was away imports what the others have, from its own finalized block on.
    fn import(
        &mut self,
        payload: &ExecutionPayload,
        parent_beacon_block_root: B256,
    ) -> Result<(), PayloadError>;

    /// Says which payloads are the head, justified and final (`engine_forkchoiceUpdated`); the
    /// hashes are those of imported payloads or of genesis.
    fn fork_choice(&mut self, head: B256, safe: B256, finalized: B256);
}
