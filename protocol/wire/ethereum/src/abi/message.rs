//! Messages as calls of the router.

use alloy_primitives::Bytes;
use alloy_sol_types::SolCall;
use causeway_core::{
    AcknowledgePacket, Any, ClientId, CreateClient, DecodeError, Message, ReceivePacket,
    ReceivePackets, RecoverClient, RegisterCounterparty, SendPacket, SubmitMisbehaviour,
    TimeoutPacket, UpdateClient,
};
use prost::Message as _;

use super::convert::{acknowledgement, payloads};
use super::sol::{self, Router};
use super::{decode_call, sol::MsgSendPayloads};

fn envelope(any: &Any) -> Bytes {
    any.encode_to_vec().into()
}

/// The call of the router that is this message: a published one where there is one.
pub fn calldata(message: &Message) -> Vec<u8> {
    match message {
        Message::CreateClient(message) => Router::createClientCall {
            clientState: envelope(&message.client_state),
            consensusState: envelope(&message.consensus_state),
        }
        .abi_encode(),
        Message::RegisterCounterparty(message) => Router::registerCounterpartyCall {
            clientId: message.client_id.to_string(),
            counterparty: (&message.counterparty).into(),
        }
        .abi_encode(),
        Message::UpdateClient(message) => Router::updateClientCall {
            clientId: message.client_id.to_string(),
            updateMsg: envelope(&message.client_message),
        }
        .abi_encode(),
        Message::SubmitMisbehaviour(message) => Router::submitMisbehaviourCall {
            clientId: message.client_id.to_string(),
            misbehaviourMsg: envelope(&message.misbehaviour),
        }
        .abi_encode(),
        Message::RecoverClient(message) => Router::recoverClientCall {
            subject: message.subject.to_string(),
            substitute: message.substitute.to_string(),
        }
        .abi_encode(),
        Message::SendPacket(message) => send(message),
        Message::ReceivePacket(message) => receive(message),
        Message::ReceivePackets(message) => receive_all(message),
        Message::AcknowledgePacket(message) => acknowledge(message),
        Message::TimeoutPacket(message) => time_out(message),
    }
}

/// Always as several payloads: the published method is for applications alone.
fn send(message: &SendPacket) -> Vec<u8> {
    let msg_ = MsgSendPayloads {
        sourceClient: message.source_client.to_string(),
        timeoutTimestamp: message.timeout_timestamp,
        payloads: message.payloads.iter().map(sol::Payload::from).collect(),
    };
    Router::sendPayloadsCall { msg_ }.abi_encode()
}

fn receive(message: &ReceivePacket) -> Vec<u8> {
    let msg_ = sol::MsgRecvPacket {
        packet: (&message.packet).into(),
        proofCommitment: message.proof_commitment.clone().into(),
        proofHeight: message.proof_height.into(),
    };
    Router::recvPacketCall { msg_ }.abi_encode()
}

fn receive_all(message: &ReceivePackets) -> Vec<u8> {
    let msg_ = sol::MsgRecvPackets {
        packets: message.packets.iter().map(sol::Packet::from).collect(),
        proofCommitments: message.proof_commitments.clone().into(),
        proofHeight: message.proof_height.into(),
    };
    Router::recvPacketsCall { msg_ }.abi_encode()
}

fn acknowledge(message: &AcknowledgePacket) -> Vec<u8> {
    let packet = sol::Packet::from(&message.packet);
    let proof = Bytes::from(message.proof_acked.clone());
    let height = sol::Height::from(message.proof_height);
    if let [answer] = message.acknowledgement.app_acknowledgements() {
        let msg_ = sol::MsgAckPacket {
            packet,
            acknowledgement: answer.clone().into(),
            proofAcked: proof,
            proofHeight: height,
        };
        return Router::ackPacketCall { msg_ }.abi_encode();
    }
    let answers = message.acknowledgement.app_acknowledgements().iter();
    let msg_ = sol::MsgAckPayloads {
        packet,
        acknowledgements: answers.map(|answer| answer.clone().into()).collect(),
        proofAcked: proof,
        proofHeight: height,
    };
    Router::ackPayloadsCall { msg_ }.abi_encode()
}

fn time_out(message: &TimeoutPacket) -> Vec<u8> {
    let msg_ = sol::MsgTimeoutPacket {
        packet: (&message.packet).into(),
        proofTimeout: message.proof_unreceived.clone().into(),
        proofHeight: message.proof_height.into(),
    };
    Router::timeoutPacketCall { msg_ }.abi_encode()
}

