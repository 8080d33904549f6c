//! Proofs that a block has transactions.

use std::collections::BTreeSet;

use causeway_client_bitcoin::{BlockHash, MerkleBlock, Txid};
use causeway_wire_bitcoin::{Block, OwnedTransaction, merkle_block};
use serde_json::Value;

use super::methods::View;
use super::params::{Params, parse_hash, wrong_type};
use super::{Reply, RpcError, reply, transactions, values};

pub(super) fn make(view: &View<'_>, params: &Params<'_>) -> Result<Reply, RpcError> {
    let txids = wanted(params)?;
    let block = match params.get(1) {
        Some(_) => {
            let hash: BlockHash = params.hash(1)?;
            let found = view.miner.block(&hash);
            found.map(|(_, block)| block).ok_or_else(|| RpcError::not_found("Block not found"))?
        }
        None => block_of_any(view, &txids)?,
    };
    let own: BTreeSet<_> = block.transactions.iter().map(OwnedTransaction::txid).collect();
    if !txids.is_subset(&own) {
        let reason = "Not all transactions found in specified or retrieved block";
        return Err(RpcError::not_found(reason));
    }
    reply(&hex::encode(merkle_block(block, &txids)))
}

fn wanted(params: &Params<'_>) -> Result<BTreeSet<Txid>, RpcError> {
    let texts = params.array(0)?;
    if texts.is_empty() {
        return Err(RpcError::parameter("Parameter 'txids' cannot be empty"));
    }
    let mut txids = BTreeSet::new();
    for value in texts {
        let Value::String(text) = value else { return Err(wrong_type(value, "string")) };
        if !txids.insert(parse_hash(text, "txid")?) {
            let reason = format!("Invalid parameter, duplicated txid: {text}");
            return Err(RpcError::parameter(reason));
        }
    }
    Ok(txids)
}

/// The followed chain's block of one of the transactions.
fn block_of_any<'m>(view: &View<'m>, txids: &BTreeSet<Txid>) -> Result<&'m Block, RpcError> {
    let found = txids.iter().find_map(|txid| transactions::confirmed(view, *txid));
    let hash = found.ok_or_else(|| RpcError::not_found("Transaction not yet in block"))?;
    let block = view.miner.block(&hash).map(|(_, block)| block);
    block.ok_or_else(|| RpcError::not_found("Block not found"))
}

pub(super) fn verify(view: &View<'_>, params: &Params<'_>) -> Result<Reply, RpcError> {
    const REASON: &str = "proof decode failed";
    let proof = MerkleBlock::from_bytes(&params.bytes(0, REASON)?)
        .map_err(|error| RpcError::new(RpcError::DECODE, format!("{REASON}: {error}")))?;
    let header = *proof.header();
    let Ok(matches) = proof.verify(&header, &mut ()) else { return reply(&[(); 0]) };
    let hash = header.hash();
    let height = view.miner.header(&hash).map(|anchor| anchor.height);
    let is_active = height.is_some_and(|height| view.miner.hash_at(height) == Some(hash));
    let block = view.miner.block(&hash).filter(|_| is_active);
    let (_, block) = block.ok_or_else(|| RpcError::not_found("Block not found in chain"))?;
    if u64::from(proof.transactions()) != values::number(block.transactions.len()) {
        return reply(&[(); 0]);
    }
    reply(&matches.iter().map(|found| found.txid.to_string()).collect::<Vec<_>>())
}
