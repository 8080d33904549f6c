//! The account on one chain: signs, writes down, broadcasts and follows transactions, one after the
//! other.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use causeway_core::{Message, Recourse};
use causeway_relayer_endpoints::{
    Endpoint, EndpointError, Executed, Prepared, Signed, Transaction, TransactionState,
};
use causeway_relayer_engine::{BatchId, PacketKey, Side};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::chain::{Chain, ChainView, stopped, within};
use crate::config::ChainSettings;
use crate::store::{PathId, Store, Submission, Write};

/// How often transactions that are out are looked after when no block comes.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Names a batch among all paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ticket {
    pub(crate) path: PathId,
    pub(crate) batch: BatchId,
}

/// What became of a batch.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A transaction is with the chain, or nobody can say that it is not.
    Submitted(Transaction),
    /// It was executed.
    Executed {
        transaction: Transaction,
        executed: Executed,
        /// How many client updates stand before the messages about packets.
        updates: usize,
        /// Which packets each further message is about.
        items: Vec<Vec<PacketKey>>,
    },
    /// It failed, and is surely not out.
    Failed(EndpointError),
}

/// Where outcomes of batches are told.
pub(crate) type Reply = mpsc::UnboundedSender<(Ticket, Outcome)>;

/// Something for the account to do.
#[derive(Debug)]
pub(crate) enum Order {
    /// Bring a batch onto the chain.
    Submit { ticket: Ticket, on: Side, prepared: Prepared, reply: Reply },
    /// Go on with what was out before a stop: all offers of one batch, oldest first.
    Resume { ticket: Ticket, offers: Vec<Submission>, reply: Reply },
    /// Offer a batch for a higher fee.
    Bump(Ticket),
    /// Nobody is interested in a batch any more.
    Forget(Ticket),
    /// Bring messages onto the chain that no path asks for.
    Execute { messages: Vec<Message>, done: oneshot::Sender<Result<Executed, EndpointError>> },
}

/// What is told of a transaction, and to whom.
#[derive(Debug)]
enum Client {
    Batch { ticket: Ticket, on: Side, updates: usize, items: Vec<Vec<PacketKey>>, reply: Reply },
    Single(Option<oneshot::Sender<Result<Executed, EndpointError>>>),
}

impl Client {
    fn tell(&mut self, outcome: Outcome) {
        match (self, outcome) {
            (Self::Batch { ticket, reply, .. }, outcome) => {
                let _ = reply.send((*ticket, outcome));
            }
            (Self::Single(done), Outcome::Executed { executed, .. }) => {
                if let Some(done) = done.take() {
                    let _ = done.send(Ok(executed));
                }
            }
            (Self::Single(done), Outcome::Failed(error)) => {
                if let Some(done) = done.take() {
                    let _ = done.send(Err(error));
                }
            }
            (Self::Single(_), Outcome::Submitted(_)) => {}
        }
    }
}

/// A transaction that may be out.
#[derive(Debug)]
struct Pending {
    client: Client,
    /// Each pays more than the one before.
    offers: Vec<Signed>,
    /// Since when the chain does not know any of them.
    unknown_since: Option<Instant>,
}

/// The task that owns the account.
pub(super) struct Outbox {
    alias: Arc<str>,
    endpoint: Arc<dyn Endpoint>,
    view: watch::Receiver<ChainView>,
    settings: ChainSettings,
    store: Store,
    pending: BTreeMap<u64, Pending>,
    next: u64,
}

impl Outbox {
    pub(super) fn new(chain: &Chain, settings: ChainSettings, store: Store) -> Self {
        Self {
            alias: chain.alias.clone(),
            endpoint: chain.endpoint.clone(),
            view: chain.view.clone(),
            settings,
            store,
            pending: BTreeMap::new(),
            next: 0,
        }
    }

