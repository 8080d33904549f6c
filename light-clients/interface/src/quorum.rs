//! Counting who signed: distinct signers, wide sums, exact thresholds.

use core::fmt;
use std::collections::BTreeSet;

use causeway_core::refusals;

/// A share of the total weight, such as two thirds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fraction {
    numerator: u64,
    denominator: u64,
}

impl Fraction {
    /// One third.
    pub const ONE_THIRD: Self = Self { numerator: 1, denominator: 3 };
    /// Two thirds.
    pub const TWO_THIRDS: Self = Self { numerator: 2, denominator: 3 };

    /// A fraction between 0 and 1, both included; `None` for anything else.
    pub const fn new(numerator: u64, denominator: u64) -> Option<Self> {
        if denominator == 0 || numerator > denominator {
            return None;
        }
        Some(Self { numerator, denominator })
    }

    /// Number above the line.
    pub const fn numerator(self) -> u64 {
        self.numerator
    }

    /// Number below the line; never zero.
    pub const fn denominator(self) -> u64 {
        self.denominator
    }

    /// True when this fraction is smaller than `other`.
    pub fn is_below(self, other: Self) -> bool {
        wide(self.numerator, other.denominator) < wide(other.numerator, self.denominator)
    }

    /// The greatest weight that is not *more than* this fraction of `total`, rounded down as
    /// consensus code rounds: `total * numerator / denominator`.
    pub fn floor_of(self, total: u64) -> u64 {
        let floor = wide(total, self.numerator).checked_div(u128::from(self.denominator));
        floor.and_then(|floor| u64::try_from(floor).ok()).unwrap_or(total)
    }

    /// True when `weight` is strictly more than this fraction of `total`, compared without
    /// rounding.
    pub fn is_exceeded_by(self, weight: u64, total: u64) -> bool {
        wide(weight, self.denominator) > wide(total, self.numerator)
    }

    /// True when `weight` is this fraction of `total` or more.
    pub fn is_reached_by(self, weight: u64, total: u64) -> bool {
        wide(weight, self.denominator) >= wide(total, self.numerator)
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

/// A product that cannot overflow.
fn wide(a: u64, b: u64) -> u128 {
    u128::from(a).saturating_mul(u128::from(b))
}

/// Why a count is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuorumError {
    /// One signer was counted twice.
    #[error("{signer} is counted twice")]
    DuplicateSigner {
        /// The signer, as the caller writes it.
        signer: String,
    },
    /// The weights do not fit.
    #[error("the weights sum to more than {limit}")]
    WeightOverflow {
        /// The greatest allowed sum.
        limit: u64,
    },
}

refusals! {
    QuorumError {
        DuplicateSigner { signer } => "duplicate_signer", Reject;
        WeightOverflow { limit } => "weight_overflow", Reject;
    }
}

/// The sum of weights, refused above `limit`.
pub fn total_weight(
    weights: impl IntoIterator<Item = u64>,
    limit: u64,
) -> Result<u64, QuorumError> {
    weights
        .into_iter()
        .try_fold(0_u64, |sum, weight| sum.checked_add(weight).filter(|sum| *sum <= limit))
        .ok_or(QuorumError::WeightOverflow { limit })
}

/// The weight of distinct signers so far. A signer is a key, or what stands for exactly one key.
#[derive(Clone, Debug)]
pub struct Tally<Signer> {
    seen: BTreeSet<Signer>,
    weight: u64,
    total: u64,
}

impl<Signer: Ord + fmt::Debug> Tally<Signer> {
    /// Nobody has signed yet, out of signers that weigh `total` together.
    pub const fn new(total: u64) -> Self {
        Self { seen: BTreeSet::new(), weight: 0, total }
    }

