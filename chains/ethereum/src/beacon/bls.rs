//! Signatures: BLS12-381 with public keys in G1, proof of possession scheme.
//!
//! Nothing here uses threads, so that one seed gives one history.

use std::collections::BTreeSet;

use alloy_primitives::{B256, FixedBytes, U256, uint};
use blst::min_pk::{AggregatePublicKey, AggregateSignature, PublicKey, SecretKey, Signature};
use blst::{BLST_ERROR, Pairing, blst_p1_affine, blst_p2_affine};

use super::transition::SignatureSet;
use super::types::{BlsPubkey, BlsSignature};
use crate::ssz::{merkle, to_u64, to_usize};

/// The ciphersuite of Ethereum's consensus layer.
const DST: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

/// Order of the groups.
const ORDER: U256 = uint!(0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001_U256);

/// The signature of nobody: the point at infinity.
pub const INFINITY_SIGNATURE: BlsSignature = {
    let mut bytes = [0; 96];
    bytes[0] = 0xc0;
    FixedBytes(bytes)
};

/// Bits of the factors in a batch. They are derived from the batch itself, which an attacker may
/// vary at leisure, so they are as long as the security level.
const BATCH_FACTOR_BITS: usize = 128;

/// Remembered verdicts; a slot brings a few dozen.
const MAX_VERDICTS: usize = 4096;

/// The secret key of one validator.
#[derive(Clone)]
pub struct ValidatorKey {
    /// Its index in the registry.
    pub index: u64,
    secret: SecretKey,
}

impl core::fmt::Debug for ValidatorKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ValidatorKey").field("index", &self.index).finish_non_exhaustive()
    }
}

impl ValidatorKey {
    /// The key of validator `index` of the bundled network with this seed; `None` never for the
    /// 32 bytes that it is derived from.
    pub fn derive(seed: u64, index: u64) -> Option<Self> {
        let mut bytes = b"causeway/pos/validator/".to_vec();
        bytes.extend(index.to_le_bytes());
        bytes.extend(seed.to_le_bytes());
        let secret = SecretKey::key_gen(merkle::hash(&bytes).as_slice(), &[]).ok()?;
        Some(Self { index, secret })
    }

    /// The public key.
    pub fn public(&self) -> BlsPubkey {
        FixedBytes(self.secret.sk_to_pk().to_bytes())
    }

    /// Signs a root.
    pub fn sign(&self, message: &B256) -> BlsSignature {
        FixedBytes(self.secret.sign(message.as_slice(), DST, &[]).to_bytes())
    }
}

/// The aggregate of the signatures of all these keys over one root, made in one signing with the
/// sum of the keys; `None` without keys.
pub fn sign_together<'a>(
    keys: impl IntoIterator<Item = &'a ValidatorKey>,
    message: &B256,
) -> Option<BlsSignature> {
    let scalar = |key: &ValidatorKey| U256::from_be_bytes(key.secret.to_bytes());
    let add = |sum: U256, key| sum.add_mod(scalar(key), ORDER);
    let sum = keys.into_iter().fold(U256::ZERO, add);
    let secret = SecretKey::from_bytes(&sum.to_be_bytes::<32>()).ok()?;
    Some(FixedBytes(secret.sign(message.as_slice(), DST, &[]).to_bytes()))
}

/// `eth_aggregate_pubkeys`; `None` without keys or for bytes that are not keys.
pub fn aggregate_keys(keys: &[BlsPubkey]) -> Option<BlsPubkey> {
    let keys: Option<Vec<PublicKey>> =
        keys.iter().map(|key| PublicKey::uncompress(key.as_slice()).ok()).collect();
    let sum = sum_keys(keys?.iter())?;
    Some(FixedBytes(sum.to_bytes()))
}

/// The sum of keys that are known to be valid.
fn sum_keys<'a>(mut keys: impl Iterator<Item = &'a PublicKey>) -> Option<PublicKey> {
    let mut sum = AggregatePublicKey::from_public_key(keys.next()?);
    for key in keys {
        sum.add_public_key(key, false).ok()?;
    }
    Some(sum.to_public_key())
}

/// The sum of signatures, each of which has been verified; `None` without signatures.
pub fn aggregate_signatures(
    signatures: impl IntoIterator<Item = BlsSignature>,
) -> Option<BlsSignature> {
    let mut sum: Option<AggregateSignature> = None;
    for signature in signatures {
        let signature = Signature::uncompress(signature.as_slice()).ok()?;
        match &mut sum {
            Some(sum) => sum.add_signature(&signature, false).ok()?,
            None => sum = Some(AggregateSignature::from_signature(&signature)),
        }
    }
    Some(FixedBytes(sum?.to_signature().to_bytes()))
}

/// Checks signatures of a registry's validators, and remembers verdicts: what several
/// participants of one process ask for is computed once.
#[derive(Debug)]
pub struct Verifier {
    keys: Vec<PublicKey>,
    /// Sets that are known to be good.
    good: BTreeSet<B256>,
    /// Batches that are known not to be.
    bad: BTreeSet<B256>,
}

