//! What a participant has heard about the height under way.

use std::collections::BTreeMap;
use std::sync::Arc;

use causeway_client_cometbft::{BlockId, Commit, CommitSig, Time, Vote, VoteType};

use super::key::Proposal;
use super::tally::MAX_VALUES;
use super::{Message, commits};
use crate::Block;

/// The most contradictions remembered in a height: one a validator is enough to accuse it.
const MAX_CONFLICTS: usize = 16;

/// The most messages with which one status is answered.
const MAX_HELP: usize = 64;

/// Signed proposals and votes of one height, all verified.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    proposals: BTreeMap<u32, (Proposal, Arc<Block>)>,
    /// By round, stage and place in the set.
    votes: BTreeMap<(u32, VoteType, u32), Vec<Vote>>,
    conflicts: Vec<(Vote, Vote)>,
}

impl Book {
    /// The proposal of a round.
    pub(crate) fn proposal(&self, round: u32) -> Option<&(Proposal, Arc<Block>)> {
        self.proposals.get(&round)
    }

    /// All proposals, by round.
    pub(crate) fn proposals(&self) -> impl Iterator<Item = &(Proposal, Arc<Block>)> {
        self.proposals.values()
    }

    /// All votes, by round.
    pub(crate) fn votes(&self) -> impl Iterator<Item = &Vote> {
        self.votes.values().flatten()
    }

    /// The first proposal of a round stands.
    pub(crate) fn add_proposal(&mut self, proposal: Proposal, block: Arc<Block>) {
        self.proposals.entry(proposal.round).or_insert((proposal, block));
    }

    /// True for a vote that is known, or one too many of its voter.
    pub(crate) fn has(&self, vote: &Vote) -> bool {
        let place = (vote.round, vote.vote_type, vote.validator_index);
        self.votes.get(&place).is_some_and(|votes| {
            votes.len() >= MAX_VALUES || votes.iter().any(|known| known.block_id == vote.block_id)
        })
    }

    /// Keeps a vote, and also one that contradicts it.
    pub(crate) fn add_vote(&mut self, vote: Vote) {
        if self.has(&vote) {
            return;
        }
        let votes =
            self.votes.entry((vote.round, vote.vote_type, vote.validator_index)).or_default();
        if let Some(first) = votes.first() {
            let accused = |(a, _): &(Vote, Vote)| a.validator_index == vote.validator_index;
            if self.conflicts.len() < MAX_CONFLICTS && !self.conflicts.iter().any(accused) {
                self.conflicts.push((first.clone(), vote.clone()));
            }
        }
        votes.push(vote);
    }

    /// Pairs of votes that exclude one another.
    pub(crate) fn take_conflicts(&mut self) -> Vec<(Vote, Vote)> {
        core::mem::take(&mut self.conflicts)
    }

    /// Puts back contradictions found earlier in the height.
    pub(crate) fn keep_conflicts(&mut self, conflicts: Vec<(Vote, Vote)>) {
        self.conflicts = conflicts;
    }

    /// A block that was proposed.
    pub(crate) fn block(&self, id: &BlockId) -> Option<&Arc<Block>> {
        let found = self.proposals.values().find(|(proposal, _)| proposal.block_id == *id);
        found.map(|(_, block)| block)
    }

    /// The latest time of a proposed block: votes come after it.
    pub(crate) fn latest_time(&self) -> Option<Time> {
        self.proposals.values().map(|(_, block)| block.header.time).max()
    }

    /// The commit of a decided round, of `size` validators.
    pub(crate) fn commit(
        &self,
        (height, round): (u64, u32),
        block_id: BlockId,
        size: usize,
    ) -> Commit {
        let entry = |index: usize| {
            let index = u32::try_from(index).ok()?;
            let votes = self.votes.get(&(round, VoteType::Precommit, index))?;
            let agrees = votes.iter().find(|vote| vote.block_id == block_id);
            Some(commits::entry(agrees.or(votes.first())?, &block_id))
        };
        let signatures = (0..size).map(|index| entry(index).unwrap_or(CommitSig::Absent));
        Commit { height, round, block_id, signatures: signatures.collect() }
    }

    /// What brings somebody in an earlier or the same round further: proposals and votes of its
    /// round and later ones, and the prevotes that those proposals rest on.
    pub(crate) fn help(&self, round: u32) -> Vec<Message> {
        let proposals: Vec<_> = self.proposals.range(round..).map(|(_, found)| found).collect();
        let bases: Vec<_> = proposals.iter().filter_map(|(p, _)| p.valid_round).collect();
        let helps = |vote: &&Vote| {
            vote.round >= round
                || (vote.vote_type == VoteType::Prevote && bases.contains(&vote.round))
        };
        let proposals = proposals
            .iter()
            .map(|(proposal, block)| Message::Proposal(proposal.clone(), block.clone()));
        let votes = self.votes().filter(helps).cloned().map(Message::Vote);
        proposals.chain(votes).take(MAX_HELP).collect()
    }
}
