//! `causeway client create`.

use anyhow::anyhow;
use causeway_relayer_daemon::work::{Named, create_client};
use clap::Args;
use serde_json::json;

use super::{payer, refused};
use crate::account::ChainKey;
use crate::config::ConfigArgs;
use crate::keys::PassphraseArgs;
use crate::output::{Answer, Failure};
use crate::relaying::{PATIENCE, client_parameters, reader, signer};

/// Arguments of `causeway client create`.
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// CHAIN or CHAIN:KEY: which chain is to host it, and who pays there.
    #[arg(value_name = "CHAIN")]
    host: ChainKey,

    /// The chain that it is to follow.
    #[arg(value_name = "FOLLOWED")]
    followed: String,

    #[command(flatten)]
    passphrase: PassphraseArgs,

    #[command(flatten)]
    config: ConfigArgs,
}

impl CreateArgs {
    pub(super) fn run(self) -> Result<Answer, Failure> {
        let config = self.config.load()?;
        let usage = |reason: String| Failure::Usage(anyhow!(reason));
        let (alias, follows) = (&self.host.chain, &self.followed);
        if alias == follows {
            return Err(usage("a client follows another chain than its own".to_owned()));
        }
        let parameters = client_parameters(
            config.chain(alias).map_err(usage)?,
            config.chain(follows).map_err(usage)?,
        );
        let host = signer(&config, &payer(&self.host, &config), &self.passphrase)?;
        let followed = reader(&config, follows)?;
        let runtime = crate::commands::runtime()?;
        let host = Named { alias, endpoint: &*host };
        let followed = Named { alias: follows, endpoint: &*followed };
        let created = runtime.block_on(create_client(host, followed, &parameters, PATIENCE));
        let client = match created {
            Ok(client) => client,
            Err(error) => return refused(&format!("a client of {follows} on {alias}"), error),
        };
        let document = json!({
            "chain": alias,
            "client": client.to_string(),
            "follows": follows,
            "status": "created",
        });
        Ok(Answer::new(document, format!("created {client} on {alias}, of {follows}")))
    }
}
