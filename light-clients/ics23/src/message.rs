//! The messages of `cosmos/ics23/v1/proofs.proto` and `ibc/core/commitment/v1/commitment.proto`,
//! as they travel. Nothing in them is verified.

use causeway_core::{DecodeError, decode_protobuf};
use prost::Message;

/// The most bytes of a proof: the usual limit of a transaction, within which it must travel.
pub const MAX_PROOF_LEN: usize = 1 << 20;

/// The most proofs in a chain of proofs; real chains use one or two.
pub const MAX_CHAINED_PROOFS: usize = 8;

/// A hash function, by its number on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum HashOp {
    /// The bytes themselves; only for keys and values before they enter a leaf.
    NoHash = 0,
    /// SHA-256.
    Sha256 = 1,
    /// SHA-512.
    Sha512 = 2,
    /// RIPEMD-160.
    Ripemd160 = 4,
    /// RIPEMD-160 of SHA-256.
    Bitcoin = 5,
    /// SHA-512/256.
    Sha512256 = 6,
    /// `BLAKE2b` with 64 bytes of output.
    Blake2b512 = 7,
    /// `BLAKE2s` with 32 bytes of output.
    Blake2s256 = 8,
}

/// How the length of a key or value is written before it in a leaf, by its number on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum LengthOp {
    /// Not at all.
    NoPrefix = 0,
    /// As a protobuf varint.
    VarProto = 1,
    /// As four big-endian bytes.
    Fixed32Big = 3,
    /// As four little-endian bytes.
    Fixed32Little = 4,
    /// As eight big-endian bytes.
    Fixed64Big = 5,
    /// As eight little-endian bytes.
    Fixed64Little = 6,
    /// Not at all, and it must be 32.
    Require32Bytes = 7,
    /// Not at all, and it must be 64.
    Require64Bytes = 8,
}

/// How a leaf is hashed.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct LeafOp {
    /// The hash function of the leaf, a [`HashOp`].
    #[prost(enumeration = "HashOp", tag = "1")]
    pub hash: i32,
    /// The hash function applied to the key first, a [`HashOp`].
    #[prost(enumeration = "HashOp", tag = "2")]
    pub prehash_key: i32,
    /// The hash function applied to the value first, a [`HashOp`].
    #[prost(enumeration = "HashOp", tag = "3")]
    pub prehash_value: i32,
    /// How lengths are written, a [`LengthOp`].
    #[prost(enumeration = "LengthOp", tag = "4")]
    pub length: i32,
    /// The bytes before the key.
    #[prost(bytes = "vec", tag = "5")]
    pub prefix: Vec<u8>,
}

/// One step from a child to its parent: the bytes around the child's hash.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct InnerOp {
    /// The hash function of the node, a [`HashOp`].
    #[prost(enumeration = "HashOp", tag = "1")]
    pub hash: i32,
    /// The bytes before the child.
    #[prost(bytes = "vec", tag = "2")]
    pub prefix: Vec<u8>,
    /// The bytes after the child.
    #[prost(bytes = "vec", tag = "3")]
    pub suffix: Vec<u8>,
}

/// That `value` is at `key`: the leaf, then the steps up to the root.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct ExistenceProof {
    /// The key.
    #[prost(bytes = "vec", tag = "1")]
    pub key: Vec<u8>,
    /// The value.
    #[prost(bytes = "vec", tag = "2")]
    pub value: Vec<u8>,
    /// The leaf.
    #[prost(message, optional, tag = "3")]
    pub leaf: Option<LeafOp>,
    /// The steps, the one next to the leaf first.
    #[prost(message, repeated, tag = "4")]
    pub path: Vec<InnerOp>,
}

/// That nothing is at `key`: the leaves on both sides, which have nothing between them.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct NonExistenceProof {
    /// The absent key. It is a note only: what is proven is about the key asked for.
    #[prost(bytes = "vec", tag = "1")]
    pub key: Vec<u8>,
    /// The nearest leaf before the key; none when the key lies before all leaves.
    #[prost(message, optional, tag = "2")]
    pub left: Option<ExistenceProof>,
    /// The nearest leaf after the key; none when the key lies after all leaves.
    #[prost(message, optional, tag = "3")]
    pub right: Option<ExistenceProof>,
}

