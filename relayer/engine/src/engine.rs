//! The engine: inputs in, effects out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use causeway_core::Timestamp;

use crate::batch::InFlight;
use crate::inspect::Asked;
use crate::lanes::Lane;
use crate::packet::{Progress, Tracked};
use crate::packets::Packets;
use crate::{
    BatchId, ClientReport, Effect, Input, Limits, Observation, PacketKey, PacketRecord, PerSide,
    Record, Side, Task,
};

/// What is known of one end of the path.
#[derive(Debug)]
pub(crate) struct End {
    /// Where the chain is.
    pub(crate) observation: Option<Observation>,
    /// The client on this chain.
    pub(crate) client: Option<ClientReport>,
    /// Packet events up to this height were handled.
    pub(crate) cursor: Option<u64>,
    /// When a range of events was last asked for and not yet brought.
    pub(crate) scan_asked: Option<Timestamp>,
    /// When the list of outstanding packets and the client are next read.
    pub(crate) clear_at: Timestamp,
    /// The most items of a batch on this chain, by experience.
    pub(crate) batch_items: usize,
    /// Nothing is submitted before this time.
    pub(crate) paused_until: Timestamp,
    /// The client is not refreshed before this time: the last refresh may have to show first.
    pub(crate) refresh_from: Timestamp,
    /// Groups that are tried apart after a larger one was refused.
    pub(crate) groups: VecDeque<Vec<PacketKey>>,
}

/// Decides, for one path, what to do next.
#[derive(Debug)]
pub struct PathEngine {
    pub(crate) limits: Limits,
    pub(crate) ends: PerSide<End>,
    pub(crate) packets: Packets,
    pub(crate) batches: BTreeMap<BatchId, InFlight>,
    pub(crate) next_batch: u64,
    /// Packets under inspection.
    pub(crate) inspecting: BTreeMap<PacketKey, Asked>,
    pub(crate) effects: VecDeque<Effect>,
    /// Packets whose record is out of date.
    pub(crate) unsaved: BTreeSet<PacketKey>,
    pub(crate) records: Vec<Record>,
    pub(crate) now: Timestamp,
}

impl PathEngine {
    /// An engine that goes on from `records`, the newest of each thing; none for a new path.
    pub fn new(limits: Limits, records: impl IntoIterator<Item = Record>, now: Timestamp) -> Self {
        let end = || End {
            observation: None,
            client: None,
            cursor: None,
            scan_asked: None,
            clear_at: now,
            batch_items: limits.batch_items.max(1),
            paused_until: now,
            refresh_from: now,
            groups: VecDeque::new(),
        };
        let ends = PerSide { a: end(), b: end() };
        let mut engine = Self {
            limits,
            ends,
            packets: Packets::default(),
            batches: BTreeMap::new(),
            next_batch: 0,
            inspecting: BTreeMap::new(),
            effects: VecDeque::new(),
            unsaved: BTreeSet::new(),
            records: Vec::new(),
            now,
        };
        records.into_iter().for_each(|record| engine.restore(record));
        engine.plan();
        engine
    }

    fn restore(&mut self, record: Record) {
        match record {
            Record::Cursor { side, height } => self.end_mut(side).cursor = Some(height),
            Record::Packet(record) if record.outcome.is_none() => {
                let mut tracked = Tracked::unknown(Lane::Backlog, record.since);
                tracked.packet = record.packet;
                tracked.transaction = record.transaction;
                tracked.failure = record.failure;
                if let Some(answer) = record.acknowledgement {
                    tracked.task = Task::Acknowledge(answer);
                }
                self.packets.insert(record.key, tracked);
            }
            Record::Packet(_) => {}
        }
    }

    /// Takes in what happened. `now` is the driver's clock; it only spaces retries and never
    /// decides what a chain would decide by its own time.
    pub fn handle(&mut self, input: Input, now: Timestamp) {
        self.now = self.now.max(now);
        match input {
            Input::Observed { side, observation } => self.observed(side, observation),
            Input::Scanned { side, from, to, events } => self.scanned(side, from, to, events),
            Input::Reorganised { side, height } => self.reorganised(side, height),
            Input::Client { side, report } => self.end_mut(side).client = Some(report),
            Input::Listed { side, outstanding, next } => self.listed(side, &outstanding, next),
            Input::Inspected { findings } => {
                for (key, finding) in findings {
                    self.inspected(key, finding);
                }
            }
            Input::Prepared { id, items } => self.prepared(id, &items),
            Input::Submitted { id, transaction } => self.submitted(id, &transaction),
            Input::Confirmed { id, height, results } => self.confirmed(id, height, results),
            Input::Failed { id, failure } => self.failed(id, failure),
            Input::Tick => {}
        }
        self.plan();
    }

    /// The next thing to do. Effects are to be carried out in order.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// How many packets have not ended.
    pub fn outstanding(&self) -> usize {
        self.packets.len()
    }

