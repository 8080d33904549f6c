//! `causeway chain`: the configured chains.

mod fault;
mod list;
mod status;

use std::process::ExitCode;

use clap::Subcommand;

use crate::output::{Failure, Output};

/// What can be done with chains.
#[derive(Debug, Subcommand)]
pub(crate) enum Chain {
    /// List the configured chains.
    List(list::ListArgs),
    /// Show where chains are.
    Status(status::StatusArgs),
    /// Break a chain of the bundled network, or mend it, where `up --faults` allows it.
    Fault(fault::FaultArgs),
}

impl Chain {
    pub(crate) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        match self {
            Self::List(args) => output.answer(&args.run()?),
            Self::Status(args) => args.run(output),
            Self::Fault(args) => output.answer(&args.run()?),
        }
    }
}
