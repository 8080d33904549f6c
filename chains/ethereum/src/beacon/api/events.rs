//! `/eth/v1/events`: server-sent events.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::B256;
use causeway_chain::{Push, Request, Response, SessionId};
use serde_json::{Value, json};

use super::reply::{ApiError, versioned};
use crate::beacon::chain::{BeaconChain, ChainEvent};
use crate::beacon::node::Node;
use crate::beacon::preset::{epoch_of, start_slot};
use crate::engine::ExecutionEngine;
use crate::ssz::Ssz;

/// Open streams at once; more are refused.
const MAX_SESSIONS: usize = 256;

/// Pieces that wait to be sent. A shell that does not take them loses the oldest.
const MAX_PUSHES: usize = 10_000;

/// What can be subscribed to.
const TOPICS: [&str; 6] = [
    "head",
    "block",
    "chain_reorg",
    "finalized_checkpoint",
    "light_client_finality_update",
    "light_client_optimistic_update",
];

/// A parameter of the query; commas may be escaped.
pub(super) fn parameter(request: &Request, name: &str) -> Option<String> {
    parameters(request, name).next()
}

/// Every occurrence of a parameter.
fn parameters(request: &Request, name: &str) -> impl Iterator<Item = String> {
    let pairs = request.query.split('&').filter_map(|pair| pair.split_once('='));
    let values = pairs.filter(move |(key, _)| *key == name).map(|(_, value)| value);
    values.map(|value| value.replace("%2C", ",").replace("%2c", ","))
}

/// Open streams and what they wait for.
#[derive(Clone, Debug, Default)]
pub(in crate::beacon) struct Subscriptions {
    sessions: BTreeMap<SessionId, BTreeSet<&'static str>>,
    pushes: Vec<Push>,
}

impl Subscriptions {
    /// True if somebody listens.
    pub(in crate::beacon) fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// A stream was closed.
    pub(in crate::beacon) fn close(&mut self, session: SessionId) {
        self.sessions.remove(&session);
    }

    /// What is to be sent, since the last call.
    pub(in crate::beacon) fn take(&mut self) -> Vec<Push> {
        core::mem::take(&mut self.pushes)
    }

    /// Sends an event to whoever waits for its topic.
    fn publish(&mut self, topic: &str, data: &Value) {
        let frame = format!("event: {topic}\ndata: {data}\n\n").into_bytes();
        let waiting = self.sessions.iter().filter(|(_, topics)| topics.contains(topic));
        self.pushes.extend(waiting.map(|(id, _)| Push::Message(*id, frame.clone())));
        let surplus = self.pushes.len().saturating_sub(MAX_PUSHES);
        self.pushes.drain(..surplus);
    }
}

/// The topics that a request names.
fn topics(request: &Request) -> Result<BTreeSet<&'static str>, ApiError> {
    let mut topics = BTreeSet::new();
    for list in parameters(request, "topics") {
        for name in list.split(',') {
            let known = TOPICS.iter().find(|topic| **topic == name);
            let invalid = || ApiError::bad_request(format!("Invalid topic: {name}"));
            topics.insert(*known.ok_or_else(invalid)?);
        }
    }
    if topics.is_empty() {
        return Err(ApiError::bad_request("Missing `topics` value"));
    }
    Ok(topics)
}

impl<E: ExecutionEngine> BeaconChain<E> {
    /// Opens a stream of events.
    pub(super) fn subscribe(&mut self, request: &Request) -> Result<Response, ApiError> {
        let topics = topics(request)?;
        let subscriptions = self.subscriptions_mut();
        if subscriptions.sessions.len() >= MAX_SESSIONS {
            return Err(ApiError::new(503, "Too many event streams"));
        }
        subscriptions.sessions.insert(request.session, topics);
        // A comment, so that clients see the stream open.
        let response = Response::new(200, "text/event-stream", b":\n\n".to_vec());
        Ok(response.with_header("cache-control", "no-cache"))
    }

