//! What a participant must not forget over a restart: what it signed in the height under way, and
//! what it is locked on. Forgetting would make it sign a second time, or help to decide twice.

use std::sync::Arc;

use causeway_client_cometbft::{BlockId, Vote, proto};
use causeway_core::{DecodeError, decode_protobuf};
use prost::Message;

use super::Proposal;
use crate::Block;

/// The most bytes of an encoded memory: a height of thousands of rounds has fewer.
const MAX_MEMORY_LEN: usize = 64 << 20;

/// One participant's memory of the height under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The height.
    pub height: u64,
    /// The round.
    pub round: u32,
    /// The block for which it precommitted last, and in which round.
    pub locked: Option<(BlockId, u32)>,
    /// The block that had a quorum of prevotes last, and in which round.
    pub valid: Option<(BlockId, u32)>,
    /// Its own votes of the height.
    pub votes: Vec<Vote>,
    /// The proposals that it has heard, with their blocks: a lock is worth nothing without its
    /// block.
    pub proposals: Vec<(Proposal, Arc<Block>)>,
}

impl Memory {
    /// The form to be kept. The blocks are not in it: they are kept by their ids.
    pub fn encode(&self) -> Vec<u8> {
        let choice = |choice: Option<(BlockId, u32)>| {
            choice.map(|(id, round)| wire::Choice { block_id: Some(id.into()), round })
        };
        wire::Memory {
            height: self.height,
            round: self.round,
            locked: choice(self.locked),
            valid: choice(self.valid),
            votes: self.votes.iter().map(Into::into).collect(),
            proposals: self.proposals.iter().map(|(proposal, _)| proposal.into()).collect(),
        }
        .encode_to_vec()
    }

    /// Reads the form that was kept. `block` finds a block by its id; proposals whose block is
    /// gone are left out.
    pub fn decode(
        bytes: &[u8],
        block: impl Fn(&BlockId) -> Option<Arc<Block>>,
    ) -> Result<Self, DecodeError> {
        let memory: wire::Memory = decode_protobuf("memory", bytes, MAX_MEMORY_LEN)?;
        let mut proposals = Vec::with_capacity(memory.proposals.len());
        for proposal in memory.proposals {
            let proposal = Proposal::try_from(proposal)?;
            if let Some(block) = block(&proposal.block_id) {
                proposals.push((proposal, block));
            }
        }
        Ok(Self {
            height: memory.height,
            round: memory.round,
            locked: memory.locked.map(TryInto::try_into).transpose()?,
            valid: memory.valid.map(TryInto::try_into).transpose()?,
            votes: memory.votes.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            proposals,
        })
    }

    /// Its own vote of a stage of a round.
    pub(crate) fn vote(&self, number: i32, round: u32) -> Option<&Vote> {
        self.votes.iter().find(|vote| vote.vote_type.number() == number && vote.round == round)
    }
}

/// Our own records, and the proposal of `tendermint/types/types.proto`.
mod wire {
    use super::{BlockId, DecodeError, Proposal, proto};

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Memory {
        #[prost(uint64, tag = "1")]
        pub(super) height: u64,
        #[prost(uint32, tag = "2")]
        pub(super) round: u32,
        #[prost(message, optional, tag = "3")]
        pub(super) locked: Option<Choice>,
        #[prost(message, optional, tag = "4")]
        pub(super) valid: Option<Choice>,
        #[prost(message, repeated, tag = "5")]
        pub(super) votes: Vec<proto::Vote>,
        #[prost(message, repeated, tag = "6")]
        pub(super) proposals: Vec<ProposalMessage>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Choice {
        #[prost(message, optional, tag = "1")]
        pub(super) block_id: Option<proto::BlockId>,
        #[prost(uint32, tag = "2")]
        pub(super) round: u32,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct ProposalMessage {
        #[prost(int32, tag = "1")]
        r#type: i32,
        #[prost(int64, tag = "2")]
        height: i64,
        #[prost(int32, tag = "3")]
        round: i32,
        /// Minus one for none.
        #[prost(int32, tag = "4")]
        pol_round: i32,
        #[prost(message, optional, tag = "5")]
        block_id: Option<proto::BlockId>,
        #[prost(message, optional, tag = "6")]
        timestamp: Option<proto::Timestamp>,
        #[prost(bytes = "vec", tag = "7")]
        signature: Vec<u8>,
    }

    fn malformed(field: &str) -> DecodeError {
        DecodeError::new("memory", format!("no {field}, or one out of range"))
    }

    impl TryFrom<Choice> for (BlockId, u32) {
        type Error = DecodeError;

        fn try_from(choice: Choice) -> Result<Self, DecodeError> {
            let block_id = choice.block_id.ok_or_else(|| malformed("block id"))?;
            Ok((block_id.try_into()?, choice.round))
        }
    }

    impl From<&Proposal> for ProposalMessage {
        fn from(proposal: &Proposal) -> Self {
            Self {
                r#type: super::super::key::PROPOSAL,
                height: proposal.height.cast_signed(),
                round: proposal.round.cast_signed(),
                pol_round: proposal.valid_round.map_or(-1, u32::cast_signed),
                block_id: Some(proposal.block_id.into()),
                timestamp: Some(proposal.timestamp.into()),
                signature: proposal.signature.clone(),
            }
        }
    }

    impl TryFrom<ProposalMessage> for Proposal {
        type Error = DecodeError;

        fn try_from(message: ProposalMessage) -> Result<Self, DecodeError> {
            Ok(Self {
                height: u64::try_from(message.height).map_err(|_| malformed("height"))?,
                round: u32::try_from(message.round).map_err(|_| malformed("round"))?,
                valid_round: u32::try_from(message.pol_round).ok(),
                block_id: message.block_id.ok_or_else(|| malformed("block id"))?.try_into()?,
                timestamp: message.timestamp.ok_or_else(|| malformed("time"))?.try_into()?,
                signature: message.signature,
            })
        }
    }
}
