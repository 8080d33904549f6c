//! Verification of a new header from a trusted one (`light/verifier.go`).

use core::time::Duration;
use std::sync::Arc;

use causeway_core::{Audit, Timestamp, refusals};
use causeway_light_client::Fraction;

use crate::count::{Checked, Counting};
use crate::validity::{self, HeaderError};
use crate::{ChainId, CommitError, Hash, Header, PreparedValidatorSet, SignedHeader};

/// How much of a trusted set must have signed a later header: a third to all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TrustLevel(Fraction);

impl TrustLevel {
    /// One third: as much as cannot all be faulty.
    pub const ONE_THIRD: Self = Self(Fraction::ONE_THIRD);

    /// A fraction from one third to one, both included; `None` for anything else
    /// (`ValidateTrustLevel`).
    pub fn new(fraction: Fraction) -> Option<Self> {
        (!fraction.is_below(Fraction::ONE_THIRD)).then_some(Self(fraction))
    }

    /// The fraction.
    pub const fn fraction(self) -> Fraction {
        self.0
    }
}

/// How far trust reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustOptions {
    /// How much of a trusted set must have signed a later header.
    pub trust_level: TrustLevel,
    /// How long a header is trusted after its time: less than validators are bound for.
    pub trusting_period: Duration,
    /// How far a header may be ahead of the verifier's clock.
    pub max_clock_drift: Duration,
}

/// What is trusted of a header. It comes from [`verify`], or from the caller, whose trust it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedState {
    /// The chain.
    pub chain_id: ChainId,
    /// The header's height.
    pub height: u64,
    /// The header's time.
    pub time: Timestamp,
    /// The hash of the validators who sign the next header.
    pub next_validators_hash: Hash,
}

/// Why a header cannot be trusted, or a set not go with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// The validators given are not those that the trusted header names.
    #[error(
        "validators that hash to {got}, the trusted header has next_validators_hash {expected}"
    )]
    NextValidatorsHashMismatch {
        /// The hash of the set.
        got: Hash,
        /// The hash in the trusted header.
        expected: Hash,
    },
    /// The header does not say who signs the next one.
    #[error("the header has no next_validators_hash")]
    NoNextValidators {},
    /// The header cannot be trusted whatever goes with it.
    #[error(transparent)]
    Header(#[from] HeaderError),
}

refusals! {
    TrustError {
        NextValidatorsHashMismatch { got, expected } => "next_validators_hash_mismatch", Reject;
        NoNextValidators {} => "next_validators_hash_missing", Reject;
        @wraps Header;
    }
}

/// A trusted header together with the validators that it names for the next one.
#[derive(Clone, Debug)]
pub struct TrustedBlock {
    state: TrustedState,
    next_validators: Arc<PreparedValidatorSet>,
}

impl TrustedBlock {
    /// Checks that the set is the one that the header names.
    pub fn new(
        state: TrustedState,
        next_validators: Arc<PreparedValidatorSet>,
    ) -> Result<Self, TrustError> {
        let (got, expected) = (next_validators.hash(), state.next_validators_hash);
        if got != expected {
            return Err(TrustError::NextValidatorsHashMismatch { got, expected });
        }
        Ok(Self { state, next_validators })
    }

    /// Takes a header on the caller's word, with the validators that it names for the next one.
    pub fn from_header(
        header: &Header,
        next_validators: Arc<PreparedValidatorSet>,
    ) -> Result<Self, TrustError> {
        let time = header.timestamp().ok_or(HeaderError::TimeOutOfRange { got: header.time })?;
        let next_validators_hash =
            header.next_validators_hash.ok_or(TrustError::NoNextValidators {})?;
        let chain_id = header.chain_id.clone();
        let state = TrustedState { chain_id, height: header.height, time, next_validators_hash };
        Self::new(state, next_validators)
    }

    /// What is trusted of the header.
    pub const fn state(&self) -> &TrustedState {
        &self.state
    }

