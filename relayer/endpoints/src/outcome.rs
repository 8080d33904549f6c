//! What became of messages, read from the events that they left: for chains that keep no results.

use causeway_core::ClientId;
use causeway_core::{
    Acknowledgement, Event, Message, Packet, PacketResult, Payload, Response, Sequence,
};

use crate::{EndpointError, MessageOutcome};

/// What became of executed messages, given what they reported, in order.
pub(crate) fn outcomes(
    messages: &[Message],
    mut events: Vec<Event>,
) -> Result<Vec<MessageOutcome>, EndpointError> {
    let outcome = |message| response(message, &mut events).map(MessageOutcome::Handled);
    messages.iter().map(outcome).collect()
}

/// The answer to one message; what is used of the events is taken out of them, since one
/// transaction may create two clients, or send the same twice.
fn response(message: &Message, events: &mut Vec<Event>) -> Result<Response, EndpointError> {
    let missing = |what: &str| EndpointError::Nonsense {
        what: "events",
        reason: format!("none tells of {what}"),
    };
    Ok(match message {
        Message::CreateClient(_) => {
            Response::ClientCreated(take(events, created).ok_or_else(|| missing("a new client"))?)
        }
        Message::SendPacket(message) => {
            let (client, payloads) = (&message.source_client, &message.payloads);
            let sequence = take(events, |event| sent(event, client, payloads));
            Response::PacketSent(sequence.ok_or_else(|| missing("a sent packet"))?)
        }
        Message::ReceivePacket(message) => Response::Packet(received(&message.packet, events)),
        Message::ReceivePackets(message) => {
            let packets = message.packets.iter();
            Response::Packets(packets.map(|packet| received(packet, events)).collect())
        }
        Message::AcknowledgePacket(message) => Response::Packet(settled(&message.packet, events)),
        Message::TimeoutPacket(message) => Response::Packet(settled(&message.packet, events)),
        Message::RegisterCounterparty(_)
        | Message::UpdateClient(_)
        | Message::SubmitMisbehaviour(_)
        | Message::RecoverClient(_) => Response::Done,
    })
}

fn take<T>(events: &mut Vec<Event>, read: impl Fn(&Event) -> Option<T>) -> Option<T> {
    let found = events.iter().enumerate().find_map(|(at, event)| Some((at, read(event)?)));
    let (at, value) = found?;
    events.remove(at);
    Some(value)
}

fn created(event: &Event) -> Option<ClientId> {
    match event {
        Event::ClientCreated { client_id, .. } => Some(client_id.clone()),
        _ => None,
    }
}

fn sent(event: &Event, client: &ClientId, payloads: &[Payload]) -> Option<Sequence> {
    match event {
        Event::PacketSent { packet }
            if packet.source_client == *client && packet.payloads == payloads =>
        {
            Some(packet.sequence)
        }
        _ => None,
    }
}

/// An answer was written, or nothing was new.
fn received(packet: &Packet, events: &[Event]) -> PacketResult {
    let answer = events.iter().find_map(|event| match event {
        Event::AcknowledgementWritten { packet: of, acknowledgement } if of == packet => {
            Some(acknowledgement)
        }
        _ => None,
    });
    match answer {
        None => PacketResult::NoOp,
        Some(answer) if *answer == Acknowledgement::error() => PacketResult::Failure,
        Some(_) => PacketResult::Success,
    }
}

fn settled(packet: &Packet, events: &[Event]) -> PacketResult {
    let is_settled = events.iter().any(|event| match event {
        Event::PacketAcknowledged { packet: of, .. } | Event::PacketTimedOut { packet: of } => {
            of == packet
        }
        _ => false,
    });
    if is_settled { PacketResult::Success } else { PacketResult::NoOp }
}
