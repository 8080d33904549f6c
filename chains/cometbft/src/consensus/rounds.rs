//! The algorithm: propose, prevote, precommit, in rounds, with locks that keep two rounds from
//! deciding differently ("The latest gossip on BFT consensus", algorithm 1; the line numbers in
//! the comments are its).

use std::collections::{BTreeMap, BTreeSet};

use causeway_client_cometbft::BlockId;

use super::tally::{Conflict, Stage, Tally, Voters};

/// The most rounds ahead of its own that a validator keeps votes of: bounds what others can make
/// it remember.
pub(crate) const MAX_ROUNDS_AHEAD: u32 = 8;

/// How far a validator is in its round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Propose,
    Prevote,
    Precommit,
}

/// What a timeout is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wait {
    /// A proposal.
    Proposal,
    /// Prevotes that agree.
    Prevotes,
    /// Precommits that agree.
    Precommits,
}

/// A timeout of one round. It means something only while the round lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timeout {
    /// The round.
    pub round: u32,
    /// What it is for.
    pub wait: Wait,
}

/// What a validator does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A round has begun. Whoever is its proposer proposes: the block given, which had a quorum of
    /// prevotes in the round given, or else one of its own.
    Begin {
        /// The round.
        round: u32,
        /// What must be proposed again, and the round of its prevotes.
        valid: Option<(BlockId, u32)>,
    },
    /// Sign and send a vote for a block, or for none.
    Vote {
        /// Prevote or precommit.
        stage: Stage,
        /// The round.
        round: u32,
        /// The block.
        value: Option<BlockId>,
    },
    /// Come back with this timeout, later the higher its round is.
    Schedule(Timeout),
    /// The height is decided.
    Decide {
        /// The round whose precommits decide.
        round: u32,
        /// The block.
        value: BlockId,
    },
}

/// A proposal, as far as the algorithm looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Proposal {
    value: BlockId,
    /// The earlier round in which the block had a quorum of prevotes.
    valid_round: Option<u32>,
    /// Whether the block is one that may follow.
    acceptable: bool,
}

#[derive(Clone, Debug, Default)]
struct Round {
    proposal: Option<Proposal>,
    prevotes: Tally,
    precommits: Tally,
    /// Timeouts that were scheduled, and whether the block of the quorum was noted: once each.
    scheduled: BTreeSet<Wait>,
    noted_quorum: bool,
}

/// One validator's part in the agreement on one height.
#[derive(Clone, Debug)]
pub struct Rounds {
    voters: Voters,
    round: u32,
    step: Step,
    locked: Option<(BlockId, u32)>,
    valid: Option<(BlockId, u32)>,
    by_round: BTreeMap<u32, Round>,
    decided: bool,
}

impl Rounds {
    /// The beginning of a height.
    pub fn new(voters: Voters) -> (Self, Vec<Action>) {
        Self::resume(voters, 0, None, None)
    }

    /// Goes on in a height that was interrupted in `round`. Whoever signs must remember what it
    /// has signed in that round already.
    pub fn resume(
        voters: Voters,
        round: u32,
        locked: Option<(BlockId, u32)>,
        valid: Option<(BlockId, u32)>,
    ) -> (Self, Vec<Action>) {
        let step = Step::Propose;
        let by_round = BTreeMap::new();
        let mut rounds = Self { voters, round, step, locked, valid, by_round, decided: false };
        let mut actions = Vec::new();
        rounds.begin(round, &mut actions);
        (rounds, actions)
    }

    /// The round under way.
    pub const fn round(&self) -> u32 {
        self.round
    }

    /// The block of its last precommit for one, and the round of that.
    pub const fn locked(&self) -> Option<(BlockId, u32)> {
        self.locked
    }

    /// The block that had a quorum of prevotes last, and the round of that.
    pub const fn valid(&self) -> Option<(BlockId, u32)> {
        self.valid
    }

    /// True once the height is decided; nothing happens after that.
    pub const fn is_decided(&self) -> bool {
        self.decided
    }

