//! Why the client refuses.

use core::time::Duration;

use causeway_core::{DecodeError, Height, refusals};
use causeway_ics23::{BatchError, ProofError};

use crate::{ChainId, HeaderError, TrustError, ValidatorSetError, VerifyError};

/// Why a new client's first states are refused (ibc-go `ClientState.Validate`,
/// `ConsensusState.ValidateBasic`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InitialiseError {
    /// A chain has a name.
    #[error("the chain id {got:?} is blank")]
    ChainIdBlank {
        /// The chain id.
        got: ChainId,
    },
    /// Trust must end before validators are free to go: 0 < trusting period < unbonding period.
    #[error("trusting period {got} s, expected more than 0 and less than {expected} s")]
    TrustingPeriod {
        /// The trusting period, in seconds.
        got: Seconds,
        /// The unbonding period, in seconds.
        expected: Seconds,
    },
    /// Without any drift, hardly a header would pass.
    #[error("the clock drift is zero")]
    ClockDriftZero {},
    /// Heights start at 1.
    #[error("the latest height {got} is zero")]
    LatestHeightZero {
        /// The latest height.
        got: Height,
    },
    /// The latest height must be in the revision of the chain id.
    #[error("the latest height is of revision {got}, the chain id of {expected}")]
    LatestHeightRevision {
        /// The revision of the latest height.
        got: u64,
        /// The revision in the chain id.
        expected: u64,
    },
    /// Without a specification nothing can be proven.
    #[error("there are no proof specifications")]
    ProofSpecsMissing {},
    /// Keys of the upgrade path are not blank.
    #[error("element {index} of the upgrade path is blank")]
    UpgradePathBlank {
        /// The place of the element.
        index: usize,
    },
    /// A client does not start frozen.
    #[error("the client state is frozen at {got}")]
    StartsFrozen {
        /// The frozen height.
        got: Height,
    },
    /// The root must be a hash, and not all zero, which is what an unset one looks like.
    #[error("the root of {got} bytes is unset or not of {expected}")]
    Root {
        /// Its length.
        got: usize,
        /// The length of a hash.
        expected: usize,
    },
    /// The validators to come must be known.
    #[error("next_validators_hash is unset")]
    NextValidatorsHash {},
    /// The time must be set.
    #[error("the time is zero")]
    TimeZero {},
}

/// A duration that displays as seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconds(pub Duration);

impl core::fmt::Display for Seconds {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}.{:09}", self.0.as_secs(), self.0.subsec_nanos())
    }
}

refusals! {
    InitialiseError {
        ChainIdBlank { got } => "chain_id_blank", Reject;
        TrustingPeriod { got, expected } => "trusting_period_out_of_range", Reject;
        ClockDriftZero {} => "clock_drift_zero", Reject;
        LatestHeightZero { got } => "latest_height_zero", Reject;
        LatestHeightRevision { got, expected } => "latest_height_revision_mismatch", Reject;
        ProofSpecsMissing {} => "proof_specs_missing", Reject;
        UpgradePathBlank { index } => "upgrade_path_blank", Reject;
        StartsFrozen { got } => "client_starts_frozen", Reject;
        Root { got, expected } => "consensus_root_unset", Reject;
        NextValidatorsHash {} => "consensus_validators_hash_unset", Reject;
        TimeZero {} => "consensus_time_zero", Reject;
    }
}

/// Why two headers are no misbehaviour, once each is found valid in itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MisbehaviourError {
    /// Two revisions share no heights and no clock: nothing in one contradicts the other.
    #[error("header 1 is of chain {got:?}, header 2 of {expected:?}")]
    ChainIdsDiffer {
        /// Chain of the first header.
        got: ChainId,
        /// Chain of the second header.
        expected: ChainId,
    },
    /// The first header must not be the lower.
    #[error("header 1 has height {got}, header 2 {expected}")]
    HeightsOutOfOrder {
        /// Height of the first header.
        got: Height,
        /// Height of the second header.
        expected: Height,
    },
    /// A header is verified from a lower height.
    #[error("trusted height {got} is not below the header's, {expected}")]
    TrustedHeightNotBelow {
        /// The trusted height.
        got: Height,
        /// The header's height.
        expected: Height,
    },
    /// Both headers may be of one honest chain.
    #[error("the headers of heights {got} and {expected} do not conflict")]
    NoConflict {
        /// Height of the first header.
        got: Height,
        /// Height of the second header.
        expected: Height,
    },
}

refusals! {
    MisbehaviourError {
        ChainIdsDiffer { got, expected } => "misbehaviour_chain_ids_differ", Reject;
        HeightsOutOfOrder { got, expected } => "misbehaviour_heights_out_of_order", Reject;
        TrustedHeightNotBelow { got, expected } => "trusted_height_not_below_header", Reject;
        NoConflict { got, expected } => "misbehaviour_no_conflict", Reject;
    }
}

/// Why a client cannot go on from another's state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecoverError {
    /// The clients differ in more than latest height, frozen height, trusting period and chain
    /// id.
    #[error("the substitute differs in {field}")]
    SubstituteMismatch {
        /// The first differing field.
        field: &'static str,
    },
}

refusals! {
    RecoverError {
        SubstituteMismatch { field } => "substitute_mismatch", Reject;
    }
}

/// Why the client refuses a state, a message or a proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// Misbehaviour was proven.
    #[error("the client is frozen at {got}")]
    Frozen {
        /// The frozen height.
        got: Height,
    },
    /// The latest consensus state is missing or older than the trusting period.
    #[error("the client expired: its latest state is of height {got}")]
    Expired {
        /// The latest height.
        got: Height,
    },
    /// Nothing is stored of the height to verify from.
    #[error("there is no consensus state of height {got}")]
    ConsensusStateMissing {
        /// The trusted height in the message.
        got: Height,
    },
    /// A header is verified from a height of its own revision.
    #[error("the header is of revision {got}, its trusted height of {expected}")]
    RevisionMismatch {
        /// The header's revision.
        got: u64,
        /// The trusted height's revision.
        expected: u64,
    },
    /// The proof is of a height that the client has not reached.
    #[error("proof height {got} is above the latest height {expected}")]
    ProofHeightTooHigh {
        /// The proof height.
        got: Height,
        /// The latest height.
        expected: Height,
    },
    /// Bytes that are not what they claim to be.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A new client's first states.
    #[error(transparent)]
    Initialise(#[from] InitialiseError),
    /// A validator set.
    #[error(transparent)]
    ValidatorSet(#[from] ValidatorSetError),
    /// The trusted validators.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A header.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// Two headers together.
    #[error(transparent)]
    Misbehaviour(#[from] MisbehaviourError),
    /// A substitute client.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// A state proof.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// A proof of several values.
    #[error(transparent)]
    Batch(#[from] BatchError),
}

impl From<HeaderError> for ClientError {
    fn from(error: HeaderError) -> Self {
        VerifyError::from(error).into()
    }
}

refusals! {
    ClientError {
        Frozen { got } => "client_frozen", Halt;
        Expired { got } => "client_expired", Halt;
        ConsensusStateMissing { got } => "consensus_state_missing", Wait;
        RevisionMismatch { got, expected } => "revision_mismatch", Reject;
        ProofHeightTooHigh { got, expected } => "proof_height_above_latest", Wait;
        @wraps
            Decode, Initialise, ValidatorSet, Trust, Verify, Misbehaviour, Recover, Proof, Batch;
    }
}
