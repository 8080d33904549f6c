//! The rules of a transaction, by itself and against the coins it spends. Reasons are spelt as
//! Bitcoin Core spells them.

use std::collections::BTreeSet;

use causeway_client_bitcoin::MAX_MONEY;
use causeway_core::DecodeError;
use causeway_wire_bitcoin::{
    Call, CallParts, MAX_BLOCK_GAS, MAX_BLOCK_WEIGHT, OwnedTransaction, Script, SpendError,
    call_fee, is_vault, verify_input,
};

use crate::ledger::{Coin, OutpointKey, key_of};
use crate::signatures::Signatures;

/// Blocks from a coinbase to the first that may spend it.
pub const COINBASE_MATURITY: u64 = 100;

/// Below this, lock times are heights; from it on, seconds.
const LOCK_TIME_THRESHOLD: u32 = 500_000_000;
/// A sequence number that switches the lock time off.
const FINAL_SEQUENCE: u32 = u32::MAX;
/// Set in a sequence number that is no relative lock time (BIP68).
const NO_RELATIVE_LOCK: u32 = 1 << 31;
/// The first version whose sequence numbers may be relative lock times (BIP68), read unsigned.
const FIRST_RELATIVE_VERSION: u32 = 2;
/// Length of an inner node's children, which a transaction must not have (BIP54).
const NODE_PAIR_LEN: usize = 64;

/// Why a transaction cannot be in a block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// Money is created by the first transaction of a block alone.
    #[error("coinbase")]
    Coinbase,
    /// An input spends what stands for no output.
    #[error("bad-txns-prevout-null")]
    NullInput,
    /// An output is spent twice.
    #[error("bad-txns-inputs-duplicate")]
    DuplicateInput,
    /// An amount, or their sum, is above all money.
    #[error("bad-txns-vout-toolarge")]
    TooMuchMoney,
    /// More weight than a block.
    #[error("bad-txns-oversize")]
    Oversize,
    /// 64 bytes long without witness, as an inner node of a tree (BIP54).
    #[error("tx-size-64")]
    SixtyFourBytes,
    /// An output of a form that this chain does not have.
    #[error("scriptpubkey")]
    OutputForm,
    /// Its lock time has not come.
    #[error("bad-txns-nonfinal")]
    NotFinal,
    /// This chain has no relative lock times.
    #[error("non-BIP68-final")]
    RelativeLock,
    /// An output that does not exist, or is spent.
    #[error("bad-txns-inputs-missingorspent")]
    MissingOrSpent,
    /// New coins rest for a hundred blocks.
    #[error("bad-txns-premature-spend-of-coinbase")]
    PrematureSpend,
    /// It pays more than it spends.
    #[error("bad-txns-in-belowout")]
    InBelowOut,
    /// It claims to carry a call, in another form than calls have.
    #[error("bad-call, {0}")]
    Call(#[from] DecodeError),
    /// A call asks for more gas than a block has.
    #[error("bad-call-gas, {got} > {expected}")]
    CallGas {
        /// Its gas limit.
        got: u64,
        /// The most.
        expected: u64,
    },
    /// A call does not pay for its weight and its gas.
    #[error("bad-call-fee, {got} < {expected}")]
    CallFee {
        /// Its fee.
        got: u64,
        /// The least.
        expected: u64,
    },
    /// Only calls lock coins.
    #[error("bad-vault-output")]
    VaultOutput,
    /// An input has no right to what it spends.
    #[error("mempool-script-verify-flag-failed ({0})")]
    Script(SpendError),
}

/// Where a transaction is judged.
#[derive(Clone, Copy, Debug)]
pub struct SpendContext {
    /// Height of the block it would be in.
    pub height: u64,
    /// Median time past of that block's parent, in seconds (BIP113).
    pub median_time: u32,
}

/// What a transaction spends, and pays a miner.
#[derive(Debug)]
pub(crate) struct Spends<'c> {
    /// What the miner gets.
    pub(crate) fee: u64,
    /// What is spent, one coin an input.
    pub(crate) coins: Vec<&'c Coin>,
}

/// All rules of a transaction other than a coinbase or a payout; gives its call, if it carries one,
/// and what it spends. `coin` finds what is unspent.
pub(crate) fn check_transaction<'c>(
    transaction: &OwnedTransaction,
    context: SpendContext,
    signatures: &Signatures,
    coin: impl Fn(&OutpointKey) -> Option<&'c Coin>,
) -> Result<(Option<CallParts>, Spends<'c>), TransactionError> {
    let call = check_form(transaction)?;
    let spends = check_spends(transaction, call.as_ref(), context, coin)?;
    let name = transaction.wtxid();
    if !signatures.are_known(&name) {
        for (index, coin) in spends.coins.iter().enumerate() {
            verify_input(transaction, index, coin.value, coin.account)
                .map_err(TransactionError::Script)?;
        }
        signatures.remember(name);
    }
    Ok((call, spends))
}

