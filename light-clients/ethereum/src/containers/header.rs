//! Headers: of beacon blocks, of their execution payloads, and both together.

use alloy_primitives::{Address, B256, Bloom, U256};
use ssz::DecodeError;

use crate::chain::Slot;
use crate::ssz::{Codec, Shape, chunks, container, merkleize, mix_in_length, wrong_length};

use super::{Branch, ExecutionPayloadLeaf};

container! {
    /// The header of a beacon block.
    BeaconBlockHeader = "beacon_block_header" {
        /// When it was proposed.
        slot: Slot;
        /// Who proposed it.
        proposer_index: u64;
        /// `hash_tree_root` of the header before it.
        parent_root: B256;
        /// `hash_tree_root` of the beacon state after it.
        state_root: B256;
        /// `hash_tree_root` of its body.
        body_root: B256;
    }
}

impl BeaconBlockHeader {
    /// The block root, by which everything refers to a block. The same in every fork.
    pub fn block_root(&self) -> B256 {
        let number = |n: u64| B256::right_padding_from(&n.to_le_bytes());
        merkleize(vec![
            number(self.slot.get()),
            number(self.proposer_index),
            self.parent_root,
            self.state_root,
            self.body_root,
        ])
    }
}

/// `MAX_EXTRA_DATA_BYTES`.
pub const MAX_EXTRA_DATA_LEN: usize = 32;

/// Bytes of the block builder's choice, at most [`MAX_EXTRA_DATA_LEN`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExtraData(pub Vec<u8>);

impl Codec for ExtraData {
    fn fixed_len(_: &Shape) -> Option<usize> {
        None
    }

    fn decode(bytes: &[u8], _: &Shape) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_EXTRA_DATA_LEN {
            return Err(wrong_length(bytes.len(), MAX_EXTRA_DATA_LEN));
        }
        Ok(Self(bytes.to_vec()))
    }

    fn append(&self, _: &Shape, buffer: &mut Vec<u8>) {
        buffer.extend(&self.0);
    }

    fn root(&self, _: &Shape) -> B256 {
        mix_in_length(merkleize(chunks(&self.0)), self.0.len())
    }
}

container! {
    /// The header of an execution block, in the beacon chain's form.
    ExecutionPayloadHeader = "execution_payload_header" {
        /// Hash of the execution block before it.
        parent_hash: B256;
        /// Who gets the fees.
        fee_recipient: Address;
        /// Root of the state trie: accounts and their storage.
        state_root: B256;
        /// Root of the receipts trie.
        receipts_root: B256;
        /// Bloom filter of the logs.
        logs_bloom: Bloom;
        /// The randomness of the beacon chain.
        prev_randao: B256;
        /// Height of the execution block.
        block_number: u64;
        /// Most gas the block may use.
        gas_limit: u64;
        /// Gas it used.
        gas_used: u64;
        /// Start of the slot, in seconds since the Unix epoch.
        timestamp: u64;
        /// Bytes of the builder's choice.
        extra_data: ExtraData;
        /// Base fee, in wei (EIP-1559).
        base_fee_per_gas: U256;
        /// Hash of the execution block.
        block_hash: B256;
        /// `hash_tree_root` of its transactions.
        transactions_root: B256;
        /// `hash_tree_root` of its withdrawals.
        withdrawals_root: B256;
        /// Blob gas it used (EIP-4844).
        blob_gas_used: u64, if has_blob_gas;
        /// Blob gas above the target so far (EIP-4844).
        excess_blob_gas: u64, if has_blob_gas;
    }
}

container! {
    /// A beacon header with the execution header in its body.
    LightClientHeader = "light_client_header" {
        /// The beacon block.
        beacon: BeaconBlockHeader;
        /// The execution header; zero before Capella.
        execution: ExecutionPayloadHeader, if has_execution;
        /// Proof of the execution header under the body root.
        execution_branch: Branch<ExecutionPayloadLeaf>, if has_execution;
    }
}

impl LightClientHeader {
    /// True for the all-zero header that stands for "none".
    pub fn is_zero(&self) -> bool {
        self.beacon == BeaconBlockHeader::default() && self.has_no_execution()
    }

    /// True when the execution part is all zero.
    pub fn has_no_execution(&self) -> bool {
        self.execution == ExecutionPayloadHeader::default() && self.execution_branch.is_zero()
    }
}
