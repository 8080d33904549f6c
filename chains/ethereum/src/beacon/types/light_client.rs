//! What a chain serves to light clients (specs/electra/light-client).

use alloy_primitives::B256;

use super::{BeaconBlockHeader, SyncAggregate, SyncCommittee};
use crate::engine::ExecutionPayloadHeader;
use crate::ssz::{Vector, container};

container! {
    /// A header with the execution header that it commits to.
    pub struct LightClientHeader {
        beacon: BeaconBlockHeader,
        execution: ExecutionPayloadHeader,
        execution_branch: Vector<B256, 4>,
    }

    /// Where a light client starts.
    pub struct LightClientBootstrap {
        header: LightClientHeader,
        current_sync_committee: SyncCommittee,
        current_sync_committee_branch: Vector<B256, 6>,
    }

    /// A step forward, with the next sync committee.
    pub struct LightClientUpdate {
        attested_header: LightClientHeader,
        next_sync_committee: SyncCommittee,
        next_sync_committee_branch: Vector<B256, 6>,
        finalized_header: LightClientHeader,
        finality_branch: Vector<B256, 7>,
        sync_aggregate: SyncAggregate,
        signature_slot: u64,
    }

    /// A step forward within a period.
    pub struct LightClientFinalityUpdate {
        attested_header: LightClientHeader,
        finalized_header: LightClientHeader,
        finality_branch: Vector<B256, 7>,
        sync_aggregate: SyncAggregate,
        signature_slot: u64,
    }

    /// The newest signed header, final or not.
    pub struct LightClientOptimisticUpdate {
        attested_header: LightClientHeader,
        sync_aggregate: SyncAggregate,
        signature_slot: u64,
    }
}
