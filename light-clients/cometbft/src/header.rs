//! Block headers and block ids.

use causeway_core::{DecodeError, Timestamp};
use prost::Message;

use crate::{Address, ChainId, Hash, Time, merkle, proto};

/// The block protocol whose headers are understood (`version.BlockProtocol`).
pub const BLOCK_PROTOCOL: u64 = 11;

/// The versions under which a block was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Version {
    /// The block protocol; [`BLOCK_PROTOCOL`] in a valid header.
    pub block: u64,
    /// The application's own.
    pub app: u64,
}

/// The Merkle root of the parts in which a block is gossiped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartSetHeader {
    /// The number of parts.
    pub total: u32,
    /// The root over them.
    pub hash: Option<Hash>,
}

/// What a vote is for: the hash of a header, and its parts. All zero means no block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId {
    /// The hash of the header.
    pub hash: Option<Hash>,
    /// The parts of the block.
    pub parts: PartSetHeader,
}

impl BlockId {
    /// True for the block id of no block.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

/// A block header. Lengths and ranges are right by construction; nothing else is verified.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// The versions of block and application.
    pub version: Version,
    /// The chain.
    pub chain_id: ChainId,
    /// The height of the block; at most `i64::MAX`.
    pub height: u64,
    /// When the block was proposed, or the weighted median of when its parent was voted for.
    pub time: Time,
    /// The parent block.
    pub last_block_id: BlockId,
    /// The hash of the commit of the parent.
    pub last_commit_hash: Option<Hash>,
    /// The root over the transactions.
    pub data_hash: Option<Hash>,
    /// The hash of the validators who sign this block.
    pub validators_hash: Option<Hash>,
    /// The hash of the validators who sign the next block.
    pub next_validators_hash: Option<Hash>,
    /// The hash of the consensus parameters.
    pub consensus_hash: Option<Hash>,
    /// The application's state after the block before: of any length.
    pub app_hash: Vec<u8>,
    /// The root over the results of the block before.
    pub last_results_hash: Option<Hash>,
    /// The root over the evidence in the block.
    pub evidence_hash: Option<Hash>,
    /// Who proposed the block.
    pub proposer_address: Address,
}

impl Header {
    /// The hash of the header, the Merkle root over its fields; `None` without a
    /// `validators_hash`, when there is none (`types/block.go` `Header.Hash`).
    pub fn hash(&self) -> Option<Hash> {
        self.validators_hash?;
        let leaves = [
            proto::Consensus::from(self.version).encode_to_vec(),
            self.chain_id.as_str().to_owned().encode_to_vec(),
            self.height.cast_signed().encode_to_vec(),
            proto::Timestamp::from(self.time).encode_to_vec(),
            proto::BlockId::from(self.last_block_id).encode_to_vec(),
            hash_leaf(self.last_commit_hash),
            hash_leaf(self.data_hash),
            hash_leaf(self.validators_hash),
            hash_leaf(self.next_validators_hash),
            hash_leaf(self.consensus_hash),
            self.app_hash.encode_to_vec(),
            hash_leaf(self.last_results_hash),
            hash_leaf(self.evidence_hash),
            self.proposer_address.0.to_vec().encode_to_vec(),
        ];
        Some(merkle::root(&leaves))
    }

    /// The header's time, where it can be one: `None` before 1970 and after 2554.
    pub fn timestamp(&self) -> Option<Timestamp> {
        self.time.to_timestamp()
    }
}

/// Wrapped as `google.protobuf.BytesValue`, which is how prost encodes bare bytes.
fn hash_leaf(hash: Option<Hash>) -> Vec<u8> {
    hash_bytes(hash).encode_to_vec()
}

/// The wire form of a hash that may be missing.
pub(crate) fn hash_bytes(hash: Option<Hash>) -> Vec<u8> {
    hash.map(|hash| hash.0.to_vec()).unwrap_or_default()
}

/// A hash of 32 bytes, or none at all.
pub(crate) fn optional_hash(
    what: &'static str,
    field: &str,
    bytes: &[u8],
) -> Result<Option<Hash>, DecodeError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    Hash::from_slice(bytes).map(Some).ok_or_else(|| {
        DecodeError::new(what, format!("{field} has {} bytes, expected 0 or 32", bytes.len()))
    })
}

