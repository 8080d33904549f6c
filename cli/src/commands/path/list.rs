//! `causeway path list`.

use clap::Args;
use serde_json::{Value, json};

use super::{document, text};
use crate::config::ConfigArgs;
use crate::output::{Answer, Failure};
use crate::relaying::{find_paths, readers};

/// Arguments of `causeway path list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    config: ConfigArgs,
}

impl ListArgs {
    pub(super) fn run(self) -> Result<Answer, Failure> {
        let config = self.config.load()?;
        let endpoints = readers(&config)?;
        let runtime = crate::commands::runtime()?;
        let paths = runtime.block_on(find_paths(&endpoints))?;
        let documents: Vec<Value> = paths.iter().map(document).collect();
        let lines: Vec<_> = paths.iter().map(text).collect();
        let lines = if lines.is_empty() { "no paths".to_owned() } else { lines.join("\n") };
        Ok(Answer::new(json!({ "paths": documents }), lines))
    }
}
