//! Headers, block ids, commits and votes.

use causeway_client_cometbft::{BlockId, Commit, Header, Vote, proto};
use causeway_core::DecodeError;
use serde::{Deserialize, Serialize};

use crate::from_json;
use crate::scalar::{Base64Bytes, HexBytes, Int, WireTime, null_as_default};

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn is_zero(number: &Int<u64>) -> bool {
    number.0 == 0
}

/// The versions of block and application.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionJson {
    /// The block protocol.
    #[serde(default)]
    pub block: Int<u64>,
    /// The application's own; left out when zero.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub app: Int<u64>,
}

/// The parts of a block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartsJson {
    /// How many.
    #[serde(default)]
    pub total: Int<u32>,
    /// The root over them.
    #[serde(default)]
    pub hash: HexBytes,
}

/// The id of a block; empty for no block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockIdJson {
    /// The hash of the header.
    #[serde(default)]
    pub hash: HexBytes,
    /// The parts, also read as `part_set_header`.
    #[serde(default, alias = "part_set_header", deserialize_with = "null_as_default")]
    pub parts: PartsJson,
}

impl From<BlockIdJson> for proto::BlockId {
    fn from(json: BlockIdJson) -> Self {
        let parts = proto::PartSetHeader { total: json.parts.total.0, hash: json.parts.hash.0 };
        Self { hash: json.hash.0, part_set_header: Some(parts) }
    }
}

/// A block header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderJson {
    /// The versions.
    pub version: VersionJson,
    /// The chain.
    pub chain_id: String,
    /// The height.
    pub height: Int<i64>,
    /// The time.
    pub time: WireTime,
    /// The block before.
    #[serde(default, deserialize_with = "null_as_default")]
    pub last_block_id: BlockIdJson,
    /// The hash of the commit of the block before.
    #[serde(default)]
    pub last_commit_hash: HexBytes,
    /// The root over the transactions.
    #[serde(default)]
    pub data_hash: HexBytes,
    /// The hash of the validators.
    #[serde(default)]
    pub validators_hash: HexBytes,
    /// The hash of the next block's validators.
    #[serde(default)]
    pub next_validators_hash: HexBytes,
    /// The hash of the parameters.
    #[serde(default)]
    pub consensus_hash: HexBytes,
    /// The application's state before the block.
    #[serde(default)]
    pub app_hash: HexBytes,
    /// The root over the results of the block before.
    #[serde(default)]
    pub last_results_hash: HexBytes,
    /// The root over the evidence.
    #[serde(default)]
    pub evidence_hash: HexBytes,
    /// The proposer.
    pub proposer_address: HexBytes,
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

/// What one validator contributed to a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitSigJson {
    /// 1 absent, 2 for the block, 3 for none.
    pub block_id_flag: Int<i32>,
    /// Who.
    #[serde(default)]
    pub validator_address: HexBytes,
    /// When.
    #[serde(default)]
    pub timestamp: WireTime,
    /// The signature.
    #[serde(default)]
    pub signature: Base64Bytes,
}

/// The precommits that decided a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitJson {
    /// The height.
    pub height: Int<i64>,
    /// The round.
    #[serde(default)]
    pub round: Int<i32>,
    /// The block.
    #[serde(default, deserialize_with = "null_as_default")]
    pub block_id: BlockIdJson,
    /// One entry a validator, in the order of the set.
    #[serde(default, deserialize_with = "null_as_default")]
    pub signatures: Vec<CommitSigJson>,
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

/// A header and its commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SignedHeaderJson {
    /// The header.
    pub header: HeaderJson,
    /// The commit.
    #[serde(default)]
    pub commit: Option<CommitJson>,
}

/// A vote on its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoteJson {
    /// 1 for a prevote, 2 for a precommit.
    pub r#type: Int<i32>,
    /// The height.
    pub height: Int<i64>,
    /// The round.
    #[serde(default)]
    pub round: Int<i32>,
    /// The block; empty for none.
    #[serde(default, deserialize_with = "null_as_default")]
    pub block_id: BlockIdJson,
    /// When.
    pub timestamp: WireTime,
    /// Who.
    pub validator_address: HexBytes,
    /// The place in the set.
    #[serde(default)]
    pub validator_index: Int<i32>,
    /// The signature.
    #[serde(default)]
    pub signature: Base64Bytes,
    /// The application's extension.
    #[serde(default)]
    pub extension: Base64Bytes,
    /// The signature of the extension.
    #[serde(default)]
    pub extension_signature: Base64Bytes,
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

impl From<proto::BlockId> for BlockIdJson {
    fn from(id: proto::BlockId) -> Self {
        let parts = id.part_set_header.unwrap_or_default();
        let parts = PartsJson { total: Int(parts.total), hash: HexBytes(parts.hash) };
        Self { hash: HexBytes(id.hash), parts }
    }
}

impl From<BlockId> for BlockIdJson {
    fn from(id: BlockId) -> Self {
        proto::BlockId::from(id).into()
    }
}

impl From<&Header> for HeaderJson {
    fn from(header: &Header) -> Self {
        let proto = proto::Header::from(header);
        Self {
            version: VersionJson { block: Int(header.version.block), app: Int(header.version.app) },
            chain_id: proto.chain_id,
            height: Int(proto.height),
            time: header.time.into(),
            last_block_id: header.last_block_id.into(),
            last_commit_hash: HexBytes(proto.last_commit_hash),
            data_hash: HexBytes(proto.data_hash),
            validators_hash: HexBytes(proto.validators_hash),
            next_validators_hash: HexBytes(proto.next_validators_hash),
            consensus_hash: HexBytes(proto.consensus_hash),
            app_hash: HexBytes(proto.app_hash),
            last_results_hash: HexBytes(proto.last_results_hash),
            evidence_hash: HexBytes(proto.evidence_hash),
            proposer_address: HexBytes(proto.proposer_address),
        }
    }
}

impl From<&Commit> for CommitJson {
    fn from(commit: &Commit) -> Self {
        let proto = proto::Commit::from(commit);
        let signatures = proto.signatures.into_iter().map(|sig| CommitSigJson {
            block_id_flag: Int(sig.block_id_flag),
            validator_address: HexBytes(sig.validator_address),
            timestamp: sig.timestamp.map(WireTime).unwrap_or_default(),
            signature: Base64Bytes(sig.signature),
        });
        Self {
            height: Int(proto.height),
            round: Int(proto.round),
            block_id: commit.block_id.into(),
            signatures: signatures.collect(),
        }
    }
}

impl CommitJson {
    /// The commit that a first block has in place of that of the block before.
    pub fn none() -> Self {
        let block_id = BlockIdJson::default();
        Self { height: Int(0), round: Int(0), block_id, signatures: Vec::new() }
    }
}

impl From<&Vote> for VoteJson {
    fn from(vote: &Vote) -> Self {
        let proto = proto::Vote::from(vote);
        Self {
            r#type: Int(proto.r#type),
            height: Int(proto.height),
            round: Int(proto.round),
            block_id: vote.block_id.into(),
            timestamp: vote.timestamp.into(),
            validator_address: HexBytes(proto.validator_address),
            validator_index: Int(proto.validator_index),
            signature: Base64Bytes(proto.signature),
            extension: Base64Bytes(proto.extension),
            extension_signature: Base64Bytes(proto.extension_signature),
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
