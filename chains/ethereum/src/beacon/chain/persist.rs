//! What a beacon chain writes down, and how it goes on from there.
//!
//! Blocks are written when the first node takes them in; the state of the finalized checkpoint,
//! light client data and what validators have signed when they change. All nodes restart from
//! the same store: what only some had seen, all have seen afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_primitives::B256;
use causeway_chain::{DurableView, DurableWrite};
use causeway_core::Timestamp;
use ssz::{Decode, Encode};

use super::{BeaconChain, ChainEvent, StartError};
use crate::beacon::light_client::LightClientEvent;
use crate::beacon::node::{Env, Node, SignedRecord};
use crate::beacon::types::{
    Anchor, BeaconState, Checkpoint, LightClientBootstrap, LightClientUpdate, SignedBeaconBlock,
};
use crate::engine::ExecutionEngine;
use crate::ssz::Ssz;

const GENESIS: &[u8] = b"beacon/genesis";
const ANCHOR: &[u8] = b"beacon/anchor";
const BLOCK: &[u8] = b"beacon/block/";
const BOOTSTRAP: &[u8] = b"beacon/bootstrap/";
const BEST_UPDATE: &[u8] = b"beacon/update/";
const SIGNED: &[u8] = b"beacon/signed/";

fn key(prefix: &[u8], name: &[u8]) -> Vec<u8> {
    [prefix, name].concat()
}

/// Everything that an earlier run wrote.
pub(super) struct Stored {
    pub(super) genesis: BeaconState,
    anchor: Option<Anchor>,
    blocks: BTreeMap<B256, Arc<SignedBeaconBlock>>,
    bootstraps: Vec<(B256, LightClientBootstrap)>,
    best: Vec<(u64, LightClientUpdate)>,
    signed: BTreeMap<u32, SignedRecord>,
}

fn decode<T: Decode>(what: &'static str, bytes: &[u8]) -> Result<T, StartError> {
    T::from_ssz_bytes(bytes)
        .map_err(|error| StartError::Stored { what, reason: format!("{error:?}") })
}

/// The last bytes of a key, as a number.
fn number<const N: usize>(what: &'static str, name: &[u8]) -> Result<[u8; N], StartError> {
    let wrong = || StartError::Stored { what, reason: "its key is malformed".into() };
    name.last_chunk().copied().ok_or_else(wrong)
}

impl Stored {
    /// Reads everything; `None` if nothing was written.
    pub(super) fn read(view: &dyn DurableView) -> Result<Option<Self>, StartError> {
        let Some(genesis) = view.get(GENESIS) else { return Ok(None) };
        let mut stored = Self {
            genesis: decode("genesis state", &genesis)?,
            anchor: view.get(ANCHOR).map(|bytes| decode("anchor", &bytes)).transpose()?,
            blocks: BTreeMap::new(),
            bootstraps: Vec::new(),
            best: Vec::new(),
            signed: BTreeMap::new(),
        };
        for (name, bytes) in view.scan(BLOCK) {
            let root = B256::from(number("block", &name)?);
            stored.blocks.insert(root, Arc::new(decode("block", &bytes)?));
        }
        for (name, bytes) in view.scan(BOOTSTRAP) {
            let root = B256::from(number("bootstrap", &name)?);
            stored.bootstraps.push((root, decode("bootstrap", &bytes)?));
        }
        for (name, bytes) in view.scan(BEST_UPDATE) {
            let period = u64::from_be_bytes(number("update", &name)?);
            stored.best.push((period, decode("update", &bytes)?));
        }
        for (name, bytes) in view.scan(SIGNED) {
            let node = u32::from_be_bytes(number("signed record", &name)?);
            stored.signed.insert(node, decode_signed(&bytes)?);
        }
        Ok(Some(stored))
    }
}

/// A signed record as bytes: the slot, then index and epoch of each validator.
fn encode_signed(record: &SignedRecord) -> Vec<u8> {
    let numbers = record.voted.iter().flat_map(|(index, epoch)| [*index, *epoch]);
    [record.proposed].into_iter().chain(numbers).flat_map(u64::to_le_bytes).collect()
}

fn decode_signed(bytes: &[u8]) -> Result<SignedRecord, StartError> {
    let numbers: Vec<u64> = decode("signed record", bytes)?;
    let (proposed, voted) = numbers.split_first().unwrap_or((&0, &[]));
    let pair = |pair: &[u64]| match pair {
        [index, epoch] => Some((*index, *epoch)),
        _ => None,
    };
    Ok(SignedRecord { proposed: *proposed, voted: voted.chunks(2).filter_map(pair).collect() })
}

impl<E: ExecutionEngine> BeaconChain<E> {
    /// The first write of a network.
    pub(super) fn write_genesis(&mut self) {
        let bytes = self.genesis.as_ssz_bytes();
        self.writes.push(DurableWrite::set(GENESIS, bytes));
    }

    /// Writes a block, the first time that a node takes it in.
    pub(super) fn write_block(&mut self, root: B256, block: &SignedBeaconBlock) {
        if self.stored.insert(root) {
            let key = key(BLOCK, root.as_slice());
            self.writes.push(DurableWrite::set(key, block.as_ssz_bytes()));
        }
    }

