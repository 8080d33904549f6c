//! Making a path: a client on each side, and each bound to the other.

use core::time::Duration;
use std::collections::BTreeMap;

use causeway_core::{
    ClientId, Counterparty, CreateClient, Message, RegisterCounterparty, Response,
};
use causeway_relayer_endpoints::{ClientParameters, EndpointError, HostedClient};
use causeway_relayer_engine::ClientStatus;
use futures_util::future::try_join_all;

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

/// A path that is to be.
#[derive(Clone, Debug)]
pub struct NewPath<'a> {
    /// The first chain.
    pub a: Named<'a>,
    /// The second chain.
    pub b: Named<'a>,
    /// What its maker chooses.
    pub parameters: PathParameters,
}

/// Creates what a path between two chains still lacks. Where one is there already, whole and
/// active, that is the answer; a half that an interrupted run has left is used.
pub async fn create_path(
    a: Named<'_>,
    b: Named<'_>,
    parameters: &PathParameters,
) -> Result<Path, WorkError> {
    let wanted = [NewPath { a, b, parameters: parameters.clone() }];
    let mut paths = create_paths(&wanted).await?;
    paths.pop().ok_or_else(|| WorkError::unexpected(a, "no path came of it"))
}

/// The same for several paths, with one transaction a chain for all clients that are missing, and
/// one for all counterparties. The paths come in the order in which they were wanted.
pub async fn create_paths(wanted: &[NewPath<'_>]) -> Result<Vec<Path>, WorkError> {
    let patience = wanted.iter().map(|it| it.parameters.patience).max().unwrap_or_default();
    let mut ends = Vec::new();
    for NewPath { a, b, parameters } in wanted {
        let (on_a, on_b) = best_half(clients_of(*a, *b).await?, clients_of(*b, *a).await?);
        ends.push(End::new((*a, *b), &parameters.client_on_a, on_a));
        ends.push(End::new((*b, *a), &parameters.client_on_b, on_b));
    }
    let mut creations = Vec::new();
    for (number, end) in ends.iter().enumerate().filter(|(_, end)| end.client.is_none()) {
        creations.push((number, end.host, end.creation().await?));
    }
    for (number, response) in execute_all(creations, patience).await? {
        let Some(end) = ends.get_mut(number) else { continue };
        match response {
            Response::ClientCreated(id) => end.client = Some(id),
            other => {
                let reason = format!("it answered the creation of a client with {other:?}");
                return Err(WorkError::unexpected(end.host, reason));
            }
        }
    }
    let mut registrations = Vec::new();
    for (number, end) in ends.iter().enumerate().filter(|(_, end)| !end.is_bound) {
        let other = ends.get(number ^ 1).and_then(|other| other.client.as_ref());
        if let (Some(own), Some(other)) = (&end.client, other) {
            registrations.push((number, end.host, end.registration(own, other).await?));
        }
    }
    execute_all(registrations, patience).await?;
    let clients = |pair: &[End<'_>]| match pair {
        [a, b] => Some(path_of(a.host, a.client.clone()?, b.host, b.client.clone()?)),
        _ => None,
    };
    Ok(ends.chunks(2).filter_map(clients).collect())
}

/// One end of a path that is to be.
struct End<'a> {
    host: Named<'a>,
    followed: Named<'a>,
    parameters: &'a ClientParameters,
    client: Option<ClientId>,
    is_bound: bool,
}

impl<'a> End<'a> {
    fn new(
        (host, followed): (Named<'a>, Named<'a>),
        parameters: &'a ClientParameters,
        there: Option<HostedClient>,
    ) -> Self {
        let is_bound = there.as_ref().is_some_and(|client| client.counterparty.is_some());
        Self { host, followed, parameters, client: there.map(|client| client.id), is_bound }
    }

    async fn creation(&self) -> Result<Message, WorkError> {
        let start = self.followed.endpoint.new_client(self.parameters).await;
        let (client_state, consensus_state) = start.map_err(WorkError::on(self.followed))?;
        Ok(Message::CreateClient(CreateClient { client_state, consensus_state }))
    }

    async fn registration(&self, own: &ClientId, other: &ClientId) -> Result<Message, WorkError> {
        let identity = self.followed.endpoint.identity().await;
        let prefix = identity.map_err(WorkError::on(self.followed))?.prefix;
        let counterparty = Counterparty { client_id: other.clone(), prefix };
        let message = RegisterCounterparty { client_id: own.clone(), counterparty };
        Ok(Message::RegisterCounterparty(message))
    }
}

/// Executes messages, each with a number by which its response is known: one transaction a chain,
/// all chains at once.
async fn execute_all(
    messages: Vec<(usize, Named<'_>, Message)>,
    patience: Duration,
) -> Result<Vec<(usize, Response)>, WorkError> {
    let mut by_host: BTreeMap<&str, (Named<'_>, Vec<usize>, Vec<Message>)> = BTreeMap::new();
    for (number, host, message) in messages {
        let (_, numbers, messages) =
            by_host.entry(host.alias).or_insert_with(|| (host, Vec::new(), Vec::new()));
        numbers.push(number);
        messages.push(message);
    }
    let on_hosts = by_host.into_values().map(|(host, numbers, messages)| async move {
        let (_, responses) = execute(host, &messages, patience).await?;
        if responses.len() != numbers.len() {
            let (got, of) = (responses.len(), numbers.len());
            return Err(WorkError::unexpected(host, format!("{got} answers to {of} messages")));
        }
        Ok(numbers.into_iter().zip(responses).collect::<Vec<_>>())
    });
    Ok(try_join_all(on_hosts).await?.into_iter().flatten().collect())
}

/// Of the clients of each other that two chains have, those that belong together, or that can be
/// bound to each other: the more is done already the better, then the oldest.
fn best_half(
    on_a: Vec<HostedClient>,
    on_b: Vec<HostedClient>,
) -> (Option<HostedClient>, Option<HostedClient>) {
    let fits = |client: &HostedClient, other: &HostedClient| {
        client.counterparty.as_ref().is_none_or(|it| it.client_id == other.id)
    };
    let unbound = |client: &HostedClient| usize::from(client.counterparty.is_none());
    let pairs = on_a.iter().flat_map(|a| on_b.iter().map(move |b| (a, b)));
    let best = pairs
        .filter(|(a, b)| fits(a, b) && fits(b, a))
        .min_by_key(|(a, b)| unbound(a).saturating_add(unbound(b)));
    if let Some((a, b)) = best {
        return (Some(a.clone()), Some(b.clone()));
    }
    let free = |clients: Vec<HostedClient>| {
        clients.into_iter().find(|client| client.counterparty.is_none())
    };
    (free(on_a), free(on_b))
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
        let client = match host.endpoint.client(&id).await {
            Ok(client) => client,
            Err(error @ EndpointError::Transport(_)) => return Err(WorkError::on(host)(error)),
            // Clients of other types are other people's business.
            Err(error) => {
                tracing::debug!(chain = host.alias, client = %id, %error, "passed over");
                continue;
            }
        };
        let follows = followed.endpoint.is_followed_by(&client).await;
        let follows = follows.map_err(WorkError::on(followed))?;
        if follows && client.report.status == ClientStatus::Active {
            found.push(client);
        }
    }
    Ok(found)
}
