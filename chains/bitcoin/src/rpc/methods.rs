//! The methods, one function each.

use std::sync::Arc;

use causeway_client_bitcoin::{Anchor, BlockHash, Txid};
use causeway_core::Timestamp;
use causeway_wire_bitcoin::{Block, MAX_BLOCK_WEIGHT, OwnedTransaction};
use serde_json::{Value, json};

use super::{RpcError, values};
use crate::{
    MAX_MEMPOOL_WEIGHT, MIN_RELAY_FEE_PER_KVB, MempoolError, Miner, Miners, SubmitError,
    TransactionError,
};

/// All methods, with the names of their parameters.
pub(super) const METHODS: [(&str, &[&str]); 14] = [
    ("getblockchaininfo", &[]),
    ("getbestblockhash", &[]),
    ("getblockcount", &[]),
    ("getblockhash", &["height"]),
    ("getblockheader", &["blockhash", "verbose"]),
    ("getblock", &["blockhash", "verbosity"]),
    ("getrawtransaction", &["txid", "verbosity", "blockhash"]),
    ("gettxout", &["txid", "n", "include_mempool"]),
    ("sendrawtransaction", &["hexstring"]),
    ("testmempoolaccept", &["rawtxs"]),
    ("getrawmempool", &["verbose"]),
    ("getmempoolinfo", &[]),
    ("getnetworkinfo", &[]),
    ("submitblock", &["hexdata"]),
];

/// Transactions in one `testmempoolaccept` (Bitcoin Core `MAX_PACKAGE_COUNT`).
const MAX_TESTED: usize = 25;

pub(super) fn run(
    miners: &mut Miners,
    method: &str,
    params: &[Value],
    now: Timestamp,
) -> Result<Value, RpcError> {
    match method {
        "sendrawtransaction" => return send(miners, &bytes(params, 0)?, now),
        "submitblock" => return submit_block(miners, &bytes(params, 0)?, now),
        _ => (),
    }
    let count = miners.miners().count();
    let miner = miners.serving().ok_or_else(nobody)?;
    match method {
        "getblockchaininfo" => Ok(blockchain_info(miner)),
        "getbestblockhash" => Ok(miner.tip_hash().to_string().into()),
        "getblockcount" => Ok(miner.height().into()),
        "getblockhash" => block_hash(miner, params),
        "getblockheader" => block_header(miner, params),
        "getblock" => block(miner, params),
        "getrawtransaction" => raw_transaction(miner, params),
        "gettxout" => txout(miner, params),
        "testmempoolaccept" => test_accept(miner, params),
        "getrawmempool" => raw_mempool(miner, params),
        "getmempoolinfo" => Ok(mempool_info(miner)),
        _ => Ok(network_info(count)),
    }
}

/// There is always a participant, so that this is never said.
fn nobody() -> RpcError {
    RpcError::new(RpcError::MISUSE, "no participant serves")
}

fn string(params: &[Value], at: usize) -> Result<&str, RpcError> {
    match params.get(at) {
        Some(Value::String(text)) => Ok(text),
        None | Some(Value::Null) => {
            Err(RpcError::new(RpcError::MISUSE, format!("parameter {at} is missing")))
        }
        Some(_) => Err(RpcError::new(RpcError::TYPE, "JSON value is not of expected type string")),
    }
}

fn bytes(params: &[Value], at: usize) -> Result<Vec<u8>, RpcError> {
    let decoded = hex::decode(string(params, at)?);
    decoded.map_err(|error| RpcError::new(RpcError::DECODE, format!("decode failed: {error}")))
}

/// A level of detail; true and false stand for 1 and 0.
fn level(params: &[Value], at: usize, default: u64) -> Result<u64, RpcError> {
    match params.get(at) {
        None | Some(Value::Null) => Ok(default),
        Some(Value::Bool(flag)) => Ok(u64::from(*flag)),
        Some(value) => value.as_u64().ok_or_else(|| {
            RpcError::new(RpcError::TYPE, "JSON value is not of expected type number")
        }),
    }
}

/// The level of detail, at most `most`: a higher one is not answered with less.
fn level_up_to(params: &[Value], at: usize, default: u64, most: u64) -> Result<u64, RpcError> {
    let got = level(params, at, default)?;
    if got > most {
        let reason = format!("verbosity {got} is not served, at most {most}");
        return Err(RpcError::new(RpcError::PARAMETER, reason));
    }
    Ok(got)
}

fn parse_hash<T: core::str::FromStr>(params: &[Value], at: usize) -> Result<T, RpcError> {
    let text = string(params, at)?;
    text.parse().map_err(|_| {
        let reason = format!(
            "hash must be of length 64 hexadecimal digits (not {}, for '{text}')",
            text.len()
        );
        RpcError::new(RpcError::PARAMETER, reason)
    })
}

