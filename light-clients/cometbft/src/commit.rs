//! Commits: who voted for a block.

use causeway_core::DecodeError;
use prost::Message;

use crate::header::{required, unsigned};
use crate::{Address, BlockId, Hash, Header, MAX_VALIDATORS, Time, merkle, proto};

/// The most bytes of a signature: R, S and V of secp256k1eth.
pub const MAX_SIGNATURE_LEN: usize = 65;

const ABSENT: i32 = 1;
const COMMIT: i32 = 2;
const NIL: i32 = 3;

/// A vote as a commit keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CommitVote {
    /// Who voted, as the sender claims.
    pub validator_address: Address,
    /// When.
    pub timestamp: Time,
    /// The signature; 1 to [`MAX_SIGNATURE_LEN`] bytes.
    pub signature: Vec<u8>,
}

/// What one validator contributed to a commit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CommitSig {
    /// Nothing that was seen in time.
    Absent,
    /// A precommit for the block.
    Commit(CommitVote),
    /// A precommit for no block. It never counts.
    Nil(CommitVote),
}

impl CommitSig {
    /// From the parts that every wire form has, checked as `CommitSig.ValidateBasic` does.
    pub fn from_parts(
        block_id_flag: i32,
        validator_address: &[u8],
        timestamp: Time,
        signature: Vec<u8>,
    ) -> Result<Self, DecodeError> {
        let malformed = |reason: String| Err(DecodeError::new("commit_sig", reason));
        if block_id_flag == ABSENT {
            let is_bare = validator_address.is_empty() && signature.is_empty();
            return if is_bare && timestamp == Time::ZERO {
                Ok(Self::Absent)
            } else {
                malformed("an absent vote has an address, a time or a signature".into())
            };
        }
        let Some(validator_address) = Address::from_slice(validator_address) else {
            return malformed(format!("an address of {} bytes", validator_address.len()));
        };
        if signature.is_empty() || signature.len() > MAX_SIGNATURE_LEN {
            return malformed(format!("a signature of {} bytes", signature.len()));
        }
        let vote = CommitVote { validator_address, timestamp, signature };
        match block_id_flag {
            COMMIT => Ok(Self::Commit(vote)),
            NIL => Ok(Self::Nil(vote)),
            other => malformed(format!("block id flag {other}")),
        }
    }

    /// The vote for the block, if that is what it is.
    pub fn for_block(&self) -> Option<&CommitVote> {
        match self {
            Self::Commit(vote) => Some(vote),
            Self::Absent | Self::Nil(_) => None,
        }
    }
}

/// The precommits that decided a block: one entry a validator, in the order of the set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Commit {
    /// The height of the block; at most `i64::MAX`.
    pub height: u64,
    /// The round in which it was decided; at most `i32::MAX`.
    pub round: u32,
    /// The block.
    pub block_id: BlockId,
    /// Who voted, and for what.
    pub signatures: Vec<CommitSig>,
}

impl Commit {
    /// The hash of the commit, as the next header has it in `last_commit_hash`.
    pub fn hash(&self) -> Hash {
        let leaf = |sig| proto::CommitSig::from(sig).encode_to_vec();
        merkle::root(&self.signatures.iter().map(leaf).collect::<Vec<_>>())
    }
}

/// A header with the commit that decided it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SignedHeader {
    /// The header.
    pub header: Header,
    /// Its commit.
    pub commit: Commit,
}

impl From<&CommitSig> for proto::CommitSig {
    fn from(sig: &CommitSig) -> Self {
        let (block_id_flag, vote) = match sig {
            CommitSig::Absent => {
                let timestamp = Some(Time::ZERO.into());
                return Self { block_id_flag: ABSENT, timestamp, ..Self::default() };
            }
            CommitSig::Commit(vote) => (COMMIT, vote),
            CommitSig::Nil(vote) => (NIL, vote),
        };
        Self {
            block_id_flag,
            validator_address: vote.validator_address.0.to_vec(),
            timestamp: Some(vote.timestamp.into()),
            signature: vote.signature.clone(),
        }
    }
}

impl TryFrom<proto::CommitSig> for CommitSig {
    type Error = DecodeError;

    fn try_from(sig: proto::CommitSig) -> Result<Self, DecodeError> {
        let timestamp = required("commit_sig", "timestamp", sig.timestamp)?.try_into()?;
        Self::from_parts(sig.block_id_flag, &sig.validator_address, timestamp, sig.signature)
    }
}

impl From<&Commit> for proto::Commit {
    fn from(commit: &Commit) -> Self {
        Self {
            height: commit.height.cast_signed(),
            round: commit.round.cast_signed(),
            block_id: Some(commit.block_id.into()),
            signatures: commit.signatures.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<proto::Commit> for Commit {
    type Error = DecodeError;

    fn try_from(commit: proto::Commit) -> Result<Self, DecodeError> {
        if commit.signatures.len() > MAX_VALIDATORS {
            let reason = format!("{} signatures", commit.signatures.len());
            return Err(DecodeError::new("commit", reason));
        }
        Ok(Self {
            height: unsigned("commit", "height", commit.height)?,
            round: unsigned("commit", "round", commit.round)?,
            block_id: required("commit", "block_id", commit.block_id)?.try_into()?,
            signatures: commit
                .signatures
                .into_iter()
                .map(TryInto::try_into)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl From<&SignedHeader> for proto::SignedHeader {
    fn from(signed: &SignedHeader) -> Self {
        Self { header: Some((&signed.header).into()), commit: Some((&signed.commit).into()) }
    }
}

impl TryFrom<proto::SignedHeader> for SignedHeader {
    type Error = DecodeError;

    fn try_from(signed: proto::SignedHeader) -> Result<Self, DecodeError> {
        Ok(Self {
            header: required("signed_header", "header", signed.header)?.try_into()?,
            commit: required("signed_header", "commit", signed.commit)?.try_into()?,
        })
    }
}
