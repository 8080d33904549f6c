//! Messages in transactions: bank sends, transfers, and the calls of IBC v2, as
//! `causeway_core::Message`s; and the answers to them.
//!
//! All are the published messages of Cosmos SDK and ibc-go but one: several packets under one proof
//! (`/causeway.ibc.v1.MsgRecvPackets {1 packets, 2 proof_commitments, 3 proof_height, 4 signer}`,
//! answered by `{1 results}`), which only chains of ours know. `MsgSendPacket` has several payloads
//! where chains of ours are meant; released ibc-go takes exactly one.

mod bank;
mod ibc;
mod response;

pub use bank::{Send, Transfer};
pub use ibc::Call;
pub use response::{TxMsgData, response_from_any, response_to_any};

use causeway_core::{Any, DecodeError};

/// A message of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Msg {
    /// Moves coins within the chain.
    Send(Send),
    /// Moves a coin to another chain.
    Transfer(Transfer),
    /// Calls the message core.
    Call(Call),
}

/// Why a message is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MsgError {
    /// The type is not one of those here.
    #[error("{got} is not a known message")]
    UnknownType {
        /// The type URL.
        got: String,
    },
    /// It is not what its type says.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
}

impl Msg {
    /// Reads a message; its signer is a claim until the transaction's signatures are checked.
    pub fn from_any(any: &Any) -> Result<Self, MsgError> {
        match any.type_url.as_str() {
            bank::SEND => Ok(Self::Send(Send::decode(&any.value)?)),
            bank::TRANSFER => Ok(Self::Transfer(Transfer::decode(&any.value)?)),
            other => match Call::decode(other, &any.value) {
                Some(call) => Ok(Self::Call(call?)),
                None => Err(MsgError::UnknownType { got: other.to_owned() }),
            },
        }
    }

    /// The message as transactions carry it.
    pub fn to_any(&self) -> Any {
        match self {
            Self::Send(send) => send.to_any(),
            Self::Transfer(transfer) => transfer.to_any(),
            Self::Call(call) => call.to_any(),
        }
    }

    /// The account, as text, that must have signed.
    pub fn signer(&self) -> &str {
        match self {
            Self::Send(send) => &send.from,
            Self::Transfer(transfer) => &transfer.sender,
            Self::Call(call) => &call.signer,
        }
    }
}

#[cfg(test)]
mod tests;
