//! A transfer within one chain.

use std::time::Duration;

use anyhow::anyhow;
use k256::ecdsa::SigningKey;
use serde_json::json;

use crate::config::ChainConfig;
use crate::families::{self, ChainClient, ClientError, Inclusion, LocalTransfer, Submitted};
use crate::output::{Answer, Failure, Output};

/// How often the chain is asked whether it has the transaction.
const POLL: Duration = Duration::from_millis(200);

/// How long a transaction is waited for: many blocks of any chain.
const PATIENCE: Duration = Duration::from_mins(2);

/// A transfer with names replaced by what they mean.
pub(super) struct Plan<'c> {
    pub(super) chain_name: String,
    pub(super) chain: &'c ChainConfig,
    pub(super) sender: String,
    pub(super) key: SigningKey,
    pub(super) transfer: LocalTransfer,
}

impl Plan<'_> {
    pub(super) async fn carry_out(&self, wait: bool) -> Result<Answer, Failure> {
        let client = families::connect(self.chain);
        let client = client.map_err(|reason| Failure::Usage(anyhow!(reason)))?;
        let submitted = match client.send(&self.transfer, &self.key).await {
            Ok(submitted) => submitted,
            Err(ClientError::Refused { code, reason }) => {
                let end = End { status: "refused", height: None, reason: Some((code, reason)) };
                return Ok(self.answer(None, &end));
            }
            Err(error) => return Err(crate::commands::failure(error)),
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
    Ok(match found.map_err(crate::commands::failure)? {
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
