//! The containers of the Fulu fork, minimal preset.

mod attestation;
mod block;
mod light_client;
mod operations;
mod state;

use alloy_primitives::{B256, FixedBytes};

use crate::ssz::{Ssz, container, merkle};

pub use attestation::{
    Attestation, AttestationData, AttesterSlashing, Checkpoint, IndexedAttestation, SyncAggregate,
};
pub use block::{
    BeaconBlock, BeaconBlockBody, BeaconBlockHeader, SignedBeaconBlock, SignedBeaconBlockHeader,
};
pub use light_client::{
    LightClientBootstrap, LightClientFinalityUpdate, LightClientHeader,
    LightClientOptimisticUpdate, LightClientUpdate,
};
pub use operations::{
    BlsToExecutionChange, ConsolidationRequest, Deposit, DepositData, DepositRequest,
    ExecutionRequests, ProposerSlashing, SignedBlsToExecutionChange, SignedVoluntaryExit,
    VoluntaryExit, WithdrawalRequest,
};
pub use state::{
    Anchor, BeaconState, Eth1Data, Fork, HistoricalSummary, PendingConsolidation, PendingDeposit,
    PendingPartialWithdrawal, SyncCommittee, Validator,
};

/// A compressed public key.
pub type BlsPubkey = FixedBytes<48>;
/// A compressed signature.
pub type BlsSignature = FixedBytes<96>;
/// A fork's version.
pub type Version = FixedBytes<4>;

container! {
    /// What is signed: an object and what it is signed for.
    pub struct SigningData { object_root: B256, domain: B256, }

    /// A fork of one chain.
    pub struct ForkData { current_version: Version, genesis_validators_root: B256, }
}

/// `compute_domain`.
pub fn domain(kind: [u8; 4], version: Version, genesis_validators_root: B256) -> B256 {
    let root = ForkData { current_version: version, genesis_validators_root }.tree_root();
    let mut domain = B256::ZERO;
    let bytes = kind.into_iter().chain(root);
    domain.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    domain
}

/// `compute_signing_root` of an object with this root.
pub fn signing_root(object_root: B256, domain: B256) -> B256 {
    merkle::hash_pair(&object_root, &domain)
}
