//! What one may ask of a chain's message core, and what the core reports, whatever the chain.
//!
//! Each family writes these in its own transactions and events; chains, relayer and command line
//! share the meaning. Who signed travels beside a message, not in it: no rule of ICS-02 or ICS-04
//! but the authority's depends on it.

use crate::{Acknowledgement, Any, ClientId, Height, MerklePrefix, Packet, Payload, Sequence};

/// The other end of a client: the client that follows this chain there, and where that chain keeps
/// what it proves (ICS-02 v2 `registerCounterparty`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Counterparty {
    /// The client of this chain, on the counterparty.
    pub client_id: ClientId,
    /// What the counterparty's store puts before every packet path.
    pub prefix: MerklePrefix,
}

/// Starts to follow another chain. Trust in the starting state is the creator's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateClient {
    /// Parameters and latest height.
    pub client_state: Any,
    /// What is trusted of the latest height.
    pub consensus_state: Any,
}

/// Binds a client to its counterparty; once, and by the client's creator only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterCounterparty {
    /// The client on this chain.
    pub client_id: ClientId,
    /// Its other end.
    pub counterparty: Counterparty,
}

/// Brings a client forward, by a header of the other chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateClient {
    /// The client on this chain.
    pub client_id: ClientId,
    /// The header, in the client's own form.
    pub client_message: Any,
}

/// Shows that the other chain contradicted itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitMisbehaviour {
    /// The client on this chain.
    pub client_id: ClientId,
    /// The evidence, in the client's own form.
    pub misbehaviour: Any,
}

/// Lets an expired or frozen client go on from where another one is; the chain's authority only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoverClient {
    /// The client to revive.
    pub subject: ClientId,
    /// An active client of the same chain.
    pub substitute: ClientId,
}

/// Commits to a new packet (ICS-04 v2 `sendPacket`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendPacket {
    /// The client of the destination, on this chain.
    pub source_client: ClientId,
    /// Destination chain time from which the packet may no longer be received, in seconds.
    pub timeout_timestamp: u64,
    /// What to send, received all or none.
    pub payloads: Vec<Payload>,
}

/// Delivers a packet with proof of its commitment (ICS-04 v2 `recvPacket`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivePacket {
    /// The packet.
    pub packet: Packet,
    /// That the source committed to it, in the client's own form.
    pub proof_commitment: Vec<u8>,
    /// The source height whose state the proof is about.
    pub proof_height: Height,
}

/// Delivers several packets of one client, whose commitments one proof shows. Each packet is then
/// handled as if it came alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivePackets {
    /// The packets, in the order of the proof's parts; all for one destination client.
    pub packets: Vec<Packet>,
    /// That the source committed to each, with shared nodes, in the client's own form.
    pub proof_commitments: Vec<u8>,
    /// The source height whose state the proof is about.
    pub proof_height: Height,
}

/// Brings the destination's answer home (ICS-04 v2 `acknowledgePacket`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcknowledgePacket {
    /// The packet that was sent from here.
    pub packet: Packet,
    /// The answer.
    pub acknowledgement: Acknowledgement,
    /// That the destination committed to the answer, in the client's own form.
    pub proof_acked: Vec<u8>,
    /// The destination height whose state the proof is about.
    pub proof_height: Height,
}

/// Ends a packet that the destination can no longer receive (ICS-04 v2 `timeoutPacket`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeoutPacket {
    /// The packet that was sent from here.
    pub packet: Packet,
    /// That the destination has no receipt of it, in the client's own form.
    pub proof_unreceived: Vec<u8>,
    /// The destination height whose state the proof is about; its time is at or after the timeout.
    pub proof_height: Height,
}

