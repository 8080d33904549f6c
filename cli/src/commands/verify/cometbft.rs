//! `causeway verify cometbft …`.

use clap::Subcommand;

use crate::output::{Failure, Report};

/// What of this family can be verified.
#[derive(Debug, Subcommand)]
pub(crate) enum Cometbft {}

impl Cometbft {
    pub(crate) fn run(self, _explain: bool) -> Result<Report, Failure> {
        match self {}
    }
}
