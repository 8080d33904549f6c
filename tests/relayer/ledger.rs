//! Tokens of a small chain.

use async_trait::async_trait;
use causeway_core::{ClientId, Height};
use causeway_relayer_endpoints::{Books, EndpointError, Holding, Ledger};

use super::endpoint::Model;
use super::net;

#[async_trait]
impl Ledger for Model {
    async fn balances(&self, account: &str) -> Result<Vec<Holding>, EndpointError> {
        self.arrive().await?;
        Ok(self.here(|chain| {
            let all = chain.newest().balances.iter();
            let ours = all.filter(|((_, holder), amount)| holder == account && **amount > 0);
            ours.map(|((token, _), amount)| net::holding(token, *amount)).collect()
        }))
    }

    async fn books(&self, client: &ClientId) -> Result<Books, EndpointError> {
        self.arrive().await?;
        let escrow = format!("escrow/{client}");
        let prefix = format!("transfer/{client}/");
        Ok(self.here(|chain| {
            let all = || chain.newest().balances.iter().filter(|(_, amount)| **amount > 0);
            let escrowed = all().filter(|((_, holder), _)| *holder == escrow);
            let issued = all().filter(|((token, _), _)| token.starts_with(&prefix));
            let holding =
                |((token, _), amount): (&(String, String), &u64)| net::holding(token, *amount);
            Books {
                height: Height::from_block(chain.head() as u64),
                escrowed: escrowed.map(holding).collect(),
                issued: issued.map(holding).collect(),
            }
        }))
    }
}
