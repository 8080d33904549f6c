//! Lists of what transfers have left, page by page.

use causeway_core::transfer::Denom;
use causeway_core::{Amount, ClientId, DecodeError};

use super::ledger::pots_of;
use super::settings::DENOMS;
use super::{Transfer, at_home};
use crate::app::AppError;
use crate::context::Context;
use crate::host::{KeyValue, Order, Scan, Token};

/// Which pots of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pots {
    /// What is locked for its other end.
    Escrows,
    /// What was issued for that which is locked there.
    Issues,
}

impl Transfer {
    /// Up to `limit` tokens of which something is in a client's pots, with how much, in the order
    /// of their names, behind `after`.
    pub fn pots(
        ctx: &mut Context<'_>,
        (client, pots): (&ClientId, Pots),
        after: Option<&Token>,
        limit: usize,
    ) -> Result<Vec<(Token, Amount)>, AppError> {
        let found = at_home(ctx, |ctx| page(ctx, &pots_of(client, pots), after, limit))?;
        let amount = |bytes: Vec<u8>| <[u8; 32]>::try_from(bytes).ok().map(Amount::from_be_bytes);
        let read = |(token, bytes)| Some((token, amount(bytes)?));
        Ok(found.into_iter().filter_map(read).collect())
    }

    /// Up to `limit` vouchers that were ever issued here, with what they stand for, in the order of
    /// their names, behind `after`.
    pub fn vouchers(
        ctx: &mut Context<'_>,
        after: Option<&Token>,
        limit: usize,
    ) -> Result<Vec<(Token, Denom)>, AppError> {
        let found = at_home(ctx, |ctx| page(ctx, DENOMS, after, limit))?;
        let denom = |(token, bytes)| {
            let path = String::from_utf8(bytes).map_err(|_| DecodeError::new("denom", "no text"));
            Ok((token, path?.parse()?))
        };
        found.into_iter().map(denom).collect()
    }
}

/// The entries whose keys are a prefix and a token's name.
fn page(
    ctx: &mut Context<'_>,
    prefix: &str,
    after: Option<&Token>,
    limit: usize,
) -> Result<Vec<(Token, Vec<u8>)>, AppError> {
    let after = after.map(|token| format!("{prefix}{token}").into_bytes());
    let (prefix, order) = (prefix.as_bytes(), Order::Ascending);
    let found = ctx.scan(&Scan { prefix, after: after.as_deref(), order, limit })?;
    let entry = |(key, value): KeyValue| {
        let name = String::from_utf8(key.strip_prefix(prefix)?.to_vec()).ok()?;
        Some((Token(name), value))
    };
    Ok(found.into_iter().filter_map(entry).collect())
}
