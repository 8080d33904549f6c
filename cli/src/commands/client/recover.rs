//! `causeway client recover`.

use anyhow::anyhow;
use causeway_chain::AUTHORITY;
use causeway_core::ClientId;
use causeway_relayer_daemon::work::{Named, create_client, recover_client};
use clap::Args;
use serde_json::json;

use super::subject::Subject;
use super::{parse_id, refused};
use crate::account::ChainKey;
use crate::config::{Config, ConfigArgs};
use crate::keys::PassphraseArgs;
use crate::output::{Answer, Failure, Output};
use crate::relaying::{Endpoints, PATIENCE, client_parameters, readers, signer};

/// Arguments of `causeway client recover`.
#[derive(Debug, Args)]
pub(crate) struct RecoverArgs {
    /// The chain that hosts it.
    #[arg(value_name = "CHAIN")]
    chain: String,

    /// The client there.
    #[arg(value_name = "CLIENT", value_parser = parse_id)]
    client: ClientId,

    /// An active client of the same chain, from whose state it goes on [default: a new one].
    #[arg(long, value_name = "CLIENT", value_parser = parse_id)]
    substitute: Option<ClientId>,

    /// The key of the chain's authority [default: the developers' of the bundled network].
    #[arg(long, value_name = "KEY")]
    authority: Option<String>,

    #[command(flatten)]
    passphrase: PassphraseArgs,

    #[command(flatten)]
    config: ConfigArgs,
}

impl RecoverArgs {
    pub(super) fn run(self) -> Result<Answer, Failure> {
        let config = self.config.load()?;
        let endpoints = readers(&config)?;
        config.chain(&self.chain).map_err(|reason| Failure::Usage(anyhow!(reason)))?;
        let who = ChainKey { chain: self.chain.clone(), key: Some(self.key(&config)?) };
        let host = signer(&config, &who, &self.passphrase)?;
        let host = Named { alias: &self.chain, endpoint: &*host };
        crate::commands::runtime()?.block_on(self.recover(&config, &endpoints, host))
    }

    fn key(&self, config: &Config) -> Result<String, Failure> {
        let of_network = config.network.as_ref().map(|_| AUTHORITY.to_owned());
        self.authority.clone().or(of_network).ok_or_else(|| {
            let reason = "only its authority recovers clients: name its key with --authority";
            Failure::Usage(anyhow!("{}: {reason}", self.chain))
        })
    }

    async fn recover(
        &self,
        config: &Config,
        endpoints: &Endpoints,
        host: Named<'_>,
    ) -> Result<Answer, Failure> {
        let subject = Subject::find(endpoints, host.alias, &self.client).await?;
        let what = format!("{} on {}", self.client, host.alias);
        if let Some(reason) = &subject.untold {
            let reason = anyhow!("whether {what} must be recovered cannot be told: {reason}");
            return Err(Failure::Environment(reason));
        }
        if subject.is_usable() {
            let text = format!("{what} is active: there is nothing to recover");
            return Ok(self.answer("active", (None, None), text));
        }
        let substitute = if let Some(id) = &self.substitute {
            Subject::find(endpoints, host.alias, id).await?.info.client.id
        } else {
            let followed = subject.followed(endpoints)?;
            let usage = |reason: String| Failure::Usage(anyhow!(reason));
            let parameters = client_parameters(
                config.chain(host.alias).map_err(usage)?,
                config.chain(followed.alias).map_err(usage)?,
            );
            match create_client(host, followed, &parameters, PATIENCE).await {
                Ok(id) => id,
                Err(error) => return refused(&format!("a substitute for {what}"), error),
            }
        };
        let other = Subject::find(endpoints, host.alias, &substitute).await?;
        if !other.is_usable() {
            let reason = anyhow!(
                "{substitute}, from which {what} would go on, is of no use either: wait until the \
                 chain that it follows makes blocks final again, then try once more"
            );
            return Err(Failure::Environment(reason));
        }
        Output::progress(&format!("{what} is to go on from where {substitute} is"));
        match recover_client(host, &self.client, &substitute, PATIENCE).await {
            Ok(transaction) => {
                let text =
                    format!("recovered {what} from {substitute}\n  transaction {}", transaction.0);
                let made = (Some(substitute.to_string()), Some(transaction.0));
                Ok(self.answer("recovered", made, text))
            }
            Err(error) => refused(&format!("recovery of {what} from {substitute}"), error),
        }
    }

    fn answer(
        &self,
        status: &str,
        (substitute, transaction): (Option<String>, Option<String>),
        text: String,
    ) -> Answer {
        let document = json!({
            "chain": self.chain,
            "client": self.client.to_string(),
            "status": status,
            "substitute": substitute,
            "transaction": transaction,
        });
        Answer::new(document, text)
    }
}
