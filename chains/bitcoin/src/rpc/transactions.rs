//! Transactions: looked up, decoded, tried and sent.

use std::sync::Arc;

use causeway_client_bitcoin::{BlockHash, Txid};
use causeway_core::Timestamp;
use causeway_wire_bitcoin::rpc::{AcceptedFees, TransactionInfo, Verdict};
use causeway_wire_bitcoin::{Amount, COIN, OwnedTransaction, Script};
use serde_json::Value;

use super::methods::{View, nobody};
use super::params::{Params, wrong_type};
use super::values::{self, ADDRESSES, Spent};
use super::{Reply, RpcError, reply};
use crate::{MempoolError, Miner, Miners, SubmitError, TransactionError};

/// What is said of bytes that are no transaction.
const DECODE_FAILED: &str = "TX decode failed. Make sure the tx has at least one input.";
/// Transactions in one `testmempoolaccept` (Bitcoin Core `MAX_PACKAGE_COUNT`).
const MAX_TESTED: usize = 25;
/// The most that a thousand virtual bytes may cost unless the caller says otherwise: a tenth of a
/// coin (Bitcoin Core `DEFAULT_MAX_RAW_TX_FEE_RATE`).
const DEFAULT_MAX_FEE_RATE: Amount = Amount(10_000_000);
/// A caller's limit on fees ends here (Bitcoin Core `ParseFeeRate`).
const HIGHEST_FEE_RATE: Amount = Amount(COIN);

fn decode_transaction(bytes: &[u8]) -> Result<OwnedTransaction, RpcError> {
    OwnedTransaction::from_bytes(bytes).map_err(|_| RpcError::new(RpcError::DECODE, DECODE_FAILED))
}

/// The followed chain's block of a transaction.
pub(super) fn confirmed(view: &View<'_>, txid: Txid) -> Option<BlockHash> {
    view.miners.transaction_index().blocks_of(txid).find(|hash| is_active(view.miner, hash))
}

fn is_active(miner: &Miner, hash: &BlockHash) -> bool {
    let height = miner.header(hash).map(|anchor| anchor.height);
    height.is_some_and(|height| miner.hash_at(height) == Some(*hash))
}

pub(super) fn get(view: &View<'_>, params: &Params<'_>) -> Result<Reply, RpcError> {
    let txid: Txid = params.hash(0)?;
    let level = params.level(1, 0, 2)?;
    let in_block = match params.get(2) {
        Some(_) => {
            let hash: BlockHash = params.hash(2)?;
            view.miner
                .block(&hash)
                .map(|_| Some(hash))
                .ok_or_else(|| RpcError::not_found("Block hash not found"))?
        }
        None => None,
    };
    let waiting = view.miner.mempool().get(&txid).filter(|_| in_block.is_none());
    let block = in_block.or_else(|| confirmed(view, txid).filter(|_| waiting.is_none()));
    let found = match block {
        Some(hash) => {
            let block = view.miner.block(&hash).map(|(_, block)| block);
            block.and_then(|block| block.transactions.iter().find(|own| own.txid() == txid))
        }
        None => waiting,
    };
    let transaction = found.ok_or_else(|| missing(params))?;
    if level == 0 {
        return reply(&hex::encode(transaction.to_bytes()));
    }
    let mut info = describe(view.miner, transaction, block, level);
    info.in_active_chain = in_block.map(|hash| is_active(view.miner, &hash));
    reply(&info)
}

fn missing(params: &Params<'_>) -> RpcError {
    let reason = match params.get(2) {
        Some(_) => "No such transaction found in the provided block",
        None => "No such mempool or blockchain transaction",
    };
    RpcError::not_found(format!("{reason}. Use gettransaction for wallet transactions."))
}

fn describe(
    miner: &Miner,
    transaction: &OwnedTransaction,
    block: Option<BlockHash>,
    level: i64,
) -> TransactionInfo {
    if level == 1 && block.is_none() {
        return TransactionInfo::new(transaction, ADDRESSES);
    }
    let Some(hash) = block else {
        let spent = miner.mempool().spent_coins(transaction, miner.ledger());
        return values::transaction(transaction, &spent, true);
    };
    let mut info = if level == 1 {
        TransactionInfo::new(transaction, ADDRESSES)
    } else {
        values::transaction(transaction, &miner.spent_by(&hash), true)
    };
    info.block_hash = Some(hash);
    if let Some(anchor) = miner.header(&hash) {
        let depth = values::depth(miner, anchor.height);
        let time = u64::from(anchor.header.time);
        let is_active = is_active(miner, &hash);
        info.confirmations = Some(if is_active { depth } else { 0 });
        (info.time, info.block_time) = (Some(time), Some(time));
    }
    info
}

pub(super) fn decode(_: &View<'_>, params: &Params<'_>) -> Result<Reply, RpcError> {
    let transaction = decode_transaction(&params.bytes(0, DECODE_FAILED)?)?;
    // Whoever asks has the bytes.
    reply(&TransactionInfo { hex: None, ..values::transaction(&transaction, &Spent::new(), false) })
}

/// What the caller wants to pay at most for a thousand virtual bytes; 0 is no limit.
fn max_fee_rate(params: &Params<'_>, at: usize) -> Result<Amount, RpcError> {
    let rate = amount_or(params, at, DEFAULT_MAX_FEE_RATE)?;
    if rate >= HIGHEST_FEE_RATE {
        let reason = format!("Fee rates larger than or equal to {HIGHEST_FEE_RATE}BTC/kvB");
        return Err(RpcError::parameter(reason));
    }
    Ok(rate)
}

