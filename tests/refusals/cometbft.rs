//! Refusals of the PBFT family. Whatever is changed is hashed and signed anew, so that the changed
//! rule is all there is to refuse.

pub(crate) mod client;
pub(crate) mod decode;
pub(crate) mod evidence;

use causeway_client_cometbft::merkle::{Proof, leaf_hash, root};
use causeway_client_cometbft::{
    Bisection, BlockId, ChainId, CommitSig, Header, MAX_TOTAL_POWER, PreparedValidatorSet,
    PublicKey, SignedHeader, Time, TrustLevel, TrustOptions, TrustedBlock, Validator, ValidatorSet,
    verify, verify_backwards,
};
use causeway_core::{Refusal, Timestamp};
use causeway_tests::makers::cometbft::{
    Ballot, Chain, Committee, Made, START_SECS, SecretKey, block_id, header,
};

use crate::Case;

pub(crate) fn code<E: Refusal>(outcome: Result<impl Sized, E>) -> String {
    match outcome {
        Ok(_) => "accepted".into(),
        Err(error) => error.code().into_owned(),
    }
}

pub(crate) const CHAIN: &str = "refused-1";

/// Trust level 1/3, 14 days, ten seconds.
pub(crate) fn options() -> TrustOptions {
    TrustOptions {
        trust_level: TrustLevel::ONE_THIRD,
        trusting_period: std::time::Duration::from_hours(14 * 24),
        max_clock_drift: std::time::Duration::from_secs(10),
    }
}

/// A minute after the first block.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_secs((START_SECS + 60).try_into().unwrap()).unwrap()
}

/// Four equal validators over five heights.
pub(crate) fn chain() -> Chain {
    let mut chain = Chain::new(CHAIN, &Committee::equal(0..4));
    chain.extend_to(5);
    chain
}

fn judge_at(from: &Made, to: &Made, now: Timestamp) -> String {
    let validators = to.validators.prepared();
    code(verify(&from.trusted(), &to.signed, &validators, &options(), now, &mut ()))
}

pub(crate) fn judge(from: &Made, to: &Made) -> String {
    judge_at(from, to, now())
}

/// The block at height 2 with a changed header, signed anew by all, judged from height 1.
fn with_header(change: fn(&mut Header)) -> String {
    let chain = chain();
    let mut next = chain.at(2).clone();
    let mut header = next.signed.header.clone();
    change(&mut header);
    next.signed = next.validators.sign(header);
    judge(chain.at(1), &next)
}

/// The block at height 2 with a changed commit, judged from height 1.
fn with_commit(change: fn(&mut SignedHeader)) -> String {
    let chain = chain();
    let mut next = chain.at(2).clone();
    change(&mut next.signed);
    judge(chain.at(1), &next)
}

fn set_with(change: fn(&mut ValidatorSet)) -> String {
    let mut set = Committee::equal(0..4).set().clone();
    change(&mut set);
    code(PreparedValidatorSet::new(&set))
}

fn backwards_with(change: fn(&mut Header)) -> String {
    let chain = chain();
    let mut newer = chain.at(3).signed.header.clone();
    change(&mut newer);
    code(verify_backwards(&chain.at(2).signed.header, &newer))
}

/// A proof of the second of three leaves, changed.
fn tree_proof(change: fn(&mut Proof)) -> String {
    let leaves = [b"a", b"b", b"c"];
    let aunts = vec![leaf_hash(b"a").0.to_vec(), leaf_hash(b"c").0.to_vec()];
    let leaf_hash = leaf_hash(b"b").0.to_vec();
    let mut proof = Proof { total: 3, index: 1, leaf_hash, aunts };
    proof.verify(&root(&leaves).0, b"b").unwrap();
    change(&mut proof);
    code(proof.verify(&root(&leaves).0, b"b"))
}

fn one_signs_twice() -> String {
    let chain = chain();
    let mut later = chain.at(3).clone();
    later.signed.commit.signatures[1] = later.signed.commit.signatures[0].clone();
    judge(chain.at(1), &later)
}

fn two_of_four_sign() -> String {
    let chain = chain();
    let mut next = chain.at(2).clone();
    let half = |index| if index < 2 { Ballot::Block } else { Ballot::Nil };
    next.signed = next.validators.sign_as(next.signed.header.clone(), half);
    judge(chain.at(1), &next)
}

fn strangers_at(height: u64) -> String {
    let (chain, strangers) = (chain(), Committee::equal(20..24));
    let header = header(CHAIN, (height, START_SECS + 20), &strangers, &strangers);
    let made = Made {
        signed: strangers.sign(header),
        validators: strangers.clone(),
        next_validators: strangers,
    };
    judge(chain.at(1), &made)
}

fn other_set_given() -> String {
    let chain = chain();
    let mut next = chain.at(2).clone();
    next.validators = Committee::equal(20..24);
    judge(chain.at(1), &next)
}

fn trusting(change: fn(&mut Header)) -> String {
    let chain = chain();
    let mut header = chain.at(1).signed.header.clone();
    change(&mut header);
    code(TrustedBlock::from_header(&header, chain.at(1).next_validators.prepared()))
}

fn bisect(target: u64, given: u64) -> String {
    let chain = chain();
    match Bisection::new(chain.at(2).trusted(), target, options()) {
        Ok(mut run) => code(run.give(chain.at(given).light_block(), now())),
        Err(error) => error.code().into_owned(),
    }
}

