//! From what is known to what to do.

use causeway_core::Height;

use crate::batch::{InFlight, Step};
use crate::engine::PathEngine;
use crate::lanes::{Lane, fair_share};
use crate::packet::{Progress, Tracked};
use crate::{Batch, BatchId, ClientStatus, Effect, Item, PacketKey, Side, Task};

impl PathEngine {
    /// Everything that follows from the state of things; safe to repeat.
    pub(crate) fn plan(&mut self) {
        for key in self.packets.released_by(self.now) {
            self.set(key, Progress::Inspection);
        }
        for side in Side::BOTH {
            self.promote(side);
        }
        self.expire_batches();
        for side in Side::BOTH {
            self.scan(side);
            self.clear(side);
            self.refresh(side);
            self.compose(side);
        }
        self.inspect();
        self.save();
    }

    /// Does not wait until the list is next read, nor until what was set aside is due.
    pub(crate) fn clear_now(&mut self) {
        for side in Side::BOTH {
            self.end_mut(side).clear_at = self.now;
        }
        for key in self.packets.set_aside() {
            self.set(key, Progress::Inspection);
        }
    }

    /// Reads the list of outstanding packets and the client, now and then.
    fn clear(&mut self, side: Side) {
        let next = self.now.saturating_add(self.limits.clear_every);
        let now = self.now;
        let end = self.end_mut(side);
        if now < end.clear_at {
            return;
        }
        let Some(head) = end.observation.map(|seen| seen.head.height()) else { return };
        end.clear_at = next;
        if end.lost {
            return;
        }
        // Blocks that the chain does not have were undone unnoticed, or never were.
        end.cursor = end.cursor.map(|cursor| cursor.min(head));
        let patience = self.limits.clear_every;
        // Answers may have been hidden from us, or their events lost; or the packet was undone.
        let quiet = self.packets.ahead_of(side, head).into_iter();
        for key in quiet.chain(self.packets.unanswered(side)) {
            let since = self.packets.get(&key).map_or(now, |tracked| tracked.since);
            if now.saturating_since(since) > patience {
                self.set(key, Progress::Inspection);
            }
        }
        let pages = self.limits.pages;
        let listing = &mut self.end_mut(side).listing;
        listing.pages_left = pages.saturating_sub(1);
        let from = listing.next;
        self.effects.push_back(Effect::ReadClient(side));
        self.effects.push_back(Effect::List { side, from });
    }

    /// Makes batches for one chain, as many as may be under way.
    fn compose(&mut self, on: Side) {
        while self.may_submit(on) {
            let keys = match self.end_mut(on).groups.pop_front() {
                Some(group) => self.still_grouped(on, group),
                None => self.ready(on),
            };
            if keys.is_empty() {
                if self.end(on).groups.is_empty() {
                    return;
                }
                continue;
            }
            self.start_batch(on, keys, false);
        }
    }

    /// True when the chain can take one more batch.
    pub(crate) fn may_submit(&self, on: Side) -> bool {
        let end = self.end(on);
        let under_way = self.batches.values().filter(|batch| batch.on == on).count();
        let active = end.client.is_none_or(|client| client.status == ClientStatus::Active);
        let seen = end.observation.is_some() && self.end(on.other()).observation.is_some();
        let room = under_way < self.limits.batches_in_flight;
        seen && active && room && !self.is_cut() && end.paused_until <= self.now
    }

    /// Those of a group that still wait as one, for the same chain.
    fn still_grouped(&self, on: Side, keys: Vec<PacketKey>) -> Vec<PacketKey> {
        let waits = |key: &PacketKey| {
            let tracked = self.packets.get(key);
            tracked.is_some_and(|t| t.progress == Progress::Group && t.executes_on(*key) == on)
        };
        keys.into_iter().filter(waits).collect()
    }

    /// The packets whose turn it is on a chain: none while the first of them may get company.
    fn ready(&self, on: Side) -> Vec<PacketKey> {
        let limit = self.end(on).size.get();
        let lane = |lane| {
            let ready = self.packets.ready(on, lane, self.now);
            ready.filter(|key| self.may_go(on, *key)).take(limit).collect::<Vec<_>>()
        };
        let (live, backlog) = (lane(Lane::Live), lane(Lane::Backlog));
        let full = live.len().saturating_add(backlog.len()) >= limit;
        let waited = [live.first(), backlog.first()].into_iter().flatten().any(|key| {
            let turn = self.packets.get(key).map(|tracked| &tracked.progress);
            matches!(turn, Some(Progress::Turn(at))
                if at.saturating_add(self.limits.gather) <= self.now)
        });
        if full || waited {
            fair_share(live.into_iter(), backlog.into_iter(), limit)
        } else {
            Vec::new()
        }
    }

