//! One module a noun, one file a verb.

mod balance;
mod bench;
mod chain;
mod client;
mod completions;
mod config;
mod demo;
mod keys;
mod message;
mod packet;
mod packet_answer;
mod path;
mod relay;
mod trace;
mod transfer;
mod up;
mod verify;

use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;

use crate::families::ClientError;
use crate::output::{Failure, Output};

/// What `causeway` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run three unlike chains on this machine, until interrupted.
    Up(up::UpArgs),
    /// Show everything that the bridge does and refuses, on a network of its own.
    Demo(demo::DemoArgs),
    /// Carry packets between the configured chains, until interrupted.
    Relay(relay::RelayArgs),
    /// Look at light clients, and keep them going.
    #[command(subcommand)]
    Client(client::ClientCommand),
    /// Look at packets.
    #[command(subcommand)]
    Packet(packet::PacketCommand),
    /// Follow a packet, a transaction, an account or a sequence across both chains.
    Trace(trace::TraceArgs),
    /// Connect chains.
    #[command(subcommand)]
    Path(path::PathCommand),
    /// Send tokens.
    Transfer(transfer::TransferArgs),
    /// Call a contract on another chain.
    Message(message::MessageArgs),
    /// Show what an account has.
    Balance(balance::BalanceArgs),
    /// Measure how many packets the configured network carries.
    Bench(bench::BenchArgs),
    /// Look at chains, and break those of the bundled network.
    #[command(subcommand)]
    Chain(chain::Chain),
    /// Keep keys.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Make, check and show configurations.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Verify headers and proofs offline.
    Verify(verify::VerifyArgs),
    /// Print completions for a shell.
    Completions(completions::CompletionsArgs),
}

impl Command {
    pub(crate) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        match self {
            Self::Up(args) => args.run(output),
            Self::Demo(args) => args.run(output),
            Self::Relay(args) => args.run(output),
            Self::Client(command) => command.run(output),
            Self::Packet(command) => output.answer(&command.run()?),
            Self::Trace(args) => output.answer(&args.run()?),
            Self::Path(command) => command.run(output),
            Self::Transfer(args) => output.answer(&args.run()?),
            Self::Message(args) => output.answer(&args.run()?),
            Self::Balance(args) => output.answer(&args.run()?),
            Self::Bench(args) => args.run(output),
            Self::Chain(command) => command.run(output),
            Self::Keys(command) => output.answer(&command.run()?),
            Self::Config(command) => output.answer(&command.run()?),
            Self::Verify(args) => Ok(output.report(&args.run()?)),
            Self::Completions(args) => args.run(),
        }
    }
}

/// The runtime of commands that talk to chains.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the runtime")
        .map_err(Failure::Environment)
}

/// Whose fault an error of a chain's client is.
pub(crate) fn failure(error: ClientError) -> Failure {
    match error {
        ClientError::Usage(_) => Failure::usage(error),
        _ => Failure::environment(error),
    }
}
