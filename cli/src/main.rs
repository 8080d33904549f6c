//! `causeway`: the command line of the bridge.

mod commands;
mod input;
mod output;

use std::process::ExitCode;

use clap::Parser;

use commands::Command;

/// Moves tokens and messages between blockchains on nothing but proofs.
#[derive(Debug, Parser)]
#[command(name = "causeway", version, about, propagate_version = true)]
struct Cli {
    /// Print the result as one JSON document.
    #[arg(long, global = true)]
    json: bool,

    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = output::Output::new(cli.json);
    match cli.command.run() {
        Ok(report) => output.report(&report),
        Err(failure) => output::Output::failure(&failure),
    }
}
