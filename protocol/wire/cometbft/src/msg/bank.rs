//! `cosmos.bank.v1beta1.MsgSend` and `ibc.applications.transfer.v1.MsgTransfer`.

use causeway_client_cometbft::proto::Height;
use causeway_core::{Any, ClientId, DecodeError, PortId};
use prost::Message as _;

use crate::tx::Coin;
use crate::tx::proto::{COIN, Coin as WireCoin};
use crate::tx::strict::{self, Shape};

pub(super) const SEND: &str = "/cosmos.bank.v1beta1.MsgSend";
pub(super) const TRANSFER: &str = "/ibc.applications.transfer.v1.MsgTransfer";

const SEND_SHAPE: Shape = Shape(&[(1, None), (2, None), (3, Some(&COIN))]);
const HEIGHT: Shape = Shape(&[(1, None), (2, None)]);
const TRANSFER_SHAPE: Shape = Shape(&[
    (1, None),
    (2, None),
    (3, Some(&COIN)),
    (4, None),
    (5, None),
    (6, Some(&HEIGHT)),
    (7, None),
    (8, None),
    (9, None),
]);

/// Moves coins from the signer to another account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    /// Who pays, and signs.
    pub from: String,
    /// Who gets it.
    pub to: String,
    /// What.
    pub amount: Vec<Coin>,
}

/// Moves a coin to another chain, through the client that follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The application's port.
    pub source_port: PortId,
    /// The client of the destination, on this chain.
    pub source_client: ClientId,
    /// What.
    pub token: Coin,
    /// Who pays, and signs.
    pub sender: String,
    /// Who gets it, in the destination's own form.
    pub receiver: String,
    /// Destination chain time from which it comes back, in seconds.
    pub timeout_timestamp: u64,
    /// A text that travels along.
    pub memo: String,
    /// How the packet's data is encoded; empty for JSON.
    pub encoding: String,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct MsgSend {
    #[prost(string, tag = "1")]
    from_address: String,
    #[prost(string, tag = "2")]
    to_address: String,
    #[prost(message, repeated, tag = "3")]
    amount: Vec<WireCoin>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct MsgTransfer {
    #[prost(string, tag = "1")]
    source_port: String,
    #[prost(string, tag = "2")]
    source_channel: String,
    /// Always written, like the timeout height.
    #[prost(message, optional, tag = "3")]
    token: Option<WireCoin>,
    #[prost(string, tag = "4")]
    sender: String,
    #[prost(string, tag = "5")]
    receiver: String,
    #[prost(message, optional, tag = "6")]
    timeout_height: Option<Height>,
    #[prost(uint64, tag = "7")]
    timeout_timestamp: u64,
    #[prost(string, tag = "8")]
    memo: String,
    #[prost(string, tag = "9")]
    encoding: String,
}

impl Send {
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let message: MsgSend = strict::decode("msg_send", &SEND_SHAPE, bytes)?;
        let amount = message.amount.into_iter().map(TryInto::try_into);
        Ok(Self {
            from: message.from_address,
            to: message.to_address,
            amount: amount.collect::<Result<_, _>>()?,
        })
    }

    pub(super) fn to_any(&self) -> Any {
        let message = MsgSend {
            from_address: self.from.clone(),
            to_address: self.to.clone(),
            amount: self.amount.iter().map(Into::into).collect(),
        };
        Any::new(SEND, message.encode_to_vec())
    }
}

impl Transfer {
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let malformed = |reason: &str| DecodeError::new("msg_transfer", reason);
        let message: MsgTransfer = strict::decode("msg_transfer", &TRANSFER_SHAPE, bytes)?;
        if message.timeout_height.is_some_and(|height| height != Height::default()) {
            return Err(malformed("a timeout height, which IBC v2 does not have"));
        }
        Ok(Self {
            source_port: PortId::new(message.source_port)?,
            source_client: ClientId::new(message.source_channel)?,
            token: message.token.ok_or_else(|| malformed("no token"))?.try_into()?,
            sender: message.sender,
            receiver: message.receiver,
            timeout_timestamp: message.timeout_timestamp,
            memo: message.memo,
            encoding: message.encoding,
        })
    }

    pub(super) fn to_any(&self) -> Any {
        let message = MsgTransfer {
            source_port: self.source_port.to_string(),
            source_channel: self.source_client.to_string(),
            token: Some((&self.token).into()),
            sender: self.sender.clone(),
            receiver: self.receiver.clone(),
            timeout_height: Some(Height::default()),
            timeout_timestamp: self.timeout_timestamp,
            memo: self.memo.clone(),
            encoding: self.encoding.clone(),
        };
        Any::new(TRANSFER, message.encode_to_vec())
    }
}
