//! What a node makes of messages. Nothing is believed because of who sent it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alloy_primitives::B256;
use causeway_chain::PeerId;
use causeway_core::Timestamp;

use super::import::ImportError;
use super::{Env, Message, Node, Outgoing, SyncContribution};
use crate::beacon::preset::{DOMAIN_SYNC_COMMITTEE, epoch_of, period_of};
use crate::beacon::transition::{Committees, SignatureSet};
use crate::beacon::types::{
    Attestation, BeaconState, SignedBeaconBlock, SyncCommittee, signing_root,
};
use crate::ssz::{Ssz, to_u64};

/// Blocks sent in one answer.
const MAX_BLOCKS_PER_ANSWER: usize = 128;

/// Blocks that wait for an ancestor; hours of one side of a partition.
const MAX_WAITING_BLOCKS: usize = 16_384;

/// Votes that wait for a block; some slots of them.
const MAX_WAITING_VOTES: usize = 256;

/// Messages that came too early.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// Blocks by the parent that they lack.
    blocks: BTreeMap<B256, Vec<Arc<SignedBeaconBlock>>>,
    /// Parents of the same blocks by their roots.
    parents: BTreeMap<B256, B256>,
    /// Votes by the block that they are for.
    votes: BTreeMap<B256, Vec<(PeerId, Message)>>,
    vote_count: usize,
    /// What has been asked for in this slot.
    requested: BTreeSet<B256>,
}

impl Waiting {
    /// A new slot: ask again, and forget old votes.
    pub(super) fn on_slot(&mut self, begins_epoch: bool) {
        self.requested.clear();
        if begins_epoch {
            self.votes.clear();
            self.vote_count = 0;
        }
    }

    /// Blocks up to the finalized slot will never be taken in.
    pub(super) fn on_finalized(&mut self, slot: u64) {
        let parents = &mut self.parents;
        self.blocks.retain(|_, siblings| {
            siblings.retain(|block| {
                let stays = block.message.slot > slot;
                if !stays {
                    parents.remove(&block.message.tree_root());
                }
                stays
            });
            !siblings.is_empty()
        });
    }

    fn hold_block(&mut self, block: Arc<SignedBeaconBlock>) {
        let (root, parent) = (block.message.tree_root(), block.message.parent_root);
        if self.parents.len() < MAX_WAITING_BLOCKS && self.parents.insert(root, parent).is_none() {
            self.blocks.entry(parent).or_default().push(block);
        }
    }

    fn hold_vote(&mut self, root: B256, from: PeerId, vote: Message) {
        if self.vote_count < MAX_WAITING_VOTES {
            self.votes.entry(root).or_default().push((from, vote));
            self.vote_count = self.vote_count.saturating_add(1);
        }
    }

    /// What waited for this block.
    fn release(&mut self, root: &B256) -> (Vec<Arc<SignedBeaconBlock>>, Vec<(PeerId, Message)>) {
        let blocks = self.blocks.remove(root).unwrap_or_default();
        for block in &blocks {
            self.parents.remove(&block.message.tree_root());
        }
        let votes = self.votes.remove(root).unwrap_or_default();
        self.vote_count = self.vote_count.saturating_sub(votes.len());
        (blocks, votes)
    }

    /// The oldest ancestor of a missing block that is missing itself.
    fn oldest_missing(&self, root: B256) -> B256 {
        let path = std::iter::successors(Some(root), |root| self.parents.get(root).copied());
        path.take(MAX_WAITING_BLOCKS).last().unwrap_or(root)
    }
}

impl Node {
    /// A message has arrived.
    pub fn on_message(
        &mut self,
        env: &mut Env<'_>,
        from: PeerId,
        message: Message,
        now: Timestamp,
    ) {
        match message {
            Message::Block(block) => self.on_block(env, from, block, now),
            Message::Attestation(attestation) => self.on_attestation(env, from, &attestation),
            Message::Sync(contribution) => self.on_sync(env, from, contribution),
            Message::Request(root) => self.on_request(from, root),
            Message::Blocks(blocks) => {
                for block in blocks.into_iter().take(MAX_BLOCKS_PER_ANSWER) {
                    self.on_block(env, from, block, now);
                }
            }
        }
    }

    /// Takes in a block and all that waited for it, or finds out what it lacks.
    fn on_block(
        &mut self,
        env: &mut Env<'_>,
        from: PeerId,
        block: Arc<SignedBeaconBlock>,
        now: Timestamp,
    ) {
        let mut ready = vec![block];
        while let Some(block) = ready.pop() {
            match self.import(env, &block, now) {
                Ok(root) => {
                    let (blocks, votes) = self.waiting.release(&root);
                    ready.extend(blocks);
                    for (from, vote) in votes {
                        self.on_message(env, from, vote, now);
                    }
                }
                Err(ImportError::UnknownParent { parent }) => {
                    self.waiting.hold_block(block);
                    self.request(from, parent);
                }
                // Known, early, late or bad: nobody is told, as gossip goes.
                Err(_) => {}
            }
        }
    }

