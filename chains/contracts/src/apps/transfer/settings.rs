//! What the chain's authority sets, and what is remembered of vouchers.

use causeway_core::ClientId;
use causeway_core::transfer::Denom;

use super::{RateLimit, Transfer, TransferError, at_home, limit};
use crate::app::AppError;
use crate::context::Context;
use crate::host::{Account, Token};

fn pause_key(client: &ClientId) -> Vec<u8> {
    format!("pause/{client}").into_bytes()
}

/// Where the denominations of vouchers are, each under its voucher's name.
pub(super) const DENOMS: &str = "denom/";

fn denom_key(token: &Token) -> Vec<u8> {
    format!("{DENOMS}{token}").into_bytes()
}

/// Transfers through `client` are not paused.
pub(super) fn check_not_paused(ctx: &mut Context<'_>, client: &ClientId) -> Result<(), AppError> {
    if ctx.get(&pause_key(client))?.is_some() {
        return Err(TransferError::Paused { client: client.clone() }.into());
    }
    Ok(())
}

/// The denomination of a voucher that was issued here.
pub(super) fn stored_denom(
    ctx: &mut Context<'_>,
    token: &Token,
) -> Result<Option<Denom>, AppError> {
    let path = ctx.get(&denom_key(token))?.and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(path.and_then(|path| path.parse().ok()))
}

/// Remembers the denomination of a voucher.
pub(super) fn store_denom(
    ctx: &mut Context<'_>,
    token: &Token,
    denom: &Denom,
) -> Result<(), AppError> {
    let key = denom_key(token);
    if ctx.get(&key)?.is_none() {
        ctx.set(&key, denom.to_string().into_bytes())?;
    }
    Ok(())
}

/// Settings, for the chain's authority.
impl Transfer {
    /// Stops transfers through `client`, in both directions, or lets them go on. Transfers that are
    /// on their way come to their end either way, refunds included.
    pub fn set_paused(
        ctx: &mut Context<'_>,
        signer: &Account,
        client: &ClientId,
        is_paused: bool,
    ) -> Result<(), AppError> {
        check_authority(ctx, signer)?;
        let key = pause_key(client);
        at_home(ctx, |ctx| {
            if is_paused {
                ctx.set(&key, Vec::new())?;
            } else {
                ctx.delete(&key)?;
            }
            Ok(())
        })
    }

    /// Limits how much of `token` passes through `client`; `None` takes the limit away.
    pub fn set_rate_limit(
        ctx: &mut Context<'_>,
        signer: &Account,
        client: &ClientId,
        token: &Token,
        limit: Option<RateLimit>,
    ) -> Result<(), AppError> {
        check_authority(ctx, signer)?;
        at_home(ctx, |ctx| limit::set(ctx, client, token, limit))
    }

    /// The limit on `token` through `client`, if there is one.
    pub fn rate_limit(
        ctx: &mut Context<'_>,
        client: &ClientId,
        token: &Token,
    ) -> Result<Option<RateLimit>, AppError> {
        at_home(ctx, |ctx| limit::get(ctx, client, token))
    }
}

fn check_authority(ctx: &Context<'_>, signer: &Account) -> Result<(), TransferError> {
    if ctx.is_authority(signer) {
        return Ok(());
    }
    Err(TransferError::NotTheAuthority { got: ctx.format_account(signer) })
}