fn amount_or(params: &Params<'_>, at: usize, default: Amount) -> Result<Amount, RpcError> {
    match params.get(at) {
        None => Ok(default),
        Some(value @ (Value::Number(_) | Value::String(_))) => {
            let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            let invalid = |_| RpcError::new(RpcError::TYPE, "Invalid amount");
            serde_json::from_str(&text).map_err(invalid)
        }
        Some(value) => Err(wrong_type(value, "number")),
    }
}

fn vsize(transaction: &OwnedTransaction) -> u64 {
    values::number(transaction.weight().div_ceil(4))
}

/// Whether a fee is above a rate.
fn is_above(fee: u64, rate: Amount, vsize: u64) -> bool {
    rate.0 > 0
        && u128::from(fee).saturating_mul(1000) > u128::from(rate.0).saturating_mul(vsize.into())
}

pub(super) fn send(
    miners: &mut Miners,
    params: &Params<'_>,
    now: Timestamp,
) -> Result<Reply, RpcError> {
    let bytes = params.bytes(0, DECODE_FAILED)?;
    let transaction = decode_transaction(&bytes)?;
    let rate = max_fee_rate(params, 1)?;
    let burnt = amount_or(params, 2, Amount(0))?;
    let outputs = transaction.outputs.iter();
    if outputs.filter(|o| Script::of(&o.script) == Script::Data).any(|o| o.value > burnt.0) {
        let reason = "Unspendable output exceeds maximum configured by user (maxburnamount)";
        return Err(RpcError::new(RpcError::VERIFY, reason));
    }
    let txid = transaction.txid();
    let miner = miners.serving().ok_or_else(nobody)?;
    let coins = miner.ledger().coins();
    if coins.range((txid, 0)..=(txid, u32::MAX)).next().is_some() {
        return Err(RpcError::new(RpcError::IN_CHAIN, "Transaction outputs already in utxo set"));
    }
    let fee = miner.mempool().fee(&transaction, miner.ledger());
    if fee.is_some_and(|fee| is_above(fee, rate, vsize(&transaction))) {
        let reason = "Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)";
        return Err(RpcError::new(RpcError::VERIFY, reason));
    }
    match miners.submit(miners.serving_id(), &bytes, now).ok_or_else(nobody)? {
        Ok(_) | Err(SubmitError::Mempool(MempoolError::AlreadyIn)) => reply(&txid.to_string()),
        Err(SubmitError::Decode(_)) => Err(RpcError::new(RpcError::DECODE, DECODE_FAILED)),
        Err(SubmitError::Mempool(MempoolError::Transaction(TransactionError::MissingOrSpent))) => {
            let reason = TransactionError::MissingOrSpent.to_string();
            Err(RpcError::new(RpcError::VERIFY, reason))
        }
        Err(SubmitError::Mempool(error)) => {
            Err(RpcError::new(RpcError::REJECTED, Rejection::of(&error).details))
        }
    }
}

/// Why a transaction may not wait, in short and in full.
struct Rejection {
    reason: String,
    details: String,
}

impl Rejection {
    fn of(error: &MempoolError) -> Self {
        let details = match error {
            // A block says it otherwise.
            MempoolError::Transaction(TransactionError::NotFinal) => "non-final".into(),
            error => error.to_string(),
        };
        let reason = match error {
            MempoolError::Transaction(TransactionError::MissingOrSpent) => "missing-inputs".into(),
            _ => details.split_once(", ").map_or(details.as_str(), |(reason, _)| reason).into(),
        };
        Self { reason, details }
    }
}

/// Each is judged after those before it.
pub(super) fn test(view: &View<'_>, params: &Params<'_>) -> Result<Reply, RpcError> {
    let texts = params.array(0)?;
    if texts.is_empty() || texts.len() > MAX_TESTED {
        let reason = format!("Array must contain between 1 and {MAX_TESTED} transactions.");
        return Err(RpcError::parameter(reason));
    }
    let rate = max_fee_rate(params, 1)?;
    let miner = view.miner;
    let mut mempool = miner.mempool().clone();
    let mut verdicts = Vec::new();
    for value in texts {
        let text = value.as_str().ok_or_else(|| wrong_type(value, "string"))?;
        let bytes = hex::decode(text).unwrap_or_default();
        let transaction = decode_transaction(&bytes).map_err(|_| {
            let reason =
                format!("TX decode failed: {text} Make sure the tx has at least one input.");
            RpcError::new(RpcError::DECODE, reason)
        })?;
        let transaction = Arc::new(transaction);
        let fee = mempool.fee(&transaction, miner.ledger()).unwrap_or_default();
        let outcome =
            mempool.accept(Arc::clone(&transaction), miner.ledger(), miner.next_context());
        let rejection = match outcome {
            Err(error) => Some(Rejection::of(&error)),
            Ok(_) if is_above(fee, rate, vsize(&transaction)) => {
                let reason = "max-fee-exceeded".to_owned();
                Some(Rejection { details: reason.clone(), reason })
            }
            Ok(_) => None,
        };
        verdicts.push(verdict(&transaction, fee, rejection));
    }
    reply(&verdicts)
}

fn verdict(transaction: &OwnedTransaction, fee: u64, rejection: Option<Rejection>) -> Verdict {
    let (txid, wtxid) = (transaction.txid(), transaction.wtxid());
    let vsize = vsize(transaction);
    let allowed = rejection.is_none();
    let rate = fee.saturating_mul(1000).checked_div(vsize).map(Amount);
    let fees = AcceptedFees {
        base: Amount(fee),
        effective_fee_rate: rate,
        effective_includes: vec![wtxid.to_string()],
    };
    let (reason, details) =
        rejection.map(|rejection| (rejection.reason, rejection.details)).unzip();
    Verdict {
        txid,
        wtxid,
        allowed,
        vsize: allowed.then_some(vsize),
        fees: allowed.then_some(fees),
        reject_reason: reason,
        reject_details: details,
    }
}
