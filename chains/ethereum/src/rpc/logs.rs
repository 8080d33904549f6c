//! Logs of past blocks.

use causeway_wire_ethereum::eth::{
    BlockId, BlockNumber, Filter, FilterBlocks, FilterBlooms, Log, RpcError,
};
use serde_json::json;

use super::ledger::Ledger;
use super::methods::{Context, Outcome};
use super::params::Params;
use super::shapes;
use crate::execution::block::Block;

/// Blocks that one query may look at: the chain's proof window.
const MAX_BLOCKS: u64 = 10_000;

/// Logs that one query may find.
const MAX_LOGS: usize = 10_000;

/// `eth_getLogs`.
pub(super) fn logs(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let filter: Filter = params.required()?;
    params.end()?;
    find(context.ledger(), &filter).map(|logs| json!(logs))
}

/// The logs that a filter asks for, in order.
pub(super) fn find(ledger: Ledger<'_>, filter: &Filter) -> Result<Vec<Log>, RpcError> {
    let (first, last) = match filter.blocks {
        FilterBlocks::Hash(hash) => {
            let id = BlockId::Hash { hash, require_canonical: false };
            let unknown = || RpcError::new(RpcError::SERVER, "unknown block");
            let block = ledger.block(id).ok_or_else(unknown)?;
            return Ok(of_block(&block, filter));
        }
        FilterBlocks::Range { from, to } => range(ledger, from, to)?,
    };
    let blooms = filter.blooms();
    let mut found = Vec::new();
    for number in first..=last {
        let block = ledger.required(BlockNumber::Number(number).into())?;
        found.extend(of_block_with(&block, filter, &blooms));
        if found.len() > MAX_LOGS {
            let reason = format!("query returned more than {MAX_LOGS} results");
            return Err(RpcError::new(RpcError::LIMIT, reason));
        }
    }
    Ok(found)
}

/// First and last number of a query.
fn range(
    ledger: Ledger<'_>,
    from: Option<BlockNumber>,
    to: Option<BlockNumber>,
) -> Result<(u64, u64), RpcError> {
    let invalid = |reason: &str| RpcError::new(RpcError::INVALID_PARAMS, reason);
    let head = ledger.head()?.block().header.number;
    let resolve = |number: Option<BlockNumber>| match number {
        Some(BlockNumber::Number(number)) => Ok(number),
        Some(tag) => ledger.required(tag.into()).map(|block| block.header.number),
        None => Ok(head),
    };
    let (first, last) = (resolve(from)?, resolve(to)?);
    if first > last {
        return Err(invalid("invalid block range params"));
    }
    if last > head {
        return Err(invalid("block range extends beyond current head block"));
    }
    if last.saturating_sub(first) >= MAX_BLOCKS {
        let reason = format!("exceed maximum block range: {MAX_BLOCKS}");
        return Err(RpcError::new(RpcError::LIMIT, reason));
    }
    Ok((first, last))
}

/// The logs of one block that a filter asks for.
pub(super) fn of_block(block: &Block, filter: &Filter) -> Vec<Log> {
    of_block_with(block, filter, &filter.blooms())
}

fn of_block_with(block: &Block, filter: &Filter, blooms: &FilterBlooms) -> Vec<Log> {
    if !blooms.may_match(&block.header.logs_bloom) {
        return Vec::new();
    }
    let of = |found| shapes::logs(&found, |address, topics| filter.matches(address, topics));
    block.all_included().flat_map(of).collect()
}
