//! `causeway transfer`.

mod local;

use anyhow::anyhow;
use causeway_core::Amount;
use clap::Args;
use serde_json::json;

use super::packet_answer::{Question, carry};
use crate::account::{ChainAccount, ChainKey};
use crate::config::{Config, ConfigArgs};
use crate::crossing::{Call, CallArgs, Timeout, Tokens, Way, encoding, find_contract, find_denom};
use crate::families::{self, LocalTransfer};
use crate::keys::PassphraseArgs;
use crate::output::{Answer, Failure};

/// Arguments of `causeway transfer`.
#[derive(Debug, Args)]
pub(crate) struct TransferArgs {
    /// CHAIN or CHAIN:KEY: who pays [default key: that of the configuration].
    #[arg(long)]
    from: ChainKey,

    /// CHAIN:ACCOUNT: who receives, by address or by the name of a key.
    #[arg(long)]
    to: ChainAccount,

    /// How much, in the smallest unit of the denomination.
    #[arg(long)]
    amount: Amount,

    /// Of what: a denomination of the chain, or the way that a voucher came.
    #[arg(long)]
    denom: String,

    /// Until when it may arrive on another chain: a length of time such as 10m, or seconds since
    /// 1970 [default: what both chains need many times over].
    #[arg(long, value_name = "DURATION|UNIX")]
    timeout: Option<Timeout>,

    /// A text for whoever reads it; within a chain, only where it has a place for one.
    #[arg(long, default_value = "")]
    memo: String,

    /// Call a contract of the other chain with the same packet: both happen, or neither.
    #[arg(long, value_name = "CONTRACT", requires = "payload")]
    call: Option<String>,

    #[command(flatten)]
    payload: CallArgs,

    /// Wait until the transfer has ended.
    #[arg(long)]
    wait: bool,

    #[command(flatten)]
    passphrase: PassphraseArgs,

    #[command(flatten)]
    config: ConfigArgs,
}

impl TransferArgs {
    pub(crate) fn run(self) -> Result<Answer, Failure> {
        let config = self.config.load()?;
        let usage = |reason: String| Failure::Usage(anyhow!(reason));
        if self.amount.is_zero() {
            return Err(usage("an amount of zero transfers nothing".to_owned()));
        }
        if self.call.is_none() && self.payload.payload.is_some() {
            let reason = "--payload is what a contract is called with: --call names it";
            return Err(usage(reason.to_owned()));
        }
        let (chain, key_name, owner) = self.from.resolve(&config)?;
        let (to_chain, to) = self.to.resolve(&config)?;
        let family = chain.family().map_err(usage)?;
        let sender =
            family.address(families::prefix(family, chain), &owner.public_key()?).map_err(usage)?;
        let key = owner.unlock(&key_name, &self.passphrase)?;
        let runtime = super::runtime()?;
        if to_chain.network_id.get_ref() != chain.network_id.get_ref() {
            return runtime.block_on(self.cross(&config, key, sender, to));
        }
        if self.timeout.is_some() || self.call.is_some() {
            let reason = "--timeout and --call are for transfers to another chain";
            return Err(usage(reason.to_owned()));
        }
        let plan = local::Plan {
            chain_name: self.from.chain,
            chain,
            sender,
            key,
            transfer: LocalTransfer { to, amount: self.amount, denom: self.denom, memo: self.memo },
        };
        runtime.block_on(plan.carry_out(self.wait))
    }

    async fn cross(
        self,
        config: &Config,
        key: k256::ecdsa::SigningKey,
        sender: String,
        receiver: String,
    ) -> Result<Answer, Failure> {
        let usage = |reason: String| Failure::Usage(anyhow!(reason));
        let (from, to) = (&self.from.chain, &self.to.chain);
        let (here, there) = (config.chain(from).map_err(usage)?, config.chain(to).map_err(usage)?);
        let encoding = encoding(here, there).map_err(usage)?;
        let denom = find_denom(config, from, &sender, &self.denom).await?;
        let asked = json!({
            "from": { "chain": from, "address": sender },
            "to": { "chain": to, "address": receiver },
            "amount": self.amount.to_string(),
            "denom": denom.to_string(),
        });
        let what = format!("{} {} from {from} to {receiver} on {to}", self.amount, self.denom);
        let tokens = Tokens {
            denom,
            amount: self.amount,
            sender: sender.clone(),
            receiver,
            memo: self.memo,
        };
        let mut payloads = vec![tokens.payload(encoding).map_err(Failure::usage)?];
        if let Some(contract) = &self.call {
            let contract = find_contract(there, contract)?;
            let call = Call { sender, contract, payload: self.payload.bytes()? };
            payloads.push(call.payload(encoding).map_err(Failure::usage)?);
        }
        let way = Way::find(config, (from, key), to).await?;
        let timeout = Timeout::resolve(self.timeout, &way).await?;
        carry(&way, Question { asked, what, payloads, timeout }, self.wait).await
    }
}
