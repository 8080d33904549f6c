//! Watches a chain: where it is, whether it answers, and whether blocks were undone.

use core::time::Duration;
use std::sync::Arc;

use causeway_relayer_endpoints::{Branch, Endpoint, EndpointError, Growth, Stream};
use causeway_relayer_engine::Observation;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::chain::{Chain, ChainView, Trouble, within};
use crate::clock::Clock;
use crate::config::ChainSettings;
use crate::store::Store;

/// The shortest pause between two looks at a chain, however fast its stream is.
const BREATH: Duration = Duration::from_millis(20);

/// The first pause after a chain did not answer; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// A stream that was silent while so many new heads came is dead.
const SILENT_HEADS: u32 = 3;

/// The task that watches one chain.
pub(super) struct Watcher {
    alias: Arc<str>,
    endpoint: Arc<dyn Endpoint>,
    publish: watch::Sender<ChainView>,
    settings: ChainSettings,
    store: Store,
    clock: Clock,
    branch: Branch,
    stream: Option<Box<dyn Stream>>,
    /// No stream is opened before this time.
    stream_from: Instant,
    /// New heads that the stream did not tell of, in a row.
    silent_heads: u32,
    failures: u32,
}

impl Watcher {
    pub(super) fn new(
        chain: &Chain,
        publish: watch::Sender<ChainView>,
        settings: ChainSettings,
        store: Store,
        clock: Clock,
    ) -> Self {
        Self {
            alias: chain.alias.clone(),
            endpoint: chain.endpoint.clone(),
            publish,
            settings,
            store,
            clock,
            branch: Branch::default(),
            stream: None,
            stream_from: Instant::now(),
            silent_heads: 0,
            failures: 0,
        }
    }

    /// Looks, tells, waits; for good.
    pub(super) async fn run(mut self) {
        loop {
            match self.look().await {
                Ok(()) => self.failures = 0,
                Err(trouble) => self.lose(trouble),
            }
            if self.failures == 0 {
                self.open_stream().await;
                self.wait().await;
            } else {
                let doubled = FIRST_PAUSE.saturating_mul(1 << self.failures.min(16));
                sleep(doubled.min(self.settings.longest_pause)).await;
            }
        }
    }

    /// Publishes where the chain is.
    async fn look(&mut self) -> Result<(), Trouble> {
        let answer = self.settings.answer;
        if self.failures > 0 || self.publish.borrow().identity.is_none() {
            self.identify().await?;
        }
        let seen = within(answer, self.endpoint.observe()).await.map_err(|e| Trouble::from(&e))?;
        check(&seen)?;
        let growth = within(answer, self.branch.compare(seen, &*self.endpoint)).await;
        let growth = growth.map_err(|error| Trouble::from(&error))?;
        let now = self.clock.now();
        let mut is_new_head = false;
        self.publish.send_if_modified(|view| {
            is_new_head = view.observation.is_none_or(|before| before.head < seen.head);
            let before = (view.observation, view.lost.clone(), view.reorg_count);
            view.answered_at = Some(now);
            view.lost = None;
            if growth != Growth::Lags {
                view.observation = Some(seen);
            }
            if let Growth::Undone(height) = growth {
                view.note_reorg(height);
            }
            before != (view.observation, None, view.reorg_count)
        });
        if let Growth::Undone(height) = growth {
            let alias = &*self.alias;
            tracing::warn!(code = "chain_reorganised", chain = alias, height, "blocks were undone");
        }
        if is_new_head && self.stream.is_some() {
            self.silent_heads += 1;
        }
        Ok(())
    }

    /// Makes sure that this is the chain that it was before.
    async fn identify(&mut self) -> Result<(), Trouble> {
        let identity = within(self.settings.answer, self.endpoint.identity()).await;
        let identity = identity.map_err(|error| Trouble::from(&error))?;
        let known = self.store.network(&self.alias, &identity.network);
        let known = known.map_err(|error| {
            let code = "store_failed";
            Trouble { code, reason: error.to_string() }
        })?;
        if known != identity.network {
            let reason = format!(
                "{} is {}, but the store is about {known}: correct the address, or start afresh \
                 with another store",
                self.alias, identity.network
            );
            return Err(Trouble { code: "wrong_network", reason });
        }
        self.publish.send_if_modified(|view| {
            let other = view.identity.as_ref() != Some(&identity);
            view.identity = Some(identity);
            other
        });
        Ok(())
    }

    fn lose(&mut self, trouble: Trouble) {
        self.failures = self.failures.saturating_add(1);
        self.stream = None;
        let first = self.publish.borrow().lost.as_ref().map(|it| it.code) != Some(trouble.code);
        if first {
            let (chain, reason) = (&*self.alias, &trouble.reason);
            tracing::warn!(code = trouble.code, chain, reason, "the chain does not answer");
        }
        self.publish.send_modify(|view| {
            view.lost = Some(trouble);
            view.streaming = false;
        });
    }

    /// Opens a stream where there is none, now and then.
    async fn open_stream(&mut self) {
        let now = Instant::now();
        if self.silent_heads >= SILENT_HEADS {
            self.drop_stream("it was silent while blocks came");
        }
        if self.stream.is_some() || now < self.stream_from {
            return;
        }
        self.stream_from = now + self.settings.longest_pause;
        match within(self.settings.answer, self.endpoint.watch()).await {
            Ok(stream) => self.stream = stream,
            Err(error) => self.log_stream(&error),
        }
        let streaming = self.stream.is_some();
        self.publish.send_if_modified(|view| {
            let before = core::mem::replace(&mut view.streaming, streaming);
            before != streaming
        });
    }

    fn log_stream(&self, error: &EndpointError) {
        let chain = &*self.alias;
        tracing::info!(code = "stream_failed", chain, %error, "no stream: the chain is polled");
    }

    fn drop_stream(&mut self, reason: &str) {
        let chain = &*self.alias;
        tracing::info!(code = "stream_ended", chain, reason, "the chain is polled meanwhile");
        self.stream = None;
        self.silent_heads = 0;
        self.publish.send_modify(|view| view.streaming = false);
    }

    /// Waits for the stream to tell of something, or for the time to look all the same.
    async fn wait(&mut self) {
        let Some(stream) = &mut self.stream else { return sleep(self.settings.poll).await };
        match timeout(self.settings.poll_streaming, stream.next()).await {
            Err(_) => {}
            Ok(Ok(_)) => {
                self.silent_heads = 0;
                // What came meanwhile is told by the same look.
                sleep(BREATH).await;
            }
            Ok(Err(error)) => self.drop_stream(&error.reason),
        }
    }
}

/// What no chain can say of itself.
fn check(seen: &Observation) -> Result<(), Trouble> {
    if seen.finalized > seen.head {
        let reason = format!("final height {} is above the head, {}", seen.finalized, seen.head);
        return Err(Trouble { code: "endpoint_nonsense", reason });
    }
    Ok(())
}
