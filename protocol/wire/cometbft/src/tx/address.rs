//! Keys and addresses of accounts.

use core::fmt;

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Hrp};
use causeway_core::DecodeError;
use k256::ecdsa::signature::hazmat::PrehashVerifier;
use k256::ecdsa::{Signature, VerifyingKey};
use ripemd::Ripemd160;
use sha2::{Digest, Sha256};

/// The most bytes of an address (`types/address.go` `MaxAddrLen`).
const MAX_ADDRESS_LEN: usize = 255;

/// The address of an account: 20 bytes of a key's hash, or whatever a module chose.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountAddress(Vec<u8>);

impl AccountAddress {
    /// An address of 1 to 255 bytes.
    pub fn new(bytes: Vec<u8>) -> Result<Self, DecodeError> {
        if bytes.is_empty() || bytes.len() > MAX_ADDRESS_LEN {
            let reason = format!("{} bytes, 1 to {MAX_ADDRESS_LEN} are allowed", bytes.len());
            return Err(DecodeError::new("address", reason));
        }
        Ok(Self(bytes))
    }

    /// An address of the usual length.
    pub fn of_20_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes.to_vec())
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads bech32 text under the chain's prefix.
    pub fn from_bech32(prefix: &str, text: &str) -> Result<Self, DecodeError> {
        let malformed = |reason: String| DecodeError::new("address", reason);
        // BIP-173 ends at 90 characters; longer module addresses are in use.
        let checked = CheckedHrpstring::new::<Bech32>(text)
            .map_err(|error| malformed(format!("{text:?}: {error}")))?;
        if checked.hrp().as_str() != prefix {
            let got = checked.hrp();
            return Err(malformed(format!("prefix {:?}, expected {prefix:?}", got.as_str())));
        }
        Self::new(checked.byte_iter().collect())
    }

    /// The text under the chain's prefix; `None` for a prefix that is none.
    pub fn to_bech32(&self, prefix: &str) -> Option<String> {
        bech32::encode::<Bech32>(Hrp::parse(prefix).ok()?, &self.0).ok()
    }
}

/// The public key of an account: a point of secp256k1.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads the compressed form of 33 bytes, whose tag is 2 or 3: the curve library reads tag 5
    /// too, another form of that length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let malformed = |reason: &str| DecodeError::new("public_key", reason);
        if bytes.len() != 33 {
            return Err(malformed("not of 33 bytes"));
        }
        if !matches!(bytes.first(), Some(2 | 3)) {
            return Err(malformed("no compressed point"));
        }
        let key = VerifyingKey::from_sec1_bytes(bytes);
        key.map(Self).map_err(|_| malformed("no point of the curve"))
    }

    /// The compressed form.
    pub fn to_bytes(&self) -> [u8; 33] {
        let point = self.0.to_sec1_point(true);
        // A compressed point has 33 bytes.
        point.as_bytes().try_into().unwrap_or([0; 33])
    }

    /// RIPEMD-160 of the SHA-256 of the key.
    pub fn address(&self) -> AccountAddress {
        AccountAddress(Ripemd160::digest(Sha256::digest(self.to_bytes())).to_vec())
    }

    /// True when `signature`, R and a low S, is this key's over the SHA-256 of `message`.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| {
            signature.normalize_s() == signature
                && self.0.verify_prehash(&Sha256::digest(message), &signature).is_ok()
        })
    }
}

impl From<VerifyingKey> for PublicKey {
    fn from(key: VerifyingKey) -> Self {
        Self(key)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", hex::encode(self.to_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_point_with_tag_2_or_3() {
        let mut bytes = [0; 33];
        // The generator has 2 here.
        bytes[1..].copy_from_slice(
            &hex::decode("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
                .unwrap(),
        );
        for tag in 0..=u8::MAX {
            bytes[0] = tag;
            assert_eq!(PublicKey::from_bytes(&bytes).is_ok(), matches!(tag, 2 | 3), "{tag}");
        }
    }
}
