//! `causeway client misbehaviour`.

use anyhow::anyhow;
use causeway_core::{Any, ClientId};
use causeway_relayer_daemon::work::{Named, submit_misbehaviour};
use clap::Args;
use serde_json::json;

use super::subject::Subject;
use super::{parse_id, payer, refused};
use crate::account::ChainKey;
use crate::config::ConfigArgs;
use crate::input::{HexOrFile, parse_hex, trusted};
use crate::keys::PassphraseArgs;
use crate::output::{Answer, Failure};
use crate::relaying::{PATIENCE, readers, signer};

/// Arguments of `causeway client misbehaviour`.
#[derive(Debug, Args)]
pub(crate) struct MisbehaviourArgs {
    /// CHAIN or CHAIN:KEY: which chain hosts it, and who pays there.
    #[arg(value_name = "CHAIN")]
    chain: ChainKey,

    /// The client there.
    #[arg(value_name = "CLIENT", value_parser = parse_id)]
    client: ClientId,

    /// The misbehaviour as a protobuf Any, binary or in hexadecimal [default: looked for by
    /// comparing the client with its chain].
    #[arg(long, value_name = "HEX|FILE")]
    evidence: Option<HexOrFile>,

    #[command(flatten)]
    passphrase: PassphraseArgs,

    #[command(flatten)]
    config: ConfigArgs,
}

fn read(evidence: &HexOrFile) -> Result<Any, Failure> {
    let bytes = match evidence {
        HexOrFile::Hex(bytes) => bytes.clone(),
        HexOrFile::File(path) => {
            let bytes = trusted(path)?;
            let text = core::str::from_utf8(&bytes).ok().map(str::trim);
            text.and_then(|text| parse_hex(text).ok()).unwrap_or(bytes)
        }
    };
    Any::from_bytes(&bytes).map_err(|error| Failure::Usage(anyhow!("evidence: {error}")))
}

impl MisbehaviourArgs {
    pub(super) fn run(self) -> Result<Answer, Failure> {
        let config = self.config.load()?;
        let evidence = self.evidence.as_ref().map(read).transpose()?;
        let endpoints = readers(&config)?;
        let host = signer(&config, &payer(&self.chain, &config), &self.passphrase)?;
        let host = Named { alias: &self.chain.chain, endpoint: &*host };
        let what = format!("{} on {}", self.client, host.alias);
        let runtime = crate::commands::runtime()?;
        runtime.block_on(async {
            let subject = Subject::find(&endpoints, host.alias, &self.client).await?;
            if subject.is_frozen() {
                return Ok(self.answer("frozen", None, &format!("{what} is frozen already")));
            }
            let followed = subject.followed(&endpoints)?;
            let submitted =
                submit_misbehaviour(host, &self.client, followed, evidence, PATIENCE).await;
            Ok(match submitted {
                Ok(Some(transaction)) => {
                    let text = format!("froze {what}\n  transaction {}", transaction.0);
                    self.answer("frozen", Some(&transaction.0), &text)
                }
                Ok(None) => {
                    let text = format!("{what}: no misbehaviour of {} found", followed.alias);
                    let answer = self.answer("none_found", None, &text);
                    Answer { is_yes: false, ..answer }
                }
                Err(error) => return refused(&format!("evidence against {what}"), error),
            })
        })
    }

    fn answer(&self, status: &str, transaction: Option<&str>, text: &str) -> Answer {
        let document = json!({
            "chain": self.chain.chain,
            "client": self.client.to_string(),
            "status": status,
            "transaction": transaction,
        });
        Answer::new(document, text)
    }
}
