//! What became of the messages of a transaction. Receipts have no return values: results are read
//! from the calls and from the logs that they left.

use alloy_primitives::{Address, Bytes};
use alloy_sol_types::{SolCall, SolEvent};
use causeway_core::{
    Acknowledgement, ClientId, Event, Message, Packet, PacketResult, Response, Sequence,
};
use causeway_wire_ethereum::abi::sol::Router;
use causeway_wire_ethereum::abi::{calldata, decode_call, decode_event, decode_message};
use causeway_wire_ethereum::eth::Log;

use super::nonsense;
use crate::{EndpointError, MessageOutcome};

/// The call of the router that is these messages, all or none of them.
pub(super) fn input_of(messages: &[Message]) -> Vec<u8> {
    if let [message] = messages {
        return calldata(message);
    }
    let data = messages.iter().map(|message| Bytes::from(calldata(message))).collect();
    Router::multicallCall { data }.abi_encode()
}

/// The messages that a call of the router is.
fn messages_of(input: &[u8]) -> Result<Vec<Message>, EndpointError> {
    let refused = |error| nonsense("transaction input", &error);
    let calls = if input.starts_with(&Router::multicallCall::SELECTOR) {
        decode_call::<Router::multicallCall>(input).map_err(refused)?.data
    } else {
        vec![Bytes::copy_from_slice(input)]
    };
    let message = |call: &Bytes| {
        let message = decode_message(call).map_err(refused)?;
        message.ok_or_else(|| nonsense("transaction input", &"a call that is no message"))
    };
    calls.iter().map(message).collect()
}

/// What a transaction's logs tell, in order of their kinds.
#[derive(Default)]
struct Told {
    events: Vec<Event>,
    created: std::collections::VecDeque<ClientId>,
}

impl Told {
    fn read(router: Address, logs: &[Log]) -> Result<Self, EndpointError> {
        let mut told = Self::default();
        for log in logs.iter().filter(|log| log.address == router) {
            let refused = |error: &dyn core::fmt::Display| nonsense("log", error);
            if log.topics.first() == Some(&Router::ClientCreated::SIGNATURE_HASH) {
                let created = Router::ClientCreated::abi_decode_data(&log.data);
                let (id, ..) = created.map_err(|error| refused(&error))?;
                told.created.push_back(ClientId::new(id).map_err(|error| refused(&error))?);
            } else if let Some(event) =
                decode_event(&log.topics, &log.data).map_err(|error| refused(&error))?
            {
                told.events.push(event);
            }
        }
        Ok(told)
    }

    /// What a receive did: an answer was written, or nothing was new.
    fn received(&self, packet: &Packet) -> PacketResult {
        let answer = self.events.iter().find_map(|event| match event {
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

    fn settled(&self, packet: &Packet) -> PacketResult {
        let is_settled = self.events.iter().any(|event| match event {
            Event::PacketAcknowledged { packet: of, .. } | Event::PacketTimedOut { packet: of } => {
                of == packet
            }
            _ => false,
        });
        if is_settled { PacketResult::Success } else { PacketResult::NoOp }
    }

    fn sent(&self, message: &causeway_core::SendPacket) -> Option<Sequence> {
        self.events.iter().find_map(|event| match event {
            Event::PacketSent { packet }
                if packet.source_client == message.source_client
                    && packet.payloads == message.payloads =>
            {
                Some(packet.sequence)
            }
            _ => None,
        })
    }

    fn response(&mut self, message: &Message) -> Result<Response, EndpointError> {
        let missing = |what| nonsense("receipt", &format!("no log of {what}"));
        Ok(match message {
            Message::CreateClient(_) => Response::ClientCreated(
                self.created.pop_front().ok_or_else(|| missing("a new client"))?,
            ),
            Message::SendPacket(message) => {
                Response::PacketSent(self.sent(message).ok_or_else(|| missing("a packet"))?)
            }
            Message::ReceivePacket(message) => Response::Packet(self.received(&message.packet)),
            Message::ReceivePackets(message) => {
                Response::Packets(message.packets.iter().map(|it| self.received(it)).collect())
            }
            Message::AcknowledgePacket(message) => Response::Packet(self.settled(&message.packet)),
            Message::TimeoutPacket(message) => Response::Packet(self.settled(&message.packet)),
            Message::RegisterCounterparty(_)
            | Message::UpdateClient(_)
            | Message::SubmitMisbehaviour(_)
            | Message::RecoverClient(_) => Response::Done,
        })
    }
}

/// What became of the messages of an executed call.
pub(super) fn outcomes(
    router: Address,
    input: &[u8],
    logs: &[Log],
) -> Result<Vec<MessageOutcome>, EndpointError> {
    let mut told = Told::read(router, logs)?;
    let messages = messages_of(input)?;
    messages.iter().map(|message| told.response(message).map(MessageOutcome::Handled)).collect()
}
