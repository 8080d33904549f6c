//! A state root in a coinbase: exactly one output that is an `OP_RETURN` of 37 bytes, namely magic
//! (4), version (1) and root (32).

use causeway_core::{Audit, refusals};

use crate::Transaction;
use crate::hash::StateRoot;

/// The bytes by which a chain's commitments are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CommitmentMagic(pub [u8; 4]);

/// The version of the commitment that this client reads.
pub const COMMITMENT_VERSION: u8 = 1;

const OP_RETURN: u8 = 0x6a;
const OP_PUSHDATA1: u8 = 0x4c;
const OP_PUSHDATA2: u8 = 0x4d;
const OP_PUSHDATA4: u8 = 0x4e;
/// Pushes the number 1; the next fifteen codes push 2 to 16.
const OP_1: u8 = 0x51;

/// Why a coinbase gives no state root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitmentError {
    /// It is of another height than its header (BIP34).
    #[error("the coinbase does not begin with the push of height {expected}")]
    HeightMismatch {
        /// The header's height.
        expected: u64,
    },
    /// No output carries the magic.
    #[error("no output of the coinbase commits to a state")]
    Absent {},
    /// More than one output carries the magic.
    #[error("{got} outputs of the coinbase commit to a state, expected {expected}")]
    Repeated {
        /// How many do.
        got: usize,
        /// One.
        expected: usize,
    },
    /// The magic is followed by something else than version and root, or is pushed another way.
    #[error("an output of {got} bytes carries the magic in another form than {expected}")]
    OtherForm {
        /// Bytes in the script.
        got: usize,
        /// The form.
        expected: &'static str,
    },
    /// A version from the future.
    #[error("state commitment of version {got}, expected {expected}")]
    OtherVersion {
        /// The version.
        got: u8,
        /// The one that is known.
        expected: u8,
    },
    /// No state hashes to zero: it is a default that nobody filled in.
    #[error("the committed state root is {got}")]
    ZeroRoot {
        /// The root.
        got: StateRoot,
    },
}

refusals! {
    CommitmentError {
        HeightMismatch { expected } => "coinbase_height_mismatch", Reject;
        Absent { } => "state_commitment_absent", Reject;
        Repeated { got, expected } => "state_commitment_repeated", Reject;
        OtherForm { got, expected } => "state_commitment_other_form", Reject;
        OtherVersion { got, expected } => "state_commitment_other_version", Reject;
        ZeroRoot { got } => "state_root_is_zero", Reject;
    }
}

/// The script of the output that commits to `root`.
pub fn commitment_script(magic: CommitmentMagic, root: StateRoot) -> [u8; 39] {
    let mut script = [0; 39];
    let parts = [OP_RETURN, PAYLOAD_LEN]
        .into_iter()
        .chain(magic.0)
        .chain([COMMITMENT_VERSION])
        .chain(root.0);
    script.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
    script
}

/// Magic, version and root.
const PAYLOAD_LEN: u8 = 37;

/// The bytes that push a height, as a coinbase's input script begins with them (BIP34): a number
/// opcode up to 16, then a minimal little-endian number whose top bit is free.
pub fn height_push(height: u64) -> Vec<u8> {
    if let Ok(small) = u8::try_from(height)
        && small <= 16
    {
        return vec![if small == 0 { 0 } else { OP_1.saturating_add(small).saturating_sub(1) }];
    }
    let mut digits = height.to_le_bytes().to_vec();
    while digits.last() == Some(&0) {
        digits.pop();
    }
    if digits.last().is_some_and(|top| top & 0x80 != 0) {
        digits.push(0);
    }
    let len = u8::try_from(digits.len()).unwrap_or(u8::MAX);
    digits.insert(0, len);
    digits
}

/// What an `OP_RETURN` script pushes first, whatever opcode it uses for that.
fn first_push(script: &[u8]) -> Option<&[u8]> {
    let (&[OP_RETURN, opcode], rest) = script.split_first_chunk::<2>()? else { return None };
    match opcode {
        OP_PUSHDATA1 => rest.get(1..),
        OP_PUSHDATA2 => rest.get(2..),
        OP_PUSHDATA4 => rest.get(4..),
        direct if direct < OP_PUSHDATA1 => Some(rest),
        _ => None,
    }
}

/// The state root that a block's coinbase commits to. Outputs are parsed, not searched, so that a
/// magic that straddles fields counts for nothing.
pub fn committed_state_root(
    coinbase: &Transaction<'_>,
    magic: CommitmentMagic,
    height: u64,
    audit: &mut impl Audit,
) -> Result<StateRoot, CommitmentError> {
    let begins_with_height =
        coinbase.inputs.first().is_some_and(|input| input.script.starts_with(&height_push(height)));
    if !begins_with_height {
        return Err(CommitmentError::HeightMismatch { expected: height });
    }
    audit.passed("coinbase_height", || format!("the coinbase is of height {height}"));
    let mut tagged = coinbase
        .outputs
        .iter()
        .map(|output| output.script)
        .filter(|script| first_push(script).is_some_and(|data| data.starts_with(&magic.0)));
    let script = tagged.next().ok_or(CommitmentError::Absent {})?;
    let others = tagged.count();
    if others != 0 {
        return Err(CommitmentError::Repeated { got: others.saturating_add(1), expected: 1 });
    }
    let root = read_commitment(script)?;
    audit.passed("state_commitment", || format!("state root {root}"));
    Ok(root)
}

fn read_commitment(script: &[u8]) -> Result<StateRoot, CommitmentError> {
    let other_form = || CommitmentError::OtherForm {
        got: script.len(),
        expected: "6a25 magic(4) version(1) root(32)",
    };
    let ([OP_RETURN, PAYLOAD_LEN, _, _, _, _, version], root) =
        script.split_first_chunk::<7>().ok_or_else(other_form)?
    else {
        return Err(other_form());
    };
    let root = StateRoot(root.try_into().map_err(|_| other_form())?);
    if *version != COMMITMENT_VERSION {
        return Err(CommitmentError::OtherVersion { got: *version, expected: COMMITMENT_VERSION });
    }
    if root == StateRoot::default() {
        return Err(CommitmentError::ZeroRoot { got: root });
    }
    Ok(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_are_pushed_as_scripts_push_numbers() {
        for (height, push) in [
            (0, vec![0x00]),
            (1, vec![0x51]),
            (16, vec![0x60]),
            (17, vec![0x01, 0x11]),
            (127, vec![0x01, 0x7f]),
            (128, vec![0x02, 0x80, 0x00]),
            (255, vec![0x02, 0xff, 0x00]),
            (256, vec![0x02, 0x00, 0x01]),
            (32_768, vec![0x03, 0x00, 0x80, 0x00]),
            (830_000, vec![0x03, 0x30, 0xaa, 0x0c]),
            (u64::MAX, [vec![0x09], vec![0xff; 8], vec![0]].concat()),
        ] {
            assert_eq!(height_push(height), push, "{height}");
        }
    }
}
