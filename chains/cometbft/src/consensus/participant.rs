//! One participant: its own key, its own state, and nothing but messages from the others.

mod handle;
mod perform;

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use causeway_chain::PeerId;
use causeway_client_cometbft::{
    BlockId, Commit, CommitVote, DuplicateVoteEvidence, ValidatorSet, commit_sign_bytes,
};
use causeway_core::Timestamp;

use super::book::Book;
use super::evidence::EvidencePool;
use super::{
    Application, DecidedBlock, Memory, Message, Rounds, State, Timeout, ValidatorKey, Wait,
};

/// The newest blocks that a participant has at hand for others who missed them; older ones it
/// has to look up ([`super::OlderBlocks`]).
pub const KEPT_BLOCKS: usize = 1_000;

/// The most bytes of transactions in the blocks that a participant has at hand: full blocks are a
/// thousand times as long as empty ones.
pub const KEPT_BLOCKS_LEN: usize = 16 << 20;

/// How long participants wait for one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Between a decision and the next height: what paces the chain.
    pub commit: Duration,
    /// For a proposal.
    pub propose: Duration,
    /// For votes that agree, once enough have voted.
    pub vote: Duration,
    /// By so much more in each further round, until messages arrive in time.
    pub delta: Duration,
    /// Without progress for so long, a participant tells the others where it is.
    pub status: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            commit: Duration::from_secs(1),
            propose: Duration::from_secs(1),
            vote: Duration::from_millis(400),
            delta: Duration::from_millis(200),
            status: Duration::from_secs(2),
        }
    }
}

/// No wait is shorter: one of no length would never end.
const MIN_WAIT: Duration = Duration::from_millis(1);

impl Timing {
    fn bounded(self) -> Self {
        Self { commit: self.commit.max(MIN_WAIT), status: self.status.max(MIN_WAIT), ..self }
    }

    fn of(&self, timeout: Timeout) -> Duration {
        let base = match timeout.wait {
            Wait::Proposal => self.propose,
            Wait::Prevotes | Wait::Precommits => self.vote,
        };
        base.saturating_add(self.delta.saturating_mul(timeout.round))
    }
}

/// A message on its way out: to one participant, or to all others.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) to: Option<PeerId>,
    pub(crate) message: Message,
}

/// What a participant goes on from after a restart.
#[derive(Clone, Debug)]
pub struct Resume {
    /// What follows from the last block.
    pub state: State,
    /// Who decided the last block; `None` before the first.
    pub last_commit: Option<Commit>,
    /// What it knew of misbehaviour.
    pub evidence: EvidencePool,
    /// What it signed in the height under way, if it did.
    pub memory: Memory,
}

/// One participant and its copy of the application.
#[derive(Clone, Debug)]
pub struct Participant<A> {
    key: ValidatorKey,
    timing: Timing,
    application: A,
    state: State,
    /// Who decided the last block, late votes included; `None` before the first block.
    last_commit: Option<Commit>,
    /// `None` between a decision and the next height.
    rounds: Option<Rounds>,
    starts_at: Timestamp,
    book: Book,
    evidence: EvidencePool,
    timers: BTreeSet<(Timestamp, Timeout)>,
    status_at: Timestamp,
    asked_at: Option<Timestamp>,
    decided: BTreeMap<u64, Arc<DecidedBlock>>,
    /// True when the application could not execute what was decided.
    is_stopped: bool,
    /// The bytes of transactions in `decided`.
    decided_len: usize,
    /// What was written down last, and what it resumed from.
    remembered: Memory,
    /// Heights from which on others asked for blocks that are no longer at hand.
    sought: Vec<(PeerId, u64)>,
    /// So many more votes are cast twice, once for each of two things.
    double_votes: u32,
    out: Vec<Outgoing>,
}

impl<A: Application> Participant<A> {
    /// A participant that knows nothing but `state`, a genesis, and starts at `now`.
    pub fn new(
        key: ValidatorKey,
        application: A,
        state: State,
        timing: Timing,
        now: Timestamp,
    ) -> Self {
        let evidence = EvidencePool::new(state.chain_id().clone());
        let memory = Memory::default();
        let resume = Resume { state, last_commit: None, evidence, memory };
        Self::resume(key, application, resume, timing, now)
    }

    /// A participant that goes on at `now` where it was interrupted.
    pub fn resume(
        key: ValidatorKey,
        application: A,
        resume: Resume,
        timing: Timing,
        now: Timestamp,
    ) -> Self {
        let timing = timing.bounded();
        let Resume { state, last_commit, evidence, memory } = resume;
        let is_current = memory.height == state.next_height();
        let remembered = if is_current { memory } else { Memory::default() };
        Self {
            key,
            timing,
            application,
            state,
            last_commit,
            rounds: None,
            starts_at: now,
            book: Book::default(),
            evidence,
            timers: BTreeSet::new(),
            status_at: now.saturating_add(timing.status),
            asked_at: None,
            decided: BTreeMap::new(),
            is_stopped: false,
            decided_len: 0,
            remembered,
            sought: Vec::new(),
            double_votes: 0,
            out: Vec::new(),
        }
    }

