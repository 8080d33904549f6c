//! What subscribers are told as it happens.

use std::sync::Arc;

use jsonrpsee::server::{PendingSubscriptionSink, SubscriptionSink};
use serde::Serialize;
use serde_json::value::to_raw_value;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;

use super::read;
use super::registry::{Nothing, Registry};
use super::types::{BlockJson, PacketJson};
use crate::chain::Chain;
use crate::daemon::Shared;

pub(super) fn add(all: &mut Registry) {
    all.subscription::<Nothing, PacketJson>(
        "causeway_subscribePackets",
        "causeway_unsubscribePackets",
        "Packets, whenever something about them changes; who is too slow is cut off.",
    );
    all.subscription::<Nothing, BlockJson>(
        "causeway_subscribeBlocks",
        "causeway_unsubscribeBlocks",
        "Chains, whenever they have a new head or a newer final block.",
    );
    let added = all.module.register_subscription(
        "causeway_subscribePackets",
        "causeway_packets_changed",
        "causeway_unsubscribePackets",
        |_, pending, shared, _| packets(pending, shared),
    );
    debug_assert!(added.is_ok(), "packets are registered twice");
    let added = all.module.register_subscription(
        "causeway_subscribeBlocks",
        "causeway_block",
        "causeway_unsubscribeBlocks",
        |_, pending, shared, _| blocks(pending, shared),
    );
    debug_assert!(added.is_ok(), "blocks are registered twice");
}

/// False when the subscriber is gone.
async fn send(sink: &SubscriptionSink, value: &impl Serialize) -> bool {
    match to_raw_value(value) {
        Ok(json) => sink.send(json).await.is_ok(),
        Err(_) => false,
    }
}

async fn packets(pending: PendingSubscriptionSink, shared: Arc<Shared>) {
    let mut changes = shared.changes.subscribe();
    let Ok(sink) = pending.accept().await else { return };
    loop {
        let change = tokio::select! {
            () = sink.closed() => return,
            change = changes.recv() => change,
        };
        match change {
            Ok(change) => {
                let handle = shared.paths.iter().find(|it| it.path == change.path);
                let Some(handle) = handle else { continue };
                let json = read::record_json(handle.id, &change.path, &change.record);
                if !send(&sink, &json).await {
                    return;
                }
            }
            // A gap would go unnoticed: the subscription ends, and who wants to go on lists first.
            Err(RecvError::Lagged(_) | RecvError::Closed) => return,
        }
    }
}

async fn blocks(pending: PendingSubscriptionSink, shared: Arc<Shared>) {
    let Ok(sink) = pending.accept().await else { return };
    let sink = Arc::new(sink);
    let mut tasks = JoinSet::new();
    for chain in shared.chains.values() {
        tasks.spawn(blocks_of(chain.clone(), sink.clone()));
    }
    tasks.join_next().await;
}

/// Tells of one chain until the subscriber is gone.
async fn blocks_of(chain: Chain, sink: Arc<SubscriptionSink>) {
    let mut view = chain.view.clone();
    let mut last = None;
    loop {
        let seen = view.borrow_and_update().observation;
        if let Some(seen) = seen.filter(|seen| last != Some((seen.head, seen.finalized))) {
            last = Some((seen.head, seen.finalized));
            let block = BlockJson {
                chain: chain.alias.to_string(),
                head: seen.head.to_string(),
                head_time: seen.head_time.secs(),
                finalized: seen.finalized.to_string(),
            };
            if !send(&sink, &block).await {
                return;
            }
        }
        tokio::select! {
            () = sink.closed() => return,
            changed = view.changed() => if changed.is_err() { return },
        }
    }
}
