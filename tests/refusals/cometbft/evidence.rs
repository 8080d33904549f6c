//! Duplicate votes and light client attacks.

use causeway_client_cometbft::{
    ChainId, Conflict, DuplicateVoteEvidence, Header, SignedHeader, Time, Vote, VoteType,
};
use causeway_tests::makers::cometbft::{Committee, START_SECS, block_id, header};

use super::{CHAIN, code};
use crate::Case;

fn committee() -> Committee {
    Committee::of_powers(&[40, 30, 20, 10])
}

/// Signs a vote, changed or not, with the key at a place of the set.
fn sign(mut vote: Vote, index: usize) -> Vote {
    let chain_id = ChainId::new(CHAIN).unwrap();
    vote.signature = committee().key(index).sign(&vote.sign_bytes(&chain_id));
    vote
}

fn vote(secs: i64) -> Vote {
    let committee = committee();
    let vote = Vote {
        vote_type: VoteType::Precommit,
        height: 5,
        round: 1,
        block_id: block_id(&header(CHAIN, (5, secs), &committee, &committee)),
        timestamp: Time::new(secs, 0).unwrap(),
        validator_address: committee.set().validators[1].address,
        validator_index: 1,
        signature: Vec::new(),
        extension: Vec::new(),
        extension_signature: Vec::new(),
    };
    sign(vote, 1)
}

fn duplicate_vote(change: fn(&mut DuplicateVoteEvidence)) -> String {
    let (mut vote_a, mut vote_b) = (vote(START_SECS), vote(START_SECS + 1));
    if vote_a.block_id > vote_b.block_id {
        core::mem::swap(&mut vote_a, &mut vote_b);
    }
    let timestamp = Time::new(START_SECS, 0).unwrap();
    let mut evidence =
        DuplicateVoteEvidence { vote_a, vote_b, total_power: 100, validator_power: 30, timestamp };
    let (chain_id, set) = (ChainId::new(CHAIN).unwrap(), committee().prepared());
    evidence.verify(&chain_id, &set).unwrap();
    change(&mut evidence);
    code(evidence.verify(&chain_id, &set))
}

/// A header of the chain, made at a height and a time, then changed, and signed by all.
fn signed(height: u64, secs: i64, change: fn(&mut Header)) -> SignedHeader {
    let committee = committee();
    let mut header = header(CHAIN, (height, START_SECS + secs), &committee, &committee);
    change(&mut header);
    committee.sign(header)
}

fn attack(conflicting: &SignedHeader, trusted: &SignedHeader, common_height: u64) -> String {
    let set = committee().prepared();
    let conflict =
        Conflict { conflicting, validators: &set, common_height, common_validators: &set, trusted };
    match conflict.judge() {
        Ok(attack) => format!("{} of {}", attack.guilty.len(), attack.kind),
        Err(error) => code(Err::<(), _>(error)),
    }
}

const AS_IT_IS: fn(&mut Header) = |_| {};

/// Beside the refusals: what is no refusal, by its kind.
#[test]
fn attacks_are_told_apart() {
    let trusted = signed(5, 0, AS_IT_IS);
    let other_app = signed(5, 0, |header| header.app_hash = vec![1; 32]);
    assert_eq!(attack(&other_app, &trusted, 4), "4 of lunatic");
    let other_data = signed(5, 0, |header| header.data_hash = None);
    assert_eq!(attack(&other_data, &trusted, 4), "4 of equivocation");
    let mut later_round = other_data;
    later_round.commit.round = 1;
    committee().resign(&mut later_round);
    assert_eq!(attack(&later_round, &trusted, 4), "0 of amnesia");
    // A forward lunatic: above the tip, and not later than it.
    let forward = signed(9, 0, |header| header.app_hash = vec![1; 32]);
    assert_eq!(attack(&forward, &trusted, 4), "4 of lunatic");
}

pub(crate) const CASES: &[Case] = &[
    Case {
        code: "votes_of_different_step",
        provoke: || {
            duplicate_vote(|evidence| {
                let later = Vote { round: 2, ..evidence.vote_b.clone() };
                evidence.vote_b = sign(later, 1);
            })
        },
    },
    Case {
        code: "votes_of_different_validators",
        provoke: || {
            duplicate_vote(|evidence| {
                let address = committee().set().validators[0].address;
                let other = Vote { validator_address: address, ..evidence.vote_b.clone() };
                evidence.vote_b = sign(other, 0);
            })
        },
    },
    Case {
        code: "vote_block_ids_not_ascending",
        provoke: || duplicate_vote(|evidence| evidence.vote_b = evidence.vote_a.clone()),
    },
    Case {
        code: "voter_unknown",
        provoke: || {
            duplicate_vote(|evidence| {
                let stranger = Committee::equal([99]).set().validators[0].address;
                evidence.vote_a.validator_address = stranger;
                evidence.vote_b.validator_address = stranger;
            })
        },
    },
    Case {
        code: "evidence_power_mismatch",
        provoke: || duplicate_vote(|evidence| evidence.total_power += 1),
    },
    Case {
        code: "bad_vote_signature",
        provoke: || duplicate_vote(|evidence| evidence.vote_b = sign(evidence.vote_b.clone(), 2)),
    },
    Case {
        code: "common_height_too_high",
        provoke: || attack(&signed(5, 1, AS_IT_IS), &signed(5, 0, AS_IT_IS), 6),
    },
    Case {
        code: "headers_not_conflicting",
        provoke: || attack(&signed(5, 0, AS_IT_IS), &signed(5, 0, AS_IT_IS), 4),
    },
    Case {
        code: "common_height_not_common",
        provoke: || {
            let lunatic = signed(5, 0, |header| header.app_hash = vec![1; 32]);
            attack(&lunatic, &signed(5, 0, AS_IT_IS), 5)
        },
    },
    Case {
        code: "conflicting_header_not_in_past",
        provoke: || attack(&signed(9, 1, AS_IT_IS), &signed(5, 0, AS_IT_IS), 4),
    },
    Case {
        code: "trusted_header_too_high",
        provoke: || attack(&signed(5, 0, AS_IT_IS), &signed(6, 1, AS_IT_IS), 4),
    },
];