    /// The validators of the next header.
    pub const fn next_validators(&self) -> &Arc<PreparedValidatorSet> {
        &self.next_validators
    }
}

/// Why a header is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The trusted header is too old: its validators may be free by now.
    #[error("the trusted header of {time} expired at {expected}, now is {got}")]
    TrustedExpired {
        /// The trusted header's time.
        time: Timestamp,
        /// When it expired.
        expected: Timestamp,
        /// The verifier's time.
        got: Timestamp,
    },
    /// The header is malformed in itself.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The header is not above the trusted one.
    #[error("height {got} is not above the trusted height {expected}")]
    HeightNotAboveTrusted {
        /// The header's height.
        got: u64,
        /// The trusted height.
        expected: u64,
    },
    /// The header's time is not after that of the trusted one.
    #[error("time {got} is not after the trusted time {expected}")]
    TimeNotAfterTrusted {
        /// The header's time.
        got: Timestamp,
        /// The trusted time.
        expected: Timestamp,
    },
    /// The header is from a future that the clock drift does not explain.
    #[error("time {got} is not before {expected}, the verifier's time and the clock drift")]
    FromFuture {
        /// The header's time.
        got: Timestamp,
        /// Now and the greatest clock drift.
        expected: Timestamp,
    },
    /// The validators given are not those that the header names.
    #[error("validators that hash to {got}, the header has {expected}")]
    ValidatorsHashMismatch {
        /// The hash of the set.
        got: Hash,
        /// The hash in the header.
        expected: Hash,
    },
    /// The next header is not by the validators that the trusted one names.
    #[error("the header is by validators {got}, the trusted header names {expected}")]
    AdjacentValidatorsMismatch {
        /// The header's validators.
        got: Hash,
        /// The validators named by the trusted header.
        expected: Hash,
    },
    /// Too little of the trusted set signed. A header in between may bridge the gap.
    #[error(
        "trusted validators with power {got} signed, more than {expected} of {total} is needed"
    )]
    NotEnoughTrust {
        /// The power of the trusted validators who signed.
        got: u64,
        /// What it must exceed.
        expected: u64,
        /// The power of the trusted set.
        total: u64,
    },
    /// The commit is bad, or falls short of two thirds.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

refusals! {
    VerifyError {
        TrustedExpired { time, expected, got } => "trusted_expired", Halt;
        HeightNotAboveTrusted { got, expected } => "header_height_not_above_trusted", Reject;
        TimeNotAfterTrusted { got, expected } => "header_time_not_after_trusted", Reject;
        FromFuture { got, expected } => "header_from_future", Wait;
        ValidatorsHashMismatch { got, expected } => "validators_hash_mismatch", Reject;
        AdjacentValidatorsMismatch { got, expected } => "adjacent_validators_mismatch", Reject;
        NotEnoughTrust { got, expected, total } => "not_enough_trust", Retry;
        @wraps Header, Commit;
    }
}

/// Verifies `signed`, by `validators`, from `trusted` at time `now`: when it is the next header, by
/// the hash that the trusted one has of its validators; when it is a later one, by the part of the
/// trusted set that signed it. Gives what is now trusted.
///
/// Three outcomes: accepted; [`VerifyError::NotEnoughTrust`], after which a header in between may
/// help; refused.
pub fn verify(
    trusted: &TrustedBlock,
    signed: &SignedHeader,
    validators: &PreparedValidatorSet,
    options: &TrustOptions,
    now: Timestamp,
    audit: &mut impl Audit,
) -> Result<TrustedState, VerifyError> {
    let state = trusted.state();
    let checked = check_untrusted(state, signed, validators, options, now, audit)?;
    let mut counting = Counting::new(&state.chain_id, &signed.commit, Checked::Enough);
    if state.height.checked_add(1) == Some(signed.header.height) {
        check_adjacent_validators(state, checked.validators_hash, audit)?;
    } else {
        let level = options.trust_level.fraction();
        check_trust(&mut counting, trusted.next_validators(), level, audit)?;
    }
    // Last, because the sender chooses the size of this set.
    check_quorum(&mut counting, validators, audit)?;
    Ok(TrustedState {
        chain_id: state.chain_id.clone(),
        height: signed.header.height,
        time: checked.time,
        next_validators_hash: signed.header.next_validators_hash.unwrap_or_default(),
    })
}

