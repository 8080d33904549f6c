//! The forms in which packet messages carry proofs: protobuf messages of package
//! `causeway.lightclients.ethereum.v1`.
//!
//! ```proto
//! message StateProof {
//!   repeated bytes account_proof = 1;
//!   repeated bytes storage_proof = 2;
//! }
//! message BatchProof {
//!   repeated bytes account_proof = 1;
//!   repeated bytes storage_nodes = 2;
//! }
//! ```
//!
//! Each element is the RLP of one trie node, in the order of `eth_getProof`: root first. Address,
//! keys, values and roots are not in the message: the verifier knows them.

use std::collections::BTreeSet;

use causeway_core::{DecodeError, decode_protobuf};
use causeway_light_client::{MAX_BATCH, ProofCodec};
use prost::Message;

use super::trie::{MAX_NODES, MAX_STATE_NODE_LEN};

/// Name of a single proof in errors.
const STATE_PROOF: &str = "state_proof";

/// Name of a batch proof in errors.
const BATCH_PROOF: &str = "batch_proof";

/// The most storage nodes of a batch proof: sixteen for each entry of the largest batch. Tries of
/// a billion keys are less than half as deep.
pub const MAX_BATCH_NODES: usize = MAX_BATCH * 16;

/// Bytes around a node in a message: tag and length.
const NODE_OVERHEAD: usize = 3;

const fn max_len(nodes: usize) -> usize {
    nodes.saturating_mul(MAX_STATE_NODE_LEN + NODE_OVERHEAD)
}

/// Shows one slot of a contract's storage, present or absent.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct StateProof {
    #[prost(bytes = "vec", repeated, tag = "1")]
    account_proof: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "2")]
    storage_proof: Vec<Vec<u8>>,
}

/// Shows several slots of a contract's storage, all present. Nodes that several paths share are
/// there once, in the order in which looking up the entries one after another first meets them.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct BatchProof {
    #[prost(bytes = "vec", repeated, tag = "1")]
    account_proof: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "2")]
    storage_nodes: Vec<Vec<u8>>,
}

impl StateProof {
    /// A proof of the nodes of the account's path and of the slot's.
    pub fn new(account_proof: Vec<Vec<u8>>, storage_proof: Vec<Vec<u8>>) -> Self {
        Self { account_proof, storage_proof }
    }

    /// Nodes from the state root to the account.
    pub fn account_nodes(&self) -> &[Vec<u8>] {
        &self.account_proof
    }

    /// Nodes from the storage root to the slot; none when the contract's storage is empty.
    pub fn storage_nodes(&self) -> &[Vec<u8>] {
        &self.storage_proof
    }
}

impl BatchProof {
    /// Joins the storage proofs of several slots, in the order of the entries to be verified.
    pub fn new(
        account_proof: Vec<Vec<u8>>,
        storage_proofs: impl IntoIterator<Item = Vec<Vec<u8>>>,
    ) -> Self {
        let mut seen = BTreeSet::new();
        let nodes = storage_proofs.into_iter().flatten();
        let storage_nodes = nodes.filter(|node| seen.insert(node.clone())).collect();
        Self { account_proof, storage_nodes }
    }

    /// Nodes from the state root to the account.
    pub fn account_nodes(&self) -> &[Vec<u8>] {
        &self.account_proof
    }

    /// Nodes from the storage root to all slots.
    pub fn storage_nodes(&self) -> &[Vec<u8>] {
        &self.storage_nodes
    }
}

impl ProofCodec for StateProof {
    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let proof: Self = decode_protobuf(STATE_PROOF, bytes, max_len(MAX_NODES * 2))?;
        check_nodes(STATE_PROOF, &proof.account_proof, MAX_NODES)?;
        check_nodes(STATE_PROOF, &proof.storage_proof, MAX_NODES)?;
        Ok(proof)
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }
}

impl ProofCodec for BatchProof {
    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let max_len = max_len(MAX_NODES + MAX_BATCH_NODES);
        let proof: Self = decode_protobuf(BATCH_PROOF, bytes, max_len)?;
        check_nodes(BATCH_PROOF, &proof.account_proof, MAX_NODES)?;
        check_nodes(BATCH_PROOF, &proof.storage_nodes, MAX_BATCH_NODES)?;
        Ok(proof)
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }
}

fn check_nodes(what: &'static str, nodes: &[Vec<u8>], limit: usize) -> Result<(), DecodeError> {
    if nodes.len() > limit {
        let reason = format!("{} nodes, at most {limit} are allowed", nodes.len());
        return Err(DecodeError::new(what, reason));
    }
    let lengths = 1..=MAX_STATE_NODE_LEN;
    match nodes.iter().find(|node| !lengths.contains(&node.len())) {
        None => Ok(()),
        Some(node) => {
            let reason =
                format!("a node of {} bytes, 1 to {MAX_STATE_NODE_LEN} are allowed", node.len());
            Err(DecodeError::new(what, reason))
        }
    }
}