    /// Counts `signer`, once.
    pub fn count(&mut self, signer: Signer, weight: u64) -> Result<(), QuorumError> {
        if self.seen.contains(&signer) {
            return Err(QuorumError::DuplicateSigner { signer: format!("{signer:?}") });
        }
        let sum = self.weight.checked_add(weight).filter(|sum| *sum <= self.total);
        self.weight = sum.ok_or(QuorumError::WeightOverflow { limit: self.total })?;
        self.seen.insert(signer);
        Ok(())
    }

    /// The weight of all who were counted.
    pub const fn weight(&self) -> u64 {
        self.weight
    }

    /// The weight of all who could be.
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// True when more than `fraction` of the total signed.
    pub fn exceeds(&self, fraction: Fraction) -> bool {
        fraction.is_exceeded_by(self.weight, self.total)
    }

    /// True when `fraction` of the total or more signed.
    pub fn reaches(&self, fraction: Fraction) -> bool {
        fraction.is_reached_by(self.weight, self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Walks every multiset of votes over every small weighting and compares with counting by
    /// hand: a set of distinct signers, rational comparison by cross multiplication.
    #[test]
    fn small_sets_agree_with_counting_by_hand() {
        let fractions = [(1, 3), (1, 2), (2, 3), (1, 1), (0, 1)];
        let mut exceeded = 0;
        for weights in (0..4_u64.pow(4)).map(|n| [n % 4, n / 4 % 4, n / 16 % 4, n / 64]) {
            let total: u64 = weights.iter().sum();
            for voters in 0..16_u32 {
                let mut tally = Tally::new(total);
                let mut by_hand = 0;
                for (index, weight) in weights.iter().enumerate() {
                    if voters & (1 << index) != 0 {
                        tally.count(index, *weight).unwrap();
                        by_hand += weight;
                        tally.count(index, *weight).unwrap_err();
                    }
                }
                assert_eq!(tally.weight(), by_hand);
                for (n, d) in fractions {
                    let fraction = Fraction::new(n, d).unwrap();
                    assert_eq!(tally.exceeds(fraction), by_hand * d > total * n);
                    assert_eq!(tally.reaches(fraction), by_hand * d >= total * n);
                    // Consensus code rounds the bar down and asks for more than it: the same.
                    let rounded = by_hand > fraction.floor_of(total);
                    assert_eq!(tally.exceeds(fraction), rounded);
                    exceeded += usize::from(rounded);
                }
            }
        }
        assert!(exceeded > 0);
    }

    #[test]
    fn thresholds_hold_at_their_edges() {
        let third = Fraction::ONE_THIRD;
        assert!(!third.is_exceeded_by(33, 99) && third.is_exceeded_by(34, 99));
        assert!(!third.is_exceeded_by(33, 100) && third.is_exceeded_by(34, 100));
        let two_thirds = Fraction::TWO_THIRDS;
        assert!(!two_thirds.is_exceeded_by(66, 100) && two_thirds.is_exceeded_by(67, 100));
        assert!(!two_thirds.is_reached_by(341, 512) && two_thirds.is_reached_by(342, 512));
        assert!(two_thirds.is_exceeded_by(u64::MAX, u64::MAX));
        assert!(!two_thirds.is_exceeded_by(u64::MAX / 3 * 2, u64::MAX));
    }

    #[test]
    fn sums_are_bounded() {
        assert_eq!(total_weight([1, 2, 3], 6), Ok(6));
        assert_eq!(total_weight([1, 2, 4], 6), Err(QuorumError::WeightOverflow { limit: 6 }));
        assert!(total_weight([u64::MAX, 1], u64::MAX).is_err());
        let mut tally = Tally::new(1);
        assert!(tally.count("a", 2).is_err());
    }

    #[test]
    fn fractions_outside_the_unit_interval_do_not_exist() {
        assert!(Fraction::new(1, 0).is_none() && Fraction::new(4, 3).is_none());
        assert!(Fraction::ONE_THIRD.is_below(Fraction::TWO_THIRDS));
        assert!(!Fraction::TWO_THIRDS.is_below(Fraction::new(4, 6).unwrap()));
    }
}
