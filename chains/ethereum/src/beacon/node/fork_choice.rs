//! Which block to build on: LMD-GHOST under the newest justified checkpoint
//! (phase0/fork-choice.md).

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_primitives::B256;

use super::tree::BlockTree;
use crate::beacon::preset::{PROPOSER_SCORE_BOOST, SLOTS_PER_EPOCH, epoch_of, start_slot};
use crate::beacon::transition::{self, TransitionError};
use crate::beacon::types::{AttestationData, BeaconState, Checkpoint, SignedBeaconBlock};
use crate::ssz::to_u64;

/// Target states that are kept beside those of blocks.
const MAX_CHECKPOINT_STATES: usize = 8;

/// A validator's newest vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LatestMessage {
    epoch: u64,
    root: B256,
}

/// The store of the fork choice.
#[derive(Clone, Debug)]
pub struct ForkChoice {
    /// The blocks above the finalized one.
    pub tree: BlockTree,
    slot: u64,
    justified: Checkpoint,
    finalized: Checkpoint,
    unrealized_justified: Checkpoint,
    unrealized_finalized: Checkpoint,
    latest_messages: BTreeMap<u64, LatestMessage>,
    /// Effective balances that count, by validator, in the justified state.
    weights: BTreeMap<u64, u64>,
    boosted: Option<B256>,
    checkpoint_states: BTreeMap<Checkpoint, Arc<BeaconState>>,
}

impl ForkChoice {
    /// `get_forkchoice_store`: starts from a checkpoint that is taken as final.
    pub fn new(tree: BlockTree, checkpoint: Checkpoint, slot: u64) -> Self {
        let weights = tree.state(&tree.root()).as_deref().map(weights).unwrap_or_default();
        Self {
            tree,
            slot,
            justified: checkpoint,
            finalized: checkpoint,
            unrealized_justified: checkpoint,
            unrealized_finalized: checkpoint,
            latest_messages: BTreeMap::new(),
            weights,
            boosted: None,
            checkpoint_states: BTreeMap::new(),
        }
    }

    /// The slot it is.
    pub const fn slot(&self) -> u64 {
        self.slot
    }

    /// The justified checkpoint.
    pub const fn justified(&self) -> Checkpoint {
        self.justified
    }

    /// The finalized checkpoint.
    pub const fn finalized(&self) -> Checkpoint {
        self.finalized
    }

    /// `on_tick_per_slot`, for every slot up to this one.
    pub fn tick(&mut self, slot: u64) {
        let has_new_epoch = epoch_of(slot) > epoch_of(self.slot);
        if slot <= self.slot {
            return;
        }
        self.slot = slot;
        self.boosted = None;
        if has_new_epoch {
            self.update_checkpoints(self.unrealized_justified, self.unrealized_finalized);
        }
    }

    /// `update_checkpoints`.
    fn update_checkpoints(&mut self, justified: Checkpoint, finalized: Checkpoint) {
        if justified.epoch > self.justified.epoch && self.tree.contains(&justified.root) {
            self.justified = justified;
            if let Ok(state) = self.checkpoint_state(justified) {
                self.weights = weights(&state);
            }
        }
        if finalized.epoch > self.finalized.epoch && self.tree.contains(&finalized.root) {
            self.finalized = finalized;
        }
    }

    /// `on_block`, for a block that has been checked, with its state.
    pub fn on_block(
        &mut self,
        root: B256,
        block: Arc<SignedBeaconBlock>,
        state: Arc<BeaconState>,
        is_timely: bool,
    ) -> Result<(), TransitionError> {
        let head = self.head();
        let pulled_up = state.justification()?;
        let realized = (state.current_justified_checkpoint, state.finalized_checkpoint);
        let epoch = epoch_of(block.message.slot);
        self.tree.insert(root, block, state, is_timely)?;
        if is_timely && self.boosted.is_none() && self.is_same_shuffling(&head, &root) {
            self.boosted = Some(root);
        }
        self.update_checkpoints(realized.0, realized.1);
        if pulled_up.current.epoch > self.unrealized_justified.epoch {
            self.unrealized_justified = pulled_up.current;
        }
        if pulled_up.finalized.epoch > self.unrealized_finalized.epoch {
            self.unrealized_finalized = pulled_up.finalized;
        }
        if epoch < epoch_of(self.slot) {
            self.update_checkpoints(pulled_up.current, pulled_up.finalized);
        }
        Ok(())
    }

    /// Both blocks lead to the same committees now (`get_shuffling_dependent_root`).
    fn is_same_shuffling(&self, head: &B256, root: &B256) -> bool {
        let epoch = epoch_of(self.slot);
        if epoch <= 1 {
            return true;
        }
        let slot = start_slot(epoch.saturating_sub(1)).saturating_sub(1);
        self.tree.ancestor(head, slot) == self.tree.ancestor(root, slot)
    }

    /// `validate_on_attestation` for a vote that may count: target and head are known, fit each
    /// other, and are not of the future.
    pub fn is_valid_vote(&self, data: &AttestationData) -> bool {
        let head = self.tree.get(&data.beacon_block_root);
        data.target.epoch == epoch_of(data.slot)
            && self.tree.contains(&data.target.root)
            && head.is_some_and(|head| head.slot() <= data.slot)
            && self.tree.checkpoint_block(&data.beacon_block_root, data.target.epoch)
                == Some(data.target.root)
    }

