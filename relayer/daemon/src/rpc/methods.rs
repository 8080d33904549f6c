//! The methods.

use std::sync::Arc;

use causeway_core::{ClientId, Message, Payload, PortId, SendPacket, Sequence};
use causeway_relayer_endpoints::TransactionState;
use causeway_relayer_engine::{PacketKey, Side};
use jsonrpsee::RpcModule;
use jsonrpsee::core::RpcResult;

use super::registry::{Effect, Nothing, Registry};
use super::types::{
    ChainJson, ClearParams, ClearedJson, ClientJson, EstimateJson, EstimateParams, HealthJson,
    PacketJson, PacketParams, PacketsJson, PacketsParams, PayloadParams, RouteJson, SolvencyJson,
    SolvencyParams, SubmitParams, SubmittedJson, TroubleJson,
};
use super::{MAX_PAGE, error, read, subscriptions, trace};
use crate::chain::{Chain, within};
use crate::daemon::Shared;
use crate::path::PathHandle;
use crate::store::{PacketFilter, PathId, StoreError};
use crate::work::{self, Balance, Named, SolvencyRow};

/// All methods and subscriptions.
pub(super) fn all(shared: Arc<Shared>) -> RpcModule<Shared> {
    use Effect::{Changes, Reads};
    let mut all = Registry::new(shared);
    all.method("causeway_chains", "The chains, and where they are.", Reads, chains);
    all.method("causeway_routes", "Both directions of each path.", Reads, routes);
    all.method("causeway_clients", "The clients of all paths.", Reads, clients);
    all.method("causeway_packets", "Packets, in pages.", Reads, packets);
    all.method("causeway_packet", "One packet, with its transactions.", Reads, packet);
    let summary = "The packets that a packet id, transaction, account or sequence leads to.";
    all.method("causeway_trace", summary, Reads, trace::trace);
    all.method("causeway_estimate", "What sending a packet would cost.", Reads, estimate);
    let summary = "Offers a signed transaction to a chain; the same one again changes nothing.";
    all.method("causeway_submit", summary, Changes, submit);
    let summary = "Whether what is locked equals what was issued and what is on its way, by the \
                   chains' own states.";
    all.method("causeway_solvency", summary, Reads, solvency);
    all.method("causeway_health", "What is in the way of relaying.", Reads, health);
    let summary = "Has everything that is outstanding on a path looked at now.";
    all.method("causeway_clear", summary, Changes, clear);
    subscriptions::add(&mut all);
    all.finish()
}

async fn chains(shared: Arc<Shared>, _: Nothing) -> RpcResult<Vec<ChainJson>> {
    Ok(shared.chains.values().map(read::chain).collect())
}

async fn routes(shared: Arc<Shared>, _: Nothing) -> RpcResult<Vec<RouteJson>> {
    Ok(shared.paths.iter().flat_map(read::routes).collect())
}

async fn clients(shared: Arc<Shared>, _: Nothing) -> RpcResult<Vec<ClientJson>> {
    Ok(shared.paths.iter().flat_map(|it| read::clients(&shared, it)).collect())
}

/// The path with a number.
fn path(shared: &Shared, id: i64) -> RpcResult<&PathHandle> {
    let known = shared.paths.iter().map(|it| it.id.0.to_string()).collect::<Vec<_>>().join(", ");
    let missing = || error::not_found(format!("there is no path {id}; known are {known}"));
    shared.path(PathId(id)).ok_or_else(missing)
}

fn chain<'a>(shared: &'a Shared, alias: &str) -> RpcResult<&'a Chain> {
    let known = || shared.chains.keys().cloned().collect::<Vec<_>>().join(", ");
    let missing =
        || error::not_found(format!("there is no chain {alias:?}; known are {}", known()));
    shared.chains.get(alias).ok_or_else(missing)
}

/// The `next` of a page: path, side and sequence of its last packet.
fn cursor(path: PathId, key: PacketKey) -> String {
    let side = if key.source == Side::A { 'a' } else { 'b' };
    format!("{}.{side}.{}", path.0, key.sequence)
}

fn read_cursor(text: &str) -> Option<(PathId, PacketKey)> {
    let mut parts = text.split('.');
    let path = PathId(parts.next()?.parse().ok()?);
    let source = match parts.next()? {
        "a" => Side::A,
        "b" => Side::B,
        _ => return None,
    };
    let sequence = Sequence::new(parts.next()?.parse().ok()?)?;
    parts.next().is_none().then_some((path, PacketKey { source, sequence }))
}

