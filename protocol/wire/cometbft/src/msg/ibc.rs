//! `ibc.core.client.v1`, `ibc.core.client.v2` and `ibc.core.channel.v2`, and the batch of our own.

mod proto;

use causeway_client_cometbft::proto::Height as WireHeight;
use causeway_core::{
    AcknowledgePacket, Acknowledgement, Any, ClientId, Counterparty, CreateClient, DecodeError,
    Height, MerklePrefix, Message, Packet, Payload, ReceivePacket, ReceivePackets, RecoverClient,
    RegisterCounterparty, SendPacket, SubmitMisbehaviour, TimeoutPacket, UpdateClient,
    validate_payloads,
};

use crate::tx::MAX_TX_ITEMS;
use crate::tx::strict::{self, Shape};

pub(super) const CREATE_CLIENT: &str = "/ibc.core.client.v1.MsgCreateClient";
pub(super) const UPDATE_CLIENT: &str = "/ibc.core.client.v1.MsgUpdateClient";
pub(super) const RECOVER_CLIENT: &str = "/ibc.core.client.v1.MsgRecoverClient";
pub(super) const REGISTER_COUNTERPARTY: &str = "/ibc.core.client.v2.MsgRegisterCounterparty";
pub(super) const SEND_PACKET: &str = "/ibc.core.channel.v2.MsgSendPacket";
pub(super) const RECV_PACKET: &str = "/ibc.core.channel.v2.MsgRecvPacket";
pub(super) const ACKNOWLEDGEMENT: &str = "/ibc.core.channel.v2.MsgAcknowledgement";
pub(super) const TIMEOUT: &str = "/ibc.core.channel.v2.MsgTimeout";
pub(super) const RECV_PACKETS: &str = "/causeway.ibc.v1.MsgRecvPackets";

/// How the type URLs of evidence end: it travels in the same message as headers.
const MISBEHAVIOUR: &str = ".Misbehaviour";

/// A call of the message core, and who makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The account, as text, that must have signed.
    pub signer: String,
    /// The call.
    pub message: Message,
}

impl Call {
    /// Reads the value of a message of this type; `None` for a type that is no call.
    pub(super) fn decode(type_url: &str, value: &[u8]) -> Option<Result<Self, DecodeError>> {
        Some(match type_url {
            CREATE_CLIENT => read("msg_create_client", &proto::CREATE_CLIENT, value, create),
            UPDATE_CLIENT => read("msg_update_client", &proto::UPDATE_CLIENT, value, update),
            RECOVER_CLIENT => read("msg_recover_client", &proto::RECOVER_CLIENT, value, recover),
            REGISTER_COUNTERPARTY => {
                read("msg_register_counterparty", &proto::REGISTER, value, register)
            }
            SEND_PACKET => read("msg_send_packet", &proto::SEND_PACKET, value, send),
            RECV_PACKET => read("msg_recv_packet", &proto::RECV_PACKET, value, receive),
            ACKNOWLEDGEMENT => {
                read("msg_acknowledgement", &proto::ACKNOWLEDGEMENT, value, acknowledge)
            }
            TIMEOUT => read("msg_timeout", &proto::TIMEOUT, value, time_out),
            RECV_PACKETS => read("msg_recv_packets", &proto::RECV_PACKET, value, receive_many),
            _ => return None,
        })
    }

    /// The call as transactions carry it.
    pub(super) fn to_any(&self) -> Any {
        let (type_url, value) = proto::encode(&self.message, &self.signer);
        Any::new(type_url, value)
    }
}

fn read<M: prost::Message + Default>(
    what: &'static str,
    shape: &Shape,
    value: &[u8],
    convert: impl FnOnce(M) -> Result<(Message, String), DecodeError>,
) -> Result<Call, DecodeError> {
    let (message, signer) = convert(strict::decode(what, shape, value)?)?;
    Ok(Call { signer, message })
}

fn missing<T>(what: &'static str, field: &str, value: Option<T>) -> Result<T, DecodeError> {
    value.ok_or_else(|| DecodeError::new(what, format!("{field} is missing")))
}

