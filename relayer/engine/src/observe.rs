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
        end.lost = false;
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
        let cursor = end.cursor.unwrap_or_default();
        if from > cursor.saturating_add(1) {
            return;
        }
        end.scan_asked = None;
        end.scan_failures = 0;
        if to > cursor {
            end.cursor = Some(to);
            self.records.push(Record::Cursor { side, height: to });
        }
        let in_range = |height: Height| (from..=to).contains(&height.height());
        for (height, event) in events.into_iter().filter(|(height, _)| in_range(*height)) {
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
                    } else if tracked.is_ended_before(height) {
                        // Committed again after a reorganisation had undone it.
                        tracked.set(Progress::Inspection, now);
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
            PacketEvent::Settled(key) => self.settled(key),
        }
    }

    /// A packet is said to have ended. If that was our own doing the batch will tell; otherwise
    /// the states decide whether it is true.
    fn settled(&mut self, key: PacketKey) {
        let known = self.packets.get(&key).map(|tracked| &tracked.progress);
        if known.is_some_and(|it| !matches!(it, Progress::Batch(_) | Progress::Settlement { .. })) {
            self.set(key, Progress::Inspection);
        }
    }

    /// A range of events could not be read.
    pub(crate) fn scan_failed(&mut self, side: Side) {
        let (first, longest) = (self.limits.retry_first, self.limits.clear_every);
        let now = self.now;
        let end = self.end_mut(side);
        let doubled = first.saturating_mul(2_u32.saturating_pow(end.scan_failures.min(16)));
        end.scan_failures = end.scan_failures.saturating_add(1);
        end.scan_asked = None;
        end.scan_from = now.saturating_add(doubled.min(longest));
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
        end.scan_asked = None;
        if end.cursor.is_some_and(|cursor| cursor > height) {
            end.cursor = Some(height);
            self.records.push(Record::Cursor { side, height });
        }
        // What is being read may have been read before.
        self.inspecting.values_mut().for_each(|asked| asked.outdated = true);
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
        if head <= cursor || asked_lately || end.lost || now < end.scan_from {
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
        // What is proven here is carried out on the other side.
        let on = side.other();
        for key in self.packets.proven_by(side, seen.finalized) {
            self.set(key, Progress::Turn(self.turn_of(key, on)));
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
            let turn = self.turn_of(key, key.source);
            self.change(key, |tracked| {
                tracked.task = Task::Timeout;
                tracked.evidence = seen.finalized;
                tracked.set(Progress::Turn(turn), now);
            });
        }
    }

    /// A packet is over.
    fn end_packet(&mut self, key: PacketKey, outcome: Outcome) {
        let Some(mut record) = self.record(key) else { return };
        record.outcome = Some(outcome);
        record.since = self.now;
        self.records.push(Record::Packet(Box::new(record)));
        self.packets.remove(&key);
        self.unsaved.remove(&key);
    }

    /// A page of what the state says is outstanding.
    pub(crate) fn listed(
        &mut self,
        side: Side,
        from: Sequence,
        outstanding: &[Sequence],
        next: Option<Sequence>,
    ) {
        for sequence in outstanding {
            let key = PacketKey { source: side, sequence: *sequence };
            self.follow(key, Lane::Backlog);
            let Some(tracked) = self.packets.get(&key) else { break };
            // Something told us of an end that the state does not know of.
            let waits = matches!(tracked.progress, Progress::Settlement { .. });
            let waited = self.now.saturating_since(tracked.since);
            if waits && waited > self.limits.clear_every {
                self.set(key, Progress::Inspection);
            }
        }
        self.list_on(side, from, next);
    }

    /// Asks for the next page, if the last one leads on and the round is not over.
    fn list_on(&mut self, side: Side, from: Sequence, next: Option<Sequence>) {
        let listing = &mut self.end_mut(side).listing;
        if listing.next != from {
            return;
        }
        listing.next = next.filter(|next| *next > from).unwrap_or(Sequence::FIRST);
        if listing.next > from && listing.pages_left > 0 {
            listing.pages_left = listing.pages_left.saturating_sub(1);
            let from = listing.next;
            self.effects.push_back(Effect::List { side, from });
        }
    }
}
