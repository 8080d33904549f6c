//! `causeway verify bitcoin transaction`: a transaction's inclusion under a trusted header.

use std::path::PathBuf;

use anyhow::Context;
use causeway_client_bitcoin::Header;
use causeway_core::{Audit, BoxedRefusal};
use causeway_wire_bitcoin::{Depth, Proven, TransactionProof, read_header};
use clap::Args;
use serde_json::{Value, json};

use crate::input::{self, HexOrFile};
use crate::output::{Failure, Report, Rules};

/// Arguments of `causeway verify bitcoin transaction`.
#[derive(Debug, Args)]
pub(crate) struct TransactionArgs {
    /// Trusted header: 80 bytes in hexadecimal, or a file that has them raw or in hexadecimal.
    #[arg(long, value_name = "HEX|FILE")]
    header: HexOrFile,

    /// `gettxoutproof` merkleblock (hexadecimal or binary), or JSON
    /// {`tx`, `index`, `branch`, `coinbase`, `coinbase_branch`}; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    proof: PathBuf,
}

impl TransactionArgs {
    pub(crate) fn run(self, explain: bool) -> Result<Report, Failure> {
        let header = trusted_header(&self.header)?;
        let proof = input::judged(&self.proof, "transaction_proof")?;
        let mut rules = Rules::new();
        let judged = match proof {
            Ok(bytes) if explain => judge(&bytes, &header, &mut rules),
            Ok(bytes) => judge(&bytes, &header, &mut ()),
            Err(too_long) => Err(too_long.into()),
        };
        let report = match judged {
            Ok(proven) => valid(&header, &proven),
            Err(refusal) => Report::refused(&*refusal),
        };
        Ok(report.explained(explain.then_some(rules)))
    }
}

fn trusted_header(argument: &HexOrFile) -> Result<Header, Failure> {
    let bytes = match argument {
        HexOrFile::Hex(bytes) => bytes.clone(),
        HexOrFile::File(path) => input::trusted(path)?,
    };
    read_header(&bytes).context("the trusted header").map_err(Failure::Usage)
}

fn judge(proof: &[u8], header: &Header, audit: &mut impl Audit) -> Result<Proven, BoxedRefusal> {
    TransactionProof::from_bytes(proof)?.verify(header, audit)
}

fn valid(header: &Header, proven: &Proven) -> Report {
    let transactions: Vec<Value> = proven
        .transactions
        .iter()
        .map(|found| json!({"txid": found.txid.to_string(), "index": found.index}))
        .collect();
    let depth_proven = proven.depth == Depth::Proven;
    let message = match (transactions.len(), depth_proven) {
        (1, true) => "the block has the transaction".to_owned(),
        (1, false) => "the block has the transaction, if its tree is as deep as claimed".to_owned(),
        (count, _) => {
            format!("the block has the {count} transactions, if its tree is as deep as claimed")
        }
    };
    Report::valid(message)
        .with("block", header.hash().to_string())
        .with("transactions", transactions)
        .with("depth_proven", depth_proven)
}