/// A height that is left out is zero, which no proof is of.
fn height(height: Option<WireHeight>) -> Height {
    let WireHeight { revision_number, revision_height } = height.unwrap_or_default();
    Height::new(revision_number, revision_height)
}

fn create(message: proto::MsgCreateClient) -> Result<(Message, String), DecodeError> {
    let what = "msg_create_client";
    let call = CreateClient {
        client_state: missing(what, "client_state", message.client_state)?,
        consensus_state: missing(what, "consensus_state", message.consensus_state)?,
    };
    Ok((Message::CreateClient(call), message.signer))
}

fn update(message: proto::MsgUpdateClient) -> Result<(Message, String), DecodeError> {
    let client_id = ClientId::new(message.client_id)?;
    let client_message = missing("msg_update_client", "client_message", message.client_message)?;
    let call = if client_message.type_url.ends_with(MISBEHAVIOUR) {
        let misbehaviour = client_message;
        Message::SubmitMisbehaviour(SubmitMisbehaviour { client_id, misbehaviour })
    } else {
        Message::UpdateClient(UpdateClient { client_id, client_message })
    };
    Ok((call, message.signer))
}

fn recover(message: proto::MsgRecoverClient) -> Result<(Message, String), DecodeError> {
    let call = RecoverClient {
        subject: ClientId::new(message.subject_client_id)?,
        substitute: ClientId::new(message.substitute_client_id)?,
    };
    Ok((Message::RecoverClient(call), message.signer))
}

fn register(message: proto::MsgRegisterCounterparty) -> Result<(Message, String), DecodeError> {
    let counterparty = Counterparty {
        client_id: ClientId::new(message.counterparty_client_id)?,
        prefix: MerklePrefix::new(message.counterparty_merkle_prefix)?,
    };
    let call = RegisterCounterparty { client_id: ClientId::new(message.client_id)?, counterparty };
    Ok((Message::RegisterCounterparty(call), message.signer))
}

fn send(message: proto::MsgSendPacket) -> Result<(Message, String), DecodeError> {
    let payloads = message.payloads.iter().map(|bytes| Payload::from_protobuf(bytes));
    let call = SendPacket {
        source_client: ClientId::new(message.source_client)?,
        timeout_timestamp: message.timeout_timestamp,
        payloads: payloads.collect::<Result<_, _>>()?,
    };
    validate_payloads(&call.payloads)?;
    Ok((Message::SendPacket(call), message.signer))
}

fn receive(message: proto::MsgRecvPacket) -> Result<(Message, String), DecodeError> {
    let call = ReceivePacket {
        packet: Packet::from_protobuf(&message.packet)?,
        proof_commitment: message.proof,
        proof_height: height(message.proof_height),
    };
    Ok((Message::ReceivePacket(call), message.signer))
}

fn receive_many(message: proto::MsgRecvPackets) -> Result<(Message, String), DecodeError> {
    let count = message.packets.len();
    if count == 0 || count > MAX_TX_ITEMS {
        let reason = format!("{count} packets, 1 to {MAX_TX_ITEMS} are allowed");
        return Err(DecodeError::new("msg_recv_packets", reason));
    }
    let packets = message.packets.iter().map(|packet| Packet::from_protobuf(packet));
    let call = ReceivePackets {
        packets: packets.collect::<Result<_, _>>()?,
        proof_commitments: message.proof,
        proof_height: height(message.proof_height),
    };
    Ok((Message::ReceivePackets(call), message.signer))
}

fn acknowledge(message: proto::MsgAcknowledgement) -> Result<(Message, String), DecodeError> {
    let call = AcknowledgePacket {
        packet: Packet::from_protobuf(&message.packet)?,
        acknowledgement: Acknowledgement::from_protobuf(&message.acknowledgement)?,
        proof_acked: message.proof,
        proof_height: height(message.proof_height),
    };
    Ok((Message::AcknowledgePacket(call), message.signer))
}

fn time_out(message: proto::MsgTimeout) -> Result<(Message, String), DecodeError> {
    let call = TimeoutPacket {
        packet: Packet::from_protobuf(&message.packet)?,
        proof_unreceived: message.proof,
        proof_height: height(message.proof_height),
    };
    Ok((Message::TimeoutPacket(call), message.signer))
}
