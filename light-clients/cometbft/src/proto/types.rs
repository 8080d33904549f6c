//! `tendermint.types.*`, `tendermint.version.*` and `tendermint.crypto.PublicKey`.
#![expect(missing_docs, reason = "names and meaning are those of the published messages")]

use prost::{Message, Oneof};

/// `google.protobuf.Timestamp`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Message)]
pub struct Timestamp {
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// `tendermint.version.Consensus`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Message)]
pub struct Consensus {
    #[prost(uint64, tag = "1")]
    pub block: u64,
    #[prost(uint64, tag = "2")]
    pub app: u64,
}

/// `tendermint.types.PartSetHeader`.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct PartSetHeader {
    #[prost(uint32, tag = "1")]
    pub total: u32,
    #[prost(bytes = "vec", tag = "2")]
    pub hash: Vec<u8>,
}

/// `tendermint.types.BlockID`.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct BlockId {
    #[prost(bytes = "vec", tag = "1")]
    pub hash: Vec<u8>,
    /// Always written.
    #[prost(message, optional, tag = "2")]
    pub part_set_header: Option<PartSetHeader>,
}

/// `tendermint.types.Header`.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct Header {
    /// Always written.
    #[prost(message, optional, tag = "1")]
    pub version: Option<Consensus>,
    #[prost(string, tag = "2")]
    pub chain_id: String,
    #[prost(int64, tag = "3")]
    pub height: i64,
    /// Always written.
    #[prost(message, optional, tag = "4")]
    pub time: Option<Timestamp>,
    /// Always written.
    #[prost(message, optional, tag = "5")]
    pub last_block_id: Option<BlockId>,
    #[prost(bytes = "vec", tag = "6")]
    pub last_commit_hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "7")]
    pub data_hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "8")]
    pub validators_hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "9")]
    pub next_validators_hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "10")]
    pub consensus_hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "11")]
    pub app_hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "12")]
    pub last_results_hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "13")]
    pub evidence_hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "14")]
    pub proposer_address: Vec<u8>,
}

/// `tendermint.types.CommitSig`.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct CommitSig {
    #[prost(int32, tag = "1")]
    pub block_id_flag: i32,
    #[prost(bytes = "vec", tag = "2")]
    pub validator_address: Vec<u8>,
    /// Always written.
    #[prost(message, optional, tag = "3")]
    pub timestamp: Option<Timestamp>,
    #[prost(bytes = "vec", tag = "4")]
    pub signature: Vec<u8>,
}

/// `tendermint.types.Commit`.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct Commit {
    #[prost(int64, tag = "1")]
    pub height: i64,
    #[prost(int32, tag = "2")]
    pub round: i32,
    /// Always written.
    #[prost(message, optional, tag = "3")]
    pub block_id: Option<BlockId>,
    #[prost(message, repeated, tag = "4")]
    pub signatures: Vec<CommitSig>,
}

/// `tendermint.types.SignedHeader`.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct SignedHeader {
    #[prost(message, optional, tag = "1")]
    pub header: Option<Header>,
    #[prost(message, optional, tag = "2")]
    pub commit: Option<Commit>,
}

/// `tendermint.crypto.PublicKey`.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct PublicKey {
    #[prost(oneof = "public_key::Sum", tags = "1, 2, 5")]
    pub sum: Option<public_key::Sum>,
}

/// The alternatives of a public key.
pub mod public_key {
    use super::Oneof;

    /// A key by its type. BLS (3) and ML-DSA (4) keys are not supported and do not decode.
    #[derive(Clone, PartialEq, Eq, Hash, Oneof)]
    pub enum Sum {
        #[prost(bytes, tag = "1")]
        Ed25519(Vec<u8>),
        #[prost(bytes, tag = "2")]
        Secp256k1(Vec<u8>),
        #[prost(bytes, tag = "5")]
        Secp256k1Eth(Vec<u8>),
    }
}

/// `tendermint.types.Validator`.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct Validator {
    #[prost(bytes = "vec", tag = "1")]
    pub address: Vec<u8>,
    /// Always written.
    #[prost(message, optional, tag = "2")]
    pub pub_key: Option<PublicKey>,
    #[prost(int64, tag = "3")]
    pub voting_power: i64,
    #[prost(int64, tag = "4")]
    pub proposer_priority: i64,
}

/// `tendermint.types.ValidatorSet`.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct ValidatorSet {
    #[prost(message, repeated, tag = "1")]
    pub validators: Vec<Validator>,
    #[prost(message, optional, tag = "2")]
    pub proposer: Option<Validator>,
    #[prost(int64, tag = "3")]
    pub total_voting_power: i64,
}

/// `tendermint.types.SimpleValidator`: what of a validator is hashed.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct SimpleValidator {
    #[prost(message, optional, tag = "1")]
    pub pub_key: Option<PublicKey>,
    #[prost(int64, tag = "2")]
    pub voting_power: i64,
}

/// `tendermint.types.Vote`.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct Vote {
    #[prost(int32, tag = "1")]
    pub r#type: i32,
    #[prost(int64, tag = "2")]
    pub height: i64,
    #[prost(int32, tag = "3")]
    pub round: i32,
    /// Always written.
    #[prost(message, optional, tag = "4")]
    pub block_id: Option<BlockId>,
    /// Always written.
    #[prost(message, optional, tag = "5")]
    pub timestamp: Option<Timestamp>,
    #[prost(bytes = "vec", tag = "6")]
    pub validator_address: Vec<u8>,
    #[prost(int32, tag = "7")]
    pub validator_index: i32,
    #[prost(bytes = "vec", tag = "8")]
    pub signature: Vec<u8>,
    #[prost(bytes = "vec", tag = "9")]
    pub extension: Vec<u8>,
    #[prost(bytes = "vec", tag = "10")]
    pub extension_signature: Vec<u8>,
}

/// `tendermint.types.CanonicalBlockID`.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct CanonicalBlockId {
    #[prost(bytes = "vec", tag = "1")]
    pub hash: Vec<u8>,
    /// Always written.
    #[prost(message, optional, tag = "2")]
    pub part_set_header: Option<PartSetHeader>,
}

/// `tendermint.types.CanonicalVote`: what a validator signs.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct CanonicalVote {
    #[prost(int32, tag = "1")]
    pub r#type: i32,
    #[prost(sfixed64, tag = "2")]
    pub height: i64,
    #[prost(sfixed64, tag = "3")]
    pub round: i64,
    /// Left out for a vote for nil.
    #[prost(message, optional, tag = "4")]
    pub block_id: Option<CanonicalBlockId>,
    /// Always written.
    #[prost(message, optional, tag = "5")]
    pub timestamp: Option<Timestamp>,
    #[prost(string, tag = "6")]
    pub chain_id: String,
}
