//! `causeway completions`: what shells need to complete commands.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::Cli;
use crate::output::Failure;

/// Arguments of `causeway completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

impl CompletionsArgs {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "causeway", &mut script);
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(&script).and_then(|()| stdout.flush());
        written.context("cannot write the script").map_err(Failure::Environment)?;
        Ok(ExitCode::SUCCESS)
    }
}
