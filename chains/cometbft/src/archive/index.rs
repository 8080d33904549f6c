//! Where the events of packets are: what relayers search for.

use std::collections::{BTreeMap, BTreeSet};

use causeway_wire_cometbft::TxEvent;

/// The key of events whose values are indexed.
const KEY: &str = "packet_sequence";

/// The places of transactions by the sequences in their events, for each kind of event.
#[derive(Debug, Default)]
pub(super) struct SequenceIndex(BTreeMap<String, BTreeSet<(u64, u64, u32)>>);

/// The sequences that events name, with their kinds.
fn sequences(events: &[TxEvent]) -> impl Iterator<Item = (&str, u64)> {
    events.iter().filter_map(|event| {
        let value = event.attributes.iter().find(|(key, _)| key == KEY).map(|(_, value)| value)?;
        Some((event.kind.as_str(), number(value)?))
    })
}

/// A number in the form in which events have it.
fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

impl SequenceIndex {
    /// Adds the transaction at a height and a place in its block.
    pub(super) fn add(&mut self, (height, index): (u64, u32), events: &[TxEvent]) {
        for (kind, sequence) in sequences(events) {
            if let Some(places) = self.0.get_mut(kind) {
                places.insert((sequence, height, index));
            } else {
                let places = BTreeSet::from([(sequence, height, index)]);
                self.0.insert(kind.to_owned(), places);
            }
        }
    }

    /// Forgets a transaction.
    pub(super) fn remove(&mut self, (height, index): (u64, u32), events: &[TxEvent]) {
        for (kind, sequence) in sequences(events) {
            if let Some(places) = self.0.get_mut(kind) {
                places.remove(&(sequence, height, index));
            }
        }
    }

    /// The transactions that have an event with this key and value, oldest first; `None` for a key
    /// that is not indexed.
    pub(super) fn find(&self, key: &str, value: &str) -> Option<Vec<(u64, u32)>> {
        let (kind, key) = key.split_once('.')?;
        if key != KEY {
            return None;
        }
        let (Some(places), Some(sequence)) = (self.0.get(kind), number(value)) else {
            return Some(Vec::new());
        };
        let found = places.range((sequence, 0, 0)..=(sequence, u64::MAX, u32::MAX));
        Some(found.map(|(_, height, index)| (*height, *index)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, value: &str) -> TxEvent {
        let attributes = vec![("x".to_owned(), "7".to_owned()), (KEY.to_owned(), value.to_owned())];
        TxEvent { kind: kind.to_owned(), attributes }
    }

    #[test]
    fn transactions_are_found_by_kind_and_sequence_until_they_are_forgotten() {
        let mut index = SequenceIndex::default();
        let (sends, both) =
            ([event("send", "7"), event("send", "8")], [event("send", "8"), event("recv", "7")]);
        index.add((3, 0), &sends);
        index.add((2, 5), &both);
        for (key, value, expected) in [
            ("send.packet_sequence", "7", Some(vec![(3, 0)])),
            ("send.packet_sequence", "8", Some(vec![(2, 5), (3, 0)])),
            ("recv.packet_sequence", "7", Some(vec![(2, 5)])),
            ("recv.packet_sequence", "8", Some(vec![])),
            ("send.packet_sequence", "07", Some(vec![])),
            ("other.packet_sequence", "7", Some(vec![])),
            ("send.x", "7", None),
            ("send", "7", None),
        ] {
            assert_eq!(index.find(key, value), expected, "{key} {value}");
        }
        index.remove((3, 0), &sends);
        assert_eq!(index.find("send.packet_sequence", "7"), Some(vec![]));
        assert_eq!(index.find("send.packet_sequence", "8"), Some(vec![(2, 5)]));
    }
}
