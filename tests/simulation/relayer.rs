//! The engine, and the smallest driver that carries out what it wants.

use core::pin::Pin;
use core::task::{Context, Waker};
use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use causeway_core::{ClientId, Message, Timestamp};
use causeway_relayer_endpoints::{
    Endpoint, EndpointError, Prepared, Signed, TransactionState, executed_input, inspect, prepare,
    scanned_input,
};
use causeway_relayer_engine::{
    Batch, BatchId, Effect, Failure, Input, Limits, PacketKey, PacketRecord, PathEngine, Record,
    Side,
};

use super::net::{Shared, sleep};

/// What survives a kill.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    pub(crate) packets: BTreeMap<PacketKey, PacketRecord>,
    cursors: BTreeMap<Side, u64>,
    out: BTreeMap<BatchId, Out>,
}

/// A transaction that may be out, and what it is about.
#[derive(Clone)]
struct Out {
    on: Side,
    signed: Signed,
    updates: usize,
    items: Vec<Vec<PacketKey>>,
}

/// What spawned work has found out.
enum Told {
    Input(Input),
    Prepared(BatchId, Prepared),
    Signed(BatchId, Out),
    Sent(BatchId, Result<(), EndpointError>),
}

type Work = Pin<Box<dyn Future<Output = Vec<Told>>>>;

#[derive(Clone)]
pub(crate) struct End {
    pub(crate) endpoint: Arc<dyn Endpoint>,
    pub(crate) client: ClientId,
}

pub(crate) struct Relayer {
    net: Shared,
    pub(crate) engine: PathEngine,
    ends: [End; 2],
    pub(crate) disk: Disk,
    work: Vec<Work>,
    prepared: BTreeMap<BatchId, (Side, Prepared)>,
    /// Batches that wait for the account on each side; the first is being signed.
    queues: [VecDeque<BatchId>; 2],
    batches: BTreeMap<BatchId, Side>,
    /// Counts effects, so that a kill can hit any of them.
    pub(crate) effects: u64,
}

const fn index(side: Side) -> usize {
    match side {
        Side::A => 0,
        Side::B => 1,
    }
}

fn limits() -> Limits {
    Limits {
        batch_items: 16,
        give_up_after: Duration::from_mins(1),
        clear_every: Duration::from_secs(20),
        retry_longest: Duration::from_secs(20),
        ..Limits::default()
    }
}

impl Relayer {
    /// A relayer that goes on from what is on the disk.
    pub(crate) fn new(net: &Shared, ends: [End; 2], disk: Disk) -> Self {
        let now = net.lock().unwrap().now;
        let cursors = disk.cursors.iter();
        let cursors = cursors.map(|(side, height)| Record::Cursor { side: *side, height: *height });
        let packets = disk.packets.values().map(|it| Record::Packet(Box::new(it.clone())));
        let mut engine = PathEngine::new(limits(), cursors.chain(packets), now);
        let mut batches = BTreeMap::new();
        for (id, out) in &disk.out {
            engine.resume_batch(*id, out.on, out.items.iter().flatten().copied().collect());
            batches.insert(*id, out.on);
        }
        let mut relayer = Self {
            net: net.clone(),
            engine,
            ends,
            disk,
            work: Vec::new(),
            prepared: BTreeMap::new(),
            queues: Default::default(),
            batches,
            effects: 0,
        };
        for side in Side::BOTH {
            relayer.watch(side);
            relayer.follow(side);
        }
        relayer
    }

    fn now(&self) -> Timestamp {
        self.net.lock().unwrap().now
    }

    /// Does all that can be done at this moment.
    pub(crate) fn run(&mut self) {
        let now = self.now();
        if self.engine.next_deadline().is_some_and(|at| at <= now) {
            self.engine.handle(Input::Tick, now);
        }
        self.settle();
        let mut again = true;
        while again {
            again = false;
            let mut context = Context::from_waker(Waker::noop());
            for mut work in core::mem::take(&mut self.work) {
                match work.as_mut().poll(&mut context) {
                    core::task::Poll::Pending => self.work.push(work),
                    core::task::Poll::Ready(told) => {
                        again = true;
                        for told in told {
                            self.hear(told);
                        }
                        self.settle();
                    }
                }
            }
        }
    }