    /// Asks for the oldest block that is missing below this one, once in a slot.
    fn request(&mut self, from: PeerId, root: B256) {
        let root = self.waiting.oldest_missing(root);
        if self.waiting.requested.insert(root) {
            self.outgoing.push(Outgoing { to: Some(from), message: Message::Request(root) });
        }
    }

    /// Sends a block and the newest of its ancestors.
    fn on_request(&mut self, from: PeerId, root: B256) {
        let first = self.block(&root);
        let next = |block: &&Arc<SignedBeaconBlock>| self.block(&block.message.parent_root);
        let chain = std::iter::successors(first, next).take(MAX_BLOCKS_PER_ANSWER);
        let mut blocks: Vec<_> = chain.cloned().collect();
        blocks.reverse();
        if !blocks.is_empty() {
            self.outgoing.push(Outgoing { to: Some(from), message: Message::Blocks(blocks) });
        }
    }

    /// Votes for a block (`on_attestation`): checked against the committees of their target.
    fn on_attestation(&mut self, env: &mut Env<'_>, from: PeerId, attestation: &Arc<Attestation>) {
        let data = &attestation.data;
        let (slot, epoch) = (self.choice.slot(), epoch_of(self.choice.slot()));
        let is_current = data.target.epoch == epoch || data.target.epoch == epoch.saturating_sub(1);
        if !is_current || data.slot > slot || data.index != 0 {
            return;
        }
        let root = data.beacon_block_root;
        if !self.choice.tree.contains(&root) {
            self.waiting.hold_vote(root, from, Message::Attestation(Arc::clone(attestation)));
            return self.request(from, root);
        }
        if !self.choice.is_valid_vote(data) {
            return;
        }
        let Ok(state) = self.choice.checkpoint_state(data.target) else { return };
        let committees = Committees::of(&state, data.target.epoch);
        let Ok(attesters) = attestation.attesters(&committees) else { return };
        let is_news = self.pool.is_news(data.target.epoch, &attesters);
        let signature = attestation.signature_set(&state, attesters.clone());
        if is_news && env.verifier.verify(&[signature]) {
            self.accept_vote(attestation, attesters);
        }
    }

    /// Keeps verified votes for blocks and, from the next slot on, for the choice of the head.
    pub(super) fn accept_vote(&mut self, attestation: &Attestation, attesters: Vec<u64>) {
        self.pool.add_vote(attestation, attesters.clone());
        if attestation.data.slot < self.choice.slot() {
            self.choice.vote(&attesters, &attestation.data);
        } else {
            self.early_votes.push((attesters, attestation.data));
        }
    }

    /// Sync committee signatures over a block.
    fn on_sync(&mut self, env: &mut Env<'_>, from: PeerId, contribution: Arc<SyncContribution>) {
        let slot = self.choice.slot();
        let is_current = contribution.slot == slot || contribution.slot == slot.saturating_sub(1);
        if !is_current || !self.pool.is_sync_news(&contribution) {
            return;
        }
        let root = contribution.beacon_block_root;
        let Some(state) = self.choice.tree.state(&root) else {
            self.waiting.hold_vote(root, from, Message::Sync(contribution));
            return self.request(from, root);
        };
        let signature = sync_signature_set(&state, &contribution);
        if signature.is_some_and(|signature| env.verifier.verify(&[signature])) {
            self.pool.add_sync(contribution);
        }
    }
}

/// The committee whose signatures over a block of `slot` the next slot's block carries; `None` if
/// the state is too old to tell.
pub(super) fn sync_committee_for(state: &BeaconState, slot: u64) -> Option<&SyncCommittee> {
    let period = period_of(slot.saturating_add(1));
    match period.checked_sub(period_of(state.slot))? {
        0 => Some(&state.current_sync_committee),
        1 => Some(&state.next_sync_committee),
        _ => None,
    }
}

/// What the members of the sync committee sign in a slot.
pub(super) fn sync_message(state: &BeaconState, slot: u64, root: B256) -> B256 {
    signing_root(root, state.domain(DOMAIN_SYNC_COMMITTEE, epoch_of(slot)))
}

/// Who must have signed a contribution, and what.
fn sync_signature_set(
    state: &BeaconState,
    contribution: &SyncContribution,
) -> Option<SignatureSet> {
    let committee = sync_committee_for(state, contribution.slot)?;
    let signers = contribution.bits.ones().map(|seat| {
        let key = committee.pubkeys.get(seat)?;
        state.validators.iter().position(|validator| validator.pubkey == *key).map(to_u64)
    });
    Some(SignatureSet {
        signers: signers.collect::<Option<_>>()?,
        message: sync_message(state, contribution.slot, contribution.beacon_block_root),
        signature: contribution.signature,
    })
}