fn found(miner: &Miner, hash: BlockHash) -> Result<(&Anchor, &Block), RpcError> {
    miner.block(&hash).ok_or_else(|| RpcError::new(RpcError::NOT_FOUND, "Block not found"))
}

fn block_hash(miner: &Miner, params: &[Value]) -> Result<Value, RpcError> {
    let Some(height) = params.first().filter(|height| height.is_i64()) else {
        return Err(RpcError::new(RpcError::TYPE, "JSON value is not of expected type number"));
    };
    let hash = height.as_u64().and_then(|height| miner.hash_at(height));
    let missing = || RpcError::new(RpcError::PARAMETER, "Block height out of range");
    hash.map(|hash| hash.to_string().into()).ok_or_else(missing)
}

fn block_header(miner: &Miner, params: &[Value]) -> Result<Value, RpcError> {
    let hash = parse_hash(params, 0)?;
    let (anchor, block) = found(miner, hash)?;
    match level_up_to(params, 1, 1, 1)? {
        0 => Ok(hex::encode(anchor.header.to_bytes()).into()),
        _ => Ok(values::header(miner, hash, anchor, block)),
    }
}

fn block(miner: &Miner, params: &[Value]) -> Result<Value, RpcError> {
    let hash = parse_hash(params, 0)?;
    let (anchor, block) = found(miner, hash)?;
    match level_up_to(params, 1, 1, 1)? {
        0 => Ok(hex::encode(block.to_bytes()).into()),
        _ => Ok(values::block(miner, hash, anchor, block)),
    }
}

fn raw_transaction(miner: &Miner, params: &[Value]) -> Result<Value, RpcError> {
    let txid: Txid = parse_hash(params, 0)?;
    level_up_to(params, 1, 0, 0)?;
    let transaction = match params.get(2) {
        None | Some(Value::Null) => miner.mempool().get(&txid),
        Some(_) => {
            let hash = parse_hash(params, 2)?;
            let block = miner
                .block(&hash)
                .map(|(_, block)| block)
                .ok_or_else(|| RpcError::new(RpcError::NOT_FOUND, "Block hash not found"))?;
            block.transactions.iter().find(|transaction| transaction.txid() == txid)
        }
    };
    transaction.map(|transaction| hex::encode(transaction.to_bytes()).into()).ok_or_else(|| {
        let reason = "No such mempool transaction. Provide a block hash to ask for one of a block.";
        RpcError::new(RpcError::NOT_FOUND, reason)
    })
}

/// Confirmed outputs alone: what waits is not searched.
fn txout(miner: &Miner, params: &[Value]) -> Result<Value, RpcError> {
    let txid: Txid = parse_hash(params, 0)?;
    let index = u32::try_from(level(params, 1, 0)?).unwrap_or(u32::MAX);
    let is_spent = level(params, 2, 1)? == 1 && miner.mempool().spends(&(txid, index));
    let coin = miner.ledger().coins().get(&(txid, index)).filter(|_| !is_spent);
    Ok(coin.map_or(Value::Null, |coin| {
        let depth = miner.height().saturating_sub(coin.height).saturating_add(1);
        json!({
            "bestblock": miner.tip_hash().to_string(),
            "confirmations": depth,
            "value": values::coins(coin.value),
            "scriptPubKey": {
                "hex": hex::encode(coin.account.script()),
                "asm": format!("0 {}", hex::encode(coin.account.0)),
                "type": "witness_v0_keyhash",
            },
            "coinbase": coin.is_coinbase,
        })
    }))
}

fn send(miners: &mut Miners, bytes: &[u8], now: Timestamp) -> Result<Value, RpcError> {
    let serving = miners.serving_id();
    let outcome = miners.submit(serving, bytes, now);
    let error = match outcome {
        Some(Ok(txid)) => return Ok(txid.to_string().into()),
        Some(Err(error)) => error,
        None => return Err(nobody()),
    };
    let txid = OwnedTransaction::from_bytes(bytes).map(|transaction| transaction.txid()).ok();
    let coins = miners.serving().ok_or_else(nobody)?.ledger().coins();
    let is_in_chain =
        txid.is_some_and(|txid| coins.range((txid, 0)..=(txid, u32::MAX)).next().is_some());
    match (error, txid) {
        (SubmitError::Decode(_), _) => {
            let reason = "TX decode failed. Make sure the tx has at least one input.";
            Err(RpcError::new(RpcError::DECODE, reason))
        }
        (SubmitError::Mempool(MempoolError::AlreadyIn), Some(txid)) => Ok(txid.to_string().into()),
        _ if is_in_chain => {
            Err(RpcError::new(RpcError::IN_CHAIN, "Transaction outputs already in utxo set"))
        }
        (error, _) => {
            let is_missing = MempoolError::Transaction(TransactionError::MissingOrSpent);
            let code = match &error {
                SubmitError::Mempool(reason) if *reason == is_missing => RpcError::VERIFY,
                _ => RpcError::REJECTED,
            };
            Err(RpcError::new(code, error.to_string()))
        }
    }
}

