//! What the message core reports, as events of transactions (ibc-go `modules/core/events`).
//!
//! Some things have no published event: a counterparty's registration and a packet message that
//! changed nothing give none; a receive that an application refused gives `receive_failed`, which
//! is of our own.

use causeway_core::{Acknowledgement, ClientId, DecodeError, Event, Height, Packet};

/// An event: its kind, and attributes in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TxEvent {
    /// The kind.
    pub kind: String,
    /// Keys and values.
    pub attributes: Vec<(String, String)>,
}

/// What an event tells of a packet. It is a claim: state and proofs decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PacketEvent {
    /// It was committed to.
    Sent(Packet),
    /// Its receipt was written.
    Received(Packet),
    /// Its answer was committed to.
    AcknowledgementWritten(Packet, Acknowledgement),
    /// Its answer came home; which, the event does not say.
    Acknowledged(Packet),
    /// It timed out.
    TimedOut(Packet),
}

const SEND: &str = "send_packet";
const RECEIVE: &str = "recv_packet";
const WRITE_ACKNOWLEDGEMENT: &str = "write_acknowledgement";
const ACKNOWLEDGE: &str = "acknowledge_packet";
const TIME_OUT: &str = "timeout_packet";
const SEQUENCE: &str = "packet_sequence";
const ENCODED_PACKET: &str = "encoded_packet_hex";
const ENCODED_ACKNOWLEDGEMENT: &str = "encoded_acknowledgement_hex";

impl TxEvent {
    /// An event without attributes.
    pub fn new(kind: impl Into<String>) -> Self {
        Self { kind: kind.into(), attributes: Vec::new() }
    }

    /// Adds an attribute.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.push((key.into(), value.into()));
        self
    }

    /// The first attribute of that key.
    pub fn attribute(&self, key: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str())
    }

    /// The events that report `event`.
    pub fn report(event: &Event) -> Vec<Self> {
        let (event, module) = match event {
            Event::PacketSent { packet } => (of_packet(SEND, packet), "ibc_channelv2"),
            Event::PacketReceived { packet } => (of_packet(RECEIVE, packet), "ibc_channelv2"),
            Event::PacketAcknowledged { packet, .. } => {
                (of_packet(ACKNOWLEDGE, packet), "ibc_channelv2")
            }
            Event::PacketTimedOut { packet } => (of_packet(TIME_OUT, packet), "ibc_channelv2"),
            Event::AcknowledgementWritten { packet, acknowledgement } => {
                let encoded = hex::encode(acknowledgement.to_protobuf());
                let event = of_packet(WRITE_ACKNOWLEDGEMENT, packet);
                (event.with(ENCODED_ACKNOWLEDGEMENT, encoded), "ibc_channelv2")
            }
            Event::ReceiveFailed { packet, code, reason } => {
                let event = of_packet("receive_failed", packet).with("code", code);
                (event.with("error", reason), "ibc_channelv2")
            }
            Event::App(event) => return vec![of_app(event)],
            Event::CounterpartyRegistered { .. } | Event::PacketRedundant { .. } => {
                return Vec::new();
            }
            Event::ClientCreated { client_id, client_type, height } => {
                let event = of_client("create_client", client_id, client_type);
                (event.with("consensus_height", height.to_string()), "ibc_client")
            }
            Event::ClientUpdated { client_id, client_type, heights } => {
                (updated(client_id, client_type, heights), "ibc_client")
            }
            Event::MisbehaviourFound { client_id, client_type } => {
                (of_client("client_misbehaviour", client_id, client_type), "ibc_client")
            }
            Event::ClientRecovered { subject, substitute } => {
                let event = Self::new("recover_client").with("subject_client_id", subject.as_str());
                (event.with("substitute_client_id", substitute.as_str()), "ibc_client")
            }
        };
        vec![event, Self::new("message").with("module", module)]
    }

    /// What the event tells of a packet of IBC v2; `None` when it is about something else.
    pub fn packet(&self) -> Option<Result<PacketEvent, DecodeError>> {
        // Packets of IBC classic have events of the same kinds, without this.
        self.attribute("packet_source_client")?;
        let event = match self.kind.as_str() {
            SEND => self.decoded().map(PacketEvent::Sent),
            RECEIVE => self.decoded().map(PacketEvent::Received),
            ACKNOWLEDGE => self.decoded().map(PacketEvent::Acknowledged),
            TIME_OUT => self.decoded().map(PacketEvent::TimedOut),
            WRITE_ACKNOWLEDGEMENT => self.decoded().and_then(|packet| {
                let bytes = self.hex(ENCODED_ACKNOWLEDGEMENT)?;
                let acknowledgement = Acknowledgement::from_protobuf(&bytes)?;
                Ok(PacketEvent::AcknowledgementWritten(packet, acknowledgement))
            }),
            _ => return None,
        };
        Some(event)
    }

    fn hex(&self, key: &str) -> Result<Vec<u8>, DecodeError> {
        let malformed = || DecodeError::new("packet_event", format!("{key} is no hex text"));
        hex::decode(self.attribute(key).ok_or_else(malformed)?).map_err(|_| malformed())
    }

    fn decoded(&self) -> Result<Packet, DecodeError> {
        let packet = Packet::from_protobuf(&self.hex(ENCODED_PACKET)?)?;
        if self.attribute(SEQUENCE) == Some(packet.sequence.to_string().as_str()) {
            Ok(packet)
        } else {
            Err(DecodeError::new("packet_event", "the sequence is not that of the packet"))
        }
    }
}

