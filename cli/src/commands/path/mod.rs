//! `causeway path`: what packets go along, a client on each of two chains.

mod create;
mod list;

use std::process::ExitCode;

use causeway_relayer_daemon::{Path, PathEnd};
use clap::Subcommand;
use serde_json::{Value, json};

use crate::output::{Failure, Output};

/// What can be done with paths.
#[derive(Debug, Subcommand)]
pub(crate) enum PathCommand {
    /// Make a path between two chains, or what it still lacks.
    Create(create::CreateArgs),
    /// Show the paths that there are between the configured chains.
    List(list::ListArgs),
}

impl PathCommand {
    pub(crate) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        match self {
            Self::Create(args) => output.answer(&args.run()?),
            Self::List(args) => args.run(output),
        }
    }
}

/// A path as documents have it.
pub(super) fn document(path: &Path) -> Value {
    let end = |end: &PathEnd| json!({ "chain": end.chain, "client": end.client.to_string() });
    json!({ "a": end(&path.a), "b": end(&path.b) })
}

/// The same for people.
pub(super) fn text(path: &Path) -> String {
    let Path { a, b } = path;
    format!("{} {}  <->  {} {}", a.chain, a.client, b.chain, b.client)
}
