//! What is seen on the chains: blocks, events, reorganisations.

use causeway_core::{Height, Sequence};

use crate::engine::PathEngine;
use crate::lanes::Lane;
use crate::packet::{Outcome, Progress, Tracked};
use crate::{Effect, Observation, PacketEvent, PacketKey, Record, Side, Task};

impl PathEngine {
    /// A chain has moved: more may be final, timeouts may have passed.
    pub(crate) fn observed(&mut self, side: Side, observation: Observation) {
        let end = self.end_mut(side);
        end.observation = Some(observation);
        if end.cursor.is_none() {
            // A new path: what came before is found in the state, not in old events.
            end.cursor = Some(observation.head.height());
        }
    }

    /// Handles the events of a range of heights. A range that leaves a gap is not believed to be
    /// all there is: the whole stretch is asked for again.
    pub(crate) fn scanned(
        &mut self,
        side: Side,
        from: u64,
        to: u64,
        events: Vec<(Height, PacketEvent)>,
    ) {
        let end = self.end_mut(side);
        end.scan_asked = None;
        let cursor = end.cursor.unwrap_or_default();
        if from > cursor.saturating_add(1) {
            return;
        }
        if to > cursor {
            end.cursor = Some(to);
            self.records.push(Record::Cursor { side, height: to });
        }
        for (height, event) in events {
            self.packet_event(side, height, event);
        }
    }

    fn packet_event(&mut self, side: Side, height: Height, event: PacketEvent) {
        let now = self.now;
        match event {
            PacketEvent::Sent(packet) => {
                let key = PacketKey { source: side, sequence: packet.sequence };
                self.follow(key, Lane::Live);
                self.change(key, |tracked| {
                    if tracked.packet.is_none() {
                        tracked.packet = Some(packet);
                        tracked.evidence = height;
                        tracked.set(Progress::Finality, now);
                    }
                });
            }
            PacketEvent::Answered(packet, answer) => {
                let key = PacketKey { source: side.other(), sequence: packet.sequence };
                self.follow(key, Lane::Live);
                self.change(key, |tracked| {
                    if !matches!(tracked.task, Task::Acknowledge(_)) {
                        tracked.packet = Some(packet);
                        tracked.task = Task::Acknowledge(answer);
                        tracked.evidence = height;
                        tracked.set(Progress::Finality, now);
                    }
                });
            }
            PacketEvent::Settled(key) => {
                if let Some(outcome) = self.packets.get(&key).map(Tracked::outcome) {
                    self.set(key, Progress::Settlement { height, outcome });
                }
            }
        }
    }

    /// Makes sure that the packet is known, unless too many are.
    fn follow(&mut self, key: PacketKey, lane: Lane) {
        let known = self.packets.get(&key).is_some();
        if !known && self.packets.len() < self.limits.packets {
            self.packets.insert(key, Tracked::unknown(lane, self.now));
        }
    }

    /// Blocks were undone: what was learnt from them is looked at again.
    pub(crate) fn reorganised(&mut self, side: Side, height: u64) {
        let end = self.end_mut(side);
        end.cursor = end.cursor.map(|cursor| cursor.min(height));
        for key in self.packets.resting_on(side, height) {
            self.set(key, Progress::Inspection);
        }
    }

    /// Asks for the events of blocks that were not seen yet.
    pub(crate) fn scan(&mut self, side: Side) {
        let (now, range, patience) = (self.now, self.limits.scan_range, self.limits.give_up_after);
        let end = self.end_mut(side);
        let (Some(observation), Some(cursor)) = (end.observation, end.cursor) else { return };
        let head = observation.head.height();
        let asked_lately = end.scan_asked.is_some_and(|at| now < at.saturating_add(patience));
        if head <= cursor || asked_lately {
            return;
        }
        let (from, to) = (cursor.saturating_add(1), head.min(cursor.saturating_add(range)));
        end.scan_asked = Some(now);
        self.effects.push_back(Effect::Scan { side, from, to });
    }

    /// Moves on the packets that what was seen of a chain allows to: those whose evidence or end
    /// is final there, and those that it can no longer receive.
    pub(crate) fn promote(&mut self, side: Side) {
        let Some(seen) = self.end(side).observation else { return };
        let turn = self.now.saturating_add(self.limits.stagger);
        for key in self.packets.proven_by(side, seen.finalized) {
            self.set(key, Progress::Turn(turn));
        }
        for key in self.packets.settled_by(side, seen.finalized) {
            if let Some(Progress::Settlement { outcome, .. }) =
                self.packets.get(&key).map(|tracked| tracked.progress.clone())
            {
                self.end_packet(key, outcome);
            }
        }
        let now = self.now;
        for key in self.packets.timed_out_by(side, seen.finalized_time.secs()) {
            self.change(key, |tracked| {
                tracked.task = Task::Timeout;
                tracked.evidence = seen.finalized;
                tracked.set(Progress::Turn(now), now);
            });
        }
    }

    /// A packet is over.
    fn end_packet(&mut self, key: PacketKey, outcome: Outcome) {
        let Some(mut record) = self.record(key) else { return };
        record.outcome = Some(outcome);
        record.since = self.now;
        self.records.push(Record::Packet(record));
        self.packets.remove(&key);
        self.unsaved.remove(&key);
    }

    /// A page of what the state says is outstanding.
    pub(crate) fn listed(&mut self, side: Side, outstanding: &[Sequence], next: Option<Sequence>) {
        for sequence in outstanding {
            let key = PacketKey { source: side, sequence: *sequence };
            self.follow(key, Lane::Backlog);
            let Some(tracked) = self.packets.get(&key) else { break };
            // Its answer may have been hidden from us, or its event lost.
            let waited = self.now.saturating_since(tracked.since);
            if tracked.progress == Progress::Answer && waited > self.limits.clear_every {
                self.set(key, Progress::Inspection);
            }
        }
        if let Some(from) = next {
            self.effects.push_back(Effect::List { side, from });
        }
    }
}
