//! Balances, escrows and vouchers.

use async_trait::async_trait;
use causeway_core::transfer::{Denom, Hop};
use causeway_core::{ClientId, PortId};
use causeway_wire_cometbft::query::{
    self, PageRequest, QueryAllBalances, QueryAllBalancesResponse, QueryBalanceResponse,
    QueryDenom, QueryDenomResponse, QueryDenoms, QueryDenomsResponse, QueryEscrowAddress,
    QueryEscrowAddressResponse, QuerySupplyOf, path,
};

use super::{CometbftEndpoint, nonsense};
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

impl CometbftEndpoint {
    async fn denom(&self, name: &str) -> Result<Denom, EndpointError> {
        let Some(hash) = name.strip_prefix(VOUCHER) else {
            return Denom::native(name).map_err(|error| nonsense("denomination", &error));
        };
        let question = QueryDenom { hash: hash.to_owned() };
        let answer: QueryDenomResponse = self.rpc.ask(path::DENOM, &question).await?;
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

    async fn vouchers(&self) -> Result<Vec<Denom>, EndpointError> {
        let (mut denoms, mut key) = (Vec::new(), Vec::new());
        while denoms.len() < MAX_ENTRIES {
            let question = QueryDenoms { pagination: Some(page(key)) };
            let answer: QueryDenomsResponse = self.rpc.ask(path::DENOMS, &question).await?;
            denoms.extend(answer.denoms.iter().map(denom_of).collect::<Result<Vec<_>, _>>()?);
            key = answer.pagination.map(|page| page.next_key).unwrap_or_default();
            if key.is_empty() {
                break;
            }
        }
        Ok(denoms)
    }
}

#[async_trait]
impl Ledger for CometbftEndpoint {
    async fn balances(&self, account: &str) -> Result<Vec<Holding>, EndpointError> {
        let (mut holdings, mut key) = (Vec::new(), Vec::new());
        while holdings.len() < MAX_ENTRIES {
            let question =
                QueryAllBalances { address: account.to_owned(), pagination: Some(page(key)) };
            let answer: QueryAllBalancesResponse =
                self.rpc.ask(path::ALL_BALANCES, &question).await?;
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

    async fn books(&self, client: &ClientId) -> Result<Books, EndpointError> {
        let port = PortId::new(TRANSFER_PORT).map_err(|error| nonsense("port", &error))?;
        let question =
            QueryEscrowAddress { port_id: port.to_string(), channel_id: client.to_string() };
        let escrow: QueryEscrowAddressResponse =
            self.rpc.ask(path::ESCROW_ADDRESS, &question).await?;
        let escrowed = self.balances(&escrow.escrow_address).await?;

        let hop = Hop::new(port, client.clone()).map_err(|error| nonsense("client id", &error))?;
        let mut issued = Vec::new();
        for denom in self.vouchers().await? {
            if !denom.came_through(&hop) {
                continue;
            }
            let question = QuerySupplyOf { denom: denom.local_name() };
            let answer: QueryBalanceResponse = self.rpc.ask(path::SUPPLY_OF, &question).await?;
            let coin = answer.balance.ok_or_else(|| nonsense("supply", &"none"))?;
            let amount = coin.amount.parse().map_err(|error| nonsense("amount", &error))?;
            issued.push(Holding { denom, amount });
        }
        issued.retain(|holding| !holding.amount.is_zero());
        Ok(Books { escrowed, issued })
    }
}
