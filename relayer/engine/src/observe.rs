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
        match event {
            PacketEvent::Sent(packet) => {
                let key = PacketKey { source: side, sequence: packet.sequence };
                let Some(tracked) = self.follow(key, Lane::Live) else { return };
                if tracked.packet.is_none() {
                    tracked.packet = Some(packet);
                    tracked.evidence = height;
                    self.set(key, Progress::Finality);
                }
            }
            PacketEvent::Answered(packet, answer) => {
                let key = PacketKey { source: side.other(), sequence: packet.sequence };
                let Some(tracked) = self.follow(key, Lane::Live) else { return };
                if !matches!(tracked.task, Task::Acknowledge(_)) {
                    tracked.packet = Some(packet);
                    tracked.task = Task::Acknowledge(answer);
                    tracked.evidence = height;
                    self.set(key, Progress::Finality);
                }
            }
            PacketEvent::Settled(key) => {
                if let Some(outcome) = self.packets.get(&key).map(Tracked::outcome) {
                    self.set(key, Progress::Settlement { height, outcome });
                }
            }
        }
    }

    /// The packet, known from now on; `None` when too many are.
    pub(crate) fn follow(&mut self, key: PacketKey, lane: Lane) -> Option<&mut Tracked> {
        if self.packets.len() >= self.limits.packets && !self.packets.contains_key(&key) {
            return None;
        }
        let now = self.now;
        Some(self.packets.entry(key).or_insert_with(|| Tracked::unknown(lane, now)))
    }

    /// Blocks were undone: what was learnt from them is looked at again.
    pub(crate) fn reorganised(&mut self, side: Side, height: u64) {
        let end = self.end_mut(side);
        end.cursor = end.cursor.map(|cursor| cursor.min(height));
        let undone: Vec<_> = self
            .packets
            .iter()
            .filter(|(key, tracked)| match tracked.progress {
                Progress::Finality => {
                    tracked.proven_on(**key) == side && tracked.evidence.height() > height
                }
                Progress::Settlement { height: at, .. } => {
                    key.source == side && at.height() > height
                }
                Progress::Answer => key.source != side,
                _ => false,
            })
            .map(|(key, _)| *key)
            .collect();
        for key in undone {
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

    /// Ends packets whose end is final, and lets those wait for their turn whose evidence is.
    pub(crate) fn promote(&mut self) {
        let keys: Vec<_> = self.packets.keys().copied().collect();
        for key in keys {
            let Some(tracked) = self.packets.get(&key) else { continue };
            let is_final = |side: Side, height: Height| {
                self.end(side).observation.is_some_and(|seen| seen.finalized >= height)
            };
            match tracked.progress {
                Progress::Finality if is_final(tracked.proven_on(key), tracked.evidence) => {
                    self.set(key, Progress::Turn(self.now.saturating_add(self.limits.stagger)));
                }
                Progress::Settlement { height, outcome } if is_final(key.source, height) => {
                    self.end_packet(key, outcome);
                }
                _ => self.time_out(key),
            }
        }
    }

    /// Turns an undelivered packet into a timeout once the destination's final time is past it.
    fn time_out(&mut self, key: PacketKey) {
        let Some(destination) = self.end(key.source.other()).observation else { return };
        let Some(tracked) = self.packets.get_mut(&key) else { return };
        let idle = matches!(
            tracked.progress,
            Progress::Finality | Progress::Turn(_) | Progress::Hold { .. }
        );
        if idle && tracked.task == Task::Receive && tracked.times_out_by(destination.finalized_time)
        {
            tracked.task = Task::Timeout;
            tracked.evidence = destination.finalized;
            self.set(key, Progress::Turn(self.now));
        }
    }

    /// A packet is over.
    pub(crate) fn end_packet(&mut self, key: PacketKey, outcome: Outcome) {
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
            let overdue = self
                .now
                .saturating_since(self.packets.get(&key).map_or(self.now, |tracked| tracked.since))
                > self.limits.clear_every;
            let Some(tracked) = self.follow(key, Lane::Backlog) else { break };
            // Its answer may have been hidden from us, or its event lost.
            if overdue && matches!(tracked.progress, Progress::Answer) {
                self.set(key, Progress::Inspection);
            }
        }
        if let Some(from) = next {
            self.effects.push_back(Effect::List { side, from });
        }
    }
}
