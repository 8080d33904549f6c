//! What applications answer.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Base64Bytes, Int};
use crate::TxEvent;
use crate::scalar::null_as_default;

/// One attribute of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventAttributeJson {
    /// The key.
    pub key: String,
    /// The value.
    #[serde(default, deserialize_with = "null_as_default")]
    pub value: String,
    /// Whether one can search for it.
    #[serde(default)]
    pub index: bool,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventJson {
    /// The kind.
    pub r#type: String,
    /// In order.
    #[serde(default, deserialize_with = "null_as_default")]
    pub attributes: Vec<EventAttributeJson>,
}

/// All attributes can be searched for.
impl From<&TxEvent> for EventJson {
    fn from(event: &TxEvent) -> Self {
        let attributes = event.attributes.iter().map(|(key, value)| EventAttributeJson {
            key: key.clone(),
            value: value.clone(),
            index: true,
        });
        Self { r#type: event.kind.clone(), attributes: attributes.collect() }
    }
}

impl From<EventJson> for TxEvent {
    fn from(json: EventJson) -> Self {
        let attributes = json.attributes.into_iter().map(|pair| (pair.key, pair.value));
        Self { kind: json.r#type, attributes: attributes.collect() }
    }
}

/// What became of a transaction, or of its check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxOutcomeJson {
    /// Zero for success.
    #[serde(default)]
    pub code: Int<u32>,
    /// The answers to its messages.
    #[serde(default)]
    pub data: Base64Bytes,
    /// What went wrong, in words.
    #[serde(default)]
    pub log: String,
    /// Anything else.
    #[serde(default)]
    pub info: String,
    /// The gas it asked for.
    #[serde(default)]
    pub gas_wanted: Int<i64>,
    /// The gas it took.
    #[serde(default)]
    pub gas_used: Int<i64>,
    /// What it reports.
    #[serde(default, deserialize_with = "null_as_default")]
    pub events: Vec<EventJson>,
    /// Whose number the code is.
    #[serde(default)]
    pub codespace: String,
}

/// A key, as protobuf's `oneof` comes out in Go's JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKeySumJson {
    /// `{"type": "tendermint.crypto.PublicKey_Ed25519", "value": {"ed25519": …}}`.
    #[serde(rename = "Sum")]
    pub sum: Value,
}

impl PublicKeySumJson {
    /// An Ed25519 key.
    pub fn ed25519(key: &[u8]) -> Self {
        let key = Base64Bytes(key.to_vec());
        Self {
            sum: serde_json::json!({
                "type": "tendermint.crypto.PublicKey_Ed25519",
                "value": { "ed25519": key },
            }),
        }
    }
}

/// A change of a validator's power.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidatorUpdateJson {
    /// Whose.
    pub pub_key: PublicKeySumJson,
    /// The new power; left out when zero.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub power: Int<i64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn is_zero(number: &Int<i64>) -> bool {
    number.0 == 0
}

/// The answer of `block_results`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockResults {
    /// The height.
    pub height: Int<i64>,
    /// One outcome a transaction; none for an empty block.
    pub txs_results: Option<Vec<TxOutcomeJson>>,
    /// What the block itself reports.
    #[serde(default, deserialize_with = "null_as_default")]
    pub finalize_block_events: Vec<EventJson>,
    /// Changes of the validator set; none for no changes.
    pub validator_updates: Option<Vec<ValidatorUpdateJson>>,
    /// Changes of the parameters.
    pub consensus_param_updates: Option<Value>,
    /// The state after the block.
    #[serde(default)]
    pub app_hash: Base64Bytes,
}

/// What an application says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbciInfoResponse {
    /// Its name.
    #[serde(default)]
    pub data: String,
    /// Its version.
    #[serde(default)]
    pub version: String,
    /// The version of its blocks; left out when zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_version: Option<Int<u64>>,
    /// The height after which it is; left out when zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_block_height: Option<Int<i64>>,
    /// Its state.
    #[serde(default)]
    pub last_block_app_hash: Base64Bytes,
}

/// The answer of `abci_info`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbciInfo {
    /// What the application says.
    pub response: AbciInfoResponse,
}

/// One step of a proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofOpJson {
    /// `ics23:iavl`, `ics23:simple`.
    pub r#type: String,
    /// The key in that tree.
    #[serde(default)]
    pub key: Base64Bytes,
    /// The proof.
    #[serde(default)]
    pub data: Base64Bytes,
}

/// A proof in steps, lowest tree first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofOpsJson {
    /// The steps.
    #[serde(default, deserialize_with = "null_as_default")]
    pub ops: Vec<ProofOpJson>,
}

/// What an application answers to a query.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbciQueryResponse {
    /// Zero for an answer.
    #[serde(default)]
    pub code: Int<u32>,
    /// What went wrong, in words.
    #[serde(default)]
    pub log: String,
    /// Anything else.
    #[serde(default)]
    pub info: String,
    /// The place of the key in its tree.
    #[serde(default)]
    pub index: Int<i64>,
    /// The key.
    #[serde(default)]
    pub key: Base64Bytes,
    /// The value.
    #[serde(default)]
    pub value: Base64Bytes,
    /// The proof.
    #[serde(default, rename = "proofOps")]
    pub proof_ops: Option<ProofOpsJson>,
    /// The height after whose block the answer holds.
    #[serde(default)]
    pub height: Int<i64>,
    /// Whose number the code is.
    #[serde(default)]
    pub codespace: String,
}

/// The answer of `abci_query`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbciQuery {
    /// What the application answers.
    pub response: AbciQueryResponse,
}
