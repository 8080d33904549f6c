//! What a participant makes of messages. Each is verified before anything depends on it.

use core::time::Duration;
use std::sync::Arc;

use causeway_chain::PeerId;
use causeway_client_cometbft::{CommitSig, DuplicateVoteEvidence, Validator, Vote, VoteType};
use causeway_core::Timestamp;

use super::Participant;
use crate::Block;
use crate::consensus::key::Proposal;
use crate::consensus::rounds::MAX_ROUNDS_AHEAD;
use crate::consensus::{Application, DecidedBlock, Message, Stage, commits, proposer_at, rotation};

/// The most decided blocks sent to one who is behind, for one status.
const MAX_BLOCKS_AT_ONCE: u64 = 32;

/// The most requests for older blocks that wait to be answered.
const MAX_SOUGHT: usize = 64;

/// Who hears of a later height asks for what it missed, but not more often than this.
const ASK_INTERVAL: Duration = Duration::from_millis(50);

impl<A: Application> Participant<A> {
    /// A message arrived.
    pub(crate) fn receive(&mut self, from: PeerId, message: Message, now: Timestamp) {
        if self.is_stopped {
            return;
        }
        match message {
            Message::Proposal(proposal, block) => {
                self.notice(from, proposal.height, now);
                self.hear_proposal(proposal, block, now);
            }
            Message::Vote(vote) => {
                self.notice(from, vote.height, now);
                self.hear_vote(vote, now);
            }
            Message::Status { height, round } => {
                self.notice(from, height, now);
                self.help(from, height, round);
            }
            Message::Decided(decided) => self.hear_decided(&decided, now),
            Message::Evidence(item) => self.hear_evidence(item),
        }
    }

    /// Asks who is further on for what was missed.
    fn notice(&mut self, from: PeerId, height: u64, now: Timestamp) {
        let waits = self.asked_at.is_some_and(|at| at.saturating_add(ASK_INTERVAL) > now);
        if height > self.state.next_height() && !waits {
            self.asked_at = Some(now);
            self.send(Some(from), self.status());
        }
    }

    fn help(&mut self, to: PeerId, height: u64, round: u32) {
        let own = self.state.next_height();
        if height == own {
            for message in self.book.help(round) {
                self.send(Some(to), message);
            }
        } else if height < own && !self.decided.contains_key(&height) {
            if self.sought.len() < MAX_SOUGHT {
                self.sought.push((to, height));
            }
        } else if height < own {
            let end = height.saturating_add(MAX_BLOCKS_AT_ONCE);
            let blocks: Vec<_> = self.decided.range(height..end).map(|(_, d)| d.clone()).collect();
            for decided in blocks {
                self.send(Some(to), Message::Decided(decided));
            }
        }
    }

    /// True for rounds that are worth remembering: bounds what others can make it keep.
    fn is_near(&self, round: u32) -> bool {
        round <= self.round().unwrap_or_default().saturating_add(MAX_ROUNDS_AHEAD)
    }

    fn hear_proposal(&mut self, proposal: Proposal, block: Arc<Block>, now: Timestamp) {
        let is_wanted = proposal.height == self.state.next_height()
            && self.is_near(proposal.round)
            && self.book.proposal(proposal.round).is_none()
            && proposal.valid_round.is_none_or(|valid| valid < proposal.round);
        if !is_wanted {
            return;
        }
        let message = proposal.sign_bytes(self.state.chain_id());
        let is_signed = proposer_at(self.validators(), proposal.round)
            .is_some_and(|proposer| proposer.public_key.verifies(&message, &proposal.signature));
        if is_signed && block.id() == Some(proposal.block_id) {
            self.take_proposal(proposal, block, now);
        }
    }

