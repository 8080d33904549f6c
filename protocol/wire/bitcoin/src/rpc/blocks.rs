//! Headers, blocks and tips.

use causeway_client_bitcoin::{BlockHash, CompactTarget, MerkleNode, Target, Txid, Work};
use serde::{Deserialize, Serialize};

use super::{TransactionInfo, text};

/// `getblockheader` with details; the first part of `getblock`'s.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeaderInfo {
    /// The block.
    #[serde(with = "text")]
    pub hash: BlockHash,
    /// Blocks from this one to the tip, both included; -1 when the chain does not have it.
    pub confirmations: i64,
    /// Its height.
    pub height: u64,
    /// The header's version.
    pub version: i32,
    /// The same in hexadecimal digits.
    #[serde(rename = "versionHex")]
    pub version_hex: String,
    /// The root of its transactions.
    #[serde(rename = "merkleroot", with = "text")]
    pub merkle_root: MerkleNode,
    /// The header's time, in seconds.
    pub time: u32,
    /// The median of the last eleven times, this one included.
    #[serde(rename = "mediantime")]
    pub median_time: u32,
    /// The nonce.
    pub nonce: u32,
    /// The target in compact form.
    #[serde(with = "text")]
    pub bits: CompactTarget,
    /// The target; nodes before version 29 leave it out.
    #[serde(default, with = "text::option", skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// How many times harder than the easiest target of mainnet.
    pub difficulty: f64,
    /// The work up to this block.
    #[serde(rename = "chainwork", with = "text")]
    pub chain_work: Work,
    /// How many transactions it has.
    #[serde(rename = "nTx")]
    pub transactions: u32,
    /// Its parent; the first block has none.
    #[serde(
        rename = "previousblockhash",
        default,
        with = "text::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub previous: Option<BlockHash>,
    /// The next one of the chain.
    #[serde(
        rename = "nextblockhash",
        default,
        with = "text::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub next: Option<BlockHash>,
}

/// The first transaction of a block, since version 31.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoinbaseInfo {
    /// Its version.
    pub version: i32,
    /// Its lock time.
    pub locktime: u32,
    /// Its input's sequence number.
    pub sequence: u32,
    /// Its input script.
    #[serde(with = "text::bytes")]
    pub coinbase: Vec<u8>,
    /// Its witness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness: Option<String>,
}

/// What a block has of each transaction: its id, or its whole content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum BlockTransactions {
    /// Ids (`getblock` 1).
    Ids(#[serde(with = "text::list")] Vec<Txid>),
    /// Transactions (`getblock` 2 and 3).
    Whole(Vec<TransactionInfo>),
}

/// `getblock` with details.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockInfo {
    /// The header and its place.
    #[serde(flatten)]
    pub header: HeaderInfo,
    /// Bytes without witnesses.
    #[serde(rename = "strippedsize")]
    pub stripped_size: u64,
    /// Bytes.
    pub size: u64,
    /// Weight units.
    pub weight: u64,
    /// The first transaction in short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coinbase_tx: Option<CoinbaseInfo>,
    /// The transactions.
    pub tx: BlockTransactions,
}

/// Where a branch of a node's tree of blocks stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TipStatus {
    /// It, or a block below it, broke a rule or was ruled out.
    Invalid,
    /// Some of its blocks are missing.
    HeadersOnly,
    /// Its blocks are here and were never carried out.
    ValidHeaders,
    /// It was carried out and left again.
    ValidFork,
    /// The followed chain.
    Active,
}

/// The end of a branch, of `getchaintips`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainTip {
    /// Its height.
    pub height: u64,
    /// The block.
    #[serde(with = "text")]
    pub hash: BlockHash,
    /// Blocks since it left the followed chain.
    #[serde(rename = "branchlen")]
    pub branch_len: u64,
    /// Where it stands.
    pub status: TipStatus,
}

/// A block by hash and height, as the waiting methods give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockRef {
    /// The block.
    #[serde(with = "text")]
    pub hash: BlockHash,
    /// Its height.
    pub height: u64,
}
