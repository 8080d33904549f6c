//! The clients of a path: what they are, and what the chains that they follow say to that.

use core::time::Duration;

use causeway_core::{Any, ClientId};
use causeway_relayer_endpoints::{EndpointError, HostedClient};
use causeway_relayer_engine::{ClientReport, ClientStatus, Input, PerSide, Side};
use tokio::time::Instant;

use super::{End, PathTask, Told};
use crate::chain::{Trouble, within};
use crate::config::PathEnd;
use crate::evidence::Found;

/// A client is read when its host has a new block, but not more often than this.
const READ_EVERY: Duration = Duration::from_secs(1);

/// How often it is asked whether anything leads on from an active client, unless there is reason
/// to doubt it.
const DOUBT_EVERY: Duration = Duration::from_secs(30);

/// What is known of the client on one side.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// As its host has it.
    last: Option<ClientReport>,
    counterparty: Option<ClientId>,
    /// Whether it follows the chain on the other side, once that was asked.
    follows: Option<bool>,
    /// Why nothing leads on from it.
    stranded: Option<String>,
    status: Option<ClientStatus>,
    /// When it was last read, or is being read since.
    read: Option<Instant>,
    is_read: bool,
    /// It is to be read again as soon as this reading is over.
    again: bool,
    /// When it was last compared with the chain that it follows, or is since.
    compared: Option<Instant>,
    is_compared: bool,
    /// When it was last asked whether anything leads on from it; `None` where that is in doubt.
    doubted: Option<Instant>,
}

/// What the chain that a client follows says of it.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    follows: Option<bool>,
    evidence: Option<Any>,
    /// Why nothing leads on from it, where that was asked.
    stranded: Option<Option<String>>,
}

impl PathTask {
    /// Reads a client, now and then.
    pub(super) fn glance_at_client(&mut self, side: Side) {
        let watched = self.watched.get(side);
        if watched.read.is_none_or(|at| at.elapsed() >= READ_EVERY) && !watched.is_read {
            self.read_client(side);
        }
    }

    /// Work with a client has failed: perhaps nothing leads on from it.
    pub(super) fn doubt_client(&mut self, side: Side) {
        self.watched.get_mut(side).doubted = None;
        self.glance_at_client(side);
    }

    /// Reads a client; then it is compared with the chain that it follows.
    pub(super) fn read_client(&mut self, side: Side) {
        let watched = self.watched.get_mut(side);
        if watched.is_read {
            watched.again = true;
            return;
        }
        (watched.is_read, watched.read) = (true, Some(Instant::now()));
        let limit = self.answer;
        self.spawn(async move |ends| {
            let host = ends.get(side);
            let read = within(limit, host.chain.endpoint.client(&host.at.client)).await;
            let read = read.inspect_err(|error| {
                let (chain, client) = (&*host.chain.alias, &host.at.client);
                tracing::info!(code = error.code(), chain, %client, %error, "not read");
            });
            vec![Told::Client(side, read.ok().map(Box::new))]
        });
    }

    pub(super) fn client_read(&mut self, side: Side, read: Option<Box<HostedClient>>) {
        let watched = self.watched.get_mut(side);
        watched.is_read = false;
        let again = core::mem::take(&mut watched.again);
        if let Some(hosted) = read {
            watched.last = Some(hosted.report);
            watched.counterparty = hosted.counterparty.as_ref().map(|it| it.client_id.clone());
            self.show_client(side);
            self.compare(side, *hosted);
        }
        if again {
            self.read_client(side);
        }
    }

    /// Compares a client with the chain that it follows, again and again: what it accepted may be
    /// undone, or found to be forked, long after.
    fn compare(&mut self, side: Side, hosted: HostedClient) {
        let (every, now) = (self.check_every, Instant::now());
        let watched = self.watched.get_mut(side);
        let is_due = watched.compared.is_none_or(|at| at.elapsed() >= every);
        let is_active = hosted.report.status == ClientStatus::Active;
        if watched.is_compared || !is_active || !(is_due || watched.doubted.is_none()) {
            return;
        }
        (watched.is_compared, watched.compared) = (true, Some(now));
        let is_stranded = watched.stranded.is_some();
        let doubt = is_stranded || watched.doubted.is_none_or(|at| at.elapsed() >= DOUBT_EVERY);
        if doubt {
            watched.doubted = Some(now);
        }
        let identity = watched.follows != Some(true);
        let limit = self.answer;
        self.spawn(async move |ends| {
            let (host, followed) = (ends.get(side), ends.get(side.other()));
            let comparison = compare(host, followed, &hosted, (identity, doubt), limit).await;
            vec![Told::Compared(side, comparison)]
        });
    }

