//! What the rounds demand of a participant: proposals, votes, timers, decisions.

use core::time::Duration;
use std::sync::Arc;

use causeway_client_cometbft::{BlockId, Commit, PartSetHeader, Time, Vote, VoteType};
use causeway_core::Timestamp;

use super::{KEPT_BLOCKS, KEPT_BLOCKS_LEN, Participant};
use crate::consensus::key::Proposal;
use crate::consensus::{
    Action, Application, DecidedBlock, Memory, Message, Rounds, Stage, commits, proposer_at,
};
use crate::{Block, MAX_BLOCK_LEN};

/// Votes are at least so much later than the block that they are for (`consensus/state.go`
/// `voteTime`), which keeps BFT time growing.
const TIME_STEP: Duration = Duration::from_millis(1);

/// What a block needs beside its transactions: header, commit of a full set, evidence.
const BLOCK_OVERHEAD: usize = 1 << 20;

impl<A: Application> Participant<A> {
    /// Starts the next height, with what was heard of it before.
    pub(super) fn begin_height(&mut self, now: Timestamp) {
        let height = self.state.next_height();
        let memory = self.recall(height);
        let voters = commits::voters(self.validators());
        let (rounds, actions) = Rounds::resume(voters, memory.round, memory.locked, memory.valid);
        self.rounds = Some(rounds);
        self.status_at = now.saturating_add(self.timing.status);
        let mut heard = core::mem::take(&mut self.book);
        self.book.keep_conflicts(heard.take_conflicts());
        for (proposal, block) in memory.proposals {
            heard.add_proposal(proposal, block);
        }
        for vote in memory.votes {
            self.send(None, Message::Vote(vote.clone()));
            heard.add_vote(vote);
        }
        self.perform(actions, now);
        for (proposal, block) in heard.proposals() {
            if self.state.next_height() == height {
                self.take_proposal(proposal.clone(), block.clone(), now);
            }
        }
        for vote in heard.votes() {
            if self.state.next_height() == height {
                self.take_vote(vote.clone(), now);
            }
        }
    }

    /// What it remembers of a height, from before a restart.
    fn recall(&self, height: u64) -> Memory {
        let is_of_height = self.remembered.height == height;
        if is_of_height { self.remembered.clone() } else { Memory::default() }
    }

    /// Does what the rounds want, and what follows from it.
    pub(super) fn perform(&mut self, actions: Vec<Action>, now: Timestamp) {
        let height = self.state.next_height();
        for action in actions {
            // An own vote can decide the height: what else was to be done in it is void.
            if self.state.next_height() != height || self.is_stopped {
                return;
            }
            match action {
                Action::Begin { round, valid } => self.propose(round, valid, now),
                Action::Vote { stage, round, value } => self.cast(stage, round, value, now),
                Action::Schedule(timeout) => {
                    let at = now.saturating_add(self.timing.of(timeout));
                    self.timers.insert((at, timeout));
                }
                Action::Decide { round, value } => self.decide(round, value, now),
            }
        }
    }

    /// Proposes when it is its turn: what an earlier round wanted, or else a new block.
    fn propose(&mut self, round: u32, valid: Option<(BlockId, u32)>, now: Timestamp) {
        let own = self.key.address();
        if proposer_at(self.validators(), round).is_none_or(|proposer| proposer.address != own) {
            return;
        }
        if let Some((proposal, block)) = self.signed_proposal(round) {
            self.send(None, Message::Proposal(proposal.clone(), block.clone()));
            return self.take_proposal(proposal, block, now);
        }
        let known = valid.and_then(|(id, _)| self.known_block(&id));
        let Some(block) = known.or_else(|| self.make_block().map(Arc::new)) else { return };
        let Some(block_id) = block.id() else { return };
        let mut proposal = Proposal {
            height: self.state.next_height(),
            round,
            valid_round: valid.filter(|(id, _)| *id == block_id).map(|(_, round)| round),
            block_id,
            timestamp: now.into(),
            signature: Vec::new(),
        };
        self.key.sign_proposal(&mut proposal, self.state.chain_id());
        self.send(None, Message::Proposal(proposal.clone(), block.clone()));
        self.take_proposal(proposal, block, now);
    }

    /// The proposal that it signed for this round before a restart: it must not sign another.
    fn signed_proposal(&self, round: u32) -> Option<(Proposal, Arc<Block>)> {
        let memory = self.recall(self.state.next_height());
        memory.proposals.into_iter().find(|(proposal, _)| proposal.round == round)
    }

