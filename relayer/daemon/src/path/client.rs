//! The clients of a path: what they are, and whether the chains they follow contradict them.

use causeway_core::{Any, Height, Message, SubmitMisbehaviour};
use causeway_relayer_endpoints::HostedClient;
use causeway_relayer_engine::{ClientStatus, Input, Side};
use tokio::sync::oneshot;

use super::{PathTask, Told};
use crate::chain::{Order, Trouble, within};
use crate::store::Write;

/// What is known of the client on one side.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// Its newest height that was compared with the chain that it follows.
    checked: Option<Height>,
    status: Option<ClientStatus>,
    /// Evidence that was submitted last.
    evidence: Option<Any>,
}

impl PathTask {
    /// Reads a client, and compares what is new in it with the chain that it follows.
    pub(super) fn read_client(&mut self, side: Side) {
        let limit = self.answer;
        let checked = self.watched.get(side).checked;
        self.spawn(async move |ends| {
            let (host, followed) = (ends.get(side), ends.get(side.other()));
            let read = within(limit, host.chain.endpoint.client(&host.at.client)).await;
            let hosted = match read {
                Ok(hosted) => hosted,
                Err(error) => {
                    let (chain, client) = (&*host.chain.alias, &host.at.client);
                    tracing::info!(code = error.code(), chain, %client, %error, "not read");
                    return Vec::new();
                }
            };
            let active = hosted.report.status == ClientStatus::Active;
            let mut told = Vec::new();
            if active && checked != Some(hosted.report.latest) {
                let check = within(limit, followed.chain.endpoint.cross_check(&hosted)).await;
                if let Ok(Some(evidence)) = check {
                    told.push(Told::Evidence(side, evidence));
                }
            }
            told.insert(0, Told::Client(side, Box::new(hosted)));
            told
        });
    }

    pub(super) fn client_read(&mut self, side: Side, hosted: &HostedClient) {
        let report = hosted.report;
        let (here, there) = (&self.ends.get(side).at, &self.ends.get(side.other()).at);
        let watched = self.watched.get_mut(side);
        watched.checked = Some(report.latest);
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
    }

    /// Writes evidence down, and submits it.
    pub(super) fn found_evidence(&mut self, side: Side, evidence: Any) {
        let watched = self.watched.get_mut(side);
        if watched.evidence.as_ref() == Some(&evidence) {
            return;
        }
        watched.evidence = Some(evidence.clone());
        let here = &self.ends.get(side).at;
        let (chain, client) = (here.chain.clone(), here.client.clone());
        tracing::error!(code = "misbehaviour_found", chain, %client, "evidence is submitted");
        self.writes.push(Write::Evidence {
            chain,
            client: client.to_string(),
            evidence: (evidence.type_url.clone(), evidence.value.clone()),
            at: self.now().nanos(),
        });
        let message = SubmitMisbehaviour { client_id: client, misbehaviour: evidence };
        let (done, outcome) = oneshot::channel();
        let messages = vec![Message::SubmitMisbehaviour(message)];
        let order = Order::Execute { messages, done };
        if self.ends.get(side).chain.outbox.try_send(order).is_err() {
            self.watched.get_mut(side).evidence = None;
            return;
        }
        let path = self.path.clone();
        self.spawn(async move |_| {
            match outcome.await {
                Ok(Ok(_)) => tracing::warn!(code = "misbehaviour_submitted", %path),
                Ok(Err(error)) => tracing::error!(code = "misbehaviour_refused", %path, %error),
                Err(_) => {}
            }
            Vec::new()
        });
    }
}