    /// Observes a chain, now and again.
    fn watch(&mut self, side: Side) {
        let (net, end) = (self.net.clone(), self.ends[index(side)].clone());
        self.work.push(Box::pin(async move {
            sleep(&net, Duration::from_millis(400)).await;
            vec![Told::Input(match end.endpoint.observe().await {
                Ok(observation) => Input::Observed { side, observation },
                Err(_) => Input::Lost { side },
            })]
        }));
    }

    /// Looks what became of what is out on a chain, now and again.
    fn follow(&mut self, side: Side) {
        let (net, end) = (self.net.clone(), self.ends[index(side)].clone());
        let out = self.disk.out.iter().filter(|(_, out)| out.on == side);
        let out: Vec<_> = out.map(|(id, out)| (*id, out.clone())).collect();
        self.work.push(Box::pin(async move {
            sleep(&net, Duration::from_millis(700)).await;
            let mut told = Vec::new();
            for (id, out) in out {
                match end.endpoint.state(&out.signed.transaction).await {
                    Ok(TransactionState::Executed(executed)) => {
                        let input = executed_input(id, executed, out.updates, &out.items);
                        told.push(Told::Input(input));
                    }
                    Ok(TransactionState::Unknown) => {
                        // Undone, forgotten, or never sent: offered again.
                        let sent = end.endpoint.broadcast(&out.signed.raw).await;
                        told.push(Told::Sent(id, sent.map(|_| ())));
                    }
                    Ok(TransactionState::Pending) | Err(_) => {}
                }
            }
            // Who hears nothing goes on following.
            told.push(Told::Input(Input::Tick));
            told
        }));
    }

    fn hear(&mut self, told: Told) {
        let now = self.now();
        match told {
            Told::Input(input) => {
                match &input {
                    Input::Observed { side, .. } | Input::Lost { side } => {
                        self.watch(*side);
                    }
                    Input::Confirmed { id, .. } | Input::Failed { id, .. } => {
                        self.disk.out.remove(id);
                        self.batches.remove(id);
                    }
                    _ => {}
                }
                self.engine.handle(input, now);
            }
            Told::Prepared(id, prepared) => {
                let items = prepared.items.iter().flatten().copied().collect();
                if let Some(on) = self.batches.get(&id) {
                    self.prepared.insert(id, (*on, prepared));
                }
                self.engine.handle(Input::Prepared { id, items }, now);
            }
            Told::Signed(id, out) => {
                // On record, then out.
                let (end, raw) = (self.ends[index(out.on)].clone(), out.signed.raw.clone());
                self.disk.out.insert(id, out);
                self.work.push(Box::pin(async move {
                    let sent = end.endpoint.broadcast(&raw).await;
                    vec![Told::Sent(id, sent.map(|_| ()))]
                }));
            }
            Told::Sent(id, sent) => self.sent(id, sent),
        }
    }

    fn sent(&mut self, id: BatchId, sent: Result<(), EndpointError>) {
        let now = self.now();
        let Some(out) = self.disk.out.get(&id) else { return self.next_in_line(id) };
        match sent {
            Ok(()) | Err(EndpointError::Transport(_) | EndpointError::Nonsense { .. }) => {
                let transaction = out.signed.transaction.0.clone();
                self.engine.handle(Input::Submitted { id, transaction }, now);
                self.next_in_line(id);
            }
            Err(error) => {
                self.disk.out.remove(&id);
                self.failed(id, error);
            }
        }
    }

    fn failed(&mut self, id: BatchId, error: EndpointError) {
        let now = self.now();
        if let Some(on) = self.batches.remove(&id) {
            let end = self.ends[index(on)].clone();
            self.work.push(Box::pin(async move {
                let _ = end.endpoint.reconcile().await;
                Vec::new()
            }));
        }
        self.engine.handle(Input::Failed { id, failure: Failure::from(error) }, now);
        self.next_in_line(id);
    }

    /// The account is free for the batch behind this one.
    fn next_in_line(&mut self, id: BatchId) {
        for side in Side::BOTH {
            if self.queues[index(side)].front() == Some(&id) {
                self.queues[index(side)].pop_front();
                self.sign(side);
            }
        }
    }

