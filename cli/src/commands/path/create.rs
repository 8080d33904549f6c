//! `causeway path create`.

use anyhow::anyhow;
use causeway_relayer_daemon::work::create_path;
use clap::Args;

use super::{document, text};
use crate::config::ConfigArgs;
use crate::keys::PassphraseArgs;
use crate::output::{Answer, Failure, Output};
use crate::relaying::{check_network, endpoints, failure, named, path_parameters};

/// Arguments of `causeway path create`.
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// One chain.
    #[arg(value_name = "CHAIN")]
    a: String,

    /// The other.
    #[arg(value_name = "CHAIN")]
    b: String,

    #[command(flatten)]
    passphrase: PassphraseArgs,

    #[command(flatten)]
    config: ConfigArgs,
}

impl CreateArgs {
    /// Finds the path when there is one, so that doing it twice does no harm.
    pub(super) fn run(self) -> Result<Answer, Failure> {
        let config = self.config.load()?;
        if self.a == self.b {
            return Err(Failure::Usage(anyhow!("a path is between two chains")));
        }
        let chain = |alias| config.chain(alias).map_err(|reason| Failure::Usage(anyhow!(reason)));
        let parameters = path_parameters(chain(&self.a)?, chain(&self.b)?);
        let chains = [self.a.as_str(), self.b.as_str()];
        let endpoints = endpoints(&config, chains, &self.passphrase)?;
        let (a, b) = (named(&endpoints, &self.a)?, named(&endpoints, &self.b)?);
        Output::progress(&format!("connecting {} and {}", self.a, self.b));
        let path = crate::commands::runtime()?.block_on(async {
            for it in [a, b] {
                check_network(&config, it.alias, it.endpoint).await?;
            }
            create_path(a, b, &parameters).await.map_err(failure)
        })?;
        Ok(Answer::new(document(&path), text(&path)))
    }
}