    /// A proposal that its proposer signed, which may be this participant.
    pub(super) fn take_proposal(&mut self, proposal: Proposal, block: Arc<Block>, now: Timestamp) {
        let (round, value, valid) = (proposal.round, proposal.block_id, proposal.valid_round);
        let acceptable = self.is_acceptable(&block);
        self.book.add_proposal(proposal, block);
        if let Some(rounds) = &mut self.rounds {
            let actions = rounds.propose(round, value, valid, acceptable);
            self.perform(actions, now);
        }
    }

    /// True for a block that may follow the last one.
    pub(super) fn is_acceptable(&self, block: &Block) -> bool {
        self.state.check_block(block, self.last_commit.as_ref()).is_ok()
            && self.evidence.allows(&block.evidence)
            && self.application.accepts(&block.txs)
    }

    fn hear_vote(&mut self, vote: Vote, now: Timestamp) {
        if vote.height == self.state.height() {
            self.hear_late_vote(&vote);
        } else if vote.height == self.state.next_height() && self.is_near(vote.round) {
            let known = self.book.has(&vote);
            let voter = rotation::member(self.validators(), vote.validator_index);
            if !known && self.is_signed(&vote, voter) {
                self.take_vote(vote, now);
            }
        }
    }

    fn is_signed(&self, vote: &Vote, voter: Option<&Validator>) -> bool {
        voter.is_some_and(|validator| {
            let message = vote.sign_bytes(self.state.chain_id());
            validator.address == vote.validator_address
                && vote.extension.is_empty()
                && vote.extension_signature.is_empty()
                && validator.public_key.verifies(&message, &vote.signature)
        })
    }

    /// A vote that its voter signed, which may be this participant.
    pub(super) fn take_vote(&mut self, vote: Vote, now: Timestamp) {
        let stage = match vote.vote_type {
            VoteType::Prevote => Stage::Prevote,
            VoteType::Precommit => Stage::Precommit,
        };
        let value = (!vote.block_id.is_zero()).then_some(vote.block_id);
        let (round, voter) = (vote.round, usize::try_from(vote.validator_index));
        self.book.add_vote(vote);
        if let (Some(rounds), Ok(voter)) = (&mut self.rounds, voter) {
            // A contradiction is in the book.
            let actions = rounds.vote(stage, round, voter, value);
            let actions = actions.unwrap_or_else(|_| rounds.reconsider());
            self.perform(actions, now);
        }
    }

    /// A precommit for the last block that came after the decision still goes into the next
    /// block's commit.
    fn hear_late_vote(&mut self, vote: &Vote) {
        let voter = rotation::member(self.state.last_validators(), vote.validator_index);
        let Ok(index) = usize::try_from(vote.validator_index) else { return };
        let Some(commit) = &self.last_commit else { return };
        let is_missing = commit.signatures.get(index) == Some(&CommitSig::Absent);
        let is_of_commit = vote.vote_type == VoteType::Precommit && vote.round == commit.round;
        if !is_missing || !is_of_commit || !self.is_signed(vote, voter) {
            return;
        }
        if let Some(commit) = &mut self.last_commit {
            let entry = commits::entry(vote, &commit.block_id);
            if let Some(sig) = commit.signatures.get_mut(index) {
                *sig = entry;
            }
        }
    }

    fn hear_decided(&mut self, decided: &DecidedBlock, now: Timestamp) {
        let DecidedBlock { block, commit } = decided;
        let is_next = commit.height == self.state.next_height()
            && block.header.height == commit.height
            && block.id() == Some(commit.block_id);
        let holds = || commits::holds(commit, self.validators(), self.state.chain_id(), None);
        if is_next && holds() && self.is_acceptable(block) {
            self.apply(block.clone(), commit.clone(), now);
            // Whoever is behind by one block is likely behind by more.
            self.status_at = now.saturating_add(ASK_INTERVAL);
        }
    }

    fn hear_evidence(&mut self, item: Box<DuplicateVoteEvidence>) {
        if self.evidence.add(&item) {
            self.send(None, Message::Evidence(item));
        }
    }
}
