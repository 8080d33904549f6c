//! Reviving a client from another one (ICS-02 `recoverClient`).

use causeway_core::{ClientId, RecoverClient};
use causeway_light_client::{RawView, Status};

use super::{ClientError, keys, write};
use crate::context::Context;
use crate::host::{Order, OutOfGas, Scan};
use crate::ibc::Ibc;

/// Entries moved at a time: bounds memory; the number of pages is bounded by what is paid for.
const PAGE: usize = 64;

/// Replaces the subject's whole state by the substitute's. Its own consensus states go: after a
/// fork, nothing may be proven any more on the branch that the substitute does not follow.
pub(super) fn recover(
    ibc: &Ibc<'_>,
    ctx: &mut Context<'_>,
    message: &RecoverClient,
) -> Result<(), ClientError> {
    let RecoverClient { subject, substitute } = message;
    let mismatch = || ClientError::SubstituteMismatch {
        subject: subject.clone(),
        substitute: substitute.clone(),
    };
    if subject == substitute {
        return Err(mismatch());
    }
    let is_active = ibc.client_status(ctx, subject)? == Status::Active;
    let (_, stored) = ibc.open(ctx, substitute)?;
    let substitute_state = (stored.client_type().to_owned(), stored.client_state());
    let (light, stored) = ibc.open(ctx, subject)?;
    let subject_state = (stored.client_type().to_owned(), stored.client_state());
    let is_same_type = subject_state.0 == substitute_state.0;
    if is_active && !(is_same_type && light.is_left_behind(&stored, &substitute_state.1)?) {
        return Err(ClientError::SubjectActive { subject: subject.clone() });
    }
    ibc.check_active(ctx, substitute)?;
    if !is_same_type {
        return Err(mismatch());
    }
    let recovered = light.recover(&subject_state.1, &substitute_state.1)?;
    for below in [keys::consensus_states, keys::heights, keys::records] {
        clear(ctx, &below(subject))?;
    }
    copy(ctx, &keys::records(substitute), &keys::records(subject))?;
    copy(ctx, &keys::consensus_states(substitute), &keys::consensus_states(subject))?;
    copy_index(ctx, substitute, subject)?;
    write::set_client_state(ctx, subject, &recovered)?;
    ibc.check_active(ctx, subject)
}

/// Deletes everything below `prefix`.
fn clear(ctx: &mut Context<'_>, prefix: &[u8]) -> Result<(), OutOfGas> {
    loop {
        let page = ctx.first(prefix, PAGE)?;
        if page.is_empty() {
            return Ok(());
        }
        for (key, _) in page {
            ctx.delete(&key)?;
        }
    }
}

/// Copies everything below `from` to below `to`.
fn copy(ctx: &mut Context<'_>, from: &[u8], to: &[u8]) -> Result<(), OutOfGas> {
    each(ctx, from, |ctx, rest, value| ctx.set(&[to, rest].concat(), value))
}

/// Copies the index of heights, whose values are keys of the client itself.
fn copy_index(ctx: &mut Context<'_>, from: &ClientId, to: &ClientId) -> Result<(), OutOfGas> {
    let (from, below, states) = (keys::heights(from), keys::heights(to), from);
    let old = keys::consensus_states(states);
    let new = keys::consensus_states(to);
    each(ctx, &from, |ctx, rest, value| {
        let height = value.strip_prefix(&*old).unwrap_or_default();
        ctx.set(&[&below, rest].concat(), [&new, height].concat())
    })
}

fn each(
    ctx: &mut Context<'_>,
    prefix: &[u8],
    mut visit: impl FnMut(&mut Context<'_>, &[u8], Vec<u8>) -> Result<(), OutOfGas>,
) -> Result<(), OutOfGas> {
    let mut after: Option<Vec<u8>> = None;
    loop {
        let (order, limit) = (Order::Ascending, PAGE);
        let page = ctx.scan(&Scan { prefix, after: after.as_deref(), order, limit })?;
        let Some((last, _)) = page.last() else {
            return Ok(());
        };
        after = Some(last.clone());
        for (key, value) in page {
            visit(ctx, key.strip_prefix(prefix).unwrap_or_default(), value)?;
        }
    }
}
