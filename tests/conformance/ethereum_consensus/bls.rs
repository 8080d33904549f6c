//! The BLS suite.

use causeway_client_ethereum::bls::{
    PreparedCommittee, aggregate_signatures, decode_public_key, decode_signature,
    fast_aggregate_verify,
};
use causeway_client_ethereum::containers::{
    ParticipationBits, PublicKeyBytes, PublicKeys, SignatureBytes, SyncAggregate, SyncCommittee,
};
use causeway_tests::vectors::Vectors;
use serde_json::Value;

const DST: &[u8] = b"QUUX-V01-CS02-with-BLS12381G2_XMD:SHA-256_SSWU_RO_";

fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).unwrap()
}

fn cases(vectors: &Vectors, file: &str) -> Vec<(String, Value)> {
    vectors.json(file).as_object().unwrap().clone().into_iter().collect()
}

pub(super) fn fast_aggregate(vectors: &Vectors, file: &str) {
    for (name, case) in cases(vectors, file) {
        let input = &case["input"];
        let keys = input["pubkeys"].as_array().unwrap();
        let keys: Vec<PublicKeyBytes> =
            keys.iter().map(|key| PublicKeyBytes::from_slice(&bytes(key))).collect();
        let message = bytes(input.get("message").or(input.get("msg")).unwrap());
        let signature = SignatureBytes::from_slice(&bytes(&input["signature"]));
        let expected = case["output"].as_bool().unwrap();
        let verdict = fast_aggregate_verify(&keys, &message, &signature);
        assert_eq!(verdict.is_ok(), expected, "{name}: {verdict:?}");
        assert_eq!(as_committee(&keys, &message, signature), expected, "{name}");
    }
}

/// The same keys as the first seats of a committee in which the other seats repeat the first.
fn as_committee(keys: &[PublicKeyBytes], message: &[u8], signature: SignatureBytes) -> bool {
    let mut seats = keys.to_vec();
    seats.resize(32, keys.first().copied().unwrap_or_default());
    let committee = SyncCommittee { pubkeys: PublicKeys(seats), ..SyncCommittee::default() };
    let mut bits = vec![0; 4];
    for seat in 0..keys.len() {
        bits[seat / 8] |= 1 << (seat % 8);
    }
    let aggregate = SyncAggregate {
        sync_committee_bits: ParticipationBits(bits),
        sync_committee_signature: signature,
    };
    PreparedCommittee::new(&committee)
        .is_ok_and(|committee| committee.verify(message, &aggregate).is_ok())
}

/// Infinity is a point of the group, but no key.
pub(super) fn public_keys(vectors: &Vectors, file: &str) {
    for (name, case) in cases(vectors, file) {
        let key = PublicKeyBytes::try_from(bytes(&case["input"]["pubkey"]).as_slice());
        let decoded = key.ok().and_then(|key| decode_public_key(&key).ok());
        let is_infinity = name.contains("succeeds_infinity");
        let expected = case["output"].as_bool().unwrap() && !is_infinity;
        assert_eq!(decoded.is_some(), expected, "{name}");
    }
}

pub(super) fn signatures(vectors: &Vectors, file: &str) {
    for (name, case) in cases(vectors, file) {
        let signature = SignatureBytes::try_from(bytes(&case["input"]["signature"]).as_slice());
        let decoded = signature.ok().and_then(|signature| decode_signature(&signature).ok());
        assert_eq!(decoded.is_some(), case["output"].as_bool().unwrap(), "{name}");
    }
}

pub(super) fn aggregate(vectors: &Vectors, file: &str) {
    for (name, case) in cases(vectors, file) {
        let signatures = case["input"].as_array().unwrap();
        let signatures: Vec<_> = signatures
            .iter()
            .map(|signature| SignatureBytes::from_slice(&bytes(signature)))
            .collect();
        let expected = case["output"].as_str().map(|_| bytes(&case["output"]));
        let sum = aggregate_signatures(&signatures).ok().map(|sum| sum.to_vec());
        assert_eq!(sum, expected, "{name}");
    }
}

/// Hashing is the library's. The signature under the secret key 1 is the hash itself.
pub(super) fn hash_to_curve(vectors: &Vectors, file: &str) {
    let mut one = [0; 32];
    one[31] = 1;
    let one = blst::min_pk::SecretKey::from_bytes(&one).unwrap();
    for (name, case) in cases(vectors, file) {
        let message = case["input"]["msg"].as_str().unwrap();
        let point = one.sign(message.as_bytes(), DST, &[]).serialize();
        // Coordinates are written real part first, and serialized imaginary part first.
        let coordinates = ["x", "y"].into_iter().flat_map(|name| {
            let (real, imaginary) = case["output"][name].as_str().unwrap().split_once(',').unwrap();
            [imaginary, real].map(|part| hex::decode(part.strip_prefix("0x").unwrap()).unwrap())
        });
        assert_eq!(point.to_vec(), coordinates.flatten().collect::<Vec<u8>>(), "{name}");
    }
}
