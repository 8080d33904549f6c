//! Two chains, an engine between them, and a driver that may be as bad as drivers and endpoints
//! get.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use causeway_core::{Acknowledgement, Height, Recourse, Sequence, Timestamp};
use causeway_relayer_engine::{
    Batch, BatchId, ClientReport, ClientStatus, Destination, Effect, Failure, Finding, Input, Item,
    Limits, Outcome, PacketEvent, PacketKey, PathEngine, PerSide, Record, Side, Task,
};

use super::chain::{Chain, TxId, Witness, Work, packet};
use super::random::Random;

/// How bad it is at the moment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Honest,
    Failing,
    Lying,
}

/// What is with a chain, under which name.
struct Submission {
    transaction: TxId,
    on: Side,
    what: BTreeSet<(PacketKey, u8)>,
}

pub(crate) struct World {
    pub(crate) random: Random,
    pub(crate) mood: Mood,
    pub(crate) now: u64,
    pub(crate) chains: PerSide<Chain>,
    pub(crate) engine: PathEngine,
    pub(crate) limits: Limits,
    /// What is durable.
    cursors: BTreeMap<Side, u64>,
    pub(crate) records: BTreeMap<PacketKey, Record>,
    life: u32,
    pending: Vec<Effect>,
    prepared: BTreeMap<BatchId, (Side, Vec<(Item, Witness)>)>,
    submitted: BTreeMap<BatchId, Submission>,
    streamed: PerSide<u64>,
    reported: PerSide<usize>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let limits = Limits {
            batch_items: 1 + random.index(5),
            batches_in_flight: 1 + random.index(2),
            bump_after: Duration::from_secs(5),
            bumps: 2,
            give_up_after: Duration::from_secs(20),
            retry_longest: Duration::from_secs(20),
            clear_every: Duration::from_secs(10),
            inspections: 1 + random.index(8),
            packets: 4 + random.index(60),
            scan_range: 1 + random.below(10),
            ..Limits::default()
        };
        let depths = (random.index(5), random.index(5));
        let chains = PerSide { a: Chain::new(Side::A, depths.0), b: Chain::new(Side::B, depths.1) };
        let engine = PathEngine::new(limits.clone(), [], Timestamp::from_secs(1).unwrap());
        Self {
            random,
            mood: Mood::Honest,
            now: 1,
            chains,
            engine,
            limits,
            cursors: BTreeMap::new(),
            records: BTreeMap::new(),
            life: 0,
            pending: Vec::new(),
            prepared: BTreeMap::new(),
            submitted: BTreeMap::new(),
            streamed: PerSide::default(),
            reported: PerSide::default(),
        }
    }

    /// True once in `bound` times while times are bad.
    fn bad(&mut self, bound: u64) -> bool {
        self.mood != Mood::Honest && self.random.one_in(bound)
    }

    fn lies(&mut self, bound: u64) -> bool {
        self.mood == Mood::Lying && self.random.one_in(bound)
    }

    fn tell(&mut self, input: Input) {
        self.engine.handle(input, Timestamp::from_secs(self.now).unwrap());
        while let Some(effect) = self.engine.poll_effect() {
            match effect {
                Effect::Save(records) => records.into_iter().for_each(|record| self.keep(record)),
                Effect::Submit(id) => self.submit(id),
                Effect::Abandon(id) => {
                    self.prepared.remove(&id);
                    self.submitted.remove(&id);
                }
                effect => self.pending.push(effect),
            }
        }
    }

    fn keep(&mut self, record: Record) {
        match record {
            Record::Cursor { side, height } => {
                self.cursors.insert(side, height);
            }
            Record::Packet(packet) => {
                self.records.insert(packet.key, Record::Packet(packet));
            }
        }
    }

    /// One second.
    pub(crate) fn step(&mut self) {
        self.now += 1;
        for side in Side::BOTH {
            self.advance(side);
            self.stream(side);
            self.report(side);
        }
        if self.bad(60) {
            self.restart();
        }
        let pending = core::mem::take(&mut self.pending);
        for effect in pending {
            if self.bad(4) {
                self.pending.push(effect);
            } else if !self.bad(12) {
                self.carry_out(effect);
            }
        }
        let now = Timestamp::from_secs(self.now).unwrap();
        if self.engine.next_deadline().is_some_and(|at| at <= now) {
            self.tell(Input::Tick);
        }
    }

    /// Sends one packet, which has some time to arrive.
    pub(crate) fn send(&mut self, side: Side) {
        let body = u8::try_from(self.random.below(4)).unwrap();
        let timeout = self.now + 5 + self.random.below(120);
        self.chains.get_mut(side).mempool.push(Work::Send { body, timeout });
    }

    fn advance(&mut self, side: Side) {
        if self.bad(10) {
            let most = 1 + self.random.index(4);
            let undone = self.chains.get_mut(side).reorganise(most, &mut self.random);
            if let Some(height) = undone {
                let streamed = self.streamed.get_mut(side);
                *streamed = (*streamed).min(height);
                let reported = self.reported.get_mut(side);
                *reported = (*reported).min(self.chains.get(side).head());
                if !self.bad(4) {
                    self.tell(Input::Reorganised { side, height });
                }
            }
        }
        if !self.random.one_in(3) {
            let all = self.mood == Mood::Honest;
            self.chains.get_mut(side).mine(self.now, all, &mut self.random);
        }
    }

    /// New blocks, and their events where no gap is left.
    fn stream(&mut self, side: Side) {
        let chain = self.chains.get(side);
        let (head, mut observation) = (chain.head() as u64, chain.observation());
        if self.lies(15) {
            observation.head = Height::from_block(self.random.below(2 * head + 2));
            observation.finalized = Height::from_block(self.random.below(2 * head + 2));
        }
        if !self.bad(4) {
            self.tell(Input::Observed { side, observation });
        } else if self.bad(2) {
            self.tell(Input::Lost { side });
        }
        if !self.bad(4) {
            let from = self.streamed.get(side).saturating_add(1);
            let mut to = head;
            let mut events = self.chains.get(side).events(from, head);
            if self.lies(6) {
                let event = self.lie();
                let height = if self.random.one_in(3) { u64::MAX } else { head };
                events.push((Height::from_block(height), event));
                to = to.max(height);
            }
            if from <= to {
                self.tell(Input::Scanned { side, from, to, events });
            }
        }
        *self.streamed.get_mut(side) = head;
    }

    fn lie(&mut self) -> PacketEvent {
        let source = if self.random.one_in(2) { Side::A } else { Side::B };
        let sequence = 1 + self.random.below(30);
        let packet = packet(source, sequence, 9, self.now + 50);
        let key = PacketKey { source, sequence: packet.sequence };
        match self.random.below(3) {
            0 => PacketEvent::Sent(packet),
            1 => PacketEvent::Answered(packet, Acknowledgement::new(vec![vec![77]]).unwrap()),
            _ => PacketEvent::Settled(key),
        }
    }

    /// What became of transactions in new blocks.
    fn report(&mut self, side: Side) {
        let chain = self.chains.get(side);
        let from = *self.reported.get(side) + 1;
        let blocks = chain.blocks.iter().enumerate().skip(from);
        let results: Vec<_> = blocks
            .flat_map(|(at, block)| block.results.iter().map(move |it| (at as u64, it.clone())))
            .collect();
        *self.reported.get_mut(side) = chain.head();
        for (height, ((life, id), results)) in results {
            let ours = self.submitted.get(&id).is_some_and(|it| it.transaction == (life, id));
            if self.bad(8) || !ours {
                continue;
            }
            self.submitted.remove(&id);
            let height = Height::from_block(height);
            match results {
                Ok(results) => self.tell(Input::Confirmed { id, height, results }),
                Err(reason) => {
                    let failure = Failure::Refused { recourse: Recourse::Reject, reason };
                    self.tell(Input::Failed { id, failure });
                }
            }
        }
    }

    /// The engine begins again from what was kept.
    pub(crate) fn restart(&mut self) {
        let cursors = self.cursors.iter();
        let cursors = cursors.map(|(side, height)| Record::Cursor { side: *side, height: *height });
        let records: Vec<_> = cursors.chain(self.records.values().cloned()).collect();
        let now = Timestamp::from_secs(self.now).unwrap();
        self.engine = PathEngine::new(self.limits.clone(), records, now);
        self.life += 1;
        self.pending.clear();
        self.prepared.clear();
        // The driver may know of transactions that are out.
        if self.random.one_in(3) {
            self.submitted.clear();
        }
        for (id, Submission { on, what, .. }) in &self.submitted {
            let keys = what.iter().map(|(key, _)| *key).collect();
            self.engine.resume_batch(*id, *on, keys);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Scan { side, from, to } => {
                assert!(from <= to && to - from < self.limits.scan_range);
                if self.bad(6) {
                    return self.tell(Input::ScanFailed { side });
                }
                let to = from + self.random.below(to - from + 1);
                let events = self.chains.get(side).events(from, to);
                self.tell(Input::Scanned { side, from, to, events });
            }
            Effect::List { side, from } => self.list(side, from),
            Effect::Inspect(keys) => {
                assert!(keys.len() <= self.limits.inspections);
                let findings = keys.into_iter().map(|key| (key, self.find(key))).collect();
                self.tell(Input::Inspected { findings });
            }
            Effect::ReadClient(side) => self.read_client(side),
            Effect::Prepare(batch) => self.prepare(batch),
            Effect::Bump(_) | Effect::Warn(_) => {}
            Effect::Submit(_) | Effect::Abandon(_) | Effect::Save(_) => unreachable!(),
        }
    }

    fn list(&mut self, side: Side, from: Sequence) {
        let found = self.chains.get(side).newest().commitments.range(from..);
        let mut outstanding: Vec<_> = found.map(|(sequence, _)| *sequence).take(4).collect();
        let next = outstanding.get(3).copied().and_then(Sequence::next);
        let mut next = next;
        if self.lies(4) {
            outstanding = vec![Sequence::new(1 + self.random.below(30)).unwrap()];
            next = Sequence::new(1 + self.random.below(u64::MAX - 1));
        }
        self.tell(Input::Listed { side, from, outstanding, next });
    }

    fn read_client(&mut self, side: Side) {
        let seen = self.chains.get(side.other()).observation();
        let status = if self.lies(4) { ClientStatus::Frozen } else { ClientStatus::Active };
        let report = ClientReport {
            status,
            latest: seen.finalized,
            latest_time: seen.finalized_time,
            trusting_period: Some(Duration::from_mins(1)),
        };
        self.tell(Input::Client { side, report });
    }

    fn find(&mut self, key: PacketKey) -> Result<Finding, String> {
        if self.bad(6) {
            return Err("no answer".into());
        }
        let committed = self.chains.get(key.source).newest().commitments.get(&key.sequence);
        let committed = committed.cloned();
        let receipt = self.chains.get(key.source.other()).newest().receipts.get(&key.sequence);
        let destination = match receipt {
            None => Destination::Unreceived,
            Some((_, None)) => Destination::Unanswered,
            Some((_, Some((answer, height)))) => Destination::Answered(answer.clone(), *height),
        };
        let finding = Finding { committed, body_missing: false, destination };
        if !self.lies(4) {
            return Ok(finding);
        }
        let far = Height::from_block(u64::MAX);
        let answer = Acknowledgement::new(vec![vec![78]]).unwrap();
        Ok(match self.random.below(4) {
            0 => Finding { committed: None, ..finding },
            1 => Finding { body_missing: true, ..finding },
            2 => Finding { destination: Destination::Unreceived, ..finding },
            _ => Finding { destination: Destination::Answered(answer, far), ..finding },
        })
    }

    /// Leaves out what is done, and shows the rest in the other chain's final state.
    fn prepare(&mut self, batch: Batch) {
        assert!(batch.items.len() <= self.limits.batch_items.max(1));
        let id = batch.id;
        if let Some(failure) = self.failure() {
            return self.tell(Input::Failed { id, failure });
        }
        let here = self.chains.get(batch.on).newest();
        let there = self.chains.get(batch.on.other()).final_block();
        let open = |item: &Item| match item.task {
            Task::Receive => !here.receipts.contains_key(&item.key.sequence),
            Task::Acknowledge(_) | Task::Timeout => {
                here.commitments.get(&item.key.sequence).is_some_and(|it| it.0 == item.packet)
            }
        };
        let mut shown = Vec::new();
        for item in batch.items.into_iter().filter(open) {
            let sequence = &item.key.sequence;
            let receipt = there.state.receipts.get(sequence);
            let witness = match item.task {
                Task::Receive => there
                    .state
                    .commitments
                    .get(sequence)
                    .cloned()
                    .map(|it| Witness::Committed(it.0)),
                Task::Acknowledge(_) => {
                    receipt.and_then(|it| it.1.clone()).map(|(answer, _)| Witness::Answered(answer))
                }
                Task::Timeout => receipt.is_none().then_some(Witness::AbsentAt(there.time)),
            };
            let Some(witness) = witness else {
                let failure = Failure::Endpoint("nothing to show".into());
                return self.tell(Input::Failed { id, failure });
            };
            shown.push((item, witness));
        }
        let items = shown.iter().map(|(item, _)| item.key).collect();
        self.prepared.insert(id, (batch.on, shown));
        self.tell(Input::Prepared { id, items });
    }

    fn failure(&mut self) -> Option<Failure> {
        if !self.bad(4) {
            return None;
        }
        let refused = |recourse| Failure::Refused { recourse, reason: "refused".into() };
        Some(match self.random.below(7) {
            0 => Failure::Endpoint("no answer".into()),
            1 => Failure::TooLarge,
            2 => Failure::Unfunded("poor".into()),
            3 => refused(Recourse::Wait),
            4 => refused(Recourse::Retry),
            5 => refused(Recourse::Halt),
            _ => refused(Recourse::Reject),
        })
    }

    fn submit(&mut self, id: BatchId) {
        let Some((on, items)) = self.prepared.remove(&id) else { return };
        let what: BTreeSet<_> =
            items.iter().map(|(item, _)| (item.key, kind(&item.task))).collect();
        for (key, _) in &what {
            assert!(self.records.contains_key(key), "on record before it is submitted");
        }
        for other in self.submitted.values() {
            assert!(what.is_disjoint(&other.what), "the same work is submitted twice");
        }
        let transaction = (self.life, id);
        self.submitted.insert(id, Submission { transaction, on, what });
        if !self.bad(10) {
            self.chains.get_mut(on).mempool.push(Work::Batch((self.life, id), items));
        }
        if let Some(failure) = self.failure() {
            self.submitted.remove(&id);
            return self.tell(Input::Failed { id, failure });
        }
        self.tell(Input::Submitted { id, transaction: format!("{id:?}") });
    }

    /// Every packet has ended on its chain, and the engine follows none.
    pub(crate) fn is_over(&self) -> bool {
        let ended = |side| self.chains.get(side).newest().commitments.is_empty();
        self.engine.outstanding() == 0 && Side::BOTH.into_iter().all(ended)
    }

    /// How the records say that a packet ended, and how it did.
    pub(crate) fn outcomes(&self) -> Vec<(Option<Outcome>, Option<Outcome>)> {
        let truth = |key: &PacketKey| {
            self.chains.get(key.source).newest().settled.get(&key.sequence).copied()
        };
        let said = |record: &Record| match record {
            Record::Packet(packet) => packet.outcome,
            Record::Cursor { .. } => None,
        };
        self.records.iter().map(|(key, record)| (said(record), truth(key))).collect()
    }
}

fn kind(task: &Task) -> u8 {
    match task {
        Task::Receive => 0,
        Task::Acknowledge(_) => 1,
        Task::Timeout => 2,
    }
}
