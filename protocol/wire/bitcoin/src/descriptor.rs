//! Output descriptors as far as they name one script each (BIP380, BIP385).

use causeway_core::DecodeError;

use crate::{Address, AddressNetwork, KeyHash};

/// What a descriptor is called in errors.
const WHAT: &str = "descriptor";
/// Characters of a descriptor, in groups of 32 by how they count in the checksum (BIP380).
const INPUT_CHARS: &str = "0123456789()[],'/*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~\
    ijklmnopqrstuvwxyzABCDEFGH`#\"\\ ";
/// Characters of the checksum, those of bech32.
const CHECKSUM_CHARS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
/// The generator of the checksum's code (BIP380).
const GENERATOR: [u64; 5] =
    [0xf5_dee5_1989, 0xa9_fdca_3312, 0x1b_ab10_e32d, 0x37_06b1_677a, 0x64_4d62_6ffd];
/// Characters of a checksum.
const CHECKSUM_LEN: usize = 8;
/// The longest descriptor that is read: twice a script of the longest kind in hexadecimal digits.
const MAX_LEN: usize = 40_000;

/// One step of the checksum's code.
fn step(state: u64, value: u64) -> u64 {
    let top = state >> 35;
    let mut next = ((state & 0x7_ffff_ffff) << 5) ^ value;
    for (bit, generator) in GENERATOR.iter().enumerate() {
        if (top >> bit) & 1 == 1 {
            next ^= generator;
        }
    }
    next
}

/// The checksum of a descriptor without one; `None` when it has a character that no descriptor has.
pub fn descriptor_checksum(text: &str) -> Option<String> {
    let (mut state, mut group, mut count) = (1_u64, 0_u64, 0_u8);
    for character in text.chars() {
        let position = u64::try_from(INPUT_CHARS.find(character)?).ok()?;
        state = step(state, position & 31);
        group = group.saturating_mul(3).saturating_add(position >> 5);
        count = count.saturating_add(1);
        if count == 3 {
            state = step(state, group);
            (group, count) = (0, 0);
        }
    }
    if count > 0 {
        state = step(state, group);
    }
    for _ in 0..CHECKSUM_LEN {
        state = step(state, 0);
    }
    state ^= 1;
    let places = (0..CHECKSUM_LEN).rev().map(|place| place.saturating_mul(5));
    let values = places.map(|shift| usize::try_from((state >> shift) & 31).ok());
    values.map(|value| CHECKSUM_CHARS.get(value?).copied().map(char::from)).collect()
}

/// A descriptor with its checksum behind it.
fn with_checksum(text: &str) -> String {
    let checksum = descriptor_checksum(text).unwrap_or_default();
    format!("{text}#{checksum}")
}

/// The descriptor of one script, in the words that nodes use for scripts whose keys they do not
/// know: `addr(…)`, or `raw(…)` when it has no address.
pub fn descriptor_of(script: &[u8], network: AddressNetwork) -> String {
    match Address::of_script(script, network) {
        Some(address) => with_checksum(&format!("addr({address})")),
        None => with_checksum(&format!("raw({})", hex::encode(script))),
    }
}

/// The scripts that a descriptor stands for: `addr(…)`, `raw(…)`, and `wpkh(…)` and `combo(…)` of a
/// compressed key in hexadecimal digits. Other forms and extended keys are not read. A checksum
/// may be missing, but not wrong.
pub fn descriptor_scripts(
    text: &str,
    network: AddressNetwork,
) -> Result<Vec<Vec<u8>>, DecodeError> {
    if text.len() > MAX_LEN {
        let reason = format!("{} characters, at most {MAX_LEN} are read", text.len());
        return Err(DecodeError::new(WHAT, reason));
    }
    let body = checked_body(text)?;
    let unknown = || DecodeError::new(WHAT, format!("'{body}' is not a valid descriptor function"));
    let (function, argument) =
        body.strip_suffix(')').and_then(|open| open.split_once('(')).ok_or_else(unknown)?;
    match function {
        "addr" => {
            let address = Address::parse(argument, network).map_err(|error| {
                DecodeError::new(WHAT, format!("Address is not valid: {error}"))
            })?;
            Ok(vec![address.script()])
        }
        "raw" => {
            let script = hex::decode(argument)
                .map_err(|_| DecodeError::new(WHAT, "Raw script is not hex"))?;
            Ok(vec![script])
        }
        "wpkh" => Ok(vec![key_hash(argument)?.script()]),
        "combo" => combined(argument),
        _ => Err(unknown()),
    }
}