    pub(crate) const fn end(&self, side: Side) -> &End {
        self.ends.get(side)
    }

    pub(crate) const fn end_mut(&mut self, side: Side) -> &mut End {
        self.ends.get_mut(side)
    }

    /// Moves a packet on and marks it to be saved.
    pub(crate) fn set(&mut self, key: PacketKey, progress: Progress) {
        let now = self.now;
        self.change(key, |tracked| tracked.set(progress, now));
    }

    /// Changes a packet and marks it to be saved.
    pub(crate) fn change<R>(
        &mut self,
        key: PacketKey,
        change: impl FnOnce(&mut Tracked) -> R,
    ) -> Option<R> {
        let result = self.packets.update(key, change)?;
        self.unsaved.insert(key);
        Some(result)
    }

    /// Sets a packet aside after a failure, longer each time.
    pub(crate) fn hold(&mut self, key: PacketKey, reason: &str) {
        let (first, longest) = (self.limits.retry_first, self.limits.retry_longest);
        let now = self.now;
        self.change(key, |tracked| {
            let doubled = first.saturating_mul(2_u32.saturating_pow(tracked.failures.min(16)));
            tracked.failures = tracked.failures.saturating_add(1);
            tracked.failure = Some(reason.to_owned());
            tracked.lane = Lane::Backlog;
            tracked.set(Progress::Hold { until: now.saturating_add(doubled.min(longest)) }, now);
        });
    }

    /// Puts what is known of changed packets into the queue, to be made durable before whatever
    /// is queued after it.
    pub(crate) fn save(&mut self) {
        let unsaved = core::mem::take(&mut self.unsaved);
        let records = unsaved.into_iter().filter_map(|key| self.record(key));
        let mut records: Vec<_> = records.map(Record::Packet).collect();
        records.append(&mut self.records);
        if !records.is_empty() {
            self.effects.push_back(Effect::Save(records));
        }
    }

