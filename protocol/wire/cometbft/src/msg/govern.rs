//! Messages of our own, for the account that governs the bundled chain: its validators, and pauses
//! and limits of transfers.

use causeway_core::{Amount, Any, ClientId, DecodeError};
use prost::Message as _;

use crate::tx::MAX_TX_ITEMS;
use crate::tx::strict::{self, Shape};

pub(super) const UPDATE_VALIDATORS: &str = "/causeway.consensus.v1.MsgUpdateValidators";
pub(super) const SET_PAUSED: &str = "/causeway.transfer.v1.MsgSetPaused";
pub(super) const SET_RATE_LIMIT: &str = "/causeway.transfer.v1.MsgSetRateLimit";

const UPDATE: Shape = Shape(&[(1, None), (2, None)]);
const UPDATE_VALIDATORS_SHAPE: Shape = Shape(&[(1, None), (2, Some(&UPDATE))]);
const SET_PAUSED_SHAPE: Shape = Shape(&[(1, None), (2, None), (3, None)]);
const SET_RATE_LIMIT_SHAPE: Shape =
    Shape(&[(1, None), (2, None), (3, None), (4, None), (5, None), (6, None)]);

/// What the chain's authority decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Govern {
    /// The authority, which signs.
    pub authority: String,
    /// What it decides.
    pub decision: Decision,
}

/// A decision of the chain's authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Validators' keys, of ed25519, and their new powers; zero removes one
    /// (`/causeway.consensus.v1.MsgUpdateValidators {1 authority, 2 updates {1 pub_key, 2
    /// power}}`).
    UpdateValidators(Vec<([u8; 32], u64)>),
    /// Transfers through a client stop or go on
    /// (`/causeway.transfer.v1.MsgSetPaused {1 authority, 2 client_id, 3 paused}`).
    SetPaused {
        /// The client.
        client_id: ClientId,
        /// Whether they stop.
        is_paused: bool,
    },
    /// So much of a token may pass through a client
    /// (`/causeway.transfer.v1.MsgSetRateLimit {1 authority, 2 client_id, 3 denom, 4 window_secs,
    /// 5 most_out, 6 most_in}`; an empty amount is no limit, a window of zero takes it away).
    SetRateLimit {
        /// The client.
        client_id: ClientId,
        /// The token, as the bank names it.
        denom: String,
        /// Length of a window in seconds.
        window_secs: u64,
        /// The most that may leave in one window.
        most_out: Option<Amount>,
        /// The most that may come in one window.
        most_in: Option<Amount>,
    },
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct MsgUpdateValidators {
    #[prost(string, tag = "1")]
    authority: String,
    #[prost(message, repeated, tag = "2")]
    updates: Vec<ValidatorUpdate>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct ValidatorUpdate {
    #[prost(bytes = "vec", tag = "1")]
    pub_key: Vec<u8>,
    #[prost(uint64, tag = "2")]
    power: u64,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct MsgSetPaused {
    #[prost(string, tag = "1")]
    authority: String,
    #[prost(string, tag = "2")]
    client_id: String,
    #[prost(bool, tag = "3")]
    paused: bool,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct MsgSetRateLimit {
    #[prost(string, tag = "1")]
    authority: String,
    #[prost(string, tag = "2")]
    client_id: String,
    #[prost(string, tag = "3")]
    denom: String,
    #[prost(uint64, tag = "4")]
    window_secs: u64,
    #[prost(string, tag = "5")]
    most_out: String,
    #[prost(string, tag = "6")]
    most_in: String,
}

impl Govern {
    /// Reads the value of a message of this type; `None` for a type that is none of these.
    pub(super) fn decode(type_url: &str, bytes: &[u8]) -> Option<Result<Self, DecodeError>> {
        match type_url {
            UPDATE_VALIDATORS => Some(update_validators(bytes)),
            SET_PAUSED => Some(set_paused(bytes)),
            SET_RATE_LIMIT => Some(set_rate_limit(bytes)),
            _ => None,
        }
    }

    pub(super) fn to_any(&self) -> Any {
        let authority = self.authority.clone();
        match &self.decision {
            Decision::UpdateValidators(updates) => {
                let updates = updates
                    .iter()
                    .map(|(key, power)| ValidatorUpdate { pub_key: key.to_vec(), power: *power });
                let updates = updates.collect();
                Any::pack(UPDATE_VALIDATORS, &MsgUpdateValidators { authority, updates })
            }
            Decision::SetPaused { client_id, is_paused } => {
                let (client_id, paused) = (client_id.to_string(), *is_paused);
                Any::pack(SET_PAUSED, &MsgSetPaused { authority, client_id, paused })
            }
            Decision::SetRateLimit { client_id, denom, window_secs, most_out, most_in } => {
                let text =
                    |amount: &Option<Amount>| amount.map_or_else(String::new, |a| a.to_string());
                let message = MsgSetRateLimit {
                    authority,
                    client_id: client_id.to_string(),
                    denom: denom.clone(),
                    window_secs: *window_secs,
                    most_out: text(most_out),
                    most_in: text(most_in),
                };
                Any::new(SET_RATE_LIMIT, message.encode_to_vec())
            }
        }
    }
}

fn update_validators(bytes: &[u8]) -> Result<Govern, DecodeError> {
    let what = "msg_update_validators";
    let message: MsgUpdateValidators = strict::decode(what, &UPDATE_VALIDATORS_SHAPE, bytes)?;
    let count = message.updates.len();
    if count == 0 || count > MAX_TX_ITEMS {
        let reason = format!("{count} updates, 1 to {MAX_TX_ITEMS} are allowed");
        return Err(DecodeError::new(what, reason));
    }
    let update = |update: ValidatorUpdate| match update.pub_key.try_into() {
        Ok(key) => Ok((key, update.power)),
        Err(_) => Err(DecodeError::new(what, "a key that is not of 32 bytes")),
    };
    let updates = message.updates.into_iter().map(update).collect::<Result<_, _>>()?;
    let decision = Decision::UpdateValidators(updates);
    Ok(Govern { authority: message.authority, decision })
}

fn set_paused(bytes: &[u8]) -> Result<Govern, DecodeError> {
    let message: MsgSetPaused = strict::decode("msg_set_paused", &SET_PAUSED_SHAPE, bytes)?;
    let client_id = ClientId::new(message.client_id)?;
    let decision = Decision::SetPaused { client_id, is_paused: message.paused };
    Ok(Govern { authority: message.authority, decision })
}

fn set_rate_limit(bytes: &[u8]) -> Result<Govern, DecodeError> {
    let message: MsgSetRateLimit =
        strict::decode("msg_set_rate_limit", &SET_RATE_LIMIT_SHAPE, bytes)?;
    let amount = |text: &str| match text {
        "" => Ok(None),
        text => text.parse().map(Some),
    };
    let decision = Decision::SetRateLimit {
        client_id: ClientId::new(message.client_id)?,
        denom: message.denom,
        window_secs: message.window_secs,
        most_out: amount(&message.most_out)?,
        most_in: amount(&message.most_in)?,
    };
    Ok(Govern { authority: message.authority, decision })
}
