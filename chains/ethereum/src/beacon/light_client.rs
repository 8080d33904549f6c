//! What light clients are served, gathered while blocks are imported (altair and electra
//! light-client/full-node.md).

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_primitives::B256;

use super::preset::{SYNC_COMMITTEE_SIZE, epoch_of, period_of};
use super::types::{
    BeaconState, Checkpoint, LightClientBootstrap, LightClientFinalityUpdate, LightClientHeader,
    LightClientOptimisticUpdate, LightClientUpdate, SignedBeaconBlock, SyncCommittee,
};
use crate::ssz::{Ssz, Vector, merkle};

/// Leaf numbers of the state's tree, and its depth (`*_GINDEX_ELECTRA`: 86, 87, 84).
const STATE_DEPTH: usize = 6;
const CURRENT_SYNC_COMMITTEE: usize = 22;
const NEXT_SYNC_COMMITTEE: usize = 23;
const FINALIZED_CHECKPOINT: usize = 20;
/// Leaf number of the payload in the body's tree, and its depth (`EXECUTION_PAYLOAD_GINDEX`: 25).
const BODY_DEPTH: usize = 4;
const EXECUTION_PAYLOAD: usize = 9;

/// Epochs for which every finalized checkpoint has its bootstrap; of older ones, the first
/// checkpoint of each period has.
const RECENT_BOOTSTRAP_EPOCHS: u64 = 1250;

/// `block_to_light_client_header`.
pub fn light_client_header(block: &SignedBeaconBlock) -> LightClientHeader {
    let body = &block.message.body;
    let branch = merkle::branch(body.field_roots(), BODY_DEPTH, EXECUTION_PAYLOAD);
    LightClientHeader {
        beacon: block.message.header(),
        execution: body.execution_payload.header(),
        execution_branch: vector(&branch),
    }
}

/// A branch of the length that its type demands.
fn vector<const N: usize>(branch: &[B256]) -> Vector<B256, N> {
    Vector::new(branch).unwrap_or_default()
}

/// What a state proves to a light client.
#[derive(Clone, Debug)]
pub struct StateProofs {
    current_sync_committee: SyncCommittee,
    next_sync_committee: SyncCommittee,
    current_branch: Vector<B256, 6>,
    next_branch: Vector<B256, 6>,
    finalized: Checkpoint,
    finality_branch: Vector<B256, 7>,
}

impl StateProofs {
    /// The proofs of a state that is its block's own.
    pub fn of(state: &BeaconState) -> Self {
        let leaves = state.field_roots();
        let branch = |index| merkle::branch(leaves.clone(), STATE_DEPTH, index);
        let finalized = state.finalized_checkpoint;
        // Within the checkpoint, the root's sibling is the epoch.
        let mut finality_branch = vec![finalized.epoch.tree_root()];
        finality_branch.extend(branch(FINALIZED_CHECKPOINT));
        Self {
            current_sync_committee: state.current_sync_committee.clone(),
            next_sync_committee: state.next_sync_committee.clone(),
            current_branch: vector(&branch(CURRENT_SYNC_COMMITTEE)),
            next_branch: vector(&branch(NEXT_SYNC_COMMITTEE)),
            finalized,
            finality_branch: vector(&finality_branch),
        }
    }
}

/// `create_light_client_bootstrap`.
pub fn bootstrap(block: &SignedBeaconBlock, proofs: &StateProofs) -> LightClientBootstrap {
    LightClientBootstrap {
        header: light_client_header(block),
        current_sync_committee: proofs.current_sync_committee.clone(),
        current_sync_committee_branch: proofs.current_branch.clone(),
    }
}

/// `create_light_client_update`: what `block`'s sync committee says of `attested`, its parent;
/// `finalized` is the block that the attested state finalizes, unless that is genesis.
pub fn update(
    block: &SignedBeaconBlock,
    attested: &SignedBeaconBlock,
    proofs: &StateProofs,
    finalized: Option<&SignedBeaconBlock>,
) -> LightClientUpdate {
    let mut update = LightClientUpdate {
        attested_header: light_client_header(attested),
        sync_aggregate: block.message.body.sync_aggregate.clone(),
        signature_slot: block.message.slot,
        ..LightClientUpdate::default()
    };
    if period_of(attested.message.slot) == period_of(block.message.slot) {
        update.next_sync_committee = proofs.next_sync_committee.clone();
        update.next_sync_committee_branch = proofs.next_branch.clone();
    }
    if let Some(finalized) = finalized {
        update.finalized_header = light_client_header(finalized);
        update.finality_branch = proofs.finality_branch.clone();
    }
    update
}

