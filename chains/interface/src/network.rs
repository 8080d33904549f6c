//! The network among the participants of one chain: delays, losses, partitions.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use causeway_core::Timestamp;

use crate::Random;

/// The most messages under way at once; beyond it the network drops, as networks do.
const MAX_IN_FLIGHT: usize = 100_000;

/// One participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub u32);

/// How messages fare on every link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Least time a message takes.
    pub delay: Duration,
    /// Up to this much more, at random.
    pub jitter: Duration,
    /// Of a thousand messages, so many are lost.
    pub lost_per_mille: u16,
    /// Of a thousand messages, so many arrive twice.
    pub doubled_per_mille: u16,
}

impl Link {
    /// Every message arrives, after `delay`.
    pub const fn reliable(delay: Duration) -> Self {
        Self { delay, jitter: Duration::ZERO, lost_per_mille: 0, doubled_per_mille: 0 }
    }
}

/// A message that has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery<M> {
    /// Who sent it, or whom a forger pretends to be.
    pub from: PeerId,
    /// Whom it reached.
    pub to: PeerId,
    /// When it arrived.
    pub at: Timestamp,
    /// The message.
    pub message: M,
}

/// Carries messages among participants, in order of arrival, from one seed.
#[derive(Clone, Debug)]
pub struct Network<M> {
    link: Link,
    random: Random,
    /// By arrival time, then by order of sending.
    under_way: BTreeMap<(Timestamp, u64), Delivery<M>>,
    sent: u64,
    /// Which side of a partition each peer is on; peers not listed are on side 0.
    sides: BTreeMap<PeerId, u32>,
    stopped: BTreeSet<PeerId>,
}

impl<M: Clone> Network<M> {
    /// A whole network.
    pub const fn new(link: Link, seed: u64) -> Self {
        Self {
            link,
            random: Random::new(seed),
            under_way: BTreeMap::new(),
            sent: 0,
            sides: BTreeMap::new(),
            stopped: BTreeSet::new(),
        }
    }

    /// Changes how messages sent from now on fare.
    pub const fn set_link(&mut self, link: Link) {
        self.link = link;
    }

    /// Splits the peers: messages between different sides are lost, those under way included.
    pub fn partition(&mut self, sides: impl IntoIterator<Item = (PeerId, u32)>) {
        self.sides = sides.into_iter().collect();
    }

    /// Joins all sides again.
    pub fn heal(&mut self) {
        self.sides.clear();
    }

    /// Cuts one peer off entirely, or lets it back in.
    pub fn set_stopped(&mut self, peer: PeerId, stopped: bool) {
        if stopped {
            self.stopped.insert(peer);
        } else {
            self.stopped.remove(&peer);
        }
    }

    /// True while the peer is cut off.
    pub fn is_stopped(&self, peer: PeerId) -> bool {
        self.stopped.contains(&peer)
    }

    /// True while some peers cannot reach some others.
    pub fn is_partitioned(&self) -> bool {
        self.sides.values().any(|side| *side != 0)
    }

    /// True when a message from one peer reaches the other.
    pub fn connects(&self, from: PeerId, to: PeerId) -> bool {
        let side = |peer| self.sides.get(&peer).copied().unwrap_or_default();
        side(from) == side(to) && !self.is_stopped(from) && !self.is_stopped(to)
    }

    /// Sends one message at time `now`. Forging is sending with another's `from`: participants
    /// must check signatures, as on any network.
    pub fn send(&mut self, from: PeerId, to: PeerId, message: M, now: Timestamp) {
        let lost = self.random.chance(self.link.lost_per_mille.into(), 1000);
        if lost || !self.connects(from, to) || self.under_way.len() >= MAX_IN_FLIGHT {
            return;
        }
        if self.random.chance(self.link.doubled_per_mille.into(), 1000) {
            self.schedule(from, to, message.clone(), now);
        }
        self.schedule(from, to, message, now);
    }

    /// Sends to every peer of `peers` but the sender.
    pub fn broadcast(
        &mut self,
        from: PeerId,
        peers: impl IntoIterator<Item = PeerId>,
        message: &M,
        now: Timestamp,
    ) {
        for to in peers.into_iter().filter(|to| *to != from) {
            self.send(from, to, message.clone(), now);
        }
    }

    fn schedule(&mut self, from: PeerId, to: PeerId, message: M, now: Timestamp) {
        let jitter_nanos = u64::try_from(self.link.jitter.as_nanos()).unwrap_or(u64::MAX);
        let jitter = Duration::from_nanos(self.random.below(jitter_nanos));
        let at = now.saturating_add(self.link.delay).saturating_add(jitter);
        self.sent = self.sent.wrapping_add(1);
        self.under_way.insert((at, self.sent), Delivery { from, to, at, message });
    }

    /// When the next message arrives.
    pub fn next_arrival(&self) -> Option<Timestamp> {
        self.under_way.first_key_value().map(|((at, _), _)| *at)
    }

    /// The next message that has arrived by `now`; those that a partition or a stop has cut off
    /// meanwhile are gone.
    pub fn receive(&mut self, now: Timestamp) -> Option<Delivery<M>> {
        while self.next_arrival().is_some_and(|at| at <= now) {
            let (_, delivery) = self.under_way.pop_first()?;
            if self.connects(delivery.from, delivery.to) {
                return Some(delivery);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_nanos(0);
    const LATER: Timestamp = Timestamp::from_nanos(1_000_000_000);

    fn arrivals(network: &mut Network<u32>) -> Vec<(u32, u32)> {
        core::iter::from_fn(|| network.receive(LATER)).map(|d| (d.to.0, d.message)).collect()
    }

    #[test]
    fn messages_arrive_in_order_of_arrival() {
        let mut network = Network::new(Link::reliable(Duration::from_millis(10)), 1);
        network.send(PeerId(0), PeerId(1), 7, Timestamp::from_nanos(5));
        network.send(PeerId(0), PeerId(2), 8, START);
        assert_eq!(network.receive(START), None);
        assert_eq!(arrivals(&mut network), [(2, 8), (1, 7)]);
    }

    #[test]
    fn partitions_and_stops_cut_what_is_under_way() {
        let mut network = Network::new(Link::reliable(Duration::from_millis(10)), 1);
        network.broadcast(PeerId(0), (0..4).map(PeerId), &1, START);
        network.partition([(PeerId(1), 1)]);
        network.set_stopped(PeerId(2), true);
        assert!(network.is_partitioned());
        assert_eq!(arrivals(&mut network), [(3, 1)]);
        network.heal();
        network.set_stopped(PeerId(2), false);
        network.broadcast(PeerId(0), (0..4).map(PeerId), &2, START);
        assert_eq!(arrivals(&mut network), [(1, 2), (2, 2), (3, 2)]);
    }

    #[test]
    fn one_seed_gives_one_history() {
        let lossy = Link {
            delay: Duration::from_millis(1),
            jitter: Duration::from_millis(100),
            lost_per_mille: 300,
            doubled_per_mille: 300,
        };
        let history = |seed| {
            let mut network = Network::new(lossy, seed);
            (0..100).for_each(|n| network.send(PeerId(0), PeerId(1), n, START));
            arrivals(&mut network)
        };
        assert_eq!(history(1), history(1));
        assert_ne!(history(1), history(2));
        assert!(
            history(1).len() > 50 && history(1) != history(1).into_iter().rev().collect::<Vec<_>>()
        );
    }
}
