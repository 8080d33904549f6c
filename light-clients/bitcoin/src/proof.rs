//! Proofs of the followed chain's state: coinbase, its branch, and an ICS-23 proof in an IAVL tree
//! under the state root that the coinbase commits to.

use causeway_core::{Audit, DecodeError, MerklePath, decode_protobuf, refusals};
use causeway_ics23::{BatchError, CommitmentProof, ProofError, iavl_spec};
use causeway_light_client::{Entry, ProofCodec, ProofContext, ProofVerifier};
use prost::Message;

use crate::client::{BitcoinClient, ClientError};
use crate::hash::StateRoot;
use crate::inclusion::{InclusionError, verify_coinbase};
use crate::message::fixed;
use crate::state_commitment::{CommitmentError, committed_state_root};
use crate::{MerkleNode, Transaction};

/// The most bytes of a state proof: a coinbase of thousands of payouts fits, and so does the
/// largest ICS-23 part.
pub const MAX_STATE_PROOF_LEN: usize = 2 << 20;

/// The state root of one block, proven: `….CoinbaseProof`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoinbaseProof {
    /// The coinbase without its witness.
    pub coinbase: Vec<u8>,
    /// Siblings of its id, from the leaves upwards; it stands leftmost.
    pub branch: Vec<MerkleNode>,
}

/// Proof of presence or absence of one value: `….StateProof`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateProof {
    /// The state root.
    pub root: CoinbaseProof,
    /// The value under it.
    pub proof: CommitmentProof,
}

/// Proof of presence of several values, with shared nodes once: `….BatchProof`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchProof {
    /// The state root.
    pub root: CoinbaseProof,
    /// The values under it.
    pub proof: causeway_ics23::BatchProof,
}

