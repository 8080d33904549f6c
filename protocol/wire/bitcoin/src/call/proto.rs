//! The protobuf package `causeway.bitcoin.v1`. Packets, payloads and acknowledgements stand here as
//! their own encodings: a message within a message is written as its bytes are.

use causeway_core::{
    AcknowledgePacket, Acknowledgement, Amount, Any, Counterparty, CreateClient, DecodeError,
    Height, MerklePrefix, Message as Core, Packet, Payload, ReceivePacket, ReceivePackets,
    RecoverClient, RegisterCounterparty, SendPacket, SubmitMisbehaviour, TimeoutPacket,
    UpdateClient, validate_payloads,
};
use prost::Message;

use super::{Action, Call, WHAT};

#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct CallMessage {
    #[prost(uint64, tag = "1")]
    gas_limit: u64,
    #[prost(oneof = "Kind", tags = "2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14")]
    kind: Option<Kind>,
}

#[derive(Clone, PartialEq, Eq, prost::Oneof)]
enum Kind {
    #[prost(message, tag = "2")]
    CreateClient(CreateClientMessage),
    #[prost(message, tag = "3")]
    RegisterCounterparty(RegisterCounterpartyMessage),
    #[prost(message, tag = "4")]
    UpdateClient(ClientMessage),
    #[prost(message, tag = "5")]
    SubmitMisbehaviour(ClientMessage),
    #[prost(message, tag = "6")]
    RecoverClient(RecoverClientMessage),
    #[prost(message, tag = "7")]
    SendPacket(SendPacketMessage),
    #[prost(message, tag = "8")]
    ReceivePacket(ProvenPacketMessage),
    #[prost(message, tag = "9")]
    ReceivePackets(ReceivePacketsMessage),
    #[prost(message, tag = "10")]
    AcknowledgePacket(AcknowledgePacketMessage),
    #[prost(message, tag = "11")]
    TimeoutPacket(ProvenPacketMessage),
    #[prost(message, tag = "12")]
    SendTokens(SendTokensMessage),
    #[prost(message, tag = "13")]
    SetPaused(SetPausedMessage),
    #[prost(message, tag = "14")]
    SetRateLimit(SetRateLimitMessage),
}

