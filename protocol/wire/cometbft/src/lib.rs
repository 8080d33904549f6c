//! CometBFT's RPC ([`rpc`]), signed headers, validator sets and evidence in JSON; and the
//! transactions of Cosmos SDK chains ([`tx`]) with the messages in them ([`msg`])
//! and their events ([`TxEvent`]), and the questions to such chains ([`query`]).
//!
//! Nodes, light clients and explorers write the same things in slightly different ways: 64-bit
//! numbers as strings or as numbers, a part set header as `parts` or `part_set_header`, nothing as
//! `null`, as an empty string or not at all, an answer with or without its JSON-RPC envelope. All
//! of these are read, anything else is refused. Nothing is verified: what comes out are the
//! light client's unverified types.
//!
//! Start with [`LightBlockDocument::from_json`].
//!
//! ```
//! use causeway_wire_cometbft::LightBlockDocument;
//!
//! let error = LightBlockDocument::from_json(b"{}").unwrap_err();
//! assert_eq!(error.what(), "light_block");
//! ```
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests compute freely"
    )
)]

mod event;
mod evidence;
mod header;
mod light_block;
pub mod msg;
pub mod query;
pub mod rpc;
mod scalar;
pub mod tx;
mod validators;

pub use event::{PacketEvent, TxEvent};
pub use evidence::duplicate_vote_from_json;
pub use header::{block_id_from_json, commit_from_json, header_from_json, vote_from_json};
pub use light_block::{LightBlockDocument, TrustedDocument};
pub use validators::validator_set_from_json;

use causeway_core::DecodeError;
use serde::de::DeserializeOwned;

/// The most bytes of a document. A light block with three sets of 10,000 validators, the most that
/// the protocol allows, has less.
pub const MAX_JSON_LEN: usize = 16 << 20;

/// Reads a document within [`MAX_JSON_LEN`]; nesting is bounded by the JSON library.
fn from_json<T: DeserializeOwned>(what: &'static str, json: &[u8]) -> Result<T, DecodeError> {
    if json.len() > MAX_JSON_LEN {
        let reason = format!("{} bytes, at most {MAX_JSON_LEN} are allowed", json.len());
        return Err(DecodeError::new(what, reason));
    }
    serde_json::from_slice(json).map_err(|error| DecodeError::new(what, error.to_string()))
}
