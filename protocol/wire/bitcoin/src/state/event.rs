//! Events of calls.

use causeway_core::{
    Acknowledgement, Counterparty, DecodeError, Event, MerklePrefix, Packet, Payload, Sequence,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{bytes, shape, value};

const WHAT: &str = "bitcoin_call_event";

/// What a call reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallEvent {
    /// The message core, which reports no [`Event::App`] here.
    Core(Event),
    /// An application.
    App {
        /// The kind of event.
        name: String,
        /// What there is to tell, in order.
        attributes: Vec<(String, String)>,
    },
}

impl From<Event> for CallEvent {
    fn from(event: Event) -> Self {
        match event {
            Event::App(event) => {
                let owned = |(name, value): (&str, String)| (name.to_owned(), value);
                let attributes = event.attributes.into_iter().map(owned).collect();
                Self::App { name: event.name.into(), attributes }
            }
            event => Self::Core(event),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum EventShape {
    CreateClient { client_id: String, client_type: String, height: String },
    RegisterCounterparty { client_id: String, counterparty: CounterpartyShape },
    UpdateClient { client_id: String, client_type: String, heights: Vec<String> },
    ClientMisbehaviour { client_id: String, client_type: String },
    RecoverClient { subject: String, substitute: String },
    SendPacket { packet: PacketShape },
    RecvPacket { packet: PacketShape },
    ReceiveFailed { packet: PacketShape, code: String, reason: String },
    WriteAcknowledgement { packet: PacketShape, acknowledgements: Vec<String> },
    AcknowledgePacket { packet: PacketShape, acknowledgements: Vec<String> },
    TimeoutPacket { packet: PacketShape },
    RedundantPacket { packet: PacketShape },
    App { name: String, attributes: Vec<(String, String)> },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CounterpartyShape {
    client_id: String,
    prefix: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PacketShape {
    sequence: u64,
    source_client: String,
    dest_client: String,
    timeout_timestamp: u64,
    payloads: Vec<PayloadShape>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PayloadShape {
    source_port: String,
    dest_port: String,
    version: String,
    encoding: String,
    value: String,
}

impl CallEvent {
    /// The event as JSON.
    pub fn to_json(&self) -> Value {
        value(&EventShape::from(self))
    }

    /// Reads an event.
    pub fn from_json(value: &Value) -> Result<Self, DecodeError> {
        shape::<EventShape>(WHAT, value)?.try_into()
    }
}

impl From<&Counterparty> for CounterpartyShape {
    fn from(counterparty: &Counterparty) -> Self {
        let prefix = counterparty.prefix.elements().iter().map(hex::encode).collect();
        Self { client_id: counterparty.client_id.to_string(), prefix }
    }
}

impl TryFrom<CounterpartyShape> for Counterparty {
    type Error = DecodeError;

    fn try_from(shape: CounterpartyShape) -> Result<Self, DecodeError> {
        let prefix = shape.prefix.iter().map(|text| bytes(WHAT, text)).collect::<Result<_, _>>()?;
        Ok(Self { client_id: shape.client_id.parse()?, prefix: MerklePrefix::new(prefix)? })
    }
}

impl From<&Packet> for PacketShape {
    fn from(packet: &Packet) -> Self {
        let payload = |payload: &Payload| PayloadShape {
            source_port: payload.source_port.to_string(),
            dest_port: payload.dest_port.to_string(),
            version: payload.version.clone(),
            encoding: payload.encoding.clone(),
            value: hex::encode(&payload.value),
        };
        Self {
            sequence: packet.sequence.get(),
            source_client: packet.source_client.to_string(),
            dest_client: packet.dest_client.to_string(),
            timeout_timestamp: packet.timeout_timestamp,
            payloads: packet.payloads.iter().map(payload).collect(),
        }
    }
}

impl TryFrom<PacketShape> for Packet {
    type Error = DecodeError;

    fn try_from(shape: PacketShape) -> Result<Self, DecodeError> {
        let payload = |payload: PayloadShape| {
            Ok(Payload {
                source_port: payload.source_port.parse()?,
                dest_port: payload.dest_port.parse()?,
                version: payload.version,
                encoding: payload.encoding,
                value: bytes(WHAT, &payload.value)?,
            })
        };
        let zero = || DecodeError::new(WHAT, "packet 0");
        let packet = Self {
            sequence: Sequence::new(shape.sequence).ok_or_else(zero)?,
            source_client: shape.source_client.parse()?,
            dest_client: shape.dest_client.parse()?,
            timeout_timestamp: shape.timeout_timestamp,
            payloads: shape
                .payloads
                .into_iter()
                .map(payload)
                .collect::<Result<_, DecodeError>>()?,
        };
        packet.validate()?;
        Ok(packet)
    }
}

fn answers(acknowledgement: &Acknowledgement) -> Vec<String> {
    acknowledgement.app_acknowledgements().iter().map(hex::encode).collect()
}

fn acknowledgement(answers: &[String]) -> Result<Acknowledgement, DecodeError> {
    Acknowledgement::new(answers.iter().map(|text| bytes(WHAT, text)).collect::<Result<_, _>>()?)
}

impl From<&CallEvent> for EventShape {
    fn from(event: &CallEvent) -> Self {
        let event = match event {
            CallEvent::Core(event) => event,
            CallEvent::App { name, attributes } => {
                return Self::App { name: name.clone(), attributes: attributes.clone() };
            }
        };
        match event {
            Event::ClientCreated { client_id, client_type, height } => Self::CreateClient {
                client_id: client_id.to_string(),
                client_type: client_type.clone(),
                height: height.to_string(),
            },
            Event::CounterpartyRegistered { client_id, counterparty } => {
                let client_id = client_id.to_string();
                Self::RegisterCounterparty { client_id, counterparty: counterparty.into() }
            }
            Event::ClientUpdated { client_id, client_type, heights } => Self::UpdateClient {
                client_id: client_id.to_string(),
                client_type: client_type.clone(),
                heights: heights.iter().map(ToString::to_string).collect(),
            },
            Event::MisbehaviourFound { client_id, client_type } => Self::ClientMisbehaviour {
                client_id: client_id.to_string(),
                client_type: client_type.clone(),
            },
            Event::ClientRecovered { subject, substitute } => Self::RecoverClient {
                subject: subject.to_string(),
                substitute: substitute.to_string(),
            },
            event => of_packet(event),
        }
    }
}

/// The events about packets, and those of applications.
fn of_packet(event: &Event) -> EventShape {
    match event {
        Event::PacketSent { packet } => EventShape::SendPacket { packet: packet.into() },
        Event::PacketReceived { packet } => EventShape::RecvPacket { packet: packet.into() },
        Event::PacketTimedOut { packet } => EventShape::TimeoutPacket { packet: packet.into() },
        Event::PacketRedundant { packet } => EventShape::RedundantPacket { packet: packet.into() },
        Event::ReceiveFailed { packet, code, reason } => EventShape::ReceiveFailed {
            packet: packet.into(),
            code: code.clone(),
            reason: reason.clone(),
        },
        Event::AcknowledgementWritten { packet, acknowledgement } => {
            let acknowledgements = answers(acknowledgement);
            EventShape::WriteAcknowledgement { packet: packet.into(), acknowledgements }
        }
        Event::PacketAcknowledged { packet, acknowledgement } => {
            let acknowledgements = answers(acknowledgement);
            EventShape::AcknowledgePacket { packet: packet.into(), acknowledgements }
        }
        other => {
            let name = format!("{other:?}");
            EventShape::App { name, attributes: Vec::new() }
        }
    }
}

impl TryFrom<EventShape> for CallEvent {
    type Error = DecodeError;

    fn try_from(shape: EventShape) -> Result<Self, DecodeError> {
        Ok(Self::Core(match shape {
            EventShape::App { name, attributes } => return Ok(Self::App { name, attributes }),
            EventShape::CreateClient { client_id, client_type, height } => Event::ClientCreated {
                client_id: client_id.parse()?,
                client_type,
                height: height.parse()?,
            },
            EventShape::RegisterCounterparty { client_id, counterparty } => {
                let counterparty = counterparty.try_into()?;
                Event::CounterpartyRegistered { client_id: client_id.parse()?, counterparty }
            }
            EventShape::UpdateClient { client_id, client_type, heights } => Event::ClientUpdated {
                client_id: client_id.parse()?,
                client_type,
                heights: heights.iter().map(|text| text.parse()).collect::<Result<_, _>>()?,
            },
            EventShape::ClientMisbehaviour { client_id, client_type } => {
                Event::MisbehaviourFound { client_id: client_id.parse()?, client_type }
            }
            EventShape::RecoverClient { subject, substitute } => Event::ClientRecovered {
                subject: subject.parse()?,
                substitute: substitute.parse()?,
            },
            shape => read_packet(shape)?,
        }))
    }
}

/// The kinds about packets; another one never comes here.
fn read_packet(shape: EventShape) -> Result<Event, DecodeError> {
    Ok(match shape {
        EventShape::SendPacket { packet } => Event::PacketSent { packet: packet.try_into()? },
        EventShape::RecvPacket { packet } => Event::PacketReceived { packet: packet.try_into()? },
        EventShape::TimeoutPacket { packet } => {
            Event::PacketTimedOut { packet: packet.try_into()? }
        }
        EventShape::RedundantPacket { packet } => {
            Event::PacketRedundant { packet: packet.try_into()? }
        }
        EventShape::ReceiveFailed { packet, code, reason } => {
            Event::ReceiveFailed { packet: packet.try_into()?, code, reason }
        }
        EventShape::WriteAcknowledgement { packet, acknowledgements } => {
            let acknowledgement = acknowledgement(&acknowledgements)?;
            Event::AcknowledgementWritten { packet: packet.try_into()?, acknowledgement }
        }
        EventShape::AcknowledgePacket { packet, acknowledgements } => {
            let acknowledgement = acknowledgement(&acknowledgements)?;
            Event::PacketAcknowledged { packet: packet.try_into()?, acknowledgement }
        }
        _ => return Err(DecodeError::new(WHAT, "no event about packets")),
    })
}
