//! What transactions and calls cost.
//!
//! One unit of gas stands for about ten nanoseconds of work.

/// The least fee, in the smallest unit of money for a thousand virtual bytes.
pub const MIN_RELAY_FEE_PER_KVB: u64 = 100;
/// So much gas costs one smallest unit of money.
pub const GAS_PER_UNIT: u64 = 1000;
/// The most gas that all calls of a block may ask for: a second of work.
pub const MAX_BLOCK_GAS: u64 = 100_000_000;
/// What every call costs before it does anything.
pub const CALL_GAS: u64 = 10_000;
/// What a movement of tokens costs: three entries, and perhaps an output of the payout. So a
/// block's gas bounds the payout's size.
pub const PAYMENT_GAS: u64 = 5_000;

/// Weight units of a virtual byte (BIP141).
const WEIGHT_PER_VBYTE: usize = 4;

/// The least fee of a transaction of this weight.
pub fn relay_fee(weight: usize) -> u64 {
    let vbytes = u64::try_from(weight.div_ceil(WEIGHT_PER_VBYTE)).unwrap_or(u64::MAX);
    vbytes.saturating_mul(MIN_RELAY_FEE_PER_KVB).div_ceil(1000)
}

/// The least fee of a transaction of this weight whose call has this gas limit.
pub fn call_fee(weight: usize, gas_limit: u64) -> u64 {
    relay_fee(weight).saturating_add(gas_limit.div_ceil(GAS_PER_UNIT))
}
