//! What a node says of itself and of its chain.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ConsensusParams, HexBytes, Int, PublicKeyJson, WireTime};
use crate::scalar::null_as_default;

/// The protocols that a node speaks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtocolVersion {
    /// Among nodes.
    pub p2p: Int<u64>,
    /// Of blocks.
    pub block: Int<u64>,
    /// Of the application.
    pub app: Int<u64>,
}

/// What else a node tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeInfoOther {
    /// `on` where transactions can be searched for.
    pub tx_index: String,
    /// Where the RPC is.
    pub rpc_address: String,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeInfo {
    /// What it speaks.
    pub protocol_version: ProtocolVersion,
    /// Its address among nodes, in lower case.
    pub id: String,
    /// Where it listens for nodes.
    pub listen_addr: String,
    /// The chain.
    pub network: String,
    /// The version of its software: clients choose by it how to talk to it.
    pub version: String,
    /// The channels it has open.
    pub channels: HexBytes,
    /// Its name.
    pub moniker: String,
    /// What else it tells.
    pub other: NodeInfoOther,
}

/// How far a node is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncInfo {
    /// The hash of the newest block.
    pub latest_block_hash: HexBytes,
    /// The state before it.
    pub latest_app_hash: HexBytes,
    /// Its height.
    pub latest_block_height: Int<i64>,
    /// Its time.
    pub latest_block_time: WireTime,
    /// The hash of the oldest block that the node has.
    #[serde(default)]
    pub earliest_block_hash: HexBytes,
    /// The state before it.
    #[serde(default)]
    pub earliest_app_hash: HexBytes,
    /// Its height.
    #[serde(default)]
    pub earliest_block_height: Int<i64>,
    /// Its time.
    #[serde(default)]
    pub earliest_block_time: WireTime,
    /// True while it lags.
    pub catching_up: bool,
}

/// A node's own validator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnValidator {
    /// The address of the key.
    pub address: HexBytes,
    /// The key.
    pub pub_key: PublicKeyJson,
    /// The voting power; zero for none.
    pub voting_power: Int<i64>,
}

/// The answer of `status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The node.
    pub node_info: NodeInfo,
    /// How far it is.
    pub sync_info: SyncInfo,
    /// Its validator.
    pub validator_info: OwnValidator,
}

/// The answer of `net_info`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetInfo {
    /// Whether it listens for nodes.
    pub listening: bool,
    /// Where.
    #[serde(default, deserialize_with = "null_as_default")]
    pub listeners: Vec<String>,
    /// How many nodes it is connected with.
    pub n_peers: Int<i64>,
    /// Those nodes.
    #[serde(default, deserialize_with = "null_as_default")]
    pub peers: Vec<Value>,
}

/// A validator of a genesis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenesisValidator {
    /// The address of the key.
    pub address: HexBytes,
    /// The key.
    pub pub_key: PublicKeyJson,
    /// The voting power.
    pub power: Int<i64>,
    /// A name.
    #[serde(default)]
    pub name: String,
}

/// What a chain starts from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Genesis {
    /// The time of the first block.
    pub genesis_time: WireTime,
    /// The chain.
    pub chain_id: String,
    /// The height of the first block.
    pub initial_height: Int<i64>,
    /// The parameters.
    pub consensus_params: ConsensusParams,
    /// The validators of the first block.
    #[serde(default, deserialize_with = "null_as_default")]
    pub validators: Vec<GenesisValidator>,
    /// The state before the first block.
    #[serde(default)]
    pub app_hash: HexBytes,
    /// What the application starts from.
    #[serde(default)]
    pub app_state: Value,
}

/// The answer of `genesis`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenesisAnswer {
    /// The genesis.
    pub genesis: Genesis,
}

/// The answer of `genesis_chunked`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenesisChunk {
    /// Which chunk it is, from zero.
    pub chunk: Int<i64>,
    /// How many there are.
    pub total: Int<i64>,
    /// A piece of the genesis in base64.
    pub data: String,
}
