//! Blocks: a header, transactions, evidence, and the commit of the block before
//! (`tendermint.types.Block`).

use causeway_client_cometbft::{
    BlockId, Commit, DuplicateVoteEvidence, Hash, Header, PartSetHeader, merkle, proto,
};
use causeway_core::DecodeError;
use prost::Message;
use sha2::{Digest, Sha256};

/// The most bytes of an encoded block.
pub const MAX_BLOCK_LEN: usize = 4 << 20;

/// The bytes of one part of a block (`types/params.go` `BlockPartSizeBytes`): its id commits to
/// the parts.
const PART_LEN: usize = 65_536;

/// A block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// Transactions in order.
    pub txs: Vec<Vec<u8>>,
    /// Votes that contradict each other.
    pub evidence: Vec<DuplicateVoteEvidence>,
    /// Who decided the block before; `None` in the first block.
    pub last_commit: Option<Commit>,
}

/// The root over transactions: over their SHA-256 hashes.
pub fn data_hash(txs: &[Vec<u8>]) -> Hash {
    merkle::root(&txs.iter().map(|tx| tx_hash(tx).0).collect::<Vec<_>>())
}

/// The hash of a transaction.
pub fn tx_hash(tx: &[u8]) -> Hash {
    Hash(Sha256::digest(tx).into())
}

/// The root over evidence.
pub fn evidence_hash(evidence: &[DuplicateVoteEvidence]) -> Hash {
    let encoded = evidence.iter().map(wire::DuplicateVoteEvidence::from);
    merkle::root(&encoded.map(|item| item.encode_to_vec()).collect::<Vec<_>>())
}

/// The hash of the commit that a first block does not have.
pub fn last_commit_hash(commit: Option<&Commit>) -> Hash {
    commit.map_or_else(|| merkle::root::<Vec<u8>>(&[]), Commit::hash)
}

impl Block {
    /// The protobuf form, which is what is proposed and gossiped.
    pub fn encode(&self) -> Vec<u8> {
        wire::Block::from(self).encode_to_vec()
    }

    /// Reads the canonical protobuf form.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        causeway_core::decode_protobuf::<wire::Block>("block", bytes, MAX_BLOCK_LEN)?.try_into()
    }

    /// Header hash and the root over the parts of the encoded block; `None` for a header that has
    /// no hash.
    pub fn id(&self) -> Option<BlockId> {
        let hash = Some(self.header.hash()?);
        let encoded = self.encode();
        let parts: Vec<_> = encoded.chunks(PART_LEN).collect();
        let total = u32::try_from(parts.len()).ok()?;
        let parts = PartSetHeader { total, hash: Some(merkle::root(&parts)) };
        Some(BlockId { hash, parts })
    }

    /// True when the header's roots are those of the contents.
    pub fn is_coherent(&self) -> bool {
        let header = &self.header;
        header.data_hash == Some(data_hash(&self.txs))
            && header.evidence_hash == Some(evidence_hash(&self.evidence))
            && header.last_commit_hash == Some(last_commit_hash(self.last_commit.as_ref()))
    }
}

/// The messages of `tendermint/types/block.proto` and `evidence.proto`.
pub(crate) mod wire {
    use super::{BlockId, DecodeError, proto};

    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(super) struct Block {
        /// Always written, like the next two.
        #[prost(message, optional, tag = "1")]
        header: Option<proto::Header>,
        #[prost(message, optional, tag = "2")]
        data: Option<Data>,
        #[prost(message, optional, tag = "3")]
        evidence: Option<EvidenceList>,
        #[prost(message, optional, tag = "4")]
        last_commit: Option<proto::Commit>,
    }

    #[derive(Clone, PartialEq, Eq, prost::Message)]
    struct Data {
        #[prost(bytes = "vec", repeated, tag = "1")]
        txs: Vec<Vec<u8>>,
    }

