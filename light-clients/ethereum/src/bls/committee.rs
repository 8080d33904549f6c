//! A committee whose keys are decoded once.

use blst::min_pk::{AggregatePublicKey, PublicKey};
use blst::{MultiPoint, blst_p1_affine};

use super::{BlsError, membership, signature};
use crate::containers::{ParticipationBits, SignatureBytes, SyncAggregate, SyncCommittee};

/// The length of a decoded key, or of the sum of all, in a record.
const POINT_LEN: usize = 96;

/// The decoded keys of a committee, and their sum.
///
/// With the sum at hand, the sum of those who signed is found by adding up either them, or those
/// who did not sign and taking these away, whoever are fewer.
#[derive(Clone, Debug)]
pub struct PreparedCommittee {
    sum: PublicKey,
    keys: Keys,
}

/// Decoded keys, or a record of them, of which only the needed ones are read.
#[derive(Clone, Debug)]
enum Keys {
    Points(Vec<blst_p1_affine>),
    Recorded(Vec<[u8; POINT_LEN]>),
}

impl PreparedCommittee {
    /// Decodes and validates every key. The specification looks at the keys of those who signed
    /// only; a state holds no others than valid ones, since every deposit is checked.
    pub fn new(committee: &SyncCommittee) -> Result<Self, BlsError> {
        let decode = |bytes: &[u8]| PublicKey::uncompress(bytes).map_err(|_| BlsError::PublicKey);
        let keys: Vec<_> = committee
            .pubkeys
            .0
            .iter()
            .map(|bytes| decode(bytes.as_slice()))
            .collect::<Result<_, _>>()?;
        membership::validate(&keys)?;
        let points: Vec<_> = keys.into_iter().map(blst_p1_affine::from).collect();
        let sum = sum(&points).ok_or(BlsError::PublicKey)?.to_public_key();
        Ok(Self { sum, keys: Keys::Points(points) })
    }

    /// The keys in a form that is read back without decompressing or validating: their sum and
    /// each key, uncompressed.
    pub fn to_record(&self) -> Vec<u8> {
        let mut record = self.sum.serialize().to_vec();
        match &self.keys {
            Keys::Points(points) => {
                record.extend(points.iter().flat_map(|point| PublicKey::from(*point).serialize()));
            }
            Keys::Recorded(keys) => record.extend(keys.as_flattened()),
        }
        record
    }

    /// Reads what [`PreparedCommittee::to_record`] wrote; `None` for anything else. Records are
    /// the reader's own: nobody else can have written one.
    pub fn from_record(record: &[u8]) -> Option<Self> {
        let (points, rest) = record.as_chunks::<POINT_LEN>();
        let (sum, keys) = points.split_first()?;
        rest.is_empty().then_some(())?;
        let sum = PublicKey::deserialize(sum).ok()?;
        Some(Self { sum, keys: Keys::Recorded(keys.to_vec()) })
    }

    /// How many seats the committee has.
    pub fn size(&self) -> usize {
        match &self.keys {
            Keys::Points(points) => points.len(),
            Keys::Recorded(keys) => keys.len(),
        }
    }

    /// Checks that exactly the members whose bit is set signed `message`
    /// (`FastAggregateVerify`).
    pub fn verify(&self, message: &[u8], aggregate: &SyncAggregate) -> Result<(), BlsError> {
        let signers = self.sum_of_signers(&aggregate.sync_committee_bits)?;
        let signature: &SignatureBytes = &aggregate.sync_committee_signature;
        signature::verify(&signers.into(), message, signature)
    }

    fn sum_of_signers(&self, bits: &ParticipationBits) -> Result<PublicKey, BlsError> {
        let participants = bits.count();
        if participants == 0 {
            return Err(BlsError::NoSigners);
        }
        let few_signed = participants <= self.size() / 2;
        let Some(listed) = sum(&self.select(bits, few_signed)?) else {
            return Ok(self.sum);
        };
        if few_signed {
            return Ok(listed.to_public_key());
        }
        let mut signers = AggregatePublicKey::from_public_key(&self.sum);
        signers.sub_aggregate(&listed);
        Ok(signers.to_public_key())
    }

    /// The keys of those whose bit is `value`.
    fn select(
        &self,
        bits: &ParticipationBits,
        value: bool,
    ) -> Result<Vec<blst_p1_affine>, BlsError> {
        match &self.keys {
            Keys::Points(points) => Ok(chosen(points, bits, value).copied().collect()),
            Keys::Recorded(keys) => chosen(keys, bits, value)
                .map(|key| PublicKey::deserialize(key).map(blst_p1_affine::from))
                .collect::<Result<_, _>>()
                .map_err(|_| BlsError::PublicKey),
        }
    }
}

