//! Vouchers, escrows, and contracts called from other chains.

use causeway_contracts::apps::transfer::Transfer;
use causeway_contracts::{Account, AppError, Token};
use causeway_core::gmp::{self, AccountIdentifier};
use causeway_core::transfer::{Denom, escrow_address};
use causeway_core::{Amount, PortId};
use causeway_wire_cometbft::query::{
    self, Coin, Hop, PageResponse, QueryAccountAddress, QueryAccountAddressResponse, QueryCount,
    QueryCountResponse, QueryDenom, QueryDenomHash, QueryDenomHashResponse, QueryDenomResponse,
    QueryDenoms, QueryDenomsResponse, QueryEscrowAddress, QueryEscrowAddressResponse,
    QueryTotalEscrow, QueryTotalEscrowResponse, path,
};

use super::Failure;
use super::client::ids;
use super::failure::respond;
use super::page::Page;
use super::view::{View, address, client_id};
use crate::app::config::counter_address;
use crate::app::state::{Store, supply_prefix};
use crate::app::tx::account_text;

/// How the vouchers' names begin.
const VOUCHER: &str = "ibc/";

/// The most clients that one question looks through.
const MAX_CLIENTS: usize = 1_000;

pub(crate) fn answer(view: &View<'_>, path: &str, data: &[u8]) -> Option<Result<Vec<u8>, Failure>> {
    Some(match format!("/{path}").as_str() {
        path::DENOM => respond(data, |query| denom(view, &query)),
        path::DENOMS => respond(data, |query| denoms(view, query)),
        path::DENOM_HASH => respond(data, |query| denom_hash(view, &query)),
        path::ESCROW_ADDRESS => respond(data, |query| escrow(&query)),
        path::TOTAL_ESCROW => respond(data, |query| total_escrow(view, query)),
        path::ACCOUNT_ADDRESS => respond(data, |query| account_address(&query)),
        path::COUNT => respond(data, |query| count(view, &query)),
        _ => return None,
    })
}

fn refused(error: &AppError) -> Failure {
    Failure::Unknown(format!("{error:?}"))
}

/// What a voucher stands for; `None` for what is none.
fn denom_of(view: &View<'_>, token: &Token) -> Result<Option<Denom>, Failure> {
    view.ask(|context| Transfer::denom_of(context, token)).map_err(|error| refused(&error))
}

fn wire(denom: &Denom) -> query::Denom {
    let hop = |hop: &causeway_core::transfer::Hop| Hop {
        port_id: hop.port().to_string(),
        channel_id: hop.client().to_string(),
    };
    query::Denom { base: denom.base().to_owned(), trace: denom.hops().iter().map(hop).collect() }
}

fn denom(view: &View<'_>, query: &QueryDenom) -> Result<QueryDenomResponse, Failure> {
    let hash = query.hash.strip_prefix(VOUCHER).unwrap_or(&query.hash).to_ascii_uppercase();
    let found = denom_of(view, &Token(format!("{VOUCHER}{hash}")))?;
    let denom =
        found.ok_or_else(|| Failure::NotFound(format!("{hash}: denomination not found")))?;
    Ok(QueryDenomResponse { denom: Some(wire(&denom)) })
}

/// The vouchers of which there are any.
fn denoms(view: &View<'_>, query: QueryDenoms) -> Result<QueryDenomsResponse, Failure> {
    let page = Page::new(query.pagination)?;
    let prefix = [&supply_prefix(), VOUCHER.as_bytes()].concat();
    let (found, pagination) = page.of(&view.state, Store::Bank, &prefix);
    let mut denoms = Vec::new();
    for (hash, _) in found {
        let token = Token(format!("{VOUCHER}{}", String::from_utf8_lossy(&hash)));
        denoms.extend(denom_of(view, &token)?.as_ref().map(wire));
    }
    let pagination: Option<PageResponse> = Some(pagination);
    Ok(QueryDenomsResponse { denoms, pagination })
}

fn denom_hash(view: &View<'_>, query: &QueryDenomHash) -> Result<QueryDenomHashResponse, Failure> {
    let denom: Denom =
        query.trace.parse().map_err(|error| Failure::InvalidArgument(format!("{error}")))?;
    let name = denom.local_name();
    let hash = name.strip_prefix(VOUCHER).filter(|_| !denom.is_native());
    let known = denom_of(view, &Token(name.clone()))?;
    match (hash, known) {
        (Some(hash), Some(_)) => Ok(QueryDenomHashResponse { hash: hash.to_owned() }),
        _ => Err(Failure::NotFound(format!("{}: denomination not found", query.trace))),
    }
}

fn port(text: &str) -> Result<PortId, Failure> {
    PortId::new(text).map_err(|error| Failure::InvalidArgument(error.to_string()))
}

fn escrow(query: &QueryEscrowAddress) -> Result<QueryEscrowAddressResponse, Failure> {
    let account = escrow_address(&port(&query.port_id)?, &client_id(&query.channel_id)?);
    Ok(QueryEscrowAddressResponse { escrow_address: account_text(&Account(account.to_vec())) })
}

fn total_escrow(
    view: &View<'_>,
    query: QueryTotalEscrow,
) -> Result<QueryTotalEscrowResponse, Failure> {
    let token = Token(query.denom.clone());
    let mut sum = Amount::ZERO;
    for id in ids(view, None, MAX_CLIENTS) {
        let escrowed = view.ask(|context| Transfer::escrowed(context, &id, &token));
        let escrowed = escrowed.map_err(|error| refused(&error))?;
        // No more is locked than there is.
        sum = sum.checked_add(escrowed).unwrap_or(Amount::MAX);
    }
    let amount = Coin { denom: query.denom, amount: sum.to_string() };
    Ok(QueryTotalEscrowResponse { amount: Some(amount) })
}

fn account_address(query: &QueryAccountAddress) -> Result<QueryAccountAddressResponse, Failure> {
    let invalid = |text: String| Failure::InvalidArgument(text);
    let salt = hex::decode(&query.salt).map_err(|error| invalid(error.to_string()))?;
    let client = client_id(&query.client_id)?;
    let owner = AccountIdentifier::new(client, query.sender.clone(), salt)
        .map_err(|error| invalid(error.to_string()))?;
    let account = Account(owner.address().to_vec());
    Ok(QueryAccountAddressResponse { account_address: account_text(&account) })
}

fn count(view: &View<'_>, query: &QueryCount) -> Result<QueryCountResponse, Failure> {
    let caller = address(&query.caller)?;
    let counter = counter_address();
    let port = port(gmp::PORT)?;
    let name_space = hex::encode(counter.as_bytes());
    let stored = view.ask(|context| {
        context.as_app(&port, |context| {
            context.within(&name_space, |context| context.get(caller.as_bytes()))
        })
    });
    let stored = stored.map_err(|error| Failure::Unknown(error.to_string()))?;
    let count = stored.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes);
    let contract = account_text(&Account(counter.as_bytes().to_vec()));
    Ok(QueryCountResponse { count, contract })
}
