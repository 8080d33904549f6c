//! Methods about transactions.

use causeway_client_cometbft::Hash;
use causeway_wire_cometbft::rpc::{
    Broadcast, BroadcastCommit, HexBytes, Int, RpcError, TxOutcomeJson, TxSearch,
};

use super::args::Args;
use super::blocks::is_descending;
use super::context::{Context, Reply, failed, page, reply};
use super::query::Query;
use super::views::{self, len};
use crate::app::TxOutcome;
use crate::tx_hash;

/// What is good waits for a block, over restarts too.
fn check(context: &mut Context<'_>, tx: &[u8]) -> Result<TxOutcome, RpcError> {
    let outcome = context.app.check_tx(tx).map_err(|error| failed(error.to_string()))?;
    if outcome.is_ok() {
        context.accepted.push(tx.to_vec());
    }
    Ok(outcome)
}

/// The answer is there before the check is made, so what the check says is lost.
pub(super) fn broadcast_tx_async(context: &mut Context<'_>, args: &Args) -> Reply {
    let tx = args.bytes(0);
    check(context, tx)?;
    reply(&Broadcast { hash: views::hash(tx_hash(tx)), ..Broadcast::default() })
}

pub(super) fn broadcast_tx_sync(context: &mut Context<'_>, args: &Args) -> Reply {
    let tx = args.bytes(0);
    let outcome = check(context, tx)?;
    reply(&Broadcast {
        code: Int(outcome.code),
        data: HexBytes(outcome.data),
        log: outcome.log,
        codespace: outcome.codespace,
        hash: views::hash(tx_hash(tx)),
    })
}

/// `broadcast_tx_commit` up to the check: an answer if it failed, or else what waits for a block.
pub(super) fn begin_commit(
    context: &mut Context<'_>,
    args: &Args,
) -> Result<Result<(Hash, TxOutcomeJson), Reply>, RpcError> {
    let tx = args.bytes(0);
    let outcome = check(context, tx)?;
    let (hash, check_tx) = (tx_hash(tx), views::outcome(&outcome));
    if outcome.is_ok() {
        return Ok(Ok((hash, check_tx)));
    }
    Ok(Err(reply(&BroadcastCommit {
        check_tx,
        tx_result: TxOutcomeJson::default(),
        hash: views::hash(hash),
        height: Int(0),
    })))
}

/// The answer of `broadcast_tx_commit` once the transaction is in a block.
pub(super) fn committed(
    context: &Context<'_>,
    hash: &Hash,
    check_tx: &TxOutcomeJson,
) -> Option<Reply> {
    let (height, index) = context.archive.find_tx(hash)?;
    let found = views::tx(&context.archive.body(height)?, index, false)?;
    Some(reply(&BroadcastCommit {
        check_tx: check_tx.clone(),
        tx_result: found.tx_result,
        hash: found.hash,
        height: found.height,
    }))
}

/// Judges a transaction without keeping it.
pub(super) fn check_tx(context: &mut Context<'_>, args: &Args) -> Reply {
    reply(&views::outcome(&context.app.judge(args.bytes(0))))
}

pub(super) fn tx(context: &mut Context<'_>, args: &Args) -> Reply {
    let hash = Hash::from_slice(args.bytes(0));
    let found = hash.and_then(|hash| {
        let (height, index) = context.archive.find_tx(&hash)?;
        views::tx(&context.archive.body(height)?, index, args.is_true(1))
    });
    let name = hex::encode_upper(args.bytes(0));
    reply(&found.ok_or_else(|| failed(format!("tx ({name}) not found")))?)
}

/// Oldest first unless asked otherwise.
pub(super) fn tx_search(context: &mut Context<'_>, args: &Args) -> Reply {
    let query = Query::parse(args.text(0)).map_err(failed)?;
    let mut found = find(context, &query);
    if is_descending(args.text(4), false)? {
        found.reverse();
    }
    let range = page(args.int(2), args.int(3), found.len())?;
    let places = found.get(range).unwrap_or_default();
    let answer = |(height, index): &(u64, u32)| {
        views::tx(&context.archive.body(*height)?, *index, args.is_true(1))
    };
    let txs = places.iter().filter_map(answer).collect();
    reply(&TxSearch { txs, total_count: len(found.len()) })
}

/// Where the transactions are that a query is about. One that names a hash or heights looks at
/// those alone.
fn find(context: &Context<'_>, query: &Query) -> Vec<(u64, u32)> {
    let archive = context.archive;
    let by_hash = query.wanted("tx.hash").map(|name| {
        let hash = hex::decode(name).ok().and_then(|bytes| Hash::from_slice(&bytes));
        hash.and_then(|hash| archive.find_tx(&hash)).map(|(height, _)| height)
    });
    let heights: Vec<_> = match by_hash {
        Some(height) => height.into_iter().collect(),
        None => archive.heights_with_txs().collect(),
    };
    let mut found = Vec::new();
    for height in heights.into_iter().filter(|height| query.allows("tx.height", *height)) {
        let Some(body) = archive.body(height) else { continue };
        for (place, index) in (0..body.txs.len()).zip(0..) {
            let attributes = views::tx_attributes(&body, place);
            if attributes.is_some_and(|attributes| query.matches(&attributes)) {
                found.push((height, index));
            }
        }
    }
    found
}
