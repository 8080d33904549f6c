//! Packets (`ibc.core.channel.v2`).

use causeway_client_cometbft::proto::Height;
use prost::Message;

use super::{PageRequest, PageResponse};

/// Asks for the sequence of a client's next packet.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryNextSequenceSend {
    /// The client.
    #[prost(string, tag = "1")]
    pub client_id: String,
}

/// The sequence of a client's next packet.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryNextSequenceSendResponse {
    /// The sequence.
    #[prost(uint64, tag = "1")]
    pub next_sequence_send: u64,
    /// Empty.
    #[prost(bytes = "vec", tag = "2")]
    pub proof: Vec<u8>,
    /// The height of the answer.
    #[prost(message, optional, tag = "3")]
    pub proof_height: Option<Height>,
}

/// Asks for a packet's commitment, acknowledgement or receipt, by the path.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryPacket {
    /// The client on this chain.
    #[prost(string, tag = "1")]
    pub client_id: String,
    /// The packet's sequence.
    #[prost(uint64, tag = "2")]
    pub sequence: u64,
}

/// A commitment to a packet or to an acknowledgement.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryPacketTraceResponse {
    /// The commitment.
    #[prost(bytes = "vec", tag = "1")]
    pub commitment: Vec<u8>,
    /// Empty.
    #[prost(bytes = "vec", tag = "2")]
    pub proof: Vec<u8>,
    /// The height of the answer.
    #[prost(message, optional, tag = "3")]
    pub proof_height: Option<Height>,
}

/// Whether a packet was received.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryPacketReceiptResponse {
    /// Whether it was.
    #[prost(bool, tag = "2")]
    pub received: bool,
    /// Empty.
    #[prost(bytes = "vec", tag = "3")]
    pub proof: Vec<u8>,
    /// The height of the answer.
    #[prost(message, optional, tag = "4")]
    pub proof_height: Option<Height>,
}

/// Asks for all commitments of a client.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryPacketStates {
    /// The client on this chain.
    #[prost(string, tag = "1")]
    pub client_id: String,
    /// Which page.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageRequest>,
}

/// Asks for acknowledgements of a client.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryPacketAcknowledgements {
    /// The client on this chain.
    #[prost(string, tag = "1")]
    pub client_id: String,
    /// Which page.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageRequest>,
    /// When given, these alone, and no pages.
    #[prost(uint64, repeated, tag = "3")]
    pub packet_commitment_sequences: Vec<u64>,
}

/// Commitments, or acknowledgements.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryPacketStatesResponse {
    /// By sequence.
    #[prost(message, repeated, tag = "1")]
    pub states: Vec<PacketState>,
    /// Which page it is.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageResponse>,
    /// The height of the answer.
    #[prost(message, optional, tag = "3")]
    pub height: Option<Height>,
}

/// One commitment.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct PacketState {
    /// The client on this chain.
    #[prost(string, tag = "1")]
    pub client_id: String,
    /// The packet's sequence.
    #[prost(uint64, tag = "2")]
    pub sequence: u64,
    /// The commitment.
    #[prost(bytes = "vec", tag = "3")]
    pub data: Vec<u8>,
}

/// Asks which of some packets were not received, or not acknowledged, by the path.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryUnreceived {
    /// The client on this chain.
    #[prost(string, tag = "1")]
    pub client_id: String,
    /// The packets.
    #[prost(uint64, repeated, tag = "2")]
    pub sequences: Vec<u64>,
}

/// Those of the packets that were not.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryUnreceivedResponse {
    /// Their sequences.
    #[prost(uint64, repeated, tag = "1")]
    pub sequences: Vec<u64>,
    /// The height of the answer.
    #[prost(message, optional, tag = "2")]
    pub height: Option<Height>,
}
