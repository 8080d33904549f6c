//! Our verifier beside that of tendermint-rs, on random light blocks, honest and spoilt.
//!
//! The two agree but for what is listed here, each with its own test:
//!
//! - *Order of two faults.* When too little of the trusted power signed, and a signature is bad or
//!   the commit does not fit the header's own set, ours says "not enough trust", as CometBFT does:
//!   trusted power is counted before signatures are checked and before the own set is looked at.
//!   tendermint-rs meets the other fault first and refuses. Nothing is accepted either way.
//! - *Order of a set.* tendermint-rs sorts every set that it decodes. CometBFT hashes a set as it
//!   is given, and so do we: a set out of order is another set. Ours is right.

mod peer;
mod signatures;

use std::time::Duration;

use causeway_client_cometbft::{
    BlockId, ChainId, CommitSig, Hash, PreparedValidatorSet, SignedHeader, Time, TrustLevel,
    TrustOptions, ValidatorSet, VerifyError, commit_sign_bytes, verify,
};
use causeway_core::Timestamp;
use causeway_tests::makers::cometbft::{Ballot, Chain, Committee, Made, SecretKey};
use proptest::prelude::*;
use tendermint_light_client_verifier::Verdict;
use tendermint_proto::Protobuf;
use tendermint_proto::v0_38::types::CanonicalVote as RawCanonicalVote;

const OPTIONS: TrustOptions = TrustOptions {
    trust_level: TrustLevel::ONE_THIRD,
    trusting_period: Duration::from_secs(1000),
    max_clock_drift: Duration::from_secs(10),
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Accept,
    NotEnoughTrust,
    Reject,
}

/// A height to be judged: claims that may be spoilt.
#[derive(Clone)]
struct Claim {
    signed: SignedHeader,
    validators: ValidatorSet,
}

fn ours(from: &Made, claim: &Claim, now: Timestamp) -> Outcome {
    let Ok(set) = PreparedValidatorSet::new(&claim.validators) else { return Outcome::Reject };
    match verify(&from.trusted(), &claim.signed, &set, &OPTIONS, now, &mut ()) {
        Ok(_) => Outcome::Accept,
        Err(VerifyError::NotEnoughTrust { .. }) => Outcome::NotEnoughTrust,
        Err(_) => Outcome::Reject,
    }
}

fn theirs(from: &Made, claim: &Claim, now: Timestamp) -> Outcome {
    let (own, next) = (from.validators.set(), from.next_validators.set());
    let trusted = peer::PeerBlock::new(&from.signed, own, next).unwrap();
    let untrusted = peer::PeerBlock::new(&claim.signed, &claim.validators, &claim.validators);
    let Some(untrusted) = untrusted else { return Outcome::Reject };
    match peer::judge(&trusted, &untrusted, &OPTIONS, now) {
        Verdict::Success => Outcome::Accept,
        Verdict::NotEnoughTrust(_) => Outcome::NotEnoughTrust,
        Verdict::Invalid(_) => Outcome::Reject,
    }
}

type Change = fn(&mut Claim);

fn first_vote(claim: &mut Claim) -> Option<&mut causeway_client_cometbft::CommitVote> {
    claim.signed.commit.signatures.iter_mut().find_map(|sig| match sig {
        CommitSig::Commit(vote) => Some(vote),
        CommitSig::Absent | CommitSig::Nil(_) => None,
    })
}

