//! Setting up: transactions one by one, clients and counterparties.

use core::time::Duration;

use causeway_core::{
    ClientId, Counterparty, CreateClient, Message, RegisterCounterparty, Response,
};
use causeway_relayer_endpoints::{
    ClientParameters, Endpoint, EndpointError, MessageOutcome, TransactionState,
};

use super::net::{Shared, sleep};

/// Signs, broadcasts and waits.
pub(crate) async fn execute(
    net: &Shared,
    endpoint: &dyn Endpoint,
    message: Message,
) -> Result<Response, String> {
    let said = |error: EndpointError| error.to_string();
    let signed = endpoint.sign(&[message]).await.map_err(said)?;
    endpoint.broadcast(&signed.raw).await.map_err(said)?;
    for _ in 0..240 {
        match endpoint.state(&signed.transaction).await.map_err(said)? {
            TransactionState::Executed(executed) => {
                return match executed.outcomes.into_iter().next() {
                    Some(MessageOutcome::Handled(response)) => Ok(response),
                    Some(MessageOutcome::Failed(reason)) => Err(reason),
                    None => Err("nothing became of it".into()),
                };
            }
            TransactionState::Pending | TransactionState::Unknown => {
                sleep(net, Duration::from_millis(500)).await;
            }
        }
    }
    Err(format!("{} is in no block", signed.transaction.0))
}

async fn create(net: &Shared, host: &dyn Endpoint, followed: &dyn Endpoint) -> ClientId {
    let parameters = ClientParameters {
        trusting_period: None,
        // Half of eleven blocks, and more: what the slowest chain's time lags by.
        max_clock_drift: Duration::from_mins(1),
    };
    let (client_state, consensus_state) = followed.new_client(&parameters).await.unwrap();
    let message = Message::CreateClient(CreateClient { client_state, consensus_state });
    match execute(net, host, message).await.unwrap() {
        Response::ClientCreated(id) => id,
        other => panic!("{other:?}"),
    }
}

/// Waits until a chain has something to begin from.
async fn begun(net: &Shared, endpoint: &dyn Endpoint) {
    while !endpoint.observe().await.is_ok_and(|seen| seen.finalized.height() > 2) {
        sleep(net, Duration::from_millis(500)).await;
    }
}

/// A client on each side, bound to the other.
pub(crate) async fn connect(net: &Shared, ends: [&dyn Endpoint; 2]) -> [ClientId; 2] {
    let [a, b] = ends;
    begun(net, a).await;
    begun(net, b).await;
    let clients = [create(net, a, b).await, create(net, b, a).await];
    for (me, other) in [(0, 1), (1, 0)] {
        let prefix = ends[other].identity().await.unwrap().prefix;
        let counterparty = Counterparty { client_id: clients[other].clone(), prefix };
        let message = RegisterCounterparty { client_id: clients[me].clone(), counterparty };
        execute(net, ends[me], Message::RegisterCounterparty(message)).await.unwrap();
    }
    clients
}
