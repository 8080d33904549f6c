//! The answers to calls, as results of transactions carry them (`TxMsgData`).

use causeway_core::{Any, ClientId, DecodeError, PacketResult, Response, Sequence};
use prost::Message as _;

use super::ibc;

/// The most answers of one transaction, and of one batch.
const MAX_RESPONSES: usize = crate::tx::MAX_TX_ITEMS;

/// `cosmos.base.abci.v1beta1.TxMsgData`: one answer a message.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct TxMsgData {
    /// The answers, in the order of the messages.
    #[prost(message, repeated, tag = "2")]
    pub msg_responses: Vec<Any>,
}

/// Answers with one string, one number, or numbers.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Text {
    #[prost(string, tag = "1")]
    client_id: String,
}

#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
struct Number {
    #[prost(uint64, tag = "1")]
    number: u64,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Numbers {
    #[prost(uint64, repeated, tag = "1")]
    results: Vec<u64>,
}

/// `ResponseResultType`; zero is for none.
const fn number_of(result: PacketResult) -> u64 {
    match result {
        PacketResult::NoOp => 1,
        PacketResult::Success => 2,
        PacketResult::Failure => 3,
    }
}

fn result_of(number: u64) -> Result<PacketResult, DecodeError> {
    let all = [PacketResult::NoOp, PacketResult::Success, PacketResult::Failure];
    let found = all.into_iter().find(|result| number_of(*result) == number);
    found.ok_or_else(|| DecodeError::new("response", format!("result {number}")))
}

/// The answer to the message of this type URL.
pub fn response_to_any(message_type: &str, response: &Response) -> Any {
    let value = match response {
        Response::ClientCreated(id) => Text { client_id: id.to_string() }.encode_to_vec(),
        Response::PacketSent(sequence) => Number { number: sequence.get() }.encode_to_vec(),
        Response::Packet(result) => Number { number: number_of(*result) }.encode_to_vec(),
        Response::Packets(results) => {
            let results = results.iter().copied().map(number_of).collect();
            Numbers { results }.encode_to_vec()
        }
        Response::Done => Vec::new(),
    };
    Any::new(format!("{message_type}Response"), value)
}

/// Reads an answer; its type says which message it answers.
pub fn response_from_any(any: &Any) -> Result<Response, DecodeError> {
    let malformed = |reason: String| DecodeError::new("response", reason);
    let Some(message_type) = any.type_url.strip_suffix("Response") else {
        return Err(malformed(format!("{:?} is no response", any.type_url)));
    };
    let number = || any.unpack::<Number>("response", &any.type_url).map(|it| it.number);
    match message_type {
        ibc::CREATE_CLIENT => {
            let message: Text = any.unpack("response", &any.type_url)?;
            Ok(Response::ClientCreated(ClientId::new(message.client_id)?))
        }
        ibc::SEND_PACKET | super::bank::TRANSFER | super::call::SEND_CALL => {
            Sequence::new(number()?)
                .map(Response::PacketSent)
                .ok_or_else(|| malformed("sequence zero".into()))
        }
        ibc::RECV_PACKET | ibc::ACKNOWLEDGEMENT | ibc::TIMEOUT => {
            Ok(Response::Packet(result_of(number()?)?))
        }
        ibc::RECV_PACKETS => {
            let message: Numbers = any.unpack("response", &any.type_url)?;
            if message.results.len() > MAX_RESPONSES {
                return Err(malformed(format!("{} results", message.results.len())));
            }
            let results = message.results.into_iter().map(result_of);
            Ok(Response::Packets(results.collect::<Result<_, _>>()?))
        }
        ibc::UPDATE_CLIENT
        | ibc::RECOVER_CLIENT
        | ibc::REGISTER_COUNTERPARTY
        | super::bank::SEND
        | super::govern::UPDATE_VALIDATORS
        | super::govern::SET_PAUSED
        | super::govern::SET_RATE_LIMIT => {
            if any.value.is_empty() {
                Ok(Response::Done)
            } else {
                Err(malformed("an answer where there is none".into()))
            }
        }
        other => Err(malformed(format!("{other:?} is not a known message"))),
    }
}
