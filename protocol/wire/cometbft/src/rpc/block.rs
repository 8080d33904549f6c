//! Blocks, headers, commits and validators.

use serde::{Deserialize, Serialize};

use super::{Base64Bytes, BlockIdJson, CommitJson, EvidenceJson, HeaderJson, Int, ValidatorJson};
use crate::scalar::null_as_default;

/// Transactions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataJson {
    /// In order.
    #[serde(default, deserialize_with = "null_as_default")]
    pub txs: Vec<Base64Bytes>,
}

/// Evidence of misbehaviour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceListJson {
    /// In order.
    #[serde(default, deserialize_with = "null_as_default")]
    pub evidence: Vec<EvidenceJson>,
}

/// A block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockJson {
    /// The header.
    pub header: HeaderJson,
    /// The transactions.
    pub data: DataJson,
    /// The evidence.
    pub evidence: EvidenceListJson,
    /// The commit of the block before; an empty one in the first block.
    pub last_commit: Option<CommitJson>,
}

/// A block and its id: the answer of `block` and `block_by_hash`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberedBlock {
    /// The id; empty where there is no such block.
    pub block_id: BlockIdJson,
    /// The block; none where there is no such block.
    pub block: Option<BlockJson>,
}

/// The answer of `block_search`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockSearch {
    /// One page.
    pub blocks: Vec<NumberedBlock>,
    /// How many blocks there are on all pages.
    pub total_count: Int<i64>,
}

/// What `blockchain` tells of a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockMeta {
    /// The id.
    pub block_id: BlockIdJson,
    /// The bytes of the encoded block.
    pub block_size: Int<i64>,
    /// The header.
    pub header: HeaderJson,
    /// How many transactions it has.
    pub num_txs: Int<i64>,
}

/// The answer of `blockchain`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blockchain {
    /// The height of the newest block.
    pub last_height: Int<i64>,
    /// Blocks, newest first.
    pub block_metas: Vec<BlockMeta>,
}

/// The answer of `header` and `header_by_hash`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderAnswer {
    /// The header; none where there is no such block.
    pub header: Option<HeaderJson>,
}

/// A header and its commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedHeaderAnswer {
    /// The header.
    pub header: HeaderJson,
    /// The commit.
    pub commit: CommitJson,
}

/// The answer of `commit`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitAnswer {
    /// The header and its commit.
    pub signed_header: SignedHeaderAnswer,
    /// True for a commit that the next block has; false for one that the node has seen.
    pub canonical: bool,
}

/// The answer of `validators`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// The height that they decide.
    pub block_height: Int<i64>,
    /// One page of them, in the order of the set.
    pub validators: Vec<ValidatorJson>,
    /// How many are on this page.
    pub count: Int<i64>,
    /// How many there are on all pages.
    pub total: Int<i64>,
}
