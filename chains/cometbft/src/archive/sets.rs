//! The validator sets of all heights: kept where they change, and in between often enough to
//! compute the rest.

use std::collections::BTreeMap;

use causeway_chain::{DurableView, DurableWrite};
use causeway_client_cometbft::{ValidatorSet, proto};
use causeway_core::{DecodeError, decode_protobuf};
use prost::Message;

use crate::consensus::rotate;

/// A set is kept at least every so many heights: whoever asks for one in between has its turns
/// counted from there.
const INTERVAL: u64 = 500;

/// The most bytes of an encoded set.
const MAX_SET_LEN: usize = 4 << 20;

const PREFIX: &[u8] = b"block/set/";

/// Sets by the first height at which they decide.
#[derive(Debug)]
pub(super) struct Sets(BTreeMap<u64, ValidatorSet>);

fn write(height: u64, set: &ValidatorSet) -> DurableWrite {
    let bytes = proto::ValidatorSet::from(set).encode_to_vec();
    DurableWrite::set(super::key(PREFIX, height), bytes)
}

impl Sets {
    /// The sets of the first two heights.
    pub(super) fn genesis(first: ValidatorSet, second: ValidatorSet) -> Self {
        Self([(1, first), (2, second)].into())
    }

    pub(super) fn open(view: &dyn DurableView) -> Result<Self, DecodeError> {
        let mut sets = BTreeMap::new();
        for (key, bytes) in view.scan(PREFIX) {
            let set: proto::ValidatorSet = decode_protobuf("validator_set", &bytes, MAX_SET_LEN)?;
            sets.insert(super::height_of(PREFIX, &key)?, set.try_into()?);
        }
        Ok(Self(sets))
    }

    pub(super) fn all_writes(&self) -> Vec<DurableWrite> {
        self.0.iter().map(|(height, set)| write(*height, set)).collect()
    }

    /// The set of the next height, beyond all known ones.
    pub(super) fn note(&mut self, height: u64, set: &ValidatorSet) -> Option<DurableWrite> {
        let same = self.0.last_key_value().is_some_and(|(at, last)| {
            last.hash() == set.hash() && height.saturating_sub(*at) < INTERVAL
        });
        if same {
            return None;
        }
        self.0.insert(height, set.clone());
        Some(write(height, set))
    }

    /// The set of a height.
    pub(super) fn at(&self, height: u64) -> Option<ValidatorSet> {
        let (from, set) = self.0.range(..=height).next_back()?;
        let mut set = set.clone();
        for _ in *from..height {
            rotate(&mut set, 1);
        }
        Some(set)
    }

    /// The members of a height's set, as they were when they were noted.
    pub(super) fn members(&self, height: u64) -> Option<&ValidatorSet> {
        self.0.range(..=height).next_back().map(|(_, set)| set)
    }

    /// Drops what can be computed from an earlier set, up to a height that is rarely asked for.
    pub(super) fn thin(&mut self, height: u64) -> Option<DurableWrite> {
        let set = self.0.get(&height)?;
        let (_, earlier) = self.0.range(..height).next_back()?;
        if earlier.hash() != set.hash() {
            return None;
        }
        self.0.remove(&height);
        Some(DurableWrite::delete(super::key(PREFIX, height)))
    }
}

#[cfg(test)]
mod tests {
    use causeway_client_cometbft::PublicKey;

    use super::*;
    use crate::consensus::{ValidatorUpdate, first_set, with_updates};

    fn update(key: u8, power: u64) -> ValidatorUpdate {
        ValidatorUpdate { public_key: PublicKey::Ed25519([key; 32]), power }
    }

    #[test]
    fn every_height_has_its_own_set_turns_included() {
        let mut all = vec![first_set(&[update(1, 1), update(2, 2), update(3, 4)]).unwrap()];
        for height in 2..2_000_u64 {
            let mut set = all.last().unwrap().clone();
            if height % 700 == 0 {
                let power = height / 100;
                set = with_updates(&set, &[update(2, power)]).unwrap();
            }
            rotate(&mut set, 1);
            all.push(set);
        }
        let mut sets = Sets::genesis(all[0].clone(), all[1].clone());
        let mut view: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        let mut writes = sets.all_writes();
        for (height, set) in (1..2_000_u64).zip(&all).skip(2) {
            writes.extend(sets.note(height, set));
        }
        (1..1_000).for_each(|height| writes.extend(sets.thin(height)));
        for write in writes {
            match write.value {
                Some(value) => drop(view.insert(write.key, value)),
                None => drop(view.remove(&write.key)),
            }
        }
        let again = Sets::open(&view).unwrap();
        for (height, set) in (1..2_000_u64).zip(&all) {
            assert_eq!(sets.at(height).as_ref(), Some(set), "{height}");
            assert_eq!(again.at(height), sets.at(height));
        }
        assert!(sets.0.len() < 8, "{:?}", sets.0.keys());
        assert_eq!(sets.at(0), None);
    }
}
