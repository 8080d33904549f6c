//! Reading a state (phase0/beacon-chain.md, accessors).

use alloy_primitives::B256;

use super::TransitionError;
use crate::beacon::preset::{
    BASE_REWARD_FACTOR, EFFECTIVE_BALANCE_INCREMENT, MIN_EPOCHS_TO_INACTIVITY_PENALTY,
    MIN_SEED_LOOKAHEAD, SLOTS_PER_HISTORICAL_ROOT, epoch_of, start_slot,
};
use crate::beacon::types::{BeaconState, Validator, domain};
use crate::ssz::{merkle, to_u64};

impl Validator {
    /// `is_active_validator`.
    pub const fn is_active(&self, epoch: u64) -> bool {
        self.activation_epoch <= epoch && epoch < self.exit_epoch
    }
}

impl BeaconState {
    /// A validator of the registry.
    pub(super) fn validator(&self, index: u64) -> Result<&Validator, TransitionError> {
        self.validators.at(index).ok_or(TransitionError::UnknownValidator { index })
    }

    /// `get_active_validator_indices`.
    pub fn active_validators(&self, epoch: u64) -> Vec<u64> {
        let indexed = self.validators.iter().enumerate();
        let active = indexed.filter(|(_, validator)| validator.is_active(epoch));
        active.map(|(index, _)| to_u64(index)).collect()
    }

    /// `get_block_root_at_slot`.
    pub fn block_root_at(&self, slot: u64) -> Result<B256, TransitionError> {
        let oldest = slot.saturating_add(to_u64(SLOTS_PER_HISTORICAL_ROOT));
        if slot < self.slot && self.slot <= oldest {
            return Ok(self.block_roots.at(slot));
        }
        Err(TransitionError::NoBlockRoot { slot, state: self.slot })
    }

    /// `get_block_root`.
    pub fn epoch_block_root(&self, epoch: u64) -> Result<B256, TransitionError> {
        self.block_root_at(start_slot(epoch))
    }

    /// `get_seed`.
    pub(super) fn seed(&self, epoch: u64, kind: [u8; 4]) -> B256 {
        // Counted on the ring of mixes, so that the first epochs wrap around to its end.
        let mix = self.randao_mixes.at(epoch.wrapping_sub(MIN_SEED_LOOKAHEAD).wrapping_sub(1));
        let mut bytes = kind.to_vec();
        bytes.extend(epoch.to_le_bytes());
        bytes.extend(mix);
        merkle::hash(&bytes)
    }

    /// `get_domain`.
    pub fn domain(&self, kind: [u8; 4], epoch: u64) -> B256 {
        let version = if epoch < self.fork.epoch {
            self.fork.previous_version
        } else {
            self.fork.current_version
        };
        domain(kind, version, self.genesis_validators_root)
    }

    /// `get_total_balance`: never zero, to be divided by.
    pub(super) fn total_balance(&self, indices: impl IntoIterator<Item = u64>) -> u64 {
        let effective = |index| self.validators.at(index).map_or(0, |v| v.effective_balance);
        let sum = indices.into_iter().map(effective).fold(0, u64::saturating_add);
        sum.max(EFFECTIVE_BALANCE_INCREMENT)
    }

    /// `get_total_active_balance`.
    pub fn total_active_balance(&self) -> u64 {
        self.total_balance(self.active_validators(self.current_epoch()))
    }

    /// `get_base_reward_per_increment`.
    pub(super) fn base_reward_per_increment(&self) -> u64 {
        let scaled = EFFECTIVE_BALANCE_INCREMENT.saturating_mul(BASE_REWARD_FACTOR);
        scaled.checked_div(self.total_active_balance().isqrt()).unwrap_or_default()
    }

    /// `get_base_reward`, given the reward of one increment.
    pub(super) fn base_reward(&self, index: u64, per_increment: u64) -> u64 {
        let effective = self.validators.at(index).map_or(0, |v| v.effective_balance);
        (effective / EFFECTIVE_BALANCE_INCREMENT).saturating_mul(per_increment)
    }

    /// `is_in_inactivity_leak`.
    pub(super) const fn is_leaking(&self) -> bool {
        self.previous_epoch().saturating_sub(self.finalized_checkpoint.epoch)
            > MIN_EPOCHS_TO_INACTIVITY_PENALTY
    }

    /// `get_eligible_validator_indices`.
    pub(super) fn eligible_validators(&self) -> Vec<u64> {
        let epoch = self.previous_epoch();
        let counts = |validator: &Validator| {
            let leaving = epoch.saturating_add(1) < validator.withdrawable_epoch;
            validator.is_active(epoch) || (validator.slashed && leaving)
        };
        let indexed = self.validators.iter().enumerate();
        indexed.filter(|(_, v)| counts(v)).map(|(index, _)| to_u64(index)).collect()
    }

    /// `get_unslashed_participating_indices`, as one answer for each validator.
    pub(super) fn participating(&self, flag: usize, epoch: u64) -> Vec<bool> {
        let flags = if epoch == self.current_epoch() {
            &self.current_epoch_participation
        } else {
            &self.previous_epoch_participation
        };
        let validators = self.validators.iter().zip(flags.iter());
        let takes_part = |(validator, flags): (&Validator, &u8)| {
            validator.is_active(epoch) && !validator.slashed && flags >> flag & 1 == 1
        };
        validators.map(takes_part).collect()
    }

    /// `increase_balance`.
    pub(super) fn increase_balance(&mut self, index: u64, delta: u64) {
        if let Some(balance) = self.balances.at_mut(index) {
            *balance = balance.saturating_add(delta);
        }
    }

    /// `decrease_balance`.
    pub(super) fn decrease_balance(&mut self, index: u64, delta: u64) {
        if let Some(balance) = self.balances.at_mut(index) {
            *balance = balance.saturating_sub(delta);
        }
    }

    /// `compute_time_at_slot`, in seconds.
    pub const fn time_at(&self, slot: u64, seconds_per_slot: u64) -> u64 {
        self.genesis_time.saturating_add(slot.saturating_mul(seconds_per_slot))
    }

    /// `get_beacon_proposer_index` of a slot in the current epoch or the next.
    pub fn proposer_at(&self, slot: u64) -> Option<u64> {
        let ahead = slot.checked_sub(start_slot(self.current_epoch()))?;
        let known = to_u64(self.proposer_lookahead.len());
        (ahead < known && epoch_of(slot) >= self.current_epoch())
            .then(|| self.proposer_lookahead.at(ahead))
    }
}

/// The indices for which the answer is yes.
pub(super) fn indices_of(answers: &[bool]) -> impl Iterator<Item = u64> {
    answers.iter().enumerate().filter(|(_, yes)| **yes).map(|(index, _)| to_u64(index))
}
