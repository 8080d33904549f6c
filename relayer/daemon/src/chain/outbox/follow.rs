//! Following transactions that may be out.

use core::time::Duration;

use causeway_core::Recourse;
use causeway_relayer_endpoints::{
    Endpoint, EndpointError, Executed, Transaction, TransactionState,
};
use futures_util::{StreamExt, stream};
use tokio::time::Instant;

use super::{Outbox, Outcome};
use crate::chain::within;

/// How many transactions are asked for at once.
const ASKED_TOGETHER: usize = 8;

/// What the chain says of all offers of a transaction.
enum Seen {
    /// One is in a block.
    Executed(Transaction, Executed),
    /// One waits for a block.
    Waits,
    /// It knows none of them.
    Unknown,
    /// Nothing: it did not answer.
    Nothing,
}

impl Outbox {
    /// Looks what became of all transactions that may be out.
    pub(super) async fn look(&mut self) {
        if self.view.borrow().lost.is_some() || self.view.borrow().observation.is_none() {
            return;
        }
        let asks = self.pending.iter().map(|(number, pending)| {
            let newest_first = pending.offers.iter().rev().map(|it| it.transaction.clone());
            let (endpoint, answer) = (self.endpoint.clone(), self.settings.answer);
            let offers: Vec<_> = newest_first.collect();
            let number = *number;
            async move { (number, ask(&*endpoint, &offers, answer).await) }
        });
        let asks: Vec<_> = asks.collect();
        let seen: Vec<_> = stream::iter(asks).buffered(ASKED_TOGETHER).collect().await;
        for (number, seen) in seen {
            self.take_in(number, seen).await;
        }
    }

    async fn take_in(&mut self, number: u64, seen: Seen) {
        match seen {
            Seen::Executed(transaction, executed) => {
                if let Some(mut pending) = self.pending.remove(&number) {
                    pending.client.executed(transaction, executed);
                }
            }
            Seen::Waits => {
                if let Some(pending) = self.pending.get_mut(&number) {
                    pending.unknown_since = None;
                }
            }
            Seen::Unknown => {
                let Some(pending) = self.pending.get_mut(&number) else { return };
                let since = *pending.unknown_since.get_or_insert_with(Instant::now);
                if since.elapsed() >= self.settings.unknown {
                    self.offer_again(number).await;
                }
            }
            Seen::Nothing => {}
        }
    }

    /// A transaction that the chain does not know, neither waiting nor in a block, is offered
    /// again. When it is refused, it is over.
    async fn offer_again(&mut self, number: u64) {
        let Some(pending) = self.pending.get_mut(&number) else { return };
        let Some(last) = pending.offers.last() else { return };
        match within(self.settings.answer, self.endpoint.broadcast(&last.raw)).await {
            Ok(_) => pending.unknown_since = Some(Instant::now()),
            Err(EndpointError::Transport(_) | EndpointError::Nonsense { .. }) => {}
            Err(error) => {
                let (chain, transaction) = (&*self.alias, &last.transaction.0);
                tracing::info!(code = "transaction_lost", chain, transaction, %error);
                let reason = format!("the chain has lost the transaction: {error}");
                let recourse = Recourse::Retry;
                pending.client.tell(Outcome::Failed(EndpointError::Refused { recourse, reason }));
                self.pending.remove(&number);
                self.reconcile().await;
            }
        }
    }
}

/// What the chain says of the offers of one transaction.
async fn ask(endpoint: &dyn Endpoint, offers: &[Transaction], answer: Duration) -> Seen {
    let mut is_known = false;
    for offer in offers {
        match within(answer, endpoint.state(offer)).await {
            Ok(TransactionState::Executed(executed)) => {
                return Seen::Executed(offer.clone(), executed);
            }
            Ok(TransactionState::Pending) => is_known = true,
            Ok(TransactionState::Unknown) => {}
            Err(_) => return Seen::Nothing,
        }
    }
    if is_known { Seen::Waits } else { Seen::Unknown }
}
