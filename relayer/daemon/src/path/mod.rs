//! One path: the task that drives its engine.

mod client;
mod effects;
mod outcome;

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use causeway_core::Timestamp;
use causeway_relayer_endpoints::{HostedClient, Prepared};
use causeway_relayer_engine::{
    BatchId, ClientReport, Effect, Failure, Input, PacketKey, PacketRecord, PacketStatus,
    PathEngine, PerSide, Record, Side,
};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, sleep_until};

use crate::chain::{Chain, Order, Outcome, Ticket, Trouble, stopped};
use crate::clock::Clock;
use crate::config::{Config, Path, PathEnd};
use crate::evidence::Found;
use crate::rpc::Metrics;
use crate::store::{PathId, PathRow, StepKind, Store, StoreError, Submission, Write};

/// The most inputs that are handled before what follows from them is made durable.
const MAX_INPUTS: usize = 256;

/// How long to wait before the disk is tried again.
const DISK_PAUSE: Duration = Duration::from_secs(2);

/// Something that spawned work has found out.
#[derive(Debug)]
pub(crate) enum Told {
    /// For the engine.
    Input(Input),
    /// A batch is ready to be submitted.
    Prepared(BatchId, Prepared),
    /// A batch for the chain on this side could not be prepared.
    Unprepared(Side, BatchId, Failure),
    /// A client as its host has it; nothing where it could not be read.
    Client(Side, Option<Box<HostedClient>>),
    /// What the other chain says of the client on this side.
    Compared(Side, client::Comparison),
}

/// What others ask of a path's task.
#[derive(Debug)]
pub(crate) enum Query {
    /// Where packets are.
    Status(Vec<PacketKey>, oneshot::Sender<Vec<Option<PacketStatus>>>),
    /// Look at everything that is outstanding now.
    Clear(oneshot::Sender<()>),
}

/// A path as it is known at the moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathView {
    /// Packets that have not ended.
    pub outstanding: usize,
    /// The client on each side, as last read.
    pub clients: PerSide<Option<ClientReport>>,
    /// Why nothing leads on from the client on a side, though its host takes it for active.
    pub stranded: PerSide<Option<String>>,
    /// Why nothing can be relayed; `None` when nothing is known to be in the way.
    pub trouble: Option<Trouble>,
}

/// What is kept of a packet has changed.
#[derive(Clone, Debug)]
pub struct PacketChange {
    /// The path.
    pub path: Arc<Path>,
    /// What is kept now.
    pub record: PacketRecord,
}

/// One end, as the task works with it.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) chain: Chain,
    pub(crate) at: PathEnd,
}

/// A path that the daemon works on.
#[derive(Clone, Debug)]
pub(crate) struct PathHandle {
    pub(crate) id: PathId,
    pub(crate) path: Arc<Path>,
    pub(crate) view: watch::Receiver<PathView>,
    pub(crate) queries: mpsc::Sender<Query>,
}

/// The task that drives the engine of one path.
pub(crate) struct PathTask {
    id: PathId,
    path: Arc<Path>,
    engine: PathEngine,
    ends: Arc<PerSide<End>>,
    seen_reorgs: PerSide<u64>,
    store: Store,
    clock: Clock,
    answer: Duration,
    check_every: Duration,
    tell: mpsc::UnboundedSender<Told>,
    told: mpsc::UnboundedReceiver<Told>,
    reply: mpsc::UnboundedSender<(Ticket, Outcome)>,
    outcomes: mpsc::UnboundedReceiver<(Ticket, Outcome)>,
    queries: mpsc::Receiver<Query>,
    view: watch::Sender<PathView>,
    changes: broadcast::Sender<PacketChange>,
    metrics: Arc<Metrics>,
    /// Ready to be submitted, once what the engine says about it is on record.
    prepared: BTreeMap<BatchId, Prepared>,
    /// What batches under way are to do.
    kinds: BTreeMap<BatchId, Vec<(PacketKey, StepKind)>>,
    /// To be made durable with what the engine says next.
    writes: Vec<Write>,
    watched: PerSide<client::Watched>,
    troubles: client::Troubles,
    accuser: mpsc::UnboundedSender<Found>,
    work: JoinSet<()>,
}

/// Whom a path tells of what happens.
#[derive(Clone)]
pub(crate) struct Listeners {
    pub(crate) changes: broadcast::Sender<PacketChange>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) accuser: mpsc::UnboundedSender<Found>,
}