/// A call to the message core of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// See [`CreateClient`].
    CreateClient(CreateClient),
    /// See [`RegisterCounterparty`].
    RegisterCounterparty(RegisterCounterparty),
    /// See [`UpdateClient`].
    UpdateClient(UpdateClient),
    /// See [`SubmitMisbehaviour`].
    SubmitMisbehaviour(SubmitMisbehaviour),
    /// See [`RecoverClient`].
    RecoverClient(RecoverClient),
    /// See [`SendPacket`].
    SendPacket(SendPacket),
    /// See [`ReceivePacket`].
    ReceivePacket(ReceivePacket),
    /// See [`ReceivePackets`].
    ReceivePackets(ReceivePackets),
    /// See [`AcknowledgePacket`].
    AcknowledgePacket(AcknowledgePacket),
    /// See [`TimeoutPacket`].
    TimeoutPacket(TimeoutPacket),
}

/// What became of a delivered packet, acknowledgement or timeout that broke no rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PacketResult {
    /// It had been handled before: nothing changed.
    NoOp,
    /// The applications took it.
    Success,
    /// An application refused it: the error acknowledgement was written.
    Failure,
}

/// The answer to a [`Message`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// The id of the new client.
    ClientCreated(ClientId),
    /// The sequence of the new packet.
    PacketSent(Sequence),
    /// What became of one packet.
    Packet(PacketResult),
    /// What became of each packet of a batch, in its order.
    Packets(Vec<PacketResult>),
    /// Done, and nothing to tell.
    Done,
}

/// What the message core reports to whoever watches the chain. Nothing may be concluded from an
/// event alone: state and proofs decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A client exists.
    ClientCreated {
        /// Its id.
        client_id: ClientId,
        /// Its kind.
        client_type: String,
        /// The height it starts from.
        height: Height,
    },
    /// A client knows its other end.
    CounterpartyRegistered {
        /// The client.
        client_id: ClientId,
        /// Its other end.
        counterparty: Counterparty,
    },
    /// A client message was accepted.
    ClientUpdated {
        /// The client.
        client_id: ClientId,
        /// Its kind.
        client_type: String,
        /// The heights that became trusted, lowest first; none when all was known.
        heights: Vec<Height>,
    },
    /// Misbehaviour was proven and the client is frozen.
    MisbehaviourFound {
        /// The client.
        client_id: ClientId,
        /// Its kind.
        client_type: String,
    },
    /// A client goes on from where its substitute was.
    ClientRecovered {
        /// The revived client.
        subject: ClientId,
        /// The client whose state it took over.
        substitute: ClientId,
    },
    /// A packet was committed to.
    PacketSent {
        /// The packet.
        packet: Packet,
    },
    /// A packet was proven and its receipt written.
    PacketReceived {
        /// The packet.
        packet: Packet,
    },
    /// An application refused its payload: what the applications did for the packet was undone.
    ReceiveFailed {
        /// The packet.
        packet: Packet,
        /// Code of the refusal.
        code: String,
        /// The refusal in words.
        reason: String,
    },
    /// The answer to a received packet was committed to.
    AcknowledgementWritten {
        /// The packet.
        packet: Packet,
        /// The answer.
        acknowledgement: Acknowledgement,
    },
    /// The answer to a sent packet was proven and the commitment deleted.
    PacketAcknowledged {
        /// The packet.
        packet: Packet,
        /// The answer.
        acknowledgement: Acknowledgement,
    },
    /// The absence of a receipt was proven in time and the commitment deleted.
    PacketTimedOut {
        /// The packet.
        packet: Packet,
    },
    /// A packet message came that had been handled before: nothing changed.
    PacketRedundant {
        /// The packet.
        packet: Packet,
    },
    /// An application has something to tell.
    App(AppEvent),
}

/// An application's event: a name and attributes in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppEvent {
    /// The kind of event, in `snake_case`.
    pub name: &'static str,
    /// What there is to tell, by name.
    pub attributes: Vec<(&'static str, String)>,
}

impl AppEvent {
    /// An event without attributes.
    pub fn new(name: &'static str) -> Self {
        Self { name, attributes: Vec::new() }
    }

    /// Adds an attribute.
    #[must_use]
    pub fn with(mut self, attribute: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((attribute, value.into()));
        self
    }
}
