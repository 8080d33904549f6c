//! A packet's way across both chains: the places it has come to, and the transactions that brought
//! it there, whoever sent them.

use causeway_core::{Height, Timestamp};
use causeway_relayer_endpoints::{Trail, Transaction};
use causeway_relayer_engine::{PacketKey, Stage};
use jsonrpsee::core::RpcResult;

use super::types::{PacketJson, StageJson, StepJson};
use super::{error, read};
use crate::chain::within;
use crate::config::Path;
use crate::daemon::Shared;
use crate::path::PathHandle;
use crate::store::PathId;

/// Adds the way to a packet. With `ask`, chains are asked for transactions that are not this
/// relayer's.
pub(super) async fn add(
    shared: &Shared,
    handle: &PathHandle,
    key: PacketKey,
    json: &mut PacketJson,
    ask: bool,
) -> RpcResult<()> {
    let (id, path) = (handle.id, handle.path.clone());
    let rows = shared.store.transactions(id, key).await.map_err(|it| error::store(&it))?;
    let stages = shared.store.way(id, key).await.map_err(|it| error::store(&it))?;
    json.steps = rows.into_iter().map(|row| read::step(&path, key, row)).collect();
    if ask {
        add_others(shared, id, key, json).await;
    }
    json.way = places(&path, key, &stages, json);
    Ok(())
}

/// What the chains have to tell of transactions that this relayer does not know to be executed.
async fn add_others(shared: &Shared, id: PathId, key: PacketKey, json: &mut PacketJson) {
    let executed = |json: &PacketJson, kinds: &[&str]| {
        json.steps.iter().any(|it| it.height.is_some() && kinds.contains(&it.kind.as_str()))
    };
    let sent = find(shared, id, key, Trail::Sent).await;
    let (mut received, mut ended) = (None, None);
    let stage = json.stage.as_deref().and_then(read::stage_named);
    let was_received =
        matches!(stage, Some(Stage::Executed | Stage::Acknowledged | Stage::Rejected) | None);
    if was_received && !executed(json, &["receive"]) {
        received = find(shared, id, key, Trail::Answered).await;
    }
    let has_ended = json.outcome.is_some() || stage.is_some_and(is_end);
    if has_ended && !executed(json, &["acknowledge", "timeout"]) {
        ended = find(shared, id, key, Trail::Settled).await;
    }
    let (from, to) = (json.from.chain.clone(), json.to.chain.clone());
    let mut add = |kind: &str, chain: &str, found: Option<(Transaction, Height)>| {
        let Some((transaction, height)) = found else { return };
        // Ours, of which it was not known yet.
        let known = json.steps.iter_mut().find(|it| it.transaction == transaction.0);
        if let Some(known) = known {
            known.height = Some(height.height());
            return;
        }
        json.steps.push(StepJson {
            kind: kind.to_owned(),
            chain: chain.to_owned(),
            transaction: transaction.0,
            height: Some(height.height()),
            at: None,
        });
    };
    add("send", &from, sent);
    add("receive", &to, received);
    add("end", &from, ended);
    json.steps.sort_by_key(|it| match it.kind.as_str() {
        "send" => 0,
        "receive" => 1,
        _ => 2,
    });
}

async fn find(
    shared: &Shared,
    id: PathId,
    key: PacketKey,
    trail: Trail,
) -> Option<(Transaction, Height)> {
    let handle = shared.path(id)?;
    let side = match trail {
        Trail::Sent | Trail::Settled => key.source,
        Trail::Answered => key.source.other(),
    };
    let end = read::end_of(&handle.path, side);
    let endpoint = &shared.chains.get(&end.chain)?.endpoint;
    let found = endpoint.transaction_of(&end.client, key.sequence, trail);
    within(shared.answer, found).await.ok().flatten()
}

const fn is_end(stage: Stage) -> bool {
    matches!(stage, Stage::Acknowledged | Stage::Refunded | Stage::Rejected)
}

/// The places that a packet has come to, each with what brought it there.
fn places(
    path: &Path,
    key: PacketKey,
    stages: &[(Stage, Timestamp)],
    json: &PacketJson,
) -> Vec<StageJson> {
    let mut places: Vec<(Stage, Option<u64>)> =
        stages.iter().map(|(stage, at)| (*stage, Some(at.secs()))).collect();
    let now = json.stage.as_deref().and_then(read::stage_named);
    if let Some(now) = now.filter(|now| places.last().map(|(last, _)| last) != Some(now)) {
        places.push((now, Some(json.since).filter(|since| *since > 0)));
    }
    // Where finality is instant, it is seen when its block is final.
    if let Some((first, since)) = places.first().copied().filter(|(it, _)| *it != Stage::Seen) {
        let since = since.filter(|_| first == Stage::SourceFinal);
        places.insert(0, (Stage::Seen, since));
    }
    places.into_iter().map(|(stage, since)| place(path, key, (stage, since), json)).collect()
}

fn place(
    path: &Path,
    key: PacketKey,
    (stage, since): (Stage, Option<u64>),
    json: &PacketJson,
) -> StageJson {
    let (from, to) =
        (&read::end_of(path, key.source).chain, read::end_of(path, key.source.other()));
    let client = &to.client;
    let to = &to.chain;
    let kinds: &[&str] = match stage {
        Stage::Seen | Stage::SourceFinal => &["send"],
        Stage::Submitted | Stage::Executed => &["receive"],
        Stage::Acknowledged | Stage::Rejected => &["acknowledge", "end"],
        Stage::Refunded => &["timeout", "end"],
        Stage::ClientUpdated | Stage::Provable | Stage::TimedOut | Stage::Held => &[],
    };
    let (chain, why) = match stage {
        Stage::Seen => (from, format!("{from} is committed to it")),
        Stage::SourceFinal => (from, format!("its block on {from} is final")),
        Stage::ClientUpdated => (to, format!("{client} on {to} has reached its block")),
        Stage::Provable => (to, format!("a transaction with its proof is ready for {to}")),
        Stage::Submitted => (to, format!("the transaction is with {to}")),
        Stage::Executed => (to, format!("{to} has received it")),
        Stage::Acknowledged => (from, format!("{from} knows that {to} took it")),
        Stage::TimedOut => (to, format!("{to} can no longer receive it")),
        Stage::Refunded => (from, format!("it timed out, and {from} took everything back")),
        Stage::Rejected => (from, format!("{to} refused it, and {from} took everything back")),
        Stage::Held => {
            let failure = json.failure.as_deref().unwrap_or("relaying it failed");
            (to, format!("{failure}; it is tried again"))
        }
    };
    // The newest that was executed counts, or the newest at all.
    let of = || json.steps.iter().rev().filter(|it| kinds.contains(&it.kind.as_str()));
    let step = of().find(|it| it.height.is_some()).or_else(|| of().next());
    StageJson {
        stage: read::stage_name(stage).to_owned(),
        since,
        chain: chain.clone(),
        height: step.and_then(|it| it.height).filter(|_| stage != Stage::Submitted),
        transaction: step.map(|it| it.transaction.clone()),
        why,
    }
}
