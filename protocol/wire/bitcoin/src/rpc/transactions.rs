//! Transactions in words.

use causeway_client_bitcoin::{BlockHash, Txid, Wtxid};
use serde::{Deserialize, Serialize};

use super::text;
use crate::asm::{script_asm, script_type};
use crate::{
    Address, AddressNetwork, Amount, OwnedInput, OwnedOutput, OwnedTransaction, descriptor_of,
};

/// `getrawtransaction` with details, a transaction of `getblock` 2 and 3, and
/// `decoderawtransaction`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionInfo {
    /// Whether the block that was asked for is on the followed chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_active_chain: Option<bool>,
    /// The id.
    #[serde(with = "text")]
    pub txid: Txid,
    /// The id with witness.
    #[serde(with = "text")]
    pub hash: Wtxid,
    /// The version.
    pub version: i32,
    /// Bytes.
    pub size: u64,
    /// A quarter of the weight, rounded up.
    pub vsize: u64,
    /// Weight units.
    pub weight: u64,
    /// The lock time.
    pub locktime: u32,
    /// What it spends.
    pub vin: Vec<InputInfo>,
    /// What it pays.
    pub vout: Vec<OutputInfo>,
    /// What it pays the miner, where what it spends is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<Amount>,
    /// The bytes; absent where the caller gave them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hex: Option<String>,
    /// Its block.
    #[serde(
        rename = "blockhash",
        default,
        with = "text::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub block_hash: Option<BlockHash>,
    /// Blocks from its own to the tip, both included; 0 on a branch that is not followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmations: Option<u64>,
    /// Its block's time, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<u64>,
    /// The same.
    #[serde(rename = "blocktime", default, skip_serializing_if = "Option::is_none")]
    pub block_time: Option<u64>,
}

/// What a transaction spends: an output, or nothing in a coinbase.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputInfo {
    /// A coinbase's input script; then there is no output that is spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coinbase: Option<String>,
    /// The transaction of the output.
    #[serde(default, with = "text::option", skip_serializing_if = "Option::is_none")]
    pub txid: Option<Txid>,
    /// The output's place in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vout: Option<u32>,
    /// The input script.
    #[serde(rename = "scriptSig", default, skip_serializing_if = "Option::is_none")]
    pub script: Option<InputScript>,
    /// The witness items, in hexadecimal digits.
    #[serde(rename = "txinwitness", default, skip_serializing_if = "Vec::is_empty")]
    pub witness: Vec<String>,
    /// The output, where it was asked for and is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prevout: Option<PrevoutInfo>,
    /// The sequence number.
    pub sequence: u32,
}

/// An input script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputScript {
    /// In words.
    pub asm: String,
    /// In hexadecimal digits.
    pub hex: String,
}

/// An output that is spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrevoutInfo {
    /// Whether a coinbase made it.
    pub generated: bool,
    /// Height of its block.
    pub height: u64,
    /// The amount.
    pub value: Amount,
    /// The script.
    #[serde(rename = "scriptPubKey")]
    pub script: ScriptInfo,
}

/// What a transaction pays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputInfo {
    /// The amount.
    pub value: Amount,
    /// Its place.
    pub n: u32,
    /// The script.
    #[serde(rename = "scriptPubKey")]
    pub script: ScriptInfo,
}

/// An output script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptInfo {
    /// In words.
    pub asm: String,
    /// As a descriptor.
    #[serde(rename = "desc", default, skip_serializing_if = "Option::is_none")]
    pub descriptor: Option<String>,
    /// In hexadecimal digits.
    pub hex: String,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
}

impl ScriptInfo {
    /// An output script on a network.
    pub fn new(script: &[u8], network: AddressNetwork) -> Self {
        Self {
            asm: script_asm(script),
            descriptor: Some(descriptor_of(script, network)),
            hex: hex::encode(script),
            address: Address::of_script(script, network).map(|address| address.to_string()),
            kind: script_type(script).into(),
        }
    }
}

impl InputInfo {
    fn new(input: &OwnedInput, is_coinbase: bool) -> Self {
        let script = hex::encode(&input.script);
        let witness = input.witness.iter().map(hex::encode).collect();
        if is_coinbase {
            let coinbase = Some(script);
            return Self { coinbase, witness, sequence: input.sequence, ..Self::default() };
        }
        Self {
            txid: Some(input.outpoint.txid),
            vout: Some(input.outpoint.index),
            script: Some(InputScript { asm: script_asm(&input.script), hex: script }),
            witness,
            sequence: input.sequence,
            ..Self::default()
        }
    }
}

impl OutputInfo {
    fn new(output: &OwnedOutput, n: u32, network: AddressNetwork) -> Self {
        let script = ScriptInfo::new(&output.script, network);
        Self { value: Amount(output.value), n, script }
    }
}

impl TransactionInfo {
    /// A transaction by itself: nothing of its block, fee and spent outputs.
    pub fn new(transaction: &OwnedTransaction, network: AddressNetwork) -> Self {
        let bytes = transaction.to_bytes();
        let count = |size: usize| u64::try_from(size).unwrap_or(u64::MAX);
        let weight = count(transaction.weight());
        let is_coinbase = transaction.is_coinbase();
        let inputs = transaction.inputs.iter();
        let outputs = (0..).zip(&transaction.outputs);
        Self {
            in_active_chain: None,
            txid: transaction.txid(),
            hash: transaction.wtxid(),
            version: transaction.version,
            size: count(bytes.len()),
            vsize: weight.div_ceil(4),
            weight,
            locktime: transaction.lock_time,
            vin: inputs.map(|input| InputInfo::new(input, is_coinbase)).collect(),
            vout: outputs.map(|(n, output)| OutputInfo::new(output, n, network)).collect(),
            fee: None,
            hex: Some(hex::encode(bytes)),
            block_hash: None,
            confirmations: None,
            time: None,
            block_time: None,
        }
    }
}
