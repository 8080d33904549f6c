//! What waits for a block, and what it costs.

use std::collections::BTreeMap;

use causeway_client_bitcoin::Txid;
use causeway_wire_bitcoin::rpc::{EntryFees, FeeEstimate, MempoolEntry, MempoolInfo};
use causeway_wire_bitcoin::{Amount, MAX_BLOCK_WEIGHT, MIN_RELAY_FEE_PER_KVB};

use super::methods::View;
use super::params::Params;
use super::values::number;
use super::{Reply, RpcError, reply};
use crate::{MAX_MEMPOOL_WEIGHT, Mempool};

/// Blocks that an estimate may be for (Bitcoin Core `estimatesmartfee`).
const TARGETS: core::ops::RangeInclusive<i64> = 1..=1008;
/// What fee estimates ask for over the least fee, in percent: whoever comes first is served first
/// here, so that the least fee is enough; a little more keeps clear of rounding.
const ESTIMATE_PERCENT: u64 = 110;

pub(super) fn ids(view: &View<'_>, params: &Params<'_>) -> Result<Reply, RpcError> {
    let mempool = view.miner.mempool();
    if params.flag_or(1, false)? {
        let reason = "the mempool has no sequence number here";
        return Err(RpcError::parameter(reason));
    }
    if params.flag_or(0, false)? {
        let entries =
            mempool.ids().filter_map(|txid| Some((txid.to_string(), describe(view, txid)?)));
        return reply(&entries.collect::<BTreeMap<_, _>>());
    }
    reply(&mempool.ids().map(ToString::to_string).collect::<Vec<_>>())
}

pub(super) fn entry(view: &View<'_>, params: &Params<'_>) -> Result<Reply, RpcError> {
    let entry = describe(view, &params.hash(0)?);
    reply(&entry.ok_or_else(|| RpcError::not_found("Transaction not in mempool"))?)
}

fn describe(view: &View<'_>, txid: &Txid) -> Option<MempoolEntry> {
    let mempool = view.miner.mempool();
    let waiting = mempool.waiting(txid)?;
    let relatives = mempool.relatives(txid);
    let fee = Amount(waiting.fee);
    let vsize = number(waiting.weight.div_ceil(4));
    let total = |ids: &[Txid]| Total::of(mempool, ids).plus(waiting.fee, vsize);
    let (ancestors, descendants) = (total(&relatives.ancestors), total(&relatives.descendants));
    Some(MempoolEntry {
        vsize,
        weight: number(waiting.weight),
        time: waiting.since.median_time.into(),
        height: waiting.since.height.saturating_sub(1),
        descendant_count: descendants.count,
        descendant_size: descendants.vsize,
        ancestor_count: ancestors.count,
        ancestor_size: ancestors.vsize,
        chunk_weight: number(waiting.weight),
        wtxid: waiting.transaction.wtxid(),
        fees: EntryFees {
            base: fee,
            modified: fee,
            ancestor: Amount(ancestors.fee),
            descendant: Amount(descendants.fee),
            chunk: fee,
        },
        depends: relatives.parents,
        spent_by: relatives.children,
        replaceable: false,
        unbroadcast: false,
    })
}

/// The sums over several that wait.
#[derive(Default)]
struct Total {
    count: u64,
    fee: u64,
    vsize: u64,
}

impl Total {
    fn of(mempool: &Mempool, ids: &[Txid]) -> Self {
        let all = ids.iter().filter_map(|txid| mempool.waiting(txid));
        all.fold(Self::default(), |total, waiting| {
            total.plus(waiting.fee, number(waiting.weight.div_ceil(4)))
        })
    }

    fn plus(self, fee: u64, vsize: u64) -> Self {
        Self {
            count: self.count.saturating_add(1),
            fee: self.fee.saturating_add(fee),
            vsize: self.vsize.saturating_add(vsize),
        }
    }
}

pub(super) fn info(view: &View<'_>, _: &Params<'_>) -> Result<Reply, RpcError> {
    let mempool = view.miner.mempool();
    let least = Amount(MIN_RELAY_FEE_PER_KVB);
    reply(&MempoolInfo {
        loaded: true,
        size: number(mempool.len()),
        bytes: number(mempool.weight().div_ceil(4)),
        usage: number(mempool.weight()),
        total_fee: Amount(mempool.fees()),
        max_mempool: number(MAX_MEMPOOL_WEIGHT),
        min_fee: least,
        min_relay_fee: least,
        incremental_relay_fee: least,
        unbroadcast_count: 0,
        full_rbf: false,
        permit_bare_multisig: false,
        max_data_carrier_size: number(MAX_BLOCK_WEIGHT.div_ceil(4)),
        limit_cluster_count: number(MAX_MEMPOOL_WEIGHT),
        limit_cluster_size: number(MAX_MEMPOOL_WEIGHT.div_ceil(4)),
        optimal: true,
    })
}

/// The least fee, with a little on top: the first that came are served first, whatever they pay.
pub(super) fn estimate(_: &View<'_>, params: &Params<'_>) -> Result<Reply, RpcError> {
    let target = params.integer(0)?;
    if !TARGETS.contains(&target) {
        let (first, last) = TARGETS.into_inner();
        let reason = format!("Invalid conf_target, must be between {first} and {last}");
        return Err(RpcError::parameter(reason));
    }
    let mode = if params.get(1).is_some() { params.string(1)? } else { "economical" };
    if !["unset", "economical", "conservative"].contains(&mode.to_lowercase().as_str()) {
        let reason = "Invalid estimate_mode parameter, must be one of: \"unset\", \"economical\", \
                      \"conservative\"";
        return Err(RpcError::parameter(reason));
    }
    let rate = MIN_RELAY_FEE_PER_KVB.saturating_mul(ESTIMATE_PERCENT).div_ceil(100);
    reply(&FeeEstimate {
        fee_rate: Some(Amount(rate)),
        errors: None,
        // Bitcoin Core estimates for two blocks at least.
        blocks: u64::try_from(target).unwrap_or_default().max(2),
    })
}