/// Changes that are not signed anew; the first is none.
const CHANGES: &[Change] = &[
    |_| {},
    |claim| claim.signed.header.version.block = 10,
    |claim| claim.signed.header.version.app ^= 1,
    |claim| claim.signed.header.chain_id = ChainId::new("other-1").unwrap(),
    |claim| claim.signed.header.height += 1,
    |claim| claim.signed.header.time = Time::new(claim.signed.header.time.secs(), 0).unwrap(),
    |claim| claim.signed.header.last_block_id = claim.signed.commit.block_id,
    |claim| claim.signed.header.data_hash = Some(Hash([1; 32])),
    |claim| claim.signed.header.next_validators_hash = Some(Hash([1; 32])),
    |claim| claim.signed.header.app_hash.push(1),
    |claim| claim.signed.header.evidence_hash = None,
    |claim| claim.signed.header.proposer_address.0[0] ^= 1,
    |claim| claim.signed.commit.height += 1,
    |claim| claim.signed.commit.round += 1,
    |claim| claim.signed.commit.block_id.parts.total += 1,
    |claim| claim.signed.commit.block_id = BlockId::default(),
    |claim| claim.signed.commit.signatures.clear(),
    |claim| claim.signed.commit.signatures.push(CommitSig::Absent),
    |claim| {
        claim.validators.validators.pop();
    },
    |claim| {
        if let Some(validator) = claim.validators.validators.first_mut() {
            validator.power += 1;
        }
    },
];

/// Two validator sets that share some members, and who signs the second.
#[derive(Clone, Debug)]
struct Scene {
    old: Vec<u64>,
    new: Vec<(u32, u64)>,
    ballots: Vec<Ballot>,
    is_adjacent: bool,
    lag_secs: u64,
    change: usize,
}

prop_compose! {
    fn scenes()(
        old in prop::collection::vec(1..40_u64, 1..6),
        shared in 0..4_u32,
        new in prop::collection::vec(1..40_u64, 1..6),
        ballots in prop::collection::vec(0..5_usize, 6),
        is_adjacent: bool,
        lag_secs in prop::sample::select(vec![0_u64, 1, 500, 985, 986, 2000]),
        change in 0..CHANGES.len() * 2,
    ) -> Scene {
        let kinds = [Ballot::Block, Ballot::Block, Ballot::Block, Ballot::Nil, Ballot::Absent];
        let first = 6 - shared.min(6);
        Scene {
            new: (first..).zip(new).collect(),
            ballots: ballots.into_iter().map(|kind| kinds[kind]).collect(),
            // Half of all scenes are left as they are.
            change: change.saturating_sub(CHANGES.len()),
            old, is_adjacent, lag_secs,
        }
    }
}

impl Scene {
    /// A trusted height, and the one to be judged.
    fn play(&self) -> (Made, Claim, Timestamp) {
        let old = Committee::of_powers(&self.old);
        let new = self.new.iter().map(|(number, power)| (SecretKey::ed25519(*number), *power));
        let new = Committee::new(new);
        let mut chain = Chain::new("differ-1", &old);
        let (from, to) = if self.is_adjacent {
            let from = chain.push_handing_over(&[1; 32], &new).clone();
            (from, chain.push(&[2; 32]).clone())
        } else {
            let from = chain.push(&[1; 32]).clone();
            chain.push_handing_over(&[2; 32], &new);
            (from, chain.push(&[3; 32]).clone())
        };
        let ballot = |index: usize| self.ballots[index];
        let signed = to.validators.sign_as(to.signed.header.clone(), ballot);
        let mut claim = Claim { signed, validators: new.set().clone() };
        CHANGES[self.change](&mut claim);
        let time = to.signed.header.timestamp().unwrap();
        (from, claim, time.saturating_add(Duration::from_secs(self.lag_secs)))
    }
}

