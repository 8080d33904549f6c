//! Who plays: accounts that several lines send from at once.

use std::sync::Arc;

use causeway_core::{Message, Response};
use causeway_relayer_daemon::work::{Named, WorkError, offer, outcome};
use causeway_relayer_endpoints::{Endpoint, Transaction, TransactionState};
use tokio::sync::Mutex;

use super::report::RowTransaction;
use crate::relaying::PATIENCE;

/// An account on a chain.
pub(super) struct Account {
    pub(super) chain: String,
    pub(super) endpoint: Arc<dyn Endpoint>,
    /// Held from signing to broadcasting.
    turn: Mutex<()>,
}

/// Whether the chain is asked what would become of a transaction before it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trial {
    First,
    Skipped,
}

impl Account {
    pub(super) fn new(chain: String, endpoint: Arc<dyn Endpoint>) -> Self {
        Self { chain, endpoint, turn: Mutex::new(()) }
    }

    pub(super) fn named(&self) -> Named<'_> {
        Named { alias: &self.chain, endpoint: &*self.endpoint }
    }

    /// The account's address.
    pub(super) fn address(&self) -> String {
        self.endpoint.account()
    }

    /// Sends one transaction, and waits for its block.
    pub(super) async fn execute(
        &self,
        messages: &[Message],
        trial: Trial,
    ) -> Result<(Transaction, Vec<Response>), WorkError> {
        let signed = {
            let _turn = self.turn.lock().await;
            let signed = match trial {
                Trial::First => self.endpoint.sign(messages).await,
                Trial::Skipped => self.endpoint.sign_untried(messages).await,
            };
            let failed = |error| WorkError::Endpoint { chain: self.chain.clone(), error };
            let signed = signed.map_err(failed)?;
            if let Err(error) = offer(self.named(), &signed).await {
                // What was signed did not go out: the next begins where the chain is.
                let _ = self.endpoint.reconcile().await;
                return Err(error);
            }
            signed
        };
        outcome(self.named(), signed, PATIENCE).await
    }

    /// A transaction of this account, with the height of the block that has it.
    pub(super) async fn on_record(&self, kind: &str, transaction: &Transaction) -> RowTransaction {
        let height = match self.endpoint.state(transaction).await {
            Ok(TransactionState::Executed(executed)) => Some(executed.height.height()),
            _ => None,
        };
        let (kind, chain) = (kind.to_owned(), self.chain.clone());
        RowTransaction { kind, chain, hash: transaction.0.clone(), height }
    }
}
