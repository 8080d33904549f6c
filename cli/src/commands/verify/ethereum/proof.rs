//! `causeway verify ethereum proof`.

use clap::Args;

use crate::output::{Failure, Report};

/// Arguments of `causeway verify ethereum proof`.
#[derive(Debug, Args)]
pub(crate) struct ProofArgs {}

impl ProofArgs {
    pub(crate) fn run(self, _explain: bool) -> Result<Report, Failure> {
        Ok(Report::valid("nothing to verify"))
    }
}