/// A sub-message that the protocol always writes.
pub(crate) fn required<T>(
    what: &'static str,
    field: &str,
    value: Option<T>,
) -> Result<T, DecodeError> {
    value.ok_or_else(|| DecodeError::new(what, format!("{field} is missing")))
}

/// An `int64` or `int32` of the protocol that is never negative.
pub(crate) fn unsigned<S, U: TryFrom<S>>(
    what: &'static str,
    field: &str,
    value: S,
) -> Result<U, DecodeError> {
    U::try_from(value).map_err(|_| DecodeError::new(what, format!("{field} is negative")))
}

impl From<Version> for proto::Consensus {
    fn from(version: Version) -> Self {
        Self { block: version.block, app: version.app }
    }
}

impl From<PartSetHeader> for proto::PartSetHeader {
    fn from(parts: PartSetHeader) -> Self {
        Self { total: parts.total, hash: hash_bytes(parts.hash) }
    }
}

impl From<BlockId> for proto::BlockId {
    fn from(id: BlockId) -> Self {
        Self { hash: hash_bytes(id.hash), part_set_header: Some(id.parts.into()) }
    }
}

impl TryFrom<proto::BlockId> for BlockId {
    type Error = DecodeError;

    fn try_from(id: proto::BlockId) -> Result<Self, DecodeError> {
        let parts = required("block_id", "part_set_header", id.part_set_header)?;
        Ok(Self {
            hash: optional_hash("block_id", "hash", &id.hash)?,
            parts: PartSetHeader {
                total: parts.total,
                hash: optional_hash("block_id", "part_set_header.hash", &parts.hash)?,
            },
        })
    }
}

impl From<&Header> for proto::Header {
    fn from(header: &Header) -> Self {
        Self {
            version: Some(header.version.into()),
            chain_id: header.chain_id.as_str().into(),
            height: header.height.cast_signed(),
            time: Some(header.time.into()),
            last_block_id: Some(header.last_block_id.into()),
            last_commit_hash: hash_bytes(header.last_commit_hash),
            data_hash: hash_bytes(header.data_hash),
            validators_hash: hash_bytes(header.validators_hash),
            next_validators_hash: hash_bytes(header.next_validators_hash),
            consensus_hash: hash_bytes(header.consensus_hash),
            app_hash: header.app_hash.clone(),
            last_results_hash: hash_bytes(header.last_results_hash),
            evidence_hash: hash_bytes(header.evidence_hash),
            proposer_address: header.proposer_address.0.to_vec(),
        }
    }
}

impl TryFrom<proto::Header> for Header {
    type Error = DecodeError;

    fn try_from(header: proto::Header) -> Result<Self, DecodeError> {
        let version = required("header", "version", header.version)?;
        let hash = |field, bytes: &[u8]| optional_hash("header", field, bytes);
        Ok(Self {
            version: Version { block: version.block, app: version.app },
            chain_id: ChainId::new(header.chain_id)?,
            height: unsigned("header", "height", header.height)?,
            time: required("header", "time", header.time)?.try_into()?,
            last_block_id: required("header", "last_block_id", header.last_block_id)?.try_into()?,
            last_commit_hash: hash("last_commit_hash", &header.last_commit_hash)?,
            data_hash: hash("data_hash", &header.data_hash)?,
            validators_hash: hash("validators_hash", &header.validators_hash)?,
            next_validators_hash: hash("next_validators_hash", &header.next_validators_hash)?,
            consensus_hash: hash("consensus_hash", &header.consensus_hash)?,
            app_hash: header.app_hash,
            last_results_hash: hash("last_results_hash", &header.last_results_hash)?,
            evidence_hash: hash("evidence_hash", &header.evidence_hash)?,
            proposer_address: Address::from_slice(&header.proposer_address)
                .ok_or_else(|| DecodeError::new("header", "proposer_address is not of 20 bytes"))?,
        })
    }
}
