//! A chain of each family contradicts itself; its clients freeze, until the authorities of their
//! hosts let them go on.

use core::time::Duration;
use std::sync::Arc;

use causeway_chain::AUTHORITY;
use causeway_core::{CreateClient, Message, RecoverClient, Response};
use causeway_relayer_engine::ClientStatus;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::cast::Trial;
use super::crossings::or_broken;
use super::forgeries::{newest, updates};
use super::report::Row;
use super::stage::Stage;
use crate::bundled::BUNDLED;
use crate::control;
use crate::crossing::{End, Way};

/// How long a fork may go unnoticed.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often an update is tried that another may bring at the same time.
const UPDATE_TRIES: usize = 5;

/// How often clients are looked at.
const POLL: Duration = Duration::from_millis(500);

/// One chain after the other: blocks that are undone would take the freezing of others with them.
/// Then all authorities at once.
pub(super) async fn rows(stage: &Arc<Stage>) -> Vec<Row> {
    let mut rows = Vec::new();
    for chain in BUNDLED {
        let row = misbehave(stage, chain.alias(), chain.misbehaviour()).await;
        rows.extend(or_broken("misbehaviour", row.map(|row| vec![row])));
    }
    let mut lines = JoinSet::new();
    for host in stage.chains() {
        let stage = stage.clone();
        lines.spawn(async move { or_broken("recovery", recover(&stage, &host).await) });
    }
    rows.extend(ended(lines).await);
    rows
}

async fn ended(mut lines: JoinSet<Vec<Row>>) -> Vec<Row> {
    let mut rows = Vec::new();
    while let Some(line) = lines.join_next().await {
        rows.extend(line.unwrap_or_else(|it| vec![Row::broken("misbehaviour", it.to_string())]));
    }
    rows.sort_by(|a, b| a.route.cmp(&b.route));
    rows
}

async fn misbehave(
    stage: &Stage,
    alias: &str,
    (kind, depth): (&str, Option<u32>),
) -> Result<Row, String> {
    let hosts: Vec<_> = stage.chains().into_iter().filter(|host| host != alias).collect();
    let mut ways = Vec::new();
    for host in &hosts {
        let way = stage.way(host, alias)?;
        follow_closely(stage, &way).await?;
        ways.push(way);
    }
    let began = stage.elapsed();
    let params = json!({ "chain": alias, "kind": kind, "depth": depth });
    let injected = control::inject(&stage.network, params).await;
    let message = injected.map_err(|error| error.to_string())??;
    stage.tell(&format!("{alias}: {message}"));
    let frozen = timeout(PATIENCE, async {
        for way in &ways {
            while !is_frozen(&way.source).await {
                tokio::time::sleep(POLL).await;
            }
            stage.tell(&format!("{}: client {} is frozen", way.source.alias, way.source.client));
        }
    });
    let verdict = match frozen.await {
        Ok(()) => Ok(format!("its clients on {} are frozen", hosts.join(" and "))),
        Err(_) => Err("a client goes on".to_owned()),
    };
    let mut row = Row::new("misbehaviour", alias.to_owned(), kind.to_owned());
    row.seconds = stage.elapsed() - began;
    Ok(row.judged(verdict))
}

/// Brings a client to the newest final height, so that what comes contradicts it. The relayer may
/// be doing the same, so that an update comes too late: then what is missing still is seen.
async fn follow_closely(stage: &Stage, way: &Way) -> Result<(), String> {
    let account = stage.account(&way.source.alias, "bob")?;
    let mut last = Ok(());
    for _ in 0..UPDATE_TRIES {
        let hosted = account.endpoint.client(&way.source.client).await;
        let hosted = hosted.map_err(|error| error.to_string())?;
        let update = newest(&*way.destination.endpoint, &hosted).await?;
        last = Ok(());
        for message in updates(&way.source.client, update.messages) {
            if let Err(error) = account.execute(&[message], Trial::First).await {
                last = Err(error.to_string());
                break;
            }
        }
        if last.is_ok() {
            break;
        }
        tokio::time::sleep(POLL).await;
    }
    last
}

/// The authority of a chain replaces each frozen client by a new one of the same chain.
async fn recover(stage: &Stage, host: &str) -> Result<Vec<Row>, String> {
    let began = stage.elapsed();
    let authority = stage.account(host, AUTHORITY)?;
    let mut ways = Vec::new();
    let mut creations = Vec::new();
    for followed in stage.chains().into_iter().filter(|followed| followed != host) {
        let way = stage.way(host, &followed)?;
        let start = way.destination.endpoint.new_client(&stage.client_parameters(&way)?).await;
        let (client_state, consensus_state) = start.map_err(|error| error.to_string())?;
        creations.push(Message::CreateClient(CreateClient { client_state, consensus_state }));
        ways.push(way);
    }
    let created = authority.execute(&creations, Trial::First).await;
    let (_, responses) = created.map_err(|error| error.to_string())?;
    let recover = |(way, response): (&Way, Response)| match response {
        Response::ClientCreated(substitute) => {
            let subject = way.source.client.clone();
            Ok(Message::RecoverClient(RecoverClient { subject, substitute }))
        }
        other => Err(format!("the creation of a client was answered with {other:?}")),
    };
    let messages: Result<Vec<_>, _> = ways.iter().zip(responses).map(recover).collect();
    let recovered = authority.execute(&messages?, Trial::First).await;
    let (transaction, _) = recovered.map_err(|error| error.to_string())?;
    let mut rows = Vec::new();
    for Way { source, destination } in &ways {
        let route = format!("{} on {host}", destination.alias);
        let mut row = Row::new("recovery", route, String::new());
        row.seconds = stage.elapsed() - began;
        row.transactions = vec![authority.on_record("recover", &transaction).await];
        rows.push(row.judged(if is_frozen(source).await {
            Err("the client is still frozen".to_owned())
        } else {
            Ok("the client is active again".to_owned())
        }));
    }
    stage.tell(&format!("{host}: its clients go on"));
    Ok(rows)
}

async fn is_frozen(end: &End) -> bool {
    let client = end.endpoint.client(&end.client).await;
    client.is_ok_and(|client| client.report.status == ClientStatus::Frozen)
}