/// Why a state proof fails.
#[derive(Debug, thiserror::Error)]
pub enum StateProofError {
    /// The state is one tree: a path has one element.
    #[error("a path of {got} elements, expected {expected}")]
    PathLength {
        /// Elements.
        got: usize,
        /// One.
        expected: usize,
    },
    /// The chain has no revisions.
    #[error("height of revision {got}, expected {expected}")]
    Revision {
        /// The revision.
        got: u64,
        /// Zero.
        expected: u64,
    },
    /// The id of a coinbase is without its witness, and a second encoding of it would be another
    /// proof of the same thing.
    #[error("a coinbase of {got} bytes with its witness, {expected} without are expected")]
    CoinbaseWithWitness {
        /// Bytes given.
        got: usize,
        /// Bytes without the witness.
        expected: usize,
    },
    /// The coinbase is not the block's.
    #[error(transparent)]
    Inclusion(#[from] InclusionError),
    /// The coinbase gives no state root.
    #[error(transparent)]
    Commitment(#[from] CommitmentError),
    /// The value is not in the state.
    #[error(transparent)]
    State(#[from] ProofError),
    /// The values are not in the state.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// Something does not decode.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
}

refusals! {
    StateProofError {
        PathLength { got, expected } => "state_path_length", Reject;
        Revision { got, expected } => "height_with_revision", Reject;
        CoinbaseWithWitness { got, expected } => "coinbase_with_witness", Reject;
        @wraps Inclusion, Commitment, State, Batch, Malformed;
    }
}

impl CoinbaseProof {
    /// The state root of the block that `context` trusts.
    pub fn state_root(
        &self,
        context: &ProofContext<'_, BitcoinClient>,
        audit: &mut impl Audit,
    ) -> Result<StateRoot, StateProofError> {
        let revision = context.height.revision();
        if revision != 0 {
            return Err(StateProofError::Revision { got: revision, expected: 0 });
        }
        let coinbase = Transaction::from_bytes(&self.coinbase)?;
        if coinbase.first_witness.is_some() {
            let (got, expected) = (self.coinbase.len(), coinbase.stripped_len);
            return Err(StateProofError::CoinbaseWithWitness { got, expected });
        }
        verify_coinbase(context.consensus_state.merkle_root, &coinbase, &self.branch, audit)?;
        let magic = context.client_state.commitment_magic;
        Ok(committed_state_root(&coinbase, magic, context.height.height(), audit)?)
    }
}

/// The key in the one tree of the state.
fn state_key(path: &MerklePath) -> Result<&[u8], StateProofError> {
    match path.elements() {
        [key] => Ok(key),
        elements => Err(StateProofError::PathLength { got: elements.len(), expected: 1 }),
    }
}

impl ProofVerifier for BitcoinClient {
    fn verify_membership(
        context: &ProofContext<'_, Self>,
        proof: &StateProof,
        entry: &Entry,
    ) -> Result<(), ClientError> {
        let key = state_key(&entry.path)?;
        let root = proof.root.state_root(context, &mut ())?;
        let verdict =
            proof.proof.verify_membership(iavl_spec(), &root.0, key, &entry.value, &mut ());
        Ok(verdict.map_err(StateProofError::from)?)
    }

    fn verify_non_membership(
        context: &ProofContext<'_, Self>,
        proof: &StateProof,
        path: &MerklePath,
    ) -> Result<(), ClientError> {
        let key = state_key(path)?;
        let root = proof.root.state_root(context, &mut ())?;
        let verdict = proof.proof.verify_non_membership(iavl_spec(), &root.0, key, &mut ());
        Ok(verdict.map_err(StateProofError::from)?)
    }

    fn verify_memberships(
        context: &ProofContext<'_, Self>,
        proof: &BatchProof,
        entries: &[Entry],
    ) -> Result<(), ClientError> {
        for entry in entries {
            state_key(&entry.path)?;
        }
        let root = proof.root.state_root(context, &mut ())?;
        let entries: Vec<_> =
            entries.iter().map(|entry| (&entry.path, entry.value.as_slice())).collect();
        let specs = core::slice::from_ref(iavl_spec());
        let verdict = proof.proof.verify_memberships(specs, &root.0, &entries, &mut ());
        Ok(verdict.map_err(StateProofError::from)?)
    }
}

/// `causeway.lightclients.bitcoin.v1.CoinbaseProof`.
#[derive(Clone, PartialEq, Eq, Message)]
struct CoinbaseProofMessage {
    #[prost(bytes = "vec", tag = "1")]
    coinbase: Vec<u8>,
    /// 32 bytes each, wire order.
    #[prost(bytes = "vec", repeated, tag = "2")]
    branch: Vec<Vec<u8>>,
}

/// `causeway.lightclients.bitcoin.v1.StateProof`.
#[derive(Clone, PartialEq, Eq, Message)]
struct StateProofMessage {
    #[prost(message, required, tag = "1")]
    root: CoinbaseProofMessage,
    #[prost(message, required, tag = "2")]
    proof: CommitmentProof,
}

/// `causeway.lightclients.bitcoin.v1.BatchProof`.
#[derive(Clone, PartialEq, Eq, Message)]
struct BatchProofMessage {
    #[prost(message, required, tag = "1")]
    root: CoinbaseProofMessage,
    #[prost(message, required, tag = "2")]
    proof: causeway_ics23::BatchProof,
}

impl From<&CoinbaseProof> for CoinbaseProofMessage {
    fn from(proof: &CoinbaseProof) -> Self {
        Self {
            coinbase: proof.coinbase.clone(),
            branch: proof.branch.iter().map(|node| node.0.to_vec()).collect(),
        }
    }
}

impl TryFrom<CoinbaseProofMessage> for CoinbaseProof {
    type Error = DecodeError;

    fn try_from(message: CoinbaseProofMessage) -> Result<Self, DecodeError> {
        let node = |bytes: &Vec<u8>| fixed("bitcoin_state_proof", bytes).map(MerkleNode);
        let branch = message.branch.iter().map(node).collect::<Result<_, _>>()?;
        Ok(Self { coinbase: message.coinbase, branch })
    }
}

impl ProofCodec for StateProof {
    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let message: StateProofMessage =
            decode_protobuf("bitcoin_state_proof", bytes, MAX_STATE_PROOF_LEN)?;
        Ok(Self { root: message.root.try_into()?, proof: message.proof })
    }

    fn to_bytes(&self) -> Vec<u8> {
        StateProofMessage { root: (&self.root).into(), proof: self.proof.clone() }.encode_to_vec()
    }
}

impl ProofCodec for BatchProof {
    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let message: BatchProofMessage =
            decode_protobuf("bitcoin_state_proof", bytes, MAX_STATE_PROOF_LEN)?;
        Ok(Self { root: message.root.try_into()?, proof: message.proof })
    }

    fn to_bytes(&self) -> Vec<u8> {
        BatchProofMessage { root: (&self.root).into(), proof: self.proof.clone() }.encode_to_vec()
    }
}
