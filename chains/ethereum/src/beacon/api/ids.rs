//! Block and state ids.

use std::sync::Arc;

use alloy_primitives::B256;

use super::reply::ApiError;
use crate::beacon::chain::BeaconChain;
use crate::beacon::node::Node;
use crate::beacon::preset::start_slot;
use crate::beacon::transition;
use crate::beacon::types::{BeaconState, SignedBeaconBlock};
use crate::engine::ExecutionEngine;
use crate::ssz::Ssz;

/// What an id names.
enum Id {
    Head,
    Genesis,
    Finalized,
    Justified,
    Slot(u64),
    Root(B256),
}

fn parse(kind: &str, text: &str) -> Result<Id, ApiError> {
    let invalid = || ApiError::bad_request(format!("Invalid {kind} ID: {text}"));
    match text {
        "head" => Ok(Id::Head),
        "genesis" => Ok(Id::Genesis),
        "finalized" => Ok(Id::Finalized),
        "justified" => Ok(Id::Justified),
        _ if text.starts_with("0x") => root(text).map(Id::Root).ok_or_else(invalid),
        _ => text.parse().map(Id::Slot).map_err(|_| invalid()),
    }
}

/// A root in hexadecimal with `0x`.
pub(super) fn root(text: &str) -> Option<B256> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text.strip_prefix("0x")?, &mut bytes).ok()?;
    Some(B256::new(bytes))
}

/// A block that an id named.
pub(super) struct Found {
    pub(super) root: B256,
    pub(super) block: Arc<SignedBeaconBlock>,
    pub(super) is_finalized: bool,
    pub(super) is_canonical: bool,
}

impl<E: ExecutionEngine> BeaconChain<E> {
    /// The node that answers.
    pub(super) fn answering(&self) -> Result<&Node, ApiError> {
        self.serving().ok_or_else(|| ApiError::new(503, "no node runs"))
    }

    /// The block that an id names.
    pub(super) fn find_block(&self, text: &str) -> Result<Found, ApiError> {
        let node = self.answering()?;
        let missing = || ApiError::not_found("Block not found");
        let root = match parse("block", text)? {
            Id::Head => Some(node.head()),
            Id::Genesis => Some(self.genesis_block().message.tree_root()),
            Id::Finalized => Some(node.choice().finalized().root),
            Id::Justified => Some(node.choice().justified().root),
            Id::Slot(slot) => node.block_at(slot),
            Id::Root(root) => Some(root),
        };
        self.found(node, root.ok_or_else(missing)?).ok_or_else(missing)
    }

    /// What is to be said of a block beside its content.
    pub(super) fn found(&self, node: &Node, root: B256) -> Option<Found> {
        let block = if root == self.genesis_block().message.tree_root() {
            Arc::clone(self.genesis_block())
        } else {
            Arc::clone(node.block(&root)?)
        };
        let slot = block.message.slot;
        let is_canonical = slot == 0 || node.block_at(slot) == Some(root);
        let finalized = start_slot(node.choice().finalized().epoch);
        let is_finalized = is_canonical && slot <= finalized;
        Some(Found { root, block, is_finalized, is_canonical })
    }

    /// The state that an id names: of the finalized block and everything above it, and of
    /// genesis. Older ones are not kept. True beside a state that is final.
    pub(super) fn find_state(&self, text: &str) -> Result<(Arc<BeaconState>, bool), ApiError> {
        let node = self.answering()?;
        let tree = &node.choice().tree;
        let finalized = start_slot(node.choice().finalized().epoch);
        let state = match parse("state", text)? {
            Id::Head => tree.state(&node.head()),
            Id::Genesis | Id::Slot(0) => Some(Arc::clone(self.genesis())),
            Id::Finalized => tree.state(&node.choice().finalized().root),
            Id::Justified => tree.state(&node.choice().justified().root),
            Id::Slot(slot) => state_at(node, slot),
            Id::Root(root) if root == self.genesis_block().message.state_root => {
                Some(Arc::clone(self.genesis()))
            }
            Id::Root(root) => {
                let found = tree.iter().find(|(_, e)| e.block.message.state_root == root);
                found.and_then(|(root, _)| tree.state(root))
            }
        };
        let state = state.ok_or_else(|| ApiError::not_found("State not found"))?;
        let is_finalized = state.slot <= finalized;
        Ok((state, is_finalized))
    }
}

/// The canonical state after a slot, with or without a block.
fn state_at(node: &Node, slot: u64) -> Option<Arc<BeaconState>> {
    let tree = &node.choice().tree;
    if slot > node.choice().slot() {
        return None;
    }
    let state = tree.state(&tree.ancestor(&node.head(), slot)?)?;
    if state.slot == slot {
        return Some(state);
    }
    transition::at_slot(&state, slot).ok().map(Arc::new)
}
