//! What waits for a block, and what it costs.

use causeway_client_bitcoin::{Txid, Wtxid};
use serde::{Deserialize, Serialize};

use super::text;
use crate::Amount;

/// What `testmempoolaccept` says of one transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The transaction.
    #[serde(with = "text")]
    pub txid: Txid,
    /// With its witness.
    #[serde(with = "text")]
    pub wtxid: Wtxid,
    /// Whether it may wait for a block.
    pub allowed: bool,
    /// Its size, when it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vsize: Option<u64>,
    /// Its fees, when it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fees: Option<AcceptedFees>,
    /// Why it may not.
    #[serde(rename = "reject-reason", default, skip_serializing_if = "Option::is_none")]
    pub reject_reason: Option<String>,
    /// The same in more words.
    #[serde(rename = "reject-details", default, skip_serializing_if = "Option::is_none")]
    pub reject_details: Option<String>,
}

/// The fees of a transaction that may wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedFees {
    /// What it pays.
    pub base: Amount,
    /// What it pays for a thousand virtual bytes.
    #[serde(rename = "effective-feerate", default, skip_serializing_if = "Option::is_none")]
    pub effective_fee_rate: Option<Amount>,
    /// Over which transactions that was reckoned.
    #[serde(rename = "effective-includes", default, skip_serializing_if = "Vec::is_empty")]
    pub effective_includes: Vec<String>,
}

/// `getmempoolinfo`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the shape is the node's")]
pub struct MempoolInfo {
    /// Whether what waited before a restart was read.
    pub loaded: bool,
    /// How many wait.
    pub size: u64,
    /// Their virtual bytes.
    pub bytes: u64,
    /// The memory they take.
    pub usage: u64,
    /// Their fees.
    pub total_fee: Amount,
    /// The most of [`Self::usage`].
    #[serde(rename = "maxmempool")]
    pub max_mempool: u64,
    /// The least fee for a thousand virtual bytes now.
    #[serde(rename = "mempoolminfee")]
    pub min_fee: Amount,
    /// The least ever.
    #[serde(rename = "minrelaytxfee")]
    pub min_relay_fee: Amount,
    /// What a replacement pays more.
    #[serde(rename = "incrementalrelayfee", default)]
    pub incremental_relay_fee: Amount,
    /// How many no other node has asked for yet.
    #[serde(rename = "unbroadcastcount", default)]
    pub unbroadcast_count: u64,
    /// Whether replacements need no signal.
    #[serde(rename = "fullrbf", default)]
    pub full_rbf: bool,
    /// Whether scripts of several bare keys are relayed.
    #[serde(rename = "permitbaremultisig", default)]
    pub permit_bare_multisig: bool,
    /// The most bytes of data outputs.
    #[serde(rename = "maxdatacarriersize", default)]
    pub max_data_carrier_size: u64,
    /// The most transactions that hang together.
    #[serde(rename = "limitclustercount", default)]
    pub limit_cluster_count: u64,
    /// The most virtual bytes that hang together.
    #[serde(rename = "limitclustersize", default)]
    pub limit_cluster_size: u64,
    /// Whether the order is known to be the best.
    #[serde(default)]
    pub optimal: bool,
}

/// `getmempoolentry`, and what `getrawmempool` has of each with details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MempoolEntry {
    /// Virtual bytes.
    pub vsize: u64,
    /// Weight units.
    pub weight: u64,
    /// When it came, in seconds.
    pub time: u64,
    /// The height of the tip when it came.
    pub height: u64,
    /// Those that wait and spend of it, itself included.
    #[serde(rename = "descendantcount")]
    pub descendant_count: u64,
    /// Their virtual bytes.
    #[serde(rename = "descendantsize")]
    pub descendant_size: u64,
    /// Those that wait and that it spends of, itself included.
    #[serde(rename = "ancestorcount")]
    pub ancestor_count: u64,
    /// Their virtual bytes.
    #[serde(rename = "ancestorsize")]
    pub ancestor_size: u64,
    /// Weight of what would be mined together with it.
    #[serde(rename = "chunkweight", default)]
    pub chunk_weight: u64,
    /// The id with witness.
    #[serde(with = "text")]
    pub wtxid: Wtxid,
    /// What it pays.
    pub fees: EntryFees,
    /// Those that wait and that it spends of directly.
    #[serde(with = "text::list")]
    pub depends: Vec<Txid>,
    /// Those that wait and spend of it directly.
    #[serde(rename = "spentby", with = "text::list")]
    pub spent_by: Vec<Txid>,
    /// Whether it signals that it may be replaced (BIP125).
    #[serde(rename = "bip125-replaceable", default)]
    pub replaceable: bool,
    /// Whether no other node has asked for it yet.
    #[serde(default)]
    pub unbroadcast: bool,
}

/// What a waiting transaction pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryFees {
    /// It alone.
    pub base: Amount,
    /// It alone, as the miner weighs it.
    pub modified: Amount,
    /// With those it spends of.
    pub ancestor: Amount,
    /// With those that spend of it.
    pub descendant: Amount,
    /// With what would be mined together with it.
    #[serde(default)]
    pub chunk: Amount,
}

/// `estimatesmartfee`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeEstimate {
    /// The fee for a thousand virtual bytes.
    #[serde(rename = "feerate", default, skip_serializing_if = "Option::is_none")]
    pub fee_rate: Option<Amount>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<Vec<String>>,
    /// Within how many blocks.
    pub blocks: u64,
}
