//! Figures for Prometheus.

use std::fmt;
use std::sync::Mutex;

use causeway_relayer_engine::{Outcome, Side};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::daemon::Shared;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfChain {
    chain: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfClient {
    chain: String,
    client: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfPath {
    path: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    path: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Batches {
    path: String,
    result: &'static str,
}

/// All figures: some are counted as things happen, the others are read when they are asked for.
pub(crate) struct Metrics {
    registry: Registry,
    ended: Family<Ended, Counter>,
    batches: Family<Batches, Counter>,
    up: Family<OfChain, Gauge>,
    head: Family<OfChain, Gauge>,
    finalized: Family<OfChain, Gauge>,
    finalized_time: Family<OfChain, Gauge>,
    reorganisations: Family<OfChain, Gauge>,
    outstanding: Family<OfPath, Gauge>,
    client_expiry: Family<OfClient, Gauge>,
    client_active: Family<OfClient, Gauge>,
    /// One reading at a time.
    reading: Mutex<()>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("causeway_relayer");
        let ended = Family::default();
        let batches = Family::default();
        let up = Family::default();
        let head = Family::default();
        let finalized = Family::default();
        let finalized_time = Family::default();
        let reorganisations = Family::default();
        let outstanding = Family::default();
        let client_expiry = Family::default();
        let client_active = Family::default();
        let say =
            |registry: &mut Registry, name: &str, help: &str, family: &Family<OfChain, Gauge>| {
                registry.register(name, help, family.clone());
            };
        say(&mut registry, "chain_up", "1 while the chain answers", &up);
        say(&mut registry, "chain_head_height", "Its newest block", &head);
        say(&mut registry, "chain_finalized_height", "Its newest final block", &finalized);
        say(
            &mut registry,
            "chain_finalized_timestamp_seconds",
            "The time of its newest final block",
            &finalized_time,
        );
        say(
            &mut registry,
            "chain_reorganisations",
            "Reorganisations seen since the start",
            &reorganisations,
        );
        registry.register("packets_ended", "Packets that have ended", ended.clone());
        registry.register("batches", "Batches by what became of them", batches.clone());
        let help = "Packets that have not ended";
        registry.register("packets_outstanding", help, outstanding.clone());
        let help = "When the client expires if it is not updated";
        registry.register("client_expiry_timestamp_seconds", help, client_expiry.clone());
        let help = "1 while the client can be updated, 0 when it has expired or is frozen";
        registry.register("client_active", help, client_active.clone());
        Self {
            registry,
            ended,
            batches,
            up,
            head,
            finalized,
            finalized_time,
            reorganisations,
            outstanding,
            client_expiry,
            client_active,
            reading: Mutex::new(()),
        }
    }

    pub(crate) fn packet_ended(&self, path: &impl fmt::Display, outcome: Outcome) {
        let outcome = super::read::outcome_name(outcome);
        self.ended.get_or_create(&Ended { path: path.to_string(), outcome }).inc();
    }

    pub(crate) fn batch_over(&self, path: &impl fmt::Display, result: &'static str) {
        self.batches.get_or_create(&Batches { path: path.to_string(), result }).inc();
    }
}

impl Shared {
    /// All figures as text.
    pub(super) fn metrics_text(&self) -> String {
        let metrics = &self.metrics;
        let _one = metrics.reading.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (alias, chain) in &self.chains {
            let view = chain.view.borrow().clone();
            let of = OfChain { chain: alias.clone() };
            let up = view.lost.is_none() && view.observation.is_some();
            metrics.up.get_or_create(&of).set(i64::from(up));
            metrics.reorganisations.get_or_create(&of).set(signed(view.reorg_count));
            if let Some(seen) = view.observation {
                metrics.head.get_or_create(&of).set(signed(seen.head.height()));
                metrics.finalized.get_or_create(&of).set(signed(seen.finalized.height()));
                let secs = seen.finalized_time.secs();
                metrics.finalized_time.get_or_create(&of).set(signed(secs));
            }
        }
        for handle in &self.paths {
            let view = handle.view.borrow().clone();
            let of = OfPath { path: handle.path.to_string() };
            let outstanding = signed(view.outstanding as u64);
            metrics.outstanding.get_or_create(&of).set(outstanding);
            for (side, end) in [(Side::A, &handle.path.a), (Side::B, &handle.path.b)] {
                let Some(report) = view.clients.get(side) else { continue };
                let of = OfClient { chain: end.chain.clone(), client: end.client.to_string() };
                let active = report.status == causeway_relayer_engine::ClientStatus::Active;
                metrics.client_active.get_or_create(&of).set(i64::from(active));
                if let Some(at) = report.expires_at() {
                    metrics.client_expiry.get_or_create(&of).set(signed(at.secs()));
                }
            }
        }
        let mut text = String::new();
        match text::encode(&mut text, &metrics.registry) {
            Ok(()) => text,
            Err(_) => String::new(),
        }
    }
}
