//! Telling every client of a chain that the chain has contradicted itself.
//!
//! Whoever finds a contradiction says so here. It is written down, told to the client that has seen
//! it, and to every other client of that chain on the chains that are known: each once.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use causeway_core::{Any, ClientId, Message, Recourse, SubmitMisbehaviour};
use causeway_relayer_endpoints::{EndpointError, Executed, MessageOutcome, Transaction};
use causeway_relayer_engine::ClientStatus;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::chain::{Chain, Order, stopped, within};
use crate::clock::Clock;
use crate::store::{Store, Write};

/// The first pause before evidence is offered again that could not be; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_secs(5);

/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// Evidence against a chain, for one client of it.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The chain that contradicted itself.
    pub(crate) follows: String,
    /// The chain that hosts the client.
    pub(crate) host: String,
    /// The client.
    pub(crate) client: ClientId,
    /// The evidence, as that client takes it.
    pub(crate) evidence: Any,
}

/// Names evidence for one client.
type Name = (String, ClientId, Vec<u8>);

/// What work on evidence has come to.
enum Told {
    /// There is another client of that chain.
    Also(Found),
    /// It is over, with this result.
    Over(Found, String),
}

/// The task that brings evidence to clients.
pub(crate) struct Accuser {
    chains: BTreeMap<String, Chain>,
    store: Store,
    clock: Clock,
    answer: Duration,
    known: BTreeSet<Name>,
    /// Clients that are being told.
    busy: BTreeSet<(String, ClientId)>,
    work: JoinSet<Vec<Told>>,
}

impl Accuser {
    pub(crate) fn new(
        chains: &BTreeMap<String, Chain>,
        store: &Store,
        clock: Clock,
        answer: Duration,
    ) -> Self {
        Self {
            chains: chains.clone(),
            store: store.clone(),
            clock,
            answer,
            known: BTreeSet::new(),
            busy: BTreeSet::new(),
            work: JoinSet::new(),
        }
    }

    /// Brings what is found to clients, until `stop` says so; first what an earlier daemon has left
    /// undone.
    pub(crate) async fn run(
        mut self,
        mut found: mpsc::UnboundedReceiver<Found>,
        mut stop: watch::Receiver<bool>,
    ) {
        self.resume().await;
        loop {
            tokio::select! {
                () = stopped(&mut stop) => return,
                Some(found) = found.recv() => self.accuse(found, true).await,
                Some(Ok(told)) = self.work.join_next() => for told in told {
                    match told {
                        Told::Also(found) => self.accuse(found, false).await,
                        Told::Over(found, result) => self.over(found, result).await,
                    }
                },
            }
        }
    }

    async fn resume(&mut self) {
        let rows = self.store.evidence().await.unwrap_or_default();
        for row in rows {
            let Ok(client) = ClientId::new(row.client) else { continue };
            let (type_url, value) = row.evidence;
            let evidence = Any { type_url, value };
            self.known.insert((row.chain.clone(), client.clone(), evidence.value.clone()));
            if row.result.is_none() {
                let (follows, host) = (String::new(), row.chain);
                self.submit(Found { follows, host, client, evidence });
            }
        }
    }

    /// Writes evidence down and submits it, unless that was done before. What is new is shown to
    /// the other clients of that chain, too.
    async fn accuse(&mut self, found: Found, spread: bool) {
        let place = (found.host.clone(), found.client.clone());
        let name = (found.host.clone(), found.client.clone(), found.evidence.value.clone());
        if self.busy.contains(&place) || !self.known.insert(name) {
            return;
        }
        let Found { follows, host, client, evidence } = &found;
        tracing::error!(
            code = "misbehaviour_found", chain = follows, host, %client,
            "the chain contradicts itself: evidence is submitted"
        );
        let written = Write::Evidence {
            chain: host.clone(),
            client: client.to_string(),
            evidence: (evidence.type_url.clone(), evidence.value.clone()),
            at: self.clock.now().nanos(),
        };
        self.write(written).await;
        if spread && let Some(followed) = self.chains.get(follows) {
            for (alias, chain) in self.chains.iter().filter(|(alias, _)| *alias != follows) {
                let (host, alias) = (chain.clone(), alias.clone());
                let look = others(host, alias, followed.clone(), found.clone(), self.answer);
                self.work.spawn(look);
            }
        }
        self.submit(found);
    }

