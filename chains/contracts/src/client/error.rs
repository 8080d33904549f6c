//! Why something about a client is refused.

use causeway_core::{
    BoxedRefusal, ClientId, DecodeError, Height, Recourse, Refusal, Timestamp, refusals,
};

use crate::entry::EntryError;
use crate::host::OutOfGas;

/// What a light client refused, whichever it is.
#[derive(Debug)]
pub struct ClientRefusal(BoxedRefusal);

impl core::fmt::Display for ClientRefusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for ClientRefusal {}

impl Refusal for ClientRefusal {
    fn code(&self) -> std::borrow::Cow<'static, str> {
        self.0.code()
    }

    fn recourse(&self) -> Recourse {
        self.0.recourse()
    }

    fn detail(&self) -> Vec<(&'static str, String)> {
        self.0.detail()
    }
}

/// Why a client message is refused.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// See [`EntryError`].
    #[error(transparent)]
    Entry(EntryError),
    /// The light client's own refusal.
    #[error(transparent)]
    Light(ClientRefusal),
    /// Something stored or named does not decode.
    #[error(transparent)]
    Decode(DecodeError),
    /// No light client of this chain reads such a client state.
    #[error("no light client for {got}")]
    UnknownClientType {
        /// Type of the client, or of its state.
        got: String,
    },
    /// A client must start from something.
    #[error("the client starts without a {missing}")]
    StartsFromNothing {
        /// What is not there.
        missing: &'static str,
    },
    /// No such client.
    #[error("no client {client_id}")]
    ClientNotFound {
        /// The client.
        client_id: ClientId,
    },
    /// The client is expired or frozen.
    #[error("client {client_id} is {status}")]
    ClientNotActive {
        /// The client.
        client_id: ClientId,
        /// What it is.
        status: String,
    },
    /// Only the creator binds a client to its counterparty.
    #[error("{signer} did not create client {client_id}")]
    SignerNotCreator {
        /// The client.
        client_id: ClientId,
        /// Who tried.
        signer: String,
    },
    /// Only the chain's authority recovers clients.
    #[error("{signer} is not the authority")]
    SignerNotAuthority {
        /// Who tried.
        signer: String,
    },
    /// The counterparty is fixed for good.
    #[error("client {client_id} has a counterparty")]
    CounterpartyRegistered {
        /// The client.
        client_id: ClientId,
    },
    /// The client has no counterparty yet.
    #[error("client {client_id} has no counterparty")]
    CounterpartyNotFound {
        /// The client.
        client_id: ClientId,
    },
    /// The message is valid and proves no contradiction.
    #[error("this is no misbehaviour of the chain that {client_id} follows")]
    NotMisbehaviour {
        /// The client.
        client_id: ClientId,
    },
    /// The client knows nothing of this height: never verified, or pruned.
    #[error("client {client_id} has no consensus state at {height}")]
    ConsensusStateNotFound {
        /// The client.
        client_id: ClientId,
        /// The height.
        height: Height,
    },
    /// The state at this height is from before the timeout.
    #[error("at {height} it was {got} there, the timeout is {timeout}")]
    TimeoutNotReached {
        /// The height of the proof.
        height: Height,
        /// Its time.
        got: Timestamp,
        /// The packet's timeout in seconds.
        timeout: u64,
    },
    /// An active client that can go on by itself needs no recovery.
    #[error("client {subject} is active, and no further behind than it can make up for")]
    SubjectActive {
        /// The client to recover.
        subject: ClientId,
    },
    /// Client and substitute are of different types, or the same.
    #[error("{substitute} cannot stand in for {subject}")]
    SubstituteMismatch {
        /// The client to recover.
        subject: ClientId,
        /// The client to recover from.
        substitute: ClientId,
    },
}

refusals! {
    ClientError {
        UnknownClientType { got } => "client_type_unknown", Reject;
        StartsFromNothing { missing } => "client_starts_from_nothing", Reject;
        ClientNotFound { client_id } => "client_not_found", Reject;
        ClientNotActive { client_id, status } => "client_not_active", Halt;
        SignerNotCreator { client_id, signer } => "signer_not_creator", Reject;
        SignerNotAuthority { signer } => "signer_not_authority", Reject;
        CounterpartyRegistered { client_id } => "counterparty_registered", Reject;
        CounterpartyNotFound { client_id } => "counterparty_not_found", Wait;
        NotMisbehaviour { client_id } => "not_misbehaviour", Reject;
        ConsensusStateNotFound { client_id, height } => "consensus_state_not_found", Retry;
        TimeoutNotReached { height, got, timeout } => "timeout_not_reached", Wait;
        SubjectActive { subject } => "subject_active", Reject;
        SubstituteMismatch { subject, substitute } => "substitute_mismatch", Reject;
        @wraps Entry, Light, Decode;
    }
}

impl From<EntryError> for ClientError {
    fn from(error: EntryError) -> Self {
        Self::Entry(error)
    }
}

impl From<OutOfGas> for ClientError {
    fn from(error: OutOfGas) -> Self {
        Self::Entry(error.into())
    }
}

impl From<DecodeError> for ClientError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl From<BoxedRefusal> for ClientError {
    fn from(error: BoxedRefusal) -> Self {
        Self::Light(ClientRefusal(error))
    }
}