impl LightClientUpdate {
    fn participants(&self) -> usize {
        self.sync_aggregate.sync_committee_bits.count()
    }

    /// Two thirds of the seats signed.
    pub fn has_supermajority(&self) -> bool {
        self.participants().saturating_mul(3) >= SYNC_COMMITTEE_SIZE.saturating_mul(2)
    }

    /// `is_finality_update`.
    pub fn has_finality(&self) -> bool {
        self.finality_branch != Vector::default()
    }

    /// The next committee, of the period that the signature is of.
    fn has_relevant_committee(&self) -> bool {
        self.next_sync_committee_branch != Vector::default()
            && period_of(self.attested_header.beacon.slot) == period_of(self.signature_slot)
    }

    /// Finality inside the attested period.
    fn has_committee_finality(&self) -> bool {
        self.has_finality()
            && period_of(self.finalized_header.beacon.slot)
                == period_of(self.attested_header.beacon.slot)
    }

    /// `is_better_update`.
    pub fn is_better_than(&self, old: &Self) -> bool {
        let (new_count, old_count) = (self.participants(), old.participants());
        if self.has_supermajority() != old.has_supermajority() {
            return self.has_supermajority();
        }
        if !self.has_supermajority() && new_count != old_count {
            return new_count > old_count;
        }
        let merits = |update: &Self| {
            [
                update.has_relevant_committee(),
                update.has_finality(),
                update.has_committee_finality(),
            ]
        };
        let (new_slot, old_slot) =
            (self.attested_header.beacon.slot, old.attested_header.beacon.slot);
        merits(self)
            .cmp(&merits(old))
            .then(new_count.cmp(&old_count))
            .then(old_slot.cmp(&new_slot))
            .then(old.signature_slot.cmp(&self.signature_slot))
            .is_gt()
    }

    /// `create_light_client_finality_update`.
    pub fn finality_update(&self) -> LightClientFinalityUpdate {
        LightClientFinalityUpdate {
            attested_header: self.attested_header.clone(),
            finalized_header: self.finalized_header.clone(),
            finality_branch: self.finality_branch.clone(),
            sync_aggregate: self.sync_aggregate.clone(),
            signature_slot: self.signature_slot,
        }
    }

    /// `create_light_client_optimistic_update`.
    pub fn optimistic_update(&self) -> LightClientOptimisticUpdate {
        LightClientOptimisticUpdate {
            attested_header: self.attested_header.clone(),
            sync_aggregate: self.sync_aggregate.clone(),
            signature_slot: self.signature_slot,
        }
    }
}

/// Something that a light client may want to know of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LightClientEvent {
    /// A new bootstrap, by block root.
    Bootstrap(B256),
    /// Bootstraps that are no longer kept.
    Dropped(Vec<B256>),
    /// A better update of a period.
    Best(u64),
    /// A new finality update.
    Finality,
    /// A new optimistic update.
    Optimistic,
}

/// The data that a node serves.
#[derive(Clone, Debug, Default)]
pub struct LightClientData {
    proofs: BTreeMap<B256, Arc<StateProofs>>,
    /// Bootstraps with the epochs of their checkpoints.
    bootstraps: BTreeMap<B256, (u64, LightClientBootstrap)>,
    best: BTreeMap<u64, LightClientUpdate>,
    finality: Option<LightClientFinalityUpdate>,
    optimistic: Option<LightClientOptimisticUpdate>,
    events: Vec<LightClientEvent>,
}

impl LightClientData {
    /// Remembers what a block's state proves.
    pub fn add_state(&mut self, root: B256, state: &BeaconState) {
        self.proofs.insert(root, Arc::new(StateProofs::of(state)));
    }

    /// The checkpoint that a block's state has finalized.
    pub fn finalized_by(&self, root: &B256) -> Option<Checkpoint> {
        self.proofs.get(root).map(|proofs| proofs.finalized)
    }

    /// Takes in what a block's sync aggregate says of its parent.
    pub fn add_block(
        &mut self,
        block: &SignedBeaconBlock,
        attested: &SignedBeaconBlock,
        finalized: Option<&SignedBeaconBlock>,
    ) {
        let Some(proofs) = self.proofs.get(&block.message.parent_root).cloned() else { return };
        let update = update(block, attested, &proofs, finalized);
        if update.participants() == 0 {
            return;
        }
        self.add_update(&update);
        if period_of(attested.message.slot) == period_of(block.message.slot) {
            let period = period_of(attested.message.slot);
            if self.best.get(&period).is_none_or(|best| update.is_better_than(best)) {
                self.best.insert(period, update);
                self.events.push(LightClientEvent::Best(period));
            }
        }
    }

