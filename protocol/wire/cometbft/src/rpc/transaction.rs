//! Transactions, sent and found.

use serde::{Deserialize, Serialize};

use super::{Base64Bytes, HexBytes, Int, TxOutcomeJson};

/// The answer of `broadcast_tx_sync` and `broadcast_tx_async`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broadcast {
    /// Zero when it waits for a block.
    #[serde(default)]
    pub code: Int<u32>,
    /// What the check gave.
    #[serde(default)]
    pub data: HexBytes,
    /// What went wrong, in words.
    #[serde(default)]
    pub log: String,
    /// Whose number the code is.
    #[serde(default)]
    pub codespace: String,
    /// The hash of the transaction.
    pub hash: HexBytes,
}

/// The answer of `broadcast_tx_commit`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BroadcastCommit {
    /// What the check gave.
    pub check_tx: TxOutcomeJson,
    /// What it gave in a block; nothing, if the check failed.
    pub tx_result: TxOutcomeJson,
    /// The hash of the transaction.
    pub hash: HexBytes,
    /// The height of the block; zero, if the check failed.
    pub height: Int<i64>,
}

/// A branch of a Merkle tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MerkleProofJson {
    /// How many leaves there are.
    pub total: Int<i64>,
    /// Which leaf it is.
    pub index: Int<i64>,
    /// Its hash.
    pub leaf_hash: Base64Bytes,
    /// The hashes beside the way up.
    pub aunts: Vec<Base64Bytes>,
}

/// Proof that a block has a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxProof {
    /// The header's `data_hash`.
    pub root_hash: HexBytes,
    /// The transaction.
    pub data: Base64Bytes,
    /// The branch from its hash.
    pub proof: MerkleProofJson,
}

/// The answer of `tx`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxAnswer {
    /// The hash.
    pub hash: HexBytes,
    /// The height of the block.
    pub height: Int<i64>,
    /// The place in the block.
    pub index: Int<u32>,
    /// What became of it.
    pub tx_result: TxOutcomeJson,
    /// The transaction.
    pub tx: Base64Bytes,
    /// Proof, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<TxProof>,
}

/// The answer of `tx_search`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxSearch {
    /// One page.
    pub txs: Vec<TxAnswer>,
    /// How many there are on all pages.
    pub total_count: Int<i64>,
}

/// The answer of `unconfirmed_txs` and `num_unconfirmed_txs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnconfirmedTxs {
    /// How many are listed.
    pub n_txs: Int<i64>,
    /// How many wait.
    pub total: Int<i64>,
    /// Their bytes.
    pub total_bytes: Int<i64>,
    /// The listed ones.
    pub txs: Option<Vec<Base64Bytes>>,
}

/// The answer of `broadcast_evidence`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BroadcastEvidence {
    /// The hash of the evidence.
    pub hash: Base64Bytes,
}
