//! Laws of the PBFT family's light client.

mod client;
mod wire;

use core::time::Duration;

use causeway_client_cometbft::{
    Bisection, CommitError, TrustLevel, TrustOptions, TrustedState, VerifyError, verify,
    verify_backwards,
};
use causeway_core::Timestamp;
use causeway_tests::makers::cometbft::{Ballot, Chain, Committee, Made, SecretKey, header};
use proptest::prelude::*;

const OPTIONS: TrustOptions = TrustOptions {
    trust_level: TrustLevel::ONE_THIRD,
    trusting_period: Duration::from_secs(1_000_000),
    max_clock_drift: Duration::from_secs(10),
};

fn now_at(made: &Made) -> Timestamp {
    made.signed.header.timestamp().unwrap()
}

fn judge(from: &Made, to: &Made) -> Result<TrustedState, VerifyError> {
    let validators = to.validators.prepared();
    verify(&from.trusted(), &to.signed, &validators, &OPTIONS, now_at(to), &mut ())
}

#[test]
fn a_chain_verifies_from_any_height_to_any_later_one() {
    let mut chain = Chain::new("law-1", &Committee::equal(0..4));
    chain.push_handing_over(&[1; 32], &Committee::equal(1..5));
    chain.extend_to(6);
    for from in 1..6 {
        for to in from + 1..=6 {
            let state = judge(chain.at(from), chain.at(to)).unwrap();
            assert_eq!(state, *chain.at(to).trusted().state());
            judge(chain.at(to), chain.at(from)).unwrap_err();
        }
        verify_backwards(&chain.at(from).signed.header, &chain.at(from + 1).signed.header).unwrap();
    }
}

/// One block over a set of power 100, of which the first members sign.
fn quorum_of(signed: u64) -> Result<TrustedState, VerifyError> {
    let committee = Committee::of_powers(&[signed, 100 - signed]);
    let heavier_first = signed > 50;
    let genesis = Chain::new("edge-1", &committee);
    let header = header("edge-1", (2, 1_700_000_005), &committee, &committee);
    let signs = |index: usize| (index == 0) == heavier_first;
    let ballot = |index| if signs(index) { Ballot::Block } else { Ballot::Nil };
    let next = Made { signed: committee.sign_as(header, ballot), ..genesis.tip().clone() };
    judge(genesis.tip(), &next)
}

#[test]
fn two_thirds_of_the_power_are_not_enough_and_one_more_is() {
    let short = quorum_of(66).unwrap_err();
    let expected = CommitError::NotEnoughPower { got: 66, expected: 66, total: 100 };
    assert_eq!(short, VerifyError::Commit(expected));
    quorum_of(67).unwrap();
}

/// A skip to a set that shares one member, of the given power of 100, with the trusted one.
fn trust_of(shared: u64) -> Result<TrustedState, VerifyError> {
    let old = Committee::of_powers(&[shared, 100 - shared]);
    let new = Committee::new([(SecretKey::ed25519(0), 5), (SecretKey::ed25519(9), 95)]);
    let mut chain = Chain::new("edge-1", &old);
    chain.push_handing_over(&[1; 32], &new);
    chain.extend_to(3);
    judge(chain.at(1), chain.at(3))
}

#[test]
fn a_third_of_the_trusted_power_is_not_enough_and_one_more_is() {
    let short = trust_of(33).unwrap_err();
    assert_eq!(short, VerifyError::NotEnoughTrust { got: 33, expected: 33, total: 100 });
    trust_of(34).unwrap();
}

#[test]
fn bisection_crosses_any_change_of_validators() {
    // One of four leaves at each height, so that trust reaches two heights ahead.
    let mut chain = Chain::new("walk-1", &Committee::equal(0..4));
    for first in 1..40 {
        chain.push_handing_over(&[1; 32], &Committee::equal(first..first + 4));
    }
    let tip = chain.tip().signed.header.height;
    let mut run = Bisection::new(chain.at(1).trusted(), tip, OPTIONS).unwrap();
    let mut asked = 0;
    while let Some(height) = run.wanted() {
        run.give(chain.at(height).light_block(), now_at(chain.tip())).unwrap();
        asked += 1;
    }
    assert_eq!(run.trusted().state(), chain.tip().trusted().state());
    assert!(run.path().len() > 10 && asked < 40);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn commits_count_exactly_the_power_that_signed(
        powers in prop::collection::vec(1..50_u64, 1..8),
        ballots in prop::collection::vec(0..3_usize, 8),
    ) {
        let committee = Committee::of_powers(&powers);
        let ballot = |index| [Ballot::Block, Ballot::Nil, Ballot::Absent][ballots[index]];
        let genesis = Chain::new("count-1", &committee);
        let header = header("count-1", (2, 1_700_000_005), &committee, &committee);
        let signed = committee.sign_as(header, ballot);
        let next = Made { signed, ..genesis.tip().clone() };
        let sum: u64 = powers.iter().sum();
        let voted: u64 = committee.set().validators.iter().enumerate()
            .filter(|(index, _)| ballot(*index) == Ballot::Block)
            .map(|(_, validator)| validator.power)
            .sum();
        let verdict = judge(genesis.tip(), &next);
        prop_assert_eq!(verdict.is_ok(), voted * 3 > sum * 2, "{:?}", verdict);
    }

    #[test]
    fn no_signature_can_be_bent(index in 0..3_usize, byte in 0..64_usize, bit in 0..8_u32) {
        let committee = Committee::equal(0..4);
        let mut chain = Chain::new("bend-1", &committee);
        let mut next = chain.push(&[2; 32]).clone();
        if let causeway_client_cometbft::CommitSig::Commit(vote) =
            &mut next.signed.commit.signatures[index]
        {
            vote.signature[byte] ^= 1 << bit;
        }
        let address = committee.set().validators[index].address;
        let expected = CommitError::BadSignature { index, address };
        prop_assert_eq!(judge(chain.at(1), &next), Err(VerifyError::Commit(expected)));
    }
}
