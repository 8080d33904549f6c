//! The account on one chain: signs, writes down and broadcasts transactions one after the other,
//! without waiting for blocks, and follows those that are out.

mod follow;
mod submit;

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use causeway_core::Message;
use causeway_relayer_endpoints::{
    Endpoint, EndpointError, Executed, Prepared, Signed, Transaction,
};
use causeway_relayer_engine::{BatchId, PacketKey, Side};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::chain::{Chain, ChainView, stopped};
use crate::config::ChainSettings;
use crate::store::{PathId, Store, Submission};

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

/// Who waits for messages that no path asks for.
pub(crate) type Done = oneshot::Sender<Result<(Transaction, Executed), EndpointError>>;

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
    Execute { messages: Arc<[Message]>, done: Done },
}

/// What is told of a transaction, and to whom.
#[derive(Debug)]
enum Client {
    Batch { ticket: Ticket, on: Side, updates: usize, items: Vec<Vec<PacketKey>>, reply: Reply },
    Single(Option<Done>),
}

impl Client {
    fn tell(&mut self, outcome: Outcome) {
        match (self, outcome) {
            (Self::Batch { ticket, reply, .. }, outcome) => {
                let _ = reply.send((*ticket, outcome));
            }
            (Self::Single(done), Outcome::Executed { transaction, executed, .. }) => {
                if let Some(done) = done.take() {
                    let _ = done.send(Ok((transaction, executed)));
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
pub(in crate::chain) struct Outbox {
    alias: Arc<str>,
    endpoint: Arc<dyn Endpoint>,
    view: watch::Receiver<ChainView>,
    settings: ChainSettings,
    store: Store,
    pending: BTreeMap<u64, Pending>,
    next: u64,
    /// Something that was signed did not go out: what the account has is to be read again.
    unsent: bool,
}

impl Outbox {
    pub(in crate::chain) fn new(chain: &Chain, settings: ChainSettings, store: Store) -> Self {
        Self {
            alias: chain.alias.clone(),
            endpoint: chain.endpoint.clone(),
            view: chain.view.clone(),
            settings,
            store,
            pending: BTreeMap::new(),
            next: 0,
            unsent: false,
        }
    }

    /// Carries out orders until nobody gives any, or `stop` says so. An order that is being carried
    /// out is finished: what goes out was written down before.
    pub(in crate::chain) async fn run(
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
                self.submit(client, &updates, &messages).await;
            }
            Order::Execute { messages, done } => {
                self.submit(Client::Single(Some(done)), &[], &messages).await;
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
