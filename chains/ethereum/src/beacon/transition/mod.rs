//! The state transition function (specs/*/beacon-chain.md, Fulu), rule by rule.
//!
//! Signatures are not checked here but handed out as [`SignatureSet`]s, so that all of a block can
//! be checked in one go. Operations that the bundled chain never makes are refused.

mod accessors;
mod attestation;
mod block;
mod committees;
mod epoch;
mod error;
mod justification;
pub(super) mod registry;
mod rewards;
mod sync;

use alloy_primitives::B256;

use super::preset::{SLOTS_PER_EPOCH, epoch_of};
use super::types::{BeaconBlock, BeaconState, BlsSignature, SignedBeaconBlock};
use crate::ssz::Ssz;

pub use committees::Committees;
pub use error::TransitionError;
pub use justification::Justification;

/// More slots without a block than any chain of ours lives through in one go: beyond it a state
/// is not advanced, which would cost work without bound.
pub const MAX_SLOTS_AHEAD: u64 = 1 << 16;

/// One signature to check: by these validators together, over this root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureSet {
    /// Indices of the signers; one with several seats signs as often.
    pub signers: Vec<u64>,
    /// The signing root.
    pub message: B256,
    /// The aggregate.
    pub signature: BlsSignature,
}

/// `process_slots`.
pub fn process_slots(state: &mut BeaconState, slot: u64) -> Result<(), TransitionError> {
    let ahead = slot.saturating_sub(state.slot);
    if ahead == 0 || ahead > MAX_SLOTS_AHEAD {
        return Err(TransitionError::Slot { got: slot, state: state.slot });
    }
    while state.slot < slot {
        process_slot(state);
        let next = state.slot.saturating_add(1);
        if next.is_multiple_of(SLOTS_PER_EPOCH) {
            epoch::process_epoch(state)?;
        }
        state.slot = next;
    }
    Ok(())
}

/// `process_slot`.
fn process_slot(state: &mut BeaconState) {
    let state_root = state.tree_root();
    state.state_roots.set(state.slot, state_root);
    if state.latest_block_header.state_root.is_zero() {
        state.latest_block_header.state_root = state_root;
    }
    let block_root = state.latest_block_header.tree_root();
    state.block_roots.set(state.slot, block_root);
}

/// `state_transition` without signatures and without the execution engine: the state must already
/// be at the block's slot, and becomes the block's own.
pub fn apply_block(
    state: &mut BeaconState,
    signed: &SignedBeaconBlock,
    seconds_per_slot: u64,
) -> Result<Vec<SignatureSet>, TransitionError> {
    let block = &signed.message;
    let mut signatures = vec![block::proposer_signature(state, signed)];
    block::process_block(state, block, seconds_per_slot, &mut signatures)?;
    let (got, expected) = (block.state_root, state.tree_root());
    if got != expected {
        return Err(TransitionError::StateRoot { got, expected });
    }
    Ok(signatures)
}

/// `process_block` on a block that is still to be signed: gives the state root to put into it.
pub fn resulting_state(
    state: &BeaconState,
    block: &BeaconBlock,
    seconds_per_slot: u64,
) -> Result<BeaconState, TransitionError> {
    let mut state = state.clone();
    block::process_block(&mut state, block, seconds_per_slot, &mut Vec::new())?;
    Ok(state)
}

/// A state at the given slot: itself, or a copy that is moved on.
pub fn at_slot(state: &BeaconState, slot: u64) -> Result<BeaconState, TransitionError> {
    let mut state = state.clone();
    if state.slot < slot {
        process_slots(&mut state, slot)?;
    }
    Ok(state)
}

impl BeaconState {
    /// `get_current_epoch`.
    pub const fn current_epoch(&self) -> u64 {
        epoch_of(self.slot)
    }

    /// `get_previous_epoch`.
    pub const fn previous_epoch(&self) -> u64 {
        self.current_epoch().saturating_sub(1)
    }
}
