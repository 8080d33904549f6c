//! `causeway config`: configurations.

mod new;

use std::fs;

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::config::{Config, ConfigArgs};
use crate::output::{Answer, Failure};

/// What can be done with configurations.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Write an example to start from.
    New(new::NewArgs),
    /// Check a configuration, without asking any chain.
    Check(CheckArgs),
    /// Show the configuration as it is understood.
    Show(ShowArgs),
}

/// Arguments of `causeway config check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    config: ConfigArgs,
}

/// Arguments of `causeway config show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    config: ConfigArgs,
}

impl ConfigCommand {
    pub(crate) fn run(self) -> Result<Answer, Failure> {
        match self {
            Self::New(args) => args.run(),
            Self::Check(args) => args.run(),
            Self::Show(args) => args.run(),
        }
    }
}

impl CheckArgs {
    /// A configuration with a mistake is an answer of no.
    fn run(self) -> Result<Answer, Failure> {
        let path = self.config.path()?;
        let shown = path.display();
        let text = fs::read_to_string(&path)
            .with_context(|| format!("cannot read {shown}"))
            .map_err(Failure::Usage)?;
        Ok(match Config::parse(&text) {
            Ok(config) => {
                let count = config.chains.len();
                let document = json!({ "file": path, "valid": true, "chains": count });
                Answer::new(document, format!("{shown}: valid, {count} chains"))
            }
            Err(error) => {
                let reason = error.to_string();
                let text = format!("{shown}: {reason}");
                let document = json!({ "file": path, "valid": false, "reason": reason });
                Answer { document, text, is_yes: false }
            }
        })
    }
}

impl ShowArgs {
    fn run(self) -> Result<Answer, Failure> {
        let config = self.config.load()?;
        let text = config.to_text().map_err(|error| Failure::Environment(anyhow!(error)))?;
        let document = serde_json::to_value(&config).map_err(Failure::environment)?;
        Ok(Answer::new(document, text))
    }
}
