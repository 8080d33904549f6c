//! The light client's containers (consensus-specs `specs/*/light-client/sync-protocol.md`).
//!
//! One type serves all forks: what a fork lacks is zero, as the specification's upgrade functions
//! make it. The form on the wire follows the fork that [`from_ssz`](LightClientUpdate::from_ssz)
//! and [`to_ssz`](LightClientUpdate::to_ssz) are given; writing an object in the form of a later
//! fork upgrades it.

mod branch;
mod committee;
mod header;
mod update;

pub use branch::{
    Branch, CurrentSyncCommitteeLeaf, ExecutionPayloadLeaf, FinalizedRootLeaf, Leaf,
    NextSyncCommitteeLeaf,
};
pub use committee::{
    ParticipationBits, PublicKeyBytes, PublicKeys, SignatureBytes, SyncAggregate, SyncCommittee,
};
pub use header::{
    BeaconBlockHeader, ExecutionPayloadHeader, ExtraData, LightClientHeader, MAX_EXTRA_DATA_LEN,
};
pub use update::{
    Dated, LightClientBootstrap, LightClientFinalityUpdate, LightClientOptimisticUpdate,
    LightClientUpdate,
};
