//! All packets that have not ended, found by what they wait for, so that a step of the engine
//! costs by what is due and not by what is outstanding.

use std::collections::{BTreeMap, BTreeSet};

use causeway_core::{Height, Timestamp};

use crate::lanes::Lane;
use crate::packet::{Progress, Tracked};
use crate::{PacketKey, PerSide, Side, Task};

/// Keys by what their packets wait for.
#[derive(Debug, Default)]
struct Index {
    /// By the chain whose finality they wait for.
    finality: PerSide<BTreeSet<(Height, PacketKey)>>,
    /// By the source, whose finality ends them.
    settlement: PerSide<BTreeSet<(Height, PacketKey)>>,
    /// By the chain their turn is on; live ones and backlog apart.
    live: PerSide<BTreeSet<(Timestamp, PacketKey)>>,
    backlog: PerSide<BTreeSet<(Timestamp, PacketKey)>>,
    holds: BTreeSet<(Timestamp, PacketKey)>,
    inspection: BTreeSet<PacketKey>,
    /// By the source.
    answers: PerSide<BTreeSet<PacketKey>>,
    /// Undelivered and not under way: by the destination, and its time in seconds from which they
    /// can no longer be delivered.
    timeouts: PerSide<BTreeSet<(u64, PacketKey)>>,
}

impl Index {
    /// Adds or removes all entries of one packet.
    fn apply(&mut self, key: PacketKey, tracked: &Tracked, present: bool) {
        let (on, proven) = (tracked.executes_on(key), tracked.proven_on(key));
        match tracked.progress {
            Progress::Finality => {
                put(self.finality.get_mut(proven), (tracked.evidence, key), present);
            }
            Progress::Settlement { height, .. } => {
                put(self.settlement.get_mut(key.source), (height, key), present);
            }
            Progress::Turn(at) => {
                let lane = match tracked.lane {
                    Lane::Live => &mut self.live,
                    Lane::Backlog => &mut self.backlog,
                };
                put(lane.get_mut(on), (at, key), present);
            }
            Progress::Hold { until } => put(&mut self.holds, (until, key), present),
            Progress::Inspection => put(&mut self.inspection, key, present),
            Progress::Answer => put(self.answers.get_mut(key.source), key, present),
            Progress::Group | Progress::Batch(_) => {}
        }
        let idle = matches!(
            tracked.progress,
            Progress::Finality | Progress::Turn(_) | Progress::Hold { .. }
        );
        if let (true, Task::Receive, Some(packet)) = (idle, &tracked.task, &tracked.packet) {
            let timeouts = self.timeouts.get_mut(key.source.other());
            put(timeouts, (packet.timeout_timestamp, key), present);
        }
    }
}

fn put<T: Ord>(set: &mut BTreeSet<T>, entry: T, present: bool) {
    if present {
        set.insert(entry);
    } else {
        set.remove(&entry);
    }
}

/// The keys whose entry's first part is `limit` or less.
fn up_to<T: Ord + Copy>(
    set: &BTreeSet<(T, PacketKey)>,
    limit: T,
) -> impl Iterator<Item = PacketKey> {
    set.iter().take_while(move |(at, _)| *at <= limit).map(|(_, key)| *key)
}

/// The packets that have not ended.
#[derive(Debug, Default)]
pub(crate) struct Packets {
    tracked: BTreeMap<PacketKey, Tracked>,
    index: Index,
}

impl Packets {
    pub(crate) fn len(&self) -> usize {
        self.tracked.len()
    }

