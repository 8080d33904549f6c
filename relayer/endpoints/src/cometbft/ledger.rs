//! Balances, escrows and vouchers.

use async_trait::async_trait;
use causeway_core::transfer::{Denom, Hop};
use causeway_core::{ClientId, PortId};
use causeway_wire_cometbft::query::{
    self, PageRequest, QueryAllBalances, QueryAllBalancesResponse, QueryBalanceResponse,
    QueryDenom, QueryDenomResponse, QueryDenoms, QueryDenomsResponse, QueryEscrowAddress,
    QueryEscrowAddressResponse, QuerySupplyOf, path,
};
use causeway_wire_cometbft::rpc::AbciInfo;
use prost::Message;
use serde_json::json;

use super::rpc::Rpc;
use super::{CometbftEndpoint, header_after, nonsense, unsigned};
use crate::{Books, EndpointError, Holding, Ledger};

/// Where transfers are sent from.
const TRANSFER_PORT: &str = "transfer";

/// How vouchers are named in the bank, before the hash of their path (ADR-001).
const VOUCHER: &str = "ibc/";

/// The most entries of a list that are read, and of one page of it.
const MAX_ENTRIES: usize = 10_000;
const ENTRIES_PER_PAGE: u64 = 100;

fn page(key: Vec<u8>) -> PageRequest {
    PageRequest { key, limit: ENTRIES_PER_PAGE, ..PageRequest::default() }
}

fn denom_of(denom: &query::Denom) -> Result<Denom, EndpointError> {
    let hops = denom.trace.iter().map(|hop| format!("{}/{}/", hop.port_id, hop.channel_id));
    let path = hops.collect::<String>() + &denom.base;
    path.parse().map_err(|error| nonsense("denomination", &error))
}

/// The state after one block: all questions are answered by it.
struct State<'a> {
    rpc: &'a Rpc,
    block: u64,
}

impl State<'_> {
    async fn ask<A: Message + Default>(
        &self,
        path: &'static str,
        question: &impl Message,
    ) -> Result<A, EndpointError> {
        self.rpc.ask_at(self.block, path, question).await
    }

    async fn denom(&self, name: &str) -> Result<Denom, EndpointError> {
        let Some(hash) = name.strip_prefix(VOUCHER) else {
            return Denom::native(name).map_err(|error| nonsense("denomination", &error));
        };
        let question = QueryDenom { hash: hash.to_owned() };
        let answer: QueryDenomResponse = self.ask(path::DENOM, &question).await?;
        let denom = answer.denom.ok_or_else(|| nonsense("denomination", &"none"))?;
        let denom = denom_of(&denom)?;
        if denom.local_name() == name {
            return Ok(denom);
        }
        Err(nonsense("denomination", &format!("{denom} is not {name}")))
    }

    async fn holding(&self, coin: &query::Coin) -> Result<Holding, EndpointError> {
        let amount = coin.amount.parse().map_err(|error| nonsense("amount", &error))?;
        Ok(Holding { denom: self.denom(&coin.denom).await?, amount })
    }

    async fn balances(&self, account: &str) -> Result<Vec<Holding>, EndpointError> {
        let (mut holdings, mut key) = (Vec::new(), Vec::new());
        while holdings.len() < MAX_ENTRIES {
            let question =
                QueryAllBalances { address: account.to_owned(), pagination: Some(page(key)) };
            let answer: QueryAllBalancesResponse = self.ask(path::ALL_BALANCES, &question).await?;
            for coin in &answer.balances {
                holdings.push(self.holding(coin).await?);
            }
            key = answer.pagination.map(|page| page.next_key).unwrap_or_default();
            if key.is_empty() {
                break;
            }
        }
        holdings.retain(|holding| !holding.amount.is_zero());
        Ok(holdings)
    }

    async fn vouchers(&self) -> Result<Vec<Denom>, EndpointError> {
        let (mut denoms, mut key) = (Vec::new(), Vec::new());
        while denoms.len() < MAX_ENTRIES {
            let question = QueryDenoms { pagination: Some(page(key)) };
            let answer: QueryDenomsResponse = self.ask(path::DENOMS, &question).await?;
            denoms.extend(answer.denoms.iter().map(denom_of).collect::<Result<Vec<_>, _>>()?);
            key = answer.pagination.map(|page| page.next_key).unwrap_or_default();
            if key.is_empty() {
                break;
            }
        }
        Ok(denoms)
    }

    /// The vouchers that came through a client.
    async fn issued(&self, hop: &Hop) -> Result<Vec<Holding>, EndpointError> {
        let mut issued = Vec::new();
        for denom in self.vouchers().await? {
            if !denom.came_through(hop) {
                continue;
            }
            let question = QuerySupplyOf { denom: denom.local_name() };
            let answer: QueryBalanceResponse = self.ask(path::SUPPLY_OF, &question).await?;
            let coin = answer.balance.ok_or_else(|| nonsense("supply", &"none"))?;
            let amount = coin.amount.parse().map_err(|error| nonsense("amount", &error))?;
            issued.push(Holding { denom, amount });
        }
        issued.retain(|holding| !holding.amount.is_zero());
        Ok(issued)
    }
}

impl CometbftEndpoint {
    /// The newest state, which the next header will prove.
    async fn newest_state(&self) -> Result<State<'_>, EndpointError> {
        let info: AbciInfo = self.rpc.call("abci_info", json!({})).await?;
        let height = info.response.last_block_height.map_or(0, |height| height.0);
        Ok(State { rpc: &self.rpc, block: unsigned("abci_info", height)? })
    }
}

#[async_trait]
impl Ledger for CometbftEndpoint {
    async fn balances(&self, account: &str) -> Result<Vec<Holding>, EndpointError> {
        self.newest_state().await?.balances(account).await
    }

    async fn books(&self, client: &ClientId) -> Result<Books, EndpointError> {
        let state = self.newest_state().await?;
        let port = PortId::new(TRANSFER_PORT).map_err(|error| nonsense("port", &error))?;
        let question =
            QueryEscrowAddress { port_id: port.to_string(), channel_id: client.to_string() };
        let escrow: QueryEscrowAddressResponse = state.ask(path::ESCROW_ADDRESS, &question).await?;
        let hop = Hop::new(port, client.clone()).map_err(|error| nonsense("client id", &error))?;
        Ok(Books {
            height: self.height(header_after(state.block)),
            escrowed: state.balances(&escrow.escrow_address).await?,
            issued: state.issued(&hop).await?,
        })
    }
}
