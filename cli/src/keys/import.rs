//! Keys that other programs have written.

use causeway_client_bitcoin::sha256d;
use k256::ecdsa::SigningKey;
use zeroize::Zeroizing;

use super::keystore;
use super::passphrase::Passphrase;
use crate::output::Failure;

/// What begins a key of the main network in wallet import format.
const WIF_MAINNET: u8 = 0x80;
/// The same on all test networks.
const WIF_TESTNET: u8 = 0xef;

/// A key and the form it came in.
pub(crate) struct Imported {
    pub(crate) key: SigningKey,
    pub(crate) form: &'static str,
}

/// Reads a key in whatever form it has: 64 hexadecimal digits, wallet import format, or a version 3
/// keystore, whose passphrase is then asked for.
pub(crate) fn import(
    text: &str,
    passphrase: impl FnOnce() -> Result<Passphrase, Failure>,
) -> Result<Result<Imported, String>, Failure> {
    let text = text.trim();
    if text.starts_with('{') {
        let key = keystore::open(text, &passphrase()?);
        return Ok(key.map(|key| Imported { key, form: "keystore" }));
    }
    Ok(hex_or_wif(text))
}

fn hex_or_wif(text: &str) -> Result<Imported, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.len() == 64 && digits.chars().all(|c| c.is_ascii_hexdigit()) {
        let secret = Zeroizing::new(hex::decode(digits).map_err(|error| error.to_string())?);
        let key = SigningKey::from_slice(&secret);
        let key = key.map_err(|_| "the number is no key of secp256k1".to_owned())?;
        return Ok(Imported { key, form: "hex" });
    }
    let decoded = bs58::decode(text).into_vec();
    let unknown =
        "neither 64 hexadecimal digits, nor a key in wallet import format, nor a keystore";
    let decoded = Zeroizing::new(decoded.map_err(|_| unknown.to_owned())?);
    let Some((payload, checksum)) = decoded.split_last_chunk::<4>() else {
        return Err(unknown.to_owned());
    };
    if sha256d(payload).first_chunk::<4>() != Some(checksum) {
        return Err("the checksum is wrong: a character was mistyped".to_owned());
    }
    match payload {
        [WIF_MAINNET | WIF_TESTNET, secret @ .., 1] if secret.len() == 32 => {
            let key = SigningKey::from_slice(secret);
            let key = key.map_err(|_| "the number is no key of secp256k1".to_owned())?;
            Ok(Imported { key, form: "wif" })
        }
        [WIF_MAINNET | WIF_TESTNET, secret @ ..] if secret.len() == 32 => {
            Err("a key for uncompressed public keys, which are not used here".to_owned())
        }
        _ => Err("no key in wallet import format".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_other_programs_are_read() {
        for (text, form, secret) in [
            ("0x0000000000000000000000000000000000000000000000000000000000000001", "hex", "01"),
            ("0000000000000000000000000000000000000000000000000000000000000002\n", "hex", "02"),
            // The key one on both kinds of network.
            ("KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn", "wif", "01"),
            ("cMahea7zqjxrtgAbB7LSGbcQUr1uX1ojuat9jZodMN87JcbXMTcA", "wif", "01"),
        ] {
            let imported = import(text, || unreachable!()).unwrap().unwrap();
            assert_eq!(imported.form, form);
            assert_eq!(hex::encode(imported.key.to_bytes()), format!("{secret:0>64}"));
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in [
            "",
            "12",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
            // One character changed.
            "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWm",
            // The key one for uncompressed public keys.
            "5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf",
            // An address.
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        ] {
            assert!(import(text, || unreachable!()).unwrap().is_err(), "{text}");
        }
    }
}