    /// True for a packet that would not come too late, and that is not still in a batch to that
    /// chain, from before something seen there pointed elsewhere: it would be submitted twice.
    pub(crate) fn may_go(&self, on: Side, key: PacketKey) -> bool {
        let mut there = self.batches.values().filter(|batch| batch.on == on);
        !there.any(|batch| batch.keys.contains(&key)) && !self.comes_too_late(key)
    }

    /// True for a delivery that the destination would refuse by its own time, or nearly.
    fn comes_too_late(&self, key: PacketKey) -> bool {
        let Some(Tracked { task: Task::Receive, packet: Some(packet), .. }) =
            self.packets.get(&key)
        else {
            return false;
        };
        self.end(key.source.other()).observation.is_some_and(|seen| {
            let arrival = seen.head_time.saturating_add(self.limits.timeout_margin);
            arrival.secs() >= packet.timeout_timestamp
        })
    }

    pub(crate) fn start_batch(&mut self, on: Side, keys: Vec<PacketKey>, refresh: bool) {
        self.next_batch = self.next_batch.saturating_add(1);
        let id = BatchId(self.next_batch);
        let mut at_least = if refresh { self.finalized(on.other()) } else { Height::new(0, 0) };
        let mut items = Vec::with_capacity(keys.len());
        for key in &keys {
            let Some(tracked) = self.packets.get(key) else { continue };
            let Some(packet) = tracked.packet.clone() else { continue };
            at_least = at_least.max(tracked.evidence);
            items.push(Item { key: *key, packet, task: tracked.task.clone() });
        }
        for key in &keys {
            self.set(*key, Progress::Batch(id));
        }
        let since = self.now;
        let keys = keys.into_iter().collect();
        self.batches.insert(id, InFlight { on, keys, step: Step::Preparing, since });
        self.effects.push_back(Effect::Prepare(Batch { id, on, at_least, refresh, items }));
    }

    fn finalized(&self, side: Side) -> Height {
        self.end(side).observation.map_or(Height::new(0, 0), |seen| seen.finalized)
    }

    /// Refreshes the client on `on` long before it expires, by that chain's own time, or before it
    /// is too far behind.
    fn refresh(&mut self, on: Side) {
        let end = self.end(on);
        let (Some(client), Some(seen)) = (end.client, end.observation) else { return };
        let newest = self.finalized(on.other());
        let behind = newest.height().saturating_sub(client.latest.height());
        let lags = client.trusting_period.is_none() && behind > self.limits.refresh_lag;
        let due = lags || client.refresh_at(&self.limits).is_some_and(|at| at <= seen.head_time);
        let busy = self.batches.values().any(|batch| batch.on == on && batch.keys.is_empty());
        let newer = newest > client.latest;
        if due && newer && !busy && self.may_submit(on) && end.refresh_from <= self.now {
            // One that is far behind is brought nearer step by step.
            let pause = if lags { self.limits.stagger } else { self.limits.clear_every };
            self.end_mut(on).refresh_from = self.now.saturating_add(pause);
            self.start_batch(on, Vec::new(), true);
        }
    }

    /// Offers slow batches again, and gives up those that are too slow.
    fn expire_batches(&mut self) {
        let (now, limits) = (self.now, self.limits.clone());
        let mut lost = Vec::new();
        for (id, batch) in &mut self.batches {
            match &mut batch.step {
                Step::Preparing if batch.since.saturating_add(limits.give_up_after) <= now => {
                    lost.push(*id);
                }
                Step::Submitting { since, .. }
                    if since.saturating_add(limits.give_up_after) <= now =>
                {
                    lost.push(*id);
                }
                Step::Submitting { offered, bumps, .. }
                    if offered.saturating_add(limits.bump_after) <= now
                        && *bumps < limits.bumps =>
                {
                    *offered = now;
                    *bumps = bumps.saturating_add(1);
                    self.effects.push_back(Effect::Bump(*id));
                }
                _ => {}
            }
        }
        for id in lost {
            self.effects.push_back(Effect::Abandon(id));
            for key in self.take_batch(id) {
                self.set(key, Progress::Inspection);
            }
        }
    }
}
