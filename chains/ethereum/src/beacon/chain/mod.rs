//! The beacon chain of the bundled network: its nodes, the network among them, and what the
//! outside sees of them.

mod config;
mod evidence;
mod faults;
mod persist;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alloy_primitives::B256;
use causeway_chain::{DurableView, DurableWrite, Network, PeerId, Push, SessionId, Summary};
use causeway_core::Timestamp;

use super::api::Subscriptions;
use super::bls::{ValidatorKey, Verifier};
use super::clock::SlotClock;
use super::genesis::{genesis_block, genesis_state};
use super::node::{Env, Message, Node, NodeEvent, Outgoing};
use super::types::{BeaconState, Checkpoint, SignedBeaconBlock};
use crate::engine::ExecutionEngine;
use crate::ssz::{Ssz, to_usize};

pub use config::{Config, MAX_VALIDATORS_PER_NODE, MIN_NODES, MIN_VALIDATORS, StartError};
pub use evidence::Evidence;

/// Something that subscribers of the Beacon API hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainEvent {
    /// The serving node took in a block.
    Block {
        /// Its slot.
        slot: u64,
        /// Its root.
        root: B256,
    },
    /// The serving node's head moved.
    Head {
        /// From here.
        old: B256,
        /// To here.
        new: B256,
    },
    /// Its finalized checkpoint moved.
    Finalized(Checkpoint),
    /// A new finality update.
    FinalityUpdate,
    /// A new optimistic update.
    OptimisticUpdate,
}

/// The beacon chain over some execution layer.
#[derive(Debug)]
pub struct BeaconChain<E> {
    config: Config,
    clock: SlotClock,
    genesis: Arc<BeaconState>,
    genesis_block: Arc<SignedBeaconBlock>,
    nodes: Vec<Node>,
    network: Network<Message>,
    verifier: Verifier,
    engine: E,
    now: Timestamp,
    is_halted: bool,
    evidence: Option<Evidence>,
    /// What the serving node was last seen with.
    seen_head: B256,
    stored: BTreeSet<B256>,
    writes: Vec<DurableWrite>,
    events: Vec<ChainEvent>,
    subscriptions: Subscriptions,
}

impl<E: ExecutionEngine> BeaconChain<E> {
    /// Builds a new network, dated back, when nothing is stored; goes on with what is stored
    /// otherwise. In the latter case the engine must know the finalized payload and those above
    /// that it had imported when the writes were taken.
    pub fn new(
        config: Config,
        mut engine: E,
        view: &dyn DurableView,
        now: Timestamp,
    ) -> Result<Self, StartError> {
        let count = config.validators()?;
        let wrong = |reason: &str| StartError::Genesis { reason: reason.into() };
        let keys: Option<Vec<ValidatorKey>> =
            (0..count).map(|index| ValidatorKey::derive(config.seed, index)).collect();
        let keys = keys.ok_or_else(|| wrong("a key cannot be derived"))?;
        let stored = persist::Stored::read(view)?;
        let genesis = if let Some(stored) = &stored {
            stored.genesis.clone()
        } else {
            let seconds = config.seconds_per_slot.max(1).saturating_mul(config.backdated_slots);
            let time = now.secs().saturating_sub(seconds);
            let execution = engine.genesis(time);
            genesis_state(config.seed, time, &keys, execution)
                .map_err(|error| wrong(&error.to_string()))?
        };
        let public = || genesis.validators.iter().map(|validator| validator.pubkey);
        if !public().eq(keys.iter().map(ValidatorKey::public)) {
            let reason = "its validators have other keys than this seed gives".into();
            return Err(StartError::Stored { what: "genesis state", reason });
        }
        let verifier = Verifier::new(public()).ok_or_else(|| wrong("a public key is not valid"))?;
        let mut chain = Self::assemble(config, engine, verifier, &keys, genesis, now)?;
        match stored {
            Some(stored) => chain.restore(stored, now)?,
            None => chain.write_genesis(),
        }
        chain.advance(now);
        Ok(chain)
    }