/// A proof about one key of one tree. The batch and compressed forms (fields 3 and 4), which were
/// removed from the format, do not decode.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct CommitmentProof {
    /// Which kind.
    #[prost(oneof = "Proof", tags = "1, 2")]
    pub proof: Option<Proof>,
}

/// The kinds of [`CommitmentProof`].
#[derive(Clone, PartialEq, Eq, Hash, prost::Oneof)]
pub enum Proof {
    /// Of presence.
    #[prost(message, tag = "1")]
    Exist(ExistenceProof),
    /// Of absence.
    #[prost(message, tag = "2")]
    Nonexist(NonExistenceProof),
}

/// A proof about a key in a tree of trees: one proof a tree, the one that holds the key first. Each
/// tree's root is a value in the next.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct MerkleProof {
    /// The proofs.
    #[prost(message, repeated, tag = "1")]
    pub proofs: Vec<CommitmentProof>,
}

impl CommitmentProof {
    /// A proof of presence.
    pub fn exist(proof: ExistenceProof) -> Self {
        Self { proof: Some(Proof::Exist(proof)) }
    }

    /// A proof of absence.
    pub fn nonexist(proof: NonExistenceProof) -> Self {
        Self { proof: Some(Proof::Nonexist(proof)) }
    }

    /// Decodes a proof of at most [`MAX_PROOF_LEN`] bytes in canonical form, of one of the two
    /// kinds.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let proof: Self = decode_protobuf("commitment_proof", bytes, MAX_PROOF_LEN)?;
        if proof.proof.is_none() {
            let reason = "neither a proof of presence nor one of absence";
            return Err(DecodeError::new("commitment_proof", reason));
        }
        Ok(proof)
    }

    /// Encodes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }
}

impl MerkleProof {
    /// Decodes a chain of 1 to [`MAX_CHAINED_PROOFS`] proofs, of at most [`MAX_PROOF_LEN`] bytes in
    /// canonical form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let chain: Self = decode_protobuf("merkle_proof", bytes, MAX_PROOF_LEN)?;
        if chain.proofs.is_empty() || chain.proofs.len() > MAX_CHAINED_PROOFS {
            let reason =
                format!("{} proofs, 1 to {MAX_CHAINED_PROOFS} are allowed", chain.proofs.len());
            return Err(DecodeError::new("merkle_proof", reason));
        }
        if chain.proofs.iter().any(|proof| proof.proof.is_none()) {
            let reason = "holds neither a proof of presence nor one of absence";
            return Err(DecodeError::new("merkle_proof", reason));
        }
        Ok(chain)
    }

    /// Encodes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }
}

/// The shape of a tree as chains publish it, unchecked; see [`crate::ProofSpec`].
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct RawProofSpec {
    /// What every leaf looks like.
    #[prost(message, optional, tag = "1")]
    pub leaf_spec: Option<LeafOp>,
    /// What every inner node looks like.
    #[prost(message, optional, tag = "2")]
    pub inner_spec: Option<InnerSpec>,
    /// The most steps from leaf to root; 0 stands for [`crate::DEFAULT_MAX_DEPTH`].
    #[prost(int32, tag = "3")]
    pub max_depth: i32,
    /// The fewest steps from leaf to root.
    #[prost(int32, tag = "4")]
    pub min_depth: i32,
    /// True when leaves are in the order of their hashed keys.
    #[prost(bool, tag = "5")]
    pub prehash_key_before_comparison: bool,
}

/// What every inner node of a tree looks like: prefix, children, nothing else.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct InnerSpec {
    /// The branches in the order in which their hashes stand in a node.
    #[prost(int32, repeated, tag = "1")]
    pub child_order: Vec<i32>,
    /// Bytes of one child.
    #[prost(int32, tag = "2")]
    pub child_size: i32,
    /// Fewest bytes before the first child.
    #[prost(int32, tag = "3")]
    pub min_prefix_length: i32,
    /// Most bytes before the first child.
    #[prost(int32, tag = "4")]
    pub max_prefix_length: i32,
    /// What stands in the place of a child that is not there; empty when there is no such form.
    #[prost(bytes = "vec", tag = "5")]
    pub empty_child: Vec<u8>,
    /// The hash function, a [`HashOp`].
    #[prost(enumeration = "HashOp", tag = "6")]
    pub hash: i32,
}