/// The same outcome; or, of a scene in which trust is too little anyway, the other fault.
fn agree(scene: &Scene, ours_now: Outcome, theirs_now: Outcome) -> bool {
    let (from, honest, now) = Scene { change: 0, ..scene.clone() }.play();
    let lacks_trust = || ours(&from, &honest, now) == Outcome::NotEnoughTrust;
    let names_other_fault = ours_now == Outcome::NotEnoughTrust && theirs_now == Outcome::Reject;
    ours_now == theirs_now || (names_other_fault && lacks_trust())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn both_judge_alike(scene in scenes()) {
        let (from, claim, now) = scene.play();
        let (ours, theirs) = (ours(&from, &claim, now), theirs(&from, &claim, now));
        prop_assert!(agree(&scene, ours, theirs), "{ours:?}, {theirs:?}");
    }

    #[test]
    fn both_refuse_a_bent_signature(scene in scenes(), byte in 0..64_usize) {
        let (from, mut claim, now) = scene.play();
        if let Some(vote) = first_vote(&mut claim) {
            vote.signature[byte] ^= 4;
        }
        let (ours, theirs) = (ours(&from, &claim, now), theirs(&from, &claim, now));
        prop_assert!(agree(&scene, ours, theirs), "{ours:?}, {theirs:?}");
    }

    #[test]
    fn hashes_and_sign_bytes_are_the_same(scene in scenes()) {
        let (from, claim, _) = scene.play();
        let set = peer::validator_set(from.validators.set()).unwrap();
        prop_assert_eq!(peer::hash_bytes(set.hash()), from.validators.set().hash().0.to_vec());
        let Some(signed) = peer::signed_header(&claim.signed) else { return Ok(()) };
        let header_hash = claim.signed.header.hash().unwrap();
        prop_assert_eq!(peer::hash_bytes(signed.header.hash()), header_hash.0.to_vec());
        for sig in &claim.signed.commit.signatures {
            let Some(vote) = sig.for_block() else { continue };
            let chain_id = &claim.signed.header.chain_id;
            let message = commit_sign_bytes(chain_id, &claim.signed.commit, vote);
            prop_assert_eq!(peer_sign_bytes(&signed, vote.timestamp), message);
        }
    }
}

fn peer_sign_bytes(signed: &tendermint::block::signed_header::SignedHeader, time: Time) -> Vec<u8> {
    let nanos = time.nanos();
    let vote = tendermint::vote::CanonicalVote {
        vote_type: tendermint::vote::Type::Precommit,
        height: signed.commit.height,
        round: signed.commit.round,
        block_id: Some(signed.commit.block_id),
        timestamp: Some(tendermint::Time::from_unix_timestamp(time.secs(), nanos).unwrap()),
        chain_id: signed.header.chain_id.clone(),
    };
    let mut bytes = Vec::new();
    Protobuf::<RawCanonicalVote>::encode_length_delimited(vote, &mut bytes).unwrap();
    bytes
}

fn now(made: &Made) -> Timestamp {
    made.signed.header.timestamp().unwrap()
}

#[test]
fn of_two_faults_each_names_the_one_it_meets_first() {
    let mut chain = Chain::new("differ-1", &Committee::of_powers(&[30, 70]));
    let next = Committee::new([(SecretKey::ed25519(0), 5), (SecretKey::ed25519(9), 95)]);
    chain.push_handing_over(&[1; 32], &next);
    let to = chain.push(&[2; 32]).clone();
    let mut claim = Claim { signed: to.signed.clone(), validators: next.set().clone() };
    for sig in &mut claim.signed.commit.signatures {
        if let CommitSig::Commit(vote) = sig {
            vote.signature[40] ^= 1;
        }
    }
    assert_eq!(ours(chain.at(1), &claim, now(&to)), Outcome::NotEnoughTrust);
    assert_eq!(theirs(chain.at(1), &claim, now(&to)), Outcome::Reject);
}

#[test]
fn a_set_out_of_order_is_another_set() {
    let mut chain = Chain::new("differ-1", &Committee::of_powers(&[10, 20, 30]));
    let to = chain.push(&[1; 32]).clone();
    let mut claim = Claim { signed: to.signed.clone(), validators: to.validators.set().clone() };
    claim.validators.validators.reverse();
    assert_eq!(ours(chain.at(1), &claim, now(&to)), Outcome::Reject);
    assert_eq!(theirs(chain.at(1), &claim, now(&to)), Outcome::Accept);
}
