//! What the chain tells of its contracts: the calls of blocks and what they reported, accounts,
//! clients, and proofs of the state. These are the answers of the three methods that the chain
//! adds to Bitcoin Core's. Whatever they say is a claim, but for proofs.

mod account;
mod calls;
mod event;
mod proofs;
#[cfg(test)]
mod tests;

use causeway_core::DecodeError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use account::{AccountState, Balance, ClientBooks, ClientReport, TracePage};
pub use calls::{BlockCalls, CallFailure, CallResult, PacketEvents};
pub use event::CallEvent;
pub use proofs::{ProvenValue, StateProofs};

/// Reads a JSON value as `S`, which `what` names.
fn shape<S: DeserializeOwned>(what: &'static str, value: &Value) -> Result<S, DecodeError> {
    S::deserialize(value).map_err(|error| DecodeError::new(what, error.to_string()))
}

/// Writes a shape, none of which can fail.
fn value(shape: &impl Serialize) -> Value {
    serde_json::to_value(shape).unwrap_or_default()
}

fn bytes(what: &'static str, text: &str) -> Result<Vec<u8>, DecodeError> {
    hex::decode(text).map_err(|error| DecodeError::new(what, error.to_string()))
}

fn bytes32(what: &'static str, text: &str) -> Result<[u8; 32], DecodeError> {
    let bytes = bytes(what, text)?;
    let got = bytes.len();
    bytes.try_into().map_err(|_| DecodeError::new(what, format!("{got} bytes, expected 32")))
}