/// The message that a call of the router is; `None` when it is another call.
pub fn decode_message(input: &[u8]) -> Result<Option<Message>, DecodeError> {
    let Some(selector) = input.first_chunk::<4>() else { return Ok(None) };
    Ok(Some(match *selector {
        Router::createClientCall::SELECTOR => {
            let call: Router::createClientCall = decode_call(input)?;
            Message::CreateClient(CreateClient {
                client_state: Any::from_bytes(&call.clientState)?,
                consensus_state: Any::from_bytes(&call.consensusState)?,
            })
        }
        Router::registerCounterpartyCall::SELECTOR => {
            let call: Router::registerCounterpartyCall = decode_call(input)?;
            Message::RegisterCounterparty(RegisterCounterparty {
                client_id: ClientId::new(call.clientId)?,
                counterparty: call.counterparty.try_into()?,
            })
        }
        Router::updateClientCall::SELECTOR => {
            let call: Router::updateClientCall = decode_call(input)?;
            Message::UpdateClient(UpdateClient {
                client_id: ClientId::new(call.clientId)?,
                client_message: Any::from_bytes(&call.updateMsg)?,
            })
        }
        Router::submitMisbehaviourCall::SELECTOR => {
            let call: Router::submitMisbehaviourCall = decode_call(input)?;
            Message::SubmitMisbehaviour(SubmitMisbehaviour {
                client_id: ClientId::new(call.clientId)?,
                misbehaviour: Any::from_bytes(&call.misbehaviourMsg)?,
            })
        }
        Router::recoverClientCall::SELECTOR => {
            let call: Router::recoverClientCall = decode_call(input)?;
            Message::RecoverClient(RecoverClient {
                subject: ClientId::new(call.subject)?,
                substitute: ClientId::new(call.substitute)?,
            })
        }
        _ => return decode_packet_message(*selector, input),
    }))
}

fn decode_packet_message(selector: [u8; 4], input: &[u8]) -> Result<Option<Message>, DecodeError> {
    Ok(Some(match selector {
        Router::sendPayloadsCall::SELECTOR => {
            let msg = decode_call::<Router::sendPayloadsCall>(input)?.msg_;
            Message::SendPacket(SendPacket {
                source_client: ClientId::new(msg.sourceClient)?,
                timeout_timestamp: msg.timeoutTimestamp,
                payloads: payloads(msg.payloads)?,
            })
        }
        Router::recvPacketCall::SELECTOR => {
            let msg = decode_call::<Router::recvPacketCall>(input)?.msg_;
            Message::ReceivePacket(ReceivePacket {
                packet: msg.packet.try_into()?,
                proof_commitment: msg.proofCommitment.into(),
                proof_height: msg.proofHeight.into(),
            })
        }
        Router::recvPacketsCall::SELECTOR => {
            let msg = decode_call::<Router::recvPacketsCall>(input)?.msg_;
            let packets = msg.packets.into_iter().map(TryInto::try_into);
            Message::ReceivePackets(ReceivePackets {
                packets: packets.collect::<Result<_, _>>()?,
                proof_commitments: msg.proofCommitments.into(),
                proof_height: msg.proofHeight.into(),
            })
        }
        Router::ackPacketCall::SELECTOR => {
            let msg = decode_call::<Router::ackPacketCall>(input)?.msg_;
            Message::AcknowledgePacket(AcknowledgePacket {
                packet: msg.packet.try_into()?,
                acknowledgement: acknowledgement([msg.acknowledgement])?,
                proof_acked: msg.proofAcked.into(),
                proof_height: msg.proofHeight.into(),
            })
        }
        Router::ackPayloadsCall::SELECTOR => {
            let msg = decode_call::<Router::ackPayloadsCall>(input)?.msg_;
            Message::AcknowledgePacket(AcknowledgePacket {
                packet: msg.packet.try_into()?,
                acknowledgement: acknowledgement(msg.acknowledgements)?,
                proof_acked: msg.proofAcked.into(),
                proof_height: msg.proofHeight.into(),
            })
        }
        Router::timeoutPacketCall::SELECTOR => {
            let msg = decode_call::<Router::timeoutPacketCall>(input)?.msg_;
            Message::TimeoutPacket(TimeoutPacket {
                packet: msg.packet.try_into()?,
                proof_unreceived: msg.proofTimeout.into(),
                proof_height: msg.proofHeight.into(),
            })
        }
        _ => return Ok(None),
    }))
}
