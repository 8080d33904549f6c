//! Cases that come without keys: set up with our own.

use std::time::Duration;

use causeway_client_cometbft::{
    ChainId, CommitError, Conflict, DuplicateVoteEvidence, PreparedValidatorSet, SignedHeader,
    Time, TrustLevel, TrustedState, ValidatorSet, VerifyError, Vote, VoteType, verify,
};
use causeway_core::Timestamp;
use causeway_light_client::Fraction;
use causeway_tests::makers::cometbft::{Ballot, Committee, SecretKey, block_id, header};
use causeway_tests::vectors::Vectors;
use serde_json::Value;

use super::{Outcome, code, list, options, outcome, prepared, text, trusted};

const CHAIN: &str = "abstract";
/// 2006-01-02T15:04:05Z.
const BASE: i64 = 1_136_214_245;
const HOUR: i64 = 3600;

pub(super) fn run(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    for case in list(&document["verify_adjacent"]["cases"]) {
        adjacent(case);
    }
    for case in list(&document["verify_non_adjacent"]["cases"]) {
        non_adjacent(case);
    }
    for case in list(&document["trust_level"]["cases"]) {
        let part = |field: &str| case[field].as_u64().unwrap();
        let level = Fraction::new(part("numerator"), part("denominator"));
        let is_valid = level.and_then(TrustLevel::new).is_some();
        assert_eq!(is_valid, case["valid"].as_bool().unwrap(), "{case}");
    }
    for case in list(&document["verify_commit"]["cases"]) {
        commit(case);
    }
    early_exit(list(&document["verify_commit"]["more"]).len());
    address_binding();
    duplicate_vote(list(&document["duplicate_vote_evidence"]["cases"]).len());
    light_client_attack(list(&document["light_client_attack_evidence"]["cases"]).len());
}

fn four() -> Committee {
    Committee::of_powers(&[20, 30, 40, 50])
}

/// Validators 10 to 13 of the same powers.
fn others() -> Committee {
    let keys = (10..14).map(SecretKey::ed25519);
    Committee::new(keys.zip([20, 30, 40, 50]))
}

/// Signed by those of these powers.
fn signed_by(committee: &Committee, (height, secs): (u64, i64), powers: &[u64]) -> SignedHeader {
    let header = header(CHAIN, (height, secs), committee, committee);
    let power = |index: usize| committee.set().validators[index].power;
    let ballot = |index| {
        if powers.contains(&power(index)) { Ballot::Block } else { Ballot::Absent }
    };
    committee.sign_as(header, ballot)
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs.try_into().unwrap()).unwrap()
}

const ALL: &[u64] = &[20, 30, 40, 50];

/// What a case sets up, and what may be changed.
struct Setup {
    signed: SignedHeader,
    set: ValidatorSet,
    now: Timestamp,
    period_hours: u64,
}

impl Setup {
    fn judge(&self) -> Result<TrustedState, VerifyError> {
        let committee = four();
        let old = signed_by(&committee, (1, BASE), ALL);
        let from = trusted(&old, committee.set());
        let period = Duration::from_hours(self.period_hours);
        let options = options(period, Duration::from_secs(10));
        verify(&from, &self.signed, &prepared(&self.set), &options, self.now, &mut ())
    }
}

fn accept_or_code(case: &Value, verdict: &Result<TrustedState, VerifyError>, expected: &str) {
    let got = verdict.as_ref().err().map_or("accept".into(), code);
    assert_eq!(got, expected, "{case}");
    assert_eq!(text(&case["verdict"]).starts_with("accept"), expected == "accept", "{case}");
}

fn adjacent(case: &Value) {
    let committee = four();
    let mut setup = Setup {
        signed: signed_by(&committee, (2, BASE + HOUR), ALL),
        set: committee.set().clone(),
        now: at(BASE + 2 * HOUR),
        period_hours: 3,
    };
    let expected = match text(&case["name"]) {
        "same header as trusted (height 1)" => {
            setup.signed = signed_by(&committee, (1, BASE), ALL);
            "header_height_not_above_trusted"
        }
        "different chain id" => {
            setup.signed.header.chain_id = ChainId::new("different-chainID").unwrap();
            setup.signed.commit.block_id = block_id(&setup.signed.header);
            committee.resign(&mut setup.signed);
            "chain_id_mismatch"
        }
        "time before trusted" => {
            setup.signed = signed_by(&committee, (2, BASE - HOUR), ALL);
            "header_time_not_after_trusted"
        }
        "time from the future" => {
            setup.signed = signed_by(&committee, (2, BASE + 3 * HOUR), ALL);
            setup.period_hours = 4;
            "header_from_future"
        }
        "time within the drift" => {
            // Header times are 123,456,789 ns past the second.
            let header = setup.signed.header.timestamp().unwrap().nanos();
            setup.now = Timestamp::from_nanos(header - 10_000_000_000 + 1_000_000);
            "accept"
        }
        "all sign" => "accept",
        "three sign" => {
            setup.signed = signed_by(&committee, (2, BASE + HOUR), &[30, 40, 50]);
            "accept"
        }
        "one signs" => {
            setup.signed = signed_by(&committee, (2, BASE + HOUR), &[50]);
            "not_enough_power"
        }
        "another validator set, consistent with its header" => {
            setup.signed = signed_by(&others(), (2, BASE + HOUR), ALL);
            setup.set = others().set().clone();
            "adjacent_validators_mismatch"
        }
        "supplied set differs from header" => {
            setup.set = others().set().clone();
            "validators_hash_mismatch"
        }
        "trusted header expired" => {
            let time = signed_by(&committee, (1, BASE), ALL).header.timestamp().unwrap();
            (setup.period_hours, setup.now) = (1, time.saturating_add(Duration::from_hours(1)));
            "trusted_expired"
        }
        other => panic!("unknown case {other}"),
    };
    accept_or_code(case, &setup.judge(), expected);
}