/// The sides of paths on which a chain is.
fn sources(
    shared: &Shared,
    handle: Option<&PathHandle>,
    from: &str,
) -> RpcResult<Vec<(PathId, Side)>> {
    chain(shared, from)?;
    let of = |handle: &PathHandle| {
        let at = |side: &Side| read::end_of(&handle.path, *side).chain == from;
        Side::BOTH.into_iter().filter(at).map(|side| (handle.id, side)).collect::<Vec<_>>()
    };
    let found: Vec<_> = match handle {
        Some(handle) => of(handle),
        None => shared.paths.iter().flat_map(of).collect(),
    };
    if found.is_empty() {
        return Err(error::invalid(format!("from: {from:?} is no chain of such a path")));
    }
    Ok(found)
}

fn filter(shared: &Shared, params: &PacketsParams) -> RpcResult<PacketFilter> {
    let handle = params.path.map(|id| path(shared, id)).transpose()?;
    let sources = params.from.as_ref().map(|from| sources(shared, handle, from)).transpose()?;
    let open = match params.state.as_deref() {
        None => None,
        Some("open") => Some(true),
        Some("ended") => Some(false),
        Some(other) => return Err(error::invalid(format!("state: {other:?} is no open or ended"))),
    };
    let outcome = |name: &str| {
        read::outcome_named(name).ok_or_else(|| error::invalid(format!("outcome: {name:?}")))
    };
    let after = |text: &str| {
        read_cursor(text).ok_or_else(|| error::invalid(format!("after: {text:?} is no `next`")))
    };
    Ok(PacketFilter {
        path: params.path.map(PathId),
        sources,
        open,
        outcome: params.outcome.as_deref().map(outcome).transpose()?,
        open_or: None,
        account: params.account.clone(),
        after: params.after.as_deref().map(after).transpose()?,
    })
}

async fn packets(shared: Arc<Shared>, params: PacketsParams) -> RpcResult<PacketsJson> {
    let limit = params.limit.unwrap_or(100);
    if limit == 0 || limit > MAX_PAGE {
        return Err(error::invalid(format!("limit: 1 to {MAX_PAGE} are allowed, not {limit}")));
    }
    let filter = filter(&shared, &params)?;
    let stage = |name: &str| {
        read::stage_named(name).ok_or_else(|| error::invalid(format!("stage: {name:?}")))
    };
    let failed = |it: StoreError| error::store(&it);
    let (found, next) = match params.stage.as_deref().map(stage).transpose()? {
        Some(stage) => shared.packets_in(stage, filter, limit).await.map_err(failed)?,
        None => {
            let found = shared.packets(filter, limit).await.map_err(failed)?;
            let last = found.last().filter(|_| found.len() == limit);
            let next = last.map(|it| (it.path, it.record.key));
            (found, next)
        }
    };
    let next = next.map(|(path, key)| cursor(path, key));
    let json = |info: crate::service::PacketInfo| {
        Some(read::packet(&shared, shared.path(info.path)?, info))
    };
    Ok(PacketsJson { packets: found.into_iter().filter_map(json).collect(), next })
}

async fn packet(shared: Arc<Shared>, params: PacketParams) -> RpcResult<PacketJson> {
    let missing = || error::not_found(format!("this relayer knows no packet {:?}", params.id));
    let (path, key) = read::find_packet(&shared, &params.id).ok_or_else(missing)?;
    trace::whole(&shared, path, key, true).await?.ok_or_else(missing)
}

fn payload(params: &PayloadParams) -> RpcResult<Payload> {
    let port = |text: &str| PortId::new(text).map_err(|it| error::invalid(it.to_string()));
    let value = read::from_hex(&params.value_hex)
        .ok_or_else(|| error::invalid("value_hex: not hexadecimal"))?;
    Ok(Payload {
        source_port: port(&params.source_port)?,
        dest_port: port(&params.dest_port)?,
        version: params.version.clone(),
        encoding: params.encoding.clone(),
        value,
    })
}

