//! Counting a commit: who signed the block, with how much power (`types/validation.go`).
//!
//! Powers are counted first, signatures are checked after: of a commit that falls short, none is.
//! Each signature is checked at most once, also when it counts in two sets.

use causeway_core::refusals;
use causeway_light_client::{Fraction, Tally};

use crate::key::DecodedKey;
use crate::validators::{PreparedValidator, PreparedValidatorSet};
use crate::{Address, ChainId, Commit, CommitVote, PublicKey, ed25519, vote};

/// How many of the signatures for the block are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checked {
    /// As many as are needed: enough for a light client.
    Enough,
    /// All: what full nodes ask of evidence.
    All,
}

/// Why a commit is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// Not one entry a validator.
    #[error("{got} signatures for {expected} validators")]
    SizeMismatch {
        /// The number of signatures.
        got: usize,
        /// The number of validators.
        expected: usize,
    },
    /// An entry names another validator than the one at its place in the set.
    #[error("signature {index} is by {got}, validator {index} is {expected}")]
    SignerMismatch {
        /// The place of the entry.
        index: usize,
        /// The address in the entry.
        got: Address,
        /// The address of the validator.
        expected: Address,
    },
    /// One validator signed twice.
    #[error("{address} signed twice")]
    DoubleVote {
        /// The validator.
        address: Address,
    },
    /// A signature is not the validator's.
    #[error("signature {index} is not that of {address}")]
    BadSignature {
        /// The place of the entry.
        index: usize,
        /// The validator.
        address: Address,
    },
    /// Too little power signed for the block.
    #[error("validators with power {got} signed, more than {expected} of {total} is needed")]
    NotEnoughPower {
        /// The power of those who signed.
        got: u64,
        /// What it must exceed.
        expected: u64,
        /// The power of the whole set.
        total: u64,
    },
}

refusals! {
    CommitError {
        SizeMismatch { got, expected } => "commit_size_mismatch", Reject;
        SignerMismatch { index, got, expected } => "commit_signer_mismatch", Reject;
        DoubleVote { address } => "double_vote", Reject;
        BadSignature { index, address } => "bad_signature", Reject;
        NotEnoughPower { got, expected, total } => "not_enough_power", Reject;
    }
}

/// A vote to be checked: its place in the commit, and the validator it is said to be of.
type Selected<'a> = (usize, &'a PreparedValidator, &'a CommitVote);

/// One commit, and which of its signatures were found valid.
#[derive(Debug)]
pub(crate) struct Counting<'a> {
    chain_id: &'a ChainId,
    commit: &'a Commit,
    checked: Checked,
    valid: Vec<bool>,
}

impl<'a> Counting<'a> {
    pub(crate) fn new(chain_id: &'a ChainId, commit: &'a Commit, checked: Checked) -> Self {
        Self { chain_id, commit, checked, valid: vec![false; commit.signatures.len()] }
    }

    /// Counts in the set that made the commit: entry i is validator i's. Gives the power counted
    /// when it is more than two thirds.
    pub(crate) fn by_index(&mut self, set: &'a PreparedValidatorSet) -> Result<u64, CommitError> {
        let (got, expected) = (self.commit.signatures.len(), set.len());
        if got != expected {
            return Err(CommitError::SizeMismatch { got, expected });
        }
        let mut selection = Selection::new(set.total_power(), Fraction::TWO_THIRDS, self.checked);
        for (index, (sig, validator)) in
            self.commit.signatures.iter().zip(set.members()).enumerate()
        {
            let Some(vote) = sig.for_block() else { continue };
            let (got, expected) = (vote.validator_address, validator.address);
            if got != expected {
                return Err(CommitError::SignerMismatch { index, got, expected });
            }
            selection.add((index, validator, vote))?;
        }
        self.check(selection)
    }

    /// Counts in another set: entries of validators that it does not have are passed over. Gives
    /// the power counted when it is more than `threshold` of the set.
    pub(crate) fn by_address(
        &mut self,
        set: &'a PreparedValidatorSet,
        threshold: Fraction,
    ) -> Result<u64, CommitError> {
        let mut selection = Selection::new(set.total_power(), threshold, self.checked);
        for (index, sig) in self.commit.signatures.iter().enumerate() {
            let Some(vote) = sig.for_block() else { continue };
            let Some((_, validator)) = set.find(&vote.validator_address) else { continue };
            selection.add((index, validator, vote))?;
        }
        self.check(selection)
    }

    fn check(&mut self, selection: Selection<'a>) -> Result<u64, CommitError> {
        let Selection { tally, threshold, selected, .. } = selection;
        if !tally.exceeds(threshold) {
            return Err(CommitError::NotEnoughPower {
                got: tally.weight(),
                expected: threshold.floor_of(tally.total()),
                total: tally.total(),
            });
        }
        let is_open = |(index, ..): &Selected<'a>| !self.valid.get(*index).is_some_and(|v| *v);
        let open: Vec<_> = selected.into_iter().filter(is_open).collect();
        self.check_signatures(&open)?;
        for (index, ..) in open {
            if let Some(valid) = self.valid.get_mut(index) {
                *valid = true;
            }
        }
        Ok(tally.weight())
    }

    /// Ed25519 signatures in one batch, others singly. A batch that fails names no culprit: it is
    /// gone through again one by one.
    fn check_signatures(&self, votes: &[Selected<'a>]) -> Result<(), CommitError> {
        let mut claims = Vec::with_capacity(votes.len());
        for vote in votes {
            claims.extend(self.claim_of(vote)?.map(|claim| (claim, vote)));
        }
        let (claims, votes): (Vec<_>, Vec<_>) = claims.into_iter().unzip();
        if ed25519::all_hold(&claims) {
            return Ok(());
        }
        let culprit = claims.iter().zip(votes).find(|(claim, _)| !claim.holds());
        culprit.map_or(Ok(()), |(_, &(index, validator, _))| {
            Err(CommitError::BadSignature { index, address: validator.address })
        })
    }

    /// The claim to check in the batch; none for a signature that is valid already. Refuses what
    /// can be valid for no message, and bad signatures of other kinds than Ed25519.
    fn claim_of(
        &self,
        (index, validator, vote): &Selected<'a>,
    ) -> Result<Option<ed25519::Claim>, CommitError> {
        let message = vote::commit_sign_bytes(self.chain_id, self.commit, vote);
        let signature = &vote.signature;
        let claim = match (validator.key(), &validator.public_key) {
            (Some(DecodedKey::Ed25519(point)), PublicKey::Ed25519(key)) => {
                ed25519::Claim::new(key, point, &message, signature).map(Some)
            }
            (Some(key), encoded) => key.verifies(encoded, &message, signature).then_some(None),
            (None, _) => None,
        };
        let (index, address) = (*index, validator.address);
        claim.ok_or(CommitError::BadSignature { index, address })
    }
}

/// Votes that count, and of them those to check.
struct Selection<'a> {
    tally: Tally<Address>,
    threshold: Fraction,
    checked: Checked,
    selected: Vec<Selected<'a>>,
}

impl<'a> Selection<'a> {
    fn new(total: u64, threshold: Fraction, checked: Checked) -> Self {
        Self { tally: Tally::new(total), threshold, checked, selected: Vec::new() }
    }

    fn add(&mut self, vote: Selected<'a>) -> Result<(), CommitError> {
        let (_, validator, _) = vote;
        if self.checked == Checked::All || !self.tally.exceeds(self.threshold) {
            self.selected.push(vote);
        }
        let address = validator.address;
        self.tally.count(address, validator.power).map_err(|_| CommitError::DoubleVote { address })
    }
}