fn non_adjacent(case: &Value) {
    let fewer = |powers: &[u64]| {
        let keys = (0..4).map(SecretKey::ed25519).zip(ALL.iter().copied());
        Committee::new(keys.filter(|(_, power)| powers.contains(power)))
    };
    let (committee, height, signers, expected): (_, _, &[u64], _) = match text(&case["name"]) {
        "all new sign, whole old set present" => (four(), 3, ALL, "accept"),
        "2/3 new sign" => (four(), 4, &[30, 40, 50], "accept"),
        "1/3 new sign" => (four(), 5, &[50], "not_enough_power"),
        "2/3 of the old set is the new set" => (fewer(&[30, 40, 50]), 5, &[30, 40, 50], "accept"),
        "one old validator is the new set" => (fewer(&[50]), 5, &[50], "accept"),
        "too little of the old set" => (fewer(&[20]), 5, &[20], "not_enough_trust"),
        other => panic!("unknown case {other}"),
    };
    let setup = Setup {
        signed: signed_by(&committee, (height, BASE + HOUR), signers),
        set: committee.set().clone(),
        now: at(BASE + 2 * HOUR),
        period_hours: 3,
    };
    accept_or_code(case, &setup.judge(), expected);
}

/// The commit of a case, seen from a trusted header of the same validators.
fn commit(case: &Value) {
    let number = |field: &str| usize::try_from(case[field].as_u64().unwrap_or_default()).unwrap();
    let size = u32::try_from(number("validators")).unwrap();
    let committee = Committee::equal(0..size);
    let from =
        trusted(&committee.sign(header(CHAIN, (1, BASE), &committee, &committee)), committee.set());
    let (absent, block) = (number("absent"), number("block"));
    let ballot = |index: usize| match index {
        index if index < absent => Ballot::Absent,
        index if index < absent + block => Ballot::Block,
        _ => Ballot::Nil,
    };
    let mut signed =
        committee.sign_as(header(CHAIN, (2, BASE + HOUR), &committee, &committee), ballot);
    let expected = match text(&case["name"]) {
        "votes signed for another chain id" => {
            let mut elsewhere = signed.clone();
            elsewhere.header.chain_id = ChainId::new(text(&case["vote_chain"])).unwrap();
            committee.resign(&mut elsewhere);
            signed.commit = elsewhere.commit;
            "bad_signature"
        }
        "commit for another block id" => {
            let other = header(CHAIN, (2, BASE + 2 * HOUR), &committee, &committee);
            signed.commit = committee.commit(&other, ballot);
            "commit_block_mismatch"
        }
        "commit height differs" => {
            signed.commit.height -= 1;
            "commit_height_mismatch"
        }
        "4 validators, 3 signatures" => {
            signed.commit.signatures.truncate(block);
            "commit_size_mismatch"
        }
        "1 validator, 2 signatures" => {
            signed.commit.signatures.push(signed.commit.signatures[0].clone());
            by_address_is_a_double_vote(&signed, &committee);
            "commit_size_mismatch"
        }
        "good, 3 of 3" | "good, 1 of 1" => "accept",
        _ => "not_enough_power",
    };
    let now = at(BASE + 2 * HOUR);
    let set = prepared(committee.set());
    let verdict = verify(&from, &signed, &set, &super::PATIENT, now, &mut ());
    accept_or_code(case, &verdict, expected);
}

fn by_address_is_a_double_vote(signed: &SignedHeader, committee: &Committee) {
    let base = committee.sign(header(CHAIN, (1, BASE), committee, committee));
    let mut skipped = signed.clone();
    skipped.header.height = 3;
    skipped.commit.height = 3;
    skipped.commit.block_id = block_id(&skipped.header);
    committee.resign(&mut skipped);
    let verdict = super::judge(&trusted(&base, committee.set()), &skipped, committee.set());
    assert_eq!(code(&verdict.unwrap_err()), "double_vote");
}