async fn estimate(shared: Arc<Shared>, params: EstimateParams) -> RpcResult<EstimateJson> {
    let chain = chain(&shared, &params.chain)?;
    let client = ClientId::new(params.client).map_err(|it| error::invalid(it.to_string()))?;
    let payloads: Vec<_> = params.payloads.iter().map(payload).collect::<Result<_, _>>()?;
    causeway_core::validate_payloads(&payloads).map_err(|it| error::invalid(it.to_string()))?;
    let message = Message::SendPacket(SendPacket {
        source_client: client,
        timeout_timestamp: params.timeout,
        payloads,
    });
    let fee = within(shared.answer, chain.endpoint.estimate(&[message])).await;
    let fee = fee.map_err(|it| error::endpoint(&params.chain, &it))?;
    Ok(EstimateJson { amount: fee.amount.to_string(), denom: fee.denom, gas: fee.gas })
}

async fn submit(shared: Arc<Shared>, params: SubmitParams) -> RpcResult<SubmittedJson> {
    let chain = chain(&shared, &params.chain)?;
    let raw = read::from_hex(&params.transaction_hex)
        .filter(|raw| !raw.is_empty())
        .ok_or_else(|| error::invalid("transaction_hex: not hexadecimal, or empty"))?;
    let failed = |it| error::endpoint(&params.chain, &it);
    let endpoint = &chain.endpoint;
    let transaction = within(shared.answer, endpoint.broadcast(&raw)).await.map_err(failed)?;
    let state = within(shared.answer, endpoint.state(&transaction)).await.map_err(failed)?;
    let (state, height) = match state {
        TransactionState::Pending => ("pending", None),
        TransactionState::Executed(executed) => ("executed", Some(executed.height.to_string())),
        TransactionState::Unknown => ("unknown", None),
    };
    Ok(SubmittedJson { transaction: transaction.0, state: state.to_owned(), height })
}

async fn solvency(shared: Arc<Shared>, params: SolvencyParams) -> RpcResult<Vec<SolvencyJson>> {
    let paths = match params.path {
        Some(id) => vec![path(&shared, id)?],
        None => shared.paths.iter().collect(),
    };
    let mut rows = Vec::new();
    for handle in paths {
        let (a, b) = (&handle.path.a, &handle.path.b);
        let (on_a, on_b) = (chain(&shared, &a.chain)?, chain(&shared, &b.chain)?);
        let a = (Named { alias: &a.chain, endpoint: &*on_a.endpoint }, &a.client);
        let b = (Named { alias: &b.chain, endpoint: &*on_b.endpoint }, &b.client);
        let read = work::solvency(a, b).await.map_err(|it| error::work(&it))?;
        rows.extend(read.into_iter().map(solvency_json));
    }
    Ok(rows)
}

fn solvency_json(row: SolvencyRow) -> SolvencyJson {
    SolvencyJson {
        home: read::end_json(&row.home),
        abroad: read::end_json(&row.abroad),
        denom: row.denom.to_string(),
        escrowed: row.escrowed.to_string(),
        issued: row.issued.to_string(),
        in_flight_out: row.in_flight_out.to_string(),
        in_flight_home: row.in_flight_home.to_string(),
        verdict: row.balance.name().to_owned(),
        holds: row.balance == Balance::Holds,
    }
}

async fn health(shared: Arc<Shared>, _: Nothing) -> RpcResult<HealthJson> {
    let troubles: Vec<TroubleJson> = shared.troubles().iter().map(read::trouble).collect();
    let status = if troubles.is_empty() { "ok" } else { "degraded" };
    let outstanding = shared.paths.iter().map(|it| it.view.borrow().outstanding).sum();
    Ok(HealthJson { status: status.to_owned(), troubles, outstanding })
}

async fn clear(shared: Arc<Shared>, params: ClearParams) -> RpcResult<ClearedJson> {
    let handle = path(&shared, params.path)?;
    if !shared.clear(handle.id).await {
        return Err(error::not_found("the path's task has stopped"));
    }
    let outstanding = handle.view.borrow().outstanding;
    Ok(ClearedJson { outstanding })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_as_they_are_written() {
        for (path, source, sequence) in [(1, Side::A, 1), (7, Side::B, u64::MAX)] {
            let key = PacketKey { source, sequence: Sequence::new(sequence).unwrap() };
            let text = cursor(PathId(path), key);
            assert_eq!(read_cursor(&text), Some((PathId(path), key)));
        }
        for bad in ["", "1.a", "1.c.1", "1.a.0", "1.a.1.1", "x.a.1"] {
            assert_eq!(read_cursor(bad), None, "{bad}");
        }
    }
}
