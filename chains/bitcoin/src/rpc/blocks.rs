//! Whole blocks, and which of them count.

use causeway_client_bitcoin::{Anchor, BlockHash};
use causeway_core::Timestamp;
use causeway_wire_bitcoin::rpc::BlockTransactions;
use causeway_wire_bitcoin::{Block, OwnedTransaction};

use super::methods::{View, nobody, null};
use super::params::Params;
use super::{Reply, RpcError, reply, values};
use crate::miner::BranchError;
use crate::{Miner, Miners};

/// A block that is there with its body.
fn whole(miner: &Miner, hash: BlockHash) -> Result<(&Anchor, &Block), RpcError> {
    if let Some(found) = miner.block(&hash) {
        return Ok(found);
    }
    Err(match miner.header(&hash) {
        Some(_) => RpcError::new(RpcError::MISUSE, "Block not available (not fully downloaded)"),
        None => RpcError::not_found("Block not found"),
    })
}

pub(super) fn get(view: &View<'_>, params: &Params<'_>) -> Result<Reply, RpcError> {
    let hash = params.hash(0)?;
    let (anchor, block) = whole(view.miner, hash)?;
    let level = params.level(1, 1, 3)?;
    if level == 0 {
        return reply(&hex::encode(block.to_bytes()));
    }
    let transactions = block.transactions.iter();
    let tx = if level == 1 {
        BlockTransactions::Ids(transactions.map(OwnedTransaction::txid).collect())
    } else {
        let spent = view.miner.spent_by(&hash);
        let whole = transactions.map(|own| values::transaction(own, &spent, level > 2));
        BlockTransactions::Whole(whole.collect())
    };
    reply(&values::block(values::header(view.miner, hash, anchor), block, tx))
}

pub(super) fn invalidate(
    miners: &mut Miners,
    params: &Params<'_>,
    now: Timestamp,
) -> Result<Reply, RpcError> {
    answer(miners.invalidate(params.hash(0)?, now).ok_or_else(nobody)?)
}

pub(super) fn reconsider(
    miners: &mut Miners,
    params: &Params<'_>,
    now: Timestamp,
) -> Result<Reply, RpcError> {
    answer(miners.reconsider(params.hash(0)?, now).ok_or_else(nobody)?)
}

fn answer(outcome: Result<(), BranchError>) -> Result<Reply, RpcError> {
    match outcome {
        Ok(()) => Ok(null()),
        Err(error @ BranchError::NotFound) => Err(RpcError::not_found(error.to_string())),
        Err(error @ BranchError::TooDeep) => Err(RpcError::parameter(error.to_string())),
    }
}