fn undecodable_key() -> String {
    let mut set = Committee::equal(0..4).set().clone();
    // No point of the curve has this x coordinate.
    let mut key = [0xff; 33];
    key[0] = 2;
    set.validators[1].public_key = PublicKey::Secp256k1Eth(key);
    code(PreparedValidatorSet::new(&set))
}

fn too_much_power() -> String {
    let validator =
        |number, power| Validator::new(SecretKey::ed25519(number).public_key(), power).unwrap();
    let set = ValidatorSet::new(vec![validator(1, MAX_TOTAL_POWER), validator(2, 1)]);
    code(PreparedValidatorSet::new(&set))
}

fn expired() -> String {
    let chain = chain();
    let time = chain.at(1).signed.header.timestamp().unwrap();
    let end = time.checked_add(options().trusting_period).unwrap();
    judge_at(chain.at(1), chain.at(2), end)
}

fn from_future() -> String {
    let chain = chain();
    let time = chain.at(2).signed.header.timestamp().unwrap();
    let now = Timestamp::from_nanos(time.nanos() - 10_000_000_000);
    judge_at(chain.at(1), chain.at(2), now)
}

pub(crate) const CASES: &[Case] = &[
    Case { code: "trusted_expired", provoke: expired },
    Case { code: "header_from_future", provoke: from_future },
    Case {
        code: "block_protocol_unknown",
        provoke: || with_header(|header| header.version.block = 10),
    },
    Case {
        code: "chain_id_mismatch",
        provoke: || with_header(|header| header.chain_id = ChainId::new("other-1").unwrap()),
    },
    Case { code: "header_height_zero", provoke: || with_header(|header| header.height = 0) },
    Case {
        code: "header_time_out_of_range",
        provoke: || with_header(|header| header.time = Time::ZERO),
    },
    Case {
        code: "validators_hash_missing",
        provoke: || with_header(|header| header.validators_hash = None),
    },
    Case {
        code: "commit_for_nothing",
        provoke: || with_commit(|signed| signed.commit.block_id = BlockId::default()),
    },
    Case {
        code: "commit_empty",
        provoke: || with_commit(|signed| signed.commit.signatures.clear()),
    },
    Case {
        code: "commit_height_mismatch",
        provoke: || with_commit(|signed| signed.commit.height += 1),
    },
    Case {
        code: "commit_block_mismatch",
        provoke: || with_commit(|signed| signed.header.app_hash.push(0)),
    },
    Case {
        code: "header_height_not_above_trusted",
        provoke: || judge(chain().at(2), chain().at(2)),
    },
    Case {
        code: "header_time_not_after_trusted",
        provoke: || with_header(|header| header.time = Time::new(START_SECS, 123_456_789).unwrap()),
    },
    Case { code: "validators_hash_mismatch", provoke: other_set_given },
    Case { code: "adjacent_validators_mismatch", provoke: || strangers_at(2) },
    Case { code: "not_enough_trust", provoke: || strangers_at(3) },
    Case {
        code: "commit_size_mismatch",
        provoke: || {
            with_commit(|signed| {
                signed.commit.signatures.pop();
            })
        },
    },
    Case {
        code: "commit_signer_mismatch",
        provoke: || with_commit(|signed| signed.commit.signatures.swap(0, 1)),
    },
    Case { code: "double_vote", provoke: one_signs_twice },
    Case {
        code: "bad_signature",
        provoke: || {
            with_commit(|signed| {
                let CommitSig::Commit(vote) = &mut signed.commit.signatures[0] else { return };
                vote.timestamp = Time::new(START_SECS, 0).unwrap();
            })
        },
    },
    Case { code: "not_enough_power", provoke: two_of_four_sign },
    Case { code: "validator_set_empty", provoke: || set_with(|set| set.validators.clear()) },
    Case { code: "validator_key_undecodable", provoke: undecodable_key },
    Case {
        code: "validator_address_mismatch",
        provoke: || set_with(|set| set.validators[1].address = set.validators[0].address),
    },
    Case {
        code: "duplicate_validator",
        provoke: || set_with(|set| set.validators[1] = set.validators[0].clone()),
    },
    Case { code: "total_power_too_large", provoke: too_much_power },
    Case {
        code: "next_validators_hash_mismatch",
        provoke: || trusting(|header| header.next_validators_hash = header.data_hash),
    },
    Case {
        code: "next_validators_hash_missing",
        provoke: || trusting(|header| header.next_validators_hash = None),
    },
    Case {
        code: "header_time_not_before_trusted",
        provoke: || backwards_with(|newer| newer.time = Time::ZERO),
    },
    Case {
        code: "parent_hash_mismatch",
        provoke: || backwards_with(|newer| newer.last_block_id = block_id(newer)),
    },
    Case { code: "target_not_above_trusted", provoke: || bisect(2, 2) },
    Case { code: "unwanted_height", provoke: || bisect(5, 4) },
    Case { code: "leaf_index_out_of_range", provoke: || tree_proof(|proof| proof.index = 3) },
    Case {
        code: "aunt_count_mismatch",
        provoke: || {
            tree_proof(|proof| {
                proof.aunts.pop();
            })
        },
    },
    Case { code: "aunt_length_mismatch", provoke: || tree_proof(|proof| proof.aunts[0].push(0)) },
    Case { code: "leaf_hash_mismatch", provoke: || tree_proof(|proof| proof.leaf_hash[0] ^= 1) },
    Case { code: "tree_root_mismatch", provoke: || tree_proof(|proof| proof.aunts[1][0] ^= 1) },
];
