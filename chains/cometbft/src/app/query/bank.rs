//! Balances.

use causeway_core::Amount;
use causeway_wire_cometbft::query::{
    Coin, DenomUnit, Metadata, PageResponse, QueryAllBalances, QueryAllBalancesResponse,
    QueryBalance, QueryBalanceResponse, QueryDenomMetadata, QueryDenomMetadataResponse,
    QuerySupplyOf, QueryTotalSupply, QueryTotalSupplyResponse, path,
};

use super::Failure;
use super::failure::respond;
use super::page::Page;
use super::view::{View, address};
use crate::app::NATIVE_DENOM;
use crate::app::state::{Store, balance_prefix, read_amount, supply_prefix};

/// The native coin as people see it, and how many places it has.
const DISPLAY_DENOM: (&str, u32) = ("cway", 6);

pub(crate) fn answer(view: &View<'_>, path: &str, data: &[u8]) -> Option<Result<Vec<u8>, Failure>> {
    Some(match format!("/{path}").as_str() {
        path::BALANCE => respond(data, |query| balance(view, query)),
        path::ALL_BALANCES | path::SPENDABLE_BALANCES => {
            respond(data, |query| all_balances(view, query))
        }
        path::TOTAL_SUPPLY => respond(data, |query| total_supply(view, query)),
        path::SUPPLY_OF => respond(data, |query| Ok(supply_of(view, query))),
        path::DENOM_METADATA => respond(data, |query| metadata(&query)),
        _ => return None,
    })
}

fn coin(denom: String, amount: Amount) -> Coin {
    Coin { denom, amount: amount.to_string() }
}

fn balance(view: &View<'_>, query: QueryBalance) -> Result<QueryBalanceResponse, Failure> {
    let address = address(&query.address)?;
    let amount = view.state.balance(address.as_bytes(), &query.denom);
    Ok(QueryBalanceResponse { balance: Some(coin(query.denom, amount)) })
}

/// A page of sums, whose keys are the denominations.
fn sums(view: &View<'_>, page: &Page, prefix: &[u8]) -> (Vec<Coin>, PageResponse) {
    let (found, response) = page.of(&view.state, Store::Bank, prefix);
    let sum = |(denom, value): (Vec<u8>, Vec<u8>)| {
        Some(coin(String::from_utf8(denom).ok()?, read_amount(&value)))
    };
    (found.into_iter().filter_map(sum).collect(), response)
}

fn all_balances(
    view: &View<'_>,
    query: QueryAllBalances,
) -> Result<QueryAllBalancesResponse, Failure> {
    let address = address(&query.address)?;
    let page = Page::new(query.pagination)?;
    let (balances, pagination) = sums(view, &page, &balance_prefix(address.as_bytes()));
    Ok(QueryAllBalancesResponse { balances, pagination: Some(pagination) })
}

fn total_supply(
    view: &View<'_>,
    query: QueryTotalSupply,
) -> Result<QueryTotalSupplyResponse, Failure> {
    let page = Page::new(query.pagination)?;
    let (supply, pagination) = sums(view, &page, &supply_prefix());
    Ok(QueryTotalSupplyResponse { supply, pagination: Some(pagination) })
}

fn supply_of(view: &View<'_>, query: QuerySupplyOf) -> QueryBalanceResponse {
    let amount = view.state.supply(&query.denom);
    QueryBalanceResponse { balance: Some(coin(query.denom, amount)) }
}

/// Only the native coin is described; what vouchers stand for is the transfer application's.
fn metadata(query: &QueryDenomMetadata) -> Result<QueryDenomMetadataResponse, Failure> {
    if query.denom != NATIVE_DENOM {
        let text = format!("client metadata for denom {}", query.denom);
        return Err(Failure::NotFound(text));
    }
    let (display, exponent) = DISPLAY_DENOM;
    let unit = |denom: &str, exponent| DenomUnit { denom: denom.into(), exponent };
    let metadata = Metadata {
        description: "the coin that fees are paid in".into(),
        denom_units: vec![unit(NATIVE_DENOM, 0), unit(display, exponent)],
        base: NATIVE_DENOM.into(),
        display: display.into(),
        name: "Causeway".into(),
        symbol: display.to_ascii_uppercase(),
    };
    Ok(QueryDenomMetadataResponse { metadata: Some(metadata) })
}
