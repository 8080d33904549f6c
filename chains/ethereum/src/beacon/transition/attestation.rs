//! Votes in a block (electra/beacon-chain.md, `process_attestation`).

use super::{Committees, SignatureSet, TransitionError};
use crate::beacon::preset::{
    DOMAIN_BEACON_ATTESTER, PARTICIPATION_FLAG_WEIGHTS, PROPOSER_WEIGHT, SLOTS_PER_EPOCH,
    TIMELY_HEAD, TIMELY_SOURCE, TIMELY_TARGET, WEIGHT_DENOMINATOR, epoch_of,
};
use crate::beacon::types::{Attestation, AttestationData, BeaconState, signing_root};
use crate::ssz::{Ssz, to_u64};

/// Rewards of the attesters are divided by this for the proposer.
const PROPOSER_REWARD_DENOMINATOR: u64 =
    (WEIGHT_DENOMINATOR - PROPOSER_WEIGHT) * WEIGHT_DENOMINATOR / PROPOSER_WEIGHT;

impl Attestation {
    /// `get_attesting_indices`, sorted, with the rules on the form of an attestation: committees
    /// exist, each has an attester, and there are as many bits as members.
    pub fn attesters(&self, committees: &Committees) -> Result<Vec<u64>, TransitionError> {
        let slot = self.data.slot;
        let wrong = |rule| TransitionError::Attestation { slot, rule };
        let mut bits = self.aggregation_bits.bits();
        let mut attesters = Vec::new();
        for index in self.committee_bits.ones() {
            let committee = committees.get(slot, to_u64(index));
            let committee = committee.ok_or_else(|| wrong("no such committee"))?;
            let (own, rest) = bits
                .split_at_checked(committee.len())
                .ok_or_else(|| wrong("fewer bits than members"))?;
            if !own.contains(&true) {
                return Err(wrong("a committee without attesters"));
            }
            let voted = committee.iter().zip(own).filter(|(_, bit)| **bit);
            attesters.extend(voted.map(|(member, _)| *member));
            bits = rest;
        }
        if !bits.is_empty() {
            return Err(wrong("more bits than members"));
        }
        if attesters.is_empty() {
            return Err(wrong("no attesters"));
        }
        attesters.sort_unstable();
        Ok(attesters)
    }

    /// The signature of these attesters.
    pub fn signature_set(&self, state: &BeaconState, signers: Vec<u64>) -> SignatureSet {
        let domain = state.domain(DOMAIN_BEACON_ATTESTER, self.data.target.epoch);
        let message = signing_root(self.data.tree_root(), domain);
        SignatureSet { signers, message, signature: self.signature }
    }
}

impl BeaconState {
    /// `process_attestation`.
    pub(super) fn process_attestation(
        &mut self,
        attestation: &Attestation,
        proposer: u64,
        signatures: &mut Vec<SignatureSet>,
    ) -> Result<(), TransitionError> {
        let data = &attestation.data;
        let wrong = |rule| TransitionError::Attestation { slot: data.slot, rule };
        let epoch = data.target.epoch;
        if epoch != self.current_epoch() && epoch != self.previous_epoch() {
            return Err(wrong("target epoch is neither the current nor the previous one"));
        }
        if epoch != epoch_of(data.slot) {
            return Err(wrong("slot is not of the target epoch"));
        }
        if data.slot >= self.slot {
            return Err(wrong("included in its own slot or before"));
        }
        if data.index != 0 {
            return Err(wrong("index is not zero"));
        }
        let attesters = attestation.attesters(&Committees::of(self, epoch))?;
        let flags = self.participation_flags(data)?;
        signatures.push(attestation.signature_set(self, attesters.clone()));
        self.credit(epoch, &attesters, flags, proposer);
        Ok(())
    }

    /// `get_attestation_participation_flag_indices`.
    pub fn participation_flags(
        &self,
        data: &AttestationData,
    ) -> Result<[bool; 3], TransitionError> {
        let epoch = data.target.epoch;
        let justified = if epoch == self.current_epoch() {
            self.current_justified_checkpoint
        } else {
            self.previous_justified_checkpoint
        };
        if data.source != justified {
            let rule = "source is not the justified checkpoint";
            return Err(TransitionError::Attestation { slot: data.slot, rule });
        }
        let delay = self.slot.saturating_sub(data.slot);
        let is_target = data.target.root == self.epoch_block_root(epoch)?;
        let is_head = is_target && data.beacon_block_root == self.block_root_at(data.slot)?;
        Ok([delay <= SLOTS_PER_EPOCH.isqrt(), is_target, is_head && delay == 1])
    }

    /// Which of the attesters an attestation with these flags would tell the state something new
    /// of: whether it is worth its place in a block.
    pub fn is_news(&self, epoch: u64, attesters: &[u64], flags: [bool; 3]) -> bool {
        let seen = if epoch == self.current_epoch() {
            &self.current_epoch_participation
        } else {
            &self.previous_epoch_participation
        };
        let lacks = |index: &u64| {
            let seen = seen.at(*index).copied().unwrap_or_default();
            flag_byte(flags) & !seen != 0
        };
        attesters.iter().any(lacks)
    }

    /// Sets flags and rewards the proposer for each that is new.
    fn credit(&mut self, epoch: u64, attesters: &[u64], flags: [bool; 3], proposer: u64) {
        let per_increment = self.base_reward_per_increment();
        let is_current = epoch == self.current_epoch();
        let mut numerator = 0_u64;
        for index in attesters {
            let base_reward = self.base_reward(*index, per_increment);
            let seen = if is_current {
                self.current_epoch_participation.at_mut(*index)
            } else {
                self.previous_epoch_participation.at_mut(*index)
            };
            let Some(seen) = seen else { continue };
            for flag in [TIMELY_SOURCE, TIMELY_TARGET, TIMELY_HEAD] {
                let bit = 1_u8 << flag;
                if flag_byte(flags) & bit != 0 && *seen & bit == 0 {
                    *seen |= bit;
                    let weight = PARTICIPATION_FLAG_WEIGHTS.get(flag).copied().unwrap_or_default();
                    numerator = numerator.saturating_add(base_reward.saturating_mul(weight));
                }
            }
        }
        self.increase_balance(proposer, numerator / PROPOSER_REWARD_DENOMINATOR);
    }
}

/// Flags as the state keeps them.
fn flag_byte(flags: [bool; 3]) -> u8 {
    flags.iter().rev().fold(0, |byte, flag| byte << 1 | u8::from(*flag))
}
