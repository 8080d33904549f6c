//! Taking in a block.

use std::sync::Arc;

use alloy_primitives::B256;
use causeway_core::Timestamp;

use super::{Env, Node, NodeEvent};
use crate::beacon::preset::start_slot;
use crate::beacon::transition::{self, Committees, SignatureSet, TransitionError};
use crate::beacon::types::{BeaconState, SignedBeaconBlock};
use crate::engine::PayloadError;
use crate::ssz::Ssz;

/// Why a block is not taken in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// It is there already.
    #[error("the block is known")]
    Known,
    /// Its slot has not begun.
    #[error("block of slot {got} in slot {slot}")]
    FromFuture {
        /// The block's slot.
        got: u64,
        /// The slot it is.
        slot: u64,
    },
    /// It would undo a finalized block.
    #[error("block of slot {got} at or below the finalized slot {finalized}")]
    NotAboveFinalized {
        /// The block's slot.
        got: u64,
        /// First slot of the finalized epoch.
        finalized: u64,
    },
    /// Its parent is missing.
    #[error("parent {parent} is not known")]
    UnknownParent {
        /// The parent's root.
        parent: B256,
    },
    /// One of its signatures is bad.
    #[error("a signature of the block is not valid")]
    Signature,
    /// It breaks a rule of the state transition.
    #[error(transparent)]
    Transition(#[from] TransitionError),
    /// The execution layer refuses its payload.
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

impl Node {
    /// Checks a block by all rules and takes it in (`on_block`).
    pub fn import(
        &mut self,
        env: &mut Env<'_>,
        block: &Arc<SignedBeaconBlock>,
        now: Timestamp,
    ) -> Result<B256, ImportError> {
        let (root, state, signatures) = self.check_without_signatures(block)?;
        if !env.verifier.verify(&signatures) {
            return Err(ImportError::Signature);
        }
        self.take_in(env, root, block, state, now)?;
        Ok(root)
    }

    /// Takes in a block of the node's own store, whose signatures were checked before.
    pub fn import_stored(
        &mut self,
        env: &mut Env<'_>,
        block: &Arc<SignedBeaconBlock>,
        now: Timestamp,
    ) -> Result<B256, ImportError> {
        let (root, state, _) = self.check_without_signatures(block)?;
        self.take_in(env, root, block, state, now)?;
        Ok(root)
    }

    /// Everything about a block that takes neither pairings nor execution.
    fn check_without_signatures(
        &self,
        block: &SignedBeaconBlock,
    ) -> Result<(B256, BeaconState, Vec<SignatureSet>), ImportError> {
        let message = &block.message;
        let root = message.tree_root();
        if self.choice.tree.contains(&root) {
            return Err(ImportError::Known);
        }
        let slot = self.choice.slot();
        if message.slot > slot {
            return Err(ImportError::FromFuture { got: message.slot, slot });
        }
        let finalized = start_slot(self.choice.finalized().epoch);
        if message.slot <= finalized {
            return Err(ImportError::NotAboveFinalized { got: message.slot, finalized });
        }
        let parent = message.parent_root;
        let state = self.choice.tree.state(&parent).ok_or(ImportError::UnknownParent { parent })?;
        let mut state = BeaconState::clone(&state);
        transition::process_slots(&mut state, message.slot)?;
        let seconds_per_slot = self.clock.seconds_per_slot();
        let signatures = transition::apply_block(&mut state, block, seconds_per_slot)?;
        Ok((root, state, signatures))
    }

    /// Hands the payload to the execution layer, and the block to everything that counts blocks.
    fn take_in(
        &mut self,
        env: &mut Env<'_>,
        root: B256,
        block: &Arc<SignedBeaconBlock>,
        state: BeaconState,
        now: Timestamp,
    ) -> Result<(), ImportError> {
        let message = &block.message;
        env.engine.import(&message.body.execution_payload, message.parent_root)?;
        let is_timely = message.slot == self.clock.slot_at(now)
            && now < self.clock.attestation_due(message.slot);
        self.light.add_state(root, &state);
        self.serve_light_clients(block);
        let state = Arc::new(state);
        self.choice.on_block(root, Arc::clone(block), Arc::clone(&state), is_timely)?;
        self.count_votes(block, &state);
        self.events.push(NodeEvent::Imported { root, block: Arc::clone(block) });
        self.settle();
        Ok(())
    }

    /// The votes in a block count as if they had been heard.
    fn count_votes(&mut self, block: &SignedBeaconBlock, state: &BeaconState) {
        for attestation in block.message.body.attestations.iter() {
            let committees = Committees::of(state, attestation.data.target.epoch);
            if self.choice.is_valid_vote(&attestation.data)
                && let Ok(attesters) = attestation.attesters(&committees)
            {
                self.choice.vote(&attesters, &attestation.data);
            }
        }
    }

    /// Gathers what the block's sync aggregate says of its parent.
    fn serve_light_clients(&mut self, block: &SignedBeaconBlock) {
        let parent = block.message.parent_root;
        let Some(attested) = self.block(&parent).cloned() else { return };
        let finalized = self.light.finalized_by(&parent);
        let finalized = finalized.and_then(|checkpoint| self.block(&checkpoint.root).cloned());
        self.light.add_block(block, &attested, finalized.as_deref());
    }
}
