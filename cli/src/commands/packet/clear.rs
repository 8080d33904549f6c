//! `causeway packet clear`.

use std::collections::BTreeSet;

use causeway_relayer_daemon::rpc::types::{ClearParams, ClearedJson};
use clap::Args;
use serde_json::json;

use super::{paths, routes};
use crate::asking::{AskError, RelayerArgs};
use crate::config::ConfigArgs;
use crate::output::{Answer, Failure};

/// Arguments of `causeway packet clear`.
#[derive(Debug, Args)]
pub(crate) struct ClearArgs {
    /// The path: its number, or CHAIN:CHAIN [default: all].
    #[arg(value_name = "PATH")]
    path: Option<String>,

    #[command(flatten)]
    relayer: RelayerArgs,

    #[command(flatten)]
    config: ConfigArgs,
}

impl ClearArgs {
    pub(super) fn run(self) -> Result<Answer, Failure> {
        let config = self.config.load()?;
        let relayer = self.relayer.changing(&config)?;
        crate::commands::runtime()?.block_on(async {
            let routes = routes(&relayer).await?;
            let chosen: BTreeSet<i64> = match &self.path {
                Some(name) => paths(&routes, name)?.into_iter().collect(),
                None => routes.iter().map(|route| route.path).collect(),
            };
            let (mut cleared, mut lines) = (Vec::new(), Vec::new());
            for path in chosen {
                let ClearedJson { outstanding } =
                    relayer.ask("clear", ClearParams { path }).await.map_err(AskError::failure)?;
                cleared.push(json!({ "path": path, "outstanding": outstanding }));
                let ends = routes.iter().find(|route| route.path == path);
                let ends = ends.map(|it| format!("{}:{}", it.from.chain, it.to.chain));
                let ends = ends.unwrap_or_default();
                lines.push(format!("path {path} {ends}: {outstanding} outstanding, looked at now"));
            }
            Ok(Answer::new(json!({ "paths": cleared }), lines.join("\n")))
        })
    }
}
