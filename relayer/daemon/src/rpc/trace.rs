//! Following anything that leads to packets.

use std::sync::Arc;

use causeway_core::{ClientId, Sequence};
use causeway_relayer_endpoints::{ChainEvent, Transaction, TransactionState, inspect};
use causeway_relayer_engine::{
    Destination, Finding, Outcome, PacketKey, PacketRecord, Resume, Side,
};
use jsonrpsee::core::RpcResult;

use super::types::{PacketJson, TraceJson, TraceParams};
use super::{error, read, way};
use crate::chain::within;
use crate::daemon::Shared;
use crate::service::PacketInfo;
use crate::store::{PathId, StoreError};

/// The most packets that a trace shows.
const MAX_TRACED: usize = 50;

/// Of so many of them chains are asked for the transactions that others sent.
const MAX_ASKED: usize = 5;

pub(super) async fn trace(shared: Arc<Shared>, params: TraceParams) -> RpcResult<TraceJson> {
    let what = params.what.trim();
    let (kind, found, note) = find(&shared, what).await?;
    if found.is_empty() && note.is_none() {
        let message = format!("{what:?} leads to no packet on the paths of this relayer");
        return Err(error::not_found(message));
    }
    let mut packets = Vec::new();
    for (count, (path, key)) in found.into_iter().take(MAX_TRACED).enumerate() {
        packets.extend(whole(&shared, path, key, count < MAX_ASKED).await?);
    }
    if packets.is_empty() && note.is_none() {
        let message = format!("{what:?}: neither chain has such a packet");
        return Err(error::not_found(message));
    }
    Ok(TraceJson { kind: kind.to_owned(), note, packets })
}

/// What something is, which packets it leads to, and what else is known of it.
async fn find(
    shared: &Shared,
    what: &str,
) -> RpcResult<(&'static str, Vec<(PathId, PacketKey)>, Option<String>)> {
    if let Some(found) = read::find_packet(shared, what) {
        return Ok(("packet", vec![found], None));
    }
    if let Ok(sequence) = what.parse::<u64>() {
        return Ok(("sequence", by_sequence(shared, sequence), None));
    }
    let failed = |it: StoreError| error::store(&it);
    let rows = shared.store.packets_with(what.to_owned(), MAX_TRACED).await.map_err(failed)?;
    if !rows.is_empty() {
        let found = rows.into_iter().map(|row| (row.path, row.record.key)).collect();
        return Ok(("account", found, None));
    }
    for name in names(what) {
        let found = shared.store.packets_of(name, MAX_TRACED).await.map_err(failed)?;
        if !found.is_empty() {
            return Ok(("transaction", found, None));
        }
    }
    let (found, note) = on_chains(shared, what).await;
    Ok(("transaction", found, note))
}

/// How chains may call a transaction that somebody calls so: with `0x` or without, in small
/// letters or in capitals.
fn names(what: &str) -> Vec<String> {
    let bare = what.strip_prefix("0x").unwrap_or(what);
    let is_hash = bare.len() == 64 && bare.bytes().all(|it| it.is_ascii_hexdigit());
    if !is_hash {
        return vec![what.to_owned()];
    }
    vec![bare.to_lowercase(), bare.to_uppercase(), format!("0x{}", bare.to_lowercase())]
}

/// The packets of a transaction that is not this relayer's: the chains have it.
async fn on_chains(shared: &Shared, what: &str) -> (Vec<(PathId, PacketKey)>, Option<String>) {
    let mut note = None;
    for (alias, chain) in &shared.chains {
        for name in names(what) {
            let transaction = Transaction(name);
            // What is no transaction for one chain may be one for another.
            let events = within(shared.answer, chain.endpoint.events_of(&transaction)).await;
            if let Ok(Some(events)) = events {
                let mut found: Vec<_> = events
                    .iter()
                    .filter_map(|(client, event)| key_of(shared, alias, client, event))
                    .collect();
                found.sort_unstable();
                found.dedup();
                if found.is_empty() {
                    note = Some(format!("it is in a block of {alias}, and about no packet here"));
                    continue;
                }
                return (found, None);
            }
            let state = within(shared.answer, chain.endpoint.state(&transaction)).await;
            if state == Ok(TransactionState::Pending) {
                note = Some(format!("it waits for a block of {alias}"));
            }
        }
    }
    (Vec::new(), note)
}