/// The descriptor without its checksum, which is compared.
fn checked_body(text: &str) -> Result<&str, DecodeError> {
    let Some((body, given)) = text.split_once('#') else { return Ok(text) };
    if given.contains('#') {
        return Err(DecodeError::new(WHAT, "Multiple '#' symbols"));
    }
    let len = given.chars().count();
    if len != CHECKSUM_LEN {
        let reason = format!("Expected {CHECKSUM_LEN} character checksum, not {len} characters");
        return Err(DecodeError::new(WHAT, reason));
    }
    match descriptor_checksum(body) {
        None => Err(DecodeError::new(WHAT, "Invalid characters in payload")),
        Some(expected) if expected == given => Ok(body),
        Some(expected) => {
            let reason = format!(
                "Provided checksum '{given}' does not match computed checksum '{expected}'"
            );
            Err(DecodeError::new(WHAT, reason))
        }
    }
}

fn key_bytes(text: &str) -> Result<[u8; 33], DecodeError> {
    let malformed = || DecodeError::new(WHAT, format!("key '{text}' is not valid"));
    let mut key = [0; 33];
    hex::decode_to_slice(text, &mut key).map_err(|_| malformed())?;
    if matches!(key, [2 | 3, ..]) { Ok(key) } else { Err(malformed()) }
}

fn key_hash(text: &str) -> Result<KeyHash, DecodeError> {
    key_bytes(text).map(|key| KeyHash::of_bytes(&key))
}

/// Of a compressed key: to itself, to its hash, to it as a witness program, and that wrapped.
fn combined(text: &str) -> Result<Vec<Vec<u8>>, DecodeError> {
    let key = key_bytes(text)?;
    let hash = KeyHash::of_bytes(&key);
    let program = hash.script();
    let wrapped = KeyHash::of_bytes(&program);
    Ok(vec![
        [&[33][..], &key, &[0xac]].concat(),
        [&[0x76, 0xa9, 20][..], &hash.0, &[0x88, 0xac]].concat(),
        program,
        [&[0xa9, 20][..], &wrapped.0, &[0x87]].concat(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The generator point as a key.
    const KEY: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

    #[test]
    fn checksums_are_the_published_ones() {
        // BIP380's own example.
        assert_eq!(descriptor_checksum("raw(deadbeef)").as_deref(), Some("89f8spxm"));
        assert_eq!(descriptor_checksum("raw(é)"), None);
    }

    #[test]
    fn one_script_is_named_in_several_ways() {
        let network = AddressNetwork::Regtest;
        let scripts = |text: &str| descriptor_scripts(text, network).unwrap();
        let [program] = scripts(&format!("wpkh({KEY})")).try_into().unwrap();
        assert_eq!(hex::encode(&program), "0014751e76e8199196d454941c45d1b3a323f1433bd6");
        let named = descriptor_of(&program, network);
        assert!(named.starts_with("addr(bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7"), "{named}");
        assert_eq!(scripts(&named), core::slice::from_ref(&program));
        assert_eq!(
            scripts(&format!("raw({})", hex::encode(&program))),
            core::slice::from_ref(&program)
        );
        let all = scripts(&format!("combo({KEY})"));
        assert!(all.len() == 4 && all.contains(&program));
        let named = descriptor_of(&[0x6a], network);
        assert_eq!((named.get(..8), scripts(&named)), (Some("raw(6a)#"), vec![vec![0x6a]]));
    }

    #[test]
    fn what_is_no_descriptor_is_refused() {
        for text in [
            "",
            "addr(",
            "addr(nonsense)",
            "raw(xx)",
            "raw(deadbeef)#89f8spxq",
            "raw(deadbeef)#89f8spx",
            "raw(deadbeef)##9f8spxm",
            "wpkh(04)",
            "tr(00)",
        ] {
            assert!(descriptor_scripts(text, AddressNetwork::Regtest).is_err(), "{text}");
        }
    }
}
