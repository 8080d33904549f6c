//! `causeway verify ethereum proof`: an `eth_getProof` answer under an execution state root.

use std::path::PathBuf;

use alloy_primitives::B256;
use anyhow::Context;
use causeway_core::{Audit, BoxedRefusal};
use causeway_wire_ethereum::proof::{AccountProof, Proven};
use clap::Args;
use serde_json::{Value, json};

use crate::input;
use crate::output::{Failure, Report, Rules};

/// Arguments of `causeway verify ethereum proof`.
#[derive(Debug, Args)]
pub(crate) struct ProofArgs {
    /// Trusted state root of an execution block, 32 bytes in hexadecimal.
    #[arg(long, value_name = "HEX")]
    state_root: String,

    /// `eth_getProof` JSON, with or without its JSON-RPC envelope; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    proof: PathBuf,
}

impl ProofArgs {
    pub(crate) fn run(self, explain: bool) -> Result<Report, Failure> {
        let state_root = parse_root(&self.state_root).map_err(Failure::Usage)?;
        let json = input::judged(&self.proof, "account_proof")?;
        let mut rules = Rules::new();
        let judged = match json {
            Ok(json) if explain => judge(&json, &state_root, &mut rules),
            Ok(json) => judge(&json, &state_root, &mut ()),
            Err(too_long) => Err(too_long.into()),
        };
        let report = match judged {
            Ok((proof, proven)) => valid(&proof, &proven),
            Err(refusal) => Report::refused(&*refusal),
        };
        Ok(report.explained(explain.then_some(rules)))
    }
}

fn parse_root(text: &str) -> anyhow::Result<B256> {
    let bytes = input::parse_hex(text).context("the state root is not hexadecimal")?;
    B256::try_from(bytes.as_slice())
        .with_context(|| format!("a state root has 32 bytes, not {}", bytes.len()))
}

fn judge(
    json: &[u8],
    state_root: &B256,
    audit: &mut impl Audit,
) -> Result<(AccountProof, Proven), BoxedRefusal> {
    let proof = AccountProof::from_json(json)?;
    let proven = proof.verify(state_root, audit)?;
    Ok((proof, proven))
}

fn valid(proof: &AccountProof, proven: &Proven) -> Report {
    let presence = if proven.account.is_some() { "present" } else { "absent" };
    let slots: Vec<Value> = proven
        .storage
        .iter()
        .map(|(key, word)| {
            let value = word.unwrap_or_default();
            json!({"key": key.to_string(), "value": value.to_string(), "present": word.is_some()})
        })
        .collect();
    let message = format!("the account is {presence}, {} storage slots are proven", slots.len());
    let report = Report::valid(message)
        .with("address", proof.address.to_string())
        .with("present", proven.account.is_some())
        .with("storage", slots);
    match &proven.account {
        None => report,
        Some(account) => report
            .with("nonce", account.nonce.to_string())
            .with("balance", account.balance.to_string())
            .with("storage_root", account.storage_root.to_string())
            .with("code_hash", account.code_hash.to_string()),
    }
}
