//! `causeway message`.

use anyhow::anyhow;
use clap::Args;
use serde_json::json;

use super::packet_answer::{Question, carry};
use crate::account::{ChainAccount, ChainKey};
use crate::config::ConfigArgs;
use crate::crossing::{Call, CallArgs, Timeout, Way, encoding, find_contract};
use crate::families;
use crate::keys::PassphraseArgs;
use crate::output::{Answer, Failure};

/// Arguments of `causeway message`.
#[derive(Debug, Args)]
pub(crate) struct MessageArgs {
    /// CHAIN or CHAIN:KEY: who calls and pays [default key: that of the configuration].
    #[arg(long)]
    from: ChainKey,

    /// CHAIN:CONTRACT: what is called, by address or by a name of the configuration.
    #[arg(long, value_name = "CHAIN:CONTRACT")]
    to: ChainAccount,

    #[command(flatten)]
    payload: CallArgs,

    /// Until when it may arrive: a length of time such as 10m, or seconds since 1970 [default:
    /// what both chains need many times over].
    #[arg(long, value_name = "DURATION|UNIX")]
    timeout: Option<Timeout>,

    /// Wait for the result.
    #[arg(long)]
    wait: bool,

    #[command(flatten)]
    passphrase: PassphraseArgs,

    #[command(flatten)]
    config: ConfigArgs,
}

impl MessageArgs {
    pub(crate) fn run(self) -> Result<Answer, Failure> {
        let config = self.config.load()?;
        let usage = |reason: String| Failure::Usage(anyhow!(reason));
        let (here, key_name, owner) = self.from.resolve(&config)?;
        let (from, to) = (&self.from.chain, &self.to.chain);
        let there = config.chain(to).map_err(usage)?;
        if from == to {
            return Err(usage("a message goes to another chain".to_owned()));
        }
        if self.payload.payload.is_none() {
            return Err(usage("--payload says what the contract is called with".to_owned()));
        }
        let contract = find_contract(there, &self.to.account)?;
        let payload = self.payload.bytes()?;
        let family = here.family().map_err(usage)?;
        let public = owner.public_key()?;
        let sender = family.address(families::prefix(family, here), &public).map_err(usage)?;
        let encoding = encoding(here, there).map_err(usage)?;
        let asked = json!({
            "from": { "chain": from, "address": sender },
            "to": { "chain": to, "address": contract },
            "payload": hex::encode(&payload),
        });
        let what = format!("a call from {from} of {contract} on {to}");
        let call = Call { sender, contract, payload };
        let payloads = vec![call.payload(encoding).map_err(Failure::usage)?];
        let key = owner.unlock(&key_name, &self.passphrase)?;
        super::runtime()?.block_on(async {
            let way = Way::find(&config, (from, key), to).await?;
            let timeout = Timeout::resolve(self.timeout, &way).await?;
            carry(&way, Question { asked, what, payloads, timeout }, self.wait).await
        })
    }
}
