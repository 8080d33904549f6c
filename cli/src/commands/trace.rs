//! `causeway trace`.

use causeway_relayer_daemon::rpc::types::{TraceJson, TraceParams};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::packet::{PacketId, address, by_id, by_transaction, text};
use crate::asking::{AskError, RelayerArgs};
use crate::config::{Config, ConfigArgs};
use crate::output::{Answer, Failure, Output};

/// Arguments of `causeway trace`.
#[derive(Debug, Args)]
pub(crate) struct TraceArgs {
    /// A packet (CHAIN/CLIENT/SEQUENCE of its source), a transaction, an account (an address, or
    /// CHAIN:KEY), or a sequence.
    #[arg(value_name = "ANY", value_parser = NonEmptyStringValueParser::new())]
    what: String,

    #[command(flatten)]
    relayer: RelayerArgs,

    #[command(flatten)]
    config: ConfigArgs,
}

impl TraceArgs {
    /// Asks the relayer, or else the chains for what they know by themselves.
    pub(crate) fn run(self) -> Result<Answer, Failure> {
        let config = self.config.load()?;
        let what = address(self.what.trim(), &config)?;
        super::runtime()?.block_on(async {
            let params = TraceParams { what: what.clone() };
            let asked = match self.relayer.reading(&config) {
                Ok(relayer) => relayer.ask("trace", params).await,
                Err(failure) => Err(AskError::Absent(failure)),
            };
            let traced: TraceJson = match asked {
                Ok(traced) => traced,
                Err(AskError::Absent(failure)) => {
                    Output::progress(&format!("{failure}; asking the chains"));
                    on_chains(&config, &what).await?.ok_or(failure)?
                }
                Err(AskError::Unknown(failure)) => {
                    on_chains(&config, &what).await?.ok_or(failure)?
                }
                Err(AskError::Other(failure)) => return Err(failure),
            };
            let mut lines: Vec<_> = traced.note.iter().cloned().collect();
            lines.extend(traced.packets.iter().map(text));
            let document = serde_json::to_value(&traced).map_err(Failure::environment)?;
            Ok(Answer::new(document, lines.join("\n\n")))
        })
    }
}

/// What the chains alone have to say; `None` where they cannot tell.
async fn on_chains(config: &Config, what: &str) -> Result<Option<TraceJson>, Failure> {
    if let Ok(id) = what.parse::<PacketId>() {
        id.check(config)?;
        let packets = vec![by_id(config, &id).await?];
        return Ok(Some(TraceJson { kind: "packet".to_owned(), note: None, packets }));
    }
    let packets = by_transaction(config, what).await?;
    let kind = "transaction".to_owned();
    Ok((!packets.is_empty()).then_some(TraceJson { kind, note: None, packets }))
}