    pub(crate) fn record(&self, key: PacketKey) -> Option<PacketRecord> {
        let tracked = self.packets.get(&key)?;
        let acknowledgement = match &tracked.task {
            Task::Acknowledge(answer) => Some(answer.clone()),
            Task::Receive | Task::Timeout => None,
        };
        Some(PacketRecord {
            key,
            packet: tracked.packet.clone(),
            acknowledgement,
            outcome: None,
            transaction: tracked.transaction.clone(),
            since: tracked.since,
            failure: tracked.failure.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use causeway_core::{
        Acknowledgement, ClientId, Height, Packet, PacketResult, Payload, PortId, Recourse,
        Sequence,
    };

    use super::*;
    use crate::{Batch, Failure, ItemResult, PacketEvent};

    fn secs(secs: u64) -> Timestamp {
        Timestamp::from_secs(secs).unwrap()
    }

    fn packet(sequence: u64) -> Packet {
        Packet {
            sequence: Sequence::new(sequence).unwrap(),
            source_client: ClientId::new("client-0").unwrap(),
            dest_client: ClientId::new("client-1").unwrap(),
            timeout_timestamp: 1000,
            payloads: vec![Payload {
                source_port: PortId::new("transfer").unwrap(),
                dest_port: PortId::new("transfer").unwrap(),
                version: "1".into(),
                encoding: "raw".into(),
                value: vec![1],
            }],
        }
    }

    fn key(sequence: u64) -> PacketKey {
        PacketKey { source: Side::A, sequence: Sequence::new(sequence).unwrap() }
    }

    /// Drives an engine and keeps what it asks for.
    struct Driver {
        engine: PathEngine,
        now: u64,
    }

    impl Driver {
        fn new() -> Self {
            let mut driver =
                Self { engine: PathEngine::new(Limits::default(), [], secs(0)), now: 0 };
            driver.observe(Side::A, 1, 1);
            driver.observe(Side::B, 1, 1);
            driver
        }

        fn handle(&mut self, input: Input) {
            self.now += 1;
            self.engine.handle(input, secs(self.now));
        }

        /// A chain is at `height`, all of it final, at chain time `at` seconds.
        fn observe(&mut self, side: Side, height: u64, at: u64) {
            let (height, time) = (Height::from_block(height), secs(at));
            let observation = Observation {
                head: height,
                head_time: time,
                finalized: height,
                finalized_time: time,
            };
            self.handle(Input::Observed { side, observation });
        }

        fn events(&mut self, side: Side, height: u64, events: Vec<PacketEvent>) {
            let events = events.into_iter().map(|e| (Height::from_block(height), e)).collect();
            self.handle(Input::Scanned { side, from: height, to: height, events });
        }

        fn effects(&mut self) -> Vec<Effect> {
            self.handle(Input::Tick);
            core::iter::from_fn(|| self.engine.poll_effect()).collect()
        }

        fn batches(&mut self) -> Vec<Batch> {
            let prepared = |effect| match effect {
                Effect::Prepare(batch) => Some(batch),
                _ => None,
            };
            self.effects().into_iter().filter_map(prepared).collect()
        }

        /// Sends packets 1 to `count` on A in block 2 and gives the batch that is made of them.
        fn batch_of(&mut self, count: u64) -> Batch {
            self.events(Side::A, 2, (1..=count).map(|n| PacketEvent::Sent(packet(n))).collect());
            self.observe(Side::A, 2, 2);
            let mut batches = self.batches();
            assert_eq!(batches.len(), 1);
            batches.remove(0)
        }
    }

    fn keys(batch: &Batch) -> Vec<PacketKey> {
        batch.items.iter().map(|item| item.key).collect()
    }

    #[test]
    fn a_packet_goes_there_and_its_answer_comes_back() {
        let mut driver = Driver::new();
        let batch = driver.batch_of(1);
        assert_eq!((batch.on, batch.at_least), (Side::B, Height::from_block(2)));
        driver.handle(Input::Prepared { id: batch.id, items: keys(&batch) });
        let effects = driver.effects();
        let saved = effects.iter().rposition(|e| matches!(e, Effect::Save(_))).unwrap();
        let submitted = effects.iter().position(|e| *e == Effect::Submit(batch.id)).unwrap();
        assert!(saved < submitted, "what is about to happen is on record first");

        let done = ItemResult::Handled(PacketResult::Success);
        let height = Height::from_block(2);
        driver.handle(Input::Confirmed {
            id: batch.id,
            height,
            results: vec![(key(1), done.clone())],
        });
        let answer = Acknowledgement::new(vec![vec![1]]).unwrap();
        driver.events(Side::B, 2, vec![PacketEvent::Answered(packet(1), answer.clone())]);
        driver.observe(Side::B, 2, 3);
        let home = driver.batches().remove(0);
        assert_eq!((home.on, &home.items[0].task), (Side::A, &Task::Acknowledge(answer)));

        driver.handle(Input::Prepared { id: home.id, items: keys(&home) });
        let height = Height::from_block(3);
        driver.handle(Input::Confirmed { id: home.id, height, results: vec![(key(1), done)] });
        assert_eq!(driver.engine.outstanding(), 1, "not over before it is final");
        driver.observe(Side::A, 3, 4);
        assert_eq!(driver.engine.outstanding(), 0);
    }

    #[test]
    fn one_bad_packet_does_not_keep_the_others() {
        let mut driver = Driver::new();
        let mut waiting = vec![driver.batch_of(8)];
        let mut delivered = Vec::new();
        while let Some(batch) = waiting.pop() {
            driver.handle(Input::Prepared { id: batch.id, items: keys(&batch) });
            if keys(&batch).contains(&key(5)) {
                let recourse = Recourse::Reject;
                let failure = Failure::Refused { recourse, reason: "poisoned".into() };
                driver.handle(Input::Failed { id: batch.id, failure });
            } else {
                let done = ItemResult::Handled(PacketResult::Success);
                let results = keys(&batch).into_iter().map(|key| (key, done.clone())).collect();
                delivered.extend(keys(&batch));
                let height = Height::from_block(2);
                driver.handle(Input::Confirmed { id: batch.id, height, results });
            }
            let more = driver.batches();
            waiting.extend(more.into_iter().filter(|batch| batch.items.len() < 8));
        }
        delivered.sort();
        assert_eq!(delivered, [1, 2, 3, 4, 6, 7, 8].map(key));
        let status = driver.engine.status(key(5)).unwrap();
        assert_eq!(status.failure.as_deref(), Some("poisoned"));
    }

    #[test]
    fn an_undelivered_packet_times_out_by_the_destinations_final_time() {
        let mut driver = Driver::new();
        driver.events(Side::A, 2, vec![PacketEvent::Sent(packet(1))]);
        driver.observe(Side::B, 2, 999);
        driver.observe(Side::A, 2, 2);
        assert_eq!(driver.batches(), [], "too late to deliver, too early to time out");
        driver.observe(Side::B, 3, 1000);
        let batch = driver.batches().remove(0);
        assert_eq!((batch.on, batch.at_least), (Side::A, Height::from_block(3)));
        assert_eq!(batch.items[0].task, Task::Timeout);
    }

    #[test]
    fn a_gap_in_the_stream_is_asked_for() {
        let mut driver = Driver::new();
        driver.effects();
        driver.events(Side::A, 5, vec![PacketEvent::Sent(packet(1))]);
        assert_eq!(driver.engine.outstanding(), 0, "what came after a gap waits");
        driver.observe(Side::A, 5, 5);
        let scan = Effect::Scan { side: Side::A, from: 2, to: 5 };
        assert!(driver.effects().contains(&scan));
    }
}
