//! What the relayer needs of a chain, whatever the family.

use core::time::Duration;

use async_trait::async_trait;
use causeway_core::{
    Acknowledgement, Any, ClientId, Counterparty, Height, Message, Packet, PacketPath, Recourse,
    Response, Sequence, Timestamp,
};
use causeway_relayer_engine::{ClientReport, Failure, Observation};

use crate::TransportError;

/// Why an endpoint could not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// There was no answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The answer makes no sense: a lying or broken server.
    #[error("nonsense from the endpoint ({what}): {reason}")]
    Nonsense {
        /// What was asked for.
        what: &'static str,
        /// What is wrong with the answer.
        reason: String,
    },
    /// The endpoint does not have it: not yet, not any more, or never.
    #[error("the endpoint has no {what}: {reason}")]
    Missing {
        /// What was asked for.
        what: &'static str,
        /// Why there is none.
        reason: String,
    },
    /// The chain refuses the messages.
    #[error("the chain refuses: {reason}")]
    Refused {
        /// What may be done next.
        recourse: Recourse,
        /// The chain's words.
        reason: String,
    },
    /// The messages do not fit into a transaction or a block.
    #[error("too large for the chain: {reason}")]
    TooLarge {
        /// The chain's words.
        reason: String,
    },
    /// The account cannot pay.
    #[error("the relayer's account cannot pay: {reason}")]
    Unfunded {
        /// The chain's words, with the account.
        reason: String,
    },
}

impl From<EndpointError> for Failure {
    fn from(error: EndpointError) -> Self {
        match error {
            EndpointError::Refused { recourse, reason } => Self::Refused { recourse, reason },
            EndpointError::TooLarge { .. } => Self::TooLarge,
            EndpointError::Unfunded { .. } => Self::Unfunded(error.to_string()),
            _ => Self::Endpoint(error.to_string()),
        }
    }
}

/// A packet event of one client's packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainEvent {
    /// The chain committed to a packet.
    Sent(Packet),
    /// The chain wrote the answer to a packet.
    Answered(Packet, Acknowledgement),
    /// A packet of this chain ended.
    Settled(Sequence),
}

/// A client as its host has it.
#[derive(Clone, Debug, PartialEq)]
pub struct HostedClient {
    /// Its id.
    pub id: ClientId,
    /// Its state.
    pub client_state: Any,
    /// Its newest consensus state.
    pub consensus_state: Any,
    /// Its other end, once registered.
    pub counterparty: Option<Counterparty>,
    /// Status, heights and times.
    pub report: ClientReport,
}

/// A page of sequences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Ascending.
    pub sequences: Vec<Sequence>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Sequence>,
}

/// What chains say. Nothing of it is believed beyond what a proof will show.
#[async_trait]
pub trait Reader: Send + Sync {
    /// Where the chain is.
    async fn observe(&self) -> Result<Observation, EndpointError>;

    /// The packet events of `client` in a range of heights, in order.
    async fn events(
        &self,
        client: &ClientId,
        from: u64,
        to: u64,
    ) -> Result<Vec<(Height, ChainEvent)>, EndpointError>;

    /// A client on this chain, by the newest state.
    async fn client(&self, client: &ClientId) -> Result<HostedClient, EndpointError>;

    /// What the newest state has at each path.
    async fn traces(&self, paths: &[PacketPath]) -> Result<Vec<Option<Vec<u8>>>, EndpointError>;

    /// One page of packets of `client` that the newest state has a commitment of, from `from` on.
    async fn outstanding(&self, client: &ClientId, from: Sequence) -> Result<Page, EndpointError>;

    /// The bodies of packets sent through `client`, from events by sequence, with their heights.
    async fn sent(
        &self,
        client: &ClientId,
        sequences: &[Sequence],
    ) -> Result<Vec<Option<(Packet, Height)>>, EndpointError>;

    /// The answers to packets received through `client`, from events by sequence.
    async fn answered(
        &self,
        client: &ClientId,
        sequences: &[Sequence],
    ) -> Result<Vec<Option<(Acknowledgement, Height)>>, EndpointError>;
}

/// What brings a client of this chain to a height.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// The messages, in order; none when the client is there already.
    pub messages: Vec<Any>,
    /// A height that the client will have a consensus state of: what to prove at.
    pub height: Height,
}

/// What the creator of a client chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientParameters {
    /// How long a consensus state may be trusted; the family's usual share of its own bounds when
    /// `None`.
    pub trusting_period: Option<Duration>,
    /// How far ahead of the host's time a header may be.
    pub max_clock_drift: Duration,
}

/// Makes what clients of this chain need.
#[async_trait]
pub trait Prover: Send + Sync {
    /// The state from which a new client of this chain starts: client state, consensus state.
    async fn new_client(&self, parameters: &ClientParameters) -> Result<(Any, Any), EndpointError>;

    /// What brings `client` to `at_least` and to a consensus time of `not_before` or later. With
    /// `refresh`, to the newest final height even so.
    async fn update(
        &self,
        client: &HostedClient,
        at_least: Height,
        not_before: Timestamp,
        refresh: bool,
    ) -> Result<Update, EndpointError>;

    /// Proof that `path` holds something, or nothing, in the state of `height`.
    async fn prove(
        &self,
        client: &HostedClient,
        height: Height,
        path: &PacketPath,
    ) -> Result<Vec<u8>, EndpointError>;

    /// One proof that all `paths` hold something in the state of `height`.
    async fn prove_batch(
        &self,
        client: &HostedClient,
        height: Height,
        paths: &[PacketPath],
    ) -> Result<Vec<u8>, EndpointError>;

    /// Compares what `client` has accepted of this chain with the chain itself; evidence of
    /// misbehaviour where they contradict each other.
    async fn cross_check(&self, client: &HostedClient) -> Result<Option<Any>, EndpointError>;
}

/// A transaction, as its chain names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Transaction(pub String);

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageOutcome {
    /// It was handled.
    Handled(Response),
    /// It failed, in the chain's words.
    Failed(String),
}

/// An executed transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executed {
    /// The block that has it.
    pub height: Height,
    /// What became of each message; a transaction that failed as a whole has one failure.
    pub outcomes: Vec<MessageOutcome>,
}

/// Where a transaction is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransactionState {
    /// Not in a block yet.
    Pending,
    /// In a block of the newest chain.
    Executed(Executed),
    /// The chain does not know it: dropped, replaced or undone.
    Unknown,
}

/// Brings messages onto a chain, from one account. One task owns an account: submissions are made
/// one after the other, and the chain's answer to a rejection sets nonce or sequence right.
#[async_trait]
pub trait Submitter: Send + Sync {
    /// The account that signs and pays, in the chain's own text form.
    fn account(&self) -> String;

    /// Signs and broadcasts messages as one transaction, all or nothing where the family can.
    async fn submit(&self, messages: &[Message]) -> Result<Transaction, EndpointError>;

    /// Replaces a pending transaction by one that pays more.
    async fn bump(&self, transaction: &Transaction) -> Result<Transaction, EndpointError>;

    /// Where a transaction is.
    async fn state(&self, transaction: &Transaction) -> Result<TransactionState, EndpointError>;
}

/// All that the relayer needs of a chain.
pub trait Endpoint: Reader + Prover + Submitter {}

impl<E: Reader + Prover + Submitter> Endpoint for E {}
