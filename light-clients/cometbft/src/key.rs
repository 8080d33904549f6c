//! Public keys of validators and single signatures.

use alloy_primitives::keccak256;
use causeway_core::DecodeError;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use k256::ecdsa::signature::hazmat::PrehashVerifier;
use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use ripemd::Ripemd160;
use sha2::{Digest, Sha256};

use crate::hash::sha256;
use crate::proto::public_key::Sum;
use crate::{Address, ed25519, proto};

/// The public key of a validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PublicKey {
    /// The usual kind; 32 bytes.
    Ed25519([u8; 32]),
    /// ECDSA over SHA-256; a compressed point of 33 bytes.
    Secp256k1([u8; 33]),
    /// ECDSA over Keccak-256 with Ethereum addresses; a compressed point of 33 bytes.
    Secp256k1Eth([u8; 33]),
}

impl PublicKey {
    /// The address of the key; `None` for a secp256k1eth key that is no point, whose address
    /// cannot be computed.
    pub fn address(&self) -> Option<Address> {
        match self {
            Self::Ed25519(key) => Address::from_slice(sha256(key).0.get(..Address::LEN)?),
            Self::Secp256k1(key) => Some(Address(Ripemd160::digest(sha256(key).0).into())),
            Self::Secp256k1Eth(key) => {
                let point = compressed_point(key)?.to_sec1_point(false);
                Address::from_slice(keccak256(point.as_bytes().get(1..)?).get(12..)?)
            }
        }
    }

    /// The key in the form that verifies; `None` when the bytes are no point of the curve. Such
    /// a key may be in a set, as full nodes check only lengths; no signature is valid under it.
    pub(crate) fn decode(&self) -> Option<DecodedKey> {
        Some(match self {
            Self::Ed25519(key) => DecodedKey::Ed25519(CompressedEdwardsY(*key).decompress()?),
            Self::Secp256k1(key) => DecodedKey::Secp256k1(compressed_point(key)?),
            Self::Secp256k1Eth(key) => DecodedKey::Secp256k1Eth(compressed_point(key)?),
        })
    }

    /// True when `signature` of `message` is this key's.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.decode().is_some_and(|decoded| decoded.verifies(self, message, signature))
    }
}

/// A compressed point, whose tag is 2 or 3. The library reads tag 5 too, another form of 33 bytes
/// that full nodes do not know.
fn compressed_point(key: &[u8; 33]) -> Option<VerifyingKey> {
    matches!(key, [2 | 3, ..]).then(|| VerifyingKey::from_sec1_bytes(key).ok())?
}

/// A public key ready to verify with.
#[derive(Clone, Debug)]
pub(crate) enum DecodedKey {
    Ed25519(EdwardsPoint),
    Secp256k1(VerifyingKey),
    Secp256k1Eth(VerifyingKey),
}

impl DecodedKey {
    /// True when `signature` of `message` is this key's, whose encoded form is `key`.
    pub(crate) fn verifies(&self, key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
        match (self, key) {
            (Self::Ed25519(point), PublicKey::Ed25519(key)) => {
                ed25519::Claim::new(key, point, message, signature).is_some_and(|c| c.holds())
            }
            (Self::Secp256k1(key), _) => is_secp256k1(key, message, signature),
            (Self::Secp256k1Eth(key), _) => is_secp256k1eth(key, message, signature),
            (Self::Ed25519(_), _) => false,
        }
    }
}

/// R and S over SHA-256; k256 refuses a high S.
fn is_secp256k1(key: &VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
    Signature::from_slice(signature)
        .is_ok_and(|signature| key.verify_prehash(&Sha256::digest(message), &signature).is_ok())
}

/// R, S and V over Keccak-256: S must be low, V 0 or 1, and the key recovered with V this one.
fn is_secp256k1eth(key: &VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
    let Some((recovery, rs)) = signature.split_last() else { return false };
    let (0 | 1, Ok(rs)) = (recovery, Signature::from_slice(rs)) else { return false };
    let Some(recovery) = RecoveryId::from_byte(*recovery) else { return false };
    let is_low = rs.normalize_s() == rs;
    let digest = keccak256(message);
    let recovered = VerifyingKey::recover_from_prehash(digest.as_slice(), &rs, recovery);
    is_low && recovered.is_ok_and(|recovered| recovered == *key)
}

impl From<&PublicKey> for proto::PublicKey {
    fn from(key: &PublicKey) -> Self {
        let sum = match key {
            PublicKey::Ed25519(key) => Sum::Ed25519(key.to_vec()),
            PublicKey::Secp256k1(key) => Sum::Secp256k1(key.to_vec()),
            PublicKey::Secp256k1Eth(key) => Sum::Secp256k1Eth(key.to_vec()),
        };
        Self { sum: Some(sum) }
    }
}

impl TryFrom<proto::PublicKey> for PublicKey {
    type Error = DecodeError;

    fn try_from(key: proto::PublicKey) -> Result<Self, DecodeError> {
        let malformed = |bytes: Vec<u8>| {
            DecodeError::new("public_key", format!("a key of {} bytes", bytes.len()))
        };
        match key.sum {
            Some(Sum::Ed25519(key)) => key.try_into().map(Self::Ed25519).map_err(malformed),
            Some(Sum::Secp256k1(key)) => key.try_into().map(Self::Secp256k1).map_err(malformed),
            Some(Sum::Secp256k1Eth(key)) => {
                key.try_into().map(Self::Secp256k1Eth).map_err(malformed)
            }
            None => Err(DecodeError::new("public_key", "no key of a supported type")),
        }
    }
}

#[cfg(test)]
mod tests {
    use k256::ecdsa::SigningKey;
    use k256::ecdsa::signature::hazmat::PrehashSigner;

    use super::*;

    #[test]
    fn a_high_s_is_refused() {
        let secret = SigningKey::from_slice(&[7; 32]).unwrap();
        let key = secret.verifying_key().to_sec1_point(true).as_bytes().try_into().unwrap();
        let low: Signature = secret.sign_prehash(&Sha256::digest(b"message")).unwrap();
        let high = Signature::from_scalars(low.r().to_bytes(), (-*low.s()).to_bytes()).unwrap();
        let verifies = |signature: Signature| {
            PublicKey::Secp256k1(key).verifies(b"message", &signature.to_bytes())
        };
        assert!(verifies(low.normalize_s()));
        assert!(!verifies(if low == low.normalize_s() { high } else { low }));
    }

    /// Full nodes know points of 33 bytes by the tags 2 and 3 alone.
    #[test]
    fn a_compressed_point_has_tag_2_or_3() {
        let secret = SigningKey::from_slice(&[7; 32]).unwrap();
        let key: [u8; 33] =
            secret.verifying_key().to_sec1_point(true).as_bytes().try_into().unwrap();
        let signature: Signature = secret.sign_prehash(&Sha256::digest(b"message")).unwrap();
        let verifies = |key| PublicKey::Secp256k1(key).verifies(b"message", &signature.to_bytes());
        assert!(verifies(key));
        for tag in (0..=u8::MAX).filter(|tag| *tag != key[0]) {
            let mut other = key;
            other[0] = tag;
            assert!(!verifies(other), "{tag}");
            let is_point = PublicKey::Secp256k1(other).decode().is_some();
            assert_eq!(is_point, matches!(tag, 2 | 3), "{tag}");
            let has_address = PublicKey::Secp256k1Eth(other).address().is_some();
            assert_eq!(has_address, matches!(tag, 2 | 3), "{tag}");
        }
    }
}
