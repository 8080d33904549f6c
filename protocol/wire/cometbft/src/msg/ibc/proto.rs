//! The calls as protobuf. Packets, payloads and acknowledgements stand here as their own encodings:
//! a message within a message is written as its bytes are.

use causeway_client_cometbft::proto::Height;
use causeway_core::{
    AcknowledgePacket, Any, ClientId, CreateClient, Message as Core, Packet, Payload,
    ReceivePacket, ReceivePackets, RecoverClient, RegisterCounterparty, SendPacket, TimeoutPacket,
};
use prost::Message;

use super::Shape;

const ANY: Shape = Shape(&[(1, None), (2, None)]);
const HEIGHT: Shape = Shape(&[(1, None), (2, None)]);
const PAYLOAD: Shape = Shape(&[(1, None), (2, None), (3, None), (4, None), (5, None)]);

pub(super) const CREATE_CLIENT: Shape = Shape(&[(1, Some(&ANY)), (2, Some(&ANY)), (3, None)]);
pub(super) const UPDATE_CLIENT: Shape = Shape(&[(1, None), (2, Some(&ANY)), (3, None)]);
pub(super) const RECOVER_CLIENT: Shape = Shape(&[(1, None), (2, None), (3, None)]);
pub(super) const REGISTER: Shape = Shape(&[(1, None), (2, None), (3, None), (4, None)]);
pub(super) const SEND_PACKET: Shape =
    Shape(&[(1, None), (2, None), (3, Some(&PAYLOAD)), (4, None)]);
pub(super) const RECV_PACKET: Shape = Shape(&[(1, None), (2, None), (3, Some(&HEIGHT)), (4, None)]);
pub(super) const ACKNOWLEDGEMENT: Shape =
    Shape(&[(1, None), (2, None), (3, None), (4, Some(&HEIGHT)), (5, None)]);
pub(super) const TIMEOUT: Shape = Shape(&[(1, None), (2, None), (3, Some(&HEIGHT)), (5, None)]);

#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct MsgCreateClient {
    #[prost(message, optional, tag = "1")]
    pub(super) client_state: Option<Any>,
    #[prost(message, optional, tag = "2")]
    pub(super) consensus_state: Option<Any>,
    #[prost(string, tag = "3")]
    pub(super) signer: String,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct MsgUpdateClient {
    #[prost(string, tag = "1")]
    pub(super) client_id: String,
    #[prost(message, optional, tag = "2")]
    pub(super) client_message: Option<Any>,
    #[prost(string, tag = "3")]
    pub(super) signer: String,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct MsgRecoverClient {
    #[prost(string, tag = "1")]
    pub(super) subject_client_id: String,
    #[prost(string, tag = "2")]
    pub(super) substitute_client_id: String,
    #[prost(string, tag = "3")]
    pub(super) signer: String,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct MsgRegisterCounterparty {
    #[prost(string, tag = "1")]
    pub(super) client_id: String,
    #[prost(bytes = "vec", repeated, tag = "2")]
    pub(super) counterparty_merkle_prefix: Vec<Vec<u8>>,
    #[prost(string, tag = "3")]
    pub(super) counterparty_client_id: String,
    #[prost(string, tag = "4")]
    pub(super) signer: String,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct MsgSendPacket {
    #[prost(string, tag = "1")]
    pub(super) source_client: String,
    #[prost(uint64, tag = "2")]
    pub(super) timeout_timestamp: u64,
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub(super) payloads: Vec<Vec<u8>>,
    #[prost(string, tag = "4")]
    pub(super) signer: String,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct MsgRecvPacket {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) packet: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) proof: Vec<u8>,
    /// Always written.
    #[prost(message, optional, tag = "3")]
    pub(super) proof_height: Option<Height>,
    #[prost(string, tag = "4")]
    pub(super) signer: String,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct MsgRecvPackets {
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub(super) packets: Vec<Vec<u8>>,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) proof: Vec<u8>,
    #[prost(message, optional, tag = "3")]
    pub(super) proof_height: Option<Height>,
    #[prost(string, tag = "4")]
    pub(super) signer: String,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct MsgAcknowledgement {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) packet: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) acknowledgement: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    pub(super) proof: Vec<u8>,
    /// Always written.
    #[prost(message, optional, tag = "4")]
    pub(super) proof_height: Option<Height>,
    #[prost(string, tag = "5")]
    pub(super) signer: String,
}

/// There is no field 4.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct MsgTimeout {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) packet: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) proof: Vec<u8>,
    /// Always written.
    #[prost(message, optional, tag = "3")]
    pub(super) proof_height: Option<Height>,
    #[prost(string, tag = "5")]
    pub(super) signer: String,
}

