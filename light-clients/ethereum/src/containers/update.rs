//! What a full node gives to light clients.

use crate::chain::{ChainConfig, Fork, Slot};
use crate::ssz::container;
use causeway_core::DecodeError;

use super::{
    Branch, CurrentSyncCommitteeLeaf, FinalizedRootLeaf, LightClientHeader, NextSyncCommitteeLeaf,
    SyncAggregate, SyncCommittee,
};

container! {
    /// What a client starts from, given a trusted block root.
    LightClientBootstrap = "bootstrap" {
        /// The trusted block.
        header: LightClientHeader;
        /// The committee of its period.
        current_sync_committee: SyncCommittee;
        /// Proof of the committee under the header's state root.
        current_sync_committee_branch: Branch<CurrentSyncCommitteeLeaf>;
    }
}

container! {
    /// A signed header, the header it finalizes, and the committee that will sign next. Any part
    /// but the first may be absent: all zero.
    LightClientUpdate = "light_client_update" {
        /// The header that the committee signed.
        attested_header: LightClientHeader;
        /// The committee of the period after the attested header's.
        next_sync_committee: SyncCommittee;
        /// Proof of that committee under the attested state root.
        next_sync_committee_branch: Branch<NextSyncCommitteeLeaf>;
        /// The newest block that the attested state holds final.
        finalized_header: LightClientHeader;
        /// Proof of its root under the attested state root.
        finality_branch: Branch<FinalizedRootLeaf>;
        /// The committee's signature under the attested header.
        sync_aggregate: SyncAggregate;
        /// The slot of the block that carried the signature.
        signature_slot: Slot;
    }
}

container! {
    /// An update without the next committee.
    LightClientFinalityUpdate = "finality_update" {
        /// See [`LightClientUpdate`].
        attested_header: LightClientHeader;
        /// See [`LightClientUpdate`].
        finalized_header: LightClientHeader;
        /// See [`LightClientUpdate`].
        finality_branch: Branch<FinalizedRootLeaf>;
        /// See [`LightClientUpdate`].
        sync_aggregate: SyncAggregate;
        /// See [`LightClientUpdate`].
        signature_slot: Slot;
    }
}

container! {
    /// An update without the next committee and without finality.
    LightClientOptimisticUpdate = "optimistic_update" {
        /// See [`LightClientUpdate`].
        attested_header: LightClientHeader;
        /// See [`LightClientUpdate`].
        sync_aggregate: SyncAggregate;
        /// See [`LightClientUpdate`].
        signature_slot: Slot;
    }
}

impl LightClientUpdate {
    /// `is_sync_committee_update`.
    pub fn has_next_committee(&self) -> bool {
        !self.next_sync_committee_branch.is_zero()
    }

    /// `is_finality_update`.
    pub fn has_finality(&self) -> bool {
        !self.finality_branch.is_zero()
    }

    /// How many members signed.
    pub fn participants(&self) -> usize {
        self.sync_aggregate.sync_committee_bits.count()
    }
}

impl From<LightClientFinalityUpdate> for LightClientUpdate {
    fn from(update: LightClientFinalityUpdate) -> Self {
        Self {
            attested_header: update.attested_header,
            finalized_header: update.finalized_header,
            finality_branch: update.finality_branch,
            sync_aggregate: update.sync_aggregate,
            signature_slot: update.signature_slot,
            ..Self::default()
        }
    }
}

impl From<LightClientUpdate> for LightClientFinalityUpdate {
    /// Leaves the next committee out.
    fn from(update: LightClientUpdate) -> Self {
        Self {
            attested_header: update.attested_header,
            finalized_header: update.finalized_header,
            finality_branch: update.finality_branch,
            sync_aggregate: update.sync_aggregate,
            signature_slot: update.signature_slot,
        }
    }
}

impl From<LightClientOptimisticUpdate> for LightClientUpdate {
    fn from(update: LightClientOptimisticUpdate) -> Self {
        Self {
            attested_header: update.attested_header,
            sync_aggregate: update.sync_aggregate,
            signature_slot: update.signature_slot,
            ..Self::default()
        }
    }
}

/// Objects whose form on the wire follows the fork of a slot inside them.
pub trait Dated: Sized {
    /// Its name in errors.
    const WHAT: &'static str;

    /// The slot that decides: of the attested header, or the bootstrap's.
    fn slot(&self) -> Slot;

    /// Decodes the SSZ form of `fork`.
    fn from_ssz_of(bytes: &[u8], fork: Fork, config: &ChainConfig) -> Result<Self, DecodeError>;

    /// Decodes the SSZ form of the fork that was active at the object's own slot. Where no known
    /// fork was, the newest form is taken, so that the verifier can say what the matter is.
    fn from_own_ssz(bytes: &[u8], config: &ChainConfig) -> Result<Self, DecodeError> {
        let newest = Fork::all().next_back().unwrap_or(Fork::Altair);
        let mut refused = None;
        for fork in Fork::all().rev() {
            let error = match Self::from_ssz_of(bytes, fork, config) {
                Ok(object) if config.fork(object.slot()).unwrap_or(newest) == fork => {
                    return Ok(object);
                }
                Ok(object) => {
                    let reason = format!("in the form of {fork}, but of slot {}", object.slot());
                    DecodeError::new(Self::WHAT, reason)
                }
                Err(error) => error,
            };
            refused.get_or_insert(error);
        }
        Err(refused.unwrap_or_else(|| DecodeError::new(Self::WHAT, "no fork is known")))
    }
}

macro_rules! dated {
    ($($name:ident = $what:literal by $header:ident;)+) => {$(
        impl Dated for $name {
            const WHAT: &'static str = $what;

            fn slot(&self) -> Slot {
                self.$header.beacon.slot
            }

            fn from_ssz_of(
                bytes: &[u8],
                fork: Fork,
                config: &ChainConfig,
            ) -> Result<Self, DecodeError> {
                Self::from_ssz(bytes, fork, config.preset)
            }
        }
    )+};
}

dated! {
    LightClientBootstrap = "bootstrap" by header;
    LightClientUpdate = "light_client_update" by attested_header;
    LightClientFinalityUpdate = "finality_update" by attested_header;
    LightClientOptimisticUpdate = "optimistic_update" by attested_header;
}
