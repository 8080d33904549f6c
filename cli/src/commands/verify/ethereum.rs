//! `causeway verify ethereum …`.

use clap::Subcommand;

use crate::output::{Failure, Report};

/// What of this family can be verified.
#[derive(Debug, Subcommand)]
pub(crate) enum Ethereum {}

impl Ethereum {
    pub(crate) fn run(self, _explain: bool) -> Result<Report, Failure> {
        match self {}
    }
}
