//! What is on its way: who paid it and, under a rate limit, in which window.
//!
//! A packet may carry several payloads, and an application is not told which of them it is asked
//! about: the entries of one packet are therefore kept together and found by what they say.

use causeway_core::{Amount, ClientId, Sequence};
use prost::Message;

use super::TransferError;
use super::limit::Window;
use crate::app::{AppError, Delivery};
use crate::context::Context;
use crate::host::{Account, Token};

/// One transfer on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flight {
    /// Who paid, and is refunded.
    pub(super) payer: Account,
    /// What was paid.
    pub(super) token: Token,
    /// How much of it.
    pub(super) amount: Amount,
    /// The window that counted it, if one did.
    pub(super) window: Option<Window>,
}

/// The transfers of one packet, as they are stored.
#[derive(Clone, PartialEq, Message)]
struct Stored {
    #[prost(message, repeated, tag = "1")]
    flights: Vec<StoredFlight>,
}

#[derive(Clone, PartialEq, Message)]
struct StoredFlight {
    #[prost(bytes = "vec", tag = "1")]
    payer: Vec<u8>,
    #[prost(string, tag = "2")]
    token: String,
    #[prost(bytes = "vec", tag = "3")]
    amount: Vec<u8>,
    #[prost(message, optional, tag = "4")]
    window: Option<Window>,
}

fn key(client: &ClientId, sequence: Sequence) -> Vec<u8> {
    let mut key = format!("flight/{client}/").into_bytes();
    key.extend(sequence.get().to_be_bytes());
    key
}

/// Remembers a transfer of the packet that is being sent.
pub(super) fn depart(
    ctx: &mut Context<'_>,
    delivery: &Delivery<'_>,
    flight: Flight,
) -> Result<(), AppError> {
    let key = key(delivery.source_client, delivery.sequence);
    let mut stored = read(ctx, &key)?;
    stored.flights.push(StoredFlight {
        payer: flight.payer.0,
        token: flight.token.0,
        amount: flight.amount.to_be_bytes().to_vec(),
        window: flight.window,
    });
    Ok(ctx.set(&key, stored.encode_to_vec())?)
}

/// Forgets a transfer, whose packet has come to its end: each can end only once.
pub(super) fn arrive(
    ctx: &mut Context<'_>,
    delivery: &Delivery<'_>,
    token: &Token,
    amount: Amount,
) -> Result<Flight, AppError> {
    let (client, sequence) = (delivery.source_client, delivery.sequence);
    let key = key(client, sequence);
    let mut stored = read(ctx, &key)?;
    let is_wanted = |flight: &StoredFlight| {
        flight.token == token.0 && flight.amount == amount.to_be_bytes().as_slice()
    };
    let Some(index) = stored.flights.iter().position(is_wanted) else {
        let (client, token) = (client.clone(), token.clone());
        return Err(TransferError::NotInFlight { client, sequence, token, amount }.into());
    };
    let found = stored.flights.remove(index);
    if stored.flights.is_empty() {
        ctx.delete(&key)?;
    } else {
        ctx.set(&key, stored.encode_to_vec())?;
    }
    let payer = Account(found.payer);
    Ok(Flight { payer, token: token.clone(), amount, window: found.window })
}

fn read(ctx: &mut Context<'_>, key: &[u8]) -> Result<Stored, AppError> {
    let stored = ctx.get(key)?.unwrap_or_default();
    // What this application wrote, it can read: anything else counts as nothing, and is refused.
    Ok(Stored::decode(stored.as_slice()).unwrap_or_default())
}
