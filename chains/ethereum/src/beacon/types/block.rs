//! Blocks.

use alloy_primitives::{B256, FixedBytes};

use super::{
    Attestation, AttesterSlashing, BlsSignature, Deposit, Eth1Data, ExecutionRequests,
    ProposerSlashing, SignedBlsToExecutionChange, SignedVoluntaryExit, SyncAggregate,
};
use crate::beacon::preset::{
    MAX_ATTESTATIONS, MAX_ATTESTER_SLASHINGS, MAX_BLOB_COMMITMENTS_PER_BLOCK,
    MAX_BLS_TO_EXECUTION_CHANGES, MAX_DEPOSITS, MAX_PROPOSER_SLASHINGS, MAX_VOLUNTARY_EXITS,
};
use crate::engine::ExecutionPayload;
use crate::ssz::{List, Ssz, container};

container! {
    /// A block by its roots.
    #[derive(Copy)]
    pub struct BeaconBlockHeader {
        slot: u64,
        proposer_index: u64,
        parent_root: B256,
        state_root: B256,
        body_root: B256,
    }

    /// A signed header.
    pub struct SignedBeaconBlockHeader { message: BeaconBlockHeader, signature: BlsSignature, }

    /// What a block carries.
    pub struct BeaconBlockBody {
        randao_reveal: BlsSignature,
        eth1_data: Eth1Data,
        graffiti: B256,
        proposer_slashings: List<ProposerSlashing, MAX_PROPOSER_SLASHINGS>,
        attester_slashings: List<AttesterSlashing, MAX_ATTESTER_SLASHINGS>,
        attestations: List<Attestation, MAX_ATTESTATIONS>,
        deposits: List<Deposit, MAX_DEPOSITS>,
        voluntary_exits: List<SignedVoluntaryExit, MAX_VOLUNTARY_EXITS>,
        sync_aggregate: SyncAggregate,
        execution_payload: ExecutionPayload,
        bls_to_execution_changes: List<SignedBlsToExecutionChange, MAX_BLS_TO_EXECUTION_CHANGES>,
        blob_kzg_commitments: List<FixedBytes<48>, MAX_BLOB_COMMITMENTS_PER_BLOCK>,
        execution_requests: ExecutionRequests,
    }

    /// A block.
    pub struct BeaconBlock {
        slot: u64,
        proposer_index: u64,
        parent_root: B256,
        state_root: B256,
        body: BeaconBlockBody,
    }

    /// A signed block.
    pub struct SignedBeaconBlock { message: BeaconBlock, signature: BlsSignature, }
}

impl BeaconBlock {
    /// The header of the same root.
    pub fn header(&self) -> BeaconBlockHeader {
        BeaconBlockHeader {
            slot: self.slot,
            proposer_index: self.proposer_index,
            parent_root: self.parent_root,
            state_root: self.state_root,
            body_root: self.body.tree_root(),
        }
    }
}
