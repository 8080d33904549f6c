//! What a node's validators do at their times (altair and electra validator.md).

use std::collections::BTreeSet;
use std::sync::Arc;

use alloy_primitives::{Address, B256};
use causeway_core::Timestamp;

use super::gossip::{sync_committee_for, sync_message};
use super::message::SyncContribution;
use super::{Duty, Env, Message, Node, NodeEvent, pool};
use crate::beacon::bls::{ValidatorKey, sign_together};
use crate::beacon::preset::{
    DOMAIN_BEACON_ATTESTER, DOMAIN_BEACON_PROPOSER, DOMAIN_RANDAO, SLOTS_PER_EPOCH,
    SYNC_COMMITTEE_SIZE, epoch_of, start_slot,
};
use crate::beacon::transition::{self, Committees, SignatureSet};
use crate::beacon::types::{
    Attestation, AttestationData, BeaconBlock, BeaconBlockBody, BeaconState, BlsPubkey, Checkpoint,
    SignedBeaconBlock, signing_root,
};
use crate::engine::{ExecutionPayload, PayloadAttributes};
use crate::ssz::{Bitvector, Ssz};

/// What proposers write into their blocks.
const GRAFFITI: &[u8] = b"causeway";

impl Node {
    /// Does what is due at `now`: at most one duty; ask again for the next.
    pub fn on_time(&mut self, env: &mut Env<'_>, now: Timestamp) {
        if now < self.next_deadline() {
            return;
        }
        match self.duty {
            Duty::Begin(slot) => {
                self.duty = Duty::Vote(slot);
                self.begin(slot);
                self.propose(env, slot, now);
            }
            Duty::Vote(slot) => {
                self.duty = Duty::Begin(slot.saturating_add(1));
                self.settle();
                self.attest(env, slot);
                self.sign_sync(env, slot);
            }
        }
    }

    /// A slot begins: votes of the last one count now.
    fn begin(&mut self, slot: u64) {
        self.choice.tick(slot);
        for (attesters, data) in core::mem::take(&mut self.early_votes) {
            self.choice.vote(&attesters, &data);
        }
        self.pool.expire(slot);
        self.waiting.on_slot(slot.is_multiple_of(SLOTS_PER_EPOCH));
        self.settle();
    }

    /// The key of one of this node's validators.
    fn key(&self, index: u64) -> Option<&ValidatorKey> {
        self.keys.iter().find(|key| key.index == index)
    }

    /// Proposes a block if the slot is one of this node's.
    fn propose(&mut self, env: &mut Env<'_>, slot: u64, now: Timestamp) {
        if slot <= self.signed.proposed {
            return;
        }
        let Some(block) = self.build_block(env, slot) else { return };
        let block = Arc::new(block);
        self.signed.proposed = slot;
        self.events.push(NodeEvent::Signed);
        if self.import(env, &block, now).is_ok() {
            self.broadcast(Message::Block(block));
        }
    }

    /// A signed block on the head; `None` if another proposes, or if the execution layer has no
    /// payload to give.
    fn build_block(&self, env: &mut Env<'_>, slot: u64) -> Option<SignedBeaconBlock> {
        let head = self.choice.tree.state(&self.head)?;
        let state = transition::at_slot(&head, slot).ok()?;
        let key = self.key(state.proposer_at(slot)?)?;
        let epoch = state.current_epoch();
        let randao = signing_root(epoch.tree_root(), state.domain(DOMAIN_RANDAO, epoch));
        let body = BeaconBlockBody {
            randao_reveal: key.sign(&randao),
            eth1_data: state.eth1_data.clone(),
            graffiti: B256::right_padding_from(GRAFFITI),
            attestations: self.pool.attestations(&state),
            sync_aggregate: self.pool.sync_aggregate(slot.saturating_sub(1), self.head),
            execution_payload: self.payload(env, &state)?,
            ..BeaconBlockBody::default()
        };
        let mut message = BeaconBlock {
            slot,
            proposer_index: key.index,
            parent_root: self.head,
            state_root: B256::ZERO,
            body,
        };
        let seconds_per_slot = self.clock.seconds_per_slot();
        let result = transition::resulting_state(&state, &message, seconds_per_slot).ok()?;
        message.state_root = result.tree_root();
        let root = signing_root(message.tree_root(), state.domain(DOMAIN_BEACON_PROPOSER, epoch));
        Some(SignedBeaconBlock { signature: key.sign(&root), message })
    }

