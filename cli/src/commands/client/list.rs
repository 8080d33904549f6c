//! `causeway client list`.

use std::process::ExitCode;

use anyhow::anyhow;
use clap::Args;
use serde_json::{Value, json};

use super::subject::Subject;
use crate::config::{Config, ConfigArgs};
use crate::output::{Answer, Failure, Output};
use crate::relaying::{named, readers};

/// Arguments of `causeway client list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// The chains [default: all].
    #[arg(value_name = "CHAIN")]
    chains: Vec<String>,

    #[command(flatten)]
    config: ConfigArgs,
}

impl ListArgs {
    /// Asks all chains, and fails when one of them gives no answer: those that do are shown.
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let config = self.config.load()?;
        let runtime = crate::commands::runtime()?;
        let (clients, lines, failed) = runtime.block_on(self.ask(&config))?;
        let is_none = lines.is_empty() && failed.is_empty();
        let text = if is_none { "no clients".to_owned() } else { lines.join("\n") };
        output.answer(&Answer::new(json!({ "clients": clients }), text))?;
        if failed.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        Err(Failure::Environment(anyhow!("no clients of {}", failed.join("; "))))
    }

    async fn ask(
        &self,
        config: &Config,
    ) -> Result<(Vec<Value>, Vec<String>, Vec<String>), Failure> {
        let endpoints = readers(config)?;
        let chains = match self.chains.as_slice() {
            [] => endpoints.keys().cloned().collect(),
            named => named.to_vec(),
        };
        let usage = |reason: String| Failure::Usage(anyhow!(reason));
        for chain in &chains {
            config.chain(chain).map_err(usage)?;
        }
        let (mut documents, mut lines, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        for chain in &chains {
            match Subject::all(&endpoints, named(&endpoints, chain)?).await {
                Ok(subjects) => {
                    documents.extend(subjects.iter().map(Subject::document));
                    lines.extend(subjects.iter().map(Subject::line));
                }
                Err(error) => failed.push(error.to_string()),
            }
        }
        Ok((documents, lines, failed))
    }
}
