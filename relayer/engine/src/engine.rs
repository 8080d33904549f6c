//! The engine: inputs in, effects out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use causeway_core::{Sequence, Timestamp};

use crate::batch::{InFlight, Step};
use crate::inspect::Asked;
use crate::lanes::Lane;
use crate::packet::{Progress, Tracked};
use crate::packets::Packets;
use crate::size::BatchSize;
use crate::standing::Standing;
use crate::{
    BatchId, ClientReport, Effect, Input, Limits, Observation, PacketKey, PacketRecord, PerSide,
    Record, Resume, Side, Task,
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
    /// True while the chain does not answer.
    pub(crate) lost: bool,
    /// When a range of events was last asked for and not yet brought.
    pub(crate) scan_asked: Option<Timestamp>,
    /// No range of events is asked for before this time.
    pub(crate) scan_from: Timestamp,
    /// Ranges in a row that could not be read.
    pub(crate) scan_failures: u32,
    /// When the list of outstanding packets and the client are next read.
    pub(crate) clear_at: Timestamp,
    /// How far the list was read.
    pub(crate) listing: Listing,
    /// The most items of a batch on this chain, by experience.
    pub(crate) size: BatchSize,
    /// Nothing is submitted before this time.
    pub(crate) paused_until: Timestamp,
    /// The client is not refreshed before this time: the last refresh may have to show first.
    pub(crate) refresh_from: Timestamp,
    /// Groups that are tried apart after a larger one was refused.
    pub(crate) groups: VecDeque<Vec<PacketKey>>,
}

/// How far a list of outstanding packets was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listing {
    /// Where the next page begins.
    pub(crate) next: Sequence,
    /// How many pages may still be read in this round.
    pub(crate) pages_left: u32,
}

impl Default for Listing {
    fn default() -> Self {
        Self { next: Sequence::FIRST, pages_left: 0 }
    }
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
    pub(crate) standing: Standing,
    /// Why a packet was last set aside: many may be for the same reason, which is told once.
    pub(crate) told: Option<String>,
    pub(crate) now: Timestamp,
}

impl PathEngine {
    /// An engine that goes on from `records`, the newest of each thing; none for a new path.
    pub fn new(limits: Limits, records: impl IntoIterator<Item = Record>, now: Timestamp) -> Self {
        let end = || End {
            observation: None,
            client: None,
            cursor: None,
            lost: false,
            scan_asked: None,
            scan_from: now,
            scan_failures: 0,
            clear_at: now,
            listing: Listing::default(),
            size: BatchSize::new(limits.batch_items),
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
            standing: Standing::default(),
            told: None,
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
                let record = *record;
                let mut tracked = Tracked::unknown(Lane::Backlog, record.since);
                tracked.packet = record.packet;
                tracked.transaction = record.transaction;
                tracked.failure = record.failure;
                if let Some(answer) = record.acknowledgement {
                    tracked.task = Task::Acknowledge(answer);
                }
                match record.resume {
                    Resume::Prove(height) if tracked.packet.is_some() => {
                        tracked.evidence = height;
                        tracked.progress = Progress::Finality;
                    }
                    Resume::AwaitAnswer => tracked.progress = Progress::Answer,
                    Resume::Prove(_) | Resume::Look => {}
                }
                self.packets.insert(record.key, tracked);
            }
            Record::Packet(_) => {}
        }
    }

    /// Takes up a batch that was with its chain, or on its way there, before a stop. The driver
    /// goes on to say what becomes of it. For an engine that has just been made.
    pub fn resume_batch(&mut self, id: BatchId, on: Side, keys: Vec<PacketKey>) {
        self.next_batch = self.next_batch.max(id.0);
        for key in &keys {
            self.packets.update(*key, |tracked| tracked.progress = Progress::Batch(id));
        }
        let since = self.now;
        let step = Step::Submitting { since, offered: since, bumps: 0 };
        let keys = keys.into_iter().collect();
        self.batches.insert(id, InFlight { on, keys, step, since });
    }

    /// Takes in what happened. `now` is the driver's clock; it only spaces retries and never
    /// decides what a chain would decide by its own time.
    pub fn handle(&mut self, input: Input, now: Timestamp) {
        self.now = self.now.max(now);
        match input {
            Input::Observed { side, observation } => self.observed(side, observation),
            Input::Scanned { side, from, to, events } => self.scanned(side, from, to, events),
            Input::ScanFailed { side } => self.scan_failed(side),
            Input::Lost { side } => self.end_mut(side).lost = true,
            Input::Reorganised { side, height } => self.reorganised(side, height),
            Input::Client { side, report } => self.client_read(side, report),
            Input::Listed { side, from, outstanding, next } => {
                self.listed(side, from, &outstanding, next);
            }
            Input::Inspected { findings } => {
                for (key, finding) in findings {
                    self.inspected(key, finding);
                }
            }
            Input::Prepared { id, items } => self.prepared(id, &items),
            Input::Submitted { id, transaction } => self.submitted(id, &transaction),
            Input::Confirmed { id, height, results } => self.confirmed(id, height, results),
            Input::Failed { id, failure } => self.failed(id, failure),
            Input::Clear => self.clear_now(),
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

    /// The chain that a batch under way is for.
    pub fn batch_side(&self, id: BatchId) -> Option<Side> {
        self.batches.get(&id).map(|batch| batch.on)
    }

    pub(crate) const fn end(&self, side: Side) -> &End {
        self.ends.get(side)
    }

    pub(crate) const fn end_mut(&mut self, side: Side) -> &mut End {
        self.ends.get_mut(side)
    }

    /// True while one of the chains does not answer: work on packets needs both.
    pub(crate) fn is_cut(&self) -> bool {
        Side::BOTH.iter().any(|side| self.end(*side).lost)
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
        if self.told.as_deref() != Some(reason) {
            let warning = format!("packet {} is held: {reason}", key.sequence);
            self.effects.push_back(Effect::Warn(warning));
            self.told = Some(reason.to_owned());
        }
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
        let mut records: Vec<_> = records.map(|it| Record::Packet(Box::new(it))).collect();
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
            resume: self.resume(tracked),
            outcome: None,
            transaction: tracked.transaction.clone(),
            since: tracked.since,
            failure: tracked.failure.clone(),
        })
    }

    /// Where a packet would go on after a stop at this moment.
    fn resume(&self, tracked: &Tracked) -> Resume {
        let may_be_out =
            |id: &BatchId| self.batches.get(id).is_none_or(|batch| batch.step != Step::Preparing);
        match (&tracked.progress, &tracked.task) {
            (Progress::Answer, _) => Resume::AwaitAnswer,
            (Progress::Inspection | Progress::Settlement { .. }, _) | (_, Task::Timeout) => {
                Resume::Look
            }
            (Progress::Batch(id), _) if may_be_out(id) => Resume::Look,
            _ => Resume::Prove(tracked.evidence),
        }
    }
}
