//! `causeway verify ethereum …`.

mod proof;
mod update;

use clap::Subcommand;

use crate::output::{Failure, Report};

/// What of this family can be verified.
#[derive(Debug, Subcommand)]
pub(crate) enum Ethereum {
    /// Light client updates from a trusted block on.
    Update(Box<update::UpdateArgs>),
    /// An `eth_getProof` answer under an execution state root.
    Proof(proof::ProofArgs),
}

impl Ethereum {
    pub(crate) fn run(self, explain: bool) -> Result<Report, Failure> {
        match self {
            Self::Update(args) => args.run(explain),
            Self::Proof(args) => args.run(explain),
        }
    }
}
