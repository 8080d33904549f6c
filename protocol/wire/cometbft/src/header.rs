//! Headers, block ids, commits and votes.

use causeway_client_cometbft::{BlockId, Commit, Header, Vote, proto};
use causeway_core::DecodeError;
use serde::Deserialize;

use crate::from_json;
use crate::scalar::{Base64Bytes, HexBytes, Int, WireTime, null_as_default};

#[derive(Debug, Default, Deserialize)]
struct VersionJson {
    #[serde(default)]
    block: Int<u64>,
    #[serde(default)]
    app: Int<u64>,
}

#[derive(Debug, Default, Deserialize)]
struct PartsJson {
    #[serde(default)]
    total: Int<u32>,
    #[serde(default)]
    hash: HexBytes,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct BlockIdJson {
    #[serde(default)]
    hash: HexBytes,
    #[serde(default, alias = "part_set_header", deserialize_with = "null_as_default")]
    parts: PartsJson,
}

impl From<BlockIdJson> for proto::BlockId {
    fn from(json: BlockIdJson) -> Self {
        let parts = proto::PartSetHeader { total: json.parts.total.0, hash: json.parts.hash.0 };
        Self { hash: json.hash.0, part_set_header: Some(parts) }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct HeaderJson {
    version: VersionJson,
    chain_id: String,
    height: Int<i64>,
    time: WireTime,
    #[serde(default, deserialize_with = "null_as_default")]
    last_block_id: BlockIdJson,
    #[serde(default)]
    last_commit_hash: HexBytes,
    #[serde(default)]
    data_hash: HexBytes,
    #[serde(default)]
    validators_hash: HexBytes,
    #[serde(default)]
    next_validators_hash: HexBytes,
    #[serde(default)]
    consensus_hash: HexBytes,
    #[serde(default)]
    app_hash: HexBytes,
    #[serde(default)]
    last_results_hash: HexBytes,
    #[serde(default)]
    evidence_hash: HexBytes,
    proposer_address: HexBytes,
}

impl From<HeaderJson> for proto::Header {
    fn from(json: HeaderJson) -> Self {
        let version = proto::Consensus { block: json.version.block.0, app: json.version.app.0 };
        Self {
            version: Some(version),
            chain_id: json.chain_id,
            height: json.height.0,
            time: Some(json.time.0),
            last_block_id: Some(json.last_block_id.into()),
            last_commit_hash: json.last_commit_hash.0,
            data_hash: json.data_hash.0,
            validators_hash: json.validators_hash.0,
            next_validators_hash: json.next_validators_hash.0,
            consensus_hash: json.consensus_hash.0,
            app_hash: json.app_hash.0,
            last_results_hash: json.last_results_hash.0,
            evidence_hash: json.evidence_hash.0,
            proposer_address: json.proposer_address.0,
        }
    }
}

#[derive(Debug, Deserialize)]
struct CommitSigJson {
    block_id_flag: Int<i32>,
    #[serde(default)]
    validator_address: HexBytes,
    #[serde(default)]
    timestamp: WireTime,
    #[serde(default)]
    signature: Base64Bytes,
}

#[derive(Debug, Deserialize)]
pub(crate) struct CommitJson {
    height: Int<i64>,
    #[serde(default)]
    round: Int<i32>,
    #[serde(default, deserialize_with = "null_as_default")]
    block_id: BlockIdJson,
    #[serde(default, deserialize_with = "null_as_default")]
    signatures: Vec<CommitSigJson>,
}

impl From<CommitJson> for proto::Commit {
    fn from(json: CommitJson) -> Self {
        let signatures = json.signatures.into_iter().map(|sig| proto::CommitSig {
            block_id_flag: sig.block_id_flag.0,
            validator_address: sig.validator_address.0,
            timestamp: Some(sig.timestamp.0),
            signature: sig.signature.0,
        });
        Self {
            height: json.height.0,
            round: json.round.0,
            block_id: Some(json.block_id.into()),
            signatures: signatures.collect(),
        }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct SignedHeaderJson {
    pub(crate) header: HeaderJson,
    #[serde(default)]
    pub(crate) commit: Option<CommitJson>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct VoteJson {
    r#type: Int<i32>,
    height: Int<i64>,
    #[serde(default)]
    round: Int<i32>,
    #[serde(default, deserialize_with = "null_as_default")]
    block_id: BlockIdJson,
    timestamp: WireTime,
    validator_address: HexBytes,
    #[serde(default)]
    validator_index: Int<i32>,
    #[serde(default)]
    signature: Base64Bytes,
    #[serde(default)]
    extension: Base64Bytes,
    #[serde(default)]
    extension_signature: Base64Bytes,
}

impl From<VoteJson> for proto::Vote {
    fn from(json: VoteJson) -> Self {
        Self {
            r#type: json.r#type.0,
            height: json.height.0,
            round: json.round.0,
            block_id: Some(json.block_id.into()),
            timestamp: Some(json.timestamp.0),
            validator_address: json.validator_address.0,
            validator_index: json.validator_index.0,
            signature: json.signature.0,
            extension: json.extension.0,
            extension_signature: json.extension_signature.0,
        }
    }
}

/// Reads a bare block id.
pub fn block_id_from_json(json: &[u8]) -> Result<BlockId, DecodeError> {
    proto::BlockId::from(from_json::<BlockIdJson>("block_id", json)?).try_into()
}

/// Reads a bare header.
pub fn header_from_json(json: &[u8]) -> Result<Header, DecodeError> {
    proto::Header::from(from_json::<HeaderJson>("header", json)?).try_into()
}

/// Reads a bare commit.
pub fn commit_from_json(json: &[u8]) -> Result<Commit, DecodeError> {
    proto::Commit::from(from_json::<CommitJson>("commit", json)?).try_into()
}

/// Reads a bare vote.
pub fn vote_from_json(json: &[u8]) -> Result<Vote, DecodeError> {
    proto::Vote::from(from_json::<VoteJson>("vote", json)?).try_into()
}