    /// Turns what happened into frames.
    pub(in crate::beacon) fn publish(&mut self, events: Vec<ChainEvent>) {
        if self.subscriptions_mut().is_empty() {
            return;
        }
        for event in events {
            for (topic, data) in self.frames(&event) {
                self.subscriptions_mut().publish(topic, &data);
            }
        }
    }

    fn frames(&self, event: &ChainEvent) -> Vec<(&'static str, Value)> {
        let Some(node) = self.serving() else { return Vec::new() };
        let light = node.light();
        match event {
            ChainEvent::Block { slot, root } => vec![(
                "block",
                json!({
                    "slot": slot.to_json(),
                    "block": root.to_json(),
                    "execution_optimistic": false,
                }),
            )],
            ChainEvent::Head { old, new } => head_frames(node, old, new),
            ChainEvent::Finalized(checkpoint) => {
                let state = node.block(&checkpoint.root).map(|block| block.message.state_root);
                let data = json!({
                    "block": checkpoint.root.to_json(),
                    "state": state.unwrap_or_default().to_json(),
                    "epoch": checkpoint.epoch.to_json(),
                    "execution_optimistic": false,
                });
                vec![("finalized_checkpoint", data)]
            }
            ChainEvent::FinalityUpdate => {
                let update = light.finality().map(|update| versioned(&update.to_json()));
                update.map(|data| ("light_client_finality_update", data)).into_iter().collect()
            }
            ChainEvent::OptimisticUpdate => {
                let update = light.optimistic().map(|update| versioned(&update.to_json()));
                update.map(|data| ("light_client_optimistic_update", data)).into_iter().collect()
            }
        }
    }
}

/// The new head, and the reorganisation if the old one is not below it.
fn head_frames(node: &Node, old: &B256, new: &B256) -> Vec<(&'static str, Value)> {
    let Some(new_block) = node.block(new).map(|block| &block.message) else { return Vec::new() };
    let old_block = node.block(old).map(|block| &block.message);
    let epoch = epoch_of(new_block.slot);
    let old_epoch = old_block.map_or(epoch, |old| epoch_of(old.slot));
    let mut frames = Vec::new();
    if let Some(old_block) = old_block
        && let Some(depth) = reorg_depth(node, old, new)
    {
        let data = json!({
            "slot": new_block.slot.to_json(),
            "depth": depth.to_json(),
            "old_head_block": old.to_json(),
            "new_head_block": new.to_json(),
            "old_head_state": old_block.state_root.to_json(),
            "new_head_state": new_block.state_root.to_json(),
            "epoch": epoch.to_json(),
            "execution_optimistic": false,
        });
        frames.push(("chain_reorg", data));
    }
    let data = json!({
        "slot": new_block.slot.to_json(),
        "block": new.to_json(),
        "state": new_block.state_root.to_json(),
        "epoch_transition": epoch > old_epoch,
        "previous_duty_dependent_root": dependent_root(node, epoch.saturating_sub(1)).to_json(),
        "current_duty_dependent_root": dependent_root(node, epoch).to_json(),
        "execution_optimistic": false,
    });
    frames.push(("head", data));
    frames
}

/// The block that an epoch's attestation duties depend on: the last one before the epoch.
fn dependent_root(node: &Node, epoch: u64) -> B256 {
    let slot = start_slot(epoch).saturating_sub(1);
    let recent = node.choice().tree.ancestor(&node.head(), slot);
    recent.or_else(|| node.archive().at_or_before(slot)).unwrap_or_default()
}

/// Slots of the old branch that are given up; `None` if the new head builds on the old one.
fn reorg_depth(node: &Node, old: &B256, new: &B256) -> Option<u64> {
    let tree = &node.choice().tree;
    let old_slot = tree.get(old)?.slot();
    let (mut branch, mut depth) = (*old, None);
    while tree.ancestor(new, tree.get(&branch)?.slot()) != Some(branch) {
        branch = tree.get(&branch)?.parent();
        depth = Some(old_slot.saturating_sub(tree.get(&branch)?.slot()));
    }
    depth
}
