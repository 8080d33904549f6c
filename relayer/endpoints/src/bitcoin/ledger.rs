//! Balances, escrows and vouchers.

use async_trait::async_trait;
use causeway_core::ClientId;
use causeway_core::transfer::Denom;
use causeway_wire_bitcoin::NATIVE_DENOM;
use causeway_wire_bitcoin::state::{AccountState, Balance, ClientBooks};
use serde_json::{Value, json};

use super::{BitcoinEndpoint, height, nonsense};
use crate::{Books, EndpointError, Holding, Ledger};

/// How often the two halves of an account are read before they are of one block.
const MAX_TRIES: usize = 8;

fn holding(balance: Balance) -> Result<Holding, EndpointError> {
    let path = balance.denom.unwrap_or(balance.token);
    let denom: Denom = path.parse().map_err(|error| nonsense("denomination", &error))?;
    Ok(Holding { denom, amount: balance.amount })
}

fn holdings(balances: Vec<Balance>) -> Result<Vec<Holding>, EndpointError> {
    balances.into_iter().map(holding).collect()
}

impl BitcoinEndpoint {
    /// The coins of an address, and what the contracts' state has for it after the same block.
    async fn one_state(&self, account: &str) -> Result<(u64, AccountState), EndpointError> {
        for _ in 0..MAX_TRIES {
            let scan = self.scan(account).await?;
            let answer: Value = self.rpc.call("getaccount", vec![json!(account)]).await?;
            let state =
                AccountState::from_json(&answer).map_err(|error| nonsense("getaccount", &error))?;
            if scan.height == state.height {
                return Ok((scan.total_amount.0, state));
            }
        }
        let reason = format!("blocks came faster than {account} could be read");
        Err(EndpointError::Missing { what: "balances", reason })
    }
}

#[async_trait]
impl Ledger for BitcoinEndpoint {
    async fn balances(&self, account: &str) -> Result<Vec<Holding>, EndpointError> {
        let (coins, state) = self.one_state(account).await?;
        let mut held = holdings(state.balances)?;
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
        Ok(Books {
            height: height(books.height),
            escrowed: holdings(books.escrowed)?,
            issued: holdings(books.issued)?,
        })
    }
}