    #[derive(Clone, PartialEq, Eq, prost::Message)]
    struct EvidenceList {
        #[prost(message, repeated, tag = "1")]
        evidence: Vec<Evidence>,
    }

    #[derive(Clone, PartialEq, Eq, prost::Message)]
    struct Evidence {
        #[prost(message, optional, tag = "1")]
        duplicate_vote: Option<DuplicateVoteEvidence>,
    }

    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(crate) struct DuplicateVoteEvidence {
        #[prost(message, optional, tag = "1")]
        vote_a: Option<proto::Vote>,
        #[prost(message, optional, tag = "2")]
        vote_b: Option<proto::Vote>,
        #[prost(int64, tag = "3")]
        total_voting_power: i64,
        #[prost(int64, tag = "4")]
        validator_power: i64,
        /// Always written.
        #[prost(message, optional, tag = "5")]
        timestamp: Option<proto::Timestamp>,
    }

    impl From<&super::DuplicateVoteEvidence> for DuplicateVoteEvidence {
        fn from(evidence: &super::DuplicateVoteEvidence) -> Self {
            Self {
                vote_a: Some((&evidence.vote_a).into()),
                vote_b: Some((&evidence.vote_b).into()),
                total_voting_power: evidence.total_power.cast_signed(),
                validator_power: evidence.validator_power.cast_signed(),
                timestamp: Some(evidence.timestamp.into()),
            }
        }
    }

    impl From<&super::Block> for Block {
        fn from(block: &super::Block) -> Self {
            let evidence =
                block.evidence.iter().map(|item| Evidence { duplicate_vote: Some(item.into()) });
            Self {
                header: Some((&block.header).into()),
                data: Some(Data { txs: block.txs.clone() }),
                evidence: Some(EvidenceList { evidence: evidence.collect() }),
                last_commit: Some(block.last_commit.as_ref().map_or_else(none, Into::into)),
            }
        }
    }

    /// The commit of a first block: empty, but there (`consensus/state.go` `createProposalBlock`).
    fn none() -> proto::Commit {
        let block_id = Some(BlockId::default().into());
        proto::Commit { block_id, ..proto::Commit::default() }
    }

    fn missing(what: &'static str) -> DecodeError {
        DecodeError::new("block", format!("no {what}"))
    }

    impl TryFrom<Block> for super::Block {
        type Error = DecodeError;

        fn try_from(block: Block) -> Result<Self, DecodeError> {
            let evidence = block.evidence.ok_or_else(|| missing("evidence list"))?.evidence;
            Ok(Self {
                header: block.header.ok_or_else(|| missing("header"))?.try_into()?,
                txs: block.data.ok_or_else(|| missing("data"))?.txs,
                evidence: evidence
                    .into_iter()
                    .map(|item| {
                        item.duplicate_vote.ok_or_else(|| missing("duplicate vote"))?.try_into()
                    })
                    .collect::<Result<_, _>>()?,
                last_commit: block
                    .last_commit
                    .filter(|commit| *commit != none())
                    .map(TryInto::try_into)
                    .transpose()?,
            })
        }
    }

    impl TryFrom<DuplicateVoteEvidence> for super::DuplicateVoteEvidence {
        type Error = DecodeError;

        fn try_from(evidence: DuplicateVoteEvidence) -> Result<Self, DecodeError> {
            let unsigned = |power: i64| {
                u64::try_from(power).map_err(|_| DecodeError::new("block", "a negative power"))
            };
            Ok(Self {
                vote_a: evidence.vote_a.ok_or_else(|| missing("first vote"))?.try_into()?,
                vote_b: evidence.vote_b.ok_or_else(|| missing("second vote"))?.try_into()?,
                total_power: unsigned(evidence.total_voting_power)?,
                validator_power: unsigned(evidence.validator_power)?,
                timestamp: evidence.timestamp.ok_or_else(|| missing("time"))?.try_into()?,
            })
        }
    }
}
