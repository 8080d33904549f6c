//! Rewards, penalties and the inactivity leak (altair and bellatrix beacon-chain.md).

use super::accessors::indices_of;
use crate::beacon::preset::{
    EFFECTIVE_BALANCE_INCREMENT, INACTIVITY_PENALTY_QUOTIENT, INACTIVITY_SCORE_BIAS,
    INACTIVITY_SCORE_RECOVERY_RATE, PARTICIPATION_FLAG_WEIGHTS, TIMELY_HEAD, TIMELY_TARGET,
    WEIGHT_DENOMINATOR,
};
use crate::beacon::types::BeaconState;
use crate::ssz::to_usize;

/// Whether the answer at an index is yes.
fn is_set(answers: &[bool], index: u64) -> bool {
    answers.get(to_usize(index)).copied().unwrap_or_default()
}

impl BeaconState {
    /// `process_inactivity_updates`.
    pub(super) fn update_inactivity(&mut self) {
        if self.current_epoch() == 0 {
            return;
        }
        let took_part = self.participating(TIMELY_TARGET, self.previous_epoch());
        let is_leaking = self.is_leaking();
        for index in self.eligible_validators() {
            if let Some(score) = self.inactivity_scores.at_mut(index) {
                *score = if is_set(&took_part, index) {
                    score.saturating_sub(1)
                } else {
                    score.saturating_add(INACTIVITY_SCORE_BIAS)
                };
                if !is_leaking {
                    *score = score.saturating_sub(INACTIVITY_SCORE_RECOVERY_RATE);
                }
            }
        }
    }

    /// `process_rewards_and_penalties`.
    pub(super) fn reward_and_penalize(&mut self) {
        if self.current_epoch() == 0 {
            return;
        }
        let flags = PARTICIPATION_FLAG_WEIGHTS.iter().enumerate();
        let mut deltas: Vec<_> =
            flags.map(|(flag, weight)| self.flag_deltas(flag, *weight)).collect();
        deltas.push(self.inactivity_deltas());
        for (index, reward, penalty) in deltas.into_iter().flatten() {
            self.increase_balance(index, reward);
            self.decrease_balance(index, penalty);
        }
    }

    /// `get_flag_index_deltas`: index, reward, penalty.
    fn flag_deltas(&self, flag: usize, weight: u64) -> Vec<(u64, u64, u64)> {
        let took_part = self.participating(flag, self.previous_epoch());
        let increments = self.total_balance(indices_of(&took_part)) / EFFECTIVE_BALANCE_INCREMENT;
        let active_increments = self.total_active_balance() / EFFECTIVE_BALANCE_INCREMENT;
        let per_increment = self.base_reward_per_increment();
        let delta = |index: u64| {
            let weighted = self.base_reward(index, per_increment).saturating_mul(weight);
            if is_set(&took_part, index) {
                let numerator = weighted.saturating_mul(increments);
                let denominator = active_increments.saturating_mul(WEIGHT_DENOMINATOR);
                let reward = numerator.checked_div(denominator).unwrap_or_default();
                (index, if self.is_leaking() { 0 } else { reward }, 0)
            } else {
                let penalty = weighted / WEIGHT_DENOMINATOR;
                (index, 0, if flag == TIMELY_HEAD { 0 } else { penalty })
            }
        };
        self.eligible_validators().into_iter().map(delta).collect()
    }

    /// `get_inactivity_penalty_deltas`.
    fn inactivity_deltas(&self) -> Vec<(u64, u64, u64)> {
        let took_part = self.participating(TIMELY_TARGET, self.previous_epoch());
        let absent = self.eligible_validators().into_iter().filter(|i| !is_set(&took_part, *i));
        let penalty = |index| {
            let effective = self.validators.at(index).map_or(0, |v| v.effective_balance);
            let score = self.inactivity_scores.at(index).copied().unwrap_or_default();
            let numerator = effective.saturating_mul(score);
            let penalty = numerator / (INACTIVITY_SCORE_BIAS * INACTIVITY_PENALTY_QUOTIENT);
            (index, 0, penalty)
        };
        absent.map(penalty).collect()
    }
}