    fn known_block(&self, id: &BlockId) -> Option<Arc<Block>> {
        let remembered = || {
            let mut proposals = self.remembered.proposals.iter();
            proposals.find(|(proposal, _)| proposal.block_id == *id).map(|(_, block)| block)
        };
        self.book.block(id).or_else(remembered).cloned()
    }

    fn make_block(&self) -> Option<Block> {
        let commit = self.last_commit.clone();
        let time = self.state.next_time(commit.as_ref())?;
        let max_len = MAX_BLOCK_LEN.saturating_sub(BLOCK_OVERHEAD);
        let txs = self.application.propose(self.state.next_height(), time, max_len);
        self.state.make_block(self.key.address(), commit, self.evidence.for_block(), txs)
    }

    /// Signs and sends a vote, where it has one.
    fn cast(&mut self, stage: Stage, round: u32, value: Option<BlockId>, now: Timestamp) {
        let Some(index) = self.place().and_then(|index| u32::try_from(index).ok()) else { return };
        let vote_type = match stage {
            Stage::Prevote => VoteType::Prevote,
            Stage::Precommit => VoteType::Precommit,
        };
        let height = self.state.next_height();
        if let Some(signed) = self.recall(height).vote(vote_type.number(), round) {
            let signed = signed.clone();
            self.send(None, Message::Vote(signed.clone()));
            return self.take_vote(signed, now);
        }
        let mut vote = Vote {
            vote_type,
            height,
            round,
            block_id: value.unwrap_or_default(),
            timestamp: self.vote_time(now),
            validator_address: self.key.address(),
            validator_index: index,
            signature: Vec::new(),
            extension: Vec::new(),
            extension_signature: Vec::new(),
        };
        self.key.sign_vote(&mut vote, self.state.chain_id());
        self.send(None, Message::Vote(vote.clone()));
        if self.double_votes > 0 {
            self.double_votes = self.double_votes.saturating_sub(1);
            self.contradict(vote.clone());
        }
        self.take_vote(vote, now);
    }

    /// Sends a second vote that excludes the first: for no block, or for one that does not exist.
    fn contradict(&mut self, mut vote: Vote) {
        let hash = Some(self.validators().hash());
        let other = BlockId { hash, parts: PartSetHeader { total: 1, hash } };
        vote.block_id = if vote.block_id.is_zero() { other } else { BlockId::default() };
        self.key.sign_vote(&mut vote, self.state.chain_id());
        self.send(None, Message::Vote(vote));
    }

    fn vote_time(&self, now: Timestamp) -> Time {
        let block = self.book.latest_time().and_then(Time::to_timestamp);
        let earliest = block.map(|time| time.saturating_add(TIME_STEP));
        Time::from(earliest.map_or(now, |earliest| earliest.max(now)))
    }

    fn decide(&mut self, round: u32, value: BlockId, now: Timestamp) {
        let Some(block) = self.book.block(&value).cloned() else { return };
        let size = self.validators().validators.len();
        let commit = self.book.commit((block.header.height, round), value, size);
        self.apply(block, commit, now);
    }

    /// Executes a decided block and waits for the next height.
    pub(super) fn apply(&mut self, block: Arc<Block>, commit: Commit, now: Timestamp) {
        let height = block.header.height;
        let Some(executed) = self.application.execute(&block) else {
            self.stop();
            return;
        };
        self.evidence.note_block(
            (height, block.header.time),
            self.state.validators(),
            &block.evidence,
        );
        self.state = self.state.after(&block, commit.block_id, &executed);
        self.last_commit = Some(commit.clone());
        self.keep(height, DecidedBlock { block, commit });
        self.rounds = None;
        self.timers.clear();
        self.starts_at = now.saturating_add(self.timing.commit);
        self.status_at = self.starts_at.saturating_add(self.timing.status);
        let mut book = core::mem::take(&mut self.book);
        for (first, second) in book.take_conflicts() {
            let item = self.evidence.accuse(first, second);
            if let Some(item) = item.filter(|item| self.evidence.add(item)) {
                self.send(None, Message::Evidence(Box::new(item)));
            }
        }
    }

    /// Has a block at hand for others, as long as there is room.
    fn keep(&mut self, height: u64, decided: DecidedBlock) {
        self.decided_len = self.decided_len.saturating_add(txs_len(&decided));
        self.decided.insert(height, Arc::new(decided));
        while self.decided.len() > KEPT_BLOCKS || self.decided_len > KEPT_BLOCKS_LEN {
            let Some((_, oldest)) = self.decided.pop_first() else { return };
            self.decided_len = self.decided_len.saturating_sub(txs_len(&oldest));
        }
    }
}

fn txs_len(decided: &DecidedBlock) -> usize {
    decided.block.txs.iter().map(Vec::len).fold(0, usize::saturating_add)
}
