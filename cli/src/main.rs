//! `causeway`: the command line of the bridge.

mod account;
mod asking;
mod bundled;
mod commands;
mod config;
mod control;
mod crossing;
mod families;
mod input;
mod keys;
mod log;
mod output;
mod relaying;
mod signals;

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
    cli.command.run(&output).unwrap_or_else(|failure| output::Output::failure(&failure))
}