    /// A proposal of its round's proposer arrived; a second one of a round is ignored.
    /// `acceptable` says whether the block may follow at all.
    pub fn propose(
        &mut self,
        round: u32,
        value: BlockId,
        valid_round: Option<u32>,
        acceptable: bool,
    ) -> Vec<Action> {
        if let Some(entry) = self.entry(round) {
            let proposal = Proposal { value, valid_round, acceptable };
            entry.proposal.get_or_insert(proposal);
        }
        self.react()
    }

    /// A vote arrived. One that contradicts an earlier vote of the same validator is counted, and
    /// reported: [`Rounds::reconsider`] then gives what follows.
    pub fn vote(
        &mut self,
        stage: Stage,
        round: u32,
        voter: usize,
        value: Option<BlockId>,
    ) -> Result<Vec<Action>, Conflict> {
        if self.voters.power(voter) == 0 {
            return Ok(Vec::new());
        }
        if let Some(entry) = self.entry(round) {
            let tally = match stage {
                Stage::Prevote => &mut entry.prevotes,
                Stage::Precommit => &mut entry.precommits,
            };
            tally.add(voter, value)?;
        }
        Ok(self.react())
    }

    /// What follows from the votes so far.
    pub fn reconsider(&mut self) -> Vec<Action> {
        self.react()
    }

    /// A timeout that was scheduled has come.
    pub fn time_out(&mut self, timeout: Timeout) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.decided || timeout.round != self.round {
            return actions;
        }
        match (timeout.wait, self.step) {
            // Line 57.
            (Wait::Proposal, Step::Propose) => self.prevote(None, &mut actions),
            // Line 61.
            (Wait::Prevotes, Step::Prevote) => self.precommit(None, &mut actions),
            // Line 65.
            (Wait::Precommits, _) => self.begin(self.round.saturating_add(1), &mut actions),
            _ => {}
        }
        actions.extend(self.react());
        actions
    }

    /// The record of a round, unless it is too far ahead to be kept.
    fn entry(&mut self, round: u32) -> Option<&mut Round> {
        if self.decided || round > self.round.saturating_add(MAX_ROUNDS_AHEAD) {
            return None;
        }
        Some(self.by_round.entry(round).or_default())
    }

    /// Line 11.
    fn begin(&mut self, round: u32, actions: &mut Vec<Action>) {
        self.round = round;
        self.step = Step::Propose;
        actions.push(Action::Begin { round, valid: self.valid });
        self.schedule(Wait::Proposal, actions);
    }

    fn schedule(&mut self, wait: Wait, actions: &mut Vec<Action>) {
        let round = self.round;
        if self.by_round.entry(round).or_default().scheduled.insert(wait) {
            actions.push(Action::Schedule(Timeout { round, wait }));
        }
    }

    fn prevote(&mut self, value: Option<BlockId>, actions: &mut Vec<Action>) {
        self.step = Step::Prevote;
        actions.push(Action::Vote { stage: Stage::Prevote, round: self.round, value });
    }

    fn precommit(&mut self, value: Option<BlockId>, actions: &mut Vec<Action>) {
        self.step = Step::Precommit;
        actions.push(Action::Vote { stage: Stage::Precommit, round: self.round, value });
    }

    /// Applies the rules until none of them has anything to add.
    fn react(&mut self) -> Vec<Action> {
        let mut actions = Vec::new();
        while !self.decided {
            let before = (self.round, self.step, actions.len());
            self.decide(&mut actions);
            self.catch_up(&mut actions);
            self.answer_proposal(&mut actions);
            self.count_prevotes(&mut actions);
            self.count_precommits(&mut actions);
            if before == (self.round, self.step, actions.len()) {
                break;
            }
        }
        actions
    }

    /// Line 49: precommits of any round decide, once the block is known and acceptable.
    fn decide(&mut self, actions: &mut Vec<Action>) {
        let decided = self.by_round.iter().find_map(|(round, entry)| {
            let value = entry.precommits.quorum(&self.voters)?;
            let known = self.by_round.values().filter_map(|other| other.proposal);
            known.into_iter().any(|p| p.value == value && p.acceptable).then_some((*round, value))
        });
        if let Some((round, value)) = decided {
            self.decided = true;
            actions.push(Action::Decide { round, value });
        }
    }

    /// Line 55: more than a third is in a later round.
    fn catch_up(&mut self, actions: &mut Vec<Action>) {
        let ahead = self.by_round.range(self.round.saturating_add(1)..).rev().find(|(_, entry)| {
            let voters: BTreeSet<_> =
                entry.prevotes.voters().chain(entry.precommits.voters()).collect();
            let power = voters
                .iter()
                .fold(0, |sum: u64, voter| sum.saturating_add(self.voters.power(*voter)));
            self.voters.has_honest(power)
        });
        if let (false, Some(round)) = (self.decided, ahead.map(|(round, _)| *round)) {
            self.begin(round, actions);
        }
    }

    /// Lines 22 and 28.
    fn answer_proposal(&mut self, actions: &mut Vec<Action>) {
        if self.decided || self.step != Step::Propose {
            return;
        }
        let Some(proposal) = self.by_round.get(&self.round).and_then(|entry| entry.proposal) else {
            return;
        };
        let allowed = match proposal.valid_round {
            None => self.locked.is_none_or(|(value, _)| value == proposal.value),
            Some(earlier) if earlier < self.round => {
                let quorum = self.by_round.get(&earlier).is_some_and(|entry| {
                    let power = entry.prevotes.power_for(&self.voters, Some(&proposal.value));
                    self.voters.is_quorum(power)
                });
                if !quorum {
                    // Its prevotes may still come.
                    return;
                }
                self.locked.is_none_or(|(value, at)| at <= earlier || value == proposal.value)
            }
            Some(_) => false,
        };
        let value = (allowed && proposal.acceptable).then_some(proposal.value);
        self.prevote(value, actions);
    }

    /// Lines 34, 36 and 44.
    fn count_prevotes(&mut self, actions: &mut Vec<Action>) {
        let Some(entry) = self.by_round.get(&self.round) else { return };
        if self.decided || self.step < Step::Prevote {
            return;
        }
        let any = self.voters.is_quorum(entry.prevotes.power(&self.voters));
        let nil = self.voters.is_quorum(entry.prevotes.power_for(&self.voters, None));
        let quorum = entry
            .prevotes
            .quorum(&self.voters)
            .filter(|value| entry.proposal.is_some_and(|p| p.value == *value && p.acceptable));
        let noted = entry.noted_quorum;
        if let (Some(value), false) = (quorum, noted) {
            self.valid = Some((value, self.round));
            if self.step == Step::Prevote {
                self.locked = Some((value, self.round));
                self.precommit(Some(value), actions);
            }
            if let Some(entry) = self.by_round.get_mut(&self.round) {
                entry.noted_quorum = true;
            }
        } else if nil && self.step == Step::Prevote {
            self.precommit(None, actions);
        } else if any && self.step == Step::Prevote {
            self.schedule(Wait::Prevotes, actions);
        }
    }

    /// Line 47.
    fn count_precommits(&mut self, actions: &mut Vec<Action>) {
        let Some(entry) = self.by_round.get(&self.round) else { return };
        if !self.decided && self.voters.is_quorum(entry.precommits.power(&self.voters)) {
            self.schedule(Wait::Precommits, actions);
        }
    }
}

