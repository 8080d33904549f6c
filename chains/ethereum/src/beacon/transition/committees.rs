//! Who does what: shuffling, committees, proposers, sync committees.

use alloy_primitives::B256;

use super::TransitionError;
use crate::beacon::bls;
use crate::beacon::preset::{
    DOMAIN_BEACON_ATTESTER, DOMAIN_BEACON_PROPOSER, DOMAIN_SYNC_COMMITTEE, MAX_COMMITTEES_PER_SLOT,
    MAX_EFFECTIVE_BALANCE_ELECTRA, SHUFFLE_ROUND_COUNT, SLOTS_PER_EPOCH, SYNC_COMMITTEE_SIZE,
    TARGET_COMMITTEE_SIZE, start_slot,
};
use crate::beacon::types::{BeaconState, SyncCommittee};
use crate::ssz::{Vector, merkle, to_u64, to_usize};

/// Sampling by balance takes some 64 candidates a seat here; a chain that finds nobody among so
/// many has no balances left.
const MAX_CANDIDATE_GROUPS: u64 = 1 << 16;

/// Candidates that one hash decides on.
const CANDIDATES_PER_HASH: u64 = 16;

/// `compute_shuffled_permutation`, applied: entry `i` is the item whose index `i` shuffles to.
fn shuffled(items: &[u64], seed: &B256) -> Vec<u64> {
    let count = to_u64(items.len());
    let mut indices: Vec<u64> = (0..count).collect();
    for round in 0..SHUFFLE_ROUND_COUNT {
        shuffle_round(&mut indices, seed, round);
    }
    indices.iter().filter_map(|index| items.get(to_usize(*index)).copied()).collect()
}

/// One round of swap-or-not.
fn shuffle_round(indices: &mut [u64], seed: &B256, round: u8) {
    let count = to_u64(indices.len());
    let prefix = [seed.as_slice(), &[round]].concat();
    let pivot = first_u64(&merkle::hash(&prefix)).checked_rem(count).unwrap_or_default();
    let buckets: Vec<B256> = (0..count.div_ceil(256))
        .map(|bucket| {
            let bucket = u32::try_from(bucket).unwrap_or(u32::MAX).to_le_bytes();
            merkle::hash(&[prefix.as_slice(), &bucket].concat())
        })
        .collect();
    for index in indices {
        let mirrored = pivot.saturating_add(count).saturating_sub(*index);
        let flip = mirrored.checked_rem(count).unwrap_or_default();
        let position = flip.max(*index);
        let byte = buckets
            .get(to_usize(position / 256))
            .and_then(|bucket| bucket.get(to_usize(position % 256 / 8)));
        if byte.is_some_and(|byte| byte >> (position % 8) & 1 == 1) {
            *index = flip;
        }
    }
}

/// The first eight bytes, little-endian.
fn first_u64(hash: &B256) -> u64 {
    hash.first_chunk().copied().map_or(0, u64::from_le_bytes)
}

/// The attestation committees of one epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committees {
    epoch: u64,
    per_slot: u64,
    /// The active validators in shuffled order, of which committees are slices.
    order: Vec<u64>,
}

impl Committees {
    /// The committees that a state gives an epoch: its own, the one before or the one after.
    pub fn of(state: &BeaconState, epoch: u64) -> Self {
        let active = state.active_validators(epoch);
        let per_slot = to_u64(active.len()) / SLOTS_PER_EPOCH / TARGET_COMMITTEE_SIZE;
        let per_slot = per_slot.clamp(1, MAX_COMMITTEES_PER_SLOT);
        let order = shuffled(&active, &state.seed(epoch, DOMAIN_BEACON_ATTESTER));
        Self { epoch, per_slot, order }
    }

    /// `get_committee_count_per_slot`.
    pub const fn per_slot(&self) -> u64 {
        self.per_slot
    }

    /// `get_beacon_committee`; `None` for a slot of another epoch and an index beyond the last.
    pub fn get(&self, slot: u64, index: u64) -> Option<&[u64]> {
        let slot_in_epoch = slot.checked_sub(start_slot(self.epoch))?;
        if slot_in_epoch >= SLOTS_PER_EPOCH || index >= self.per_slot {
            return None;
        }
        let position = slot_in_epoch.checked_mul(self.per_slot)?.checked_add(index)?;
        let count = self.per_slot.checked_mul(SLOTS_PER_EPOCH)?;
        let bound = |position: u64| {
            to_u64(self.order.len()).checked_mul(position)?.checked_div(count).map(to_usize)
        };
        self.order.get(bound(position)?..bound(position.checked_add(1)?)?)
    }
}

impl BeaconState {
    /// Candidates accepted with a chance in proportion to their effective balance, as
    /// `compute_proposer_index` and `get_next_sync_committee_indices` draw them (EIP-7251).
    fn sample(&self, epoch: u64, seed: B256) -> impl Iterator<Item = u64> + '_ {
        let order = shuffled(&self.active_validators(epoch), &seed);
        let accepts = |index: u64, random: u16| {
            let effective = self.validators.at(index).map_or(0, |v| v.effective_balance);
            effective.saturating_mul(u16::MAX.into())
                >= MAX_EFFECTIVE_BALANCE_ELECTRA.saturating_mul(random.into())
        };
        (0..MAX_CANDIDATE_GROUPS).flat_map(move |group| {
            let hash = merkle::hash(&[seed.as_slice(), &group.to_le_bytes()].concat());
            let first = group.saturating_mul(CANDIDATES_PER_HASH);
            let positions = first..first.saturating_add(CANDIDATES_PER_HASH);
            let draws: Vec<u64> = positions
                .zip(hash.chunks_exact(2))
                .filter_map(|(position, bytes)| {
                    let random = u16::from_le_bytes(bytes.try_into().ok()?);
                    let place = position.checked_rem(to_u64(order.len()))?;
                    order.get(to_usize(place)).copied().filter(|index| accepts(*index, random))
                })
                .collect();
            draws
        })
    }

    /// `get_beacon_proposer_indices`.
    pub(crate) fn proposers(&self, epoch: u64) -> Result<Vec<u64>, TransitionError> {
        let seed = self.seed(epoch, DOMAIN_BEACON_PROPOSER);
        let first = start_slot(epoch);
        (first..first.saturating_add(SLOTS_PER_EPOCH))
            .map(|slot| {
                let seed = merkle::hash(&[seed.as_slice(), &slot.to_le_bytes()].concat());
                let drawn = self.sample(epoch, seed).next();
                drawn.ok_or(TransitionError::NobodySampled { epoch })
            })
            .collect()
    }

    /// `get_next_sync_committee`.
    pub(crate) fn draw_sync_committee(&self) -> Result<SyncCommittee, TransitionError> {
        let epoch = self.current_epoch().saturating_add(1);
        let nobody = TransitionError::NobodySampled { epoch };
        let seed = self.seed(epoch, DOMAIN_SYNC_COMMITTEE);
        let seats: Vec<u64> = self.sample(epoch, seed).take(SYNC_COMMITTEE_SIZE).collect();
        let keys = seats.iter().filter_map(|index| self.validators.at(*index)).map(|v| v.pubkey);
        let keys: Vec<_> = keys.collect();
        let aggregate_pubkey = bls::aggregate_keys(&keys).ok_or(nobody.clone())?;
        Ok(SyncCommittee { pubkeys: Vector::new(&keys).ok_or(nobody)?, aggregate_pubkey })
    }
}
