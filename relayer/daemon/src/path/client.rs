//! The clients of a path: what they are, and whether the chains they follow contradict them.

use causeway_core::{Any, Message, SubmitMisbehaviour};
use causeway_relayer_endpoints::{EndpointError, Executed, HostedClient, MessageOutcome};
use causeway_relayer_engine::{ClientStatus, Input, Side};
use tokio::sync::oneshot;

use super::{PathTask, Told};
use crate::chain::{Order, Trouble, within};
use crate::store::Write;

/// What is known of the client on one side.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// It is being compared with the chain that it follows.
    is_compared: bool,
    status: Option<ClientStatus>,
    /// Evidence that is on its way.
    is_accused: bool,
    /// Evidence that the chain refused last.
    refused: Option<Any>,
}

impl PathTask {
    /// Reads a client; then it is compared with the chain that it follows.
    pub(super) fn read_client(&mut self, side: Side) {
        let limit = self.answer;
        self.spawn(async move |ends| {
            let host = ends.get(side);
            match within(limit, host.chain.endpoint.client(&host.at.client)).await {
                Ok(hosted) => vec![Told::Client(side, Box::new(hosted))],
                Err(error) => {
                    let (chain, client) = (&*host.chain.alias, &host.at.client);
                    tracing::info!(code = error.code(), chain, %client, %error, "not read");
                    Vec::new()
                }
            }
        });
    }

    /// Compares a client with the chain that it follows, each time that it was read: what it
    /// accepted may be undone, or found to be forked, long after.
    fn compare(&mut self, side: Side, hosted: HostedClient) {
        let active = hosted.report.status == ClientStatus::Active;
        let watched = self.watched.get_mut(side);
        if !active || core::mem::replace(&mut watched.is_compared, true) {
            return;
        }
        let limit = self.answer;
        self.spawn(async move |ends| {
            let (host, followed) = (ends.get(side), ends.get(side.other()));
            let check = followed.chain.endpoint.cross_check(&hosted, &*host.chain.endpoint);
            let evidence = within(limit, check).await.unwrap_or_else(|error| {
                let (chain, client) = (&*followed.chain.alias, &host.at.client);
                tracing::info!(code = error.code(), chain, %client, %error, "not compared");
                None
            });
            vec![Told::Compared(side, evidence)]
        });
    }

    /// Submits evidence, if there is any.
    pub(super) fn compared(&mut self, side: Side, evidence: Option<Any>) {
        self.watched.get_mut(side).is_compared = false;
        if let Some(evidence) = evidence {
            self.found_evidence(side, evidence);
        }
    }

    pub(super) fn client_read(&mut self, side: Side, hosted: HostedClient) {
        let report = hosted.report;
        let (here, there) = (&self.ends.get(side).at, &self.ends.get(side.other()).at);
        let watched = self.watched.get_mut(side);
        if watched.status.replace(report.status) != Some(report.status) {
            let (chain, client, status) = (&here.chain, &here.client, report.status);
            match status {
                ClientStatus::Active => tracing::debug!(code = "client_active", chain, %client),
                ClientStatus::Expired | ClientStatus::Frozen => tracing::error!(
                    code = "client_stranded", chain, %client, ?status,
                    "packets wait until the chain's authority recovers the client"
                ),
            }
        }
        let counterparty = hosted.counterparty.as_ref().map(|it| &it.client_id);
        let trouble = match counterparty {
            Some(client) if *client == there.client => None,
            Some(client) => Some(format!("it belongs to {client}, not to {}", there.client)),
            None => Some("no counterparty is registered for it: create the path".to_owned()),
        };
        let trouble = trouble.map(|reason| Trouble {
            code: "path_not_registered",
            reason: format!("{} on {}: {reason}", here.client, here.chain),
        });
        self.view.send_if_modified(|view| {
            let before = view.clients.get_mut(side).replace(report);
            let other = trouble.is_some() && view.trouble != trouble;
            if other {
                view.trouble = trouble;
            }
            other || before != Some(report)
        });
        self.handle(Input::Client { side, report });
        self.compare(side, hosted);
    }

    /// Writes evidence down, and submits it: one at a time, and not again what was refused.
    fn found_evidence(&mut self, side: Side, evidence: Any) {
        let watched = self.watched.get_mut(side);
        if watched.is_accused || watched.refused.as_ref() == Some(&evidence) {
            return;
        }
        watched.is_accused = true;
        let here = &self.ends.get(side).at;
        let (chain, client) = (here.chain.clone(), here.client.clone());
        tracing::error!(code = "misbehaviour_found", chain, %client, "evidence is submitted");
        self.writes.push(Write::Evidence {
            chain,
            client: client.to_string(),
            evidence: (evidence.type_url.clone(), evidence.value.clone()),
            at: self.now().nanos(),
        });
        let message = SubmitMisbehaviour { client_id: client, misbehaviour: evidence.clone() };
        let (done, outcome) = oneshot::channel();
        let messages = vec![Message::SubmitMisbehaviour(message)];
        let order = Order::Execute { messages, done };
        if self.ends.get(side).chain.outbox.try_send(order).is_err() {
            self.watched.get_mut(side).is_accused = false;
            return;
        }
        let path = self.path.clone();
        self.spawn(async move |_| {
            let refused = match outcome.await {
                Ok(Ok(executed)) => refusal(&executed),
                Ok(Err(EndpointError::Refused { reason, .. })) => Some(reason),
                // Nobody can say: it is found again, if it is needed still.
                Ok(Err(_)) | Err(_) => return vec![Told::Accused(side, None)],
            };
            let Some(reason) = refused else {
                tracing::warn!(code = "misbehaviour_submitted", %path);
                return vec![Told::Accused(side, None)];
            };
            tracing::error!(code = "misbehaviour_refused", %path, reason);
            vec![Told::Accused(side, Some(evidence))]
        });
    }

    /// Evidence is not on its way any more.
    pub(super) fn accused(&mut self, side: Side, refused: Option<Any>) {
        let watched = self.watched.get_mut(side);
        watched.is_accused = false;
        watched.refused = refused.or(watched.refused.take());
        self.read_client(side);
    }
}

/// Why the only message of a transaction failed, if it did.
fn refusal(executed: &Executed) -> Option<String> {
    executed.outcomes.iter().find_map(|outcome| match outcome {
        MessageOutcome::Failed(reason) => Some(reason.clone()),
        MessageOutcome::Handled(_) => None,
    })
}
