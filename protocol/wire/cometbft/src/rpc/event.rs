//! What a node tells whoever subscribed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Base64Bytes, BlockIdJson, BlockJson, EventJson, HeaderJson, Int, TxOutcomeJson, ValidatorJson,
    ValidatorUpdateJson,
};
use crate::scalar::null_as_default;

/// What executing a block gave. Nodes leave out what is empty, but for the changes of the set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinalizedBlock {
    /// What the block itself reports.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub events: Vec<EventJson>,
    /// One outcome a transaction; none for an empty block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tx_results: Option<Vec<TxOutcomeJson>>,
    /// Changes of the validator set.
    pub validator_updates: Option<Vec<ValidatorUpdateJson>>,
    /// Changes of the parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consensus_param_updates: Option<Value>,
    /// The state after the block.
    #[serde(default)]
    pub app_hash: Base64Bytes,
}

/// A transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxEventData {
    /// The height of the block.
    #[serde(default)]
    pub height: Int<i64>,
    /// The place in the block; left out when zero.
    #[serde(default, skip_serializing_if = "is_first")]
    pub index: Int<u32>,
    /// The transaction.
    #[serde(default)]
    pub tx: Base64Bytes,
    /// What became of it.
    pub result: TxOutcomeJson,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn is_first(index: &Int<u32>) -> bool {
    index.0 == 0
}

/// What happened, by the names under which CometBFT registers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value")]
pub enum EventData {
    /// There is a new block.
    #[serde(rename = "tendermint/event/NewBlock")]
    NewBlock {
        /// The block.
        block: Box<BlockJson>,
        /// Its id.
        block_id: BlockIdJson,
        /// What executing it gave.
        result_finalize_block: FinalizedBlock,
    },
    /// There is a new block: its header.
    #[serde(rename = "tendermint/event/NewBlockHeader")]
    NewBlockHeader {
        /// The header.
        header: HeaderJson,
    },
    /// There is a new block: what it reports.
    #[serde(rename = "tendermint/event/NewBlockEvents")]
    NewBlockEvents {
        /// Its height.
        height: Int<i64>,
        /// What the block itself reports.
        #[serde(default, deserialize_with = "null_as_default")]
        events: Vec<EventJson>,
        /// How many transactions it has.
        num_txs: Int<i64>,
    },
    /// A transaction is in a block.
    #[serde(rename = "tendermint/event/Tx")]
    Tx {
        /// The transaction.
        #[serde(rename = "TxResult")]
        tx_result: TxEventData,
    },
    /// The validator set changes.
    #[serde(rename = "tendermint/event/ValidatorSetUpdates")]
    ValidatorSetUpdates {
        /// Who changes, with the new power.
        validator_updates: Vec<ValidatorJson>,
    },
}

/// One message to a subscriber.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventAnswer {
    /// The query, as it was sent.
    pub query: String,
    /// What happened.
    pub data: EventData,
    /// All attributes, by kind of event and key.
    #[serde(default, deserialize_with = "null_as_default")]
    pub events: BTreeMap<String, Vec<String>>,
}
