//! Attacks on light clients: which kind, and who is guilty (`types/evidence.go`
//! `LightClientAttackEvidence`, `evidence/verify.go`, `spec/light-client/attacks`).

use core::fmt;

use causeway_core::refusals;

use crate::count::{Checked, Counting};
use crate::validity;
use crate::verify::{check_quorum, check_trust, check_validators_hash};
use crate::{
    Address, CommitSig, Hash, Header, PreparedValidatorSet, SignedHeader, Time, TrustLevel,
    VerifyError,
};

/// How a conflicting header came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttackKind {
    /// The header tells of a state that the chain never had. Guilty: the last agreed validators
    /// who signed it.
    Lunatic,
    /// Two correct blocks in one round. Guilty: who signed both.
    Equivocation,
    /// Two correct blocks in two rounds: somebody forgot a lock. Commits alone do not say who.
    Amnesia,
}

impl fmt::Display for AttackKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lunatic => "lunatic",
            Self::Equivocation => "equivocation",
            Self::Amnesia => "amnesia",
        })
    }
}

/// A conflicting light block, and what to judge it by: the common validators and the trusted header
/// are trusted on the caller's word.
#[derive(Clone, Copy, Debug)]
pub struct Conflict<'a> {
    /// The conflicting header with its commit.
    pub conflicting: &'a SignedHeader,
    /// Its validators.
    pub validators: &'a PreparedValidatorSet,
    /// The height of the last header that both sides agree on; it may be the conflicting height.
    pub common_height: u64,
    /// The validators at the common height.
    pub common_validators: &'a PreparedValidatorSet,
    /// The chain's own header at the conflicting height, or, for a header above the chain's tip
    /// (a forward lunatic attack), its latest.
    pub trusted: &'a SignedHeader,
}

/// An attack that was proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attack {
    /// Which kind.
    pub kind: AttackKind,
    /// Who is guilty, the mightiest first; empty for amnesia.
    pub guilty: Vec<Address>,
    /// The power of the whole common set.
    pub total_power: u64,
}

/// Why a conflict proves no attack.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttackError {
    /// The common height is above the conflicting one.
    #[error("common height {got} is above the conflicting height {expected}")]
    CommonHeightTooHigh {
        /// The common height.
        got: u64,
        /// The conflicting height.
        expected: u64,
    },
    /// The header is the chain's own.
    #[error("the header is the chain's own, {got}")]
    SameHeader {
        /// Its hash.
        got: Hash,
    },
    /// A header of the common height tells of another state: then that height is not common.
    #[error("the headers differ in what follows from the common height {common_height}")]
    NotDerived {
        /// The common height.
        common_height: u64,
    },
    /// A header above the chain's tip whose time is later may simply come to be.
    #[error("the header above the tip has time {got}, not before {expected}")]
    NotInPast {
        /// The conflicting header's time.
        got: Time,
        /// The time of the tip.
        expected: Time,
    },
    /// The trusted header is above the conflicting one.
    #[error("the trusted header has height {got}, the conflicting one {expected}")]
    TrustedHeightTooHigh {
        /// The trusted height.
        got: u64,
        /// The conflicting height.
        expected: u64,
    },
    /// Too few signed the header, or it is malformed.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

refusals! {
    AttackError {
        CommonHeightTooHigh { got, expected } => "common_height_too_high", Reject;
        SameHeader { got } => "headers_not_conflicting", Reject;
        NotDerived { common_height } => "common_height_not_common", Reject;
        NotInPast { got, expected } => "conflicting_header_not_in_past", Reject;
        TrustedHeightTooHigh { got, expected } => "trusted_header_too_high", Reject;
        @wraps Verify;
    }
}