fn by_sequence(shared: &Shared, sequence: u64) -> Vec<(PathId, PacketKey)> {
    let Some(sequence) = Sequence::new(sequence) else { return Vec::new() };
    let keys = Side::BOTH.map(|source| PacketKey { source, sequence });
    shared.paths.iter().flat_map(|path| keys.map(|key| (path.id, key))).collect()
}

fn key_of(
    shared: &Shared,
    chain: &str,
    client: &ClientId,
    event: &ChainEvent,
) -> Option<(PathId, PacketKey)> {
    let at = |path: &crate::config::Path, side: &Side| {
        let end = read::end_of(path, *side);
        end.chain == chain && end.client == *client
    };
    shared.paths.iter().find_map(|handle| {
        let here = Side::BOTH.into_iter().find(|side| at(&handle.path, side))?;
        let key = match event {
            ChainEvent::Sent(packet) => PacketKey { source: here, sequence: packet.sequence },
            ChainEvent::Settled(sequence) => PacketKey { source: here, sequence: *sequence },
            ChainEvent::Answered(packet, _) => {
                PacketKey { source: here.other(), sequence: packet.sequence }
            }
        };
        Some((handle.id, key))
    })
}

/// A packet with everything that is known of it: from the store, or, where that has nothing, from
/// the chains. With `ask`, transactions of others are looked up, too.
pub(super) async fn whole(
    shared: &Shared,
    id: PathId,
    key: PacketKey,
    ask: bool,
) -> RpcResult<Option<PacketJson>> {
    let Some(handle) = shared.path(id) else { return Ok(None) };
    let record = shared.store.packet(id, key).await.map_err(|it| error::store(&it))?;
    let json = match record {
        Some(record) => {
            let status = match record.outcome {
                Some(_) => None,
                None => shared.statuses(id, vec![key]).await.into_iter().flatten().next(),
            };
            Some(read::packet(shared, handle, PacketInfo { path: id, record, status }))
        }
        None => on_chain(shared, id, key).await,
    };
    let Some(mut json) = json else { return Ok(None) };
    way::add(shared, handle, key, &mut json, ask).await?;
    Ok(Some(json))
}

/// A packet that the relayer does not follow, as the states of both chains have it.
async fn on_chain(shared: &Shared, id: PathId, key: PacketKey) -> Option<PacketJson> {
    let path = shared.path(id)?.path.clone();
    let (from, to) = (read::end_of(&path, key.source), read::end_of(&path, key.source.other()));
    let (source, destination) = (shared.chains.get(&from.chain)?, shared.chains.get(&to.chain)?);
    let keys = [key];
    let looked_up =
        inspect(&keys, (&*source.endpoint, &from.client), (&*destination.endpoint, &to.client));
    let looked_up = tokio::time::timeout(shared.answer, looked_up).await.ok()?;
    let (_, Ok(Finding { committed, destination, .. })) = looked_up.into_iter().next()? else {
        return None;
    };
    let received = destination != Destination::Unreceived;
    if committed.is_none() && !received {
        return None;
    }
    let acknowledgement = match destination {
        Destination::Answered(answer, _) => Some(answer),
        Destination::Unreceived | Destination::Unanswered => None,
    };
    let is_open = committed.is_some();
    let outcome = match &acknowledgement {
        Some(answer) if !is_open && answer.is_error() => Some(Outcome::Rejected),
        Some(_) if !is_open => Some(Outcome::Acknowledged),
        _ if !is_open => Some(Outcome::Settled),
        _ => None,
    };
    let record = PacketRecord {
        key,
        packet: committed.map(|(packet, _)| packet),
        acknowledgement,
        resume: Resume::Look,
        outcome,
        transaction: None,
        since: causeway_core::Timestamp::default(),
        failure: None,
    };
    let mut json = read::record_json(id, &path, &record);
    if is_open {
        json.stage = Some(if received { "executed" } else { "seen" }.to_owned());
        json.waits_for = Some("this relayer to notice it".to_owned());
        json.who = Some("this relayer, or any other".to_owned());
    }
    Some(json)
}
