//! Making a path: a client on each side, and each bound to the other.

use core::time::Duration;

use causeway_core::{
    ClientId, Counterparty, CreateClient, Message, RegisterCounterparty, Response,
};
use causeway_relayer_endpoints::{ClientParameters, HostedClient};
use causeway_relayer_engine::ClientStatus;

use super::{Named, WorkError, execute};
use crate::config::{Path, PathEnd};

/// What the maker of a path chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathParameters {
    /// Of the client on the first chain.
    pub client_on_a: ClientParameters,
    /// Of the client on the second chain.
    pub client_on_b: ClientParameters,
    /// The longest wait for each transaction.
    pub patience: Duration,
}

/// Creates a client of `followed` on `host`.
pub async fn create_client(
    host: Named<'_>,
    followed: Named<'_>,
    parameters: &ClientParameters,
    patience: Duration,
) -> Result<ClientId, WorkError> {
    let start = followed.endpoint.new_client(parameters).await;
    let (client_state, consensus_state) = start.map_err(WorkError::on(followed))?;
    let message = Message::CreateClient(CreateClient { client_state, consensus_state });
    let (_, responses) = execute(host, &[message], patience).await?;
    match responses.as_slice() {
        [Response::ClientCreated(id)] => Ok(id.clone()),
        other => {
            let reason = format!("it answered the creation of a client with {other:?}");
            Err(WorkError::unexpected(host, reason))
        }
    }
}

/// Creates what a path between two chains still lacks. Where one is there already, whole and
/// active, that is the answer; a half that an interrupted run has left is used.
pub async fn create_path(
    a: Named<'_>,
    b: Named<'_>,
    parameters: &PathParameters,
) -> Result<Path, WorkError> {
    if let Some(path) = find_path(a, b).await? {
        return Ok(path);
    }
    let patience = parameters.patience;
    let on_a = match unbound(a, b).await? {
        Some(client) => client,
        None => create_client(a, b, &parameters.client_on_a, patience).await?,
    };
    // A client on the second chain may have been bound to the first one's already.
    let bound = clients_of(b, a)
        .await?
        .into_iter()
        .find(|client| client.counterparty.as_ref().is_some_and(|it| it.client_id == on_a));
    let on_b = match bound {
        Some(client) => client.id,
        None => {
            let client = match unbound(b, a).await? {
                Some(client) => client,
                None => create_client(b, a, &parameters.client_on_b, patience).await?,
            };
            register(b, &client, a, &on_a, patience).await?;
            client
        }
    };
    register(a, &on_a, b, &on_b, patience).await?;
    Ok(path_of(a, on_a, b, on_b))
}

/// A path between two chains that is whole and active, the oldest if there are several.
pub async fn find_path(a: Named<'_>, b: Named<'_>) -> Result<Option<Path>, WorkError> {
    let others = clients_of(b, a).await?;
    for client in clients_of(a, b).await? {
        let Some(counterparty) = &client.counterparty else { continue };
        let other = others.iter().find(|other| other.id == counterparty.client_id);
        let binds_back = |other: &&HostedClient| {
            other.counterparty.as_ref().is_some_and(|it| it.client_id == client.id)
        };
        if let Some(other) = other.filter(binds_back) {
            return Ok(Some(path_of(a, client.id.clone(), b, other.id.clone())));
        }
    }
    Ok(None)
}

fn path_of(a: Named<'_>, on_a: ClientId, b: Named<'_>, on_b: ClientId) -> Path {
    let end = |chain: Named<'_>, client| PathEnd { chain: chain.alias.to_owned(), client };
    Path { a: end(a, on_a), b: end(b, on_b) }
}

/// The active clients of `followed` on `host`.
async fn clients_of(host: Named<'_>, followed: Named<'_>) -> Result<Vec<HostedClient>, WorkError> {
    let mut found = Vec::new();
    for id in host.endpoint.clients().await.map_err(WorkError::on(host))? {
        let client = host.endpoint.client(&id).await.map_err(WorkError::on(host))?;
        let follows = followed.endpoint.is_followed_by(&client).await;
        let follows = follows.map_err(WorkError::on(followed))?;
        if follows && client.report.status == ClientStatus::Active {
            found.push(client);
        }
    }
    Ok(found)
}

/// An active client of `followed` on `host` that is bound to none.
async fn unbound(host: Named<'_>, followed: Named<'_>) -> Result<Option<ClientId>, WorkError> {
    let clients = clients_of(host, followed).await?;
    Ok(clients.into_iter().find(|client| client.counterparty.is_none()).map(|client| client.id))
}

async fn register(
    host: Named<'_>,
    client: &ClientId,
    other: Named<'_>,
    other_client: &ClientId,
    patience: Duration,
) -> Result<(), WorkError> {
    let identity = other.endpoint.identity().await.map_err(WorkError::on(other))?;
    let counterparty = Counterparty { client_id: other_client.clone(), prefix: identity.prefix };
    let message = RegisterCounterparty { client_id: client.clone(), counterparty };
    execute(host, &[Message::RegisterCounterparty(message)], patience).await.map(|_| ())
}
