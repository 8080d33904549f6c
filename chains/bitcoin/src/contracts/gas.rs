//! What work costs, in gas: about ten nanoseconds each.

use causeway_contracts::Work;
use causeway_wire_bitcoin::{CALL_GAS, PAYMENT_GAS};

/// Looking for a value in a tree of a million leaves.
const READ: u64 = 100;
/// New nodes on a leaf's way to the root, and their hashes.
const WRITE: u64 = 1_000;
/// Writing a byte that stays.
const WRITE_BYTE: u64 = 5;
/// The costliest light client's fixed part: a pairing, or the signatures of a commit.
const CLIENT_MESSAGE: u64 = 100_000;
/// Keys and signatures, which the costliest messages are made of, are judged by the byte.
const CLIENT_MESSAGE_BYTE: u64 = 40;
/// A proof's fixed part.
const PROOF: u64 = 500;
/// One value of a proof.
const PROOF_ENTRY: u64 = 300;
/// Calling an application, and reading its payload.
const CALLBACK: u64 = 500;

/// What a piece of work costs.
pub(super) fn price(work: Work) -> u64 {
    let size = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
    match work {
        Work::Read | Work::Emit => READ,
        Work::ReadBytes(bytes) | Work::Hash(bytes) => size(bytes).div_ceil(4),
        Work::Write(bytes) => WRITE.saturating_add(size(bytes).saturating_mul(WRITE_BYTE)),
        Work::Scan(limit) => READ.saturating_add(size(limit).saturating_mul(READ)),
        Work::MoveTokens => PAYMENT_GAS,
        Work::ClientMessage(bytes) => {
            CLIENT_MESSAGE.saturating_add(size(bytes).saturating_mul(CLIENT_MESSAGE_BYTE))
        }
        Work::Proof { bytes, entries } => {
            let entries = size(entries).saturating_mul(PROOF_ENTRY);
            PROOF.saturating_add(size(bytes)).saturating_add(entries)
        }
        Work::Callback => CALLBACK,
        Work::Application(units) => units.saturating_mul(READ),
    }
}

/// What a call of so many bytes costs before it does anything: decoding it, and keeping it.
pub(super) fn intrinsic(bytes: usize) -> u64 {
    CALL_GAS.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX))
}
