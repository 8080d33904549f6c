//! Setting up: transactions one by one, clients and counterparties.

use core::time::Duration;

use causeway_core::{
    ClientId, Counterparty, CreateClient, Message, RecoverClient, RegisterCounterparty, Response,
};
use causeway_relayer_endpoints::{
    ClientParameters, Endpoint, EndpointError, MessageOutcome, TransactionState,
};

use super::net::{Shared, sleep};

/// Signs, broadcasts and waits, for as long as it takes: chains may stand still meanwhile.
pub(crate) async fn execute(
    net: &Shared,
    endpoint: &dyn Endpoint,
    message: Message,
) -> Result<Response, String> {
    let said = |error: EndpointError| error.to_string();
    'signed: loop {
        let signed = match endpoint.sign(core::slice::from_ref(&message)).await {
            Ok(signed) => signed,
            Err(error @ EndpointError::Refused { .. }) => return Err(said(error)),
            Err(_) => {
                sleep(net, Duration::from_millis(500)).await;
                continue 'signed;
            }
        };
        let mut offer = endpoint.broadcast(&signed.raw).await;
        loop {
            match offer {
                Ok(_) | Err(EndpointError::Transport(_)) => {}
                Err(_) => {
                    endpoint.reconcile().await.map_err(said)?;
                    sleep(net, Duration::from_millis(500)).await;
                    continue 'signed;
                }
            }
            sleep(net, Duration::from_millis(500)).await;
            match endpoint.state(&signed.transaction).await {
                Ok(TransactionState::Executed(executed)) => {
                    return match executed.outcomes.into_iter().next() {
                        Some(MessageOutcome::Handled(response)) => Ok(response),
                        Some(MessageOutcome::Failed(reason)) => Err(reason),
                        None => Err("nothing became of it".into()),
                    };
                }
                Ok(TransactionState::Unknown) => offer = endpoint.broadcast(&signed.raw).await,
                Ok(TransactionState::Pending) | Err(_) => offer = Ok(signed.transaction.clone()),
            }
        }
    }
}

/// A client on `host` that begins where `followed` is now.
pub(crate) async fn create(
    net: &Shared,
    host: &dyn Endpoint,
    followed: &dyn Endpoint,
    trusting_period: Option<Duration>,
) -> Result<ClientId, String> {
    let parameters = ClientParameters {
        trusting_period,
        // Half of eleven blocks, and more: what the slowest chain's time lags by.
        max_clock_drift: Duration::from_mins(1),
    };
    let states = followed.new_client(&parameters).await.map_err(|error| error.to_string())?;
    let (client_state, consensus_state) = states;
    let message = Message::CreateClient(CreateClient { client_state, consensus_state });
    match execute(net, host, message).await? {
        Response::ClientCreated(id) => Ok(id),
        other => Err(format!("{other:?}")),
    }
}

/// The authority lets a client go on from another one.
pub(crate) async fn recover(
    net: &Shared,
    authority: &dyn Endpoint,
    subject: &ClientId,
    substitute: &ClientId,
) -> Result<(), String> {
    let (subject, substitute) = (subject.clone(), substitute.clone());
    let message = Message::RecoverClient(RecoverClient { subject, substitute });
    execute(net, authority, message).await.map(drop)
}

/// Waits until a chain has something to begin from.
async fn begun(net: &Shared, endpoint: &dyn Endpoint) {
    while !endpoint.observe().await.is_ok_and(|seen| seen.finalized.height() > 2) {
        sleep(net, Duration::from_millis(500)).await;
    }
}

/// A client on each side, bound to the other.
pub(crate) async fn connect(
    net: &Shared,
    ends: [&dyn Endpoint; 2],
    trusting_periods: [Option<Duration>; 2],
) -> [ClientId; 2] {
    let [a, b] = ends;
    begun(net, a).await;
    begun(net, b).await;
    let on_a = create(net, a, b, trusting_periods[1]).await.unwrap();
    let on_b = create(net, b, a, trusting_periods[0]).await.unwrap();
    let clients = [on_a, on_b];
    for (me, other) in [(0, 1), (1, 0)] {
        let prefix = ends[other].identity().await.unwrap().prefix;
        let counterparty = Counterparty { client_id: clients[other].clone(), prefix };
        let message = RegisterCounterparty { client_id: clients[me].clone(), counterparty };
        execute(net, ends[me], Message::RegisterCounterparty(message)).await.unwrap();
    }
    clients
}
