//! The few forms of output script that the bundled chain knows.

use sha2::{Digest, Sha256};

use crate::asm::is_push_only;
use crate::signing::KeyHash;

/// What the output with the witness commitment begins with (BIP141).
pub const WITNESS_COMMITMENT_PREFIX: [u8; 6] = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];

const OP_0: u8 = 0x00;
const OP_RETURN: u8 = 0x6a;
const OP_PUSHDATA1: u8 = 0x4c;
const OP_PUSHDATA2: u8 = 0x4d;
const OP_PUSHDATA4: u8 = 0x4e;
const OP_TRUE: u8 = 0x51;
/// Pushes the next twenty bytes.
const PUSH_20: u8 = 20;
/// Pushes the next 32 bytes.
const PUSH_32: u8 = 32;

/// What the vault's outputs are spent with: anybody could, but for the rules of the chain.
pub const VAULT_WITNESS_SCRIPT: [u8; 1] = [OP_TRUE];

/// An output script, by its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// Version 0 witness program of a key's hash (P2WPKH).
    KeyHash(KeyHash),
    /// Version 0 witness program of the hash of [`VAULT_WITNESS_SCRIPT`] (P2WSH).
    Vault,
    /// `OP_RETURN` and pushes: nobody can spend it. Behind other opcodes nodes would count
    /// signature checks against the limit of a block.
    Data,
    /// Any other.
    Other,
}

impl Script {
    /// The form of a script.
    pub fn of(script: &[u8]) -> Self {
        match script {
            [OP_0, PUSH_20, program @ ..] => match program.try_into() {
                Ok(hash) => Self::KeyHash(KeyHash(hash)),
                Err(_) => Self::Other,
            },
            [OP_0, PUSH_32, program @ ..] if program == vault_program() => Self::Vault,
            [OP_RETURN, rest @ ..] if is_push_only(rest) => Self::Data,
            _ => Self::Other,
        }
    }
}

impl KeyHash {
    /// The script that pays this key.
    pub fn script(&self) -> Vec<u8> {
        let mut script = vec![OP_0, PUSH_20];
        script.extend(self.0);
        script
    }
}

/// The witness program of the vault.
pub fn vault_program() -> [u8; 32] {
    Sha256::digest(VAULT_WITNESS_SCRIPT).into()
}

/// The script that pays the vault.
pub fn vault_script() -> Vec<u8> {
    let mut script = vec![OP_0, PUSH_32];
    script.extend(vault_program());
    script
}

/// What an `OP_RETURN` script pushes first, whatever opcode it uses for that, and all that follows.
pub(crate) fn first_push(script: &[u8]) -> Option<&[u8]> {
    let (&[OP_RETURN, opcode], rest) = script.split_first_chunk::<2>()? else { return None };
    match opcode {
        OP_PUSHDATA1 => rest.get(1..),
        OP_PUSHDATA2 => rest.get(2..),
        OP_PUSHDATA4 => rest.get(4..),
        direct if direct < OP_PUSHDATA1 => Some(rest),
        _ => None,
    }
}

/// True for an `OP_RETURN` script of one minimal push.
pub(crate) fn is_minimal_data(script: &[u8]) -> bool {
    first_push(script).is_some_and(|data| data_script(data) == script)
}

/// `OP_RETURN` with one minimal push of `data`; an empty or longer one than a block holds is never
/// asked for.
pub fn data_script(data: &[u8]) -> Vec<u8> {
    let mut script = vec![OP_RETURN];
    script.extend(push_prefix(data.len()));
    script.extend(data);
    script
}

fn push_prefix(len: usize) -> Vec<u8> {
    match (u8::try_from(len), u16::try_from(len), u32::try_from(len)) {
        (Ok(short), _, _) if short < OP_PUSHDATA1 => vec![short],
        (Ok(len), _, _) => vec![OP_PUSHDATA1, len],
        (_, Ok(len), _) => [&[OP_PUSHDATA2][..], &len.to_le_bytes()].concat(),
        (_, _, len) => [&[OP_PUSHDATA4][..], &len.unwrap_or(u32::MAX).to_le_bytes()].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_apart() {
        let hash = KeyHash([3; 20]);
        assert_eq!(Script::of(&hash.script()), Script::KeyHash(hash));
        assert_eq!(Script::of(&data_script(b"x")), Script::Data);
        assert_eq!(Script::of(&vault_script()), Script::Vault);
        let mut other_program = vault_script();
        other_program[2] ^= 1;
        assert_eq!(Script::of(&other_program), Script::Other);
        let long = [hash.script().as_slice(), &[0]].concat();
        for other in
            [&[][..], &[OP_0], &hash.script()[..21], &long, &[0x51], &[0x6a, 0xac], &[0x6a, 2]]
        {
            assert_eq!(Script::of(other), Script::Other, "{other:?}");
        }
    }

    #[test]
    fn pushes_are_minimal() {
        for (len, prefix) in [
            (75, vec![75]),
            (76, vec![0x4c, 76]),
            (256, vec![0x4d, 0, 1]),
            (65536, vec![0x4e, 0, 0, 1, 0]),
        ] {
            let script = data_script(&vec![9; len]);
            assert_eq!(script[1..=prefix.len()], prefix);
            assert_eq!(script.len(), 1 + prefix.len() + len);
        }
    }
}
