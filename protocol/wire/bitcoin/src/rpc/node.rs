//! The node and its chain.

use causeway_client_bitcoin::{BlockHash, CompactTarget, Target, Work};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::text;
use crate::Amount;

/// `getblockchaininfo`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockchainInfo {
    /// `main`, `test`, `testnet4`, `signet` or `regtest`.
    pub chain: String,
    /// Height of the tip.
    pub blocks: u64,
    /// Height of the best header.
    pub headers: u64,
    /// The tip.
    #[serde(rename = "bestblockhash", with = "text")]
    pub best_block: BlockHash,
    /// Its target in compact form; nodes before version 29 leave it out.
    #[serde(default, with = "text::option", skip_serializing_if = "Option::is_none")]
    pub bits: Option<CompactTarget>,
    /// Its target.
    #[serde(default, with = "text::option", skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// How many times harder than the easiest target of mainnet.
    pub difficulty: f64,
    /// Its time, in seconds.
    pub time: u64,
    /// The median of the last eleven times.
    #[serde(rename = "mediantime")]
    pub median_time: u64,
    /// How much of the chain is verified, up to 1.
    #[serde(rename = "verificationprogress")]
    pub verification_progress: f64,
    /// Whether the node is still catching up.
    #[serde(rename = "initialblockdownload")]
    pub initial_block_download: bool,
    /// The work up to the tip.
    #[serde(rename = "chainwork", with = "text")]
    pub chain_work: Work,
    /// Bytes of blocks.
    pub size_on_disk: u64,
    /// Whether old blocks are given up.
    pub pruned: bool,
    /// Lines for the operator; one text before version 28.
    pub warnings: Value,
}

/// `getnetworkinfo`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkInfo {
    /// The node's version, 310000 for 31.0.
    pub version: u64,
    /// Its name for itself.
    pub subversion: String,
    /// The version of the protocol among nodes.
    #[serde(rename = "protocolversion")]
    pub protocol_version: u64,
    /// What it offers to others, in hexadecimal digits.
    #[serde(rename = "localservices")]
    pub local_services: String,
    /// The same in words.
    #[serde(rename = "localservicesnames")]
    pub local_services_names: Vec<String>,
    /// Whether it asks others for transactions.
    #[serde(rename = "localrelay")]
    pub local_relay: bool,
    /// By how many seconds the others' clocks differ.
    #[serde(rename = "timeoffset")]
    pub time_offset: i64,
    /// Peers.
    pub connections: u64,
    /// Those that called.
    pub connections_in: u64,
    /// Those that were called.
    pub connections_out: u64,
    /// Whether it speaks to others at all.
    #[serde(rename = "networkactive")]
    pub network_active: bool,
    /// By which networks.
    pub networks: Vec<Value>,
    /// The least fee for a thousand virtual bytes.
    #[serde(rename = "relayfee")]
    pub relay_fee: Amount,
    /// What a replacement pays more.
    #[serde(rename = "incrementalfee")]
    pub incremental_fee: Amount,
    /// Its own addresses.
    #[serde(rename = "localaddresses")]
    pub local_addresses: Vec<Value>,
    /// Lines for the operator.
    pub warnings: Value,
}

/// `validateaddress`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressInfo {
    /// Whether it is an address of this network.
    #[serde(rename = "isvalid")]
    pub is_valid: bool,
    /// The address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The script that pays it.
    #[serde(rename = "scriptPubKey", default, skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
    /// Whether it is a script's.
    #[serde(rename = "isscript", default, skip_serializing_if = "Option::is_none")]
    pub is_script: Option<bool>,
    /// Whether it is a witness program.
    #[serde(rename = "iswitness", default, skip_serializing_if = "Option::is_none")]
    pub is_witness: Option<bool>,
    /// The program's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness_version: Option<u8>,
    /// The program, in hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness_program: Option<String>,
    /// Why it is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Where in the text the mistakes are, as far as that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_locations: Option<Vec<u64>>,
}

/// `getdescriptorinfo`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescriptorInfo {
    /// The descriptor with its checksum.
    pub descriptor: String,
    /// The checksum.
    pub checksum: String,
    /// Whether it stands for a row of scripts.
    #[serde(rename = "isrange")]
    pub is_range: bool,
    /// Whether it says how to spend.
    #[serde(rename = "issolvable")]
    pub is_solvable: bool,
    /// Whether it has private keys.
    #[serde(rename = "hasprivatekeys")]
    pub has_private_keys: bool,
}