fn chosen<'a, T>(
    items: &'a [T],
    bits: &'a ParticipationBits,
    value: bool,
) -> impl Iterator<Item = &'a T> {
    items.iter().zip(bits.iter()).filter(move |(_, bit)| *bit == value).map(|(item, _)| item)
}

/// The sum of some points; `None` of none.
fn sum(points: &[blst_p1_affine]) -> Option<AggregatePublicKey> {
    (!points.is_empty()).then(|| points.add().into())
}

#[cfg(test)]
mod tests {
    use blst::min_pk::{AggregateSignature, SecretKey};

    use super::*;
    use crate::containers::{PublicKeyBytes, PublicKeys};

    const MESSAGE: [u8; 32] = [9; 32];
    const DST: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

    /// A committee in which seats 3 and 7 hold one key.
    fn secrets(size: u8) -> Vec<SecretKey> {
        let seat = |n| if n == 7 { 3 } else { n };
        (0..size).map(|n| SecretKey::key_gen(&[seat(n); 32], &[]).unwrap()).collect()
    }

    fn committee(secrets: &[SecretKey]) -> SyncCommittee {
        let key = |secret: &SecretKey| PublicKeyBytes::new(secret.sk_to_pk().compress());
        let pubkeys = PublicKeys(secrets.iter().map(key).collect());
        SyncCommittee { pubkeys, ..SyncCommittee::default() }
    }

    fn signed_by(secrets: &[SecretKey], signers: impl Fn(usize) -> bool) -> SyncAggregate {
        let signatures: Vec<_> = secrets
            .iter()
            .enumerate()
            .filter(|(seat, _)| signers(*seat))
            .map(|(_, secret)| secret.sign(&MESSAGE, DST, &[]))
            .collect();
        let references: Vec<_> = signatures.iter().collect();
        let sum = AggregateSignature::aggregate(&references, false).unwrap().to_signature();
        let mut bits = vec![0; secrets.len() / 8];
        for seat in (0..secrets.len()).filter(|seat| signers(*seat)) {
            bits[seat / 8] |= 1 << (seat % 8);
        }
        SyncAggregate {
            sync_committee_bits: ParticipationBits(bits),
            sync_committee_signature: SignatureBytes::new(sum.compress()),
        }
    }

    #[test]
    fn any_participation_verifies_from_points_and_from_records() {
        let secrets = secrets(32);
        let prepared = PreparedCommittee::new(&committee(&secrets)).unwrap();
        let recorded = PreparedCommittee::from_record(&prepared.to_record()).unwrap();
        assert_eq!(recorded.to_record(), prepared.to_record());
        for count in [1, 8, 15, 16, 17, 22, 31, 32] {
            let aggregate = signed_by(&secrets, |seat| seat < count);
            for committee in [&prepared, &recorded] {
                assert_eq!(committee.verify(&MESSAGE, &aggregate), Ok(()), "{count}");
                let mut other = aggregate.clone();
                other.sync_committee_bits.0[0] ^= 1;
                committee.verify(&MESSAGE, &other).unwrap_err();
                committee.verify(&[8; 32], &aggregate).unwrap_err();
            }
        }
    }

    #[test]
    fn nobody_signs_nothing() {
        let prepared = PreparedCommittee::new(&committee(&secrets(32))).unwrap();
        let mut aggregate = signed_by(&secrets(32), |_| true);
        aggregate.sync_committee_bits.0.fill(0);
        assert_eq!(prepared.verify(&MESSAGE, &aggregate), Err(BlsError::NoSigners));
    }

    #[test]
    fn signers_whose_keys_cancel_out_sign_nothing() {
        let mut committee = committee(&secrets(16));
        let mut opposite = committee.pubkeys.0[0];
        opposite.0[0] ^= 0x20;
        committee.pubkeys.0[1] = opposite;
        let prepared = PreparedCommittee::new(&committee).unwrap();
        let mut infinity = SignatureBytes::ZERO;
        infinity.0[0] = 0xc0;
        let aggregate = SyncAggregate {
            sync_committee_bits: ParticipationBits(vec![3, 0]),
            sync_committee_signature: infinity,
        };
        assert_eq!(prepared.verify(&MESSAGE, &aggregate), Err(BlsError::NoSigners));
    }

    #[test]
    fn odd_records_are_no_records() {
        let record = PreparedCommittee::new(&committee(&secrets(16))).unwrap().to_record();
        assert!(PreparedCommittee::from_record(&[]).is_none());
        assert!(PreparedCommittee::from_record(&record[1..]).is_none());
    }
}