    pub(crate) fn get(&self, key: &PacketKey) -> Option<&Tracked> {
        self.tracked.get(key)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = PacketKey> {
        self.tracked.keys().copied()
    }

    pub(crate) fn insert(&mut self, key: PacketKey, tracked: Tracked) {
        self.remove(&key);
        self.index.apply(key, &tracked, true);
        self.tracked.insert(key, tracked);
    }

    pub(crate) fn remove(&mut self, key: &PacketKey) -> Option<Tracked> {
        let tracked = self.tracked.remove(key)?;
        self.index.apply(*key, &tracked, false);
        Some(tracked)
    }

    /// Changes a packet, and where it is found; `None` when it is not there.
    pub(crate) fn update<R>(
        &mut self,
        key: PacketKey,
        change: impl FnOnce(&mut Tracked) -> R,
    ) -> Option<R> {
        let tracked = self.tracked.get_mut(&key)?;
        self.index.apply(key, tracked, false);
        let result = change(tracked);
        self.index.apply(key, tracked, true);
        Some(result)
    }

    /// Those whose evidence on `side` is final when everything up to `height` is.
    pub(crate) fn proven_by(&self, side: Side, height: Height) -> Vec<PacketKey> {
        up_to(self.index.finality.get(side), height).collect()
    }

    /// Those that end when everything up to `height` on `side` is final.
    pub(crate) fn settled_by(&self, side: Side, height: Height) -> Vec<PacketKey> {
        up_to(self.index.settlement.get(side), height).collect()
    }

    /// Those that `destination` can no longer receive at its time `secs`, none of them under way.
    pub(crate) fn timed_out_by(&self, destination: Side, secs: u64) -> Vec<PacketKey> {
        up_to(self.index.timeouts.get(destination), secs).collect()
    }

    /// Those whose turn on a chain has come, the longest waiting first.
    pub(crate) fn ready(
        &self,
        on: Side,
        lane: Lane,
        now: Timestamp,
    ) -> impl Iterator<Item = PacketKey> {
        let lane = match lane {
            Lane::Live => self.index.live.get(on),
            Lane::Backlog => self.index.backlog.get(on),
        };
        up_to(lane, now)
    }

    /// Those that were set aside for long enough.
    pub(crate) fn released_by(&self, now: Timestamp) -> Vec<PacketKey> {
        up_to(&self.index.holds, now).collect()
    }

    /// All that were set aside.
    pub(crate) fn set_aside(&self) -> Vec<PacketKey> {
        self.index.holds.iter().map(|(_, key)| *key).collect()
    }

    /// Those that must be looked at.
    pub(crate) fn to_inspect(&self) -> impl Iterator<Item = PacketKey> {
        self.index.inspection.iter().copied()
    }

    /// Those that rest on blocks of `side` above `height`.
    pub(crate) fn resting_on(&self, side: Side, height: u64) -> Vec<PacketKey> {
        let above = |(at, _): &&(Height, PacketKey)| at.height() > height;
        let finality = self.index.finality.get(side).iter().filter(above);
        let settlement = self.index.settlement.get(side).iter().filter(above);
        let answers = self.index.answers.get(side.other()).iter().copied();
        finality.chain(settlement).map(|(_, key)| *key).chain(answers).collect()
    }

    /// Those that wait for a block of `side` above `height` to become final.
    pub(crate) fn ahead_of(&self, side: Side, height: u64) -> Vec<PacketKey> {
        let above = |(at, _): &&(Height, PacketKey)| at.height() > height;
        let finality = self.index.finality.get(side).iter().rev().take_while(above);
        let settlement = self.index.settlement.get(side).iter().rev().take_while(above);
        finality.chain(settlement).map(|(_, key)| *key).collect()
    }

    /// Those of one source that wait for their answer.
    pub(crate) fn unanswered(&self, source: Side) -> Vec<PacketKey> {
        self.index.answers.get(source).iter().copied().collect()
    }

    /// Those whose turn is on a chain, lane by lane, the longest waiting first.
    pub(crate) const fn turns(&self, on: Side) -> [&BTreeSet<(Timestamp, PacketKey)>; 2] {
        [self.index.live.get(on), self.index.backlog.get(on)]
    }

    /// When the next hold ends.
    pub(crate) fn next_release(&self) -> Option<Timestamp> {
        self.index.holds.first().map(|(at, _)| *at)
    }
}
