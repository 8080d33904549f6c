//! The validator registry at the end of an epoch (electra/beacon-chain.md).

use crate::beacon::preset::{
    DOWNWARD_THRESHOLD, EFFECTIVE_BALANCE_INCREMENT, EJECTION_BALANCE, FAR_FUTURE_EPOCH,
    MAX_EFFECTIVE_BALANCE_ELECTRA, MAX_SEED_LOOKAHEAD, MIN_ACTIVATION_BALANCE, UPWARD_THRESHOLD,
};
use crate::beacon::types::{BeaconState, Validator};
use crate::ssz::to_u64;

/// First byte of withdrawal credentials whose balance compounds (EIP-7251).
const COMPOUNDING_WITHDRAWAL_PREFIX: u8 = 2;
/// Limits how much balance leaves in an epoch, least and most.
const MIN_PER_EPOCH_CHURN_LIMIT: u64 = 64_000_000_000;
const MAX_PER_EPOCH_ACTIVATION_EXIT_CHURN_LIMIT: u64 = 128_000_000_000;
/// Of the active balance, one part in so many may leave in an epoch.
const CHURN_LIMIT_QUOTIENT: u64 = 32;
/// Epochs from an exit to the withdrawal.
const MIN_VALIDATOR_WITHDRAWABILITY_DELAY: u64 = 256;

impl Validator {
    /// `get_max_effective_balance`.
    fn max_effective_balance(&self) -> u64 {
        match self.withdrawal_credentials.first() {
            Some(&COMPOUNDING_WITHDRAWAL_PREFIX) => MAX_EFFECTIVE_BALANCE_ELECTRA,
            _ => MIN_ACTIVATION_BALANCE,
        }
    }
}

/// `compute_activation_exit_epoch`.
pub(crate) const fn activation_exit_epoch(epoch: u64) -> u64 {
    epoch.saturating_add(1).saturating_add(MAX_SEED_LOOKAHEAD)
}

impl BeaconState {
    /// `process_registry_updates`.
    pub(super) fn update_registry(&mut self) {
        let epoch = self.current_epoch();
        let finalized = self.finalized_checkpoint.epoch;
        let mut ejected = Vec::new();
        for (index, validator) in self.validators.as_mut_slice().iter_mut().enumerate() {
            let is_queued = validator.activation_eligibility_epoch != FAR_FUTURE_EPOCH;
            if !is_queued && validator.effective_balance >= MIN_ACTIVATION_BALANCE {
                validator.activation_eligibility_epoch = epoch.saturating_add(1);
            } else if validator.is_active(epoch) && validator.effective_balance <= EJECTION_BALANCE
            {
                ejected.push(to_u64(index));
            } else if validator.activation_eligibility_epoch <= finalized
                && validator.activation_epoch == FAR_FUTURE_EPOCH
            {
                validator.activation_epoch = activation_exit_epoch(epoch);
            }
        }
        for index in ejected {
            self.initiate_exit(index);
        }
    }

    /// `initiate_validator_exit`.
    fn initiate_exit(&mut self, index: u64) {
        let Some(validator) = self.validators.at(index) else { return };
        if validator.exit_epoch != FAR_FUTURE_EPOCH {
            return;
        }
        let exit_epoch = self.next_exit_epoch(validator.effective_balance);
        if let Some(validator) = self.validators.at_mut(index) {
            validator.exit_epoch = exit_epoch;
            validator.withdrawable_epoch =
                exit_epoch.saturating_add(MIN_VALIDATOR_WITHDRAWABILITY_DELAY);
        }
    }

    /// `compute_exit_epoch_and_update_churn`.
    fn next_exit_epoch(&mut self, balance: u64) -> u64 {
        let earliest = activation_exit_epoch(self.current_epoch()).max(self.earliest_exit_epoch);
        let churn = self.activation_exit_churn_limit();
        let mut left =
            if self.earliest_exit_epoch < earliest { churn } else { self.exit_balance_to_consume };
        let mut exit_epoch = earliest;
        if let Some(missing) = balance.checked_sub(left).filter(|missing| *missing > 0) {
            let epochs = missing.saturating_sub(1).checked_div(churn).unwrap_or_default();
            let epochs = epochs.saturating_add(1);
            exit_epoch = exit_epoch.saturating_add(epochs);
            left = left.saturating_add(epochs.saturating_mul(churn));
        }
        self.exit_balance_to_consume = left.saturating_sub(balance);
        self.earliest_exit_epoch = exit_epoch;
        exit_epoch
    }

    /// `get_activation_exit_churn_limit`.
    fn activation_exit_churn_limit(&self) -> u64 {
        let churn = self.total_active_balance() / CHURN_LIMIT_QUOTIENT;
        let churn = churn.max(MIN_PER_EPOCH_CHURN_LIMIT);
        let whole = churn.saturating_sub(churn % EFFECTIVE_BALANCE_INCREMENT);
        whole.min(MAX_PER_EPOCH_ACTIVATION_EXIT_CHURN_LIMIT)
    }

    /// `process_effective_balance_updates`.
    pub(super) fn update_effective_balances(&mut self) {
        let balances = self.balances.to_vec();
        let validators = self.validators.as_mut_slice().iter_mut();
        for (validator, balance) in validators.zip(balances) {
            let effective = validator.effective_balance;
            if balance.saturating_add(DOWNWARD_THRESHOLD) < effective
                || effective.saturating_add(UPWARD_THRESHOLD) < balance
            {
                let whole = balance.saturating_sub(balance % EFFECTIVE_BALANCE_INCREMENT);
                validator.effective_balance = whole.min(validator.max_effective_balance());
            }
        }
    }
}
