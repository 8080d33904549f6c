//! Key files: one secp256k1 key each, encrypted under a passphrase.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use k256::ecdsa::{SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Passphrase;

/// The layout of key files that this program reads and writes.
const VERSION: u32 = 1;

/// Bytes of the salt, as RFC 9106 recommends.
const SALT_LEN: usize = 16;
/// Bytes of the cipher's nonce: long enough to be random.
const NONCE_LEN: usize = 24;

/// What guessing a passphrase costs (RFC 9106, second recommended option).
const COST: Cost = Cost { memory_kib: 64 * 1024, passes: 3, lanes: 4 };

/// More memory than this is not spent on a file that somebody else may have written.
const MAX_MEMORY_KIB: u32 = 1024 * 1024;
/// More passes than this are not made either.
const MAX_PASSES: u32 = 64;

/// Why a key file gives no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFileError {
    /// It is no key file, or one of another version.
    #[error("no key file: {0}")]
    Malformed(String),
    /// The passphrase is another, or the file was changed.
    #[error("wrong passphrase, or the file was changed")]
    WrongPassphrase,
    /// The machine does not do what is needed.
    #[error("{0}")]
    Machine(String),
}

#[expect(clippy::needless_pass_by_value, reason = "errors come from `map_err`")]
fn malformed(reason: impl ToString) -> KeyFileError {
    KeyFileError::Malformed(reason.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "errors come from `map_err`")]
fn machine(reason: impl ToString) -> KeyFileError {
    KeyFileError::Machine(reason.to_string())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// A key file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyFile {
    version: u32,
    /// The public key, so that addresses can be shown without the passphrase. The cipher
    /// authenticates it.
    public_key: String,
    /// Argon2id from the passphrase to the cipher's key.
    argon2id: Cost,
    salt: String,
    /// XChaCha20-Poly1305 over the secret.
    nonce: String,
    ciphertext: String,
}

impl KeyFile {
    /// Encrypts a key.
    pub(crate) fn seal(key: &SigningKey, passphrase: &Passphrase) -> Result<Self, KeyFileError> {
        let mut salt = [0; SALT_LEN];
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut salt).and_then(|()| getrandom::fill(&mut nonce)).map_err(machine)?;
        let public = key.verifying_key().to_sec1_point(true);
        let secret = Zeroizing::new(<[u8; 32]>::from(key.to_bytes()));
        let cipher = cipher(COST, passphrase, &salt)?;
        let payload = Payload { msg: secret.as_slice(), aad: public.as_bytes() };
        let ciphertext = cipher.encrypt(&XNonce::from(nonce), payload).map_err(machine)?;
        Ok(Self {
            version: VERSION,
            public_key: hex::encode(public.as_bytes()),
            argon2id: COST,
            salt: hex::encode(salt),
            nonce: hex::encode(nonce),
            ciphertext: hex::encode(ciphertext),
        })
    }

    /// Reads a key file.
    pub(crate) fn parse(text: &str) -> Result<Self, KeyFileError> {
        let file: Self = serde_json::from_str(text).map_err(malformed)?;
        if file.version != VERSION {
            let reason = format!("version {}, this program reads version {VERSION}", file.version);
            return Err(malformed(reason));
        }
        let Cost { memory_kib, passes, .. } = file.argon2id;
        if memory_kib > MAX_MEMORY_KIB || passes > MAX_PASSES {
            return Err(malformed(format!("{memory_kib} KiB and {passes} passes are too much")));
        }
        file.public_key()?;
        Ok(file)
    }

    /// The text of the file.
    pub(crate) fn to_text(&self) -> Result<String, KeyFileError> {
        serde_json::to_string_pretty(self).map(|text| text + "\n").map_err(machine)
    }

    /// The public key; only [`Self::open`] shows that it is the secret's.
    pub(crate) fn public_key(&self) -> Result<VerifyingKey, KeyFileError> {
        let bytes = hex::decode(&self.public_key).map_err(malformed)?;
        VerifyingKey::from_sec1_bytes(&bytes).map_err(malformed)
    }

    /// Decrypts the key.
    pub(crate) fn open(&self, passphrase: &Passphrase) -> Result<SigningKey, KeyFileError> {
        let salt = hex::decode(&self.salt).map_err(malformed)?;
        let nonce: [u8; NONCE_LEN] = hex::decode(&self.nonce)
            .map_err(malformed)?
            .try_into()
            .map_err(|_| malformed("a nonce has 24 bytes"))?;
        let ciphertext = hex::decode(&self.ciphertext).map_err(malformed)?;
        let public = hex::decode(&self.public_key).map_err(malformed)?;
        let cipher = cipher(self.argon2id, passphrase, &salt)?;
        let payload = Payload { msg: ciphertext.as_slice(), aad: &public };
        let secret = cipher.decrypt(&XNonce::from(nonce), payload);
        let secret = Zeroizing::new(secret.map_err(|_| KeyFileError::WrongPassphrase)?);
        let key = SigningKey::from_slice(&secret).map_err(malformed)?;
        if key.verifying_key() != &self.public_key()? {
            return Err(malformed("the public key is another's"));
        }
        Ok(key)
    }
}

fn cipher(
    cost: Cost,
    passphrase: &Passphrase,
    salt: &[u8],
) -> Result<XChaCha20Poly1305, KeyFileError> {
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32));
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.map_err(malformed)?);
    let mut key = Zeroizing::new([0; 32]);
    argon2
        .hash_password_into(passphrase.as_bytes(), salt, key.as_mut_slice())
        .map_err(malformed)?;
    Ok(XChaCha20Poly1305::new((&*key).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_out_as_it_went_in_and_only_with_its_passphrase() {
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        let sealed = KeyFile::seal(&key, &"right".into()).unwrap();
        let text = sealed.to_text().unwrap();
        assert!(!text.contains(&hex::encode([7; 32])));
        let file = KeyFile::parse(&text).unwrap();
        assert_eq!(file.public_key().unwrap(), *key.verifying_key());
        assert_eq!(file.open(&"right".into()).unwrap(), key);
        let wrong = file.open(&"wrong".into());
        assert!(matches!(wrong, Err(KeyFileError::WrongPassphrase)));
    }

    #[test]
    fn what_was_changed_is_not_opened() {
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        let other = SigningKey::from_slice(&[8; 32]).unwrap();
        let file = KeyFile::seal(&key, &"right".into()).unwrap();
        let public_key = KeyFile::seal(&other, &"right".into()).unwrap().public_key;
        let changed = KeyFile { public_key, ..file.clone() };
        changed.open(&"right".into()).unwrap_err();
        let text = file.to_text().unwrap();
        for (good, bad) in [
            ("\"version\": 1", "\"version\": 2"),
            ("\"salt\"", "\"pepper\""),
            ("65536", "99999999"),
            ("\"public_key\": \"0", "\"public_key\": \"9"),
        ] {
            let changed = text.replace(good, bad);
            assert_ne!(changed, text, "{good}");
            KeyFile::parse(&changed).unwrap_err();
        }
    }
}
