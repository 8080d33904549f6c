//! One participant: a beacon node with the keys of some validators.
//!
//! It knows what time it is and what messages it has received, and nothing else. What it wants
//! others to know it hands out as messages.

mod archive;
mod duties;
mod fork_choice;
mod gossip;
mod import;
mod message;
mod pool;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alloy_primitives::B256;
use causeway_chain::PeerId;
use causeway_core::Timestamp;

use super::bls::{ValidatorKey, Verifier};
use super::clock::SlotClock;
use super::light_client::LightClientData;
use super::preset::start_slot;
use super::types::{AttestationData, BeaconState, Checkpoint, SignedBeaconBlock};
use crate::engine::ExecutionEngine;
use pool::Pool;

pub use archive::{ARCHIVE_BLOCKS, Archive};
pub use fork_choice::ForkChoice;
pub use import::ImportError;
pub use message::{Message, Outgoing, SyncContribution};
pub use tree::{BlockTree, Entry};

/// What a node needs from outside itself: the execution layer, and arithmetic that is remembered.
pub struct Env<'a> {
    /// The execution layer.
    pub engine: &'a mut dyn ExecutionEngine,
    /// Checks signatures.
    pub verifier: &'a mut Verifier,
}

impl core::fmt::Debug for Env<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Env").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

/// What a node is to do next, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Duty {
    /// At the start of the slot: perhaps propose.
    Begin(u64),
    /// After a third of the slot: vote.
    Vote(u64),
}

/// What others want to know of a node's progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeEvent {
    /// A block was checked and taken in.
    Imported {
        /// Its root.
        root: B256,
        /// The block.
        block: Arc<SignedBeaconBlock>,
    },
    /// The finalized checkpoint moved.
    Finalized {
        /// To here.
        checkpoint: Checkpoint,
        /// Blocks that are not wanted any more: contradicted, or beyond the archive's size.
        dropped: Vec<B256>,
    },
    /// The node's validators signed something.
    Signed,
}

/// What keeps a node from signing two contradicting things, also after a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignedRecord {
    /// The newest slot in which a block was proposed.
    pub proposed: u64,
    /// Of each validator, the newest epoch in which it voted.
    pub voted: BTreeMap<u64, u64>,
}

/// A beacon node.
#[derive(Debug)]
pub struct Node {
    id: PeerId,
    clock: SlotClock,
    keys: Vec<ValidatorKey>,
    choice: ForkChoice,
    head: B256,
    pool: Pool,
    archive: Archive,
    light: LightClientData,
    duty: Duty,
    signed: SignedRecord,
    /// Validators of this node that do not vote for blocks.
    silent: BTreeSet<u64>,
    /// Verified votes of the current slot, which count from the next one on.
    early_votes: Vec<(Vec<u64>, AttestationData)>,
    waiting: gossip::Waiting,
    outgoing: Vec<Outgoing>,
    events: Vec<NodeEvent>,
}

