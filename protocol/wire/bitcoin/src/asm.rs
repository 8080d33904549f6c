//! Scripts as text, in the words of Bitcoin Core.

use crate::Script;
use crate::address::witness_program;

const OP_PUSHDATA1: u8 = 0x4c;
const OP_PUSHDATA2: u8 = 0x4d;
const OP_PUSHDATA4: u8 = 0x4e;
const OP_1NEGATE: u8 = 0x4f;
const OP_RESERVED: u8 = 0x50;
const OP_16: u8 = 0x60;
const OP_CHECKSIG: u8 = 0xac;
/// Pushes of up to so many bytes are shown as numbers.
const MAX_NUMBER_LEN: usize = 4;

/// The names of the opcodes from 0x61 on, without `OP_`.
const NAMES: &str = "NOP VER IF NOTIF VERIF VERNOTIF ELSE ENDIF VERIFY RETURN TOALTSTACK \
    FROMALTSTACK 2DROP 2DUP 3DUP 2OVER 2ROT 2SWAP IFDUP DEPTH DROP DUP NIP OVER PICK ROLL ROT SWAP \
    TUCK CAT SUBSTR LEFT RIGHT SIZE INVERT AND OR XOR EQUAL EQUALVERIFY RESERVED1 RESERVED2 1ADD \
    1SUB 2MUL 2DIV NEGATE ABS NOT 0NOTEQUAL ADD SUB MUL DIV MOD LSHIFT RSHIFT BOOLAND BOOLOR \
    NUMEQUAL NUMEQUALVERIFY NUMNOTEQUAL LESSTHAN GREATERTHAN LESSTHANOREQUAL GREATERTHANOREQUAL \
    MIN MAX WITHIN RIPEMD160 SHA1 SHA256 HASH160 HASH256 CODESEPARATOR CHECKSIG CHECKSIGVERIFY \
    CHECKMULTISIG CHECKMULTISIGVERIFY NOP1 CHECKLOCKTIMEVERIFY CHECKSEQUENCEVERIFY NOP4 NOP5 NOP6 \
    NOP7 NOP8 NOP9 NOP10 CHECKSIGADD";

/// A part of a script.
enum Part<'s> {
    Push(&'s [u8]),
    Opcode(u8),
    /// A push of more than is there.
    Broken,
}

/// Takes the next part off the front.
fn next_part<'s>(script: &mut &'s [u8]) -> Option<Part<'s>> {
    let (opcode, rest) = script.split_first()?;
    let len_bytes = match *opcode {
        OP_PUSHDATA1 => 1,
        OP_PUSHDATA2 => 2,
        OP_PUSHDATA4 => 4,
        1..OP_PUSHDATA1 => 0,
        opcode => {
            *script = rest;
            return Some(Part::Opcode(opcode));
        }
    };
    let pushed = rest.split_at_checked(len_bytes).and_then(|(prefix, rest)| {
        let len = match prefix {
            [] => usize::from(*opcode),
            prefix => prefix.iter().rev().fold(0, |len, byte| (len << 8) | usize::from(*byte)),
        };
        rest.split_at_checked(len)
    });
    let Some((data, rest)) = pushed else {
        *script = &[];
        return Some(Part::Broken);
    };
    *script = rest;
    Some(Part::Push(data))
}

/// A script as text: pushes in hexadecimal digits, short ones as numbers.
pub fn script_asm(script: &[u8]) -> String {
    let mut words = Vec::new();
    let mut rest = script;
    while let Some(part) = next_part(&mut rest) {
        words.push(match part {
            Part::Push(data) if data.len() <= MAX_NUMBER_LEN => number(data).to_string(),
            Part::Push(data) => hex::encode(data),
            Part::Opcode(opcode) => opcode_name(opcode),
            Part::Broken => "[error]".into(),
        });
    }
    words.join(" ")
}

