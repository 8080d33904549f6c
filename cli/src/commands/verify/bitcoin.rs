//! `causeway verify bitcoin …`.

use clap::Subcommand;

use crate::output::{Failure, Report};

/// What of this family can be verified.
#[derive(Debug, Subcommand)]
pub(crate) enum Bitcoin {}

impl Bitcoin {
    pub(crate) fn run(self, _explain: bool) -> Result<Report, Failure> {
        match self {}
    }
}
