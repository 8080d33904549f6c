//! Balances, escrows and vouchers.

use async_trait::async_trait;
use causeway_core::ClientId;
use causeway_core::transfer::Denom;
use causeway_wire_bitcoin::NATIVE_DENOM;
use causeway_wire_bitcoin::state::{AccountState, Balance, ClientBooks};
use serde_json::{Value, json};

use super::{BitcoinEndpoint, nonsense};
use crate::{Books, EndpointError, Holding, Ledger};

fn holding(balance: Balance) -> Result<Holding, EndpointError> {
    let path = balance.denom.unwrap_or(balance.token);
    let denom: Denom = path.parse().map_err(|error| nonsense("denomination", &error))?;
    Ok(Holding { denom, amount: balance.amount })
}

fn holdings(balances: Vec<Balance>) -> Result<Vec<Holding>, EndpointError> {
    balances.into_iter().map(holding).collect()
}

#[async_trait]
impl Ledger for BitcoinEndpoint {
    async fn balances(&self, account: &str) -> Result<Vec<Holding>, EndpointError> {
        let scan = self.scan(account).await?;
        let answer: Value = self.rpc.call("getaccount", vec![json!(account)]).await?;
        let state =
            AccountState::from_json(&answer).map_err(|error| nonsense("getaccount", &error))?;
        let mut held = holdings(state.balances)?;
        let coins = scan.total_amount.0;
        if coins > 0 {
            let denom = Denom::native(NATIVE_DENOM);
            let denom = denom.map_err(|error| nonsense("denomination", &error))?;
            held.insert(0, Holding { denom, amount: coins.into() });
        }
        Ok(held)
    }

    async fn books(&self, client: &ClientId) -> Result<Books, EndpointError> {
        let params = vec![json!(client.as_str()), json!("books")];
        let answer: Value = self.rpc.call("getaccount", params).await?;
        let books =
            ClientBooks::from_json(&answer).map_err(|error| nonsense("getaccount", &error))?;
        Ok(Books { escrowed: holdings(books.escrowed)?, issued: holdings(books.issued)? })
    }
}