fn test_accept(miner: &Miner, params: &[Value]) -> Result<Value, RpcError> {
    let texts = params
        .first()
        .and_then(Value::as_array)
        .ok_or_else(|| RpcError::new(RpcError::TYPE, "JSON value is not of expected type array"))?;
    if texts.is_empty() || texts.len() > MAX_TESTED {
        let reason = format!("Array must contain between 1 and {MAX_TESTED} transactions.");
        return Err(RpcError::new(RpcError::PARAMETER, reason));
    }
    let mut mempool = miner.mempool().clone();
    let mut verdicts = Vec::new();
    for at in 0..texts.len() {
        let transaction = OwnedTransaction::from_bytes(&bytes(texts, at)?).map_err(|_| {
            RpcError::new(
                RpcError::DECODE,
                "TX decode failed. Make sure the tx has at least one input.",
            )
        })?;
        let (txid, wtxid) = (transaction.txid(), transaction.wtxid());
        let outcome = mempool.accept(Arc::new(transaction), miner.ledger(), miner.next_context());
        let mut verdict = json!({
            "txid": txid.to_string(),
            "wtxid": wtxid.to_string(),
            "allowed": outcome.is_ok(),
        });
        if let (Err(reason), Some(fields)) = (outcome, verdict.as_object_mut()) {
            fields.insert("reject-reason".into(), reason.to_string().into());
        }
        verdicts.push(verdict);
    }
    Ok(verdicts.into())
}

fn raw_mempool(miner: &Miner, params: &[Value]) -> Result<Value, RpcError> {
    level_up_to(params, 0, 0, 0)?;
    let ids: Vec<_> = miner.mempool().ids().map(ToString::to_string).collect();
    Ok(ids.into())
}

fn mempool_info(miner: &Miner) -> Value {
    let mempool = miner.mempool();
    let least = values::coins(MIN_RELAY_FEE_PER_KVB);
    json!({
        "loaded": true,
        "size": mempool.len(),
        "bytes": mempool.weight().div_ceil(4),
        "total_fee": values::coins(mempool.fees()),
        "maxmempool": MAX_MEMPOOL_WEIGHT.div_ceil(4),
        "mempoolminfee": least,
        "minrelaytxfee": least,
        "maxdatacarriersize": MAX_BLOCK_WEIGHT.div_ceil(4),
    })
}

fn blockchain_info(miner: &Miner) -> Value {
    let tip = miner.tip();
    json!({
        "chain": "regtest",
        "blocks": miner.height(),
        "headers": miner.height(),
        "bestblockhash": miner.tip_hash().to_string(),
        "bits": tip.header.bits.to_string(),
        "target": values::target(tip.header.bits),
        "difficulty": values::difficulty(tip.header.bits),
        "time": tip.header.time,
        "mediantime": tip.last_times.median(),
        "verificationprogress": 1,
        "initialblockdownload": false,
        "chainwork": tip.chainwork.to_string(),
        "size_on_disk": 0,
        "pruned": false,
        "warnings": [],
    })
}

fn network_info(participants: usize) -> Value {
    let peers = participants.saturating_sub(1);
    let least = values::coins(MIN_RELAY_FEE_PER_KVB);
    json!({
        "version": 310_000,
        "subversion": "/Satoshi:31.0.0/",
        "protocolversion": 70016,
        "localservices": "0000000000000009",
        "localservicesnames": ["NETWORK", "WITNESS"],
        "localrelay": true,
        "timeoffset": 0,
        "connections": peers,
        "connections_in": 0,
        "connections_out": peers,
        "networkactive": true,
        "networks": [],
        "relayfee": least,
        "incrementalfee": least,
        "localaddresses": [],
        "warnings": [],
    })
}

fn submit_block(miners: &mut Miners, bytes: &[u8], now: Timestamp) -> Result<Value, RpcError> {
    let block = Block::from_bytes(bytes)
        .map_err(|_| RpcError::new(RpcError::DECODE, "Block decode failed"))?;
    Ok(miners.submit_block(block, now).map_or(Value::Null, Value::from))
}
