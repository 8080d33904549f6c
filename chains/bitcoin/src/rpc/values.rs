//! Blocks and headers in the words of Bitcoin Core.

use causeway_client_bitcoin::{Anchor, BlockHash, CompactTarget};
use causeway_wire_bitcoin::{Block, OwnedTransaction};
use serde_json::{Value, json};

use crate::Miner;

/// An amount: a number of coins with eight decimals.
pub(super) fn coins(units: u64) -> Value {
    const UNITS: u64 = 100_000_000;
    let whole = units.checked_div(UNITS).unwrap_or_default();
    let rest = units.checked_rem(UNITS).unwrap_or_default();
    serde_json::from_str(&format!("{whole}.{rest:08}")).unwrap_or_default()
}

/// How many times harder than the easiest target of mainnet (Bitcoin Core `GetDifficulty`).
pub(super) fn difficulty(bits: CompactTarget) -> f64 {
    let exponent = i32::try_from(bits.0 >> 24).unwrap_or_default();
    let scale = 256_f64.powi(29_i32.saturating_sub(exponent));
    f64::from(0xffff_u32) / f64::from(bits.0 & 0x007f_ffff) * scale
}

pub(super) fn target(bits: CompactTarget) -> String {
    bits.expand().target.to_string()
}

/// A header, with its place on the chain that `miner` follows.
pub(super) fn header(miner: &Miner, hash: BlockHash, anchor: &Anchor, block: &Block) -> Value {
    let header = &anchor.header;
    let is_active = miner.hash_at(anchor.height) == Some(hash);
    let depth = miner.height().saturating_sub(anchor.height).saturating_add(1);
    let confirmations = if is_active { i64::try_from(depth).unwrap_or(i64::MAX) } else { -1 };
    let mut value = json!({
        "hash": hash.to_string(),
        "confirmations": confirmations,
        "height": anchor.height,
        "version": header.version,
        "versionHex": format!("{:08x}", header.version),
        "merkleroot": header.merkle_root.to_string(),
        "time": header.time,
        "mediantime": anchor.last_times.median(),
        "nonce": header.nonce,
        "bits": header.bits.to_string(),
        "target": target(header.bits),
        "difficulty": difficulty(header.bits),
        "chainwork": anchor.chainwork.to_string(),
        "nTx": block.transactions.len(),
    });
    let next = miner.hash_at(anchor.height.saturating_add(1)).filter(|_| is_active);
    if let Some(fields) = value.as_object_mut() {
        if anchor.height > 0 {
            fields.insert("previousblockhash".into(), header.prev.to_string().into());
        }
        if let Some(next) = next {
            fields.insert("nextblockhash".into(), next.to_string().into());
        }
    }
    value
}

/// A block with the ids of its transactions.
pub(super) fn block(miner: &Miner, hash: BlockHash, anchor: &Anchor, block: &Block) -> Value {
    let mut value = header(miner, hash, anchor, block);
    let size = block.to_bytes().len();
    // Weight is three times the stripped size and once the size.
    let stripped = block.weight().saturating_sub(size).checked_div(3).unwrap_or_default();
    let ids: Vec<_> = block.transactions.iter().map(|tx| tx.txid().to_string()).collect();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("size".into(), size.into());
        fields.insert("strippedsize".into(), stripped.into());
        fields.insert("weight".into(), block.weight().into());
        fields.insert("coinbase_tx".into(), coinbase(block.transactions.first()));
        fields.insert("tx".into(), ids.into());
    }
    value
}

fn coinbase(transaction: Option<&OwnedTransaction>) -> Value {
    let Some(transaction) = transaction else { return Value::Null };
    let input = transaction.inputs.first();
    let witness = input.and_then(|input| input.witness.first());
    json!({
        "version": transaction.version,
        "locktime": transaction.lock_time,
        "sequence": input.map(|input| input.sequence),
        "coinbase": input.map(|input| hex::encode(&input.script)),
        "witness": witness.map(hex::encode),
    })
}
