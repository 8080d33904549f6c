//! The sync committee's signature in a block (altair/beacon-chain.md, `process_sync_aggregate`).

use super::{SignatureSet, TransitionError};
use crate::beacon::bls::INFINITY_SIGNATURE;
use crate::beacon::preset::{
    DOMAIN_SYNC_COMMITTEE, EFFECTIVE_BALANCE_INCREMENT, PROPOSER_WEIGHT, SLOTS_PER_EPOCH,
    SYNC_COMMITTEE_SEATS, SYNC_REWARD_WEIGHT, WEIGHT_DENOMINATOR, epoch_of,
};
use crate::beacon::types::{BeaconState, BlsPubkey, SyncAggregate, signing_root};
use crate::ssz::to_u64;

impl BeaconState {
    /// Registry indices of the current sync committee, seat by seat.
    pub fn sync_committee_indices(&self) -> Vec<u64> {
        let index_of =
            |pubkey: &BlsPubkey| self.validators.iter().position(|v| v.pubkey == *pubkey);
        let keys = self.current_sync_committee.pubkeys.iter();
        keys.filter_map(index_of).map(to_u64).collect()
    }

    /// `process_sync_aggregate`.
    pub(super) fn process_sync_aggregate(
        &mut self,
        aggregate: &SyncAggregate,
        proposer: u64,
        signatures: &mut Vec<SignatureSet>,
    ) -> Result<(), TransitionError> {
        let seats = self.sync_committee_indices();
        let bits = aggregate.sync_committee_bits.bits();
        let voted: Vec<(u64, bool)> = seats.into_iter().zip(bits.iter().copied()).collect();
        let signers: Vec<u64> = voted.iter().filter(|(_, bit)| *bit).map(|(i, _)| *i).collect();
        if signers.is_empty() {
            if aggregate.sync_committee_signature != INFINITY_SIGNATURE {
                return Err(TransitionError::EmptySyncAggregate);
            }
        } else {
            let previous_slot = self.slot.max(1).saturating_sub(1);
            let domain = self.domain(DOMAIN_SYNC_COMMITTEE, epoch_of(previous_slot));
            let message = signing_root(self.block_root_at(previous_slot)?, domain);
            let signature = aggregate.sync_committee_signature;
            signatures.push(SignatureSet { signers, message, signature });
        }
        self.reward_sync_committee(&voted, proposer);
        Ok(())
    }

    /// Rewards of a block's sync committee and of its proposer.
    fn reward_sync_committee(&mut self, voted: &[(u64, bool)], proposer: u64) {
        let increments = self.total_active_balance() / EFFECTIVE_BALANCE_INCREMENT;
        let base_rewards = self.base_reward_per_increment().saturating_mul(increments);
        let all = base_rewards.saturating_mul(SYNC_REWARD_WEIGHT);
        let participant = all / WEIGHT_DENOMINATOR / SLOTS_PER_EPOCH / SYNC_COMMITTEE_SEATS;
        let for_proposer =
            participant.saturating_mul(PROPOSER_WEIGHT) / (WEIGHT_DENOMINATOR - PROPOSER_WEIGHT);
        for (index, bit) in voted {
            if *bit {
                self.increase_balance(*index, participant);
                self.increase_balance(proposer, for_proposer);
            } else {
                self.decrease_balance(*index, participant);
            }
        }
    }
}
