//! Writing a client to a chain's storage.

use causeway_core::{Any, ClientId, Counterparty, Height};
use causeway_light_client::{RawAdvance, RawView};
use prost::Message;

use super::stored::{decode_counterparty, encode_counterparty};
use super::{ClientError, keys};
use crate::context::Context;
use crate::host::{OutOfGas, Work};
use crate::ibc::Ibc;

/// Consensus states that an update may prune though it adds none.
const PRUNED_AT_LEAST: usize = 4;

/// Consensus states that an update may prune for each that it adds: expired ones cannot pile up,
/// and what an update costs is still bounded by what it brings.
const PRUNED_FOR_EACH: usize = 2;

/// Takes the next client number and makes the chain's name of it.
pub(super) fn name_client(
    ctx: &mut Context<'_>,
    client_type: &str,
) -> Result<ClientId, ClientError> {
    let stored = ctx.get(keys::NEXT_CLIENT_SEQUENCE)?;
    let sequence = stored.and_then(|bytes| Some(u64::from_be_bytes(bytes.try_into().ok()?)));
    let sequence = sequence.unwrap_or(0);
    let next = sequence.saturating_add(1).to_be_bytes().to_vec();
    ctx.set(keys::NEXT_CLIENT_SEQUENCE, next)?;
    Ok(ClientId::new(ctx.host().client_name(client_type, sequence))?)
}

/// Refuses the name of a client that does not exist.
pub(super) fn check_exists(ctx: &mut Context<'_>, client_id: &ClientId) -> Result<(), ClientError> {
    match ctx.get(&keys::client_type(client_id))? {
        Some(_) => Ok(()),
        None => Err(ClientError::ClientNotFound { client_id: client_id.clone() }),
    }
}

/// Writes the client state.
pub(super) fn set_client_state(
    ctx: &mut Context<'_>,
    client_id: &ClientId,
    client_state: &Any,
) -> Result<(), OutOfGas> {
    ctx.set(&keys::client_state(client_id), client_state.encode_to_vec())
}

/// Writes all that a verified message changes.
pub(super) fn apply(
    ctx: &mut Context<'_>,
    client_id: &ClientId,
    advance: RawAdvance,
) -> Result<(), OutOfGas> {
    set_client_state(ctx, client_id, &advance.client_state)?;
    for (height, state) in advance.consensus_states {
        set_consensus_state(ctx, client_id, height, state.as_ref())?;
    }
    for write in advance.records {
        let key = keys::record(client_id, &write.key);
        match write.value {
            Some(value) => ctx.set(&key, value)?,
            None => ctx.delete(&key)?,
        }
    }
    Ok(())
}

fn set_consensus_state(
    ctx: &mut Context<'_>,
    client_id: &ClientId,
    height: Height,
    state: Option<&Any>,
) -> Result<(), OutOfGas> {
    let key = keys::consensus_state(client_id, height);
    let index = keys::height(client_id, height);
    if let Some(state) = state {
        ctx.set(&key, state.encode_to_vec())?;
        ctx.set(&index, key)
    } else {
        ctx.delete(&key)?;
        ctx.delete(&index)
    }
}

/// Writes the other end.
pub(super) fn set_counterparty(
    ctx: &mut Context<'_>,
    client_id: &ClientId,
    counterparty: &Counterparty,
) -> Result<(), ClientError> {
    Ok(ctx.set(&keys::counterparty(client_id), encode_counterparty(counterparty)?)?)
}

/// The other end of a client.
pub(crate) fn counterparty(
    ctx: &mut Context<'_>,
    client_id: &ClientId,
) -> Result<Counterparty, ClientError> {
    check_exists(ctx, client_id)?;
    let stored = ctx.get(&keys::counterparty(client_id))?;
    stored
        .and_then(|bytes| decode_counterparty(&bytes))
        .ok_or_else(|| ClientError::CounterpartyNotFound { client_id: client_id.clone() })
}

impl Ibc<'_> {
    /// After an update that added `added` consensus states, forgets the oldest ones that expired:
    /// a bounded number, and never the latest one, on which the client's status depends.
    pub(super) fn prune(
        &self,
        ctx: &mut Context<'_>,
        client_id: &ClientId,
        added: usize,
    ) -> Result<(), ClientError> {
        let limit = added.saturating_mul(PRUNED_FOR_EACH).saturating_add(PRUNED_AT_LEAST);
        ctx.charge(Work::Scan(limit))?;
        for height in self.expired_heights(ctx, client_id, limit)? {
            ctx.charge(Work::Read)?;
            set_consensus_state(ctx, client_id, height, None)?;
        }
        Ok(())
    }

    fn expired_heights(
        &self,
        ctx: &mut Context<'_>,
        client_id: &ClientId,
        limit: usize,
    ) -> Result<Vec<Height>, ClientError> {
        let now = ctx.now();
        let (light, stored) = self.open(ctx, client_id)?;
        let client_state = stored.client_state();
        let latest = light.latest_height(&client_state)?;
        let mut expired = Vec::new();
        for height in stored.heights(None, limit) {
            let state = stored.consensus_state(height);
            let is_expired = match state {
                Some(state) => light.is_expired(&client_state, &state, now)?,
                None => true,
            };
            if height >= latest || !is_expired {
                break;
            }
            expired.push(height);
        }
        Ok(expired)
    }
}
