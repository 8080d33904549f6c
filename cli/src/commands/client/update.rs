//! `causeway client update`.

use causeway_core::ClientId;
use causeway_relayer_daemon::work::{Named, update_client};
use clap::Args;
use serde_json::json;

use super::subject::Subject;
use super::{parse_id, payer, refused};
use crate::account::ChainKey;
use crate::config::ConfigArgs;
use crate::keys::PassphraseArgs;
use crate::output::{Answer, Failure};
use crate::relaying::{PATIENCE, readers, signer};

/// Arguments of `causeway client update`.
#[derive(Debug, Args)]
pub(crate) struct UpdateArgs {
    /// CHAIN or CHAIN:KEY: which chain hosts it, and who pays there.
    #[arg(value_name = "CHAIN")]
    chain: ChainKey,

    /// The client there.
    #[arg(value_name = "CLIENT", value_parser = parse_id)]
    client: ClientId,

    #[command(flatten)]
    passphrase: PassphraseArgs,

    #[command(flatten)]
    config: ConfigArgs,
}

impl UpdateArgs {
    pub(super) fn run(self) -> Result<Answer, Failure> {
        let config = self.config.load()?;
        let endpoints = readers(&config)?;
        let host = signer(&config, &payer(&self.chain, &config), &self.passphrase)?;
        let host = Named { alias: &self.chain.chain, endpoint: &*host };
        let runtime = crate::commands::runtime()?;
        runtime.block_on(async {
            let subject = Subject::find(&endpoints, host.alias, &self.client).await?;
            let followed = subject.followed(&endpoints)?;
            let what = format!("{} on {} to follow {}", self.client, host.alias, followed.alias);
            let updated = update_client(host, &self.client, followed, PATIENCE).await;
            let (height, transaction) = match updated {
                Ok(updated) => updated,
                Err(error) => return refused(&what, error),
            };
            let status = match (&transaction, subject.is_usable()) {
                (_, false) => "stranded",
                (Some(_), true) => "updated",
                (None, true) => "newest",
            };
            let document = json!({
                "chain": host.alias,
                "client": self.client.to_string(),
                "status": status,
                "latest": height.to_string(),
                "transaction": transaction.as_ref().map(|it| &it.0),
                "reason": subject.reason(),
                "next": subject.next(),
            });
            let mut lines = vec![match status {
                "updated" => format!("updated {what}: at {height}"),
                "newest" => format!("{what}: at {height}, the newest final height, already"),
                _ => format!("{what}: at {height}, from where nothing leads on"),
            }];
            lines.extend(subject.reason().map(|reason| format!("  why          {reason}")));
            lines.extend(subject.next().map(|next| format!("  next         {next}")));
            lines.extend(transaction.map(|it| format!("  transaction  {}", it.0)));
            let is_yes = subject.is_usable();
            Ok(Answer { document, text: lines.join("\n"), is_yes })
        })
    }
}
