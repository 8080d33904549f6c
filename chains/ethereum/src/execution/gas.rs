//! What things cost.
//!
//! Transactions pay as on Ethereum (EIP-2028, EIP-2930, EIP-7623). What contracts do is priced
//! after the opcodes that an EVM contract would need for it.

use alloy_primitives::U256;
use causeway_contracts::{OutOfGas, Work};
use causeway_wire_ethereum::transaction::Transaction;

/// The most gas of a block.
pub const BLOCK_GAS_LIMIT: u64 = 30_000_000;

/// The most gas of one transaction (EIP-7825).
pub const MAX_TRANSACTION_GAS: u64 = 1 << 24;

/// The base fee of the genesis block, in wei.
pub const INITIAL_BASE_FEE: u64 = 1_000_000_000;

/// The gas of every transaction.
pub const TRANSACTION_GAS: u64 = 21_000;

/// A block uses this fraction of its limit when the base fee is to stay (EIP-1559).
const ELASTICITY: u64 = 2;
/// The base fee moves by at most one part in so many (EIP-1559).
const BASE_FEE_DENOMINATOR: u64 = 8;

/// Gas of a zero byte of calldata.
const ZERO_BYTE: u64 = 4;
/// Gas of another byte of calldata (EIP-2028).
const OTHER_BYTE: u64 = 16;
/// Four zero bytes, or another one, are a token; each costs at least this (EIP-7623).
const FLOOR_PER_TOKEN: u64 = 10;
/// Tokens of a byte that is not zero.
const TOKENS_PER_OTHER_BYTE: u64 = 4;
/// Gas of an address in an access list (EIP-2930).
const ACCESS_LIST_ADDRESS: u64 = 2_400;
/// Gas of a slot in an access list (EIP-2930).
const ACCESS_LIST_KEY: u64 = 1_900;

/// A value looked up: between a warm and a cold slot.
const READ: u64 = 800;
/// 32 bytes handed over.
const READ_WORD: u64 = 3;
/// An entry written: a slot that changes (EIP-2200).
const WRITE: u64 = 5_000;
/// 32 bytes written.
const WRITE_WORD: u64 = 200;
/// Keccak or SHA-256 of something.
const HASH: u64 = 60;
/// 32 bytes hashed.
const HASH_WORD: u64 = 12;
/// Two balances and an event.
const MOVE_TOKENS: u64 = 12_000;
/// An event of three topics.
const EMIT: u64 = 1_500;
/// Signatures of a header.
const CLIENT_MESSAGE: u64 = 60_000;
/// A byte of a header.
const CLIENT_MESSAGE_BYTE: u64 = 4;
/// One value of a proof.
const PROOF_ENTRY: u64 = 4_000;
/// A byte of a proof.
const PROOF_BYTE: u64 = 4;
/// A call (EIP-2929, cold).
const CALLBACK: u64 = 2_600;
fn len(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

fn words(bytes: usize) -> u64 {
    len(bytes.div_ceil(32))
}

/// The price of a contract's work.
pub(super) fn price(work: Work) -> u64 {
    let plus = |fixed: u64, unit: u64, count: u64| fixed.saturating_add(unit.saturating_mul(count));
    match work {
        Work::Read => READ,
        Work::ReadBytes(bytes) => plus(0, READ_WORD, words(bytes)),
        Work::Write(bytes) => plus(WRITE, WRITE_WORD, words(bytes)),
        Work::Scan(limit) => plus(READ, READ, len(limit)),
        Work::Hash(bytes) => plus(HASH, HASH_WORD, words(bytes)),
        Work::MoveTokens => MOVE_TOKENS,
        Work::Emit => EMIT,
        Work::ClientMessage(bytes) => plus(CLIENT_MESSAGE, CLIENT_MESSAGE_BYTE, len(bytes)),
        Work::Proof { bytes, entries } => {
            plus(PROOF_ENTRY.saturating_mul(len(entries)), PROOF_BYTE, len(bytes))
        }
        Work::Callback => CALLBACK,
        Work::Application(units) => plus(0, READ, units),
    }
}

/// What one call may still use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gas {
    limit: u64,
    used: u64,
}

impl Gas {
    pub(super) const fn new(limit: u64) -> Self {
        Self { limit, used: 0 }
    }

