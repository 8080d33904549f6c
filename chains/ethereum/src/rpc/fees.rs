//! Methods about what transactions pay.

use alloy_primitives::U256;
use causeway_wire_ethereum::AtMost;
use causeway_wire_ethereum::eth::{BlockNumber, FeeHistory, Hexadecimal, RpcError, Tips};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::methods::{Context, Outcome};
use super::params::Params;
use crate::execution::StateView;
use crate::execution::block::Block;

/// The tip that is suggested while blocks have room, in wei a unit of gas.
const QUIET_TIP: u128 = 1_000_000_000;

/// Blocks whose tips a suggestion looks at.
const TIP_BLOCKS: u64 = 20;

/// Of their tips in order, the suggestion is at this percentage.
const TIP_PERCENTILE: usize = 60;

/// Blocks in one fee history.
const MAX_HISTORY: u64 = 1024;

/// Percentiles in one fee history.
const MAX_PERCENTILES: usize = 100;

/// Wei a unit of blob gas, of which none is used.
const BLOB_BASE_FEE: u64 = 1;

/// `eth_maxPriorityFeePerGas`.
pub(super) fn priority_fee(context: &mut Context<'_>, params: Params<'_>) -> Outcome {
    params.end()?;
    Ok(U256::from(suggested_tip(context)?).to_hex().into())
}

/// `eth_gasPrice`: base fee of the coming block, and the suggested tip.
pub(super) fn gas_price(context: &mut Context<'_>, params: Params<'_>) -> Outcome {
    params.end()?;
    let base_fee = context.execution().next_base_fee();
    let price = u128::from(base_fee).saturating_add(suggested_tip(context)?);
    Ok(U256::from(price).to_hex().into())
}

/// `eth_blobBaseFee`.
pub(super) fn blob_base_fee(_: &mut Context<'_>, params: Params<'_>) -> Outcome {
    params.end()?;
    Ok(BLOB_BASE_FEE.to_hex().into())
}

/// What recent transactions paid, but never less than in quiet times.
fn suggested_tip(context: &Context<'_>) -> Result<u128, RpcError> {
    let ledger = context.ledger();
    let head = ledger.head()?.block().header.number;
    let mut tips = Vec::new();
    for number in head.saturating_sub(TIP_BLOCKS.saturating_sub(1))..=head {
        if let Some(view) = ledger.canonical(number) {
            tips.extend(gas_and_tips(view.block()).map(|(_, tip)| tip));
        }
    }
    tips.sort_unstable();
    let place = tips.len().saturating_mul(TIP_PERCENTILE) / 100;
    Ok(tips.get(place).copied().unwrap_or_default().max(QUIET_TIP))
}

/// Gas used and tip paid a unit, of each transaction.
fn gas_and_tips(block: &Block) -> impl Iterator<Item = (u64, u128)> {
    let base_fee = u128::from(block.base_fee());
    block
        .all_included()
        .map(move |found| (found.gas_used, found.effective_gas_price.saturating_sub(base_fee)))
}

/// A number in hexadecimal, in decimal, or no string at all.
struct Count(u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let count = match &value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) if text.starts_with("0x") => u64::from_hex(text).ok(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        count.map(Self).ok_or_else(|| D::Error::custom("expected a count of blocks"))
    }
}

/// `eth_feeHistory`.
pub(super) fn history(context: &mut Context<'_>, mut params: Params<'_>) -> Outcome {
    let Count(count) = params.required()?;
    let newest: BlockNumber = params.required()?;
    let percentiles: Option<AtMost<f64, MAX_PERCENTILES>> = params.optional()?;
    params.end()?;
    let percentiles = percentiles.map(|AtMost(list)| list).unwrap_or_default();
    check_percentiles(&percentiles)?;
    let ledger = context.ledger();
    let head = ledger.head()?.block().header.number;
    let newest = match newest {
        BlockNumber::Number(number) if number > head => {
            let reason = format!("request beyond head block: requested {number}, head {head}");
            return Err(RpcError::new(RpcError::SERVER, reason));
        }
        number => ledger.required(number.into())?,
    };
    if count == 0 {
        return Ok(json!({ "oldestBlock": "0x0", "gasUsedRatio": [] }));
    }
    let last = newest.header.number;
    let first = last.saturating_add(1).saturating_sub(count.min(MAX_HISTORY));
    let views: Vec<_> = (first..=last).filter_map(|number| ledger.canonical(number)).collect();
    let blocks: Vec<&Block> = views.iter().map(StateView::block).collect();
    let ratio = |block: &Block| as_ratio(block.header.gas_used, block.header.gas_limit);
    let base_fees = blocks.iter().map(|block| block.base_fee());
    let coming = context.execution().base_fee_after(&newest);
    let reward = |block: &Block| Tips(tips_at(block, &percentiles));
    let history = FeeHistory {
        oldest_block: blocks.first().map_or(last, |block| block.header.number),
        base_fee_per_gas: base_fees.chain([coming]).map(U256::from).collect(),
        gas_used_ratio: blocks.iter().map(|block| ratio(block)).collect(),
        base_fee_per_blob_gas: vec![U256::from(BLOB_BASE_FEE); blocks.len().saturating_add(1)],
        blob_gas_used_ratio: vec![0.0; blocks.len()],
        reward: (!percentiles.is_empty())
            .then(|| blocks.iter().map(|block| reward(block)).collect()),
    };
    Ok(json!(history))
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "a part of one, shown to people and to estimates; gas fits into 53 bits"
)]
fn as_ratio(used: u64, limit: u64) -> f64 {
    used as f64 / limit.max(1) as f64
}

fn check_percentiles(percentiles: &[f64]) -> Result<(), RpcError> {
    let invalid = |reason: String| {
        Err(RpcError::new(RpcError::SERVER, format!("invalid reward percentile: {reason}")))
    };
    if let Some(outside) = percentiles.iter().find(|p| !(0.0..=100.0).contains(*p)) {
        return invalid(outside.to_string());
    }
    match percentiles.windows(2).zip(1..).find(|(pair, _)| !pair.is_sorted()) {
        Some((_, place)) => invalid(format!("#{place} is less than the one before")),
        None => Ok(()),
    }
}

/// Tips at percentiles of the block's gas, from the lowest tip on; zero in an empty block.
fn tips_at(block: &Block, percentiles: &[f64]) -> Vec<U256> {
    let mut paid: Vec<(u128, u64)> = gas_and_tips(block).map(|(gas, tip)| (tip, gas)).collect();
    paid.sort_unstable();
    let tip_at = |percentile: &f64| {
        let wanted = threshold(block.header.gas_used, *percentile);
        let mut used = 0_u64;
        let found = paid.iter().find(|(_, gas)| {
            used = used.saturating_add(*gas);
            used >= wanted
        });
        U256::from(found.or(paid.last()).map(|(tip, _)| *tip).unwrap_or_default())
    };
    percentiles.iter().map(tip_at).collect()
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a percentage of gas, which fits into 53 bits and is not negative"
)]
fn threshold(gas: u64, percentile: f64) -> u64 {
    (gas as f64 * percentile / 100.0) as u64
}
