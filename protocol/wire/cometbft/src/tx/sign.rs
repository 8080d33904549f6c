//! What is signed of a transaction, and how.

use core::fmt;

use causeway_core::DecodeError;
use k256::ecdsa::Signature;
use k256::ecdsa::signature::hazmat::PrehashSigner;
use prost::Message;
use sha2::{Digest, Sha256};

use super::PublicKey;

/// `cosmos.tx.v1beta1.SignDoc`.
#[derive(Clone, PartialEq, Eq, Message)]
struct SignDoc {
    #[prost(bytes = "vec", tag = "1")]
    body_bytes: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    auth_info_bytes: Vec<u8>,
    #[prost(string, tag = "3")]
    chain_id: String,
    #[prost(uint64, tag = "4")]
    account_number: u64,
}

/// The bytes that a signer of mode DIRECT signs: the transaction as it is sent, and where it is
/// valid.
pub fn sign_doc(
    body_bytes: &[u8],
    auth_info_bytes: &[u8],
    chain_id: &str,
    account_number: u64,
) -> Vec<u8> {
    SignDoc {
        body_bytes: body_bytes.to_vec(),
        auth_info_bytes: auth_info_bytes.to_vec(),
        chain_id: chain_id.to_owned(),
        account_number,
    }
    .encode_to_vec()
}

/// The private key of an account.
#[derive(Clone)]
pub struct SigningKey(k256::ecdsa::SigningKey);

impl SigningKey {
    /// From 32 secret bytes; few are no key: zero, and those past the order of the curve.
    pub fn from_bytes(secret: &[u8; 32]) -> Result<Self, DecodeError> {
        let key = k256::ecdsa::SigningKey::from_slice(secret);
        key.map(Self).map_err(|_| DecodeError::new("private_key", "out of range"))
    }

    /// The public key.
    pub fn public_key(&self) -> PublicKey {
        PublicKey::from(*self.0.verifying_key())
    }

    /// R and a low S, deterministically (RFC 6979), over the SHA-256 of `message`.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signed: Result<Signature, _> = self.0.sign_prehash(&Sha256::digest(message));
        // A digest of 32 bytes can always be signed.
        signed.map(|signature| signature.normalize_s().to_vec()).unwrap_or_default()
    }
}

impl From<k256::ecdsa::SigningKey> for SigningKey {
    fn from(key: k256::ecdsa::SigningKey) -> Self {
        Self(key)
    }
}

/// The secret is left out.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.public_key()).finish()
    }
}