    pub(super) const fn used(&self) -> u64 {
        self.used
    }

    /// Takes gas, or all that is left where it is not enough.
    pub(super) fn take(&mut self, gas: u64) -> Result<(), OutOfGas> {
        let used = self.used.saturating_add(gas);
        self.used = used.min(self.limit);
        if used > self.limit { Err(OutOfGas) } else { Ok(()) }
    }
}

/// Gas that a transaction needs before it does anything, and the least that it uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intrinsic {
    /// Taken at the start.
    pub gas: u64,
    /// The least in all (EIP-7623).
    pub floor: u64,
}

impl Intrinsic {
    /// Of a call with this input and an access list of so many addresses and slots.
    pub fn of(input: &[u8], addresses: usize, keys: usize) -> Self {
        let zeros =
            input.iter().fold(0, |zeros: u64, byte| zeros.saturating_add((*byte == 0).into()));
        let others = len(input.len()).saturating_sub(zeros);
        let tokens = zeros.saturating_add(others.saturating_mul(TOKENS_PER_OTHER_BYTE));
        let gas = TRANSACTION_GAS
            .saturating_add(zeros.saturating_mul(ZERO_BYTE))
            .saturating_add(others.saturating_mul(OTHER_BYTE))
            .saturating_add(len(addresses).saturating_mul(ACCESS_LIST_ADDRESS))
            .saturating_add(len(keys).saturating_mul(ACCESS_LIST_KEY));
        let floor = TRANSACTION_GAS.saturating_add(tokens.saturating_mul(FLOOR_PER_TOKEN));
        Self { gas, floor }
    }

    /// Of a transaction.
    pub fn of_transaction(transaction: &Transaction) -> Self {
        let list = &transaction.access_list;
        let keys = list.iter().map(|item| item.storage_keys.len()).fold(0, usize::saturating_add);
        Self::of(&transaction.input, list.len(), keys)
    }

    /// The least gas limit of the transaction.
    pub fn needed(&self) -> u64 {
        self.gas.max(self.floor)
    }
}

/// The base fee of the block after one with these values (EIP-1559).
pub fn next_base_fee(base_fee: u64, gas_used: u64, gas_limit: u64) -> u64 {
    let target = (gas_limit / ELASTICITY).max(1);
    let change = |gas: u64| -> u64 {
        let numerator = U256::from(base_fee).saturating_mul(U256::from(gas));
        let by_gas = numerator.checked_div(U256::from(target)).unwrap_or_default();
        let change = by_gas.checked_div(U256::from(BASE_FEE_DENOMINATOR)).unwrap_or_default();
        u64::try_from(change).unwrap_or(u64::MAX)
    };
    match gas_used.checked_sub(target) {
        Some(0) => base_fee,
        Some(above) => base_fee.saturating_add(change(above).max(1)),
        None => base_fee.saturating_sub(change(target.saturating_sub(gas_used))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_fee_follows_use() {
        let limit = BLOCK_GAS_LIMIT;
        for (base_fee, used, expected) in [
            (1_000_000_000, limit / 2, 1_000_000_000),
            (1_000_000_000, 0, 875_000_000),
            (1_000_000_000, limit, 1_125_000_000),
            (7, 0, 7),
            (7, limit / 2 + 1, 8),
            (8, 0, 7),
        ] {
            assert_eq!(next_base_fee(base_fee, used, limit), expected, "{base_fee} {used}");
        }
    }

    #[test]
    fn calldata_has_a_price_and_a_floor() {
        let intrinsic = Intrinsic::of(&[0, 0, 1], 1, 2);
        assert_eq!(intrinsic.gas, 21_000 + 4 + 4 + 16 + 2_400 + 2 * 1_900);
        assert_eq!(intrinsic.floor, 21_000 + 10 * (1 + 1 + 4));
        assert_eq!(Intrinsic::of(&[1; 100], 0, 0).needed(), 21_000 + 40 * 100);
    }

    #[test]
    fn gas_ends_where_the_limit_is() {
        let mut gas = Gas::new(100);
        gas.take(60).unwrap();
        assert_eq!(gas.take(60), Err(OutOfGas));
        assert_eq!(gas.used(), 100);
    }
}