    /// What it knows after the last decided block.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Its copy of the application.
    pub const fn application(&self) -> &A {
        &self.application
    }

    /// Its copy of the application, to be given transactions.
    pub const fn application_mut(&mut self) -> &mut A {
        &mut self.application
    }

    /// Its public half.
    pub const fn key(&self) -> &ValidatorKey {
        &self.key
    }

    /// A decided block that it still keeps.
    pub fn decided(&self, height: u64) -> Option<&Arc<DecidedBlock>> {
        self.decided.get(&height)
    }

    /// The commit of the last block as this participant has it; `None` before the first.
    pub const fn last_commit(&self) -> Option<&Commit> {
        self.last_commit.as_ref()
    }

    /// What it knows of misbehaviour.
    pub const fn evidence(&self) -> &EvidencePool {
        &self.evidence
    }

    /// Takes evidence from outside in, and passes it on; true when it is valid and new.
    pub fn accuse(&mut self, item: &DuplicateVoteEvidence) -> bool {
        let takes = self.evidence.add(item);
        if takes {
            self.send(None, Message::Evidence(Box::new(item.clone())));
        }
        takes
    }

    /// What must be kept before anything it signed gets out, if it is not kept yet.
    pub fn take_memory(&mut self) -> Option<Memory> {
        let rounds = self.rounds.as_ref().filter(|_| self.place().is_some())?;
        let own = self.key.address();
        let votes = self.book.votes().filter(|vote| vote.validator_address == own);
        let memory = Memory {
            height: self.state.next_height(),
            round: rounds.round(),
            locked: rounds.locked(),
            valid: rounds.valid(),
            votes: votes.cloned().collect(),
            proposals: self.book.proposals().cloned().collect(),
        };
        if memory == self.remembered {
            return None;
        }
        self.remembered = memory.clone();
        Some(memory)
    }

    /// The round under way; `None` between two heights.
    pub fn round(&self) -> Option<u32> {
        self.rounds.as_ref().map(Rounds::round)
    }

    /// True for one that stopped because its application could not execute what was decided.
    pub const fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    /// Signs `rival`, a block that it did not decide, beside `vote`, its vote for the one it did:
    /// what no honest validator does.
    pub fn sign_rival(&self, rival: BlockId, commit: &Commit, vote: &CommitVote) -> CommitVote {
        let commit = Commit { block_id: rival, ..commit.clone() };
        let signature = self.key.sign(&commit_sign_bytes(self.state.chain_id(), &commit, vote));
        CommitVote { signature, ..vote.clone() }
    }

    /// Makes it cast its next `votes` votes twice, for different things: what evidence is of.
    pub const fn equivocate(&mut self, votes: u32) {
        self.double_votes = votes;
    }

    /// When [`Participant::tick`] has something to do.
    pub(crate) fn deadline(&self) -> Timestamp {
        if self.is_stopped {
            return Timestamp::from_nanos(u64::MAX);
        }
        let start = self.rounds.is_none().then_some(self.starts_at);
        let timer = self.timers.first().map(|(at, _)| *at);
        start.into_iter().chain(timer).fold(self.status_at, Timestamp::min)
    }

    /// Does what is due.
    pub(crate) fn tick(&mut self, now: Timestamp) {
        if self.rounds.is_none() && self.starts_at <= now {
            self.begin_height(now);
        }
        while let Some((_, timeout)) = self.timers.first().copied().filter(|(at, _)| *at <= now) {
            self.timers.pop_first();
            if let Some(rounds) = &mut self.rounds {
                let actions = rounds.time_out(timeout);
                self.perform(actions, now);
            }
        }
        if self.status_at <= now && !self.is_stopped {
            self.status_at = now.saturating_add(self.timing.status);
            self.send(None, self.status());
        }
    }

    /// Does nothing any more.
    fn stop(&mut self) {
        self.is_stopped = true;
        self.rounds = None;
        self.timers.clear();
        self.book = Book::default();
        self.out.clear();
    }

    pub(crate) fn take_outgoing(&mut self) -> Vec<Outgoing> {
        core::mem::take(&mut self.out)
    }

    pub(crate) fn take_sought(&mut self) -> Vec<(PeerId, u64)> {
        core::mem::take(&mut self.sought)
    }

    fn send(&mut self, to: Option<PeerId>, message: Message) {
        self.out.push(Outgoing { to, message });
    }

    fn status(&self) -> Message {
        let round = self.round().unwrap_or_default();
        Message::Status { height: self.state.next_height(), round }
    }

    fn validators(&self) -> &ValidatorSet {
        self.state.validators()
    }

    /// Its own place among the validators of the height.
    fn place(&self) -> Option<usize> {
        let own = self.key.address();
        self.validators().validators.iter().position(|validator| validator.address == own)
    }
}
