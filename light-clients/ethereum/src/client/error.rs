//! Why the bridge's client refuses a message, a proof, or to start.

use alloy_primitives::B256;
use causeway_core::{DecodeError, Timestamp, refusals};

use crate::chain::{Period, Slot};
use crate::execution::state::StateError;
use crate::sync::UpdateError;

/// Which rule is broken, on top of the sync protocol's and the proofs' own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// Misbehaviour was proven.
    #[error("the client is frozen")]
    Frozen {},
    /// The newest consensus state is too old.
    #[error("it is {got}, the client expired at {expected}")]
    Expired {
        /// Host time.
        got: Timestamp,
        /// End of the trusting period.
        expected: Timestamp,
    },
    /// A client cannot start from such a state.
    #[error("{field} of the initial state is missing or contradicts the rest")]
    InvalidInitialState {
        /// The field at fault.
        field: &'static str,
    },
    /// The substitute follows another chain, or follows it in another way.
    #[error("the substitute has another {field}")]
    SubstituteMismatch {
        /// The field at fault.
        field: &'static str,
    },
    /// Nothing is trusted at the slot that the message builds on.
    #[error("no consensus state at trusted slot {got}")]
    TrustedStateNotFound {
        /// The slot.
        got: Slot,
    },
    /// The state that the message builds on is too old: its committee's keys may be sold.
    #[error("it is {got}, the trusted state expired at {expected}")]
    TrustedStateExpired {
        /// Host time.
        got: Timestamp,
        /// End of its trusting period.
        expected: Timestamp,
    },
    /// Nothing is finalized.
    #[error("the update attests slot {got}, but finalizes nothing")]
    FinalityMissing {
        /// The attested slot.
        got: Slot,
    },
    /// Too few of the committee signed.
    #[error("{got} members signed, {expected} are two thirds")]
    InsufficientParticipation {
        /// How many signed.
        got: usize,
        /// How many must.
        expected: usize,
    },
    /// The finalized block is from before Capella, or from genesis: it shows no state.
    #[error("the finalized header at slot {got} has no execution part")]
    ExecutionMissing {
        /// Its slot.
        got: Slot,
    },
    /// The execution block does not carry the time of its slot.
    #[error("the finalized block is of time {got}, its slot begins at {expected}")]
    TimestampMismatch {
        /// Its timestamp.
        got: u64,
        /// The start of its slot.
        expected: u64,
    },
    /// The update finalizes nothing beyond the trusted state and gives no unknown committee; or,
    /// in evidence, something before it.
    #[error("finalizes slot {got}, trusted is {expected} already")]
    FinalizedNotNewer {
        /// The finalized slot.
        got: Slot,
        /// The trusted slot.
        expected: Slot,
    },
    /// The finalized block is in a new period, whose next committee does not come along.
    #[error("finalizes period {got} without the committee of the period after it")]
    NextCommitteeMissing {
        /// The finalized period.
        got: Period,
    },
    /// The keys of the committee that signed are neither in the message nor on record.
    #[error("the keys of sync committee {expected} are missing")]
    SyncCommitteeMissing {
        /// The root of the committee.
        expected: B256,
    },
    /// The keys in the message are not those of the committee that must sign.
    #[error("keys of sync committee {got}, the trusted one is {expected}")]
    SyncCommitteeMismatch {
        /// The root of the message's committee.
        got: B256,
        /// The trusted root.
        expected: B256,
    },
    /// The two updates do not contradict each other.
    #[error("the updates do not contradict each other")]
    NoMisbehaviour {},
    /// A path in the router's storage is one key.
    #[error("a path of {got} elements, expected {expected}")]
    PathLength {
        /// How many elements it has.
        got: usize,
        /// How many it must have.
        expected: usize,
    },
    /// A rule of the sync protocol.
    #[error(transparent)]
    Update(#[from] UpdateError),
    /// A rule of state proofs.
    #[error(transparent)]
    State(#[from] StateError),
    /// The message does not decode.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

refusals! {
    ClientError {
        Frozen {} => "client_frozen", Halt;
        Expired { got, expected } => "client_expired", Halt;
        InvalidInitialState { field } => "invalid_initial_state", Reject;
        SubstituteMismatch { field } => "substitute_mismatch", Reject;
        TrustedStateNotFound { got } => "trusted_state_not_found", Retry;
        TrustedStateExpired { got, expected } => "trusted_state_expired", Retry;
        FinalityMissing { got } => "finality_missing", Retry;
        InsufficientParticipation { got, expected } => "insufficient_participation", Retry;
        ExecutionMissing { got } => "execution_header_missing", Reject;
        TimestampMismatch { got, expected } => "timestamp_mismatch", Reject;
        FinalizedNotNewer { got, expected } => "finalized_not_newer", Retry;
        NextCommitteeMissing { got } => "next_committee_missing", Retry;
        SyncCommitteeMissing { expected } => "sync_committee_missing", Retry;
        SyncCommitteeMismatch { got, expected } => "sync_committee_mismatch", Reject;
        NoMisbehaviour {} => "no_misbehaviour", Reject;
        PathLength { got, expected } => "path_length", Reject;
        @wraps Update, State, Decode;
    }
}
