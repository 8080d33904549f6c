//! Keystores of Ethereum's wallets (Web3 Secret Storage, version 3), to be read only.

use aes::Aes128;
use aes::cipher::{KeyIvInit, StreamCipher};
use alloy_primitives::keccak256;
use ctr::Ctr128BE;
use k256::ecdsa::SigningKey;
use serde::Deserialize;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::Passphrase;

/// The most memory that deriving a key may take: four times what wallets choose.
const MAX_SCRYPT_BYTES: u64 = 1 << 30;
/// The most rounds of PBKDF2: forty times what wallets choose.
const MAX_ROUNDS: u32 = 10_000_000;

#[derive(Deserialize)]
struct Keystore {
    version: u32,
    #[serde(alias = "Crypto")]
    crypto: Crypto,
}

#[derive(Deserialize)]
struct Crypto {
    cipher: String,
    cipherparams: CipherParams,
    ciphertext: String,
    #[serde(flatten)]
    kdf: Kdf,
    mac: String,
}

#[derive(Deserialize)]
struct CipherParams {
    iv: String,
}

#[derive(Deserialize)]
#[serde(tag = "kdf", content = "kdfparams", rename_all = "lowercase")]
enum Kdf {
    Scrypt { dklen: u32, n: u64, r: u32, p: u32, salt: String },
    Pbkdf2 { dklen: u32, c: u32, prf: String, salt: String },
}

/// Reads a keystore with its passphrase.
pub(super) fn open(text: &str, passphrase: &Passphrase) -> Result<SigningKey, String> {
    let keystore: Keystore =
        serde_json::from_str(text).map_err(|error| format!("no keystore: {error}"))?;
    if keystore.version != 3 {
        return Err(format!("keystore version {}, version 3 is read", keystore.version));
    }
    let crypto = keystore.crypto;
    if crypto.cipher != "aes-128-ctr" {
        return Err(format!("cipher {:?}, aes-128-ctr is read", crypto.cipher));
    }
    let key = crypto.kdf.derive(passphrase)?;
    let (cipher_key, mac_key) = key.split_at(16);
    let mut secret = Zeroizing::new(bytes("ciphertext", &crypto.ciphertext)?);
    let mac = keccak256([mac_key, secret.as_slice()].concat());
    if mac.as_slice() != bytes("mac", &crypto.mac)? {
        return Err("wrong passphrase, or the file was changed".to_owned());
    }
    let iv = bytes("iv", &crypto.cipherparams.iv)?;
    let mut cipher = Ctr128BE::<Aes128>::new_from_slices(cipher_key, &iv)
        .map_err(|_| "an iv has 16 bytes".to_owned())?;
    cipher.apply_keystream(&mut secret);
    SigningKey::from_slice(&secret).map_err(|_| "what is encrypted is no key".to_owned())
}

fn bytes(what: &str, text: &str) -> Result<Vec<u8>, String> {
    hex::decode(text).map_err(|error| format!("{what}: {error}"))
}

impl Kdf {
    fn derive(&self, passphrase: &Passphrase) -> Result<Zeroizing<[u8; 32]>, String> {
        let mut key = Zeroizing::new([0; 32]);
        let (Self::Scrypt { dklen, .. } | Self::Pbkdf2 { dklen, .. }) = self;
        if *dklen != 32 {
            return Err(format!("a derived key of {dklen} bytes, 32 are read"));
        }
        match self {
            Self::Scrypt { n, r, p, salt, .. } => {
                let memory = n.saturating_mul(128).saturating_mul((*r).into());
                if !n.is_power_of_two() || memory > MAX_SCRYPT_BYTES || *p > 16 {
                    return Err(format!("scrypt with n {n}, r {r}, p {p} is not computed"));
                }
                let log_n = u8::try_from(n.trailing_zeros()).unwrap_or(u8::MAX);
                let params = scrypt::Params::new(log_n, *r, *p).map_err(|e| e.to_string())?;
                let salt = bytes("salt", salt)?;
                scrypt::scrypt(passphrase.as_bytes(), &salt, &params, key.as_mut_slice())
                    .map_err(|error| error.to_string())?;
            }
            Self::Pbkdf2 { c, prf, salt, .. } => {
                if prf != "hmac-sha256" || *c > MAX_ROUNDS {
                    return Err(format!("pbkdf2 with {prf} and {c} rounds is not computed"));
                }
                let salt = bytes("salt", salt)?;
                pbkdf2::pbkdf2_hmac::<Sha256>(passphrase.as_bytes(), &salt, *c, key.as_mut_slice());
            }
        }
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two examples of the definition of Web3 Secret Storage.
    const PBKDF2: &str = r#"{"crypto":{"cipher":"aes-128-ctr",
        "cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},
        "ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
        "kdf":"pbkdf2","kdfparams":{"c":262144,"dklen":32,"prf":"hmac-sha256",
        "salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
        "mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},
        "id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}"#;
    const SCRYPT: &str = r#"{"crypto":{"cipher":"aes-128-ctr",
        "cipherparams":{"iv":"83dbcc02d8ccb40e466191a123791e0e"},
        "ciphertext":"d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
        "kdf":"scrypt","kdfparams":{"dklen":32,"n":262144,"p":8,"r":1,
        "salt":"ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"},
        "mac":"2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097"},
        "id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}"#;
    const SECRET: &str = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";

    #[test]
    fn the_published_keystores_are_opened() {
        for keystore in [PBKDF2, SCRYPT] {
            let key = open(keystore, &"testpassword".into()).unwrap();
            assert_eq!(hex::encode(key.to_bytes()), SECRET);
            let refused = open(keystore, &"other".into()).unwrap_err();
            assert!(refused.contains("wrong passphrase"), "{refused}");
        }
    }

    #[test]
    fn what_costs_too_much_is_not_computed() {
        for (good, bad) in [
            ("262144", "9999999999999"),
            ("\"n\":262144", "\"n\":4294967296"),
            ("aes-128-ctr", "aes-256-ctr"),
            ("\"dklen\":32", "\"dklen\":64"),
            ("\"version\":3", "\"version\":1"),
        ] {
            let changed = SCRYPT.replace(good, bad);
            assert_ne!(changed, SCRYPT);
            open(&changed, &"testpassword".into()).unwrap_err();
        }
    }
}
