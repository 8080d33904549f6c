//! A committee that signs two contradicting finalized headers.

use alloy_primitives::B256;
use causeway_chain::FaultError;

use super::BeaconChain;
use super::faults::not_here;
use crate::beacon::bls::{ValidatorKey, aggregate_signatures, sign_together};
use crate::beacon::light_client::{StateProofs, light_client_header, update};
use crate::beacon::preset::{DOMAIN_SYNC_COMMITTEE, epoch_of, period_of};
use crate::beacon::types::{
    BeaconState, LightClientUpdate, SignedBeaconBlock, SyncAggregate, signing_root,
};
use crate::engine::ExecutionEngine;
use crate::ssz::{Bitvector, Ssz, container};

container! {
    /// Two updates, each fully signed, whose finalized headers of one slot differ.
    pub struct Evidence { update_1: LightClientUpdate, update_2: LightClientUpdate, }
}

impl<E: ExecutionEngine> BeaconChain<E> {
    /// Has every seat of the committee sign, beside the true finalized header, one with another
    /// execution state; both are kept to be handed out.
    pub(super) fn equivocate(&mut self) -> Result<String, FaultError> {
        let evidence = self.make_evidence();
        let evidence = evidence.ok_or_else(|| not_here("nothing is final yet"))?;
        let slot = evidence.update_1.finalized_header.beacon.slot;
        self.evidence = Some(evidence);
        Ok(format!(
            "the sync committee signed two finalized headers of slot {slot}; see \
             /causeway/v1/beacon/evidence"
        ))
    }

    fn make_evidence(&self) -> Option<Evidence> {
        let node = self.serving()?;
        let tree = &node.choice().tree;
        // The newest signed block that the committee of its own period signs.
        let chain = tree.chain(&tree.get(&node.head())?.parent());
        let (root, attested) = chain.into_iter().find(|(_, entry)| {
            period_of(entry.slot()) == period_of(entry.slot().saturating_add(1))
        })?;
        let attested = &attested.block;
        let state = tree.state(&root)?;
        // Before anything is final there is no such block.
        let finalized = node.block(&state.finalized_checkpoint.root)?;
        let update_1 = self.signed_by_all(&state, attested, finalized)?;
        let mut other = SignedBeaconBlock::clone(finalized);
        let payload = &mut other.message.body.execution_payload;
        payload.state_root = B256::repeat_byte(0xbd);
        let mut made_up = BeaconState::clone(&state);
        made_up.finalized_checkpoint.root = other.message.header().tree_root();
        let mut signed = SignedBeaconBlock::clone(attested);
        signed.message.state_root = made_up.tree_root();
        let update_2 = self.signed_by_all(&made_up, &signed, &other)?;
        Some(Evidence { update_1, update_2 })
    }

    /// An update that every seat of the committee signs in the slot after the attested block's.
    fn signed_by_all(
        &self,
        state: &BeaconState,
        attested: &SignedBeaconBlock,
        finalized: &SignedBeaconBlock,
    ) -> Option<LightClientUpdate> {
        let slot = attested.message.slot;
        let root = light_client_header(attested).beacon.tree_root();
        let domain = state.domain(DOMAIN_SYNC_COMMITTEE, epoch_of(slot));
        let message = signing_root(root, domain);
        let pubkeys = &state.current_sync_committee.pubkeys;
        let mut bits = Bitvector::default();
        let mut signatures = Vec::new();
        for signer in &self.nodes {
            let (own, keys): (Bitvector<32>, Vec<&ValidatorKey>) = signer.seats(state, pubkeys);
            let own = own.bits().iter();
            bits.bits_mut().iter_mut().zip(own).for_each(|(bit, own)| *bit = *bit || *own);
            signatures.extend(sign_together(keys, &message));
        }
        let mut signing = SignedBeaconBlock::default();
        signing.message.slot = slot.saturating_add(1);
        signing.message.body.sync_aggregate = SyncAggregate {
            sync_committee_bits: bits,
            sync_committee_signature: aggregate_signatures(signatures)?,
        };
        Some(update(&signing, attested, &StateProofs::of(state), Some(finalized)))
    }
}
