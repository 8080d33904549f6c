//! What takes time: questions to the chains. Their answers are told to the engine.

use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;

use causeway_core::Sequence;
use causeway_relayer_endpoints::{Branch, EndpointError, Growth, inspect, prepare, scanned_input};
use causeway_relayer_engine::{Batch, ClientStatus, Input, PacketKey, Side};

use super::super::net::sleep;
use super::{End, Relayer, Told, index};

/// How often a chain is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(800);

/// What is remembered of a chain from one look to the next.
pub(super) type Watch = Branch;

type Work = Pin<Box<dyn Future<Output = Vec<Told>>>>;

/// All that is under way.
#[derive(Default)]
pub(super) struct Works(Vec<Work>);

impl Works {
    pub(super) fn spawn(&mut self, work: impl Future<Output = Vec<Told>> + 'static) {
        self.0.push(Box::pin(work));
    }

    /// What has been found out by now. Nothing wakes anybody: everybody looks.
    pub(super) fn poll(&mut self) -> Vec<Told> {
        let mut context = Context::from_waker(Waker::noop());
        let mut all = Vec::new();
        self.0.retain_mut(|work| match work.as_mut().poll(&mut context) {
            Poll::Pending => true,
            Poll::Ready(told) => {
                all.extend(told);
                false
            }
        });
        all
    }
}

impl Relayer {
    /// Looks at a chain after a while.
    pub(super) fn watch(&mut self, side: Side, mut branch: Watch) {
        let (net, end) = (self.net.clone(), self.ends[index(side)].clone());
        self.works.spawn(async move {
            sleep(&net, LOOK_EVERY).await;
            let inputs = look(side, &end, &mut branch).await;
            vec![Told::Seen(side, inputs.unwrap_or_else(|_| vec![Input::Lost { side }]), branch)]
        });
    }

    pub(super) fn scan(&mut self, side: Side, from: u64, to: u64) {
        let ends = self.ends.clone();
        self.works.spawn(async move {
            let (here, there) = (&ends[index(side)], &ends[index(side.other())]);
            let place = (&*here.endpoint, &here.client);
            let read = scanned_input(side, (from, to), place, &there.client).await;
            vec![Told::Input(read.unwrap_or(Input::ScanFailed { side }))]
        });
    }

    pub(super) fn list(&mut self, side: Side, from: Sequence) {
        let end = self.ends[index(side)].clone();
        self.works.spawn(async move {
            match end.endpoint.outstanding(&end.client, from).await {
                Ok(page) => {
                    let (outstanding, next) = (page.sequences, page.next);
                    vec![Told::Input(Input::Listed { side, from, outstanding, next })]
                }
                Err(_) => Vec::new(),
            }
        });
    }

    pub(super) fn look_up(&mut self, keys: Vec<PacketKey>) {
        let ends = self.ends.clone();
        self.works.spawn(async move {
            let mut told = Vec::new();
            for side in Side::BOTH {
                let keys: Vec<_> = keys.iter().filter(|key| key.source == side).copied().collect();
                let (source, destination) = (&ends[index(side)], &ends[index(side.other())]);
                let findings = inspect(
                    &keys,
                    (&*source.endpoint, &source.client),
                    (&*destination.endpoint, &destination.client),
                );
                told.push(Told::Input(Input::Inspected { findings: findings.await }));
            }
            told
        });
    }

    /// Reads a client, and compares it with the chain that it follows.
    pub(super) fn read_client(&mut self, side: Side) {
        let (host, followed) =
            (self.ends[index(side)].clone(), self.ends[index(side.other())].clone());
        self.works.spawn(async move {
            let Ok(client) = host.endpoint.client(&host.client).await else { return Vec::new() };
            let mut told = vec![Told::Input(Input::Client { side, report: client.report })];
            if client.report.status == ClientStatus::Active
                && let Ok(Some(evidence)) =
                    followed.endpoint.cross_check(&client, &*host.endpoint).await
            {
                told.push(Told::Evidence(side, evidence));
            }
            told
        });
    }

    pub(super) fn prepare(&mut self, batch: Batch) {
        self.batches.insert(batch.id, batch.on);
        let ends = self.ends.clone();
        self.works.spawn(async move {
            let (on, other) = (&ends[index(batch.on)], &ends[index(batch.on.other())]);
            let id = batch.id;
            let ready =
                prepare(&batch, (&*on.endpoint, &on.client), (&*other.endpoint, &other.client));
            match ready.await {
                Ok(prepared) => vec![Told::Prepared(id, prepared)],
                Err(error) => vec![Told::Input(Input::Failed { id, failure: error.into() })],
            }
        });
    }
}

/// Where a chain is, and whether blocks of it were undone since the last look.
async fn look(side: Side, end: &End, branch: &mut Branch) -> Result<Vec<Input>, EndpointError> {
    let observation = end.endpoint.observe().await?;
    let observed = Input::Observed { side, observation };
    Ok(match branch.compare(observation, &*end.endpoint).await? {
        Growth::Stands => vec![observed],
        Growth::Lags => Vec::new(),
        Growth::Undone(height) => vec![Input::Reorganised { side, height }, observed],
    })
}
