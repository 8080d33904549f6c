//! `causeway verify packet`.

use clap::Args;

use crate::output::{Failure, Report};

/// Arguments of `causeway verify packet`.
#[derive(Debug, Args)]
pub(crate) struct PacketArgs {}

impl PacketArgs {
    pub(crate) fn run(self, _explain: bool) -> Result<Report, Failure> {
        Ok(Report::valid("nothing to verify"))
    }
}
