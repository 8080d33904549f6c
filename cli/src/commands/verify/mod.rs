//! `causeway verify`: real headers and proofs, judged offline.

mod bitcoin;
mod cometbft;
mod ethereum;
mod ics23;
mod packet;

use clap::{Args, Subcommand};

use crate::output::{Failure, Report};

/// Arguments of every `causeway verify` command.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Show each rule that was checked, with its values.
    #[arg(long, global = true)]
    explain: bool,

    #[command(subcommand)]
    what: Verify,
}

impl VerifyArgs {
    pub(crate) fn run(self) -> Result<Report, Failure> {
        self.what.run(self.explain)
    }
}

/// What can be verified.
#[derive(Debug, Subcommand)]
enum Verify {
    /// Proof-of-work headers and transaction inclusion.
    #[command(subcommand)]
    Bitcoin(bitcoin::Bitcoin),
    /// Light client updates, account and storage proofs.
    #[command(subcommand)]
    Ethereum(ethereum::Ethereum),
    /// Signed headers with their validator sets.
    #[command(subcommand)]
    Cometbft(cometbft::Cometbft),
    /// Merkle proofs of key-value stores.
    Ics23(ics23::Ics23Args),
    /// Packet and acknowledgement commitments.
    Packet(packet::PacketArgs),
}

impl Verify {
    fn run(self, explain: bool) -> Result<Report, Failure> {
        match self {
            Self::Bitcoin(command) => command.run(explain),
            Self::Ethereum(command) => command.run(explain),
            Self::Cometbft(command) => command.run(explain),
            Self::Ics23(args) => args.run(explain),
            Self::Packet(args) => args.run(explain),
        }
    }
}
