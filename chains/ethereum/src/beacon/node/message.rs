//! What nodes say to each other.

use std::sync::Arc;

use alloy_primitives::B256;
use causeway_chain::PeerId;

use crate::beacon::preset::SYNC_COMMITTEE_SIZE;
use crate::beacon::types::{Attestation, BlsSignature, SignedBeaconBlock};
use crate::ssz::{Bitvector, container};

container! {
    /// Sync committee members' signatures over a block, from as many seats as bits are set: what
    /// `SyncCommitteeContribution` is for one subcommittee, for all of them.
    pub struct SyncContribution {
        slot: u64,
        beacon_block_root: B256,
        bits: Bitvector<SYNC_COMMITTEE_SIZE>,
        signature: BlsSignature,
    }
}

/// A message between nodes. Copies share their content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A new block.
    Block(Arc<SignedBeaconBlock>),
    /// Votes of one node's members of a slot's committees.
    Attestation(Arc<Attestation>),
    /// Signatures of one node's members of the sync committee.
    Sync(Arc<SyncContribution>),
    /// A request for a block and some of its ancestors.
    Request(B256),
    /// The answer, oldest first.
    Blocks(Vec<Arc<SignedBeaconBlock>>),
}

/// A message on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The receiver; `None`: everybody.
    pub to: Option<PeerId>,
    /// The message.
    pub message: Message,
}
