//! `causeway chain status`.

use std::process::ExitCode;

use anyhow::anyhow;
use clap::Args;
use serde_json::{Value, json};

use crate::config::{ChainConfig, Config, ConfigArgs};
use crate::control;
use crate::families::{self, ClientError, Status};
use crate::output::{Answer, Failure, Output};

/// Arguments of `causeway chain status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// The chains [default: all].
    chains: Vec<String>,

    #[command(flatten)]
    config: ConfigArgs,
}

impl StatusArgs {
    /// Asks all chains, and fails when one of them gives no answer: those that do are shown.
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let config = self.config.load()?;
        let chains = chosen(&config, &self.chains)?;
        let runtime = crate::commands::runtime()?;
        let (entries, lines, failed) = runtime.block_on(ask_all(&config, &chains));
        output.answer(&Answer::new(json!({ "chains": entries }), lines.join("\n")))?;
        match failed.as_slice() {
            [] => Ok(ExitCode::SUCCESS),
            failed => {
                let failed = failed.join(", ");
                Err(Failure::Environment(anyhow!("no status of {failed}")))
            }
        }
    }
}

type Chosen<'c> = Vec<(&'c str, &'c ChainConfig)>;

fn chosen<'c>(config: &'c Config, names: &'c [String]) -> Result<Chosen<'c>, Failure> {
    if names.is_empty() {
        return Ok(config.chains.iter().map(|(name, it)| (name.get_ref().as_str(), it)).collect());
    }
    let mut chosen = Vec::new();
    for name in names {
        let chain = config.chain(name).map_err(|reason| Failure::Usage(anyhow!(reason)))?;
        chosen.push((name.as_str(), chain));
    }
    Ok(chosen)
}

async fn ask_all(
    config: &Config,
    chains: &[(&str, &ChainConfig)],
) -> (Vec<Value>, Vec<String>, Vec<String>) {
    // What the shell of the bundled network knows comes on top, where it can be asked.
    let inside = match &config.network {
        Some(network) => control::status(network).await.unwrap_or_default(),
        None => Vec::new(),
    };
    let (mut entries, mut lines, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for (name, chain) in chains {
        match ask(chain).await {
            Ok(status) => {
                let own = inside.iter().find(|report| report["chain"] == *name);
                entries.push(entry(name, &status, own));
                lines.push(line(name, &status, own));
            }
            Err(error) => {
                entries.push(json!({ "chain": name, "error": error.to_string() }));
                lines.push(format!("{name:<8} {error}"));
                failed.push((*name).to_owned());
            }
        }
    }
    (entries, lines, failed)
}

async fn ask(chain: &ChainConfig) -> Result<Status, ClientError> {
    let client = families::connect(chain).map_err(ClientError::Usage)?;
    families::check_network(client.as_ref(), chain.network_id.get_ref()).await
}

fn entry(name: &str, status: &Status, own: Option<&Value>) -> Value {
    let own = |field: &str| own.map_or(Value::Null, |own| own[field].clone());
    json!({
        "chain": name,
        "network_id": status.network_id,
        "head": status.head,
        "finalized": status.finalized,
        "time": status.time,
        "software": status.software,
        "participants": own("participants"),
        "conditions": own("conditions"),
        "faults": own("faults"),
    })
}

fn line(name: &str, status: &Status, own: Option<&Value>) -> String {
    let finalized = status.finalized.map_or("nothing".to_owned(), |height| height.to_string());
    let Status { head, time, software, .. } = status;
    let mut parts =
        vec![format!("{name:<8} height {head}, final {finalized}, time {time}, {software}")];
    let listed = |field: &str| own.and_then(|own| own[field].as_array().cloned());
    for field in ["conditions", "faults"] {
        let words = listed(field).unwrap_or_default();
        let words: Vec<_> = words.iter().filter_map(Value::as_str).collect();
        if !words.is_empty() {
            parts.push(format!("{field}: {}", words.join(", ")));
        }
    }
    parts.join("; ")
}
