//! A version with changes on top, in layers: the uppermost can be undone alone.

use std::borrow::Cow;
use std::collections::BTreeMap;

use causeway_contracts::{KeyValue, Order, Scan};

use super::{Store, Version};

/// New values by key; `None` where a key goes.
pub(crate) type Changes = BTreeMap<(Store, Vec<u8>), Option<Vec<u8>>>;

/// A version with changes on top.
#[derive(Clone, Debug)]
pub(crate) struct Working {
    base: Version,
    /// The lowest first; there is always one.
    layers: Vec<Changes>,
}

impl Working {
    pub(crate) fn new(base: Version) -> Self {
        Self::with(base, Changes::new())
    }

    pub(crate) fn with(base: Version, changes: Changes) -> Self {
        Self { base, layers: vec![changes] }
    }

    pub(crate) fn value(&self, store: Store, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        let key = (store, key.to_vec());
        match self.layers.iter().rev().find_map(|layer| layer.get(&key)) {
            Some(value) => value.as_deref().map(Cow::Borrowed),
            None => self.base.tree(store).get(&key.1).map(Cow::Borrowed),
        }
    }

    pub(crate) fn put(&mut self, store: Store, key: Vec<u8>, value: Vec<u8>) {
        self.change(store, key, Some(value));
    }

    pub(crate) fn remove(&mut self, store: Store, key: Vec<u8>) {
        self.change(store, key, None);
    }

    fn change(&mut self, store: Store, key: Vec<u8>, value: Option<Vec<u8>>) {
        if let Some(layer) = self.layers.last_mut() {
            layer.insert((store, key), value);
        }
    }

    /// Begins what can be undone.
    pub(crate) fn begin(&mut self) {
        self.layers.push(Changes::new());
    }

    /// Keeps, or undoes, what was changed since the last [`Working::begin`] that has no end yet.
    pub(crate) fn end(&mut self, keep: bool) {
        if self.layers.len() < 2 {
            return;
        }
        let top = self.layers.pop();
        if let (true, Some(top), Some(below)) = (keep, top, self.layers.last_mut()) {
            below.extend(top);
        }
    }

    /// All changes that were kept.
    pub(crate) fn into_changes(mut self) -> Changes {
        while self.layers.len() > 1 {
            self.end(true);
        }
        self.layers.pop().unwrap_or_default()
    }

    /// A page of one store's entries.
    pub(crate) fn page(&self, store: Store, scan: &Scan<'_>) -> Vec<KeyValue> {
        let changed = self.changed(store, scan);
        let tree = self.base.tree(store);
        match scan.order {
            Order::Ascending => {
                let below = tree.entries(scan.prefix, scan.after);
                merge(below, changed.into_iter(), |a, b| a < b, scan.limit)
            }
            Order::Descending => {
                let below = tree.entries_back(scan.prefix, scan.after);
                merge(below, changed.into_iter().rev(), |a, b| a > b, scan.limit)
            }
        }
    }

    /// The changes that a scan is about.
    fn changed(&self, store: Store, scan: &Scan<'_>) -> BTreeMap<&[u8], Option<&[u8]>> {
        let mut changed = BTreeMap::new();
        for layer in &self.layers {
            let from = layer.range((store, scan.prefix.to_vec())..);
            let within =
                from.take_while(|((own, key), _)| *own == store && key.starts_with(scan.prefix));
            let wanted = within.filter(|((_, key), _)| match (scan.after, scan.order) {
                (None, _) => true,
                (Some(after), Order::Ascending) => key.as_slice() > after,
                (Some(after), Order::Descending) => key.as_slice() < after,
            });
            changed.extend(wanted.map(|((_, key), value)| (key.as_slice(), value.as_deref())));
        }
        changed
    }
}

/// Entries of a tree and changes to them, both in the order of `is_before`, as one list.
fn merge<'a>(
    below: impl Iterator<Item = (&'a [u8], &'a [u8])>,
    above: impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)>,
    is_before: impl Fn(&[u8], &[u8]) -> bool,
    limit: usize,
) -> Vec<KeyValue> {
    let (mut below, mut above) = (below.peekable(), above.peekable());
    let mut found = Vec::new();
    while found.len() < limit {
        let lower = below.peek().copied();
        let upper = above.peek().copied();
        let lower_first =
            lower.filter(|(key, _)| upper.is_none_or(|(other, _)| is_before(key, other)));
        let (key, value) = if let Some((key, value)) = lower_first {
            below.next();
            (key, Some(value))
        } else {
            let Some((key, value)) = upper else { break };
            if lower.is_some_and(|(other, _)| other == key) {
                below.next();
            }
            above.next();
            (key, value)
        };
        if let Some(value) = value {
            found.push((key.to_vec(), value.to_vec()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use causeway_core::Timestamp;
    use causeway_store::{Tree, Version as TreeVersion};

    use super::*;

    fn base() -> Version {
        let trees = Store::ALL.map(|_| {
            let version = TreeVersion::new(1).unwrap();
            let mut tree = Tree::starting_at(version);
            for key in 0..40_u8 {
                tree.insert(&[key / 10, key], &[1]).unwrap();
            }
            tree.commit(version).unwrap();
            tree.at(version).unwrap()
        });
        Version { height: 1, time: Timestamp::default(), trees }
    }

    #[test]
    fn layers_are_kept_or_undone_and_scans_see_all() {
        let mut working = Working::new(base());
        working.put(Store::Bank, vec![1, 12], vec![2]);
        working.begin();
        working.remove(Store::Bank, vec![1, 13]);
        working.put(Store::Bank, vec![1, 99], vec![3]);
        working.begin();
        working.remove(Store::Bank, vec![1, 12]);
        working.end(false);
        working.end(true);
        let mut expected: Vec<KeyValue> = (10..20).map(|key| (vec![1, key], vec![1])).collect();
        expected[2].1 = vec![2];
        expected.remove(3);
        expected.push((vec![1, 99], vec![3]));
        let scan = |after: Option<&'static [u8]>, order, limit| {
            working.page(Store::Bank, &Scan { prefix: &[1], after, order, limit })
        };
        assert_eq!(scan(None, Order::Ascending, 100), expected);
        assert_eq!(scan(Some(&[1, 12]), Order::Ascending, 2), expected[3..5]);
        let back: Vec<_> = expected.iter().rev().cloned().collect();
        assert_eq!(scan(None, Order::Descending, 100), back);
        assert_eq!(scan(Some(&[1, 14]), Order::Descending, 3), back[7..10]);
        assert_eq!(working.value(Store::Bank, &[1, 13]), None);
        assert_eq!(working.value(Store::Ibc, &[1, 13]).as_deref(), Some(&[1][..]));
        assert_eq!(working.into_changes().len(), 3);
    }
}
