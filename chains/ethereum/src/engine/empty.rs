//! An execution layer without accounts: every block is empty. For a beacon chain alone.

use std::collections::BTreeMap;

use alloy_primitives::{B256, U256};

use super::{
    EMPTY_TRIE_ROOT, ExecutionEngine, ExecutionPayload, ExecutionPayloadHeader, PayloadAttributes,
    PayloadError, block_hash,
};

/// Gas limit of the empty blocks.
const GAS_LIMIT: u64 = 36_000_000;
/// Base fee of the empty blocks.
const BASE_FEE: u64 = 7;

/// Finalized blocks that are remembered, as many as a beacon node may still ask about.
const KEPT_BLOCKS: u64 = 10_000;

/// Builds and accepts empty blocks.
#[derive(Clone, Debug, Default)]
pub struct EmptyEngine {
    /// Block numbers by hash.
    numbers: BTreeMap<B256, u64>,
    head: B256,
}

impl EmptyEngine {
    /// The head that the consensus half chose last.
    pub const fn head(&self) -> B256 {
        self.head
    }
}

fn empty_payload(attributes: &PayloadAttributes, block_number: u64) -> ExecutionPayload {
    let mut payload = ExecutionPayload {
        parent_hash: attributes.parent_hash,
        fee_recipient: attributes.fee_recipient,
        state_root: EMPTY_TRIE_ROOT,
        receipts_root: EMPTY_TRIE_ROOT,
        prev_randao: attributes.prev_randao,
        block_number,
        gas_limit: GAS_LIMIT,
        timestamp: attributes.timestamp,
        base_fee_per_gas: U256::from(BASE_FEE),
        ..ExecutionPayload::default()
    };
    payload.block_hash = block_hash(&payload, EMPTY_TRIE_ROOT, attributes.parent_beacon_block_root);
    payload
}

impl ExecutionEngine for EmptyEngine {
    fn genesis(&mut self, timestamp: u64) -> ExecutionPayloadHeader {
        let attributes = PayloadAttributes { timestamp, ..PayloadAttributes::default() };
        let payload = empty_payload(&attributes, 0);
        self.numbers.insert(payload.block_hash, 0);
        payload.header()
    }

    fn build_payload(
        &mut self,
        attributes: &PayloadAttributes,
    ) -> Result<ExecutionPayload, PayloadError> {
        let parent_hash = attributes.parent_hash;
        let parent = self.numbers.get(&parent_hash);
        let parent = parent.ok_or(PayloadError::UnknownParent { parent_hash })?;
        Ok(empty_payload(attributes, parent.saturating_add(1)))
    }

    fn import(
        &mut self,
        payload: &ExecutionPayload,
        parent_beacon_block_root: B256,
    ) -> Result<(), PayloadError> {
        let attributes = PayloadAttributes {
            parent_hash: payload.parent_hash,
            timestamp: payload.timestamp,
            prev_randao: payload.prev_randao,
            fee_recipient: payload.fee_recipient,
            parent_beacon_block_root,
        };
        let expected = self.build_payload(&attributes)?;
        if *payload != expected {
            let reason = format!("expected the empty block {}", expected.block_hash);
            return Err(PayloadError::Invalid { reason });
        }
        self.numbers.insert(payload.block_hash, payload.block_number);
        Ok(())
    }

    fn fork_choice(&mut self, head: B256, _safe: B256, finalized: B256) {
        self.head = head;
        let finalized = self.numbers.get(&finalized).copied().unwrap_or_default();
        let oldest = finalized.saturating_sub(KEPT_BLOCKS);
        self.numbers.retain(|_, number| *number >= oldest);
    }
}
