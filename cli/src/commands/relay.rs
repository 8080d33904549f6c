//! `causeway relay`: the relayer, until told to stop.

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::anyhow;
use causeway_relayer_daemon::rpc::RpcError;
use causeway_relayer_daemon::{Config as DaemonConfig, Daemon, Path, StartError};
use clap::Args;
use serde_json::{Value, json};

use super::path;
use crate::config::{Config, ConfigArgs, RelayerConfig};
use crate::keys::PassphraseArgs;
use crate::log::{LogArgs, LogLevel};
use crate::output::{Answer, Failure, Output};
use crate::relaying::{self, Endpoints, configured_paths, endpoints, find_paths};
use crate::signals::told_to_stop;

/// Arguments of `causeway relay`.
#[derive(Debug, Args)]
pub(crate) struct RelayArgs {
    /// Where the relayer's API listens [default: `listen` of the configuration's relayer].
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,

    #[command(flatten)]
    log: LogArgs,

    #[command(flatten)]
    passphrase: PassphraseArgs,

    #[command(flatten)]
    config: ConfigArgs,
}

impl RelayArgs {
    pub(crate) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        self.log.start(LogLevel::Info);
        let config = self.config.load()?;
        let paths = configured_paths(&config)?;
        let endpoints = self.endpoints(&config, &paths)?;
        let runtime = super::runtime()?;
        let result = runtime.block_on(self.run_until_told(&config, endpoints, paths, output));
        runtime.shutdown_background();
        result
    }

    /// The chains of the paths, or all where paths are still to be found.
    fn endpoints(&self, config: &Config, paths: &[Path]) -> Result<Endpoints, Failure> {
        let is_wanted = |alias: &&str| {
            paths.is_empty()
                || paths.iter().any(|path| [&path.a, &path.b].iter().any(|it| it.chain == *alias))
        };
        let chains = config.chains.keys().map(|alias| alias.get_ref().as_str());
        endpoints(config, chains.filter(is_wanted), &self.passphrase)
    }

    async fn run_until_told(
        self,
        config: &Config,
        endpoints: Endpoints,
        mut paths: Vec<Path>,
        output: &Output,
    ) -> Result<ExitCode, Failure> {
        let told = told_to_stop()?;
        tokio::pin!(told);
        if paths.is_empty() {
            paths = tokio::select! {
                found = find_paths(&endpoints) => found?,
                () = &mut told => return Ok(ExitCode::SUCCESS),
            };
        }
        for (alias, endpoint) in &endpoints {
            // A chain that does not answer yet may answer later; another chain never will.
            if let Err(Failure::Usage(error)) =
                relaying::check_network(config, alias, &**endpoint).await
            {
                return Err(Failure::Usage(error));
            }
        }
        if paths.is_empty() {
            let reason = "there is no path between the configured chains: `causeway path create` \
                          makes one";
            return Err(Failure::Usage(anyhow!(reason)));
        }
        let listen = self.listen.map(|listen| toml::Spanned::new(0..0, listen));
        let relayer = match (config.relayer.clone(), listen) {
            (Some(relayer), Some(listen)) => Some(RelayerConfig { listen, ..relayer }),
            (None, Some(listen)) => Some(RelayerConfig { listen, token_file: None, store: None }),
            (relayer, None) => relayer,
        };
        let daemon = start(relayer.as_ref(), endpoints, &paths).await?;
        output.answer(&answer(&daemon, &paths))?;
        told.await;
        Output::progress("stopping");
        daemon.stop().await;
        Ok(ExitCode::SUCCESS)
    }
}

/// Starts the relayer of a configuration.
pub(super) async fn start(
    relayer: Option<&RelayerConfig>,
    endpoints: Endpoints,
    paths: &[Path],
) -> Result<Daemon, Failure> {
    let rpc = relayer.map(relaying::rpc_settings).transpose()?;
    let store = relaying::store(relayer)?;
    let config = DaemonConfig { rpc, ..DaemonConfig::default() };
    Daemon::start(config, endpoints, paths, &store).await.map_err(|error| match error {
        StartError::UnknownChain { .. }
        | StartError::Loop(_)
        | StartError::Rpc(RpcError::NoToken(_) | RpcError::BadToken) => Failure::usage(error),
        StartError::Store(_) | StartError::Rpc(RpcError::Listen { .. }) => {
            Failure::environment(error)
        }
    })
}

fn answer(daemon: &Daemon, paths: &[Path]) -> Answer {
    let url = daemon.rpc_address().map(|address| format!("http://{address}"));
    let documents: Vec<Value> = paths.iter().map(path::document).collect();
    let mut lines: Vec<_> = paths.iter().map(path::text).collect();
    lines.extend(url.as_ref().map(|url| format!("relayer    {url}")));
    Answer::new(json!({ "relayer": url, "paths": documents }), lines.join("\n"))
}
