//! Methods about transactions.

use alloy_primitives::{Address, B256, Bytes};
use causeway_wire_ethereum::eth::{BlockId, BlockNumber, Hex, Hexadecimal, RpcError};
use serde_json::{Value, json};

use super::blocks::{found, hash_id};
use super::methods::{Context, Outcome};
use super::params::Params;
use super::shapes;
use crate::execution::block::{Block, Included};
use crate::ssz::to_usize;

/// `eth_getTransactionByHash`: also those that wait.
pub(super) fn by_hash(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let Hex(hash) = params.required::<Hex<B256>>()?;
    params.end()?;
    if let Some(answer) = included(context, &hash, |found| json!(shapes::transaction(found))) {
        return Ok(answer);
    }
    let waiting = context.execution().pooled(&hash);
    Ok(waiting.map_or(Value::Null, |signed| json!(shapes::pooled(signed))))
}

/// `eth_getRawTransactionByHash`.
pub(super) fn raw_by_hash(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let Hex(hash) = params.required::<Hex<B256>>()?;
    params.end()?;
    let encode = |bytes: Vec<u8>| Value::from(Bytes::from(bytes).to_hex());
    let mined = included(context, &hash, |found| encode(found.transaction.encode()));
    let waiting = context.execution().pooled(&hash).map(|signed| encode(signed.encode()));
    Ok(mined.or(waiting).unwrap_or_default())
}

/// `eth_getTransactionReceipt`.
pub(super) fn receipt(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let Hex(hash) = params.required::<Hex<B256>>()?;
    params.end()?;
    let receipt = included(context, &hash, |found| json!(shapes::receipt(found)));
    Ok(receipt.unwrap_or_default())
}

/// `eth_getTransactionByBlockNumberAndIndex`.
pub(super) fn by_number_and_index(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let number: BlockNumber = params.required()?;
    let Hex(index) = params.required::<Hex<u64>>()?;
    params.end()?;
    Ok(found(context, BlockId::Number(number), |block| at(block, index)))
}

/// `eth_getTransactionByBlockHashAndIndex`.
pub(super) fn by_block_and_index(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let id = hash_id(&mut params)?;
    let Hex(index) = params.required::<Hex<u64>>()?;
    params.end()?;
    Ok(found(context, id, |block| at(block, index)))
}

/// `eth_getTransactionCount`: with `pending`, those that wait count as well.
pub(super) fn count(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let Hex(address) = params.required::<Hex<Address>>()?;
    let id: Option<BlockId> = params.optional()?;
    params.end()?;
    let nonce = if id == Some(BlockId::Number(BlockNumber::Pending)) {
        context.execution().pending_nonce(&address)
    } else {
        context.ledger().state(id)?.nonce(&address)
    };
    Ok(nonce.to_hex().into())
}

/// `eth_sendRawTransaction`.
pub(super) fn send_raw(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let Hex(bytes) = params.required::<Hex<Bytes>>()?;
    params.end()?;
    let execution = context.beacon.engine_mut();
    let added = execution.add_transaction(&bytes);
    let hash = added.map_err(|error| RpcError::new(error.code(), error.to_string()))?;
    if let Some(waiting) = execution.pooled(&hash).map(shapes::pooled) {
        context.feed.on_pending(&waiting);
    }
    Ok(hash.to_hex().into())
}

/// The transaction at a place of a block; null beyond its end.
fn at(block: &Block, index: u64) -> Value {
    let found = block.included(to_usize(index));
    found.map_or(Value::Null, |included| json!(shapes::transaction(&included)))
}

/// Something about a transaction in the chain.
fn included(
    context: &Context<'_>,
    hash: &B256,
    show: impl FnOnce(&Included<'_>) -> Value,
) -> Option<Value> {
    context.execution().with_included(hash, |found| show(&found))
}
