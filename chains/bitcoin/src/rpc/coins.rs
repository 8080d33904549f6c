//! Unspent outputs.

use std::collections::BTreeMap;

use causeway_client_bitcoin::Txid;
use causeway_wire_bitcoin::rpc::{CoinInfo, ScanResult, ScannedCoin};
use causeway_wire_bitcoin::{Amount, descriptor_of, descriptor_scripts};
use serde_json::Value;

use super::methods::{View, null};
use super::params::Params;
use super::values::{self, ADDRESSES};
use super::{Reply, RpcError, reply};
use crate::ledger::Coin;

/// Descriptors of one scan.
const MAX_SCANNED: usize = 1_000;

pub(super) fn get(view: &View<'_>, params: &Params<'_>) -> Result<Reply, RpcError> {
    let txid: Txid = params.hash(0)?;
    let Ok(index) = u32::try_from(params.integer(1)?) else { return Ok(null()) };
    let (miner, key) = (view.miner, (txid, index));
    let confirmed = miner.ledger().coins().get(&key);
    let info = |coin: &Coin, confirmations| CoinInfo {
        best_block: miner.tip_hash(),
        confirmations,
        value: Amount(coin.value),
        script: values::script_of(coin),
        coinbase: coin.is_coinbase,
    };
    let found = if params.flag_or(2, true)? {
        let waiting = miner.mempool().created(&key).map(|coin| info(coin, 0));
        waiting
            .or_else(|| confirmed.map(|coin| info(coin, values::depth(miner, coin.height))))
            .filter(|_| !miner.mempool().spends(&key))
    } else {
        confirmed.map(|coin| info(coin, values::depth(miner, coin.height)))
    };
    reply(&found)
}

/// A scan is over before the answer, so that there is never one under way.
pub(super) fn scan(view: &View<'_>, params: &Params<'_>) -> Result<Reply, RpcError> {
    match params.string(0)? {
        "status" => Ok(null()),
        "abort" => reply(&false),
        "start" => {
            if params.get(1).is_none() {
                let reason = "scanobjects argument is required for the start action";
                return Err(RpcError::new(RpcError::MISUSE, reason));
            }
            start(view, params.array(1)?)
        }
        other => Err(RpcError::parameter(format!("Invalid action '{other}'"))),
    }
}

fn start(view: &View<'_>, objects: &[Value]) -> Result<Reply, RpcError> {
    if objects.len() > MAX_SCANNED {
        let reason = format!("{} descriptors, at most {MAX_SCANNED}", objects.len());
        return Err(RpcError::parameter(reason));
    }
    // Of two descriptors with the same script the later one names it.
    let mut wanted = BTreeMap::new();
    for object in objects {
        for script in descriptor_scripts(descriptor(object)?, ADDRESSES)
            .map_err(|error| RpcError::not_found(error.reason().to_owned()))?
        {
            let named = descriptor_of(&script, ADDRESSES);
            wanted.insert(script, named);
        }
    }
    let miner = view.miner;
    let coins = miner.ledger().coins();
    let found = |((txid, vout), coin): (&(Txid, u32), &Coin)| {
        let script = coin.script();
        Some(ScannedCoin {
            txid: *txid,
            vout: *vout,
            descriptor: wanted.get(&script)?.clone(),
            script,
            amount: Amount(coin.value),
            coinbase: coin.is_coinbase,
            height: coin.height,
            block_hash: miner.hash_at(coin.height),
            confirmations: Some(values::depth(miner, coin.height)),
        })
    };
    let unspents: Vec<_> = coins.iter().filter_map(found).collect();
    reply(&ScanResult {
        success: true,
        txouts: values::number(coins.len()),
        height: miner.height(),
        best_block: miner.tip_hash(),
        total_amount: Amount(unspents.iter().map(|coin| coin.amount.0).sum()),
        unspents,
    })
}

/// A descriptor, or an object with one: a range in it is passed over, since no descriptor that is
/// read here stands for a row of scripts.
fn descriptor(object: &Value) -> Result<&str, RpcError> {
    match object {
        Value::String(text) => Ok(text),
        Value::Object(fields) => fields
            .get("desc")
            .and_then(Value::as_str)
            .ok_or_else(|| RpcError::parameter("Descriptor needs to be provided in scan object")),
        _ => Err(RpcError::parameter("Scan object needs to be either a string or an object")),
    }
}
