//! Clients, one by one.

use core::time::Duration;

use causeway_core::{
    Any, ClientId, Height, Message, RecoverClient, SubmitMisbehaviour, Timestamp, UpdateClient,
};
use causeway_relayer_endpoints::{HostedClient, Transaction};

use super::{Named, WorkError, execute};

/// A client, and the chain that it follows, where that is one of those that were asked.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientInfo {
    /// The chain that hosts it.
    pub host: String,
    /// The chain that it follows.
    pub follows: Option<String>,
    /// The client.
    pub client: HostedClient,
}

/// All clients on a chain, and which of `others` they follow.
pub async fn list_clients(
    host: Named<'_>,
    others: &[Named<'_>],
) -> Result<Vec<ClientInfo>, WorkError> {
    let mut infos = Vec::new();
    for id in host.endpoint.clients().await.map_err(WorkError::on(host))? {
        infos.push(read_client(host, &id, others).await?);
    }
    Ok(infos)
}

/// One client on a chain, and which of `others` it follows.
pub async fn read_client(
    host: Named<'_>,
    id: &ClientId,
    others: &[Named<'_>],
) -> Result<ClientInfo, WorkError> {
    let client = host.endpoint.client(id).await.map_err(WorkError::on(host))?;
    let mut follows = None;
    for other in others.iter().filter(|other| other.alias != host.alias) {
        // A chain that does not answer hides only its own name.
        if other.endpoint.is_followed_by(&client).await == Ok(true) {
            follows = Some(other.alias.to_owned());
            break;
        }
    }
    Ok(ClientInfo { host: host.alias.to_owned(), follows, client })
}

/// Brings a client to the newest final height of the chain that it follows; gives that height, and
/// no transaction where the client was there already.
pub async fn update_client(
    host: Named<'_>,
    client: &ClientId,
    followed: Named<'_>,
    patience: Duration,
) -> Result<(Height, Option<Transaction>), WorkError> {
    let hosted = host.endpoint.client(client).await.map_err(WorkError::on(host))?;
    let update = followed
        .endpoint
        .update(&hosted, Height::new(0, 0), Timestamp::default(), true)
        .await
        .map_err(WorkError::on(followed))?;
    let mut last = None;
    for client_message in update.messages {
        let message = UpdateClient { client_id: client.clone(), client_message };
        let (transaction, _) = execute(host, &[Message::UpdateClient(message)], patience).await?;
        last = Some(transaction);
    }
    Ok((update.height, last))
}

/// Submits evidence against the chain that a client follows; found by comparing the client with
/// that chain where none is given. `None` when there is none.
pub async fn submit_misbehaviour(
    host: Named<'_>,
    client: &ClientId,
    followed: Named<'_>,
    evidence: Option<Any>,
    patience: Duration,
) -> Result<Option<Transaction>, WorkError> {
    let evidence = match evidence {
        Some(evidence) => Some(evidence),
        None => {
            let hosted = host.endpoint.client(client).await.map_err(WorkError::on(host))?;
            let check = followed.endpoint.cross_check(&hosted, host.endpoint).await;
            check.map_err(WorkError::on(followed))?
        }
    };
    let Some(misbehaviour) = evidence else { return Ok(None) };
    let message = SubmitMisbehaviour { client_id: client.clone(), misbehaviour };
    let messages = [Message::SubmitMisbehaviour(message)];
    execute(host, &messages, patience).await.map(|(transaction, _)| Some(transaction))
}

/// Lets a frozen or expired client go on from where `substitute` is. The endpoint's account is the
/// chain's authority.
pub async fn recover_client(
    host: Named<'_>,
    subject: &ClientId,
    substitute: &ClientId,
    patience: Duration,
) -> Result<Transaction, WorkError> {
    let message = RecoverClient { subject: subject.clone(), substitute: substitute.clone() };
    let messages = [Message::RecoverClient(message)];
    execute(host, &messages, patience).await.map(|(transaction, _)| transaction)
}
