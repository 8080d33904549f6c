//! Messages as calls of the router, and what became of them: receipts have no return values.

use alloy_primitives::{Address, Bytes};
use alloy_sol_types::{SolCall, SolEvent};
use causeway_core::{ClientId, Event, Message};
use causeway_wire_ethereum::abi::sol::Router;
use causeway_wire_ethereum::abi::{calldata, decode_call, decode_event, decode_message};
use causeway_wire_ethereum::eth::Log;

use super::nonsense;
use crate::{EndpointError, MessageOutcome, outcome};

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

/// What a log of the router tells; nothing where no outcome follows from it.
fn event_of(log: &Log) -> Result<Option<Event>, EndpointError> {
    if log.topics.first() != Some(&Router::ClientCreated::SIGNATURE_HASH) {
        return decode_event(&log.topics, &log.data).map_err(|error| nonsense("log", &error));
    }
    let created = Router::ClientCreated::abi_decode_data(&log.data);
    let (id, client_type, height) = created.map_err(|error| nonsense("log", &error))?;
    let client_id = ClientId::new(id).map_err(|error| nonsense("log", &error))?;
    Ok(Some(Event::ClientCreated { client_id, client_type, height: height.into() }))
}

/// What became of the messages of an executed call.
pub(super) fn outcomes(
    router: Address,
    input: &[u8],
    logs: &[Log],
) -> Result<Vec<MessageOutcome>, EndpointError> {
    let of_router = logs.iter().filter(|log| log.address == router);
    let events = of_router.filter_map(|log| event_of(log).transpose());
    outcome::outcomes(&messages_of(input)?, events.collect::<Result<_, _>>()?)
}
