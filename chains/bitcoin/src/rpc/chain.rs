//! The chain: its tip, its headers, its branches.

use causeway_client_bitcoin::BlockHash;
use causeway_wire_bitcoin::rpc::BlockchainInfo;

use super::methods::View;
use super::params::Params;
use super::{Reply, RpcError, reply, values};

pub(super) fn best_block_hash(view: &View<'_>, _: &Params<'_>) -> Result<Reply, RpcError> {
    reply(&view.miner.tip_hash().to_string())
}

pub(super) fn count(view: &View<'_>, _: &Params<'_>) -> Result<Reply, RpcError> {
    reply(&view.miner.height())
}

pub(super) fn hash_at(view: &View<'_>, params: &Params<'_>) -> Result<Reply, RpcError> {
    let height = u64::try_from(params.integer(0)?).ok();
    let hash = height.and_then(|height| view.miner.hash_at(height));
    let hash = hash.ok_or_else(|| RpcError::parameter("Block height out of range"))?;
    reply(&hash.to_string())
}

pub(super) fn header(view: &View<'_>, params: &Params<'_>) -> Result<Reply, RpcError> {
    let hash: BlockHash = params.hash(0)?;
    let found = view.miner.header(&hash);
    let anchor = found.ok_or_else(|| RpcError::not_found("Block not found"))?;
    if params.flag_or(1, true)? {
        reply(&values::header(view.miner, hash, anchor))
    } else {
        reply(&hex::encode(anchor.header.to_bytes()))
    }
}

pub(super) fn tips(view: &View<'_>, _: &Params<'_>) -> Result<Reply, RpcError> {
    reply(&view.miner.tips())
}

pub(super) fn difficulty(view: &View<'_>, _: &Params<'_>) -> Result<Reply, RpcError> {
    reply(&values::difficulty(view.miner.tip().header.bits))
}

pub(super) fn info(view: &View<'_>, _: &Params<'_>) -> Result<Reply, RpcError> {
    let miner = view.miner;
    let tip = miner.tip();
    reply(&BlockchainInfo {
        chain: "regtest".into(),
        blocks: miner.height(),
        headers: miner.best_header_height(),
        best_block: miner.tip_hash(),
        bits: Some(tip.header.bits),
        target: Some(tip.header.bits.expand().target),
        difficulty: values::difficulty(tip.header.bits),
        time: tip.header.time.into(),
        median_time: tip.last_times.median().into(),
        verification_progress: 1.0,
        initial_block_download: false,
        chain_work: tip.chainwork,
        size_on_disk: 0,
        pruned: false,
        warnings: serde_json::Value::Array(Vec::new()),
    })
}
