//! Messages in transactions: bank sends, transfers, and the calls of IBC v2, as
//! `causeway_core::Message`s; and the answers to them.
//!
//! Of our own, and known to our chains only, are: several packets under one proof
//! (`/causeway.ibc.v1.MsgRecvPackets {1 packets, 2 proof_commitments, 3 proof_height, 4 signer}`,
//! answered by `{1 results}`), and what the chain's authority decides ([`Decision`]). All others
//! are the published messages of Cosmos SDK and ibc-go. `MsgSendPacket` has several payloads where
//! chains of ours are meant; released ibc-go takes exactly one.

mod bank;
mod call;
mod govern;
mod ibc;
mod response;

pub use bank::{Send, Transfer};
pub use call::SendCall;
pub use govern::{Decision, Govern};
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
    /// Calls a contract on another chain.
    SendCall(SendCall),
    /// Calls the message core.
    Call(Call),
    /// Decides something for the chain.
    Govern(Govern),
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
            call::SEND_CALL => Ok(Self::SendCall(SendCall::decode(&any.value)?)),
            other => {
                if let Some(call) = Call::decode(other, &any.value) {
                    return Ok(Self::Call(call?));
                }
                match Govern::decode(other, &any.value) {
                    Some(govern) => Ok(Self::Govern(govern?)),
                    None => Err(MsgError::UnknownType { got: other.to_owned() }),
                }
            }
        }
    }

    /// The message as transactions carry it.
    pub fn to_any(&self) -> Any {
        match self {
            Self::Send(send) => send.to_any(),
            Self::Transfer(transfer) => transfer.to_any(),
            Self::SendCall(call) => call.to_any(),
            Self::Call(call) => call.to_any(),
            Self::Govern(govern) => govern.to_any(),
        }
    }

    /// The account, as text, that must have signed.
    pub fn signer(&self) -> &str {
        match self {
            Self::Send(send) => &send.from,
            Self::Transfer(transfer) => &transfer.sender,
            Self::SendCall(call) => &call.sender,
            Self::Call(call) => &call.signer,
            Self::Govern(govern) => &govern.authority,
        }
    }
}

#[cfg(test)]
mod tests;
