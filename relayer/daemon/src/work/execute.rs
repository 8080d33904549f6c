//! One transaction, from signing to its outcome.

use core::time::Duration;

use causeway_core::{Message, Recourse, Response};
use causeway_relayer_endpoints::{
    EndpointError, Executed, MessageOutcome, Signed, Transaction, TransactionState,
};
use tokio::time::{Instant, sleep};

use super::Named;

/// How often an outcome is asked for.
const ASK_EVERY: Duration = Duration::from_millis(300);

/// How long a transaction may be unknown to its chain before it is offered again.
const UNKNOWN: Duration = Duration::from_secs(5);

/// Why work on a chain was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkError {
    /// The endpoint, or the chain behind it.
    #[error("{chain}: {error}")]
    Endpoint {
        /// The chain.
        chain: String,
        /// What it said.
        error: EndpointError,
    },
    /// The transaction was executed, and failed.
    #[error("{chain}: transaction {} has failed: {reason}", transaction.0)]
    Failed {
        /// The chain.
        chain: String,
        /// The transaction.
        transaction: Transaction,
        /// In the chain's words.
        reason: String,
    },
    /// The transaction is out, and no block has it yet.
    #[error(
        "{chain}: transaction {} is in no block after {waited:?}: it may still be executed",
        transaction.0
    )]
    Late {
        /// The chain.
        chain: String,
        /// The transaction.
        transaction: Transaction,
        /// How long was waited.
        waited: Duration,
    },
    /// The chain did something else than what was asked.
    #[error("{chain}: {reason}")]
    Unexpected {
        /// The chain.
        chain: String,
        /// What.
        reason: String,
    },
}

impl WorkError {
    pub(crate) fn on(chain: Named<'_>) -> impl Fn(EndpointError) -> Self {
        let chain = chain.alias.to_owned();
        move |error| Self::Endpoint { chain: chain.clone(), error }
    }

    pub(crate) fn unexpected(chain: Named<'_>, reason: impl Into<String>) -> Self {
        Self::Unexpected { chain: chain.alias.to_owned(), reason: reason.into() }
    }

    /// True for what comes of another's transaction with the same key: nonce, sequence or coins
    /// are not what they were.
    pub const fn is_clash(&self) -> bool {
        let Self::Endpoint { error, .. } = self else { return false };
        matches!(error, EndpointError::Refused { recourse: Recourse::Retry, .. })
    }

    /// A stable name of the kind of error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Endpoint { error, .. } => error.code(),
            Self::Failed { .. } => "transaction_failed",
            Self::Late { .. } => "transaction_late",
            Self::Unexpected { .. } => "chain_unexpected",
        }
    }
}

/// Signs and broadcasts messages with the endpoint's account, and waits for a block that has them.
/// Others, a running daemon among them, may use the same key meanwhile: what comes to nothing
/// because of them is signed again.
pub async fn execute(
    chain: Named<'_>,
    messages: &[Message],
    patience: Duration,
) -> Result<(Transaction, Vec<Response>), WorkError> {
    let started = Instant::now();
    let mut is_first = true;
    loop {
        let offered = match chain.endpoint.sign(messages).await {
            Ok(signed) => offer(chain, &signed).await.map(|()| signed),
            Err(error) => Err(WorkError::on(chain)(error)),
        };
        match offered {
            Ok(signed) => return outcome(chain, signed, patience).await,
            Err(error) if error.is_clash() && started.elapsed() < patience => {}
            Err(error) => return Err(error),
        }
        // An endpoint forgets by itself what a refusal has shown to be wrong.
        if !core::mem::take(&mut is_first) {
            chain.endpoint.reconcile().await.map_err(WorkError::on(chain))?;
            sleep(ASK_EVERY).await;
        }
    }
}

/// Broadcasts a signed transaction. Whoever signs several with one account offers each before the
/// next is signed.
pub async fn offer(chain: Named<'_>, signed: &Signed) -> Result<(), WorkError> {
    match chain.endpoint.broadcast(&signed.raw).await {
        // Perhaps it is out.
        Ok(_) | Err(EndpointError::Transport(_)) => Ok(()),
        Err(error) => Err(WorkError::on(chain)(error)),
    }
}

/// Waits for a block that has a transaction that was offered.
pub async fn outcome(
    chain: Named<'_>,
    signed: Signed,
    patience: Duration,
) -> Result<(Transaction, Vec<Response>), WorkError> {
    let (alias, endpoint) = (chain.alias.to_owned(), chain.endpoint);
    let started = Instant::now();
    let transaction = signed.transaction;
    let mut known_at = started;
    while started.elapsed() < patience {
        match endpoint.state(&transaction).await {
            Ok(TransactionState::Executed(executed)) => {
                return responses(&alias, &transaction, executed).map(|it| (transaction, it));
            }
            Ok(TransactionState::Pending) => known_at = Instant::now(),
            Ok(TransactionState::Unknown) if known_at.elapsed() > UNKNOWN => {
                // A refusal is no answer now: it may be because the transaction was executed.
                if let Err(error) = endpoint.broadcast(&signed.raw).await {
                    tracing::debug!(chain = alias, %error, "the transaction is not taken again");
                }
                known_at = Instant::now();
            }
            Ok(TransactionState::Unknown) => {}
            // It is out, and only the chain's word on it counts: what goes wrong here may pass.
            Err(error) => tracing::debug!(chain = alias, %error, "the transaction is not found"),
        }
        sleep(ASK_EVERY).await;
    }
    Err(WorkError::Late { chain: alias, transaction, waited: patience })
}

fn responses(
    alias: &str,
    transaction: &Transaction,
    executed: Executed,
) -> Result<Vec<Response>, WorkError> {
    let outcome = |outcome: MessageOutcome| match outcome {
        MessageOutcome::Handled(response) => Ok(response),
        MessageOutcome::Failed(reason) => Err(WorkError::Failed {
            chain: alias.to_owned(),
            transaction: transaction.clone(),
            reason,
        }),
    };
    executed.outcomes.into_iter().map(outcome).collect()
}
