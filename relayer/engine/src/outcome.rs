//! What became of batches.

use core::time::Duration;
use std::collections::BTreeSet;

use causeway_core::{Height, PacketResult, Recourse};

use crate::batch::Step;
use crate::engine::PathEngine;
use crate::packet::Progress;
use crate::{BatchId, Effect, Failure, ItemResult, Outcome, PacketKey, Side, Task};

/// How long a chain is left alone when the relayer's account there cannot pay.
const UNFUNDED_PAUSE: Duration = Duration::from_secs(30);

impl PathEngine {
    /// Removes a batch; gives the packets that still belong to it.
    pub(crate) fn take_batch(&mut self, id: BatchId) -> Vec<PacketKey> {
        let Some(batch) = self.batches.remove(&id) else { return Vec::new() };
        let belongs = |key: &PacketKey| {
            self.packets.get(key).is_some_and(|t| t.progress == Progress::Batch(id))
        };
        batch.keys.into_iter().filter(belongs).collect()
    }

    /// Proofs are there: submit, once what is about to happen is on record.
    pub(crate) fn prepared(&mut self, id: BatchId, covered: &[PacketKey]) {
        let now = self.now;
        let Some(batch) = self.batches.get_mut(&id) else {
            return self.effects.push_back(Effect::Abandon(id));
        };
        if batch.step != Step::Preparing {
            return;
        }
        let (refresh, on) = (batch.keys.is_empty(), batch.on);
        let covered: BTreeSet<_> = covered.iter().copied().collect();
        let (kept, dropped) =
            core::mem::take(&mut batch.keys).into_iter().partition(|key| covered.contains(key));
        batch.keys = kept;
        let dropped: BTreeSet<PacketKey> = dropped;
        if batch.keys.is_empty() && !refresh {
            self.batches.remove(&id);
            self.effects.push_back(Effect::Abandon(id));
        } else {
            batch.step = Step::Submitting { since: now, offered: now, bumps: 0 };
            self.unsaved.extend(batch.keys.iter().copied());
            self.save();
            self.effects.push_back(Effect::Submit(id));
        }
        for key in dropped {
            self.was_outpaced(key, on);
            // One that moved on meanwhile may already be part of another batch.
            if self.packets.get(&key).is_some_and(|t| t.progress == Progress::Batch(id)) {
                self.set(key, Progress::Inspection);
            }
        }
    }

    /// A batch is with the chain.
    pub(crate) fn submitted(&mut self, id: BatchId, transaction: &str) {
        let Some(batch) = self.batches.get(&id) else { return };
        for key in &batch.keys {
            self.packets.update(*key, |tracked| {
                tracked.transaction = Some(transaction.to_owned());
            });
            self.unsaved.insert(*key);
        }
    }

    /// A batch was executed.
    pub(crate) fn confirmed(
        &mut self,
        id: BatchId,
        height: Height,
        results: Vec<(PacketKey, ItemResult)>,
    ) {
        let batch = self.batches.get(&id).map(|batch| (batch.on, batch.keys.len()));
        let Some((on, items)) = batch else { return };
        let mut unmentioned: BTreeSet<_> = self.take_batch(id).into_iter().collect();
        for (key, result) in results {
            if !unmentioned.remove(&key) {
                continue;
            }
            match result {
                ItemResult::Handled(result) => {
                    match result {
                        PacketResult::NoOp => self.was_outpaced(key, on),
                        PacketResult::Success | PacketResult::Failure => self.was_first(key, on),
                    }
                    self.handled(key, result, height);
                }
                ItemResult::Refused(reason) => self.hold(key, &reason),
            }
        }
        for key in unmentioned {
            self.set(key, Progress::Inspection);
        }
        self.end_mut(on).size.took(items);
        self.effects.push_back(Effect::ReadClient(on));
    }

    fn handled(&mut self, key: PacketKey, result: PacketResult, height: Height) {
        let now = self.now;
        self.change(key, |tracked| {
            tracked.failures = 0;
            tracked.failure = None;
            let progress = match (&tracked.task, result) {
                (Task::Timeout, PacketResult::NoOp) => {
                    Progress::Settlement { height, outcome: Outcome::Settled }
                }
                // Somebody else was faster: what they did has its own events, seen or not.
                (Task::Receive, PacketResult::NoOp) => Progress::Inspection,
                (Task::Receive, PacketResult::Success | PacketResult::Failure) => Progress::Answer,
                (Task::Acknowledge(_) | Task::Timeout, _) => {
                    Progress::Settlement { height, outcome: tracked.outcome() }
                }
            };
            tracked.set(progress, now);
        });
    }

    /// A batch failed: what that says of its packets depends on how.
    pub(crate) fn failed(&mut self, id: BatchId, failure: Failure) {
        let Some(on) = self.batches.get(&id).map(|batch| batch.on) else { return };
        let keys = self.take_batch(id);
        match failure {
            Failure::Endpoint(_) if self.is_cut() => self.requeue(&keys),
            Failure::Endpoint(reason) => self.wait_or_bisect(on, &keys, &reason),
            Failure::TooLarge => self.halve(on, &keys),
            Failure::Refused { recourse: Recourse::Wait, reason } => {
                self.wait_or_bisect(on, &keys, &reason);
            }
            // The account's doing, not that of a packet.
            Failure::Refused { recourse: Recourse::Retry, reason } => {
                self.set_aside(&keys, &reason);
            }
            Failure::Refused { recourse: Recourse::Halt, reason } => {
                self.effects.push_back(Effect::Warn(reason.clone()));
                self.effects.push_back(Effect::ReadClient(on));
                self.set_aside(&keys, &reason);
            }
            Failure::Refused { recourse: Recourse::Reject, reason } => {
                self.bisect(on, &keys, &reason);
            }
            Failure::Unfunded(reason) => {
                let until = self.now.saturating_add(UNFUNDED_PAUSE);
                self.end_mut(on).paused_until = until;
                self.effects.push_back(Effect::Warn(reason));
                self.requeue(&keys);
            }
        }
    }

    fn set_aside(&mut self, keys: &[PacketKey], reason: &str) {
        for key in keys {
            self.hold(*key, reason);
        }
    }

    /// What time should cure is tried again later; what time did not cure may be one packet's
    /// doing.
    fn wait_or_bisect(&mut self, on: Side, keys: &[PacketKey], reason: &str) {
        let failed = |key: &PacketKey| self.packets.get(key).is_some_and(|t| t.failures > 0);
        if keys.iter().any(failed) {
            self.bisect(on, keys, reason);
        } else {
            self.set_aside(keys, reason);
        }
    }

    fn requeue(&mut self, keys: &[PacketKey]) {
        let now = self.now;
        for key in keys {
            self.set(*key, Progress::Turn(now));
        }
    }

    /// The chain takes less at once than was tried.
    fn halve(&mut self, on: Side, keys: &[PacketKey]) {
        if let [only] = keys {
            return self.hold(*only, "the packet does not fit into a transaction by itself");
        }
        if !keys.is_empty() {
            self.end_mut(on).size.refused(keys.len());
            self.requeue(keys);
        }
    }

    /// One bad packet must not keep the others: each half is tried by itself, down to single
    /// packets, and a single one that is refused is set aside with the reason.
    fn bisect(&mut self, on: Side, keys: &[PacketKey], reason: &str) {
        if let [only] = keys {
            return self.hold(*only, reason);
        }
        for half in keys.chunks(keys.len().div_ceil(2).max(1)) {
            for key in half {
                self.set(*key, Progress::Group);
            }
            self.end_mut(on).groups.push_back(half.to_vec());
        }
    }
}