    pub(super) fn compared(&mut self, side: Side, comparison: Comparison) {
        let Comparison { follows, evidence, stranded } = comparison;
        let watched = self.watched.get_mut(side);
        watched.is_compared = false;
        watched.follows = follows.or(watched.follows);
        if let Some(stranded) = stranded {
            watched.stranded = stranded;
        }
        if let Some(evidence) = evidence {
            let (here, there) = (&self.ends.get(side).at, &self.ends.get(side.other()).at);
            let (follows, host) = (there.chain.clone(), here.chain.clone());
            let client = here.client.clone();
            // Nobody listens when the daemon stops.
            let _ = self.accuser.send(Found { follows, host, client, evidence });
        }
        self.show_client(side);
    }

    /// Tells everybody how a client is.
    fn show_client(&mut self, side: Side) {
        let ends = self.ends.clone();
        let (here, there) = (&ends.get(side).at, &ends.get(side.other()).at);
        let watched = self.watched.get_mut(side);
        let Some(mut report) = watched.last else { return };
        if report.status == ClientStatus::Active && watched.stranded.is_some() {
            report.status = ClientStatus::Stranded;
        }
        if watched.status.replace(report.status) != Some(report.status) {
            let (chain, client, status) = (&here.chain, &here.client, report.status);
            let reason = &watched.stranded;
            if status == ClientStatus::Active {
                tracing::debug!(code = "client_active", chain, %client);
            } else {
                tracing::error!(
                    code = "client_unusable", chain, %client, ?status, reason,
                    "packets wait until the chain's authority recovers the client"
                );
            }
        }
        let trouble = trouble(watched, report.status, (here, there));
        let stranded = &watched.stranded;
        self.view.send_if_modified(|view| {
            let before = view.clients.get_mut(side).replace(report);
            let other = view.stranded.get(side) != stranded;
            view.stranded.get_mut(side).clone_from(stranded);
            other || before != Some(report)
        });
        *self.troubles.clients.get_mut(side) = trouble;
        self.show_trouble();
        self.handle(Input::Client { side, report });
    }
}

/// What is wrong with a client, in words.
fn trouble(
    watched: &Watched,
    status: ClientStatus,
    (here, there): (&PathEnd, &PathEnd),
) -> Option<Trouble> {
    let (code, reason) = match (status, &watched.counterparty) {
        _ if watched.follows == Some(false) => {
            ("client_follows_another", format!("it does not follow {}", there.chain))
        }
        (ClientStatus::Frozen, _) => ("client_frozen", "it is frozen: recover it".to_owned()),
        (ClientStatus::Expired, _) => ("client_expired", "it has expired: recover it".to_owned()),
        (ClientStatus::Stranded, _) => {
            let why = watched.stranded.as_deref().unwrap_or("nothing leads on from it");
            ("client_stranded", format!("{why}: recover it"))
        }
        (ClientStatus::Active, Some(client)) if *client == there.client => return None,
        (ClientStatus::Active, Some(client)) => {
            ("path_not_registered", format!("it belongs to {client}, not to {}", there.client))
        }
        (ClientStatus::Active, None) => (
            "path_not_registered",
            "no counterparty is registered for it: create the path".to_owned(),
        ),
    };
    Some(Trouble { code, reason: format!("{} on {}: {reason}", here.client, here.chain) })
}

async fn compare(
    host: &End,
    followed: &End,
    hosted: &HostedClient,
    (identity, doubt): (bool, bool),
    limit: Duration,
) -> Comparison {
    let endpoint = &followed.chain.endpoint;
    let unsaid = |error: &EndpointError| {
        let (chain, client) = (&*followed.chain.alias, &host.at.client);
        tracing::info!(code = error.code(), chain, %client, %error, "not compared");
    };
    let mut comparison = Comparison::default();
    if identity {
        let follows = within(limit, endpoint.is_followed_by(hosted)).await;
        comparison.follows = follows.inspect_err(unsaid).ok();
        if comparison.follows == Some(false) {
            return comparison;
        }
    }
    let check = within(limit, endpoint.cross_check(hosted, &*host.chain.endpoint)).await;
    comparison.evidence = check.inspect_err(unsaid).ok().flatten();
    if doubt {
        comparison.stranded = within(limit, endpoint.stranded(hosted)).await.ok();
    }
    comparison
}

/// What is in the way of a path, by whose doing.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    /// What is to be kept can't be.
    pub(super) store: Option<Trouble>,
    /// The client on a side.
    pub(super) clients: PerSide<Option<Trouble>>,
}

impl Troubles {
    pub(super) fn first(&self) -> Option<Trouble> {
        let PerSide { a, b } = &self.clients;
        self.store.as_ref().or(a.as_ref()).or(b.as_ref()).cloned()
    }
}
