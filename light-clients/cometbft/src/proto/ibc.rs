//! `ibc.lightclients.tendermint.v1.*` (ICS-07) and what it refers to.
#![expect(missing_docs, reason = "names and meaning are those of the published messages")]

use causeway_ics23::RawProofSpec;
use prost::Message;

use super::types::{SignedHeader, Timestamp, ValidatorSet};

/// `google.protobuf.Duration`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Message)]
pub struct Duration {
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// `ibc.core.client.v1.Height`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Message)]
pub struct Height {
    #[prost(uint64, tag = "1")]
    pub revision_number: u64,
    #[prost(uint64, tag = "2")]
    pub revision_height: u64,
}

/// `ibc.lightclients.tendermint.v1.Fraction`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Message)]
pub struct Fraction {
    #[prost(uint64, tag = "1")]
    pub numerator: u64,
    #[prost(uint64, tag = "2")]
    pub denominator: u64,
}

/// `ibc.core.commitment.v1.MerkleRoot`.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct MerkleRoot {
    #[prost(bytes = "vec", tag = "1")]
    pub hash: Vec<u8>,
}

/// `ibc.lightclients.tendermint.v1.ClientState`.
#[derive(Clone, PartialEq, Message)]
pub struct ClientState {
    #[prost(string, tag = "1")]
    pub chain_id: String,
    /// Always written, as are the next five.
    #[prost(message, optional, tag = "2")]
    pub trust_level: Option<Fraction>,
    #[prost(message, optional, tag = "3")]
    pub trusting_period: Option<Duration>,
    #[prost(message, optional, tag = "4")]
    pub unbonding_period: Option<Duration>,
    #[prost(message, optional, tag = "5")]
    pub max_clock_drift: Option<Duration>,
    #[prost(message, optional, tag = "6")]
    pub frozen_height: Option<Height>,
    #[prost(message, optional, tag = "7")]
    pub latest_height: Option<Height>,
    #[prost(message, repeated, tag = "8")]
    pub proof_specs: Vec<RawProofSpec>,
    #[prost(string, repeated, tag = "9")]
    pub upgrade_path: Vec<String>,
    /// Deprecated and without effect, as is the next.
    #[prost(bool, tag = "10")]
    pub allow_update_after_expiry: bool,
    #[prost(bool, tag = "11")]
    pub allow_update_after_misbehaviour: bool,
}

/// `ibc.lightclients.tendermint.v1.ConsensusState`.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct ConsensusState {
    /// Always written.
    #[prost(message, optional, tag = "1")]
    pub timestamp: Option<Timestamp>,
    /// Always written.
    #[prost(message, optional, tag = "2")]
    pub root: Option<MerkleRoot>,
    #[prost(bytes = "vec", tag = "3")]
    pub next_validators_hash: Vec<u8>,
}

/// `ibc.lightclients.tendermint.v1.Header`.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct Header {
    #[prost(message, optional, tag = "1")]
    pub signed_header: Option<SignedHeader>,
    #[prost(message, optional, tag = "2")]
    pub validator_set: Option<ValidatorSet>,
    /// Always written.
    #[prost(message, optional, tag = "3")]
    pub trusted_height: Option<Height>,
    #[prost(message, optional, tag = "4")]
    pub trusted_validators: Option<ValidatorSet>,
}

/// `ibc.lightclients.tendermint.v1.Misbehaviour`.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct Misbehaviour {
    /// Deprecated and without effect.
    #[prost(string, tag = "1")]
    pub client_id: String,
    #[prost(message, optional, tag = "2")]
    pub header_1: Option<Header>,
    #[prost(message, optional, tag = "3")]
    pub header_2: Option<Header>,
}