/// Makes the task of a path, which goes on from what the store has.
pub(crate) fn new(
    path: &Path,
    ends: PerSide<Chain>,
    config: &Config,
    store: &Store,
    clock: Clock,
    listeners: Listeners,
) -> Result<(PathHandle, PathTask), StoreError> {
    let end = |at: &PathEnd| (at.chain.clone(), at.client.clone());
    let id = store.path(&PathRow { a: end(&path.a), b: end(&path.b) })?;
    let resumable = store.resume(id)?;
    let mut engine = PathEngine::new(config.limits.clone(), resumable.records, clock.now());
    let (reply, outcomes) = mpsc::unbounded_channel();
    for offers in resumable.submissions.chunk_by(|one, next| one.batch == next.batch) {
        resume(&mut engine, &ends, id, offers, &reply);
    }
    let (tell, told) = mpsc::unbounded_channel();
    let (ask, queries) = mpsc::channel(64);
    let outstanding = engine.outstanding();
    let (view, watched) = watch::channel(PathView { outstanding, ..PathView::default() });
    let path = Arc::new(path.clone());
    let handle = PathHandle { id, path: path.clone(), view: watched, queries: ask };
    let Listeners { changes, metrics, accuser } = listeners;
    let PerSide { a, b } = ends;
    let ends = PerSide {
        a: End { chain: a, at: path.a.clone() },
        b: End { chain: b, at: path.b.clone() },
    };
    let task = PathTask {
        id,
        path,
        engine,
        ends: Arc::new(ends),
        seen_reorgs: PerSide::default(),
        store: store.clone(),
        clock,
        answer: config.chain.answer,
        check_every: config.chain.check_every,
        tell,
        told,
        reply,
        outcomes,
        queries,
        view,
        changes,
        metrics,
        prepared: BTreeMap::new(),
        kinds: BTreeMap::new(),
        writes: Vec::new(),
        watched: PerSide::default(),
        troubles: client::Troubles::default(),
        accuser,
        work: JoinSet::new(),
    };
    Ok((handle, task))
}

/// Takes up a batch of which transactions may be out.
fn resume(
    engine: &mut PathEngine,
    ends: &PerSide<Chain>,
    path: PathId,
    offers: &[Submission],
    reply: &mpsc::UnboundedSender<(Ticket, Outcome)>,
) {
    let Some(first) = offers.first() else { return };
    let (on, keys) = (first.on, first.items.iter().flatten().copied().collect());
    let ticket = Ticket { path, batch: first.batch };
    let order = Order::Resume { ticket, offers: offers.to_vec(), reply: reply.clone() };
    // The account's queue is longer than what paths have out.
    if ends.get(on).outbox.try_send(order).is_ok() {
        engine.resume_batch(first.batch, on, keys);
    }
}

