//! Methods about blocks.

use alloy_primitives::B256;
use causeway_wire_ethereum::eth::{BlockId, BlockNumber, Hex, Hexadecimal, RpcError};
use serde_json::{Value, json};

use super::methods::{Context, Outcome};
use super::params::Params;
use super::shapes;
use crate::execution::block::Block;
use crate::ssz::to_u64;

/// `eth_blockNumber`.
pub(super) fn number(context: &mut Context<'_>, params: Params<'_>) -> Outcome {
    params.end()?;
    Ok(context.ledger().head()?.block().header.number.to_hex().into())
}

/// `eth_getBlockByNumber`.
pub(super) fn by_number(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let number: BlockNumber = params.required()?;
    let is_full: bool = params.required()?;
    params.end()?;
    Ok(found(context, BlockId::Number(number), |block| json!(shapes::block(block, is_full))))
}

/// `eth_getBlockByHash`.
pub(super) fn by_hash(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let id = hash_id(&mut params)?;
    let is_full: bool = params.required()?;
    params.end()?;
    Ok(found(context, id, |block| json!(shapes::block(block, is_full))))
}

/// `eth_getBlockTransactionCountByNumber`.
pub(super) fn count_by_number(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let number: BlockNumber = params.required()?;
    params.end()?;
    Ok(found(context, BlockId::Number(number), transaction_count))
}

/// `eth_getBlockTransactionCountByHash`.
pub(super) fn count_by_hash(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let id = hash_id(&mut params)?;
    params.end()?;
    Ok(found(context, id, transaction_count))
}

/// `eth_getBlockReceipts`.
pub(super) fn receipts(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let id: BlockId = params.required()?;
    params.end()?;
    Ok(found(context, id, |block| {
        block.all_included().map(|included| json!(shapes::receipt(&included))).collect()
    }))
}

/// The block of a call whose first parameter is a hash.
pub(super) fn hash_id(params: &mut Params<'_>) -> Result<BlockId, RpcError> {
    let Hex(hash) = params.required::<Hex<B256>>()?;
    Ok(BlockId::Hash { hash, require_canonical: false })
}

/// Something about a block; null when it is not known.
pub(super) fn found(
    context: &Context<'_>,
    id: BlockId,
    show: impl FnOnce(&Block) -> Value,
) -> Value {
    context.ledger().block(id).map_or(Value::Null, |block| show(&block))
}

fn transaction_count(block: &Block) -> Value {
    to_u64(block.transactions.len()).to_hex().into()
}