const fn height(height: causeway_core::Height) -> Height {
    Height { revision_number: height.revision(), revision_height: height.height() }
}

/// Type URL and value of a call.
pub(super) fn encode(message: &Core, signer: &str) -> (&'static str, Vec<u8>) {
    let signer = signer.to_owned();
    match message {
        Core::CreateClient(call) => (super::CREATE_CLIENT, create(call, signer)),
        Core::UpdateClient(call) => {
            (super::UPDATE_CLIENT, update(&call.client_id, &call.client_message, signer))
        }
        Core::SubmitMisbehaviour(call) => {
            (super::UPDATE_CLIENT, update(&call.client_id, &call.misbehaviour, signer))
        }
        Core::RecoverClient(call) => (super::RECOVER_CLIENT, recover(call, signer)),
        Core::RegisterCounterparty(call) => (super::REGISTER_COUNTERPARTY, register(call, signer)),
        Core::SendPacket(call) => (super::SEND_PACKET, send(call, signer)),
        Core::ReceivePacket(call) => (super::RECV_PACKET, receive(call, signer)),
        Core::ReceivePackets(call) => (super::RECV_PACKETS, receive_many(call, signer)),
        Core::AcknowledgePacket(call) => (super::ACKNOWLEDGEMENT, acknowledge(call, signer)),
        Core::TimeoutPacket(call) => (super::TIMEOUT, time_out(call, signer)),
    }
}

fn create(call: &CreateClient, signer: String) -> Vec<u8> {
    let client_state = Some(call.client_state.clone());
    let consensus_state = Some(call.consensus_state.clone());
    MsgCreateClient { client_state, consensus_state, signer }.encode_to_vec()
}

fn update(client_id: &ClientId, client_message: &Any, signer: String) -> Vec<u8> {
    let client_message = Some(client_message.clone());
    MsgUpdateClient { client_id: client_id.to_string(), client_message, signer }.encode_to_vec()
}

fn recover(call: &RecoverClient, signer: String) -> Vec<u8> {
    let subject_client_id = call.subject.to_string();
    let substitute_client_id = call.substitute.to_string();
    MsgRecoverClient { subject_client_id, substitute_client_id, signer }.encode_to_vec()
}

fn register(call: &RegisterCounterparty, signer: String) -> Vec<u8> {
    MsgRegisterCounterparty {
        client_id: call.client_id.to_string(),
        counterparty_merkle_prefix: call.counterparty.prefix.elements().to_vec(),
        counterparty_client_id: call.counterparty.client_id.to_string(),
        signer,
    }
    .encode_to_vec()
}

fn send(call: &SendPacket, signer: String) -> Vec<u8> {
    MsgSendPacket {
        source_client: call.source_client.to_string(),
        timeout_timestamp: call.timeout_timestamp,
        payloads: call.payloads.iter().map(Payload::to_protobuf).collect(),
        signer,
    }
    .encode_to_vec()
}

fn receive(call: &ReceivePacket, signer: String) -> Vec<u8> {
    MsgRecvPacket {
        packet: call.packet.to_protobuf(),
        proof: call.proof_commitment.clone(),
        proof_height: Some(height(call.proof_height)),
        signer,
    }
    .encode_to_vec()
}

fn receive_many(call: &ReceivePackets, signer: String) -> Vec<u8> {
    MsgRecvPackets {
        packets: call.packets.iter().map(Packet::to_protobuf).collect(),
        proof: call.proof_commitments.clone(),
        proof_height: Some(height(call.proof_height)),
        signer,
    }
    .encode_to_vec()
}

fn acknowledge(call: &AcknowledgePacket, signer: String) -> Vec<u8> {
    MsgAcknowledgement {
        packet: call.packet.to_protobuf(),
        acknowledgement: call.acknowledgement.to_protobuf(),
        proof: call.proof_acked.clone(),
        proof_height: Some(height(call.proof_height)),
        signer,
    }
    .encode_to_vec()
}

fn time_out(call: &TimeoutPacket, signer: String) -> Vec<u8> {
    MsgTimeout {
        packet: call.packet.to_protobuf(),
        proof: call.proof_unreceived.clone(),
        proof_height: Some(height(call.proof_height)),
        signer,
    }
    .encode_to_vec()
}
