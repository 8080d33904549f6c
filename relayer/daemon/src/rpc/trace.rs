//! Following anything that leads to packets.

use std::collections::BTreeSet;
use std::sync::Arc;

use causeway_core::{ClientId, Sequence};
use causeway_relayer_endpoints::{ChainEvent, Transaction, inspect};
use causeway_relayer_engine::{Destination, Finding, PacketKey, PacketRecord, Resume, Side};
use jsonrpsee::core::RpcResult;

use super::types::{PacketJson, TraceJson, TraceParams};
use super::{error, read};
use crate::chain::within;
use crate::daemon::Shared;
use crate::service::PacketInfo;
use crate::store::{PacketFilter, PathId};

/// The most packets that a trace shows.
const MAX_TRACED: usize = 50;

type Found = BTreeSet<(PathId, PacketKey)>;

pub(super) async fn trace(shared: Arc<Shared>, params: TraceParams) -> RpcResult<TraceJson> {
    let what = params.what.trim();
    let (kind, found) = if let Some(found) = read::find_packet(&shared, what) {
        ("packet", Found::from([found]))
    } else if let Ok(sequence) = what.parse::<u64>() {
        ("sequence", by_sequence(&shared, sequence))
    } else {
        let by_transaction = by_transaction(&shared, what).await?;
        if by_transaction.is_empty() {
            ("account", by_account(&shared, what).await?)
        } else {
            ("transaction", by_transaction)
        }
    };
    let mut packets = Vec::new();
    for (path, key) in found.into_iter().take(MAX_TRACED) {
        packets.extend(whole(&shared, path, key).await?);
    }
    if packets.is_empty() {
        let message = format!("{what:?} leads to no packet on the paths of this relayer");
        return Err(error::not_found(message));
    }
    Ok(TraceJson { kind: kind.to_owned(), packets })
}

fn by_sequence(shared: &Shared, sequence: u64) -> Found {
    let Some(sequence) = Sequence::new(sequence) else { return Found::new() };
    let keys = Side::BOTH.map(|source| PacketKey { source, sequence });
    shared.paths.iter().flat_map(|path| keys.map(|key| (path.id, key))).collect()
}

/// Transactions of this relayer are in its store; others are looked up on the chains.
async fn by_transaction(shared: &Shared, name: &str) -> RpcResult<Found> {
    let ours = shared.store.packets_of(name.to_owned(), MAX_TRACED).await;
    let mut found: Found = ours.map_err(|it| error::store(&it))?.into_iter().collect();
    if !found.is_empty() {
        return Ok(found);
    }
    for (alias, chain) in &shared.chains {
        let transaction = Transaction(name.to_owned());
        let events = within(shared.answer, chain.endpoint.events_of(&transaction)).await;
        // What is no transaction for one chain may be one for another.
        for (client, event) in events.ok().flatten().into_iter().flatten() {
            found.extend(key_of(shared, alias, &client, &event));
        }
    }
    Ok(found)
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

async fn by_account(shared: &Shared, account: &str) -> RpcResult<Found> {
    let filter = PacketFilter { account: Some(account.to_owned()), ..PacketFilter::default() };
    let rows = shared.store.packets(filter, MAX_TRACED).await.map_err(|it| error::store(&it))?;
    Ok(rows.into_iter().map(|row| (row.path, row.record.key)).collect())
}

/// A packet with everything that is known of it: from the store, or, where that has nothing, from
/// the chains.
pub(super) async fn whole(
    shared: &Shared,
    id: PathId,
    key: PacketKey,
) -> RpcResult<Option<PacketJson>> {
    let Some(handle) = shared.path(id) else { return Ok(None) };
    let path = handle.path.clone();
    let record = shared.store.packet(id, key).await.map_err(|it| error::store(&it))?;
    let Some(record) = record else { return Ok(on_chain(shared, id, key).await) };
    let status = match record.outcome {
        Some(_) => None,
        None => shared.statuses(id, vec![key]).await.into_iter().flatten().next(),
    };
    let mut json = read::packet(&path, PacketInfo { path: id, record, status });
    let steps = shared.store.transactions(id, key).await.map_err(|it| error::store(&it))?;
    json.steps = steps.into_iter().map(|row| read::step(&path, key, row)).collect();
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
    let record = PacketRecord {
        key,
        packet: committed.map(|(packet, _)| packet),
        acknowledgement,
        resume: Resume::Look,
        outcome: None,
        transaction: None,
        since: causeway_core::Timestamp::default(),
        failure: None,
    };
    let mut json = read::record_json(id, &path, &record);
    let stage = match (is_open, received) {
        (true, false) => "seen",
        (true, true) => "executed",
        (false, _) => "settled",
    };
    json.stage = Some(stage.to_owned());
    json.waits_for = is_open.then(|| "this relayer to notice it".to_owned());
    Some(json)
}