/// A light client may stop once enough is signed: signatures after that point go unseen.
fn early_exit(cases: usize) {
    let committee = Committee::equal(0..4);
    let from =
        trusted(&committee.sign(header(CHAIN, (1, BASE), &committee, &committee)), committee.set());
    let spoilt = |height, index: usize| {
        let header = header(CHAIN, (height, BASE + HOUR), &committee, &committee);
        let mut signed = committee.sign(header);
        if let causeway_client_cometbft::CommitSig::Commit(vote) =
            &mut signed.commit.signatures[index]
        {
            vote.signature[5] ^= 1;
        }
        signed
    };
    let unseen = super::judge(&from, &spoilt(2, 3), committee.set());
    assert_eq!(outcome(&unseen), Outcome::Accept);
    let seen = super::judge(&from, &spoilt(2, 2), committee.set());
    assert!(matches!(seen, Err(VerifyError::Commit(CommitError::BadSignature { index: 2, .. }))));
    // With one third, the first two are enough; the third counts for two thirds.
    let seen = super::judge(&from, &spoilt(3, 2), committee.set());
    assert!(matches!(seen, Err(VerifyError::Commit(CommitError::BadSignature { index: 2, .. }))));
    // Where all signatures are asked for, none goes unseen.
    let conflict = Conflict {
        conflicting: &spoilt(3, 3),
        validators: &prepared(committee.set()),
        common_height: 2,
        common_validators: &prepared(committee.set()),
        trusted: &committee.sign(header(CHAIN, (3, BASE), &committee, &committee)),
    };
    assert_eq!(code(&conflict.judge().unwrap_err()), "bad_signature");
    assert_eq!(cases, 2);
}

fn address_binding() {
    let committee = Committee::of_powers(&[51, 50]);
    let mut set = committee.set().clone();
    set.validators[1].address = set.validators[0].address;
    assert_eq!(set.hash(), committee.set().hash(), "addresses are not hashed");
    let error = PreparedValidatorSet::new(&set).unwrap_err();
    assert_eq!(code(&error), "validator_address_mismatch");
    set.validators[1] = set.validators[0].clone();
    let error = PreparedValidatorSet::new(&set).unwrap_err();
    assert_eq!(code(&error), "duplicate_validator");
}

/// Two precommits for different blocks.
fn duplicate_votes(committee: &Committee) -> DuplicateVoteEvidence {
    let vote = |secs| {
        let header = header(CHAIN, (5, secs), committee, committee);
        let mut vote = Vote {
            vote_type: VoteType::Precommit,
            height: 5,
            round: 1,
            block_id: block_id(&header),
            timestamp: Time::new(BASE, 0).unwrap(),
            validator_address: committee.set().validators[0].address,
            validator_index: 0,
            signature: Vec::new(),
            extension: Vec::new(),
            extension_signature: Vec::new(),
        };
        vote.signature = committee.key(0).sign(&vote.sign_bytes(&ChainId::new(CHAIN).unwrap()));
        vote
    };
    let (mut vote_a, mut vote_b) = (vote(BASE), vote(BASE + 1));
    if vote_a.block_id > vote_b.block_id {
        core::mem::swap(&mut vote_a, &mut vote_b);
    }
    let timestamp = Time::new(BASE, 0).unwrap();
    DuplicateVoteEvidence { vote_a, vote_b, total_power: 101, validator_power: 51, timestamp }
}

fn duplicate_vote(cases: usize) {
    let committee = Committee::of_powers(&[51, 50]);
    let (set, chain_id) = (prepared(committee.set()), ChainId::new(CHAIN).unwrap());
    let good = duplicate_votes(&committee);
    good.verify(&chain_id, &set).unwrap();
    let swapped =
        DuplicateVoteEvidence { vote_a: good.vote_b.clone(), vote_b: good.vote_a.clone(), ..good };
    let error = swapped.verify(&chain_id, &set).unwrap_err();
    assert_eq!(code(&error), "vote_block_ids_not_ascending");
    // A missing vote, or one of no known type, cannot even be written down.
    assert!(VoteType::from_number(0).is_err());
    let json = br#"{"type":"tendermint/DuplicateVoteEvidence","value":{"vote_a":null}}"#;
    assert!(causeway_wire_cometbft::duplicate_vote_from_json(json).is_err());
    assert_eq!(cases, 4);
}

fn light_client_attack(cases: usize) {
    let committee = Committee::equal(0..4);
    let set = prepared(committee.set());
    let ours = committee.sign(header(CHAIN, (5, BASE), &committee, &committee));
    let theirs = committee.sign(header(CHAIN, (5, BASE + 1), &committee, &committee));
    let conflict = |common_height| Conflict {
        conflicting: &theirs,
        validators: &set,
        common_height,
        common_validators: &set,
        trusted: &ours,
    };
    conflict(4).judge().unwrap();
    conflict(5).judge().unwrap();
    assert_eq!(code(&conflict(6).judge().unwrap_err()), "common_height_too_high");
    // Negative numbers, and missing parts, cannot be written down; an empty set is refused.
    let error = PreparedValidatorSet::new(&ValidatorSet::default()).unwrap_err();
    assert_eq!(code(&error), "validator_set_empty");
    assert_eq!(cases, 6);
}