    /// Writes the state of the new finalized checkpoint.
    pub(super) fn write_finalized(&mut self, index: usize, checkpoint: Checkpoint) {
        let tree = self.nodes.get(index).map(|node| &node.choice().tree);
        if let Some(state) = tree.and_then(|tree| tree.state(&checkpoint.root)) {
            let anchor = Anchor { checkpoint, state: BeaconState::clone(&state) };
            self.writes.push(DurableWrite::set(ANCHOR, anchor.as_ssz_bytes()));
        }
    }

    /// Deletes blocks that no node will ask for: contradicted by what is final, or too old.
    pub(super) fn delete_blocks(&mut self, dropped: &[B256]) {
        for root in dropped {
            if self.stored.remove(root) {
                self.writes.push(DurableWrite::delete(key(BLOCK, root.as_slice())));
            }
        }
    }

    /// Writes what a node's validators have signed, before it leaves the process.
    pub(super) fn write_signed(&mut self, index: usize) {
        if let Some(node) = self.nodes.get(index) {
            let key = key(SIGNED, &node.id().0.to_be_bytes());
            self.writes.push(DurableWrite::set(key, encode_signed(node.signed())));
        }
    }

    /// Writes new light client data of the serving node, and tells subscribers.
    pub(super) fn record_light(&mut self, index: usize, events: Vec<LightClientEvent>) {
        let Some(light) = self.nodes.get(index).map(Node::light) else { return };
        for event in events {
            match event {
                LightClientEvent::Bootstrap(root) => {
                    if let Some(bootstrap) = light.bootstrap(&root) {
                        let key = key(BOOTSTRAP, root.as_slice());
                        self.writes.push(DurableWrite::set(key, bootstrap.as_ssz_bytes()));
                    }
                }
                LightClientEvent::Dropped(roots) => {
                    let key = |root: B256| key(BOOTSTRAP, root.as_slice());
                    self.writes.extend(roots.into_iter().map(key).map(DurableWrite::delete));
                }
                LightClientEvent::Best(period) => {
                    if let Some(update) = light.best(period) {
                        let key = key(BEST_UPDATE, &period.to_be_bytes());
                        self.writes.push(DurableWrite::set(key, update.as_ssz_bytes()));
                    }
                }
                LightClientEvent::Finality => self.events.push(ChainEvent::FinalityUpdate),
                LightClientEvent::Optimistic => self.events.push(ChainEvent::OptimisticUpdate),
            }
        }
    }

    /// Puts all nodes where the writes left the chain.
    pub(super) fn restore(&mut self, stored: Stored, now: Timestamp) -> Result<(), StartError> {
        let genesis_root = self.genesis_block.message.tree_root();
        let anchor = stored.anchor.unwrap_or_else(|| Anchor {
            checkpoint: Checkpoint { epoch: 0, root: genesis_root },
            state: BeaconState::clone(&self.genesis),
        });
        let root = anchor.checkpoint.root;
        let block =
            if root == genesis_root { Some(&self.genesis_block) } else { stored.blocks.get(&root) };
        let missing = || StartError::Stored { what: "anchor", reason: "no such block".into() };
        let block = Arc::clone(block.ok_or_else(missing)?);
        let state = Arc::new(anchor.state);
        let known = |root: &B256| stored.blocks.get_key_value(root);
        let parent =
            |(_, block): &(&B256, &Arc<SignedBeaconBlock>)| known(&block.message.parent_root);
        let mut archived: Vec<_> =
            std::iter::successors(known(&root), parent).map(|(_, b)| Arc::clone(b)).collect();
        archived.reverse();
        let mut above: Vec<_> = stored.blocks.values().cloned().collect();
        above.retain(|other| other.message.slot > block.message.slot);
        above.sort_by_key(|block| block.message.slot);
        for node in &mut self.nodes {
            let (block, state) = (Arc::clone(&block), Arc::clone(&state));
            *node = Node::new(
                node.id(),
                self.clock,
                node.keys().to_vec(),
                anchor.checkpoint,
                block,
                state,
            );
            for block in &archived {
                node.archive_mut().push(Arc::clone(block));
            }
            for (root, bootstrap) in &stored.bootstraps {
                node.light_mut().restore_bootstrap(*root, bootstrap.clone());
            }
            for (period, update) in &stored.best {
                node.light_mut().restore_best(*period, update.clone());
            }
            let signed = stored.signed.get(&node.id().0).cloned();
            node.restore_signed(signed.unwrap_or_default());
            node.skip_to(now);
            let mut env = Env { engine: &mut self.engine, verifier: &mut self.verifier };
            for block in &above {
                // What does not connect any more was an orphan's child.
                let _ = node.import_stored(&mut env, block, now);
            }
        }
        self.stored = stored.blocks.into_keys().collect();
        self.now = now;
        (0..self.nodes.len()).for_each(|index| self.record(index));
        self.follow_head();
        Ok(())
    }
}
