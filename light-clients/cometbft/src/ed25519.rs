//! Ed25519 under ZIP-215, one by one and in batches.
//!
//! CometBFT accepts what ZIP-215 accepts: points in any encoding, S below the group order, and the
//! equation multiplied by the cofactor. RFC 8032 verifiers differ in edge cases, and a light client
//! that differs from full nodes can be stalled or split. With the cofactor, a batch accepts
//! exactly when each of its signatures is accepted alone.
#![expect(clippy::arithmetic_side_effects, reason = "curve and scalar arithmetic cannot overflow")]

use core::iter::once;

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};
use sha2::{Digest, Sha512};

/// A well-formed signature under a well-formed key: it may be valid or not.
#[derive(Debug)]
pub(crate) struct Claim {
    key: EdwardsPoint,
    /// The commitment R.
    commitment: EdwardsPoint,
    /// S.
    response: Scalar,
    /// SHA-512 of R, key and message, as bytes.
    challenge: [u8; 64],
}

impl Claim {
    /// Reads a signature; `None` when it can be valid for no message.
    pub(crate) fn new(
        key: &[u8; 32],
        point: &EdwardsPoint,
        message: &[u8],
        signature: &[u8],
    ) -> Option<Self> {
        let (r, s) = signature.split_at_checked(32)?;
        let r: [u8; 32] = r.try_into().ok()?;
        let challenge = Sha512::new().chain_update(r).chain_update(key).chain_update(message);
        Some(Self {
            key: *point,
            commitment: CompressedEdwardsY(r).decompress()?,
            response: Option::from(Scalar::from_canonical_bytes(s.try_into().ok()?))?,
            challenge: challenge.finalize().into(),
        })
    }

    fn challenge(&self) -> Scalar {
        Scalar::from_bytes_mod_order_wide(&self.challenge)
    }

    /// `[8](S B - R - h A) = 0`.
    pub(crate) fn holds(&self) -> bool {
        let point = EdwardsPoint::vartime_double_scalar_mul_basepoint(
            &self.challenge(),
            &-self.key,
            &self.response,
        );
        (point - self.commitment).mul_by_cofactor().is_identity()
    }
}

/// True when every claim holds: `[8] sum z (S B - R - h A) = 0` for factors z that nobody could
/// choose. A claim that does not hold slips through with probability 2^-128.
pub(crate) fn all_hold(claims: &[Claim]) -> bool {
    if let [claim] = claims {
        return claim.holds();
    }
    let factors = factors(claims);
    let weighed = || claims.iter().zip(&factors);
    let base: Scalar = weighed().map(|(claim, z)| z * claim.response).sum();
    let scalars = weighed()
        .map(|(claim, z)| z * claim.challenge())
        .chain(factors.iter().copied())
        .chain(once(-base));
    let points = claims
        .iter()
        .map(|claim| claim.key)
        .chain(claims.iter().map(|claim| claim.commitment))
        .chain(once(ED25519_BASEPOINT_POINT));
    EdwardsPoint::vartime_multiscalar_mul(scalars, points).mul_by_cofactor().is_identity()
}

/// Factors of 128 bits, one a claim, derived from all claims together: whoever makes a signature
/// fixes the factors with it. (Randomness would do as well, but a verifier has none to draw on.)
fn factors(claims: &[Claim]) -> Vec<Scalar> {
    let mut transcript = Sha512::new();
    for claim in claims {
        // The challenge stands for R, key and message.
        transcript.update(claim.challenge);
        transcript.update(claim.response.as_bytes());
    }
    let seed = transcript.finalize();
    let mut factors = Vec::with_capacity(claims.len() + 3);
    for counter in (0_u64..).take(claims.len().div_ceil(4)) {
        let block = Sha512::new().chain_update(seed).chain_update(counter.to_le_bytes()).finalize();
        factors.extend(
            block
                .chunks_exact(16)
                .filter_map(|half| Some(Scalar::from(u128::from_le_bytes(half.try_into().ok()?)))),
        );
    }
    factors.truncate(claims.len());
    factors
}
