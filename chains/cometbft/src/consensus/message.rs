//! What participants say to each other.

use std::sync::Arc;

use causeway_client_cometbft::{Commit, DuplicateVoteEvidence, Vote};

use super::key::Proposal;
use crate::Block;

/// A block and the commit that decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidedBlock {
    /// The block.
    pub block: Arc<Block>,
    /// The precommits that its finder saw.
    pub commit: Commit,
}

/// One message. Nothing in it is believed but what is signed.
#[derive(Clone, Debug)]
pub enum Message {
    /// A proposer's block.
    Proposal(Proposal, Arc<Block>),
    /// A vote.
    Vote(Vote),
    /// Where the sender is: whoever is further on helps it along.
    Status {
        /// The height that it decides.
        height: u64,
        /// The round.
        round: u32,
    },
    /// A block that was decided, for who missed it.
    Decided(Arc<DecidedBlock>),
    /// Evidence against a validator.
    Evidence(Box<DuplicateVoteEvidence>),
}