fn of_packet(kind: &str, packet: &Packet) -> TxEvent {
    TxEvent::new(kind)
        .with("packet_source_client", packet.source_client.as_str())
        .with("packet_dest_client", packet.dest_client.as_str())
        .with(SEQUENCE, packet.sequence.to_string())
        .with("packet_timeout_timestamp", packet.timeout_timestamp.to_string())
        .with(ENCODED_PACKET, hex::encode(packet.to_protobuf()))
}

fn of_client(kind: &str, client_id: &ClientId, client_type: &str) -> TxEvent {
    TxEvent::new(kind).with("client_id", client_id.as_str()).with("client_type", client_type)
}

/// An update that brought nothing new is reported too, without heights.
fn updated(client_id: &ClientId, client_type: &str, heights: &[Height]) -> TxEvent {
    let texts: Vec<_> = heights.iter().map(Height::to_string).collect();
    of_client("update_client", client_id, client_type)
        .with("consensus_height", texts.last().cloned().unwrap_or_default())
        .with("consensus_heights", texts.join(","))
}

fn of_app(event: &causeway_core::AppEvent) -> TxEvent {
    let attributes = event.attributes.iter();
    TxEvent {
        kind: event.name.to_owned(),
        attributes: attributes.map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use causeway_core::{AppEvent, Payload, PortId, Sequence};

    use super::*;

    fn packet() -> Packet {
        let port = PortId::new("transfer").unwrap();
        let payload = Payload {
            source_port: port.clone(),
            dest_port: port,
            version: "ics20-1".into(),
            encoding: "application/json".into(),
            value: vec![1],
        };
        Packet {
            sequence: Sequence::FIRST,
            source_client: ClientId::new("client-0").unwrap(),
            dest_client: ClientId::new("client-1").unwrap(),
            timeout_timestamp: 9,
            payloads: vec![payload],
        }
    }

    #[test]
    fn packet_events_come_back() {
        let (packet, acknowledgement) = (packet(), Acknowledgement::error());
        for (event, expected) in [
            (Event::PacketSent { packet: packet.clone() }, PacketEvent::Sent(packet.clone())),
            (
                Event::PacketReceived { packet: packet.clone() },
                PacketEvent::Received(packet.clone()),
            ),
            (
                Event::AcknowledgementWritten {
                    packet: packet.clone(),
                    acknowledgement: acknowledgement.clone(),
                },
                PacketEvent::AcknowledgementWritten(packet.clone(), acknowledgement.clone()),
            ),
            (
                Event::PacketAcknowledged { packet: packet.clone(), acknowledgement },
                PacketEvent::Acknowledged(packet.clone()),
            ),
            (
                Event::PacketTimedOut { packet: packet.clone() },
                PacketEvent::TimedOut(packet.clone()),
            ),
        ] {
            let [told, module] = TxEvent::report(&event).try_into().unwrap();
            assert_eq!(told.packet(), Some(Ok(expected)));
            assert_eq!(module, TxEvent::new("message").with("module", "ibc_channelv2"));
            assert_eq!(module.packet(), None);
        }
    }

    #[test]
    fn events_that_contradict_themselves_are_refused_and_classic_ones_passed_over() {
        let sent = TxEvent::report(&Event::PacketSent { packet: packet() }).remove(0);
        let keys: Vec<_> = sent.attributes.iter().map(|(key, _)| key.as_str()).collect();
        let expected = [
            "packet_source_client",
            "packet_dest_client",
            "packet_sequence",
            "packet_timeout_timestamp",
            "encoded_packet_hex",
        ];
        assert_eq!(keys, expected);
        for (index, value) in [(2, "2"), (4, "zz"), (4, "")] {
            let mut lies = sent.clone();
            lies.attributes[index].1 = value.into();
            lies.packet().unwrap().unwrap_err();
        }
        let mut classic = sent;
        classic.attributes.remove(0);
        assert_eq!(classic.packet(), None);
    }

    #[test]
    fn updates_list_their_heights_and_applications_speak_for_themselves() {
        let client_id = ClientId::new("client-0").unwrap();
        let heights = vec![Height::new(1, 2), Height::new(1, 5)];
        let event = Event::ClientUpdated { client_id, client_type: "some".into(), heights };
        let told = TxEvent::report(&event).remove(0);
        assert_eq!(told.attribute("consensus_height"), Some("1-5"));
        assert_eq!(told.attribute("consensus_heights"), Some("1-2,1-5"));
        let event = Event::App(AppEvent::new("ibc_transfer").with("denom", "stake"));
        assert_eq!(TxEvent::report(&event), [TxEvent::new("ibc_transfer").with("denom", "stake")]);
    }
}
