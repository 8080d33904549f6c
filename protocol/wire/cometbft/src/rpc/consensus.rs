//! The parameters of a chain.

use serde::{Deserialize, Serialize};

use super::Int;

/// Limits of blocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockParams {
    /// The most bytes.
    pub max_bytes: Int<i64>,
    /// The most gas; -1 for no limit.
    pub max_gas: Int<i64>,
}

/// Limits of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceParams {
    /// How old it may be, in blocks.
    pub max_age_num_blocks: Int<i64>,
    /// How old it may be, in nanoseconds.
    pub max_age_duration: Int<i64>,
    /// The most bytes of it in a block.
    pub max_bytes: Int<i64>,
}

/// What validators may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidatorParams {
    /// The kinds of their keys.
    pub pub_key_types: Vec<String>,
}

/// The application's version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionParams {
    /// The number.
    #[serde(default)]
    pub app: Int<u64>,
}

/// What the application may use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbciParams {
    /// From when on votes have extensions; zero for never.
    #[serde(default)]
    pub vote_extensions_enable_height: Int<i64>,
}

/// The parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsensusParams {
    /// Of blocks.
    pub block: BlockParams,
    /// Of evidence.
    pub evidence: EvidenceParams,
    /// Of validators.
    pub validator: ValidatorParams,
    /// Of the application's version.
    #[serde(default)]
    pub version: VersionParams,
    /// Of the application.
    #[serde(default)]
    pub abci: AbciParams,
}

/// The answer of `consensus_params`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsensusParamsAnswer {
    /// The height at which they hold.
    pub block_height: Int<i64>,
    /// The parameters.
    pub consensus_params: ConsensusParams,
}
