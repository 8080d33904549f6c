//! One module a noun, one file a verb.

mod verify;

use clap::Subcommand;

use crate::output::{Failure, Report};

/// What `causeway` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Verify headers and proofs offline.
    Verify(verify::VerifyArgs),
}

impl Command {
    pub(crate) fn run(self) -> Result<Report, Failure> {
        match self {
            Self::Verify(args) => args.run(),
        }
    }
}
