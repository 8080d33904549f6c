//! Events as logs of the router.

use alloy_primitives::{B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolEvent, SolValue};
use causeway_core::{Acknowledgement, ClientId, DecodeError, Event, Packet};

use super::STRICT;
use super::convert::acknowledgement;
use super::revert::error_text;
use super::sol::{self, Router};

/// Topics and data of a log.
pub type LogData = alloy_primitives::LogData;

/// `UpdateResult.Update`.
const UPDATED: u8 = 0;
/// `UpdateResult.NoOp`.
const NO_OP: u8 = 2;

fn topic(client: &ClientId) -> B256 {
    keccak256(client.as_str())
}

fn sequence(packet: &Packet) -> U256 {
    U256::from(packet.sequence.get())
}

fn answers(acknowledgement: &Acknowledgement) -> Vec<Bytes> {
    acknowledgement.app_acknowledgements().iter().map(|answer| answer.clone().into()).collect()
}

/// The logs of the router that report an event: the published one where there is one, and ours.
/// What nobody can use is not reported: a packet's receipt shows in its answer.
pub fn encode_event(event: &Event) -> Vec<LogData> {
    match event {
        Event::ClientCreated { client_id, client_type, height } => vec![
            Router::ClientCreated {
                clientId: client_id.to_string(),
                clientType: client_type.clone(),
                height: (*height).into(),
            }
            .encode_log_data(),
        ],
        Event::CounterpartyRegistered { client_id, counterparty } => vec![
            Router::ICS02ClientAdded {
                clientId: client_id.to_string(),
                counterparty: counterparty.into(),
                client: crate::contracts::client_address(client_id.as_str()),
            }
            .encode_log_data(),
        ],
        Event::ClientUpdated { client_id, heights, .. } => {
            let client_id = client_id.to_string();
            let result = if heights.is_empty() { NO_OP } else { UPDATED };
            let updated = Router::ICS02ClientUpdated { clientId: client_id.clone(), result };
            let heights = heights.iter().map(|height| (*height).into()).collect();
            let added = Router::ClientHeights { clientId: client_id, heights };
            vec![updated.encode_log_data(), added.encode_log_data()]
        }
        Event::MisbehaviourFound { client_id, .. } => vec![
            Router::ICS02MisbehaviourSubmitted { clientId: client_id.to_string() }
                .encode_log_data(),
        ],
        Event::ClientRecovered { subject, substitute } => vec![
            Router::ClientRecovered {
                subject: subject.to_string(),
                substitute: substitute.to_string(),
            }
            .encode_log_data(),
        ],
        Event::App(event) => {
            let attribute = |(key, value): &(&str, String)| sol::Attribute {
                key: (*key).into(),
                value: value.clone(),
            };
            let attributes = event.attributes.iter().map(attribute).collect();
            vec![Router::AppEvent { name: event.name.into(), attributes }.encode_log_data()]
        }
        _ => encode_packet_event(event).into_iter().collect(),
    }
}

fn encode_packet_event(event: &Event) -> Option<LogData> {
    Some(match event {
        Event::PacketSent { packet } => Router::SendPacket {
            clientId: topic(&packet.source_client),
            sequence: sequence(packet),
            packet: packet.into(),
        }
        .encode_log_data(),
        Event::ReceiveFailed { code, reason, .. } => {
            let reason = error_text(&format!("{code}: {reason}")).into();
            Router::IBCAppRecvPacketCallbackError { reason }.encode_log_data()
        }
        Event::AcknowledgementWritten { packet, acknowledgement } => Router::WriteAcknowledgement {
            clientId: topic(&packet.dest_client),
            sequence: sequence(packet),
            packet: packet.into(),
            acknowledgements: answers(acknowledgement),
        }
        .encode_log_data(),
        Event::PacketAcknowledged { packet, acknowledgement } => {
            let client = topic(&packet.source_client);
            match acknowledgement.app_acknowledgements() {
                [answer] => Router::AckPacket {
                    clientId: client,
                    sequence: sequence(packet),
                    packet: packet.into(),
                    acknowledgement: answer.clone().into(),
                }
                .encode_log_data(),
                _ => Router::AckPayloads {
                    clientId: client,
                    sequence: sequence(packet),
                    packet: packet.into(),
                    acknowledgements: answers(acknowledgement),
                }
                .encode_log_data(),
            }
        }
        Event::PacketTimedOut { packet } => Router::TimeoutPacket {
            clientId: topic(&packet.source_client),
            sequence: sequence(packet),
            packet: packet.into(),
        }
        .encode_log_data(),
        Event::PacketRedundant { .. } => Router::Noop {}.encode_log_data(),
        _ => return None,
    })
}

