//! Changes of the validator set (`types/validator_set.go` `UpdateWithChangeSet`).

use std::collections::BTreeMap;

use causeway_client_cometbft::{Address, MAX_TOTAL_POWER, MAX_VALIDATORS, Validator, ValidatorSet};

use super::ValidatorUpdate;
use super::rotation::{newcomer_priority, rotate};

/// The set of a genesis: all members are newcomers, and the first proposer has been chosen.
/// `None` for a list that is no set.
pub fn first_set(updates: &[ValidatorUpdate]) -> Option<ValidatorSet> {
    let mut set = with_updates(&ValidatorSet::default(), updates)?;
    rotate(&mut set, 1);
    Some(set)
}

/// The set with these changes made; `None` when they cannot be: a validator named twice, a removed
/// one that was not there, nobody left, or too much power.
pub fn with_updates(set: &ValidatorSet, updates: &[ValidatorUpdate]) -> Option<ValidatorSet> {
    if updates.is_empty() {
        return Some(set.clone());
    }
    let mut members: BTreeMap<Address, Validator> =
        set.validators.iter().map(|member| (member.address, member.clone())).collect();
    let mut changed = BTreeMap::new();
    for update in updates {
        let validator = Validator::new(update.public_key, update.power)?;
        if changed.insert(validator.address, validator).is_some() {
            return None;
        }
    }
    let priority = newcomer_priority(total_before_removals(&members, &changed)?);
    for (address, mut validator) in changed {
        if validator.power == 0 {
            members.remove(&address)?;
            continue;
        }
        let earlier = members.get(&address).map(|member| member.proposer_priority);
        validator.proposer_priority = earlier.unwrap_or(priority);
        members.insert(address, validator);
    }
    if members.is_empty() || members.len() > MAX_VALIDATORS {
        return None;
    }
    let mut changed = ValidatorSet::new(members.into_values().collect());
    changed.sort();
    rotate(&mut changed, 0);
    Some(changed)
}

/// The power of all, those about to leave included: what newcomers' priorities are reckoned from.
fn total_before_removals(
    members: &BTreeMap<Address, Validator>,
    changed: &BTreeMap<Address, Validator>,
) -> Option<i64> {
    let stays = |member: &&Validator| changed.get(&member.address).is_none_or(|c| c.power == 0);
    let mut all = members.values().filter(stays).chain(changed.values());
    let total = all.try_fold(0_u64, |sum, validator| sum.checked_add(validator.power))?;
    (total <= MAX_TOTAL_POWER).then_some(total.cast_signed())
}

#[cfg(test)]
mod tests {
    use causeway_client_cometbft::PublicKey;

    use super::*;

    fn update(key: u8, power: u64) -> ValidatorUpdate {
        ValidatorUpdate { public_key: PublicKey::Ed25519([key; 32]), power }
    }

    #[test]
    fn a_newcomer_waits_and_the_priorities_stay_centred() {
        let set = first_set(&[update(1, 10), update(2, 10), update(3, 10)]).unwrap();
        let four = with_updates(&set, &[update(4, 10)]).unwrap();
        let newcomer = update(4, 10).public_key.address().unwrap();
        let lowest = four.validators.iter().min_by_key(|v| v.proposer_priority).unwrap();
        assert_eq!(lowest.address, newcomer);
        let sum: i64 = four.validators.iter().map(|v| v.proposer_priority).sum();
        assert!(sum.abs() < 4, "{sum}");
    }

    #[test]
    fn a_known_validator_keeps_its_priority_and_a_removed_one_goes() {
        let set = first_set(&[update(1, 10), update(2, 10)]).unwrap();
        let changed = with_updates(&set, &[update(1, 0), update(2, 30)]).unwrap();
        assert_eq!(changed.validators.len(), 1);
        assert_eq!(changed.validators[0].power, 30);
    }

    #[test]
    fn changes_that_no_set_can_take_are_refused() {
        let set = first_set(&[update(1, 10)]).unwrap();
        let impossible: [&[ValidatorUpdate]; 4] = [
            &[update(1, 0)],
            &[update(2, 0)],
            &[update(2, 1), update(2, 2)],
            &[update(2, MAX_TOTAL_POWER)],
        ];
        for updates in impossible {
            assert_eq!(with_updates(&set, updates), None, "{updates:?}");
        }
    }
}