impl Conflict<'_> {
    /// Judges the conflict: more than a third of the common set and more than two thirds of the
    /// header's own set must have signed it, every signature for it being valid.
    pub fn judge(&self) -> Result<Attack, AttackError> {
        self.check_heights()?;
        self.check_signatures()?;
        let kind = self.kind();
        let guilty = match kind {
            AttackKind::Lunatic => self.common_signers(),
            AttackKind::Equivocation => self.double_signers(),
            AttackKind::Amnesia => Vec::new(),
        };
        Ok(Attack { kind, guilty, total_power: self.common_validators.total_power() })
    }

    /// Lunatic when what the state fixes differs; else by the rounds.
    fn kind(&self) -> AttackKind {
        if !is_same_state(&self.conflicting.header, &self.trusted.header) {
            AttackKind::Lunatic
        } else if self.conflicting.commit.round == self.trusted.commit.round {
            AttackKind::Equivocation
        } else {
            AttackKind::Amnesia
        }
    }

    fn check_heights(&self) -> Result<(), AttackError> {
        let (conflicting, trusted) = (&self.conflicting.header, &self.trusted.header);
        let (got, expected) = (self.common_height, conflicting.height);
        if got > expected {
            return Err(AttackError::CommonHeightTooHigh { got, expected });
        }
        let (got, expected) = (trusted.height, conflicting.height);
        if got > expected {
            return Err(AttackError::TrustedHeightTooHigh { got, expected });
        }
        let is_forward = got < expected;
        if is_forward && conflicting.time > trusted.time {
            let (got, expected) = (conflicting.time, trusted.time);
            return Err(AttackError::NotInPast { got, expected });
        }
        match conflicting.hash() {
            Some(got) if !is_forward && trusted.hash() == Some(got) => {
                return Err(AttackError::SameHeader { got });
            }
            _ => {}
        }
        let at_common_height = self.common_height == conflicting.height;
        if at_common_height && !is_same_state(conflicting, trusted) {
            return Err(AttackError::NotDerived { common_height: self.common_height });
        }
        Ok(())
    }

    fn check_signatures(&self) -> Result<(), VerifyError> {
        let signed = self.conflicting;
        let chain_id = &self.trusted.header.chain_id;
        let checked = validity::check(signed, chain_id, &mut ())?;
        check_validators_hash(self.validators, checked.validators_hash, &mut ())?;
        let mut counting = Counting::new(chain_id, &signed.commit, Checked::All);
        if self.common_height < signed.header.height {
            let level = TrustLevel::ONE_THIRD.fraction();
            check_trust(&mut counting, self.common_validators, level, &mut ())?;
        }
        check_quorum(&mut counting, self.validators, &mut ())
    }

    /// Those of the common set who signed the conflicting block.
    fn common_signers(&self) -> Vec<Address> {
        let signers = self.conflicting.commit.signatures.iter().filter_map(CommitSig::for_block);
        let addresses = signers.map(|vote| vote.validator_address);
        by_power(addresses, self.common_validators)
    }

    /// Those who signed both blocks; at one height and state, both are by one set.
    fn double_signers(&self) -> Vec<Address> {
        let ours = self.conflicting.commit.signatures.iter();
        let both = ours.zip(&self.trusted.commit.signatures).filter_map(|(a, b)| {
            let (a, b) = (a.for_block()?, b.for_block()?);
            (a.validator_address == b.validator_address).then_some(a.validator_address)
        });
        by_power(both, self.validators)
    }
}

/// Members of `set` among `addresses`, power descending, then address ascending.
fn by_power(addresses: impl Iterator<Item = Address>, set: &PreparedValidatorSet) -> Vec<Address> {
    let mut members: Vec<_> = addresses
        .filter_map(|address| Some((core::cmp::Reverse(set.power_of(&address)?), address)))
        .collect();
    members.sort_unstable();
    members.into_iter().map(|(_, address)| address).collect()
}

/// True when the two headers agree in all that follows from the state before them
/// (`ConflictingHeaderIsInvalid`).
fn is_same_state(a: &Header, b: &Header) -> bool {
    a.validators_hash == b.validators_hash
        && a.next_validators_hash == b.next_validators_hash
        && a.consensus_hash == b.consensus_hash
        && a.app_hash == b.app_hash
        && a.last_results_hash == b.last_results_hash
}