/// What a log of the router says of a packet; `None` for other logs. A log is a claim: what
/// follows from it is for state and proofs to decide.
pub fn decode_event(topics: &[B256], data: &[u8]) -> Result<Option<Event>, DecodeError> {
    let Some(kind) = topics.first() else { return Ok(None) };
    let event = match *kind {
        Router::SendPacket::SIGNATURE_HASH => Event::PacketSent { packet: packet_of(data)? },
        Router::TimeoutPacket::SIGNATURE_HASH => Event::PacketTimedOut { packet: packet_of(data)? },
        Router::WriteAcknowledgement::SIGNATURE_HASH => {
            let (packet, acknowledgement) = several_answers(data)?;
            Event::AcknowledgementWritten { packet, acknowledgement }
        }
        Router::AckPayloads::SIGNATURE_HASH => {
            let (packet, acknowledgement) = several_answers(data)?;
            if acknowledgement.app_acknowledgements().len() == 1 {
                return Err(DecodeError::new("log", "one answer has an event of its own"));
            }
            Event::PacketAcknowledged { packet, acknowledgement }
        }
        Router::AckPacket::SIGNATURE_HASH => {
            let (packet, answer): (sol::Packet, Bytes) = params(data)?;
            let acknowledgement = acknowledgement([answer])?;
            Event::PacketAcknowledged { packet: packet.try_into()?, acknowledgement }
        }
        _ => return Ok(None),
    };
    check_topics(&event, topics)?;
    Ok(Some(event))
}

fn params<T>(data: &[u8]) -> Result<T, DecodeError>
where
    T: SolValue + From<<T::SolType as alloy_sol_types::SolType>::RustType>,
    for<'a> <T::SolType as alloy_sol_types::SolType>::Token<'a>: alloy_sol_types::abi::TokenSeq<'a>,
{
    let malformed = |error: alloy_sol_types::Error| DecodeError::new("log", error.to_string());
    T::abi_decode_params_with_config(data, STRICT).map_err(malformed)
}

fn packet_of(data: &[u8]) -> Result<Packet, DecodeError> {
    let (packet,): (sol::Packet,) = params(data)?;
    packet.try_into()
}

fn several_answers(data: &[u8]) -> Result<(Packet, Acknowledgement), DecodeError> {
    let (packet, answers): (sol::Packet, Vec<Bytes>) = params(data)?;
    Ok((packet.try_into()?, acknowledgement(answers)?))
}

/// The indexed values are those of the packet.
fn check_topics(event: &Event, topics: &[B256]) -> Result<(), DecodeError> {
    let (packet, client) = match event {
        Event::AcknowledgementWritten { packet, .. } => (packet, &packet.dest_client),
        Event::PacketSent { packet }
        | Event::PacketTimedOut { packet }
        | Event::PacketAcknowledged { packet, .. } => (packet, &packet.source_client),
        _ => return Ok(()),
    };
    if topics.get(1..) == Some(&[topic(client), sequence(packet).into()]) {
        return Ok(());
    }
    Err(DecodeError::new("log", "its topics are not those of its packet"))
}
