//! Token transfer's lists: vouchers, and what it has locked and issued for a client.

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use causeway_contracts::apps::transfer::{Pots, Transfer as App};
use causeway_contracts::{Token, Work};
use causeway_core::ClientId;
use causeway_wire_ethereum::abi::sol::{Holding, Transfer};

use super::transfer::with_context;
use super::{Answer, Call, answer, decode, no_such_method};
use crate::execution::host::token_name;
use crate::execution::machine::{Failure, Machine};

/// The most entries that one call lists.
const MAX_LISTED: u64 = 256;

/// Calls that list.
pub(super) fn call(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Answer {
    match call.selector().unwrap_or_default() {
        Transfer::getVouchersCall::SELECTOR => {
            let args: Transfer::getVouchersCall = decode(call.input)?;
            answer::<Transfer::getVouchersCall>(&vouchers(machine, &args.after_, args.limit)?)
        }
        Transfer::getEscrowedCall::SELECTOR => {
            let args: Transfer::getEscrowedCall = decode(call.input)?;
            let client = (ClientId::new(args.clientId)?, Pots::Escrows);
            let found = pots(machine, client, &args.after_, args.limit)?;
            answer::<Transfer::getEscrowedCall>(&found)
        }
        Transfer::getIssuedCall::SELECTOR => {
            let args: Transfer::getIssuedCall = decode(call.input)?;
            let client = (ClientId::new(args.clientId)?, Pots::Issues);
            let found = pots(machine, client, &args.after_, args.limit)?;
            answer::<Transfer::getIssuedCall>(&found)
        }
        _ => no_such_method(),
    }
}

fn bound(limit: u64) -> usize {
    usize::try_from(limit.min(MAX_LISTED)).unwrap_or_default()
}

/// Names of tokens sort as their addresses do.
fn address(token: &Token) -> Result<Address, Failure> {
    token.0.parse().map_err(|_| super::reverted())
}

/// All vouchers that were ever issued, with their supply.
fn vouchers(
    machine: &mut Machine<'_, '_>,
    after: &Address,
    limit: u64,
) -> Result<Vec<Holding>, Failure> {
    let after = token_name(after);
    let found = with_context(machine, |ctx| App::vouchers(ctx, Some(&after), bound(limit)))?;
    let mut vouchers = Vec::with_capacity(found.len());
    for (token, denom) in found {
        machine.pay(Work::Read)?;
        let token = address(&token)?;
        let amount = machine.supply_of(&token);
        vouchers.push(Holding { token, denom: denom.to_string(), amount });
    }
    Ok(vouchers)
}

/// What is in a client's pots.
fn pots(
    machine: &mut Machine<'_, '_>,
    (client, pots): (ClientId, Pots),
    after: &Address,
    limit: u64,
) -> Result<Vec<Holding>, Failure> {
    let after = token_name(after);
    with_context(machine, |ctx| {
        let found = App::pots(ctx, (&client, pots), Some(&after), bound(limit))?;
        let mut holdings = Vec::with_capacity(found.len());
        for (token, amount) in found {
            let denom = App::denom_of(ctx, &token)?.map(|denom| denom.to_string());
            holdings.push((token, denom, amount));
        }
        Ok(holdings)
    })?
    .into_iter()
    .map(|(token, denom, amount)| {
        let denom = denom.unwrap_or_else(|| token.0.clone());
        Ok(Holding { token: address(&token)?, denom, amount: amount.into() })
    })
    .collect()
}