    fn submit(&mut self, found: Found) {
        let Some(host) = self.chains.get(&found.host).cloned() else { return };
        self.busy.insert((found.host.clone(), found.client.clone()));
        self.work.spawn(async move {
            let result = submit(&host, &found).await;
            vec![Told::Over(found, result)]
        });
    }

    async fn over(&mut self, found: Found, result: String) {
        let Found { host, client, evidence, .. } = found;
        tracing::warn!(code = "misbehaviour_over", host, %client, result);
        self.busy.remove(&(host.clone(), client.clone()));
        let evidence = (evidence.type_url, evidence.value);
        let client = client.to_string();
        self.write(Write::EvidenceOver { chain: host, client, evidence, result }).await;
    }

    async fn write(&self, write: Write) {
        if let Err(error) = self.store.commit(vec![write]).await {
            tracing::error!(code = "store_failed", %error, "evidence is not on record");
        }
    }
}

/// The other active clients of a chain on one host. What the chain itself shows against such a
/// client is best; otherwise what was found already has to do.
async fn others(
    host: Chain,
    alias: String,
    followed: Chain,
    found: Found,
    answer: Duration,
) -> Vec<Told> {
    let mut told = Vec::new();
    let ids = within(answer, host.endpoint.clients()).await.unwrap_or_default();
    for id in ids.into_iter().filter(|id| alias != found.host || *id != found.client) {
        let Ok(hosted) = within(answer, host.endpoint.client(&id)).await else { continue };
        let follows = within(answer, followed.endpoint.is_followed_by(&hosted)).await;
        if hosted.report.status != ClientStatus::Active || follows != Ok(true) {
            continue;
        }
        let check = followed.endpoint.cross_check(&hosted, &*host.endpoint);
        let own = within(answer, check).await;
        let evidence = own.ok().flatten().unwrap_or_else(|| found.evidence.clone());
        let (follows, place) = (found.follows.clone(), alias.clone());
        told.push(Told::Also(Found { follows, host: place, client: id, evidence }));
    }
    told
}

/// Submits evidence until the chain takes it, or says for good that it does not.
async fn submit(host: &Chain, found: &Found) -> String {
    let mut pause = FIRST_PAUSE;
    loop {
        match offer(host, found).await {
            Ok((transaction, executed)) => {
                let failed = executed.outcomes.into_iter().find_map(|outcome| match outcome {
                    MessageOutcome::Failed(reason) => Some(reason),
                    MessageOutcome::Handled(_) => None,
                });
                return failed.map_or(transaction.0, |reason| format!("refused: {reason}"));
            }
            Err(error) if is_final(&error) => return error.to_string(),
            Err(error) => {
                let (chain, code) = (&*host.alias, error.code());
                tracing::warn!(code, chain, %error, "evidence is offered again");
            }
        }
        sleep(pause).await;
        pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
    }
}

const fn is_final(error: &EndpointError) -> bool {
    match error {
        EndpointError::Refused { recourse, .. } => {
            matches!(recourse, Recourse::Reject | Recourse::Halt)
        }
        EndpointError::TooLarge { .. } | EndpointError::Unsupported { .. } => true,
        EndpointError::Transport(_)
        | EndpointError::Nonsense { .. }
        | EndpointError::Missing { .. }
        | EndpointError::Unfunded { .. } => false,
    }
}

async fn offer(host: &Chain, found: &Found) -> Result<(Transaction, Executed), EndpointError> {
    let (client_id, misbehaviour) = (found.client.clone(), found.evidence.clone());
    let message = SubmitMisbehaviour { client_id, misbehaviour };
    let messages: Arc<[Message]> = Arc::new([Message::SubmitMisbehaviour(message)]);
    let (done, outcome) = oneshot::channel();
    let gone = || EndpointError::Missing { what: "account", reason: "it has stopped".into() };
    let order = Order::Execute { messages, done };
    host.outbox.send(order).await.map_err(|_| gone())?;
    outcome.await.map_err(|_| gone())?
}
