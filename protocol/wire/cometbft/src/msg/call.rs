//! `ibc.applications.gmp.v1.MsgSendCall`.

use causeway_core::{Any, ClientId, DecodeError};
use prost::Message as _;

use crate::tx::strict::{self, Shape};

pub(super) const SEND_CALL: &str = "/ibc.applications.gmp.v1.MsgSendCall";

const SHAPE: Shape = Shape(&[
    (1, None),
    (2, None),
    (3, None),
    (4, None),
    (5, None),
    (6, None),
    (7, None),
    (8, None),
]);

/// Calls a contract on another chain, through the client that follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendCall {
    /// The client of the destination, on this chain.
    pub source_client: ClientId,
    /// Who calls, and signs.
    pub sender: String,
    /// The contract, in the destination's own form.
    pub receiver: String,
    /// Tells apart several derived accounts of one sender.
    pub salt: Vec<u8>,
    /// What the contract is given.
    pub payload: Vec<u8>,
    /// Destination chain time from which the call is not made any more, in seconds.
    pub timeout_timestamp: u64,
    /// A text that travels along.
    pub memo: String,
    /// How the packet's data is encoded; empty for the chain's choice.
    pub encoding: String,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct MsgSendCall {
    #[prost(string, tag = "1")]
    source_client: String,
    #[prost(string, tag = "2")]
    sender: String,
    #[prost(string, tag = "3")]
    receiver: String,
    #[prost(bytes = "vec", tag = "4")]
    salt: Vec<u8>,
    #[prost(bytes = "vec", tag = "5")]
    payload: Vec<u8>,
    #[prost(uint64, tag = "6")]
    timeout_timestamp: u64,
    #[prost(string, tag = "7")]
    memo: String,
    #[prost(string, tag = "8")]
    encoding: String,
}

impl SendCall {
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let message: MsgSendCall = strict::decode("msg_send_call", &SHAPE, bytes)?;
        Ok(Self {
            source_client: ClientId::new(message.source_client)?,
            sender: message.sender,
            receiver: message.receiver,
            salt: message.salt,
            payload: message.payload,
            timeout_timestamp: message.timeout_timestamp,
            memo: message.memo,
            encoding: message.encoding,
        })
    }

    pub(super) fn to_any(&self) -> Any {
        let message = MsgSendCall {
            source_client: self.source_client.to_string(),
            sender: self.sender.clone(),
            receiver: self.receiver.clone(),
            salt: self.salt.clone(),
            payload: self.payload.clone(),
            timeout_timestamp: self.timeout_timestamp,
            memo: self.memo.clone(),
            encoding: self.encoding.clone(),
        };
        Any::new(SEND_CALL, message.encode_to_vec())
    }
}