impl Node {
    /// A node that starts from a finalized checkpoint; its first duty is the next slot's.
    pub fn new(
        id: PeerId,
        clock: SlotClock,
        keys: Vec<ValidatorKey>,
        checkpoint: Checkpoint,
        block: Arc<SignedBeaconBlock>,
        state: Arc<BeaconState>,
    ) -> Self {
        let root = checkpoint.root;
        let slot = block.message.slot;
        let mut light = LightClientData::default();
        light.add_state(root, &state);
        let tree = BlockTree::new(root, Arc::clone(&block), state, clock.seconds_per_slot());
        Self {
            id,
            clock,
            keys,
            choice: ForkChoice::new(tree, checkpoint, slot),
            head: root,
            pool: Pool::default(),
            archive: Archive::new(root, block),
            light,
            duty: Duty::Begin(slot.saturating_add(1)),
            signed: SignedRecord::default(),
            silent: BTreeSet::new(),
            early_votes: Vec::new(),
            waiting: gossip::Waiting::default(),
            outgoing: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Who it is.
    pub const fn id(&self) -> PeerId {
        self.id
    }

    /// The block that it would build on.
    pub const fn head(&self) -> B256 {
        self.head
    }

    /// Its blocks, votes and checkpoints.
    pub const fn choice(&self) -> &ForkChoice {
        &self.choice
    }

    /// Finalized blocks.
    pub const fn archive(&self) -> &Archive {
        &self.archive
    }

    /// What it serves to light clients.
    pub const fn light(&self) -> &LightClientData {
        &self.light
    }

    /// The same, to be restored or drained.
    pub const fn light_mut(&mut self) -> &mut LightClientData {
        &mut self.light
    }

    /// The same, for finalized blocks.
    pub const fn archive_mut(&mut self) -> &mut Archive {
        &mut self.archive
    }

    /// The keys of its validators.
    pub fn keys(&self) -> &[ValidatorKey] {
        &self.keys
    }

    /// What its validators have signed.
    pub const fn signed(&self) -> &SignedRecord {
        &self.signed
    }

    /// Puts back what its validators signed in an earlier run.
    pub fn restore_signed(&mut self, signed: SignedRecord) {
        self.signed = signed;
    }

    /// These of its validators stop voting for blocks; the others go on.
    pub fn silence(&mut self, silent: BTreeSet<u64>) {
        self.silent = silent;
    }

    /// Whether some of its validators do not vote.
    pub fn is_silent(&self) -> bool {
        !self.silent.is_empty()
    }

    /// When [`Node::on_time`] has something to do.
    pub fn next_deadline(&self) -> Timestamp {
        match self.duty {
            Duty::Begin(slot) => self.clock.start_of(slot),
            Duty::Vote(slot) => self.clock.attestation_due(slot),
        }
    }

    /// Leaves out the duties of the time it has missed: the next one is the coming slot's.
    pub fn skip_to(&mut self, now: Timestamp) {
        let next = self.clock.slot_at(now).saturating_add(1);
        if self.next_deadline() < self.clock.start_of(next) {
            self.duty = Duty::Begin(next);
        }
        self.choice.tick(next.saturating_sub(1));
    }

    /// A block that it knows, final or not.
    pub fn block(&self, root: &B256) -> Option<&Arc<SignedBeaconBlock>> {
        let entry = self.choice.tree.get(root).map(|entry| &entry.block);
        entry.or_else(|| self.archive.get(root))
    }

    /// The canonical block of a slot, as its head sees it.
    pub fn block_at(&self, slot: u64) -> Option<B256> {
        let root = self.choice.tree.ancestor(&self.head, slot);
        let root = root.or_else(|| self.archive.at(slot))?;
        self.block(&root).filter(|block| block.message.slot == slot).map(|_| root)
    }

    /// What it has to say since the last call.
    pub fn take_outgoing(&mut self) -> Vec<Outgoing> {
        core::mem::take(&mut self.outgoing)
    }

    /// What happened to it since the last call.
    pub fn take_events(&mut self) -> Vec<NodeEvent> {
        core::mem::take(&mut self.events)
    }

    fn broadcast(&mut self, message: Message) {
        self.outgoing.push(Outgoing { to: None, message });
    }

    /// Chooses the head anew, and takes note of what has become final.
    fn settle(&mut self) {
        if let Some((finalized, mut dropped)) = self.choice.prune() {
            let checkpoint = self.choice.finalized();
            self.waiting.on_finalized(start_slot(checkpoint.epoch));
            for block in finalized {
                dropped.extend(self.archive.push(block));
            }
            if let Some(block) = self.archive.get(&checkpoint.root) {
                let tree = &self.choice.tree;
                self.light.finalize(checkpoint, block, |root| tree.contains(root));
            }
            self.events.push(NodeEvent::Finalized { checkpoint, dropped });
        }
        self.head = self.choice.head();
    }
}