/// The rules that can turn out otherwise on another branch: all but those of form and signatures,
/// which are over amounts and accounts that outpoints determine.
pub(crate) fn check_spends<'c>(
    transaction: &OwnedTransaction,
    call: Option<&CallParts>,
    context: SpendContext,
    coin: impl Fn(&OutpointKey) -> Option<&'c Coin>,
) -> Result<Spends<'c>, TransactionError> {
    check_lock_times(transaction, context)?;
    let mut spent = 0_u64;
    let mut coins = Vec::with_capacity(transaction.inputs.len());
    for input in &transaction.inputs {
        let coin = coin(&key_of(&input.outpoint)).ok_or(TransactionError::MissingOrSpent)?;
        if !coin.is_mature(context.height) {
            return Err(TransactionError::PrematureSpend);
        }
        spent = spent.saturating_add(coin.value);
        coins.push(coin);
    }
    let paid = transaction.outputs.iter().map(|output| output.value).sum::<u64>();
    let fee = spent.checked_sub(paid).ok_or(TransactionError::InBelowOut)?;
    if let Some(call) = call {
        let expected = call_fee(transaction.weight(), call.call.gas_limit);
        if fee < expected {
            return Err(TransactionError::CallFee { got: fee, expected });
        }
    }
    Ok(Spends { fee, coins })
}

/// The rules that a transaction keeps or breaks by itself; gives its call, if it carries one.
pub(crate) fn check_form(
    transaction: &OwnedTransaction,
) -> Result<Option<CallParts>, TransactionError> {
    if transaction.is_coinbase() {
        return Err(TransactionError::Coinbase);
    }
    check_size(transaction)?;
    check_amounts(transaction)?;
    let mut outpoints = BTreeSet::new();
    for input in &transaction.inputs {
        if input.outpoint.index == u32::MAX && input.outpoint.txid.0 == [0; 32] {
            return Err(TransactionError::NullInput);
        }
        if !outpoints.insert(key_of(&input.outpoint)) {
            return Err(TransactionError::DuplicateInput);
        }
    }
    let forms = transaction.outputs.iter().map(|output| Script::of(&output.script));
    if forms.into_iter().any(|form| form == Script::Other) {
        return Err(TransactionError::OutputForm);
    }
    let call = Call::of(transaction)?;
    match &call {
        None if transaction.outputs.iter().any(is_vault) => Err(TransactionError::VaultOutput),
        Some(parts) if parts.call.gas_limit > MAX_BLOCK_GAS => {
            Err(TransactionError::CallGas { got: parts.call.gas_limit, expected: MAX_BLOCK_GAS })
        }
        _ => Ok(call),
    }
}

pub(crate) fn check_size(transaction: &OwnedTransaction) -> Result<(), TransactionError> {
    if transaction.weight() > MAX_BLOCK_WEIGHT {
        return Err(TransactionError::Oversize);
    }
    if transaction.to_stripped_bytes().len() == NODE_PAIR_LEN {
        return Err(TransactionError::SixtyFourBytes);
    }
    Ok(())
}

pub(crate) fn check_amounts(transaction: &OwnedTransaction) -> Result<(), TransactionError> {
    let mut total = 0_u64;
    for output in &transaction.outputs {
        total = total.saturating_add(output.value);
        if output.value > MAX_MONEY || total > MAX_MONEY {
            return Err(TransactionError::TooMuchMoney);
        }
    }
    Ok(())
}

/// Absolute lock times as everywhere; relative ones are refused, which is stricter than BIP68.
fn check_lock_times(
    transaction: &OwnedTransaction,
    context: SpendContext,
) -> Result<(), TransactionError> {
    let lock = transaction.lock_time;
    let has_come = if lock < LOCK_TIME_THRESHOLD {
        u64::from(lock) < context.height
    } else {
        lock < context.median_time
    };
    let is_switched_off = transaction.inputs.iter().all(|i| i.sequence == FINAL_SEQUENCE);
    if lock != 0 && !has_come && !is_switched_off {
        return Err(TransactionError::NotFinal);
    }
    let is_relative = transaction.version.cast_unsigned() >= FIRST_RELATIVE_VERSION
        && transaction.inputs.iter().any(|input| input.sequence & NO_RELATIVE_LOCK == 0);
    if is_relative { Err(TransactionError::RelativeLock) } else { Ok(()) }
}
