//! What clients hear of as it happens: down their websockets, or when they ask for changes.

use core::time::Duration;
use std::collections::BTreeMap;

use alloy_primitives::{B256, keccak256};
use causeway_chain::{Push, SessionId};
use causeway_core::Timestamp;
use causeway_wire_ethereum::eth::{Filter, Hexadecimal, Log, Notification, Transaction};
use serde_json::{Value, json};

use super::logs;
use super::shapes;
use crate::execution::block::Block;
use crate::execution::{Execution, StateView};

/// Streams at once, of all clients together.
const MAX_STREAMS: usize = 1000;

/// What waits for a client that asks for changes. When there is more, its filter is forgotten, so
/// that it learns that it has missed something.
const MAX_WAITING: usize = 10_000;

/// A filter that nobody asks about for so long is forgotten.
const FILTER_LIFETIME: Duration = Duration::from_mins(5);

/// Messages that wait to be sent down websockets; a shell takes them after each step.
const MAX_PUSHES: usize = 10_000;

/// Blocks that are announced at once. Who was away for longer reads the chain.
const MAX_CATCH_UP: usize = 256;

/// What a client wants to hear of.
#[derive(Clone, Debug)]
pub(super) enum Topic {
    /// New heads.
    Heads,
    /// Logs, also those that a reorganisation takes back.
    Logs(Filter),
    /// Transactions that begin to wait: with all they have, or by their hashes.
    Pending {
        /// With all they have.
        is_full: bool,
    },
}

/// Where it hears of it.
#[derive(Clone, Debug)]
enum Sink {
    Socket(SessionId),
    Waiting { items: Vec<Value>, asked: Timestamp },
}

#[derive(Clone, Debug)]
struct Stream {
    topic: Topic,
    sink: Sink,
}

/// All streams, and what is to be sent.
#[derive(Debug, Default)]
pub(super) struct Feed {
    streams: BTreeMap<String, Stream>,
    opened: u64,
    head: Option<B256>,
    pushes: Vec<Push>,
}

/// There are too many streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;

impl Feed {
    /// Opens a stream down a websocket; gives its name.
    pub(super) fn subscribe(&mut self, session: SessionId, topic: Topic) -> Result<String, Full> {
        self.open(Stream { topic, sink: Sink::Socket(session) })
    }

    /// Gathers what happens until somebody asks; gives the name to ask by.
    pub(super) fn gather(&mut self, topic: Topic, now: Timestamp) -> Result<String, Full> {
        self.open(Stream { topic, sink: Sink::Waiting { items: Vec::new(), asked: now } })
    }

    fn open(&mut self, stream: Stream) -> Result<String, Full> {
        if self.streams.len() >= MAX_STREAMS {
            return Err(Full);
        }
        self.opened = self.opened.saturating_add(1);
        // Names are not numbers in a row, so that nobody takes another's for his own.
        let hash = keccak256(self.opened.to_be_bytes());
        let name = format!("0x{}", hex::encode(hash.get(..16).unwrap_or_default()));
        self.streams.insert(name.clone(), stream);
        Ok(name)
    }

    /// Ends a stream of this websocket; false if it has none of this name.
    pub(super) fn unsubscribe(&mut self, session: SessionId, name: &str) -> bool {
        let is_own = |stream: &Stream| matches!(stream.sink, Sink::Socket(own) if own == session);
        self.streams.get(name).is_some_and(is_own) && self.streams.remove(name).is_some()
    }

    /// Forgets a filter; false if there is none of this name.
    pub(super) fn uninstall(&mut self, name: &str) -> bool {
        let is_filter = |stream: &Stream| matches!(stream.sink, Sink::Waiting { .. });
        self.streams.get(name).is_some_and(is_filter) && self.streams.remove(name).is_some()
    }

    /// What a filter has gathered since it was last asked.
    pub(super) fn changes(&mut self, name: &str, now: Timestamp) -> Option<Vec<Value>> {
        match &mut self.streams.get_mut(name)?.sink {
            Sink::Waiting { items, asked } => {
                *asked = now;
                Some(core::mem::take(items))
            }
            Sink::Socket(_) => None,
        }
    }

    /// The filter of this name, if it is for logs.
    pub(super) fn filter(&self, name: &str) -> Option<&Filter> {
        match self.streams.get(name)? {
            Stream { topic: Topic::Logs(filter), sink: Sink::Waiting { .. } } => Some(filter),
            _ => None,
        }
    }

    /// A websocket was closed.
    pub(super) fn close(&mut self, session: SessionId) {
        let is_own = |stream: &Stream| matches!(stream.sink, Sink::Socket(own) if own == session);
        self.streams.retain(|_, stream| !is_own(stream));
    }

    /// What is to be sent, since the last call.
    pub(super) fn take_pushes(&mut self) -> Vec<Push> {
        core::mem::take(&mut self.pushes)
    }

