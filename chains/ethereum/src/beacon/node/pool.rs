//! Votes and sync committee signatures that wait for a block.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alloy_primitives::B256;

use super::message::SyncContribution;
use crate::beacon::bls::{INFINITY_SIGNATURE, aggregate_signatures};
use crate::beacon::preset::{MAX_ATTESTATIONS, SLOTS_PER_EPOCH, SYNC_COMMITTEE_SIZE};
use crate::beacon::transition::Committees;
use crate::beacon::types::{
    Attestation, AttestationData, BeaconState, BlsSignature, SyncAggregate,
};
use crate::ssz::{Bitlist, Bitvector, List, to_u64, to_usize};

/// Slots after which votes are of no use: the epoch after their own is over.
const VOTE_LIFETIME: u64 = 2 * SLOTS_PER_EPOCH;

/// Slots after which sync committee signatures are of no use.
const SYNC_LIFETIME: u64 = 2;

/// Different votes that are kept; four nodes cast a handful in a slot.
const MAX_DISTINCT_VOTES: usize = 1024;

/// Verified votes for one thing: voters and their aggregate signature.
type Votes = Vec<(Vec<u64>, BlsSignature)>;

/// Verified votes and signatures.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    votes: BTreeMap<AttestationData, Votes>,
    /// Who has voted in which epoch; a second vote is not news.
    seen: BTreeSet<(u64, u64)>,
    syncs: BTreeMap<(u64, B256), Vec<Arc<SyncContribution>>>,
}

impl Pool {
    /// Whether someone among the voters has not been heard in the epoch.
    pub(super) fn is_news(&self, epoch: u64, voters: &[u64]) -> bool {
        voters.iter().any(|index| !self.seen.contains(&(epoch, *index)))
    }

    /// Keeps a verified vote.
    pub(super) fn add_vote(&mut self, attestation: &Attestation, attesters: Vec<u64>) {
        let epoch = attestation.data.target.epoch;
        self.seen.extend(attesters.iter().map(|index| (epoch, *index)));
        if self.votes.len() < MAX_DISTINCT_VOTES {
            let votes = self.votes.entry(attestation.data).or_default();
            votes.push((attesters, attestation.signature));
        }
    }

    /// Keeps a verified contribution, unless nothing in it is new.
    pub(super) fn add_sync(&mut self, contribution: Arc<SyncContribution>) {
        let key = (contribution.slot, contribution.beacon_block_root);
        self.syncs.entry(key).or_default().push(contribution);
    }

    /// Whether the contribution brings seats that are not in the pool.
    pub(super) fn is_sync_news(&self, contribution: &SyncContribution) -> bool {
        let key = (contribution.slot, contribution.beacon_block_root);
        let known = self.syncs.get(&key).into_iter().flatten();
        let mut missing: BTreeSet<usize> = contribution.bits.ones().collect();
        known.flat_map(|known| known.bits.ones()).for_each(|seat| {
            missing.remove(&seat);
        });
        !missing.is_empty()
    }

    /// Forgets what is of no use from this slot on.
    pub(super) fn expire(&mut self, slot: u64) {
        let oldest_vote = slot.saturating_sub(VOTE_LIFETIME);
        self.votes.retain(|data, _| data.slot >= oldest_vote);
        let oldest_epoch = oldest_vote / SLOTS_PER_EPOCH;
        self.seen.retain(|(epoch, _)| *epoch >= oldest_epoch);
        let oldest_sync = slot.saturating_sub(SYNC_LIFETIME);
        self.syncs.retain(|(slot, _), _| *slot >= oldest_sync);
    }

    /// The attestations for a block on this state, newest first: those that tell it something new.
    pub(super) fn attestations(&self, state: &BeaconState) -> List<Attestation, MAX_ATTESTATIONS> {
        let mut chosen = Vec::new();
        for (data, votes) in self.votes.iter().rev() {
            let epoch = data.target.epoch;
            if chosen.len() >= to_usize(MAX_ATTESTATIONS) {
                break;
            }
            if data.slot >= state.slot || epoch < state.previous_epoch() {
                continue;
            }
            let Ok(flags) = state.participation_flags(data) else { continue };
            let (voters, signatures) = disjoint(votes);
            let sorted: Vec<u64> = voters.iter().copied().collect();
            if state.is_news(epoch, &sorted, flags) {
                let committees = Committees::of(state, epoch);
                chosen.extend(aggregate(*data, &voters, signatures, &committees));
            }
        }
        List::truncated(chosen)
    }

    /// The sync aggregate for a block whose parent this is, signed in the slot before.
    pub(super) fn sync_aggregate(&self, signed_slot: u64, root: B256) -> SyncAggregate {
        let mut bits = [false; SYNC_COMMITTEE_SIZE];
        let mut signatures = Vec::new();
        for contribution in self.syncs.get(&(signed_slot, root)).into_iter().flatten() {
            let overlaps = contribution.bits.bits().iter().zip(bits).any(|(new, old)| *new && old);
            if !overlaps {
                let new = contribution.bits.bits();
                bits.iter_mut().zip(new).for_each(|(bit, new)| *bit = *bit || *new);
                signatures.push(contribution.signature);
            }
        }
        SyncAggregate {
            sync_committee_bits: Bitvector::new(bits),
            sync_committee_signature: aggregate_signatures(signatures)
                .unwrap_or(INFINITY_SIGNATURE),
        }
    }
}

/// Votes that can be aggregated, because nobody is in two of them: the larger ones first.
fn disjoint(votes: &Votes) -> (BTreeSet<u64>, Vec<BlsSignature>) {
    let mut ordered: Vec<_> = votes.iter().collect();
    ordered.sort_by_key(|(voters, _)| core::cmp::Reverse(voters.len()));
    let mut all = BTreeSet::new();
    let mut signatures = Vec::new();
    for (voters, signature) in ordered {
        if voters.iter().all(|index| !all.contains(index)) {
            all.extend(voters.iter().copied());
            signatures.push(*signature);
        }
    }
    (all, signatures)
}

/// One attestation of all these voters (`compute_on_chain_aggregate`); `None` for voters who are
/// in none of the slot's committees.
pub(super) fn aggregate(
    data: AttestationData,
    voters: &BTreeSet<u64>,
    signatures: impl IntoIterator<Item = BlsSignature>,
    committees: &Committees,
) -> Option<Attestation> {
    let mut bits = Vec::new();
    let mut committee_bits = Bitvector::default();
    for index in 0..committees.per_slot() {
        let committee = committees.get(data.slot, index)?;
        if committee.iter().any(|member| voters.contains(member)) {
            bits.extend(committee.iter().map(|member| voters.contains(member)));
            *committee_bits.bits_mut().get_mut(to_usize(index))? = true;
        }
    }
    let voted = bits.iter().filter(|bit| **bit).count();
    if voted == 0 || to_u64(voted) != to_u64(voters.len()) {
        return None;
    }
    Some(Attestation {
        aggregation_bits: Bitlist::new(bits)?,
        data,
        signature: aggregate_signatures(signatures)?,
        committee_bits,
    })
}
