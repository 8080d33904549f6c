//! What the serving node says of itself and of the chain's beginning.

use causeway_wire_cometbft::rpc::{
    AbciParams, BlockParams, ConsensusParams, EvidenceParams, Genesis as GenesisJson,
    GenesisValidator, HexBytes, Int, NodeInfo, NodeInfoOther, ProtocolVersion, ValidatorParams,
    VersionParams,
};
use serde_json::json;

use super::views::{int, len};
use crate::MAX_BLOCK_LEN;
use crate::consensus::{Genesis, MAX_BLOCK_EVIDENCE, MAX_EVIDENCE_AGE_BLOCKS, ValidatorKey};

/// The version of CometBFT whose RPC this is: clients choose their dialect by it.
pub const NODE_VERSION: &str = "0.38.17";

/// A bound on the bytes of one piece of evidence.
const EVIDENCE_LEN: usize = 1024;

/// What the node is.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) node_info: NodeInfo,
    pub(crate) genesis: GenesisJson,
}

impl Identity {
    /// The node of a validator, on the chain of a genesis.
    pub(crate) fn new(genesis: &Genesis, key: &ValidatorKey) -> Self {
        Self { node_info: node_info(genesis, key), genesis: genesis_json(genesis) }
    }

    pub(crate) const fn params(&self) -> &ConsensusParams {
        &self.genesis.consensus_params
    }
}

fn node_info(genesis: &Genesis, key: &ValidatorKey) -> NodeInfo {
    NodeInfo {
        protocol_version: ProtocolVersion { p2p: Int(8), block: Int(11), app: Int(0) },
        id: hex::encode(key.address().0),
        listen_addr: "tcp://127.0.0.1:26656".to_owned(),
        network: genesis.chain_id.as_str().to_owned(),
        version: NODE_VERSION.to_owned(),
        channels: HexBytes(vec![0x40, 0x20, 0x21, 0x22, 0x23, 0x30, 0x38, 0x60, 0x61, 0x00]),
        moniker: "causeway".to_owned(),
        other: NodeInfoOther {
            tx_index: "on".to_owned(),
            rpc_address: "tcp://127.0.0.1:26657".to_owned(),
        },
    }
}

fn genesis_json(genesis: &Genesis) -> GenesisJson {
    let validators = genesis.validators.iter().enumerate().map(|(index, update)| {
        let address = update.public_key.address().unwrap_or_default();
        GenesisValidator {
            address: HexBytes(address.0.to_vec()),
            pub_key: (&update.public_key).into(),
            power: int(update.power),
            name: format!("validator-{index}"),
        }
    });
    GenesisJson {
        genesis_time: genesis.time.into(),
        chain_id: genesis.chain_id.as_str().to_owned(),
        initial_height: Int(1),
        consensus_params: params(genesis.max_gas),
        validators: validators.collect(),
        app_hash: HexBytes(genesis.app_hash.clone()),
        app_state: json!({}),
    }
}

fn params(max_gas: i64) -> ConsensusParams {
    ConsensusParams {
        block: BlockParams { max_bytes: len(MAX_BLOCK_LEN), max_gas: Int(max_gas) },
        evidence: EvidenceParams {
            max_age_num_blocks: int(MAX_EVIDENCE_AGE_BLOCKS),
            // Only the age in blocks counts; this is about what it takes.
            max_age_duration: int(MAX_EVIDENCE_AGE_BLOCKS.saturating_mul(1_000_000_000)),
            max_bytes: len(MAX_BLOCK_EVIDENCE.saturating_mul(EVIDENCE_LEN)),
        },
        validator: ValidatorParams { pub_key_types: vec!["ed25519".to_owned()] },
        version: VersionParams::default(),
        abci: AbciParams::default(),
    }
}
