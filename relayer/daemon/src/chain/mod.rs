//! One chain: a task that watches it, and a task that owns the account on it.

mod outbox;
mod watcher;

use core::time::Duration;
use std::collections::VecDeque;
use std::sync::Arc;

use causeway_core::Timestamp;
use causeway_relayer_endpoints::{Endpoint, EndpointError, Identity, TransportError};
use causeway_relayer_engine::Observation;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::config::ChainSettings;
use crate::store::Store;

pub(crate) use outbox::{Order, Outcome, Ticket};

/// How many reorganisations are remembered for those who have not heard of them yet.
const MAX_REORGS: usize = 32;

/// How many orders may wait for the account.
const MAX_ORDERS: usize = 1024;

/// A chain as it is known at the moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainView {
    /// What it is, once it has said so.
    pub identity: Option<Identity>,
    /// Where it was when it last answered.
    pub observation: Option<Observation>,
    /// Why it does not answer; `None` while it does.
    pub lost: Option<Trouble>,
    /// When it last answered, by the daemon's clock.
    pub answered_at: Option<Timestamp>,
    /// True while a stream tells of new blocks.
    pub streaming: bool,
    /// The newest reorganisations: their number, and the newest height that stood.
    pub(crate) reorgs: VecDeque<(u64, u64)>,
    /// How many there were.
    pub reorg_count: u64,
}

/// Why something does not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// A stable name of the kind of trouble.
    pub code: &'static str,
    /// In words.
    pub reason: String,
}

impl From<&EndpointError> for Trouble {
    fn from(error: &EndpointError) -> Self {
        Self { code: error.code(), reason: error.to_string() }
    }
}

impl ChainView {
    /// The lowest height that stood in the reorganisations after the first `seen`.
    pub(crate) fn undone_since(&self, seen: u64) -> Option<u64> {
        let later = self.reorgs.iter().filter(|(number, _)| *number > seen);
        later.map(|(_, height)| *height).min()
    }

    fn note_reorg(&mut self, height: u64) {
        self.reorg_count += 1;
        if self.reorgs.len() >= MAX_REORGS {
            // What falls out is kept in the one that is now the oldest.
            let oldest = self.reorgs.pop_front().map_or(height, |(_, height)| height);
            if let Some((_, next)) = self.reorgs.front_mut() {
                *next = oldest.min(*next);
            }
        }
        self.reorgs.push_back((self.reorg_count, height));
    }
}

/// A chain that the daemon works with.
#[derive(Clone)]
pub(crate) struct Chain {
    pub(crate) alias: Arc<str>,
    pub(crate) endpoint: Arc<dyn Endpoint>,
    pub(crate) view: watch::Receiver<ChainView>,
    pub(crate) outbox: mpsc::Sender<Order>,
}

impl core::fmt::Debug for Chain {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Chain").field("alias", &self.alias).finish_non_exhaustive()
    }
}

/// Starts the tasks of a chain. They end when `stop` says so.
pub(crate) fn start(
    alias: &str,
    endpoint: Arc<dyn Endpoint>,
    settings: &ChainSettings,
    store: &Store,
    clock: Clock,
    stop: &watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) -> Chain {
    let (publish, view) = watch::channel(ChainView::default());
    let (outbox, orders) = mpsc::channel(MAX_ORDERS);
    let chain = Chain { alias: alias.into(), endpoint, view, outbox };
    let watcher = watcher::Watcher::new(&chain, publish, settings.clone(), store.clone(), clock);
    tasks.spawn(stopped_by(stop.clone(), watcher.run()));
    let account = outbox::Outbox::new(&chain, settings.clone(), store.clone());
    tasks.spawn(account.run(orders, stop.clone()));
    chain
}

/// Waits until `stop` says so, or nobody is left to say it.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Runs something until it ends or `stop` says so.
pub(crate) async fn stopped_by(mut stop: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        () = stopped(&mut stop) => {}
    }
}

/// Waits so long for an answer, and no longer: an endpoint that hangs must not hang us.
pub(crate) async fn within<T>(
    limit: Duration,
    answer: impl Future<Output = Result<T, EndpointError>>,
) -> Result<T, EndpointError> {
    let late = |_| TransportError { reason: format!("no answer in {limit:?}") };
    tokio::time::timeout(limit, answer).await.map_err(late)?
}
