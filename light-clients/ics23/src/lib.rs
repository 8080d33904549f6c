//! ICS-23: Merkle proofs that a key-value store holds a value at a key, or nothing.
//!
//! One verifier serves all trees: a [`ProofSpec`] says what leaves and inner nodes look like, a
//! [`CommitmentProof`] brings the bytes around each hash on the way from leaf to root, and a
//! [`MerkleProof`] goes on from the root of one tree to a leaf of the next. The rules are those of
//! the format's reference implementation, `cosmos/ics23` in Go. A [`BatchProof`] shows many values
//! under one root with every shared node once.
//!
//! Deliberately absent: any notion of whose root it is, the batch and compressed forms, which were
//! removed from the format, and the making of trees.
//!
//! Start with [`CommitmentProof::from_bytes`] and [`iavl_spec`].
//!
//! ```
//! use causeway_ics23::{CommitmentProof, ExistenceProof, iavl_spec};
//!
//! // A tree of one leaf.
//! let mut leaf = iavl_spec().raw().leaf_spec.clone().unwrap_or_default();
//! leaf.prefix = vec![0, 2, 2];
//! let (key, value) = (b"key".to_vec(), b"value".to_vec());
//! let proof = ExistenceProof { key, value, leaf: Some(leaf), path: Vec::new() };
//! let root = proof.calculate()?;
//!
//! let proof = CommitmentProof::exist(proof);
//! proof.verify_membership(iavl_spec(), root.as_bytes(), b"key", b"value", &mut ())?;
//! # Ok::<(), causeway_ics23::ProofError>(())
//! ```
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests compute freely"
    )
)]

mod absence;
mod batch;
mod chain;
mod error;
mod existence;
mod hash;
mod iavl;
mod merge;
mod message;
mod op;
mod spec;
mod tendermint;

pub use batch::{BatchError, BatchLeaf, BatchNode, BatchProof, MAX_BATCH_LEAVES, MAX_BATCH_NODES};
pub use error::{ProofError, SpecError};
pub use existence::MAX_SUFFIX_LEN;
pub use hash::NodeHash;
pub use message::{
    CommitmentProof, ExistenceProof, HashOp, InnerOp, InnerSpec, LeafOp, LengthOp,
    MAX_CHAINED_PROOFS, MAX_PROOF_LEN, MerkleProof, NonExistenceProof, Proof, RawProofSpec,
};
pub use spec::{
    DEFAULT_MAX_DEPTH, MAX_BRANCHES, MAX_DEPTH, ProofSpec, iavl_spec, ibc_specs, smt_spec,
    tendermint_spec,
};