#[derive(Clone, PartialEq, Eq, Message)]
struct CreateClientMessage {
    #[prost(message, required, tag = "1")]
    client_state: Any,
    #[prost(message, required, tag = "2")]
    consensus_state: Any,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct RegisterCounterpartyMessage {
    #[prost(string, tag = "1")]
    client_id: String,
    #[prost(string, tag = "2")]
    counterparty_client_id: String,
    #[prost(bytes = "vec", repeated, tag = "3")]
    counterparty_prefix: Vec<Vec<u8>>,
}

/// An update, or evidence.
#[derive(Clone, PartialEq, Eq, Message)]
struct ClientMessage {
    #[prost(string, tag = "1")]
    client_id: String,
    #[prost(message, required, tag = "2")]
    client_message: Any,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct RecoverClientMessage {
    #[prost(string, tag = "1")]
    subject: String,
    #[prost(string, tag = "2")]
    substitute: String,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct SendPacketMessage {
    #[prost(string, tag = "1")]
    source_client: String,
    /// Seconds.
    #[prost(uint64, tag = "2")]
    timeout_timestamp: u64,
    #[prost(bytes = "vec", repeated, tag = "3")]
    payloads: Vec<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Message)]
struct HeightMessage {
    #[prost(uint64, tag = "1")]
    revision: u64,
    #[prost(uint64, tag = "2")]
    height: u64,
}

/// A packet with proof of its commitment, or that there is no receipt of it.
#[derive(Clone, PartialEq, Eq, Message)]
struct ProvenPacketMessage {
    #[prost(bytes = "vec", tag = "1")]
    packet: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    proof: Vec<u8>,
    #[prost(message, required, tag = "3")]
    proof_height: HeightMessage,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct ReceivePacketsMessage {
    #[prost(bytes = "vec", repeated, tag = "1")]
    packets: Vec<Vec<u8>>,
    #[prost(bytes = "vec", tag = "2")]
    proof: Vec<u8>,
    #[prost(message, required, tag = "3")]
    proof_height: HeightMessage,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct AcknowledgePacketMessage {
    #[prost(bytes = "vec", tag = "1")]
    packet: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    acknowledgement: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    proof: Vec<u8>,
    #[prost(message, required, tag = "4")]
    proof_height: HeightMessage,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct SendTokensMessage {
    /// 20 or 32 bytes.
    #[prost(bytes = "vec", tag = "1")]
    to: Vec<u8>,
    #[prost(string, tag = "2")]
    token: String,
    /// 32 bytes, big-endian.
    #[prost(bytes = "vec", tag = "3")]
    amount: Vec<u8>,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct SetPausedMessage {
    #[prost(string, tag = "1")]
    client_id: String,
    #[prost(bool, tag = "2")]
    is_paused: bool,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct SetRateLimitMessage {
    #[prost(string, tag = "1")]
    client_id: String,
    #[prost(string, tag = "2")]
    token: String,
    #[prost(uint64, tag = "3")]
    window_secs: u64,
    /// 32 bytes, big-endian; without it there is no limit.
    #[prost(bytes = "vec", optional, tag = "4")]
    most_out: Option<Vec<u8>>,
    /// 32 bytes, big-endian; without it there is no limit.
    #[prost(bytes = "vec", optional, tag = "5")]
    most_in: Option<Vec<u8>>,
}

fn amount_bytes(amount: Amount) -> Vec<u8> {
    amount.to_be_bytes().to_vec()
}

fn read_amount(bytes: &[u8]) -> Result<Amount, DecodeError> {
    let wrong = |_| DecodeError::new(WHAT, format!("an amount of {} bytes", bytes.len()));
    bytes.try_into().map(Amount::from_be_bytes).map_err(wrong)
}

impl From<Height> for HeightMessage {
    fn from(height: Height) -> Self {
        Self { revision: height.revision(), height: height.height() }
    }
}

impl From<HeightMessage> for Height {
    fn from(message: HeightMessage) -> Self {
        Self::new(message.revision, message.height)
    }
}

pub(super) fn encode(call: &Call) -> Vec<u8> {
    let kind = match &call.action {
        Action::Core(message) => encode_core(message),
        Action::SendTokens { to, token, amount } => Kind::SendTokens(SendTokensMessage {
            to: to.clone(),
            token: token.clone(),
            amount: amount_bytes(*amount),
        }),
        Action::SetPaused { client_id, is_paused } => Kind::SetPaused(SetPausedMessage {
            client_id: client_id.to_string(),
            is_paused: *is_paused,
        }),
        Action::SetRateLimit { client_id, token, window_secs, most_out, most_in } => {
            Kind::SetRateLimit(SetRateLimitMessage {
                client_id: client_id.to_string(),
                token: token.clone(),
                window_secs: *window_secs,
                most_out: most_out.map(amount_bytes),
                most_in: most_in.map(amount_bytes),
            })
        }
    };
    CallMessage { gas_limit: call.gas_limit, kind: Some(kind) }.encode_to_vec()
}

fn encode_core(message: &Core) -> Kind {
    match message {
        Core::CreateClient(call) => Kind::CreateClient(CreateClientMessage {
            client_state: call.client_state.clone(),
            consensus_state: call.consensus_state.clone(),
        }),
        Core::RegisterCounterparty(call) => {
            Kind::RegisterCounterparty(RegisterCounterpartyMessage {
                client_id: call.client_id.to_string(),
                counterparty_client_id: call.counterparty.client_id.to_string(),
                counterparty_prefix: call.counterparty.prefix.elements().to_vec(),
            })
        }
        Core::UpdateClient(call) => Kind::UpdateClient(ClientMessage {
            client_id: call.client_id.to_string(),
            client_message: call.client_message.clone(),
        }),
        Core::SubmitMisbehaviour(call) => Kind::SubmitMisbehaviour(ClientMessage {
            client_id: call.client_id.to_string(),
            client_message: call.misbehaviour.clone(),
        }),
        Core::RecoverClient(call) => Kind::RecoverClient(RecoverClientMessage {
            subject: call.subject.to_string(),
            substitute: call.substitute.to_string(),
        }),
        packet => encode_packet(packet),
    }
}

/// The messages about packets; what is given as another one never comes here.
fn encode_packet(message: &Core) -> Kind {
    let proven = |packet: &Packet, proof: &[u8], height: Height| ProvenPacketMessage {
        packet: packet.to_protobuf(),
        proof: proof.to_vec(),
        proof_height: height.into(),
    };
    match message {
        Core::ReceivePacket(call) => {
            Kind::ReceivePacket(proven(&call.packet, &call.proof_commitment, call.proof_height))
        }
        Core::TimeoutPacket(call) => {
            Kind::TimeoutPacket(proven(&call.packet, &call.proof_unreceived, call.proof_height))
        }
        Core::ReceivePackets(call) => Kind::ReceivePackets(ReceivePacketsMessage {
            packets: call.packets.iter().map(Packet::to_protobuf).collect(),
            proof: call.proof_commitments.clone(),
            proof_height: call.proof_height.into(),
        }),
        Core::AcknowledgePacket(call) => Kind::AcknowledgePacket(AcknowledgePacketMessage {
            packet: call.packet.to_protobuf(),
            acknowledgement: call.acknowledgement.to_protobuf(),
            proof: call.proof_acked.clone(),
            proof_height: call.proof_height.into(),
        }),
        Core::SendPacket(call) => Kind::SendPacket(SendPacketMessage {
            source_client: call.source_client.to_string(),
            timeout_timestamp: call.timeout_timestamp,
            payloads: call.payloads.iter().map(Payload::to_protobuf).collect(),
        }),
        _ => Kind::SendPacket(SendPacketMessage::default()),
    }
}

pub(super) fn read(message: CallMessage) -> Result<Call, DecodeError> {
    let kind = message.kind.ok_or_else(|| DecodeError::new(WHAT, "nothing is called"))?;
    let action = match kind {
        Kind::SendTokens(message) => {
            if !matches!(message.to.len(), 20 | 32) {
                let reason = format!("an account of {} bytes", message.to.len());
                return Err(DecodeError::new(WHAT, reason));
            }
            let amount = read_amount(&message.amount)?;
            Action::SendTokens { to: message.to, token: message.token, amount }
        }
        Kind::SetPaused(message) => Action::SetPaused {
            client_id: message.client_id.parse()?,
            is_paused: message.is_paused,
        },
        Kind::SetRateLimit(message) => Action::SetRateLimit {
            client_id: message.client_id.parse()?,
            token: message.token,
            window_secs: message.window_secs,
            most_out: message.most_out.as_deref().map(read_amount).transpose()?,
            most_in: message.most_in.as_deref().map(read_amount).transpose()?,
        },
        core => Action::Core(read_core(core)?),
    };
    Ok(Call { gas_limit: message.gas_limit, action })
}

fn read_core(kind: Kind) -> Result<Core, DecodeError> {
    Ok(match kind {
        Kind::CreateClient(message) => Core::CreateClient(CreateClient {
            client_state: message.client_state,
            consensus_state: message.consensus_state,
        }),
        Kind::RegisterCounterparty(message) => Core::RegisterCounterparty(RegisterCounterparty {
            client_id: message.client_id.parse()?,
            counterparty: Counterparty {
                client_id: message.counterparty_client_id.parse()?,
                prefix: MerklePrefix::new(message.counterparty_prefix)?,
            },
        }),
        Kind::UpdateClient(message) => Core::UpdateClient(UpdateClient {
            client_id: message.client_id.parse()?,
            client_message: message.client_message,
        }),
        Kind::SubmitMisbehaviour(message) => Core::SubmitMisbehaviour(SubmitMisbehaviour {
            client_id: message.client_id.parse()?,
            misbehaviour: message.client_message,
        }),
        Kind::RecoverClient(message) => Core::RecoverClient(RecoverClient {
            subject: message.subject.parse()?,
            substitute: message.substitute.parse()?,
        }),
        packet => read_packet(packet)?,
    })
}

/// The kinds about packets; another one never comes here.
fn read_packet(kind: Kind) -> Result<Core, DecodeError> {
    Ok(match kind {
        Kind::SendPacket(message) => {
            let payloads = message.payloads.iter().map(|bytes| Payload::from_protobuf(bytes));
            let payloads = payloads.collect::<Result<Vec<_>, _>>()?;
            validate_payloads(&payloads)?;
            Core::SendPacket(SendPacket {
                source_client: message.source_client.parse()?,
                timeout_timestamp: message.timeout_timestamp,
                payloads,
            })
        }
        Kind::ReceivePacket(message) => Core::ReceivePacket(ReceivePacket {
            packet: Packet::from_protobuf(&message.packet)?,
            proof_commitment: message.proof,
            proof_height: message.proof_height.into(),
        }),
        Kind::TimeoutPacket(message) => Core::TimeoutPacket(TimeoutPacket {
            packet: Packet::from_protobuf(&message.packet)?,
            proof_unreceived: message.proof,
            proof_height: message.proof_height.into(),
        }),
        Kind::ReceivePackets(message) => {
            let packets = message.packets.iter().map(|bytes| Packet::from_protobuf(bytes));
            Core::ReceivePackets(ReceivePackets {
                packets: packets.collect::<Result<_, _>>()?,
                proof_commitments: message.proof,
                proof_height: message.proof_height.into(),
            })
        }
        Kind::AcknowledgePacket(message) => Core::AcknowledgePacket(AcknowledgePacket {
            packet: Packet::from_protobuf(&message.packet)?,
            acknowledgement: Acknowledgement::from_protobuf(&message.acknowledgement)?,
            proof_acked: message.proof,
            proof_height: message.proof_height.into(),
        }),
        _ => return Err(DecodeError::new(WHAT, "no message about packets")),
    })
}