    /// Signs the batch whose turn it is.
    fn sign(&mut self, side: Side) {
        let Some(id) = self.queues[index(side)].front().copied() else { return };
        let Some((on, prepared)) = self.prepared.remove(&id) else { return self.next_in_line(id) };
        let end = self.ends[index(side)].clone();
        self.work.push(Box::pin(async move {
            let Prepared { updates, messages, items } = prepared;
            let all: Vec<Message> = updates.iter().chain(&messages).cloned().collect();
            match end.endpoint.sign(&all).await {
                Ok(signed) => {
                    let out = Out { on, signed, updates: updates.len(), items };
                    vec![Told::Signed(id, out)]
                }
                Err(error) => vec![Told::Sent(id, Err(error))],
            }
        }));
    }

    fn settle(&mut self) {
        while let Some(effect) = self.engine.poll_effect() {
            self.effects += 1;
            self.carry_out(effect);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        let ends = self.ends.clone();
        match effect {
            Effect::Save(records) => {
                for record in records {
                    self.keep(record);
                }
            }
            Effect::Scan { side, from, to } => self.work.push(Box::pin(async move {
                let (here, there) = (&ends[index(side)], &ends[index(side.other())]);
                let place = (&*here.endpoint, &here.client);
                let read = scanned_input(side, (from, to), place, &there.client).await;
                vec![Told::Input(read.unwrap_or(Input::ScanFailed { side }))]
            })),
            Effect::List { side, from } => self.work.push(Box::pin(async move {
                let end = &ends[index(side)];
                match end.endpoint.outstanding(&end.client, from).await {
                    Ok(page) => {
                        let (outstanding, next) = (page.sequences, page.next);
                        vec![Told::Input(Input::Listed { side, from, outstanding, next })]
                    }
                    Err(_) => Vec::new(),
                }
            })),
            Effect::Inspect(keys) => self.work.push(Box::pin(look_up(ends, keys))),
            Effect::ReadClient(side) => self.work.push(Box::pin(async move {
                let end = &ends[index(side)];
                match end.endpoint.client(&end.client).await {
                    Ok(client) => {
                        vec![Told::Input(Input::Client { side, report: client.report })]
                    }
                    Err(_) => Vec::new(),
                }
            })),
            Effect::Prepare(batch) => self.prepare(batch),
            Effect::Submit(id) => {
                if let Some((on, _)) = self.prepared.get(&id) {
                    let on = *on;
                    self.queues[index(on)].push_back(id);
                    if self.queues[index(on)].len() == 1 {
                        self.sign(on);
                    }
                }
            }
            Effect::Abandon(id) => {
                self.prepared.remove(&id);
                self.disk.out.remove(&id);
                self.batches.remove(&id);
            }
            Effect::Bump(_) | Effect::Warn(_) => {}
        }
    }

    fn prepare(&mut self, batch: Batch) {
        self.batches.insert(batch.id, batch.on);
        let ends = self.ends.clone();
        self.work.push(Box::pin(async move {
            let (on, other) = (&ends[index(batch.on)], &ends[index(batch.on.other())]);
            let id = batch.id;
            let ready =
                prepare(&batch, (&*on.endpoint, &on.client), (&*other.endpoint, &other.client));
            match ready.await {
                Ok(prepared) => vec![Told::Prepared(id, prepared)],
                Err(error) => vec![Told::Input(Input::Failed { id, failure: error.into() })],
            }
        }));
    }

    fn keep(&mut self, record: Record) {
        match record {
            Record::Cursor { side, height } => {
                self.disk.cursors.insert(side, height);
            }
            Record::Packet(packet) => {
                self.disk.packets.insert(packet.key, *packet);
            }
        }
    }

    /// Follows what is out, where nobody does.
    pub(crate) fn tend(&mut self) {
        for side in Side::BOTH {
            self.follow(side);
        }
    }
}

async fn look_up(ends: [End; 2], keys: Vec<PacketKey>) -> Vec<Told> {
    let mut told = Vec::new();
    for side in Side::BOTH {
        let keys: Vec<_> = keys.iter().filter(|key| key.source == side).copied().collect();
        let (source, destination) = (&ends[index(side)], &ends[index(side.other())]);
        let findings = inspect(
            &keys,
            (&*source.endpoint, &source.client),
            (&*destination.endpoint, &destination.client),
        );
        told.push(Told::Input(Input::Inspected { findings: findings.await }));
    }
    told
}
