//! Ed25519 under ZIP-215 beside `ed25519-zebra`, singly and in batches.

use std::sync::Arc;

use causeway_client_cometbft::{
    CommitError, CommitSig, PreparedValidatorSet, PublicKey, TrustedBlock, TrustedState, Validator,
    ValidatorSet, VerifyError, verify,
};
use causeway_tests::makers::cometbft::{Chain, Committee, SecretKey};
use ed25519_zebra::{Signature, VerificationKey};
use proptest::prelude::*;

use super::{OPTIONS, now};

/// All encodings of points whose order divides eight, the non-canonical ones last.
const SMALL_ORDER: [&str; 14] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

fn bytes(text: &str) -> [u8; 32] {
    hex::decode(text).unwrap().try_into().unwrap()
}

fn zebra(key: [u8; 32], message: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) =
        (VerificationKey::try_from(key), <[u8; 64]>::try_from(signature))
    else {
        return false;
    };
    key.verify(&Signature::from(signature), message).is_ok()
}

#[test]
fn points_of_small_order_are_accepted_in_every_encoding() {
    for key in SMALL_ORDER.map(bytes) {
        for commitment in SMALL_ORDER.map(bytes) {
            let signature = [commitment, [0; 32]].concat();
            assert!(zebra(key, b"message", &signature));
            assert!(PublicKey::Ed25519(key).verifies(b"message", &signature));
        }
    }
}

/// Every signature here is valid, by the equation with the cofactor alone: the batch must say so.
#[test]
fn a_batch_accepts_what_is_accepted_singly() {
    let keys = SMALL_ORDER.map(bytes).map(PublicKey::Ed25519);
    let validators = keys.map(|key| Validator::new(key, 10).unwrap()).to_vec();
    let mut set = ValidatorSet::new(validators);
    set.sort();
    let maker = Committee::equal(0..14);
    let mut chain = Chain::new("torsion-1", &maker);
    let made = chain.push(&[1; 32]).clone();
    let mut header = made.signed.header.clone();
    header.validators_hash = Some(set.hash());
    let mut signed = maker.sign(header);
    for (index, sig) in signed.commit.signatures.iter_mut().enumerate() {
        let CommitSig::Commit(vote) = sig else { continue };
        vote.validator_address = set.validators[index].address;
        vote.signature = [bytes(SMALL_ORDER[index]), [0; 32]].concat();
    }
    let state =
        TrustedState { next_validators_hash: set.hash(), ..chain.at(1).trusted().state().clone() };
    let set = Arc::new(PreparedValidatorSet::new(&set).unwrap());
    let trusted = TrustedBlock::new(state, set.clone()).unwrap();
    verify(&trusted, &signed, &set, &OPTIONS, now(&made), &mut ()).unwrap();

    // With one signature that is not valid, it must not.
    let CommitSig::Commit(vote) = &mut signed.commit.signatures[4] else { unreachable!() };
    vote.signature[32] = 1;
    let address = vote.validator_address;
    let refused = verify(&trusted, &signed, &set, &OPTIONS, now(&made), &mut ());
    let bad = CommitError::BadSignature { index: 4, address };
    assert_eq!(refused, Err(VerifyError::Commit(bad)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_signatures_are_judged_alike(
        number in 0..100_u32,
        message in prop::collection::vec(any::<u8>(), 0..100),
        flip in prop::option::of((0..96_usize, 0..8_u32)),
    ) {
        let key = SecretKey::ed25519(number);
        let PublicKey::Ed25519(mut public) = key.public_key() else { unreachable!() };
        let mut signature = key.sign(&message);
        match flip {
            Some((byte, bit)) if byte < 64 => signature[byte] ^= 1 << bit,
            Some((byte, bit)) => public[byte - 64] ^= 1 << bit,
            None => {}
        }
        let verdict = PublicKey::Ed25519(public).verifies(&message, &signature);
        prop_assert_eq!(verdict, zebra(public, &message, &signature));
        prop_assert_eq!(verdict, flip.is_none());
    }
}