impl Verifier {
    /// For these validators; `None` if one of them is not a valid key.
    pub fn new(keys: impl IntoIterator<Item = BlsPubkey>) -> Option<Self> {
        let validate = |key: BlsPubkey| PublicKey::key_validate(key.as_slice()).ok();
        let keys = keys.into_iter().map(validate).collect::<Option<_>>()?;
        Some(Self { keys, good: BTreeSet::new(), bad: BTreeSet::new() })
    }

    /// True if every one of the signatures is good.
    pub fn verify(&mut self, sets: &[SignatureSet]) -> bool {
        let is_known = |set: &&SignatureSet| !self.good.contains(&batch_id([*set]));
        let unknown: Vec<&SignatureSet> = sets.iter().filter(is_known).collect();
        if unknown.is_empty() {
            return true;
        }
        let id = batch_id(unknown.iter().copied());
        if self.bad.contains(&id) {
            return false;
        }
        let verdict = self.check(&id, &unknown).unwrap_or_default();
        if verdict {
            for set in unknown {
                self.remember(set);
            }
        } else {
            keep_small(&mut self.bad);
            self.bad.insert(id);
        }
        verdict
    }

    /// Takes note of a signature that this process has just made with the signers' own keys:
    /// there is no other over the same message, so the verdict is known.
    pub fn remember(&mut self, set: &SignatureSet) {
        keep_small(&mut self.good);
        self.good.insert(batch_id([set]));
    }

    /// One pairing product for the whole batch; `None` for a set without signers, with unknown
    /// ones, or with bytes that are no point of the subgroup.
    fn check(&self, id: &B256, sets: &[&SignatureSet]) -> Option<bool> {
        let mut pairing = Pairing::new(true, DST);
        for (index, set) in sets.iter().enumerate() {
            let signers: Option<Vec<&PublicKey>> =
                set.signers.iter().map(|index| self.keys.get(to_usize(*index))).collect();
            let key: blst_p1_affine = sum_keys(signers?.into_iter())?.into();
            let signature = Signature::uncompress(set.signature.as_slice()).ok()?;
            let signature: blst_p2_affine = signature.into();
            let seed = [id.as_slice(), &to_u64(index).to_le_bytes()].concat();
            let factor = merkle::hash(&seed);
            let result = pairing.mul_n_aggregate(
                &key,
                false,
                &signature,
                true,
                factor.as_slice(),
                BATCH_FACTOR_BITS,
                set.message.as_slice(),
                &[],
            );
            if result != BLST_ERROR::BLST_SUCCESS {
                return None;
            }
        }
        pairing.commit();
        Some(pairing.finalverify(None))
    }
}

/// Forgets everything rather than remember without bound.
fn keep_small(verdicts: &mut BTreeSet<B256>) {
    if verdicts.len() >= MAX_VERDICTS {
        verdicts.clear();
    }
}

/// Names a batch by all that it consists of.
fn batch_id<'a>(sets: impl IntoIterator<Item = &'a SignatureSet>) -> B256 {
    let mut bytes = Vec::new();
    for set in sets {
        bytes.extend(to_u64(set.signers.len()).to_le_bytes());
        set.signers.iter().for_each(|index| bytes.extend(index.to_le_bytes()));
        bytes.extend(set.message);
        bytes.extend(set.signature);
    }
    merkle::hash(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Vec<ValidatorKey> {
        (0..4).map(|index| ValidatorKey::derive(7, index).unwrap()).collect()
    }

    #[test]
    fn signing_together_is_the_sum_of_signing_alone() {
        let (keys, message) = (keys(), B256::repeat_byte(1));
        let alone = aggregate_signatures(keys.iter().map(|key| key.sign(&message)));
        assert_eq!(sign_together(&keys, &message), alone);
        assert_eq!(sign_together(&[], &message), None);
    }

    #[test]
    fn a_batch_stands_or_falls_as_one() {
        let keys = keys();
        let mut verifier = Verifier::new(keys.iter().map(ValidatorKey::public)).unwrap();
        let set = |signers: &[usize], byte| {
            let message = B256::repeat_byte(byte);
            let signature = sign_together(signers.iter().map(|i| &keys[*i]), &message).unwrap();
            let signers = signers.iter().map(|i| *i as u64).collect();
            SignatureSet { signers, message, signature }
        };
        let good = [set(&[0, 1], 1), set(&[2, 3, 3], 2)];
        assert!(verifier.verify(&good));
        let (mut first, second) = (good[0].clone(), good[1].clone());
        first.signers.push(2);
        assert!(!verifier.verify(&[first.clone(), second]));
        first.signers.clear();
        assert!(!verifier.verify(&[first.clone()]));
        first.signers = vec![9];
        assert!(!verifier.verify(&[first.clone()]));
        first.signature = BlsSignature::repeat_byte(0xff);
        assert!(!verifier.verify(&[first]));
    }

    #[test]
    fn two_bad_signatures_that_cancel_out_are_noticed() {
        let keys = keys();
        let mut verifier = Verifier::new(keys.iter().map(ValidatorKey::public)).unwrap();
        let message = B256::repeat_byte(1);
        let set = |signer: u64, signed_by: usize| SignatureSet {
            signers: vec![signer],
            message,
            signature: keys[signed_by].sign(&message),
        };
        assert!(verifier.verify(&[set(0, 0), set(1, 1)]));
        assert!(!verifier.verify(&[set(0, 1), set(1, 0)]));
    }
}