    /// `update_latest_messages`.
    pub fn vote(&mut self, attesters: &[u64], data: &AttestationData) {
        let message = LatestMessage { epoch: data.target.epoch, root: data.beacon_block_root };
        for index in attesters {
            let known = self.latest_messages.entry(*index).or_insert(message);
            if message.epoch > known.epoch {
                *known = message;
            }
        }
    }

    /// `store_target_checkpoint_state`: the state at a checkpoint whose block is known.
    pub fn checkpoint_state(
        &mut self,
        checkpoint: Checkpoint,
    ) -> Result<Arc<BeaconState>, TransitionError> {
        if let Some(state) = self.checkpoint_states.get(&checkpoint) {
            return Ok(Arc::clone(state));
        }
        let slot = start_slot(checkpoint.epoch);
        let state = self.tree.state(&checkpoint.root);
        let state = state.ok_or(TransitionError::NoBlockRoot { slot, state: self.slot })?;
        let state =
            if state.slot < slot { Arc::new(transition::at_slot(&state, slot)?) } else { state };
        if self.checkpoint_states.len() >= MAX_CHECKPOINT_STATES {
            self.checkpoint_states.pop_first();
        }
        self.checkpoint_states.insert(checkpoint, Arc::clone(&state));
        Ok(state)
    }

    /// `get_head`.
    pub fn head(&self) -> B256 {
        let (weights, viable) = self.weigh();
        let mut children: BTreeMap<B256, Vec<B256>> = BTreeMap::new();
        for (root, entry) in self.tree.iter() {
            if viable.get(root).copied().unwrap_or_default() {
                children.entry(entry.parent()).or_default().push(*root);
            }
        }
        let weight = |root: &B256| (weights.get(root).copied().unwrap_or_default(), *root);
        let heaviest = |head: &B256| children.get(head)?.iter().max_by_key(|r| weight(r)).copied();
        let path = std::iter::successors(Some(self.justified.root), heaviest);
        path.last().unwrap_or(self.justified.root)
    }

    /// The weight of each block's subtree, and whether it leads to a viable head
    /// (`filter_block_tree`). Descendants come before ancestors, so one pass does.
    fn weigh(&self) -> (BTreeMap<B256, u64>, BTreeMap<B256, bool>) {
        let mut weights: BTreeMap<B256, u64> = BTreeMap::new();
        for (index, message) in &self.latest_messages {
            let weight = self.weights.get(index).copied().unwrap_or_default();
            add(&mut weights, message.root, weight);
        }
        if let Some(boosted) = self.boosted {
            let total = self.weights.values().copied().fold(0, u64::saturating_add);
            let committee = total / SLOTS_PER_EPOCH;
            add(&mut weights, boosted, committee.saturating_mul(PROPOSER_SCORE_BOOST) / 100);
        }
        let mut viable: BTreeMap<B256, bool> = BTreeMap::new();
        for (root, entry) in self.tree.iter().rev() {
            let weight = weights.get(root).copied().unwrap_or_default();
            add(&mut weights, entry.parent(), weight);
            let is_viable = viable.get(root).copied().unwrap_or_else(|| self.is_viable_head(root));
            viable.insert(*root, is_viable);
            let parent = viable.entry(entry.parent()).or_default();
            *parent = *parent || is_viable;
        }
        (weights, viable)
    }

    /// A leaf may be the head if its own view of what is justified is not behind.
    fn is_viable_head(&self, root: &B256) -> bool {
        let Some(entry) = self.tree.get(root) else { return false };
        let epoch = epoch_of(self.slot);
        let is_pulled_up = epoch > epoch_of(entry.slot());
        let source = if is_pulled_up { entry.unrealized_justified } else { entry.justified };
        self.justified.epoch == 0
            || source.epoch == self.justified.epoch
            || source.epoch.saturating_add(2) >= epoch
    }

    /// Prunes to the finalized block, if that has moved: blocks that became final, oldest first,
    /// and orphans.
    pub fn prune(&mut self) -> Option<(Vec<Arc<SignedBeaconBlock>>, Vec<B256>)> {
        if self.finalized.root == self.tree.root() {
            return None;
        }
        let pruned = self.tree.finalize(self.finalized.root);
        let finalized = self.finalized.epoch;
        self.checkpoint_states.retain(|checkpoint, _| checkpoint.epoch >= finalized);
        let tree = &self.tree;
        self.latest_messages.retain(|_, message| tree.contains(&message.root));
        Some(pruned)
    }
}

/// Adds to a block's weight.
fn add(weights: &mut BTreeMap<B256, u64>, root: B256, weight: u64) {
    let sum = weights.entry(root).or_default();
    *sum = sum.saturating_add(weight);
}

/// Effective balances of the active validators that are not slashed.
fn weights(state: &BeaconState) -> BTreeMap<u64, u64> {
    let epoch = state.current_epoch();
    let counts = |index: &u64| state.validators.at(*index).filter(|v| v.is_active(epoch));
    let indices = (0..to_u64(state.validators.len())).filter(|index| counts(index).is_some());
    let weight = |index| {
        let validator = counts(&index).filter(|validator| !validator.slashed);
        (index, validator.map_or(0, |validator| validator.effective_balance))
    };
    indices.map(weight).collect()
}