/// Checks 1 to 6: the order of headers in time and height, their form, the hash of the set.
fn check_untrusted(
    trusted: &TrustedState,
    signed: &SignedHeader,
    validators: &PreparedValidatorSet,
    options: &TrustOptions,
    now: Timestamp,
    audit: &mut impl Audit,
) -> Result<validity::Checked, VerifyError> {
    check_not_expired(trusted.time, options.trusting_period, now, audit)?;
    let checked = validity::check(signed, &trusted.chain_id, audit)?;
    let (got, expected) = (signed.header.height, trusted.height);
    if got <= expected {
        return Err(VerifyError::HeightNotAboveTrusted { got, expected });
    }
    audit.passed("height_above_trusted", || format!("{got} > {expected}"));
    let (got, expected) = (checked.time, trusted.time);
    if got <= expected {
        return Err(VerifyError::TimeNotAfterTrusted { got, expected });
    }
    audit.passed("time_after_trusted", || format!("{got} > {expected}"));
    let expected = now.saturating_add(options.max_clock_drift);
    if got >= expected {
        return Err(VerifyError::FromFuture { got, expected });
    }
    audit.passed("not_from_future", || format!("{got} < {expected}"));
    check_validators_hash(validators, checked.validators_hash, audit)?;
    Ok(checked)
}

/// A header is trusted while its time and the trusting period are after `now`.
pub(crate) fn check_not_expired(
    time: Timestamp,
    trusting_period: Duration,
    now: Timestamp,
    audit: &mut impl Audit,
) -> Result<(), VerifyError> {
    let expiry = time.saturating_add(trusting_period);
    if expiry <= now {
        return Err(VerifyError::TrustedExpired { time, expected: expiry, got: now });
    }
    audit.passed("trusted_not_expired", || format!("{expiry} > {now}"));
    Ok(())
}

/// The set given is the one that the header names.
pub(crate) fn check_validators_hash(
    validators: &PreparedValidatorSet,
    expected: Hash,
    audit: &mut impl Audit,
) -> Result<(), VerifyError> {
    let got = validators.hash();
    if got != expected {
        return Err(VerifyError::ValidatorsHashMismatch { got, expected });
    }
    audit.passed("validators_hash", || got.to_string());
    Ok(())
}

fn check_adjacent_validators(
    trusted: &TrustedState,
    got: Hash,
    audit: &mut impl Audit,
) -> Result<(), VerifyError> {
    let expected = trusted.next_validators_hash;
    if got != expected {
        return Err(VerifyError::AdjacentValidatorsMismatch { got, expected });
    }
    audit.passed("adjacent_validators", || got.to_string());
    Ok(())
}

/// More than the trust level of the trusted set signed.
pub(crate) fn check_trust<'a>(
    counting: &mut Counting<'a>,
    trusted: &'a PreparedValidatorSet,
    level: Fraction,
    audit: &mut impl Audit,
) -> Result<(), VerifyError> {
    let power = counting.by_address(trusted, level).map_err(|error| match error {
        CommitError::NotEnoughPower { got, expected, total } => {
            VerifyError::NotEnoughTrust { got, expected, total }
        }
        other => other.into(),
    })?;
    let total = trusted.total_power();
    audit.passed("trust_level", || format!("{power} of {total} is more than {level}"));
    Ok(())
}

/// More than two thirds of the header's own set signed.
pub(crate) fn check_quorum<'a>(
    counting: &mut Counting<'a>,
    validators: &'a PreparedValidatorSet,
    audit: &mut impl Audit,
) -> Result<(), VerifyError> {
    let power = counting.by_index(validators)?;
    let total = validators.total_power();
    audit.passed("quorum", || format!("{power} of {total} is more than 2/3"));
    Ok(())
}
