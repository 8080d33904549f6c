//! `causeway balance`.

use anyhow::anyhow;
use causeway_core::transfer::Denom;
use clap::Args;
use serde_json::{Value, json};

use crate::account::ChainAccount;
use crate::config::{Config, ConfigArgs};
use crate::crossing::Routes;
use crate::families::{self, Balance, ChainClient};
use crate::output::{Answer, Failure};

/// Arguments of `causeway balance`.
#[derive(Debug, Args)]
pub(crate) struct BalanceArgs {
    /// CHAIN:ACCOUNT, where the account is an address or the name of a key.
    account: ChainAccount,

    #[command(flatten)]
    config: ConfigArgs,
}

/// A balance, and for a voucher the way that it came, by the names of chains.
struct Entry {
    balance: Balance,
    route: Option<String>,
}

impl BalanceArgs {
    pub(crate) fn run(self) -> Result<Answer, Failure> {
        let config = self.config.load()?;
        let (chain, address) = self.account.resolve(&config)?;
        let client = families::connect(chain).map_err(|reason| Failure::Usage(anyhow!(reason)))?;
        let runtime = super::runtime()?;
        let entries = runtime.block_on(self.ask(&config, &*client, &address))?;
        let document = json!({
            "chain": self.account.chain,
            "address": address,
            "balances": entries.iter().map(Entry::document).collect::<Vec<_>>(),
        });
        let lines: Vec<_> = entries.iter().map(Entry::line).collect();
        Ok(Answer::new(document, format!("{address}\n{}", lines.join("\n"))))
    }

    async fn ask(
        &self,
        config: &Config,
        client: &dyn ChainClient,
        address: &str,
    ) -> Result<Vec<Entry>, Failure> {
        let balances = client.balances(address).await.map_err(super::failure)?;
        let routes = Routes::new(config)?;
        let mut entries = Vec::new();
        for balance in balances {
            let denom: Option<Denom> = balance.route.as_ref().and_then(|path| path.parse().ok());
            let route = match &denom {
                Some(denom) => Some(routes.of(denom, &self.account.chain).await),
                None => None,
            };
            entries.push(Entry { balance, route });
        }
        Ok(entries)
    }
}

impl Entry {
    fn document(&self) -> Value {
        json!({
            "denom": self.balance.denom,
            "amount": self.balance.amount.to_string(),
            "route": self.route,
            "path": self.balance.route,
        })
    }

    fn line(&self) -> String {
        let Balance { denom, amount, route: path } = &self.balance;
        match (&self.route, path) {
            (Some(route), Some(path)) => format!("  {amount} {denom} ({path}, {route})"),
            _ => format!("  {amount} {denom}"),
        }
    }
}