impl PathTask {
    /// Drives the engine until `stop` says so.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let (mut a, mut b) = (self.ends.a.chain.view.clone(), self.ends.b.chain.view.clone());
        for side in Side::BOTH {
            self.observe(side);
        }
        let mut check = interval(self.check_every);
        check.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if !self.settle(&mut stop).await {
                return;
            }
            let deadline = self.engine.next_deadline().map(|at| self.clock.instant(at));
            let wake = async {
                match deadline {
                    Some(at) => sleep_until(at).await,
                    None => core::future::pending().await,
                }
            };
            tokio::select! {
                () = stopped(&mut stop) => return,
                Some(told) = self.told.recv() => self.hear_all(told),
                Some((ticket, outcome)) = self.outcomes.recv() => self.over(ticket, outcome),
                Some(query) = self.queries.recv() => self.answer(query),
                Ok(()) = a.changed() => self.observe(Side::A),
                Ok(()) = b.changed() => self.observe(Side::B),
                () = wake => self.handle(Input::Tick),
                _ = check.tick() => {
                    Side::BOTH.into_iter().for_each(|side| self.glance_at_client(side));
                }
            }
            while self.work.try_join_next().is_some() {}
        }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn handle(&mut self, input: Input) {
        let now = self.now();
        self.engine.handle(input, now);
    }

    /// Takes in what has been found out meanwhile.
    fn hear_all(&mut self, first: Told) {
        self.hear(first);
        for _ in 1..MAX_INPUTS {
            let Ok(told) = self.told.try_recv() else { return };
            self.hear(told);
        }
    }

    fn hear(&mut self, told: Told) {
        match told {
            Told::Input(input) => self.handle(input),
            Told::Prepared(id, prepared) => {
                let items = prepared.items.iter().flatten().copied().collect();
                self.prepared.insert(id, prepared);
                self.handle(Input::Prepared { id, items });
            }
            Told::Unprepared(on, id, failure) => {
                self.doubt_client(on);
                self.handle(Input::Failed { id, failure });
            }
            Told::Client(side, read) => self.client_read(side, read),
            Told::Compared(side, comparison) => self.compared(side, comparison),
        }
    }

    /// Tells the engine where a chain is.
    fn observe(&mut self, side: Side) {
        let view = self.ends.get(side).chain.view.borrow().clone();
        let seen = self.seen_reorgs.get_mut(side);
        let undone = view.undone_since(*seen);
        *seen = view.reorg_count;
        if let Some(height) = undone {
            self.handle(Input::Reorganised { side, height });
        }
        match (view.lost, view.observation) {
            (None, Some(observation)) => {
                self.glance_at_client(side);
                self.handle(Input::Observed { side, observation });
            }
            (Some(_), _) => self.handle(Input::Lost { side }),
            (None, None) => {}
        }
    }

    fn answer(&mut self, query: Query) {
        match query {
            Query::Status(keys, reply) => {
                let _ = reply.send(keys.into_iter().map(|key| self.engine.status(key)).collect());
            }
            Query::Clear(reply) => {
                self.handle(Input::Clear);
                let _ = reply.send(());
            }
        }
    }

    /// Makes durable what the engine wants kept, then does what it wants done. False when it is
    /// time to stop.
    async fn settle(&mut self, stop: &mut watch::Receiver<bool>) -> bool {
        let mut records = Vec::new();
        let mut to_do = Vec::new();
        while let Some(effect) = self.engine.poll_effect() {
            match effect {
                Effect::Save(more) => records.extend(more),
                effect => to_do.push(effect),
            }
        }
        let (packets, writes) = self.writes(records);
        let writes: Arc<[Write]> = writes.into();
        while let Err(error) = self.store.commit(writes.clone()).await {
            let path = &*self.path;
            tracing::error!(code = "store_failed", %path, %error, "nothing is relayed meanwhile");
            let reason = error.to_string();
            self.troubles.store = Some(Trouble { code: "store_failed", reason });
            self.show_trouble();
            tokio::select! {
                () = stopped(stop) => return false,
                () = sleep(DISK_PAUSE) => {}
            }
        }
        if self.troubles.store.take().is_some() {
            self.show_trouble();
        }
        for record in packets {
            if let Some(outcome) = record.outcome {
                self.metrics.packet_ended(&self.path, outcome);
            }
            // Nobody may be listening.
            let _ = self.changes.send(PacketChange { path: self.path.clone(), record });
        }
        for effect in to_do {
            self.carry_out(effect);
        }
        let outstanding = self.engine.outstanding();
        self.view.send_if_modified(|view| {
            core::mem::replace(&mut view.outstanding, outstanding) != outstanding
        });
        true
    }

    /// What is to be made durable: of each thing its newest record, with the place in its life that
    /// a packet has come to. Also the packets that others are told of.
    fn writes(&mut self, records: Vec<Record>) -> (Vec<PacketRecord>, Vec<Write>) {
        let (path, at) = (self.id, self.now());
        let mut writes = core::mem::take(&mut self.writes);
        let mut newest = BTreeMap::new();
        for record in records {
            match record {
                Record::Cursor { side, height } => {
                    writes.push(Write::Cursor { path, side, height });
                }
                Record::Packet(record) => {
                    newest.insert(record.key, record);
                }
            }
        }
        let is_heard = self.changes.receiver_count() > 0;
        let told = newest.values().filter(|it| is_heard || it.outcome.is_some());
        let told = told.map(|it| (**it).clone()).collect();
        writes.extend(newest.into_values().map(|record| {
            let stage = self.engine.stage_of(record.key).map(|stage| (stage, at));
            Write::Packet { path, record, stage }
        }));
        (told, writes)
    }

    /// Shows what is in the way.
    fn show_trouble(&self) {
        let trouble = self.troubles.first();
        self.view.send_if_modified(|view| {
            let changed = view.trouble != trouble;
            view.trouble = trouble;
            changed
        });
    }
}
