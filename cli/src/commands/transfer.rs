//! `causeway transfer`.

use std::time::Duration;

use anyhow::anyhow;
use causeway_core::Amount;
use clap::Args;
use k256::ecdsa::SigningKey;
use serde_json::json;

use crate::account::{ChainAccount, ChainKey};
use crate::config::{ChainConfig, ConfigArgs};
use crate::families::{self, ChainClient, ClientError, Inclusion, LocalTransfer, Submitted};
use crate::keys::PassphraseArgs;
use crate::output::{Answer, Failure, Output};

/// How often the chain is asked whether it has the transaction.
const POLL: Duration = Duration::from_millis(200);

/// How long a transaction is waited for: many blocks of any chain.
const PATIENCE: Duration = Duration::from_mins(2);

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

    /// Of what.
    #[arg(long)]
    denom: String,

    /// A text for whoever reads it, on chains that have a place for one.
    #[arg(long, default_value = "")]
    memo: String,

    /// Wait until the transfer is in a block.
    #[arg(long)]
    wait: bool,

    #[command(flatten)]
    passphrase: PassphraseArgs,

    #[command(flatten)]
    config: ConfigArgs,
}

/// A transfer with names replaced by what they mean.
struct Plan<'c> {
    chain_name: String,
    chain: &'c ChainConfig,
    sender: String,
    key: SigningKey,
    transfer: LocalTransfer,
}

impl TransferArgs {
    pub(crate) fn run(self) -> Result<Answer, Failure> {
        let config = self.config.load()?;
        if self.amount.is_zero() {
            return Err(Failure::Usage(anyhow!("an amount of zero transfers nothing")));
        }
        let (chain, key_name, owner) = self.from.resolve(&config)?;
        let (to_chain, to) = self.to.resolve(&config)?;
        if to_chain.network_id.get_ref() != chain.network_id.get_ref() {
            let (from, to) = (&self.from.chain, &self.to.chain);
            let reason = format!("{from} and {to} are two chains: this version has no relayer");
            return Err(Failure::Usage(anyhow!(reason)));
        }
        let family = chain.family().map_err(|reason| Failure::Usage(anyhow!(reason)))?;
        let sender = family
            .address(families::prefix(family, chain), &owner.public_key()?)
            .map_err(|reason| Failure::Usage(anyhow!(reason)))?;
        let plan = Plan {
            chain_name: self.from.chain,
            chain,
            sender,
            key: owner.unlock(&key_name, &self.passphrase)?,
            transfer: LocalTransfer { to, amount: self.amount, denom: self.denom, memo: self.memo },
        };
        super::runtime()?.block_on(plan.carry_out(self.wait))
    }
}

impl Plan<'_> {
    async fn carry_out(&self, wait: bool) -> Result<Answer, Failure> {
        let client = families::connect(self.chain);
        let client = client.map_err(|reason| Failure::Usage(anyhow!(reason)))?;
        let submitted = match client.send(&self.transfer, &self.key).await {
            Ok(submitted) => submitted,
            Err(ClientError::Refused { code, reason }) => {
                let end = End { status: "refused", height: None, reason: Some((code, reason)) };
                return Ok(self.answer(None, &end));
            }
            Err(error) => return Err(super::failure(error)),
        };
        let end = if wait {
            Output::progress(&format!("submitted {}", submitted.transaction));
            wait_for(client.as_ref(), &submitted.transaction).await?
        } else {
            End { status: "submitted", height: None, reason: None }
        };
        Ok(self.answer(Some(&submitted), &end))
    }

    fn answer(&self, submitted: Option<&Submitted>, end: &End) -> Answer {
        let LocalTransfer { to, amount, denom, .. } = &self.transfer;
        let document = json!({
            "chain": self.chain_name,
            "from": self.sender,
            "to": to,
            "amount": amount.to_string(),
            "denom": denom,
            "transaction": submitted.map(|it| &it.transaction),
            "max_fee": submitted.map(|it| it.fee.to_string()),
            "status": end.status,
            "height": end.height,
            "code": end.reason.as_ref().map(|(code, _)| code),
            "reason": end.reason.as_ref().map(|(_, reason)| reason),
        });
        let mut lines = vec![format!("{}: {amount} {denom} to {to}", end.status)];
        lines.extend(end.height.map(|height| format!("  block {height}")));
        lines.extend(submitted.map(|it| format!("  transaction {}", it.transaction)));
        lines.extend(end.reason.as_ref().map(|(code, reason)| format!("  {reason} ({code})")));
        Answer { document, text: lines.join("\n"), is_yes: end.reason.is_none() }
    }
}

/// What became of a transfer.
struct End {
    status: &'static str,
    height: Option<u64>,
    /// Code and words of a chain that said no.
    reason: Option<(String, String)>,
}

async fn wait_for(client: &dyn ChainClient, transaction: &str) -> Result<End, Failure> {
    let waiting = async {
        loop {
            match client.inclusion(transaction).await {
                Ok(Inclusion::Pending) => tokio::time::sleep(POLL).await,
                other => return other,
            }
        }
    };
    let late = || {
        let secs = PATIENCE.as_secs();
        Failure::Environment(anyhow!("{transaction} is in no block after {secs} s"))
    };
    let found = tokio::time::timeout(PATIENCE, waiting).await.map_err(|_| late())?;
    Ok(match found.map_err(super::failure)? {
        Inclusion::Failed { height, reason } => End {
            status: "failed",
            height: Some(height),
            reason: Some(("failed".to_owned(), reason)),
        },
        Inclusion::Done { height } => {
            End { status: "included", height: Some(height), reason: None }
        }
        Inclusion::Pending => End { status: "submitted", height: None, reason: None },
    })
}