    /// The payload for a block on this state.
    fn payload(&self, env: &mut Env<'_>, state: &BeaconState) -> Option<ExecutionPayload> {
        let attributes = PayloadAttributes {
            parent_hash: state.latest_execution_payload_header.block_hash,
            timestamp: state.time_at(state.slot, self.clock.seconds_per_slot()),
            prev_randao: state.randao_mixes.at(state.current_epoch()),
            fee_recipient: Address::left_padding_from(&self.id.0.to_be_bytes()),
            parent_beacon_block_root: self.head,
        };
        env.engine.build_payload(&attributes).ok()
    }

    /// Votes with all of this node's members of the slot's committees.
    fn attest(&mut self, env: &mut Env<'_>, slot: u64) {
        let Some((attestation, signed)) = self.build_attestation(slot) else { return };
        env.verifier.remember(&signed);
        let voters = signed.signers;
        let epoch = epoch_of(slot);
        self.signed.voted.extend(voters.iter().map(|index| (*index, epoch)));
        self.events.push(NodeEvent::Signed);
        self.accept_vote(&attestation, voters);
        self.broadcast(Message::Attestation(Arc::new(attestation)));
    }

    /// The vote for the head, signed by those that may vote: members that are not silent and have
    /// not voted in this epoch or a later one, which would be slashable.
    fn build_attestation(&self, slot: u64) -> Option<(Attestation, SignatureSet)> {
        let epoch = epoch_of(slot);
        let head = self.choice.tree.state(&self.head)?;
        let state = if head.current_epoch() < epoch {
            Arc::new(transition::at_slot(&head, start_slot(epoch)).ok()?)
        } else {
            head
        };
        let target =
            Checkpoint { epoch, root: self.choice.tree.checkpoint_block(&self.head, epoch)? };
        let data = AttestationData {
            slot,
            index: 0,
            beacon_block_root: self.head,
            source: state.current_justified_checkpoint,
            target,
        };
        let committees = Committees::of(&state, epoch);
        let members: BTreeSet<u64> = (0..committees.per_slot())
            .filter_map(|index| committees.get(slot, index))
            .flatten()
            .copied()
            .collect();
        let has_voted = |index| self.signed.voted.get(index).is_some_and(|voted| *voted >= epoch);
        let voters: Vec<&ValidatorKey> = self
            .keys
            .iter()
            .filter(|key| members.contains(&key.index))
            .filter(|key| !self.silent.contains(&key.index) && !has_voted(&key.index))
            .collect();
        let domain = state.domain(DOMAIN_BEACON_ATTESTER, epoch);
        let message = signing_root(data.tree_root(), domain);
        let signature = sign_together(voters.iter().copied(), &message)?;
        let indices: BTreeSet<u64> = voters.iter().map(|key| key.index).collect();
        let attestation = pool::aggregate(data, &indices, [signature], &committees)?;
        let signers = indices.into_iter().collect();
        Some((attestation, SignatureSet { signers, message, signature }))
    }

    /// Signs the head with all of this node's seats in the sync committee.
    fn sign_sync(&mut self, env: &mut Env<'_>, slot: u64) {
        let Some((contribution, signed)) = self.sync_contribution(slot, self.head) else { return };
        env.verifier.remember(&signed);
        let contribution = Arc::new(contribution);
        self.pool.add_sync(Arc::clone(&contribution));
        self.broadcast(Message::Sync(contribution));
    }

    /// The signatures of this node's seats over a block.
    fn sync_contribution(&self, slot: u64, root: B256) -> Option<(SyncContribution, SignatureSet)> {
        let state = self.choice.tree.state(&root)?;
        let committee = sync_committee_for(&state, slot)?;
        let (bits, seats) = self.seats(&state, &committee.pubkeys);
        let message = sync_message(&state, slot, root);
        let signers = seats.iter().map(|key| key.index).collect();
        let signature = sign_together(seats, &message)?;
        let contribution = SyncContribution { slot, beacon_block_root: root, bits, signature };
        Some((contribution, SignatureSet { signers, message, signature }))
    }

    /// The seats that this node's validators hold, and their keys, one for each seat.
    pub(crate) fn seats(
        &self,
        state: &BeaconState,
        pubkeys: &[BlsPubkey],
    ) -> (Bitvector<SYNC_COMMITTEE_SIZE>, Vec<&ValidatorKey>) {
        let mut bits = Bitvector::default();
        let mut keys = Vec::new();
        for (pubkey, bit) in pubkeys.iter().zip(bits.bits_mut()) {
            let holder = self
                .keys
                .iter()
                .find(|key| state.validators.at(key.index).is_some_and(|v| v.pubkey == *pubkey));
            if let Some(key) = holder {
                *bit = true;
                keys.push(key);
            }
        }
        (bits, keys)
    }
}
