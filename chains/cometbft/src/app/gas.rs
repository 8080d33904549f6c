//! What work costs. The prices of reading and writing, of a transaction's bytes and of a signature
//! are the SDK's (`store/types/gas.go`, `x/auth` parameters); the others are chosen so that a block
//! of them takes about as long.

use causeway_contracts::{OutOfGas, Work};
use causeway_store::MAX_VALUE_LEN;

use crate::app::MAX_BLOCK_GAS;

/// Looking for one value (`ReadCostFlat`).
pub const READ: u64 = 1_000;
/// Handing over a byte that was found (`ReadCostPerByte`).
pub const READ_BYTE: u64 = 3;
/// Writing or deleting one entry (`WriteCostFlat`).
pub const WRITE: u64 = 2_000;
/// Writing a byte (`WriteCostPerByte`).
pub const WRITE_BYTE: u64 = 30;
/// One entry of a page that is looked for (`IterNextCostFlat`).
pub const SCAN_ENTRY: u64 = 30;
/// Hashing a byte.
pub const HASH_BYTE: u64 = 1;
/// Moving tokens: two balances are read and written.
pub const MOVE_TOKENS: u64 = 10_000;
/// An event.
pub const EMIT: u64 = 1_000;
/// Judging a client message, whatever it says.
pub const CLIENT_MESSAGE: u64 = 200_000;
/// A byte of a client message: signatures to be checked are what it mostly has.
pub const CLIENT_MESSAGE_BYTE: u64 = 50;
/// One value that a proof is about.
pub const PROOF_ENTRY: u64 = 10_000;
/// A byte of a proof.
pub const PROOF_BYTE: u64 = 10;
/// Calling an application.
pub const CALLBACK: u64 = 5_000;
/// A byte of a transaction (`TxSizeCostPerByte`).
pub const TX_BYTE: u64 = 10;
/// A signature (`SigVerifyCostSecp256k1`).
pub const SIGNATURE: u64 = 1_000;

/// What one transaction may still do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GasMeter {
    limit: u64,
    used: u64,
}

impl GasMeter {
    pub(crate) const fn new(limit: u64) -> Self {
        Self { limit, used: 0 }
    }

    /// For a simulation: whatever fits into a block.
    pub(crate) const fn of_a_block() -> Self {
        Self::new(MAX_BLOCK_GAS)
    }

    pub(crate) const fn used(&self) -> u64 {
        self.used
    }

    pub(crate) const fn limit(&self) -> u64 {
        self.limit
    }

    /// Takes `gas`; what is too much is counted too.
    pub(crate) const fn take(&mut self, gas: u64) -> Result<(), OutOfGas> {
        self.used = self.used.saturating_add(gas);
        if self.used > self.limit { Err(OutOfGas) } else { Ok(()) }
    }

    /// Ends the transaction, whatever it still does: it asked for what the store cannot hold.
    pub(crate) const fn exhaust(&mut self) {
        self.used = u64::MAX;
    }

    /// True when more was asked for than there was.
    pub(crate) const fn is_exhausted(&self) -> bool {
        self.used > self.limit
    }

    /// Takes the price of `work`. An entry that the store cannot hold has none: it cannot be paid.
    pub(crate) fn charge(&mut self, work: Work) -> Result<(), OutOfGas> {
        match work {
            Work::Write(bytes) if bytes > MAX_VALUE_LEN => {
                self.exhaust();
                Err(OutOfGas)
            }
            work => self.take(price(work)),
        }
    }
}

fn price(work: Work) -> u64 {
    match work {
        Work::Read => READ,
        Work::ReadBytes(bytes) => each(READ_BYTE, bytes),
        Work::Write(bytes) => each(WRITE_BYTE, bytes).saturating_add(WRITE),
        Work::Scan(limit) => each(SCAN_ENTRY, limit).saturating_add(READ),
        Work::Hash(bytes) => each(HASH_BYTE, bytes),
        Work::MoveTokens => MOVE_TOKENS,
        Work::Emit => EMIT,
        Work::ClientMessage(bytes) => {
            each(CLIENT_MESSAGE_BYTE, bytes).saturating_add(CLIENT_MESSAGE)
        }
        Work::Proof { bytes, entries } => {
            each(PROOF_BYTE, bytes).saturating_add(each(PROOF_ENTRY, entries))
        }
        Work::Callback => CALLBACK,
        Work::Application(units) => READ.saturating_mul(units),
    }
}

/// A price for each of so many.
fn each(price: u64, count: usize) -> u64 {
    price.saturating_mul(u64::try_from(count).unwrap_or(u64::MAX))
}