#[cfg(test)]
mod tests {
    use causeway_client_cometbft::{Hash, PartSetHeader};

    use super::*;

    fn block(byte: u8) -> BlockId {
        let hash = Some(Hash([byte; 32]));
        BlockId { hash, parts: PartSetHeader { total: 1, hash } }
    }

    fn four() -> Rounds {
        Rounds::new(Voters::new(vec![1; 4])).0
    }

    fn votes(
        rounds: &mut Rounds,
        stage: Stage,
        round: u32,
        of: &[usize],
        value: Option<BlockId>,
    ) -> Vec<Action> {
        of.iter().flat_map(|voter| rounds.vote(stage, round, *voter, value).unwrap()).collect()
    }

    fn vote(stage: Stage, round: u32, value: Option<BlockId>) -> Action {
        Action::Vote { stage, round, value }
    }

    #[test]
    fn three_of_four_decide() {
        let mut rounds = four();
        let a = block(1);
        assert_eq!(rounds.propose(0, a, None, true), [vote(Stage::Prevote, 0, Some(a))]);
        assert_eq!(votes(&mut rounds, Stage::Prevote, 0, &[0, 1], Some(a)), []);
        let precommit = votes(&mut rounds, Stage::Prevote, 0, &[2], Some(a));
        assert_eq!(precommit, [vote(Stage::Precommit, 0, Some(a))]);
        assert_eq!(votes(&mut rounds, Stage::Precommit, 0, &[0, 1], Some(a)), []);
        let decision = votes(&mut rounds, Stage::Precommit, 0, &[3], Some(a));
        assert_eq!(decision, [Action::Decide { round: 0, value: a }]);
        assert!(rounds.is_decided() && rounds.propose(1, block(2), None, true).is_empty());
    }