    /// Carries out orders until nobody gives any, or `stop` says so. An order that is being carried
    /// out is finished: what goes out was written down before.
    pub(super) async fn run(
        mut self,
        mut orders: mpsc::Receiver<Order>,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut view = self.view.clone();
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut stop) => return,
                order = orders.recv() => match order {
                    Some(order) => self.carry_out(order).await,
                    None => return,
                },
                changed = view.changed() => match changed {
                    Ok(()) => self.look().await,
                    Err(_) => return,
                },
                _ = looks.tick() => self.look().await,
            }
        }
    }

    async fn carry_out(&mut self, order: Order) {
        match order {
            Order::Submit { ticket, on, prepared, reply } => {
                let Prepared { updates, messages, items } = prepared;
                let client = Client::Batch { ticket, on, updates: 0, items, reply };
                self.submit(client, updates, messages).await;
            }
            Order::Execute { messages, done } => {
                self.submit(Client::Single(Some(done)), Vec::new(), messages).await;
            }
            Order::Resume { ticket, offers, reply } => self.resume(ticket, offers, reply),
            Order::Bump(ticket) => {
                if let Some(number) = self.find(ticket) {
                    self.bump(number).await;
                }
            }
            Order::Forget(ticket) => {
                if let Some(number) = self.find(ticket) {
                    self.pending.remove(&number);
                    self.reconcile().await;
                }
            }
        }
    }

    fn find(&self, wanted: Ticket) -> Option<u64> {
        let ticket = |pending: &Pending| match &pending.client {
            Client::Batch { ticket, .. } => Some(*ticket),
            Client::Single(_) => None,
        };
        let mut pending = self.pending.iter();
        pending.find(|(_, it)| ticket(it) == Some(wanted)).map(|(number, _)| *number)
    }

    fn resume(&mut self, ticket: Ticket, offers: Vec<Submission>, reply: Reply) {
        let Some(first) = offers.first() else { return };
        let (on, updates, items) = (first.on, first.updates, first.items.clone());
        let client = Client::Batch { ticket, on, updates, items, reply };
        let signed = |it: Submission| Signed { transaction: it.transaction, raw: it.raw };
        let offers = offers.into_iter().map(signed).collect();
        // Perhaps it never went out: then it is offered at the first look.
        let unknown_since = Instant::now().checked_sub(self.settings.unknown);
        self.keep(Pending { client, offers, unknown_since });
    }

    fn keep(&mut self, pending: Pending) {
        self.next += 1;
        self.pending.insert(self.next, pending);
    }

    /// All in one transaction, if it fits; otherwise the client updates go ahead in their own.
    async fn submit(&mut self, mut client: Client, updates: Vec<Message>, messages: Vec<Message>) {
        let all: Vec<_> = updates.iter().chain(&messages).cloned().collect();
        if all.is_empty() {
            let reason = "there was nothing to submit".to_owned();
            return client
                .tell(Outcome::Failed(EndpointError::Missing { what: "message", reason }));
        }
        let signed = match self.sign(&all).await {
            Err(EndpointError::TooLarge { .. }) if !updates.is_empty() && all.len() > 1 => {
                match self.go_ahead(&updates, messages.is_empty()).await {
                    Ok(Some(last)) => Ok(last),
                    Ok(None) => self.sign(&messages).await,
                    Err(error) => Err(error),
                }
            }
            signed => {
                if let Client::Batch { updates: count, .. } = &mut client {
                    *count = updates.len();
                }
                signed
            }
        };
        match signed {
            Ok(signed) => self.send(client, signed).await,
            Err(error) => client.tell(Outcome::Failed(error)),
        }
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
                    let sent = within(self.settings.answer, self.endpoint.broadcast(&signed.raw));
                    if let Err(error) = sent.await {
                        self.reconcile().await;
                        return Err(error);
                    }
                    rest = later;
                }
            }
        }
        Ok(None)
    }

    async fn sign(&self, messages: &[Message]) -> Result<Signed, EndpointError> {
        within(self.settings.answer, self.endpoint.sign(messages)).await
    }

    /// Writes a signed transaction down, and lets it out.
    async fn send(&mut self, mut client: Client, signed: Signed) {
        if let Err(error) = self.journal(&client, 0, &signed).await {
            return client.tell(Outcome::Failed(error));
        }
        let sent = within(self.settings.answer, self.endpoint.broadcast(&signed.raw)).await;
        let unknown_since = match sent {
            Ok(_) => None,
            // Perhaps it is out: that will show.
            Err(EndpointError::Transport(_) | EndpointError::Nonsense { .. }) => {
                Some(Instant::now())
            }
            Err(error) => {
                self.reconcile().await;
                return client.tell(Outcome::Failed(error));
            }
        };
        client.tell(Outcome::Submitted(signed.transaction.clone()));
        self.keep(Pending { client, offers: vec![signed], unknown_since });
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

    async fn reconcile(&self) {
        let done = within(self.settings.answer, self.endpoint.reconcile()).await;
        if let Err(error) = done {
            let chain = &*self.alias;
            tracing::warn!(code = error.code(), chain, %error, "the account could not be read");
        }
    }

    /// Offers a transaction for a higher fee.
    async fn bump(&mut self, number: u64) {
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

    /// Looks what became of all transactions that may be out.
    async fn look(&mut self) {
        if self.view.borrow().lost.is_some() || self.view.borrow().observation.is_none() {
            return;
        }
        let numbers: Vec<_> = self.pending.keys().copied().collect();
        for number in numbers {
            let Some(pending) = self.pending.remove(&number) else { continue };
            if let Some(pending) = self.look_at(pending).await {
                self.pending.insert(number, pending);
            }
        }
    }

    /// What became of one transaction; given back while it is not known.
    async fn look_at(&self, mut pending: Pending) -> Option<Pending> {
        let answer = self.settings.answer;
        let mut known = false;
        for offer in pending.offers.iter().rev() {
            match within(answer, self.endpoint.state(&offer.transaction)).await {
                Ok(TransactionState::Executed(executed)) => {
                    let transaction = offer.transaction.clone();
                    pending.client.executed(transaction, executed);
                    return None;
                }
                Ok(TransactionState::Pending) => known = true,
                Ok(TransactionState::Unknown) => {}
                // Nothing was learnt.
                Err(_) => return Some(pending),
            }
        }
        if known {
            pending.unknown_since = None;
            return Some(pending);
        }
        let since = *pending.unknown_since.get_or_insert_with(Instant::now);
        if since.elapsed() < self.settings.unknown {
            return Some(pending);
        }
        self.offer_again(pending).await
    }

    /// A transaction that the chain does not know, neither waiting nor in a block, is offered
    /// again. When it is refused, it is over.
    async fn offer_again(&self, mut pending: Pending) -> Option<Pending> {
        let last = pending.offers.last()?;
        match within(self.settings.answer, self.endpoint.broadcast(&last.raw)).await {
            Ok(_) => {
                pending.unknown_since = Some(Instant::now());
                Some(pending)
            }
            Err(EndpointError::Transport(_) | EndpointError::Nonsense { .. }) => Some(pending),
            Err(error) => {
                self.reconcile().await;
                let chain = &*self.alias;
                let transaction = &last.transaction.0;
                tracing::info!(code = "transaction_lost", chain, transaction, %error);
                let reason = format!("the chain has lost the transaction: {error}");
                let recourse = Recourse::Retry;
                pending.client.tell(Outcome::Failed(EndpointError::Refused { recourse, reason }));
                None
            }
        }
    }
}

impl Client {
    fn executed(&mut self, transaction: Transaction, executed: Executed) {
        let (updates, items) = match self {
            Self::Batch { updates, items, .. } => (*updates, core::mem::take(items)),
            Self::Single(_) => (0, Vec::new()),
        };
        self.tell(Outcome::Executed { transaction, executed, updates, items });
    }
}
