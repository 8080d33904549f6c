//! BLS signatures of sync committees: minimal public keys, proof of possession (IETF
//! `draft-irtf-cfrg-bls-signature`; consensus-specs `specs/altair/bls.md`).
//!
//! Curve arithmetic is `blst`'s. What is here is which keys count as keys, and how to add up as
//! few of them as possible.

mod committee;
mod membership;
mod signature;

pub use committee::PreparedCommittee;
pub use signature::{
    aggregate_signatures, decode_public_key, decode_signature, fast_aggregate_verify,
};

/// Why a key is no key, or a signature does not verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlsError {
    /// A committee member's key is no point of the group, or the point at infinity.
    #[error("not a valid public key")]
    PublicKey,
    /// The signature is no point of the group.
    #[error("not a valid signature")]
    Signature,
    /// Nobody signed, or the signers' keys cancel out.
    #[error("no signers")]
    NoSigners,
    /// The pairing equation does not hold.
    #[error("the signature is not of these signers under this message")]
    Mismatch,
}
