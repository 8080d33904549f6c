//! Votes.

use alloy_primitives::B256;

use super::BlsSignature;
use crate::beacon::preset::{COMMITTEE_BITS, MAX_ATTESTERS, SYNC_COMMITTEE_SIZE};
use crate::ssz::{Bitlist, Bitvector, List, container};

container! {
    /// The block that begins an epoch, or the last before it.
    #[derive(Copy, Hash, PartialOrd, Ord)]
    pub struct Checkpoint { epoch: u64, root: B256, }

    /// What an attester votes for.
    #[derive(Copy, Hash, PartialOrd, Ord)]
    pub struct AttestationData {
        slot: u64,
        index: u64,
        beacon_block_root: B256,
        source: Checkpoint,
        target: Checkpoint,
    }

    /// Votes of one slot's committees (EIP-7549).
    pub struct Attestation {
        aggregation_bits: Bitlist<MAX_ATTESTERS>,
        data: AttestationData,
        signature: BlsSignature,
        committee_bits: Bitvector<COMMITTEE_BITS>,
    }

    /// Votes with the voters' indices.
    pub struct IndexedAttestation {
        attesting_indices: List<u64, MAX_ATTESTERS>,
        data: AttestationData,
        signature: BlsSignature,
    }

    /// Two votes that contradict each other.
    pub struct AttesterSlashing {
        attestation_1: IndexedAttestation,
        attestation_2: IndexedAttestation,
    }

    /// The sync committee's signature over the previous block.
    pub struct SyncAggregate {
        sync_committee_bits: Bitvector<SYNC_COMMITTEE_SIZE>,
        sync_committee_signature: BlsSignature,
    }
}
