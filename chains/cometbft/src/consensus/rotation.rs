//! Whose turn it is to propose: each validator as often as its power says
//! (`types/validator_set.go`).

use causeway_client_cometbft::{Validator, ValidatorSet};

/// Priorities are kept within twice the total power of each other (`PriorityWindowSizeFactor`).
const WINDOW_FACTOR: i64 = 2;

/// Moves the rotation on by `times` turns, and names the proposer. Of equal priorities the smaller
/// address goes first.
pub fn rotate(set: &mut ValidatorSet, times: u32) {
    let total = total_power(set);
    rescale(set, total.saturating_mul(WINDOW_FACTOR));
    center(set);
    for _ in 0..times {
        set.proposer = turn(set, total);
    }
}

/// The proposer of a round of a height whose round 0 is `set`'s.
pub fn proposer_at(set: &ValidatorSet, round: u32) -> Option<Validator> {
    if round == 0 {
        return set.proposer.clone();
    }
    let mut later = set.clone();
    rotate(&mut later, round);
    later.proposer
}

/// A new validator starts with this much less than its fellows have to lose, so that leaving and
/// coming back gains no turns.
pub fn newcomer_priority(total_power_with_it: i64) -> i64 {
    total_power_with_it.saturating_add(total_power_with_it >> 3).saturating_neg()
}

/// The validator at a place of the set.
pub(crate) fn member(set: &ValidatorSet, index: u32) -> Option<&Validator> {
    set.validators.get(usize::try_from(index).ok()?)
}

fn total_power(set: &ValidatorSet) -> i64 {
    let powers = set.validators.iter().map(|validator| validator.power.cast_signed());
    powers.fold(0, i64::saturating_add)
}

fn turn(set: &mut ValidatorSet, total: i64) -> Option<Validator> {
    for validator in &mut set.validators {
        let gained = validator.proposer_priority.saturating_add(validator.power.cast_signed());
        validator.proposer_priority = gained;
    }
    let ahead = |a: &&mut Validator, b: &&mut Validator| {
        a.proposer_priority.cmp(&b.proposer_priority).then(b.address.cmp(&a.address))
    };
    let proposer = set.validators.iter_mut().max_by(ahead)?;
    proposer.proposer_priority = proposer.proposer_priority.saturating_sub(total);
    Some(proposer.clone())
}

/// Divides all priorities when they have drifted further apart than `window`.
fn rescale(set: &mut ValidatorSet, window: i64) {
    let priorities = || set.validators.iter().map(|validator| validator.proposer_priority);
    let (Some(max), Some(min)) = (priorities().max(), priorities().min()) else { return };
    let spread = max.saturating_sub(min);
    let ratio = spread.saturating_add(window.saturating_sub(1)).checked_div(window).unwrap_or(1);
    if spread > window {
        for validator in &mut set.validators {
            // Go's division: towards zero.
            let scaled = validator.proposer_priority.checked_div(ratio);
            validator.proposer_priority = scaled.unwrap_or_default();
        }
    }
}

/// Shifts all priorities so that their average is zero.
fn center(set: &mut ValidatorSet) {
    let sum: i128 = set.validators.iter().map(|v| i128::from(v.proposer_priority)).sum();
    let count = i128::try_from(set.validators.len()).unwrap_or(i128::MAX);
    // Go's big-integer division: towards minus infinity for a positive divisor.
    let average = sum.checked_div_euclid(count).unwrap_or_default();
    let average = i64::try_from(average).unwrap_or_default();
    for validator in &mut set.validators {
        validator.proposer_priority = validator.proposer_priority.saturating_sub(average);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use causeway_client_cometbft::PublicKey;

    use super::*;
    use crate::consensus::{ValidatorUpdate, first_set};

    fn set(powers: &[u64]) -> ValidatorSet {
        let member = |(key, power): (usize, &u64)| {
            Validator::new(PublicKey::Ed25519([u8::try_from(key).unwrap(); 32]), *power).unwrap()
        };
        let mut set = ValidatorSet::new(powers.iter().enumerate().map(member).collect());
        set.sort();
        set
    }

    #[test]
    fn turns_are_shared_by_power() {
        let mut set = set(&[1, 2, 3, 4]);
        let mut turns = BTreeMap::new();
        for _ in 0..1000 {
            rotate(&mut set, 1);
            *turns.entry(set.proposer.as_ref().unwrap().power).or_insert(0) += 1;
        }
        assert_eq!(turns.into_iter().collect::<Vec<_>>(), [(1, 100), (2, 200), (3, 300), (4, 400)]);
    }

    /// The order in which validators with the powers 1000 (A), 300 (b) and 330 (c) propose, as
    /// CometBFT publishes it (`types/validator_set_test.go` `TestProposerSelection1`).
    #[test]
    fn turns_come_in_the_published_order() {
        let published = "AcAbAAcAbAAcAAbAcAAbAAcAbAAcAbAAc\
            AAbAcAAbAcAAbAcAAbAcAAAcbAAAcAbAA\
            cAbAAcAbAAcAbAAcAAbAcAAbAcAAbAcAA";
        let update =
            |key, power| ValidatorUpdate { public_key: PublicKey::Ed25519([key; 32]), power };
        let mut set = first_set(&[update(1, 1000), update(2, 300), update(3, 330)]).unwrap();
        let mut turns = String::new();
        for _ in 0..published.len() {
            turns.push(match set.proposer.as_ref().unwrap().power {
                1000 => 'A',
                300 => 'b',
                _ => 'c',
            });
            rotate(&mut set, 1);
        }
        assert_eq!(turns, published);
    }

    #[test]
    fn a_later_round_has_the_proposer_of_so_many_turns_on() {
        let mut set = set(&[10; 4]);
        rotate(&mut set, 1);
        let third = proposer_at(&set, 2);
        rotate(&mut set, 2);
        assert_eq!(third, set.proposer);
    }
}