    /// All nodes at genesis.
    fn assemble(
        config: Config,
        engine: E,
        verifier: Verifier,
        keys: &[ValidatorKey],
        genesis: BeaconState,
        now: Timestamp,
    ) -> Result<Self, StartError> {
        let time = Timestamp::from_secs(genesis.genesis_time).ok_or_else(|| {
            StartError::Genesis { reason: "the genesis time is out of range".into() }
        })?;
        let clock = SlotClock::new(time, config.seconds_per_slot);
        let genesis_block = Arc::new(genesis_block(&genesis));
        let root = genesis_block.message.tree_root();
        let genesis = Arc::new(genesis);
        let checkpoint = Checkpoint { epoch: 0, root };
        let nodes = keys
            .chunks(to_usize(config.validators_per_node.into()).max(1))
            .zip(0..config.nodes)
            .map(|(keys, id)| {
                let (block, state) = (Arc::clone(&genesis_block), Arc::clone(&genesis));
                Node::new(PeerId(id), clock, keys.to_vec(), checkpoint, block, state)
            })
            .collect();
        Ok(Self {
            network: Network::new(config.link, config.seed),
            config,
            clock,
            genesis,
            genesis_block,
            nodes,
            verifier,
            engine,
            now: time.min(now),
            is_halted: false,
            evidence: None,
            seen_head: root,
            stored: BTreeSet::new(),
            writes: Vec::new(),
            events: Vec::new(),
            subscriptions: Subscriptions::default(),
        })
    }

    /// Does everything that is due until `now`.
    pub fn advance(&mut self, now: Timestamp) {
        while let Some(next) = self.next_deadline().filter(|next| *next <= now) {
            self.step(next.max(self.now));
        }
        self.now = self.now.max(now);
    }

