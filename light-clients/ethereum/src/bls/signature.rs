//! Decoding and checking single points, and the pairing.

use blst::min_pk::{AggregatePublicKey, AggregateSignature, PublicKey, Signature};
use blst::{BLST_ERROR, Pairing, blst_p1_affine, blst_p2_affine};

use super::BlsError;
use crate::containers::{PublicKeyBytes, SignatureBytes};

/// The ciphersuite's domain separation tag.
const DST: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

/// Decodes a key: in the group, and not the point at infinity (`KeyValidate`).
pub fn decode_public_key(bytes: &PublicKeyBytes) -> Result<PublicKey, BlsError> {
    PublicKey::uncompress(bytes.as_slice())
        .and_then(|key| key.validate().map(|()| key))
        .map_err(|_| BlsError::PublicKey)
}

/// Decodes a signature: in the group. Infinity is a point of the group, which no key signs with.
pub fn decode_signature(bytes: &SignatureBytes) -> Result<Signature, BlsError> {
    Signature::uncompress(bytes.as_slice())
        .and_then(|signature| signature.validate(false).map(|()| signature))
        .map_err(|_| BlsError::Signature)
}

/// The sum of some signatures (`Aggregate`).
pub fn aggregate_signatures(signatures: &[SignatureBytes]) -> Result<SignatureBytes, BlsError> {
    let decoded: Vec<_> = signatures.iter().map(decode_signature).collect::<Result<_, _>>()?;
    let references: Vec<_> = decoded.iter().collect();
    let sum = AggregateSignature::aggregate(&references, false).map_err(|_| BlsError::NoSigners)?;
    Ok(SignatureBytes::new(sum.to_signature().compress()))
}

/// `FastAggregateVerify`: the sum of all keys signed the message. Every key must be valid.
pub fn fast_aggregate_verify(
    keys: &[PublicKeyBytes],
    message: &[u8],
    signature: &SignatureBytes,
) -> Result<(), BlsError> {
    let decoded: Vec<_> = keys.iter().map(decode_public_key).collect::<Result<_, _>>()?;
    let references: Vec<_> = decoded.iter().collect();
    let sum = AggregatePublicKey::aggregate(&references, false).map_err(|_| BlsError::NoSigners)?;
    verify(&sum.to_public_key().into(), message, signature)
}

/// Checks a signature by one key, or by the sum of several valid ones.
pub(super) fn verify(
    key: &blst_p1_affine,
    message: &[u8],
    signature: &SignatureBytes,
) -> Result<(), BlsError> {
    let signature = Signature::uncompress(signature.as_slice());
    let signature: blst_p2_affine = signature.map_err(|_| BlsError::Signature)?.into();
    let mut pairing = Pairing::new(true, DST);
    match pairing.aggregate(key, false, &signature, true, message, &[]) {
        BLST_ERROR::BLST_SUCCESS => {}
        BLST_ERROR::BLST_PK_IS_INFINITY => return Err(BlsError::NoSigners),
        _ => return Err(BlsError::Signature),
    }
    pairing.commit();
    if pairing.finalverify(None) { Ok(()) } else { Err(BlsError::Mismatch) }
}
