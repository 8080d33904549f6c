//! What a validator signs.

use causeway_core::DecodeError;
use prost::Message;

use crate::header::{required, unsigned};
use crate::{Address, BlockId, ChainId, Commit, CommitVote, Time, proto};

/// The two kinds of vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VoteType {
    /// First step of a round.
    Prevote,
    /// Second step of a round; commits consist of these.
    Precommit,
}

impl VoteType {
    /// The number on the wire (`SignedMsgType`).
    pub const fn number(self) -> i32 {
        match self {
            Self::Prevote => 1,
            Self::Precommit => 2,
        }
    }

    /// By the number on the wire.
    pub fn from_number(number: i32) -> Result<Self, DecodeError> {
        match number {
            1 => Ok(Self::Prevote),
            2 => Ok(Self::Precommit),
            other => Err(DecodeError::new("vote", format!("type {other}"))),
        }
    }
}

/// A vote on its own, as evidence has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Vote {
    /// Prevote or precommit.
    pub vote_type: VoteType,
    /// The height voted on; at most `i64::MAX`.
    pub height: u64,
    /// The round voted in; at most `i32::MAX`.
    pub round: u32,
    /// The block; all zero for no block.
    pub block_id: BlockId,
    /// When.
    pub timestamp: Time,
    /// Who, as the sender claims.
    pub validator_address: Address,
    /// The place of the validator in its set; at most `i32::MAX`. It is not signed.
    pub validator_index: u32,
    /// The signature.
    pub signature: Vec<u8>,
    /// The application's extension. It is signed by itself, with the next field, not here.
    pub extension: Vec<u8>,
    /// The signature of the extension.
    pub extension_signature: Vec<u8>,
}

impl Vote {
    /// The bytes that the validator signed.
    pub fn sign_bytes(&self, chain_id: &ChainId) -> Vec<u8> {
        canonical(
            chain_id,
            self.vote_type.number(),
            (self.height, self.round),
            &self.block_id,
            self.timestamp,
        )
        .encode_length_delimited_to_vec()
    }
}

/// The bytes that the voter of `vote`, a vote for the block of `commit`, signed.
pub fn commit_sign_bytes(chain_id: &ChainId, commit: &Commit, vote: &CommitVote) -> Vec<u8> {
    canonical(
        chain_id,
        VoteType::Precommit.number(),
        (commit.height, commit.round),
        &commit.block_id,
        vote.timestamp,
    )
    .encode_length_delimited_to_vec()
}

/// `types/canonical.go` `CanonicalizeVote`. The block id is left out only when all of it is zero.
fn canonical(
    chain_id: &ChainId,
    vote_type: i32,
    (height, round): (u64, u32),
    block_id: &BlockId,
    timestamp: Time,
) -> proto::CanonicalVote {
    let block_id = (!block_id.is_zero()).then(|| {
        let proto::BlockId { hash, part_set_header } = (*block_id).into();
        proto::CanonicalBlockId { hash, part_set_header }
    });
    proto::CanonicalVote {
        r#type: vote_type,
        height: height.cast_signed(),
        round: round.into(),
        block_id,
        timestamp: Some(timestamp.into()),
        chain_id: chain_id.as_str().into(),
    }
}

impl From<&Vote> for proto::Vote {
    fn from(vote: &Vote) -> Self {
        Self {
            r#type: vote.vote_type.number(),
            height: vote.height.cast_signed(),
            round: vote.round.cast_signed(),
            block_id: Some(vote.block_id.into()),
            timestamp: Some(vote.timestamp.into()),
            validator_address: vote.validator_address.0.to_vec(),
            validator_index: vote.validator_index.cast_signed(),
            signature: vote.signature.clone(),
            extension: vote.extension.clone(),
            extension_signature: vote.extension_signature.clone(),
        }
    }
}

impl TryFrom<proto::Vote> for Vote {
    type Error = DecodeError;

    fn try_from(vote: proto::Vote) -> Result<Self, DecodeError> {
        Ok(Self {
            vote_type: VoteType::from_number(vote.r#type)?,
            height: unsigned("vote", "height", vote.height)?,
            round: unsigned("vote", "round", vote.round)?,
            block_id: required("vote", "block_id", vote.block_id)?.try_into()?,
            timestamp: required("vote", "timestamp", vote.timestamp)?.try_into()?,
            validator_address: Address::from_slice(&vote.validator_address)
                .ok_or_else(|| DecodeError::new("vote", "the address is not of 20 bytes"))?,
            validator_index: unsigned("vote", "validator_index", vote.validator_index)?,
            signature: vote.signature,
            extension: vote.extension,
            extension_signature: vote.extension_signature,
        })
    }
}