    #[test]
    fn a_lock_holds_until_a_later_quorum_opens_it() {
        let mut rounds = four();
        let (a, b) = (block(1), block(2));
        rounds.propose(0, a, None, true);
        votes(&mut rounds, Stage::Prevote, 0, &[0, 1, 2], Some(a));
        let timeout = |round, wait| Timeout { round, wait };
        // Round 1: another block, without proof of a quorum for it, gets no vote.
        let next = rounds.time_out(timeout(0, Wait::Precommits));
        assert!(next.contains(&Action::Begin { round: 1, valid: Some((a, 0)) }));
        assert_eq!(rounds.propose(1, b, None, true), [vote(Stage::Prevote, 1, None)]);
        // Round 2: the others had a quorum for it in round 1.
        votes(&mut rounds, Stage::Prevote, 1, &[1, 2, 3], Some(b));
        rounds.time_out(timeout(1, Wait::Precommits));
        let answer = rounds.propose(2, b, Some(1), true);
        assert!(answer.contains(&vote(Stage::Prevote, 2, Some(b))));
    }

    #[test]
    fn silence_and_disagreement_time_out_into_the_next_round() {
        let mut rounds = four();
        let nil = rounds.time_out(Timeout { round: 0, wait: Wait::Proposal });
        assert_eq!(nil, [vote(Stage::Prevote, 0, None)]);
        votes(&mut rounds, Stage::Prevote, 0, &[0], None);
        votes(&mut rounds, Stage::Prevote, 0, &[1], Some(block(1)));
        let wait = votes(&mut rounds, Stage::Prevote, 0, &[2], Some(block(2)));
        assert_eq!(wait, [Action::Schedule(Timeout { round: 0, wait: Wait::Prevotes })]);
        let nil = rounds.time_out(Timeout { round: 0, wait: Wait::Prevotes });
        assert_eq!(nil, [vote(Stage::Precommit, 0, None)]);
        let wait = votes(&mut rounds, Stage::Precommit, 0, &[0, 1, 2], None);
        assert_eq!(wait, [Action::Schedule(Timeout { round: 0, wait: Wait::Precommits })]);
        rounds.time_out(Timeout { round: 0, wait: Wait::Precommits });
        assert_eq!(rounds.round(), 1);
    }

    #[test]
    fn more_than_a_third_ahead_pull_the_others_along() {
        let mut rounds = four();
        votes(&mut rounds, Stage::Prevote, 5, &[0], None);
        assert_eq!(rounds.round(), 0);
        votes(&mut rounds, Stage::Precommit, 5, &[1], None);
        assert_eq!(rounds.round(), 5);
    }

    #[test]
    fn an_unacceptable_block_gets_no_vote_and_is_never_decided() {
        let mut rounds = four();
        let bad = block(9);
        assert_eq!(rounds.propose(0, bad, None, false), [vote(Stage::Prevote, 0, None)]);
        votes(&mut rounds, Stage::Prevote, 0, &[0, 1, 2], Some(bad));
        votes(&mut rounds, Stage::Precommit, 0, &[0, 1, 2], Some(bad));
        assert!(!rounds.is_decided());
    }

    #[test]
    fn a_second_vote_of_one_validator_is_a_conflict() {
        let mut rounds = four();
        rounds.vote(Stage::Prevote, 0, 1, Some(block(1))).unwrap();
        assert_eq!(rounds.vote(Stage::Prevote, 0, 1, Some(block(1))), Ok(Vec::new()));
        assert_eq!(rounds.vote(Stage::Prevote, 0, 1, Some(block(2))), Err(Conflict));
        assert_eq!(rounds.vote(Stage::Prevote, 0, 1, None), Err(Conflict));
    }
}
