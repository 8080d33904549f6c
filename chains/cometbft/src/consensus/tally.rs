//! The votes of one round.

use std::collections::BTreeMap;

use causeway_client_cometbft::BlockId;

/// The voting power of each validator, by its place in the set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voters {
    powers: Vec<u64>,
    total: u64,
}

impl Voters {
    /// The validators' powers in the order of their set; their sum must fit 60 bits, as a valid
    /// set's does.
    pub fn new(powers: Vec<u64>) -> Self {
        let total = powers.iter().fold(0, |sum: u64, power| sum.saturating_add(*power));
        Self { powers, total }
    }

    /// The power of one validator; zero for a place that does not exist.
    pub fn power(&self, index: usize) -> u64 {
        self.powers.get(index).copied().unwrap_or_default()
    }

    /// True for more than two thirds of all power: any two such groups share an honest validator.
    pub fn is_quorum(&self, power: u64) -> bool {
        u128::from(power).saturating_mul(3) > u128::from(self.total).saturating_mul(2)
    }

    /// True for more than a third of all power: at least one of them is honest.
    pub fn has_honest(&self, power: u64) -> bool {
        u128::from(power).saturating_mul(3) > u128::from(self.total)
    }
}

/// The two votes of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// For what was proposed.
    Prevote,
    /// For what enough prevoted for.
    Precommit,
}

/// A validator voted twice in one stage of a round, for different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict;

/// The most values for which one validator is counted in one stage of a round.
pub(crate) const MAX_VALUES: usize = 4;

/// Votes of one stage of one round. Who votes for several things counts for each of them, as the
/// algorithm has it: otherwise participants that heard the votes in different orders would never
/// see the same quorums, and one liar could keep them apart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(BTreeMap<usize, Vec<Option<BlockId>>>);

impl Tally {
    /// Counts a vote; says when the validator had voted for something else before.
    pub(crate) fn add(&mut self, voter: usize, value: Option<BlockId>) -> Result<(), Conflict> {
        let values = self.0.entry(voter).or_default();
        if values.contains(&value) {
            return Ok(());
        }
        let is_first = values.is_empty();
        if values.len() < MAX_VALUES {
            values.push(value);
        }
        if is_first { Ok(()) } else { Err(Conflict) }
    }

    /// The power behind one value, or behind none at all.
    pub(crate) fn power_for(&self, voters: &Voters, value: Option<&BlockId>) -> u64 {
        let agrees = |(_, values): &(&usize, &Vec<Option<BlockId>>)| {
            values.iter().any(|voted| voted.as_ref() == value)
        };
        self.0.iter().filter(agrees).fold(0, |sum, (i, _)| sum.saturating_add(voters.power(*i)))
    }

    /// The power of all who voted.
    pub(crate) fn power(&self, voters: &Voters) -> u64 {
        self.0.keys().fold(0, |sum, i| sum.saturating_add(voters.power(*i)))
    }

    /// The block with a quorum behind it, if there is one.
    pub(crate) fn quorum(&self, voters: &Voters) -> Option<BlockId> {
        let candidates = self.0.values().flatten().flatten();
        candidates.copied().find(|value| voters.is_quorum(self.power_for(voters, Some(value))))
    }

    /// Who voted.
    pub(crate) fn voters(&self) -> impl Iterator<Item = usize> {
        self.0.keys().copied()
    }
}
