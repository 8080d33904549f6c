//! The engine, and the smallest driver that carries out what it wants.

mod account;
mod work;

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use causeway_core::{Any, ClientId, Timestamp};
use causeway_relayer_endpoints::{Endpoint, EndpointError, Prepared, Signed};
use causeway_relayer_engine::{
    BatchId, Effect, Input, Limits, PacketKey, PacketRecord, PathEngine, Record, Side,
};

use self::work::{Watch, Works};
use super::net::Shared;

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
    /// What a look at a chain has shown, and what the next look goes on from.
    Seen(Side, Vec<Input>, Watch),
    Prepared(BatchId, Prepared),
    Signed(BatchId, Out),
    Sent(BatchId, Result<(), EndpointError>),
    Evidence(Side, Any),
    Followed(Side),
}

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
    works: Works,
    prepared: BTreeMap<BatchId, (Side, Prepared)>,
    /// Batches that wait for the account on each side; the first is being signed.
    queues: [VecDeque<BatchId>; 2],
    batches: BTreeMap<BatchId, Side>,
    /// Evidence that was submitted, so that it is submitted once.
    evidence: Vec<Any>,
    /// Effects and answers so far, so that a kill can hit any of them.
    pub(crate) steps: u64,
    /// At which of them it is killed.
    pub(crate) fatal_step: Option<u64>,
}

const fn index(side: Side) -> usize {
    match side {
        Side::A => 0,
        Side::B => 1,
    }
}

/// Short, so that little chain time passes in vain.
fn limits(stagger: Duration) -> Limits {
    Limits {
        batch_items: 16,
        give_up_after: Duration::from_mins(1),
        clear_every: Duration::from_secs(10),
        retry_longest: Duration::from_secs(15),
        stagger,
        ..Limits::default()
    }
}

impl Relayer {
    /// A relayer that goes on from what is on the disk.
    pub(crate) fn new(net: &Shared, ends: [End; 2], disk: Disk, stagger: Duration) -> Self {
        let now = net.lock().unwrap().now;
        let cursors = disk.cursors.iter();
        let cursors = cursors.map(|(side, height)| Record::Cursor { side: *side, height: *height });
        let packets = disk.packets.values().map(|it| Record::Packet(Box::new(it.clone())));
        let mut engine = PathEngine::new(limits(stagger), cursors.chain(packets), now);
        let mut batches = BTreeMap::new();
        for (id, out) in &disk.out {
            if *id >= account::FIRST_OF_EVIDENCE {
                continue;
            }
            engine.resume_batch(*id, out.on, out.items.iter().flatten().copied().collect());
            batches.insert(*id, out.on);
        }
        let mut relayer = Self {
            net: net.clone(),
            engine,
            ends,
            disk,
            works: Works::default(),
            prepared: BTreeMap::new(),
            queues: Default::default(),
            batches,
            evidence: Vec::new(),
            steps: 0,
            fatal_step: None,
        };
        for side in Side::BOTH {
            relayer.watch(side, Watch::default());
            relayer.follow(side);
        }
        relayer
    }

    fn now(&self) -> Timestamp {
        self.net.lock().unwrap().now
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.fatal_step.is_some_and(|step| self.steps >= step)
    }

    /// Does all that can be done at this moment, or until it is killed.
    pub(crate) fn run(&mut self) {
        let now = self.now();
        if self.engine.next_deadline().is_some_and(|at| at <= now) {
            self.engine.handle(Input::Tick, now);
        }
        self.settle();
        loop {
            let told = self.works.poll();
            if told.is_empty() || self.is_dead() {
                return;
            }
            for told in told {
                self.hear(told);
                self.settle();
                self.steps += 1;
                if self.is_dead() {
                    return;
                }
            }
        }
    }

    fn hear(&mut self, told: Told) {
        let now = self.now();
        match told {
            Told::Input(input) => {
                if let Input::Confirmed { id, .. } | Input::Failed { id, .. } = &input {
                    self.disk.out.remove(id);
                    self.batches.remove(id);
                }
                self.engine.handle(input, now);
            }
            Told::Seen(side, inputs, watch) => {
                for input in inputs {
                    self.engine.handle(input, now);
                }
                self.watch(side, watch);
            }
            Told::Prepared(id, prepared) => {
                let items = prepared.items.iter().flatten().copied().collect();
                if let Some(on) = self.batches.get(&id) {
                    self.prepared.insert(id, (*on, prepared));
                }
                self.engine.handle(Input::Prepared { id, items }, now);
            }
            Told::Signed(id, out) => self.let_out(id, out),
            Told::Sent(id, sent) => self.sent(id, sent),
            Told::Evidence(side, evidence) => self.accuse(side, evidence),
            Told::Followed(side) => self.follow(side),
        }
    }

    fn settle(&mut self) {
        while !self.is_dead()
            && let Some(effect) = self.engine.poll_effect()
        {
            self.carry_out(effect);
            self.steps += 1;
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Save(records) => records.into_iter().for_each(|record| self.keep(record)),
            Effect::Scan { side, from, to } => self.scan(side, from, to),
            Effect::List { side, from } => self.list(side, from),
            Effect::Inspect(keys) => self.look_up(keys),
            Effect::ReadClient(side) => self.read_client(side),
            Effect::Prepare(batch) => self.prepare(batch),
            Effect::Submit(id) => self.submit(id),
            Effect::Abandon(id) => {
                self.prepared.remove(&id);
                self.disk.out.remove(&id);
                self.batches.remove(&id);
            }
            Effect::Bump(_) | Effect::Warn(_) => {}
        }
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
}
