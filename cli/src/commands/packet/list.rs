//! `causeway packet list`.

use anyhow::anyhow;
use causeway_relayer_daemon::rpc::types::{PacketsJson, PacketsParams};
use clap::{Args, ValueEnum};

use super::{paths, routes, text};
use crate::account::ChainAccount;
use crate::asking::{AskError, Relayer, RelayerArgs};
use crate::config::{Config, ConfigArgs};
use crate::keys::KeyRing;
use crate::output::{Answer, Failure};

/// How many packets are shown if nobody says.
const DEFAULT_LIMIT: usize = 50;

/// Whether a packet has ended.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    Open,
    Ended,
}

/// How a packet has ended.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Outcome {
    Acknowledged,
    Rejected,
    Refunded,
    Settled,
}

/// The name of a value on the command line, which is its name in the relayer's API.
fn name<V: ValueEnum>(value: &V) -> String {
    value.to_possible_value().map(|it| it.get_name().to_owned()).unwrap_or_default()
}

/// Arguments of `causeway packet list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only of this path: its number, or CHAIN:CHAIN.
    #[arg(long, value_name = "PATH")]
    path: Option<String>,

    /// Only those sent on this chain.
    #[arg(long, value_name = "CHAIN")]
    from: Option<String>,

    /// Only those on their way, or only those that have ended.
    #[arg(long, value_enum)]
    state: Option<State>,

    /// Only those in this place of their life, such as executed; docs/cli.md lists them.
    #[arg(long, value_name = "STAGE")]
    stage: Option<String>,

    /// Only those that have ended so.
    #[arg(long, value_enum)]
    outcome: Option<Outcome>,

    /// Only those sent or received by this account: an address, or CHAIN:KEY.
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,

    /// At most so many.
    #[arg(long, value_name = "NUMBER", default_value_t = DEFAULT_LIMIT)]
    limit: usize,

    /// Go on where the page before ended, by its `next`.
    #[arg(long, value_name = "NEXT")]
    after: Option<String>,

    #[command(flatten)]
    relayer: RelayerArgs,

    #[command(flatten)]
    config: ConfigArgs,
}

/// An address, which may be said as CHAIN:KEY. The name of a key alone is none: keys have another
/// address on each chain.
pub(in crate::commands) fn address(text: &str, config: &Config) -> Result<String, Failure> {
    if let Ok(account) = text.parse::<ChainAccount>() {
        return Ok(account.resolve(config)?.1);
    }
    let ring = KeyRing::of_home()?;
    for chain in config.chains.keys() {
        let chain = chain.get_ref();
        if ring.find(text, chain, config)?.is_some() {
            let reason = anyhow!("{text:?} is a key: say on which chain, such as {chain}:{text}");
            return Err(Failure::Usage(reason));
        }
    }
    Ok(text.to_owned())
}

impl ListArgs {
    pub(super) fn run(self) -> Result<Answer, Failure> {
        let config = self.config.load()?;
        let relayer = self.relayer.reading(&config)?;
        crate::commands::runtime()?.block_on(async {
            let params = self.params(&config, &relayer).await?;
            let page: PacketsJson =
                relayer.ask("packets", params).await.map_err(AskError::failure)?;
            let mut lines: Vec<_> = page.packets.iter().map(text::line).collect();
            if lines.is_empty() {
                lines.push("no packets".to_owned());
            }
            lines.extend(page.next.as_ref().map(|next| format!("more: --after {next}")));
            let document = serde_json::to_value(&page).map_err(Failure::environment)?;
            Ok(Answer::new(document, lines.join("\n")))
        })
    }

    async fn params(&self, config: &Config, relayer: &Relayer) -> Result<PacketsParams, Failure> {
        let path = match &self.path {
            None => None,
            Some(name) => match paths(&routes(relayer).await?, name)?.as_slice() {
                [path] => Some(*path),
                several => {
                    let several: Vec<_> = several.iter().map(ToString::to_string).collect();
                    let several = several.join(", ");
                    let reason = anyhow!("several paths are {name}: name one of {several}");
                    return Err(Failure::Usage(reason));
                }
            },
        };
        if let Some(from) = &self.from {
            config.chain(from).map_err(|reason| Failure::Usage(anyhow!(reason)))?;
        }
        Ok(PacketsParams {
            path,
            from: self.from.clone(),
            state: self.state.as_ref().map(name),
            stage: self.stage.clone(),
            outcome: self.outcome.as_ref().map(name),
            account: self.account.as_ref().map(|it| address(it, config)).transpose()?,
            after: self.after.clone(),
            limit: Some(self.limit),
        })
    }
}
