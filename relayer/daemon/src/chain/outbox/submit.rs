//! Bringing messages onto the chain.

use core::time::Duration;

use causeway_core::{Message, Recourse};
use causeway_relayer_endpoints::{EndpointError, Signed};
use tokio::time::{Instant, sleep};

use super::{Client, Outbox, Outcome, Pending};
use crate::chain::within;
use crate::store::{Submission, Write};

/// How often something is signed again when it came to nothing because somebody else used the same
/// key at the same time.
const CLASHES: u32 = 5;

/// The first pause before that, once what the chain said did not help by itself; doubled each time,
/// so that a block passes meanwhile.
const CLASH_PAUSE: Duration = Duration::from_millis(250);

/// True for what comes of another's transaction with the same key: nonce, sequence or coins are
/// not what they were.
const fn is_clash(error: &EndpointError) -> bool {
    matches!(error, EndpointError::Refused { recourse: Recourse::Retry, .. })
}

impl Outbox {
    /// Signs and sends messages, again where the key was used by somebody else meanwhile.
    pub(super) async fn submit(
        &mut self,
        mut client: Client,
        updates: &[Message],
        messages: &[Message],
    ) {
        let mut pause = CLASH_PAUSE;
        for clash in 0.. {
            match self.offer(&mut client, updates, messages).await {
                Ok((signed, unknown_since)) => {
                    client.tell(Outcome::Submitted(signed.transaction.clone()));
                    return self.keep(Pending { client, offers: vec![signed], unknown_since });
                }
                Err(error) if clash < CLASHES && is_clash(&error) => {
                    let chain = &*self.alias;
                    tracing::info!(code = "key_shared", chain, %error, "it is signed again");
                }
                Err(error) => {
                    if self.unsent {
                        self.reconcile().await;
                    }
                    return client.tell(Outcome::Failed(error));
                }
            }
            // An endpoint forgets by itself what a refusal has shown to be wrong.
            if clash > 0 {
                self.reconcile().await;
                sleep(pause).await;
                pause = pause.saturating_mul(2);
            }
        }
    }

    /// All in one transaction, if it fits; otherwise the client updates go ahead in their own.
    async fn offer(
        &mut self,
        client: &mut Client,
        updates: &[Message],
        messages: &[Message],
    ) -> Result<(Signed, Option<Instant>), EndpointError> {
        let all: Vec<_> = updates.iter().chain(messages).cloned().collect();
        if all.is_empty() {
            let reason = "there was nothing to submit".to_owned();
            return Err(EndpointError::Missing { what: "message", reason });
        }
        let mut ahead = 0;
        let signed = match self.sign(&all).await {
            Err(EndpointError::TooLarge { .. }) if !updates.is_empty() && all.len() > 1 => {
                ahead = updates.len();
                match self.go_ahead(updates, messages.is_empty()).await? {
                    Some(last) => last,
                    None => self.sign(messages).await?,
                }
            }
            signed => signed?,
        };
        if let Client::Batch { updates: count, .. } = client {
            *count = updates.len().saturating_sub(ahead);
        }
        self.send(client, signed).await
    }

    /// Sends client updates in transactions as large as the chain takes. The last of them is only
    /// signed, and given back, when nothing follows.
    async fn go_ahead(
        &mut self,
        updates: &[Message],
        keep_last: bool,
    ) -> Result<Option<Signed>, EndpointError> {
        let mut rest = updates;
        let mut size = rest.len();
        while !rest.is_empty() {
            size = size.min(rest.len());
            let (part, later) = rest.split_at(size);
            match self.sign(part).await {
                Err(EndpointError::TooLarge { .. }) if size > 1 => size = size.div_ceil(2),
                Err(error) => return Err(error),
                Ok(signed) if later.is_empty() && keep_last => return Ok(Some(signed)),
                Ok(signed) => {
                    self.unsent = true;
                    within(self.settings.answer, self.endpoint.broadcast(&signed.raw)).await?;
                    self.unsent = false;
                    rest = later;
                }
            }
        }
        Ok(None)
    }

    async fn sign(&self, messages: &[Message]) -> Result<Signed, EndpointError> {
        within(self.settings.answer, self.endpoint.sign(messages)).await
    }

    /// Writes a signed transaction down, and lets it out. Beside it, since when the chain may not
    /// know it.
    async fn send(
        &mut self,
        client: &Client,
        signed: Signed,
    ) -> Result<(Signed, Option<Instant>), EndpointError> {
        self.unsent = true;
        self.journal(client, 0, &signed).await?;
        let sent = within(self.settings.answer, self.endpoint.broadcast(&signed.raw)).await;
        let unknown_since = match sent {
            Ok(_) => None,
            // Perhaps it is out: that will show.
            Err(EndpointError::Transport(_) | EndpointError::Nonsense { .. }) => {
                Some(Instant::now())
            }
            Err(error) => return Err(error),
        };
        self.unsent = false;
        Ok((signed, unknown_since))
    }

    /// Before something goes out it is on record.
    async fn journal(
        &self,
        client: &Client,
        offer: u32,
        signed: &Signed,
    ) -> Result<(), EndpointError> {
        let Client::Batch { ticket, on, updates, items, .. } = client else { return Ok(()) };
        let submission = Submission {
            batch: ticket.batch,
            offer,
            on: *on,
            transaction: signed.transaction.clone(),
            raw: signed.raw.clone(),
            updates: *updates,
            items: items.clone(),
        };
        let written = self.store.commit(vec![Write::Submission(ticket.path, submission)]).await;
        written
            .map_err(|error| EndpointError::Missing { what: "journal", reason: error.to_string() })
    }

    pub(super) async fn reconcile(&mut self) {
        self.unsent = false;
        let done = within(self.settings.answer, self.endpoint.reconcile()).await;
        if let Err(error) = done {
            let chain = &*self.alias;
            tracing::warn!(code = error.code(), chain, %error, "the account could not be read");
        }
    }

    /// Offers a transaction for a higher fee.
    pub(super) async fn bump(&mut self, number: u64) {
        let Some(pending) = self.pending.get(&number) else { return };
        let Some(last) = pending.offers.last() else { return };
        let chain = &*self.alias;
        let replaced = match within(self.settings.answer, self.endpoint.replace(last)).await {
            Ok(signed) => signed,
            Err(error) => {
                tracing::info!(code = "bump_refused", chain, %error, "the offer stands as it is");
                return;
            }
        };
        let offer = u32::try_from(pending.offers.len()).unwrap_or(u32::MAX);
        if let Err(error) = self.journal(&pending.client, offer, &replaced).await {
            tracing::error!(code = "store_failed", chain, %error, "the offer stands as it is");
            return;
        }
        let sent = within(self.settings.answer, self.endpoint.broadcast(&replaced.raw)).await;
        match sent {
            Ok(_) | Err(EndpointError::Transport(_) | EndpointError::Nonsense { .. }) => {
                if let Some(pending) = self.pending.get_mut(&number) {
                    pending.client.tell(Outcome::Submitted(replaced.transaction.clone()));
                    pending.offers.push(replaced);
                }
            }
            Err(error) => {
                tracing::info!(code = "bump_refused", chain, %error, "the offer stands as it is");
            }
        }
    }
}