    /// Sends down a websocket. When a shell takes nothing, all websockets are closed: their clients
    /// must not believe that nothing happened.
    pub(super) fn push(&mut self, push: Push) {
        if self.pushes.len() >= MAX_PUSHES {
            let sessions = core::mem::take(&mut self.streams).into_values();
            let socket = |stream: Stream| match stream.sink {
                Sink::Socket(session) => Some(Push::Close(session)),
                Sink::Waiting { .. } => None,
            };
            self.pushes = sessions.filter_map(socket).collect();
            return;
        }
        self.pushes.push(push);
    }

    /// A transaction has begun to wait.
    pub(super) fn on_pending(&mut self, transaction: &Transaction) {
        self.publish(|topic| match topic {
            Topic::Pending { is_full: true } => vec![json!(transaction)],
            Topic::Pending { is_full: false } => vec![transaction.hash.to_hex().into()],
            Topic::Heads | Topic::Logs(_) => Vec::new(),
        });
    }

    /// Tells everybody how the chain has changed since the last call.
    pub(super) fn follow(&mut self, execution: &Execution, now: Timestamp) {
        let is_stale = |stream: &Stream| {
            let Sink::Waiting { asked, .. } = &stream.sink else { return false };
            now.saturating_since(*asked) > FILTER_LIFETIME
        };
        self.streams.retain(|_, stream| !is_stale(stream));
        let Some(head) = execution.head() else { return };
        let hash = head.block().hash;
        let old = self.head.replace(hash);
        let Some(old) = old.filter(|old| *old != hash && !self.streams.is_empty()) else {
            return;
        };
        let Change { removed, added } = change(execution, old, head);
        for block in removed {
            self.publish(|topic| removed_logs(topic, block.block()));
        }
        for block in added {
            self.publish_block(block.block());
        }
    }

    fn publish_block(&mut self, block: &Block) {
        for (name, stream) in core::mem::take(&mut self.streams) {
            let is_waiting = matches!(stream.sink, Sink::Waiting { .. });
            let items = match &stream.topic {
                Topic::Heads if is_waiting => vec![block.hash.to_hex().into()],
                Topic::Heads => vec![json!(shapes::header(block))],
                Topic::Logs(filter) => values(logs::of_block(block, filter)),
                Topic::Pending { .. } => Vec::new(),
            };
            self.deliver(name, stream, items);
        }
    }

    fn publish(&mut self, items: impl Fn(&Topic) -> Vec<Value>) {
        for (name, stream) in core::mem::take(&mut self.streams) {
            let items = items(&stream.topic);
            self.deliver(name, stream, items);
        }
    }

    /// Hands items to a stream, and keeps it unless it is too full.
    fn deliver(&mut self, name: String, mut stream: Stream, new: Vec<Value>) {
        match &mut stream.sink {
            Sink::Socket(session) => {
                for item in new {
                    let text = json!(Notification::new(name.as_str(), item)).to_string();
                    self.push(Push::Message(*session, text.into_bytes()));
                }
            }
            Sink::Waiting { items, .. } => {
                items.extend(new);
                if items.len() > MAX_WAITING {
                    return;
                }
            }
        }
        self.streams.insert(name, stream);
    }
}

fn values(logs: Vec<Log>) -> Vec<Value> {
    logs.into_iter().map(|log| json!(log)).collect()
}

/// The logs of a block that has left the chain, the last one first.
fn removed_logs(topic: &Topic, block: &Block) -> Vec<Value> {
    let Topic::Logs(filter) = topic else { return Vec::new() };
    let logs = logs::of_block(block, filter).into_iter().rev();
    values(logs.map(|log| Log { removed: true, ..log }).collect())
}

/// A change of the chain: blocks that left it, the newest first, and blocks that came, in order.
struct Change {
    removed: Vec<StateView>,
    added: Vec<StateView>,
}

/// How the chain got from one head to another.
fn change(execution: &Execution, old: B256, head: StateView) -> Change {
    let mut removed = Vec::new();
    let mut added = vec![head];
    let mut old = execution.by_hash(&old);
    while added.len() < MAX_CATCH_UP && removed.len() < MAX_CATCH_UP {
        let Some(first) = added.last().map(StateView::block) else { break };
        let Some(view) = old.clone() else { break };
        let left = view.block();
        if first.header.parent_hash == left.hash {
            break;
        }
        if first.hash == left.hash {
            // The new head is below the old one.
            added.pop();
            break;
        }
        // Whichever is higher goes down a step.
        if left.header.number >= first.header.number {
            old = execution.by_hash(&left.header.parent_hash);
            removed.push(view);
        } else {
            let Some(parent) = execution.by_hash(&first.header.parent_hash) else { break };
            added.push(parent);
        }
    }
    added.reverse();
    Change { removed, added }
}
