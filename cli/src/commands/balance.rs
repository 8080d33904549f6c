//! `causeway balance`.

use anyhow::anyhow;
use clap::Args;
use serde_json::json;

use crate::account::ChainAccount;
use crate::config::ConfigArgs;
use crate::families::{self, Balance};
use crate::output::{Answer, Failure};

/// Arguments of `causeway balance`.
#[derive(Debug, Args)]
pub(crate) struct BalanceArgs {
    /// CHAIN:ACCOUNT, where the account is an address or the name of a key.
    account: ChainAccount,

    #[command(flatten)]
    config: ConfigArgs,
}

impl BalanceArgs {
    pub(crate) fn run(self) -> Result<Answer, Failure> {
        let config = self.config.load()?;
        let (chain, address) = self.account.resolve(&config)?;
        let client = families::connect(chain).map_err(|reason| Failure::Usage(anyhow!(reason)))?;
        let runtime = super::runtime()?;
        let balances = runtime.block_on(client.balances(&address)).map_err(super::failure)?;
        let entries: Vec<_> = balances.iter().map(entry).collect();
        let lines: Vec<_> = balances.iter().map(line).collect();
        let document = json!({
            "chain": self.account.chain,
            "address": address,
            "balances": entries,
        });
        Ok(Answer::new(document, format!("{address}\n{}", lines.join("\n"))))
    }
}

fn entry(balance: &Balance) -> serde_json::Value {
    json!({
        "denom": balance.denom,
        "amount": balance.amount.to_string(),
        "route": balance.route,
    })
}

fn line(balance: &Balance) -> String {
    let Balance { denom, amount, route } = balance;
    match route {
        Some(route) => format!("  {amount} {denom} ({route})"),
        None => format!("  {amount} {denom}"),
    }
}
