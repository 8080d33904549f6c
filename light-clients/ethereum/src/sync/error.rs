//! Why an update or a bootstrap is refused.

use core::fmt;

use alloy_primitives::B256;
use causeway_core::refusals;

use crate::bls::BlsError;
use crate::chain::{Period, Slot};

/// Which header of a message is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeaderRole {
    /// The signed header.
    Attested,
    /// The header that the signed one holds final.
    Finalized,
    /// The header of a bootstrap.
    Bootstrap,
}

impl fmt::Display for HeaderRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Attested => "attested",
            Self::Finalized => "finalized",
            Self::Bootstrap => "bootstrap",
        })
    }
}

/// Which rule of `validate_light_client_update` an update breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    /// Nobody signed: with no keys and the signature at infinity the pairing would hold.
    #[error("nobody signed, at least {expected} must")]
    NoParticipants {
        /// `MIN_SYNC_COMMITTEE_PARTICIPANTS`.
        expected: usize,
    },
    /// The slot is before light clients exist, or under a fork whose rules are not known here.
    #[error("no rules are known for slot {got}")]
    ForkNotSupported {
        /// The slot.
        got: Slot,
    },
    /// A header from before Capella has an execution part.
    #[error("the {header} header is from before Capella, but has an execution part")]
    UnexpectedExecution {
        /// Whose.
        header: HeaderRole,
    },
    /// A header from before Deneb has blob gas.
    #[error("the {header} header is from before Deneb, but has blob gas")]
    UnexpectedBlobGas {
        /// Whose.
        header: HeaderRole,
    },
    /// The execution header is not in the block's body.
    #[error("the execution header of the {header} header is not under its body root")]
    InvalidExecutionBranch {
        /// Whose.
        header: HeaderRole,
    },
    /// Signed later than now.
    #[error("signed in slot {got}, now is slot {expected}")]
    FromFuture {
        /// The signature's slot.
        got: Slot,
        /// The current slot.
        expected: Slot,
    },
    /// The signature is not from after the block that it signs.
    #[error("signed in slot {got}, which is not after the attested slot {expected}")]
    SignatureNotAfterAttested {
        /// The signature's slot.
        got: Slot,
        /// The attested header's.
        expected: Slot,
    },
    /// The finalized block is from after the block that finalizes it.
    #[error("finalizes slot {got}, which is after the attested slot {expected}")]
    FinalizedAfterAttested {
        /// The finalized header's slot.
        got: Slot,
        /// The attested header's.
        expected: Slot,
    },
    /// The committee that signed is not known.
    #[error("signed in period {got}, only the committees of {expected} are known")]
    UnknownSigningPeriod {
        /// The signature's period.
        got: Period,
        /// The known periods.
        expected: String,
    },
    /// There is nothing to learn from it.
    #[error("attests slot {got}, which is not after the finalized slot {expected}")]
    NotRelevant {
        /// The attested header's slot.
        got: Slot,
        /// The trusted finalized slot.
        expected: Slot,
    },
    /// A finalized header without a proof.
    #[error("a finalized header without a finality branch")]
    UnexpectedFinalizedHeader {},
    /// A finalized header at the genesis slot must be left out.
    #[error("the genesis block is finalized by the zero root alone")]
    UnexpectedGenesisHeader {},
    /// The finalized header is not what the attested state holds final.
    #[error("finalized root {got} is not under the attested state root")]
    InvalidFinalityBranch {
        /// The root of the finalized header.
        got: B256,
    },
    /// A next committee without a proof.
    #[error("a next sync committee without a branch")]
    UnexpectedNextCommittee {},
    /// Another next committee than the one that is known for the period.
    #[error("next sync committee {got}, known is {expected}")]
    NextCommitteeMismatch {
        /// The update's.
        got: B256,
        /// The known one.
        expected: B256,
    },
    /// The next committee is not what the attested state holds.
    #[error("next sync committee {got} is not under the attested state root")]
    InvalidNextCommitteeBranch {
        /// The update's.
        got: B256,
    },
    /// A key of the signing committee is no key.
    #[error("the signing committee has an invalid key")]
    InvalidCommitteeKey {},
    /// The signature is not of these members under this header.
    #[error("{participants} members: {reason}")]
    InvalidSignature {
        /// How many are said to have signed.
        participants: usize,
        /// What is wrong.
        reason: BlsError,
    },
}

refusals! {
    UpdateError {
        NoParticipants { expected } => "no_participants", Reject;
        ForkNotSupported { got } => "fork_not_supported", Halt;
        UnexpectedExecution { header } => "unexpected_execution_header", Reject;
        UnexpectedBlobGas { header } => "unexpected_blob_gas", Reject;
        InvalidExecutionBranch { header } => "invalid_execution_branch", Reject;
        FromFuture { got, expected } => "header_from_future", Wait;
        SignatureNotAfterAttested { got, expected } => "signature_not_after_attested", Reject;
        FinalizedAfterAttested { got, expected } => "finalized_after_attested", Reject;
        UnknownSigningPeriod { got, expected } => "unknown_signing_period", Retry;
        NotRelevant { got, expected } => "update_not_relevant", Reject;
        UnexpectedFinalizedHeader {} => "unexpected_finalized_header", Reject;
        UnexpectedGenesisHeader {} => "unexpected_genesis_header", Reject;
        InvalidFinalityBranch { got } => "invalid_finality_branch", Reject;
        UnexpectedNextCommittee {} => "unexpected_next_committee", Reject;
        NextCommitteeMismatch { got, expected } => "next_committee_mismatch", Reject;
        InvalidNextCommitteeBranch { got } => "invalid_next_committee_branch", Reject;
        InvalidCommitteeKey {} => "invalid_committee_key", Reject;
        InvalidSignature { participants, reason } => "invalid_signature", Reject;
    }
}

/// Why a client cannot start from a bootstrap.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BootstrapError {
    /// It is not of the trusted block.
    #[error("bootstrap of block {got}, trusted is {expected}")]
    TrustedRootMismatch {
        /// The root of the bootstrap's header.
        got: B256,
        /// The trusted root.
        expected: B256,
    },
    /// The committee is not what the trusted state holds.
    #[error("current sync committee {got} is not under the state root of the bootstrap")]
    InvalidCurrentCommitteeBranch {
        /// The root of the bootstrap's committee.
        got: B256,
    },
    /// Its header is not valid.
    #[error(transparent)]
    Header(#[from] UpdateError),
}

refusals! {
    BootstrapError {
        TrustedRootMismatch { got, expected } => "trusted_root_mismatch", Reject;
        InvalidCurrentCommitteeBranch { got } => "invalid_current_committee_branch", Reject;
        @wraps Header;
    }
}
