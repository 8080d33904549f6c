//! `causeway path list`.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::anyhow;
use causeway_relayer_daemon::Path;
use causeway_relayer_daemon::work::find_path;
use clap::Args;
use serde_json::{Value, json};

use super::{document, text};
use crate::config::ConfigArgs;
use crate::output::{Answer, Failure, Output};
use crate::relaying::{Endpoints, named, pairs, readers};

/// Arguments of `causeway path list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    config: ConfigArgs,
}

impl ListArgs {
    /// Asks all chains, and fails when one of them gives no answer: paths between the others are
    /// shown.
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let config = self.config.load()?;
        let endpoints = readers(&config)?;
        let runtime = crate::commands::runtime()?;
        let (paths, failed) = runtime.block_on(find(&endpoints))?;
        let documents: Vec<Value> = paths.iter().map(document).collect();
        let lines: Vec<_> = paths.iter().map(text).collect();
        let text = match (lines.is_empty(), failed.is_empty()) {
            (true, true) => "no paths".to_owned(),
            _ => lines.join("\n"),
        };
        output.answer(&Answer::new(json!({ "paths": documents }), text))?;
        if failed.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        Err(Failure::Environment(anyhow!(
            "not all paths: {}",
            failed.into_iter().collect::<Vec<_>>().join("; ")
        )))
    }
}

/// The paths that there are, and what some chains had against being asked.
async fn find(endpoints: &Endpoints) -> Result<(Vec<Path>, BTreeSet<String>), Failure> {
    let aliases: Vec<&str> = endpoints.keys().map(String::as_str).collect();
    let (mut paths, mut failed) = (Vec::new(), BTreeSet::new());
    for (a, b) in pairs(&aliases) {
        match find_path(named(endpoints, a)?, named(endpoints, b)?).await {
            Ok(path) => paths.extend(path),
            Err(error) => {
                failed.insert(error.to_string());
            }
        }
    }
    Ok((paths, failed))
}