    /// Newer optimistic and finality updates replace older ones; one without a supermajority
    /// does not replace one that has it.
    fn add_update(&mut self, update: &LightClientUpdate) {
        let slot = update.attested_header.beacon.slot;
        let newest = self.optimistic.as_ref().map(|known| known.attested_header.beacon.slot);
        if newest.is_none_or(|newest| newest < slot) {
            self.optimistic = Some(update.optimistic_update());
            self.events.push(LightClientEvent::Optimistic);
        }
        let newest = self.finality.as_ref().map(|known| known.attested_header.beacon.slot);
        let is_newer = newest.is_none_or(|newest| newest < slot);
        let is_first = self.finality.is_none();
        if update.has_finality() && is_newer && (is_first || update.has_supermajority()) {
            self.finality = Some(update.finality_update());
            self.events.push(LightClientEvent::Finality);
        }
    }

    /// A block became final: its bootstrap is kept if it begins an epoch, and the proofs of
    /// blocks that are not in the tree any more are dropped.
    pub fn finalize(
        &mut self,
        checkpoint: Checkpoint,
        block: &SignedBeaconBlock,
        is_in_tree: impl Fn(&B256) -> bool,
    ) {
        if let Some(proofs) = self.proofs.get(&checkpoint.root) {
            let bootstrap = bootstrap(block, proofs);
            self.bootstraps.insert(checkpoint.root, (checkpoint.epoch, bootstrap));
            self.events.push(LightClientEvent::Bootstrap(checkpoint.root));
        }
        self.proofs.retain(|root, _| is_in_tree(root));
        self.thin_out(checkpoint.epoch);
    }

    /// Drops old bootstraps but one for each period.
    fn thin_out(&mut self, epoch: u64) {
        let oldest = epoch.saturating_sub(RECENT_BOOTSTRAP_EPOCHS);
        let mut firsts = BTreeMap::new();
        for (root, (epoch, bootstrap)) in &self.bootstraps {
            let first = firsts.entry(period_of(bootstrap.header.beacon.slot));
            let first = first.or_insert((*epoch, *root));
            *first = (*first).min((*epoch, *root));
        }
        let stays = |root: &B256, (epoch, bootstrap): &(u64, LightClientBootstrap)| {
            let first = firsts.get(&period_of(bootstrap.header.beacon.slot));
            *epoch >= oldest || first.is_some_and(|(_, first)| first == root)
        };
        let dropped: Vec<B256> = self
            .bootstraps
            .iter()
            .filter(|(root, kept)| !stays(root, kept))
            .map(|(root, _)| *root)
            .collect();
        for root in &dropped {
            self.bootstraps.remove(root);
        }
        if !dropped.is_empty() {
            self.events.push(LightClientEvent::Dropped(dropped));
        }
    }

    /// Puts back a bootstrap of an earlier run.
    pub fn restore_bootstrap(&mut self, root: B256, bootstrap: LightClientBootstrap) {
        let epoch = epoch_of(bootstrap.header.beacon.slot.saturating_add(7));
        self.bootstraps.insert(root, (epoch, bootstrap));
    }

    /// Puts back a period's best update of an earlier run.
    pub fn restore_best(&mut self, period: u64, update: LightClientUpdate) {
        self.best.insert(period, update);
    }

    /// The bootstrap of a finalized checkpoint's block.
    pub fn bootstrap(&self, root: &B256) -> Option<&LightClientBootstrap> {
        self.bootstraps.get(root).map(|(_, bootstrap)| bootstrap)
    }

    /// The best update of a period.
    pub fn best(&self, period: u64) -> Option<&LightClientUpdate> {
        self.best.get(&period)
    }

    /// The newest finality update.
    pub const fn finality(&self) -> Option<&LightClientFinalityUpdate> {
        self.finality.as_ref()
    }

    /// The newest optimistic update.
    pub const fn optimistic(&self) -> Option<&LightClientOptimisticUpdate> {
        self.optimistic.as_ref()
    }

    /// What happened since the last call.
    pub fn take_events(&mut self) -> Vec<LightClientEvent> {
        core::mem::take(&mut self.events)
    }
}
