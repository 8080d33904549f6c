//! Rate limits: how much of a token may pass through a client in one window of time.
//!
//! A window is a multiple of its length since the Unix epoch. Both directions are counted apart. A
//! refund is never counted and never blocked; it takes an outflow off the count only inside the
//! window that counted it, so that old refunds cannot make room for new outflows.

use core::num::NonZeroU64;

use causeway_core::{Amount, ClientId};
use prost::Message;

use super::TransferError;
use super::flight::Flight;
use crate::app::AppError;
use crate::context::Context;
use crate::host::Token;

/// How much of one token may pass through one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Length of the window, in seconds.
    pub window_secs: NonZeroU64,
    /// The most that may leave in one window; `None` is as much as anyone likes.
    pub most_out: Option<Amount>,
    /// The most that may come in one window; `None` is as much as anyone likes.
    pub most_in: Option<Amount>,
}

/// Which way tokens go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Out,
    In,
}

/// One window of time.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub(super) struct Window {
    /// Length in seconds.
    #[prost(uint64, tag = "1")]
    secs: u64,
    /// How many of its length passed before it.
    #[prost(uint64, tag = "2")]
    index: u64,
}

#[derive(Clone, PartialEq, Message)]
struct StoredLimit {
    #[prost(uint64, tag = "1")]
    window_secs: u64,
    #[prost(bytes = "vec", optional, tag = "2")]
    most_out: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "3")]
    most_in: Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
struct StoredUsage {
    #[prost(message, optional, tag = "1")]
    window: Option<Window>,
    #[prost(bytes = "vec", tag = "2")]
    out: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    incoming: Vec<u8>,
}

/// What passed in a window.
#[derive(Clone, Copy, Default)]
struct Usage {
    window: Option<Window>,
    out: Amount,
    incoming: Amount,
}

impl Usage {
    fn of(&mut self, direction: Direction) -> &mut Amount {
        match direction {
            Direction::Out => &mut self.out,
            Direction::In => &mut self.incoming,
        }
    }
}

impl RateLimit {
    fn most(&self, direction: Direction) -> Option<Amount> {
        match direction {
            Direction::Out => self.most_out,
            Direction::In => self.most_in,
        }
    }
}

fn limit_key(client: &ClientId, token: &Token) -> Vec<u8> {
    format!("limit/{client}/{token}").into_bytes()
}

fn usage_key(client: &ClientId, token: &Token) -> Vec<u8> {
    format!("usage/{client}/{token}").into_bytes()
}

fn amount(bytes: Vec<u8>) -> Option<Amount> {
    <[u8; 32]>::try_from(bytes).ok().map(Amount::from_be_bytes)
}

/// Sets or, with `None`, removes a limit. What passed in the current window stays counted.
pub(super) fn set(
    ctx: &mut Context<'_>,
    client: &ClientId,
    token: &Token,
    limit: Option<RateLimit>,
) -> Result<(), AppError> {
    let key = limit_key(client, token);
    let Some(limit) = limit else { return Ok(ctx.delete(&key)?) };
    let bytes = |amount: Amount| amount.to_be_bytes().to_vec();
    let stored = StoredLimit {
        window_secs: limit.window_secs.get(),
        most_out: limit.most_out.map(bytes),
        most_in: limit.most_in.map(bytes),
    };
    Ok(ctx.set(&key, stored.encode_to_vec())?)
}

/// The limit, if there is one.
pub(super) fn get(
    ctx: &mut Context<'_>,
    client: &ClientId,
    token: &Token,
) -> Result<Option<RateLimit>, AppError> {
    let Some(bytes) = ctx.get(&limit_key(client, token))? else { return Ok(None) };
    let stored = StoredLimit::decode(bytes.as_slice()).unwrap_or_default();
    Ok(NonZeroU64::new(stored.window_secs).map(|window_secs| RateLimit {
        window_secs,
        most_out: stored.most_out.and_then(amount),
        most_in: stored.most_in.and_then(amount),
    }))
}

/// Counts what passes, and gives the window that counted it: none when there is no limit.
pub(super) fn count(
    ctx: &mut Context<'_>,
    client: &ClientId,
    token: &Token,
    direction: Direction,
    amount: Amount,
) -> Result<Option<Window>, AppError> {
    let Some(rule) = get(ctx, client, token)? else { return Ok(None) };
    let secs = rule.window_secs;
    let window = Window { secs: secs.get(), index: ctx.now().secs() / secs };
    let mut usage = read_usage(ctx, client, token)?;
    if usage.window != Some(window) {
        usage = Usage { window: Some(window), ..Usage::default() };
    }
    let used = usage.of(direction);
    let limit = rule.most(direction).unwrap_or(Amount::MAX);
    // A sum past what can be counted is past every quota that is less than everything.
    let got = used.checked_add(amount).unwrap_or(Amount::MAX);
    if got > limit {
        return Err(TransferError::RateLimitExceeded { token: token.clone(), got, limit }.into());
    }
    *used = got;
    write_usage(ctx, client, token, usage)?;
    Ok(Some(window))
}

/// Takes a refunded outflow off the count of the window that counted it, if that is still the one.
pub(super) fn give_back(
    ctx: &mut Context<'_>,
    client: &ClientId,
    flight: &Flight,
) -> Result<(), AppError> {
    let Some(window) = flight.window else { return Ok(()) };
    let mut usage = read_usage(ctx, client, &flight.token)?;
    let is_current = ctx.now().secs().checked_div(window.secs) == Some(window.index);
    if !is_current || usage.window != Some(window) {
        return Ok(());
    }
    usage.out = usage.out.checked_sub(flight.amount).unwrap_or(Amount::ZERO);
    write_usage(ctx, client, &flight.token, usage)
}

fn read_usage(ctx: &mut Context<'_>, client: &ClientId, token: &Token) -> Result<Usage, AppError> {
    let Some(bytes) = ctx.get(&usage_key(client, token))? else { return Ok(Usage::default()) };
    let StoredUsage { window, out, incoming } =
        StoredUsage::decode(bytes.as_slice()).unwrap_or_default();
    let out = amount(out).unwrap_or_default();
    Ok(Usage { window, out, incoming: amount(incoming).unwrap_or_default() })
}

fn write_usage(
    ctx: &mut Context<'_>,
    client: &ClientId,
    token: &Token,
    usage: Usage,
) -> Result<(), AppError> {
    let stored = StoredUsage {
        window: usage.window,
        out: usage.out.to_be_bytes().to_vec(),
        incoming: usage.incoming.to_be_bytes().to_vec(),
    };
    Ok(ctx.set(&usage_key(client, token), stored.encode_to_vec())?)
}
