//! `causeway verify bitcoin …`.

mod headers;
mod transaction;

use clap::Subcommand;

use crate::output::{Failure, Report};

/// What of this family can be verified.
#[derive(Debug, Subcommand)]
pub(crate) enum Bitcoin {
    /// A run of headers: proof of work, retargets, times and versions.
    Headers(headers::HeadersArgs),
    /// A transaction's inclusion under a trusted header.
    Transaction(transaction::TransactionArgs),
}

impl Bitcoin {
    pub(crate) fn run(self, explain: bool) -> Result<Report, Failure> {
        match self {
            Self::Headers(args) => args.run(explain),
            Self::Transaction(args) => args.run(explain),
        }
    }
}