    /// When something is due; `None` while halted.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        if self.is_halted {
            return None;
        }
        let running = self.nodes.iter().filter(|node| !self.network.is_stopped(node.id()));
        let duties = running.map(Node::next_deadline).min();
        duties.into_iter().chain(self.network.next_arrival()).min()
    }

    /// One point in time: first the nodes' own duties, then what arrives.
    fn step(&mut self, time: Timestamp) {
        self.now = time;
        for index in 0..self.nodes.len() {
            self.with_node(index, |node, env| {
                if node.next_deadline() <= time {
                    node.on_time(env, time);
                }
            });
        }
        while let Some(delivery) = self.network.receive(time) {
            let index = to_usize(delivery.to.0.into());
            self.with_node(index, |node, env| {
                node.on_message(env, delivery.from, delivery.message, time);
            });
        }
        self.follow_head();
        let events = core::mem::take(&mut self.events);
        self.publish(events);
    }

    /// Lets a running node work, and deals with what comes of it.
    fn with_node(&mut self, index: usize, work: impl FnOnce(&mut Node, &mut Env<'_>)) {
        let Some(node) = self.nodes.get_mut(index) else { return };
        if self.network.is_stopped(node.id()) {
            return;
        }
        let mut env = Env { engine: &mut self.engine, verifier: &mut self.verifier };
        work(node, &mut env);
        let id = node.id();
        for Outgoing { to, message } in node.take_outgoing() {
            if let Some(to) = to {
                self.network.send(id, to, message, self.now);
            } else {
                let peers = (0..self.config.nodes).map(PeerId);
                self.network.broadcast(id, peers, &message, self.now);
            }
        }
        self.record(index);
    }

    /// The node that the outside sees: the first that runs.
    pub fn serving(&self) -> Option<&Node> {
        let running = self.nodes.iter().find(|node| !self.network.is_stopped(node.id()));
        running.or_else(|| self.nodes.first())
    }

    fn serving_index(&self) -> usize {
        let id = self.serving().map_or(PeerId(0), Node::id);
        to_usize(id.0.into())
    }

    /// Writes down what happened to a node, and tells subscribers if it is the serving one.
    fn record(&mut self, index: usize) {
        let is_serving = index == self.serving_index();
        let Some(node) = self.nodes.get_mut(index) else { return };
        let events = node.take_events();
        let light = node.light_mut().take_events();
        for event in events {
            match event {
                NodeEvent::Imported { root, block } => {
                    if is_serving {
                        let slot = block.message.slot;
                        self.events.push(ChainEvent::Block { slot, root });
                    }
                    self.write_block(root, &block);
                }
                NodeEvent::Finalized { checkpoint, dropped } => {
                    if is_serving {
                        self.events.push(ChainEvent::Finalized(checkpoint));
                        self.write_finalized(index, checkpoint);
                    }
                    self.delete_blocks(&dropped);
                }
                NodeEvent::Signed => self.write_signed(index),
            }
        }
        if is_serving {
            self.record_light(index, light);
        }
    }

    /// Tells subscribers and the execution layer when the serving node's head has moved.
    fn follow_head(&mut self) {
        let Some(node) = self.serving() else { return };
        let new = node.head();
        if new == self.seen_head {
            return;
        }
        let hash = |root: &B256| self.execution_hash(root).unwrap_or_default();
        let choice = node.choice();
        let (head, safe) = (hash(&new), hash(&choice.justified().root));
        let finalized = hash(&choice.finalized().root);
        let old = core::mem::replace(&mut self.seen_head, new);
        self.events.push(ChainEvent::Head { old, new });
        self.engine.fork_choice(head, safe, finalized);
    }

    /// Hash of the execution block in a beacon block that the serving node knows.
    pub fn execution_hash(&self, root: &B256) -> Option<B256> {
        let block = self.serving()?.block(root)?;
        Some(if block.message.slot == 0 {
            self.genesis.latest_execution_payload_header.block_hash
        } else {
            block.message.body.execution_payload.block_hash
        })
    }

    /// Parameters of the network.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Slots as points in time.
    pub const fn clock(&self) -> &SlotClock {
        &self.clock
    }

    /// The genesis state.
    pub const fn genesis(&self) -> &Arc<BeaconState> {
        &self.genesis
    }

    /// The genesis block.
    pub const fn genesis_block(&self) -> &Arc<SignedBeaconBlock> {
        &self.genesis_block
    }

    /// All nodes.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The network among the nodes, for tests to spoil.
    pub const fn network_mut(&mut self) -> &mut Network<Message> {
        &mut self.network
    }

    /// The execution layer.
    pub const fn engine(&self) -> &E {
        &self.engine
    }

    /// The same, for transactions.
    pub const fn engine_mut(&mut self) -> &mut E {
        &mut self.engine
    }

    /// Chain time of the last thing done.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// What a dishonest committee gave away last.
    pub const fn evidence(&self) -> Option<&Evidence> {
        self.evidence.as_ref()
    }

    /// What must become durable, since the last call. Later writes of a key replace earlier ones.
    pub fn take_writes(&mut self) -> Vec<DurableWrite> {
        let writes = core::mem::take(&mut self.writes);
        let last: BTreeMap<Vec<u8>, Option<Vec<u8>>> =
            writes.into_iter().map(|write| (write.key, write.value)).collect();
        last.into_iter().map(|(key, value)| DurableWrite { key, value }).collect()
    }

    /// Open streams of events.
    pub(super) const fn subscriptions_mut(&mut self) -> &mut Subscriptions {
        &mut self.subscriptions
    }

    /// A stream of events was closed by the client or lost.
    pub fn close(&mut self, session: SessionId) {
        self.subscriptions.close(session);
    }

    /// What to send down open streams, since the last call.
    pub fn take_pushes(&mut self) -> Vec<Push> {
        self.subscriptions.take()
    }

    /// Where the chain is.
    pub fn summary(&self) -> Summary {
        let node = self.serving();
        let slot = |root| node.and_then(|node| node.block(&root)).map_or(0, |b| b.message.slot);
        let head = slot(node.map(Node::head).unwrap_or_default());
        let finalized = node.map(|node| node.choice().finalized().root).unwrap_or_default();
        Summary {
            network_id: format!("eip155:{}", self.config.chain_id),
            parameters: None,
            head,
            finalized: slot(finalized),
            time: self.clock.start_of(head),
            participants: self.participants(),
            conditions: self.conditions(),
        }
    }
}
