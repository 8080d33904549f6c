//! Why something about a packet is refused.

use causeway_core::{BoxedRefusal, ClientId, DecodeError, PortId, Recourse, Refusal, Sequence};
use causeway_core::{Timestamp, refusals};

use crate::client::ClientError;
use crate::entry::EntryError;
use crate::host::OutOfGas;

/// An application's refusal outside of receiving.
#[derive(Debug)]
pub struct AppRefusal {
    port: PortId,
    reason: BoxedRefusal,
}

impl AppRefusal {
    pub(crate) fn new(port: PortId, reason: BoxedRefusal) -> Self {
        Self { port, reason }
    }

    /// Port of the application.
    pub fn port(&self) -> &PortId {
        &self.port
    }
}

impl core::fmt::Display for AppRefusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}: {}", self.port, self.reason)
    }
}

impl std::error::Error for AppRefusal {}

impl Refusal for AppRefusal {
    fn code(&self) -> std::borrow::Cow<'static, str> {
        self.reason.code()
    }

    fn recourse(&self) -> Recourse {
        self.reason.recourse()
    }

    fn detail(&self) -> Vec<(&'static str, String)> {
        self.reason.detail()
    }
}

/// Why a packet message is refused.
#[derive(Debug, thiserror::Error)]
pub enum PacketError {
    /// About the packet's client, or its proof.
    #[error(transparent)]
    Client(ClientError),
    /// The packet or the acknowledgement is not well formed.
    #[error(transparent)]
    Decode(DecodeError),
    /// An application refuses.
    #[error(transparent)]
    App(AppRefusal),
    /// No application is bound to the port.
    #[error("no application at port {port}")]
    PortNotBound {
        /// The port.
        port: PortId,
    },
    /// The packet names another client than the one its own client is bound to.
    #[error("the counterparty of {client_id} is {expected}, the packet says {got}")]
    CounterpartyMismatch {
        /// The packet's client on this chain.
        client_id: ClientId,
        /// The client on the other chain, by the packet.
        got: ClientId,
        /// The client on the other chain, as registered.
        expected: ClientId,
    },
    /// The packet's time is over.
    #[error("the packet timed out at {timeout}, it is {now}")]
    TimeoutElapsed {
        /// In seconds.
        timeout: u64,
        /// The time of this block.
        now: Timestamp,
    },
    /// The packet's time would be over too late.
    #[error("the timeout is {timeout}, at most {limit} is allowed")]
    TimeoutTooFar {
        /// In seconds.
        timeout: u64,
        /// In seconds.
        limit: u64,
    },
    /// The packet's time is already over where it should go.
    #[error("the timeout is {timeout}, the destination is at {got}")]
    TimeoutElapsedThere {
        /// In seconds.
        timeout: u64,
        /// The latest time that the client verified.
        got: Timestamp,
    },
    /// All sequences are used.
    #[error("client {client_id} has no sequence left")]
    SequencesExhausted {
        /// The client.
        client_id: ClientId,
    },
    /// This is not the packet that was sent under its sequence.
    #[error("packet {sequence} hashes to {got}, stored is {expected}")]
    CommitmentMismatch {
        /// The packet's sequence.
        sequence: Sequence,
        /// Hash of this packet.
        got: String,
        /// What is stored.
        expected: String,
    },
    /// An answer for each payload, or the error acknowledgement alone.
    #[error("{got} answers to {expected} payloads")]
    AcknowledgementCount {
        /// Answers.
        got: usize,
        /// Payloads.
        expected: usize,
    },
    /// The bytes of the error acknowledgement stand for the answer of one application.
    #[error("an application's answer is empty, or is the error acknowledgement")]
    ReservedAnswer,
    /// Only a packet with one payload may be answered later.
    #[error("one of {payloads} payloads is to be answered later")]
    LateAnswerOfSeveral {
        /// How many there are.
        payloads: usize,
    },
    /// No packet waits for this answer.
    #[error("packet {sequence} of client {client_id} waits for no answer")]
    NoAnswerAwaited {
        /// The destination client.
        client_id: ClientId,
        /// The packet's sequence.
        sequence: Sequence,
    },
    /// The packet is for another application to answer.
    #[error("the packet is for {expected} to answer")]
    NotTheReceiver {
        /// Port of the receiving application.
        expected: PortId,
    },
    /// A batch has at least one packet, and a bounded number.
    #[error("{got} packets in a batch, 1 to {limit} are allowed")]
    BatchSize {
        /// Packets.
        got: usize,
        /// The most there may be.
        limit: usize,
    },
    /// One proof is about one chain.
    #[error("a batch for client {expected} has a packet for {got}")]
    BatchOfSeveralClients {
        /// Another packet's destination client.
        got: ClientId,
        /// The first packet's destination client.
        expected: ClientId,
    },
}

refusals! {
    PacketError {
        PortNotBound { port } => "port_not_bound", Reject;
        CounterpartyMismatch { client_id, got, expected } => "counterparty_mismatch", Reject;
        TimeoutElapsed { timeout, now } => "timeout_elapsed", Reject;
        TimeoutTooFar { timeout, limit } => "timeout_too_far", Reject;
        TimeoutElapsedThere { timeout, got } => "timeout_elapsed_there", Reject;
        SequencesExhausted { client_id } => "sequences_exhausted", Reject;
        CommitmentMismatch { sequence, got, expected } => "packet_commitment_mismatch", Reject;
        AcknowledgementCount { got, expected } => "ack_count_mismatch", Reject;
        ReservedAnswer {} => "reserved_answer", Reject;
        LateAnswerOfSeveral { payloads } => "late_answer_of_several", Reject;
        NoAnswerAwaited { client_id, sequence } => "no_answer_awaited", Reject;
        NotTheReceiver { expected } => "not_the_receiver", Reject;
        BatchSize { got, limit } => "batch_size", Reject;
        BatchOfSeveralClients { got, expected } => "batch_of_several_clients", Reject;
        @wraps Client, Decode, App;
    }
}

impl From<ClientError> for PacketError {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

impl From<EntryError> for PacketError {
    fn from(error: EntryError) -> Self {
        Self::Client(error.into())
    }
}

impl From<OutOfGas> for PacketError {
    fn from(error: OutOfGas) -> Self {
        Self::Client(error.into())
    }
}

impl From<DecodeError> for PacketError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}
