//! Unspent outputs.

use causeway_client_bitcoin::{BlockHash, Txid};
use serde::{Deserialize, Serialize};

use super::{ScriptInfo, text};
use crate::Amount;

/// `gettxout`, which answers null for an output that does not exist or is spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoinInfo {
    /// The tip that the answer is about.
    #[serde(rename = "bestblock", with = "text")]
    pub best_block: BlockHash,
    /// Blocks from its own to the tip, both included; 0 while it waits for a block.
    pub confirmations: u64,
    /// The amount.
    pub value: Amount,
    /// The script.
    #[serde(rename = "scriptPubKey")]
    pub script: ScriptInfo,
    /// Whether a coinbase made it.
    pub coinbase: bool,
}

/// `scantxoutset` with `start`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanResult {
    /// Whether the scan came to its end.
    pub success: bool,
    /// Outputs that were looked at.
    pub txouts: u64,
    /// Height of the tip that the answer is about.
    pub height: u64,
    /// That tip.
    #[serde(rename = "bestblock", with = "text")]
    pub best_block: BlockHash,
    /// What was found.
    pub unspents: Vec<ScannedCoin>,
    /// The sum.
    pub total_amount: Amount,
}

/// An unspent output that a scan found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScannedCoin {
    /// The transaction.
    #[serde(with = "text")]
    pub txid: Txid,
    /// The place in it.
    pub vout: u32,
    /// The script.
    #[serde(rename = "scriptPubKey", with = "text::bytes")]
    pub script: Vec<u8>,
    /// The descriptor that matched.
    #[serde(rename = "desc")]
    pub descriptor: String,
    /// The amount.
    pub amount: Amount,
    /// Whether a coinbase made it.
    #[serde(default)]
    pub coinbase: bool,
    /// Height of its block.
    pub height: u64,
    /// Its block; nodes before version 28 leave it out.
    #[serde(
        rename = "blockhash",
        default,
        with = "text::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub block_hash: Option<BlockHash>,
    /// Blocks from its own to the tip, both included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmations: Option<u64>,
}
