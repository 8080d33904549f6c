//! The account of what was sent and what became of it.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use causeway_core::Sequence;

/// What was sent, by sequence, and when it ended. Times are counted from the beginning of the run.
#[derive(Debug, Default)]
pub(super) struct Tally {
    open: BTreeMap<Sequence, Duration>,
    ended: BTreeMap<Sequence, Ended>,
}

#[derive(Clone, Copy, Debug)]
struct Ended {
    sent: Duration,
    at: Duration,
}

/// A tally that sending and watching share.
#[derive(Debug, Default)]
pub(super) struct Book(Mutex<Tally>);

impl Book {
    pub(super) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long packets took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Latencies {
    pub(super) median: Duration,
    pub(super) p90: Duration,
    pub(super) p99: Duration,
    pub(super) longest: Duration,
}

impl Tally {
    /// A block has these packets.
    pub(super) fn sent(&mut self, sequences: &[Sequence], at: Duration) {
        for sequence in sequences {
            if !self.ended.contains_key(sequence) {
                self.open.entry(*sequence).or_insert(at);
            }
        }
    }

    /// The block that had these packets was undone.
    pub(super) fn undone(&mut self, sequences: &[Sequence]) {
        for sequence in sequences {
            self.open.remove(sequence);
            self.ended.remove(sequence);
        }
    }

    /// The packets that have not ended.
    pub(super) fn open(&self) -> impl Iterator<Item = Sequence> {
        self.open.keys().copied()
    }

    /// How many packets have not ended.
    pub(super) fn outstanding(&self) -> usize {
        self.open.len()
    }

    /// The packets that have ended, as far as is known.
    pub(super) fn ended(&self) -> impl Iterator<Item = Sequence> {
        self.ended.keys().copied()
    }

    /// How many packets have ended.
    pub(super) fn ended_count(&self) -> usize {
        self.ended.len()
    }

    /// How many packets there are.
    pub(super) fn total(&self) -> usize {
        self.open.len().saturating_add(self.ended.len())
    }

    /// Of those that were looked for, the source has a commitment of `committed` alone; gives how
    /// many have ended.
    pub(super) fn look(
        &mut self,
        looked_for: impl IntoIterator<Item = Sequence>,
        committed: &BTreeSet<Sequence>,
        at: Duration,
    ) -> usize {
        let before = self.ended.len();
        for sequence in looked_for {
            if !committed.contains(&sequence)
                && let Some(sent) = self.open.remove(&sequence)
            {
                self.ended.insert(sequence, Ended { sent, at });
            }
        }
        self.ended.len().saturating_sub(before)
    }

    /// A packet that seemed to have ended has not.
    pub(super) fn reopen(&mut self, sequence: Sequence) {
        if let Some(ended) = self.ended.remove(&sequence) {
            self.open.insert(sequence, ended.sent);
        }
    }

    /// When the first packet ended.
    pub(super) fn first_end(&self) -> Option<Duration> {
        self.ended.values().map(|ended| ended.at).min()
    }

    /// When the last packet ended.
    pub(super) fn last_end(&self) -> Option<Duration> {
        self.ended.values().map(|ended| ended.at).max()
    }

    /// How many packets ended after a time, and not after another.
    pub(super) fn ended_between(&self, after: Duration, until: Duration) -> usize {
        self.ended.values().filter(|ended| ended.at > after && ended.at <= until).count()
    }

    /// How long those that have ended took, from the offer of their transaction.
    pub(super) fn latencies(&self) -> Latencies {
        let taken = self.ended.values().map(|ended| ended.at.saturating_sub(ended.sent));
        let mut taken: Vec<_> = taken.collect();
        taken.sort_unstable();
        let at = |percent: usize| {
            let last = taken.len().saturating_sub(1);
            taken.get(last.saturating_mul(percent) / 100).copied().unwrap_or_default()
        };
        Latencies { median: at(50), p90: at(90), p99: at(99), longest: at(100) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequences(numbers: &[u64]) -> Vec<Sequence> {
        numbers.iter().filter_map(|number| Sequence::new(*number)).collect()
    }

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn each_packet_counts_once_whatever_happens_to_its_block() {
        let mut tally = Tally::default();
        tally.sent(&sequences(&[1, 2, 3]), secs(1));
        tally.sent(&sequences(&[3, 4]), secs(2));
        assert_eq!(tally.total(), 4);
        let committed = sequences(&[2, 4]).into_iter().collect();
        assert_eq!(tally.look(sequences(&[1, 2, 3, 4]), &committed, secs(5)), 2);
        assert_eq!(tally.look(sequences(&[1, 2, 3, 4]), &committed, secs(6)), 0);
        assert_eq!((tally.outstanding(), tally.ended_count()), (2, 2));
        // The same packets in another block.
        tally.sent(&sequences(&[1]), secs(7));
        assert_eq!(tally.total(), 4);
        tally.undone(&sequences(&[1, 2]));
        assert_eq!(tally.total(), 2);
        tally.reopen(sequences(&[3])[0]);
        assert_eq!((tally.outstanding(), tally.ended_count()), (2, 0));
    }

    #[test]
    fn latencies_are_from_the_offer_to_the_end() {
        let mut tally = Tally::default();
        assert_eq!(tally.latencies(), Latencies::default());
        for number in 1..=100 {
            tally.sent(&sequences(&[number]), secs(0));
            tally.look(sequences(&[number]), &BTreeSet::new(), secs(number));
        }
        let latencies = tally.latencies();
        assert_eq!((latencies.median, latencies.p90), (secs(50), secs(90)));
        assert_eq!((latencies.p99, latencies.longest), (secs(99), secs(100)));
        assert_eq!(tally.ended_between(secs(1), secs(11)), 10);
        assert_eq!((tally.first_end(), tally.last_end()), (Some(secs(1)), Some(secs(100))));
    }
}