/// A number of a script: least significant byte first, the highest bit of the last is the sign.
fn number(data: &[u8]) -> i64 {
    let Some((last, lower)) = data.split_last() else { return 0 };
    let high = i64::from(last & 0x7f);
    let value = lower.iter().rev().fold(high, |value, byte| (value << 8) | i64::from(*byte));
    if last & 0x80 == 0 { value } else { value.saturating_neg() }
}

fn opcode_name(opcode: u8) -> String {
    match opcode {
        0 => "0".into(),
        OP_1NEGATE => "-1".into(),
        OP_RESERVED => "OP_RESERVED".into(),
        0x51..=OP_16 => opcode.saturating_sub(OP_RESERVED).to_string(),
        _ => {
            let place = usize::from(opcode.saturating_sub(0x61));
            let name = NAMES.split_whitespace().nth(place).unwrap_or("INVALIDOPCODE");
            format!("OP_{}", if opcode == u8::MAX { "INVALIDOPCODE" } else { name })
        }
    }
}

/// The kind of an output script, by Bitcoin Core's names.
pub fn script_type(script: &[u8]) -> &'static str {
    if let Some((version, program)) = witness_program(script) {
        return match (version, program.len()) {
            (0, 20) => "witness_v0_keyhash",
            (0, 32) => "witness_v0_scripthash",
            (0, _) => "nonstandard",
            (1, 32) => "witness_v1_taproot",
            _ => "witness_unknown",
        };
    }
    match script {
        [65, 4, key @ .., OP_CHECKSIG] if key.len() == 64 => "pubkey",
        _ if Script::of(script) == Script::Data => "nulldata",
        _ => "nonstandard",
    }
}

/// True for a script that does nothing but push, whole pushes of all.
pub(crate) fn is_push_only(mut script: &[u8]) -> bool {
    while let Some(part) = next_part(&mut script) {
        match part {
            Part::Push(_) | Part::Opcode(0..=OP_16) => (),
            Part::Opcode(_) | Part::Broken => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeyHash, data_script};

    #[test]
    fn scripts_are_spelt_as_nodes_spell_them() {
        let account = KeyHash([3; 20]).script();
        assert_eq!(script_asm(&account), format!("0 {}", "03".repeat(20)));
        assert_eq!(script_asm(&data_script(b"12345")), "OP_RETURN 3132333435");
        assert_eq!(script_asm(&data_script(&[0xff, 0x80])), "OP_RETURN -255");
        assert_eq!(script_asm(&data_script(&[7; 300])), format!("OP_RETURN {}", "07".repeat(300)));
        assert_eq!(
            script_asm(&[0x00, 0x4f, 0x51, 0x60, 0x76, 0xba]),
            "0 -1 1 16 OP_DUP OP_CHECKSIGADD"
        );
        assert_eq!(
            script_asm(&[0xac, 0xb1, 0xbb]),
            "OP_CHECKSIG OP_CHECKLOCKTIMEVERIFY OP_INVALIDOPCODE"
        );
        for broken in [&[5, 1][..], &[0x4c], &[0x4d, 1], &[0x4e, 255, 255, 255, 255]] {
            assert_eq!(script_asm(broken), "[error]");
        }
        assert_eq!(script_asm(&[]), "");
    }

    #[test]
    fn kinds_are_named_as_nodes_name_them() {
        let key = [&[65, 4][..], &[9; 64], &[0xac]].concat();
        for (script, kind) in [
            (KeyHash([3; 20]).script(), "witness_v0_keyhash"),
            ([&[0, 32][..], &[1; 32]].concat(), "witness_v0_scripthash"),
            ([&[0x51, 32][..], &[1; 32]].concat(), "witness_v1_taproot"),
            (vec![0x52, 2, 1, 1], "witness_unknown"),
            (data_script(b"x"), "nulldata"),
            (vec![0x6a, 0xac], "nonstandard"),
            (vec![0x6a, 9], "nonstandard"),
            (key, "pubkey"),
            (vec![], "nonstandard"),
        ] {
            assert_eq!(script_type(&script), kind, "{script:?}");
        }
    }
}
