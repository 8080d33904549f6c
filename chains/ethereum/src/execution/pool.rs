//! Transactions that wait for a block, and why some may not.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256, U256};
use causeway_wire_ethereum::transaction::{SignedTransaction, TransactionError};

use super::gas::{BLOCK_GAS_LIMIT, Intrinsic, MAX_TRANSACTION_GAS};

/// The most transactions that wait.
const MAX_COUNT: usize = 8_192;
/// The most bytes of them.
const MAX_BYTES: usize = 64 << 20;
/// The most transactions of one sender that wait: further ones must wait outside.
const MAX_AHEAD: u64 = 1_024;
/// A replacement pays more by one part in so many.
const PRICE_BUMP: u128 = 10;

/// Why a transaction is refused, in go-ethereum's words, on which clients rely.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// Not a transaction.
    #[error(transparent)]
    Malformed(#[from] TransactionError),
    /// It waits already.
    #[error("already known")]
    AlreadyKnown,
    /// It is for another chain.
    #[error("invalid chain id for signer: have {got} want {expected}")]
    ChainId {
        /// The transaction's.
        got: u64,
        /// This chain's.
        expected: u64,
    },
    /// There is no EVM that contracts could be created for.
    #[error("contract creation is not supported")]
    Creation,
    /// More gas than a block has.
    #[error("exceeds block gas limit")]
    ExceedsBlockGasLimit,
    /// More gas than a transaction may use (EIP-7825).
    #[error("transaction gas limit too high (cap: {expected}, tx: {got})")]
    GasCap {
        /// The transaction's.
        got: u64,
        /// The cap.
        expected: u64,
    },
    /// Less gas than it takes to be in a block.
    #[error("intrinsic gas too low: gas {got}, minimum needed {expected}")]
    IntrinsicGas {
        /// The transaction's.
        got: u64,
        /// The least.
        expected: u64,
    },
    /// Less gas than the least that its calldata costs (EIP-7623).
    #[error("insufficient gas for floor data gas cost: gas {got}, minimum needed {expected}")]
    FloorGas {
        /// The transaction's.
        got: u64,
        /// The least.
        expected: u64,
    },
    /// The tip is more than all that may be paid.
    #[error(
        "max priority fee per gas higher than max fee per gas: address {address}, \
         maxPriorityFeePerGas: {tip}, maxFeePerGas: {cap}"
    )]
    TipAboveFeeCap {
        /// The sender.
        address: Address,
        /// The tip.
        tip: u128,
        /// The cap.
        cap: u128,
    },
    /// It would not pay the base fee.
    #[error(
        "max fee per gas less than block base fee: address {address}, maxFeePerGas: {cap}, \
         baseFee: {base_fee}"
    )]
    FeeCapTooLow {
        /// The sender.
        address: Address,
        /// The cap.
        cap: u128,
        /// The base fee of the next block.
        base_fee: u64,
    },
    /// The sender has sent one of this nonce.
    #[error("nonce too low: next nonce {expected}, tx nonce {got}")]
    NonceTooLow {
        /// The transaction's.
        got: u64,
        /// The next.
        expected: u64,
    },
    /// Too many are to come before it.
    #[error("nonce too high: next nonce {expected}, tx nonce {got}")]
    NonceTooHigh {
        /// The transaction's.
        got: u64,
        /// The next.
        expected: u64,
    },
    /// The sender cannot pay for it beside those that wait.
    #[error("insufficient funds for gas * price + value: {0}")]
    InsufficientFunds(Box<Shortfall>),
    /// One of this nonce waits, and it does not pay a tenth more.
    #[error("replacement transaction underpriced")]
    ReplacementUnderpriced,
    /// Too many wait.
    #[error("txpool is full")]
    Full,
    /// No gas is left in the block.
    #[error("gas limit reached")]
    GasLimitReached,
}

/// What a sender has, and what it would take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("balance {balance}, queued cost {queued}, tx cost {cost}, overshot {overshot}")]
pub struct Shortfall {
    /// Wei of the sender.
    pub balance: U256,
    /// Wei that those that wait may cost.
    pub queued: U256,
    /// Wei that this one may cost.
    pub cost: U256,
    /// Wei that are missing.
    pub overshot: U256,
}

impl PoolError {
    /// The JSON-RPC error code.
    pub const fn code(&self) -> i64 {
        -32_000
    }

    pub(super) fn fee_cap(transaction: &SignedTransaction, base_fee: u64) -> Self {
        let (address, cap) = (transaction.sender(), transaction.max_fee_per_gas);
        Self::FeeCapTooLow { address, cap, base_fee }
    }
}

/// Rules that no state has a part in.
pub(super) fn check_form(
    transaction: &SignedTransaction,
    chain_id: u64,
) -> Result<Intrinsic, PoolError> {
    let (got, expected) = (transaction.chain_id, chain_id);
    if got != expected {
        return Err(PoolError::ChainId { got, expected });
    }
    if transaction.to.is_none() {
        return Err(PoolError::Creation);
    }
    let got = transaction.gas_limit;
    if got > BLOCK_GAS_LIMIT {
        return Err(PoolError::ExceedsBlockGasLimit);
    }
    if got > MAX_TRANSACTION_GAS {
        return Err(PoolError::GasCap { got, expected: MAX_TRANSACTION_GAS });
    }
    let (tip, cap) = (transaction.max_priority_fee_per_gas, transaction.max_fee_per_gas);
    if tip > cap {
        let address = transaction.sender();
        return Err(PoolError::TipAboveFeeCap { address, tip, cap });
    }
    let intrinsic = Intrinsic::of_transaction(transaction);
    if got < intrinsic.gas {
        return Err(PoolError::IntrinsicGas { got, expected: intrinsic.gas });
    }
    if got < intrinsic.floor {
        return Err(PoolError::FloorGas { got, expected: intrinsic.floor });
    }
    Ok(intrinsic)
}

/// The transaction is the sender's next.
pub(super) fn check_nonce(expected: u64, got: u64) -> Result<(), PoolError> {
    match got.cmp(&expected) {
        core::cmp::Ordering::Less => Err(PoolError::NonceTooLow { got, expected }),
        core::cmp::Ordering::Greater => Err(PoolError::NonceTooHigh { got, expected }),
        core::cmp::Ordering::Equal => Ok(()),
    }
}

/// The sender can pay for the transaction, and for those before it.
pub(super) fn check_funds(
    balance: U256,
    queued: U256,
    transaction: &SignedTransaction,
) -> Result<(), PoolError> {
    let cost = transaction.max_cost();
    let overshot = queued.saturating_add(cost).saturating_sub(balance);
    if overshot.is_zero() {
        return Ok(());
    }
    let shortfall = Shortfall { balance, queued, cost, overshot };
    Err(PoolError::InsufficientFunds(Box::new(shortfall)))
}

/// The pool.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    waiting: BTreeMap<Address, BTreeMap<u64, Waiting>>,
    by_hash: BTreeMap<B256, (Address, u64)>,
    bytes: usize,
}

#[derive(Clone, Debug)]
struct Waiting {
    transaction: SignedTransaction,
    len: usize,
}

impl Pool {
    pub(super) fn get(&self, hash: &B256) -> Option<&SignedTransaction> {
        let (sender, nonce) = self.by_hash.get(hash)?;
        Some(&self.waiting.get(sender)?.get(nonce)?.transaction)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &SignedTransaction> {
        self.waiting.values().flat_map(BTreeMap::values).map(|waiting| &waiting.transaction)
    }

    /// The nonce after those that wait without a gap.
    pub(super) fn next_nonce(&self, sender: &Address, mut nonce: u64) -> u64 {
        let Some(waiting) = self.waiting.get(sender) else { return nonce };
        while waiting.contains_key(&nonce) {
            nonce = nonce.saturating_add(1);
        }
        nonce
    }

    /// Takes in a transaction of a sender with this nonce and so many wei.
    pub(super) fn add(
        &mut self,
        transaction: SignedTransaction,
        next_nonce: u64,
        balance: U256,
    ) -> Result<(), PoolError> {
        if self.by_hash.contains_key(&transaction.hash()) {
            return Err(PoolError::AlreadyKnown);
        }
        let (sender, nonce) = (transaction.sender(), transaction.nonce);
        if nonce < next_nonce {
            return Err(PoolError::NonceTooLow { got: nonce, expected: next_nonce });
        }
        if nonce.saturating_sub(next_nonce) >= MAX_AHEAD {
            return Err(PoolError::NonceTooHigh { got: nonce, expected: next_nonce });
        }
        let nothing = BTreeMap::new();
        let others = self.waiting.get(&sender).unwrap_or(&nothing);
        let rival = others.get(&nonce);
        if rival.is_some_and(|rival| !pays_more(&transaction, &rival.transaction)) {
            return Err(PoolError::ReplacementUnderpriced);
        }
        let queued = others.iter().filter(|(other, _)| **other != nonce);
        let queued = queued.map(|(_, waiting)| waiting.transaction.max_cost());
        check_funds(balance, queued.fold(U256::ZERO, U256::saturating_add), &transaction)?;
        let len = transaction.encode().len();
        let freed = rival.map_or(0, |rival| rival.len);
        let count = self.by_hash.len().saturating_sub(usize::from(rival.is_some()));
        let bytes = self.bytes.saturating_sub(freed).saturating_add(len);
        if count >= MAX_COUNT || bytes > MAX_BYTES {
            return Err(PoolError::Full);
        }
        self.remove(&sender, nonce);
        self.by_hash.insert(transaction.hash(), (sender, nonce));
        self.bytes = self.bytes.saturating_add(len);
        self.waiting.entry(sender).or_default().insert(nonce, Waiting { transaction, len });
        Ok(())
    }

    pub(super) fn remove(&mut self, sender: &Address, nonce: u64) {
        let Some(waiting) = self.waiting.get_mut(sender) else { return };
        if let Some(Waiting { transaction, len }) = waiting.remove(&nonce) {
            self.by_hash.remove(&transaction.hash());
            self.bytes = self.bytes.saturating_sub(len);
        }
        if waiting.is_empty() {
            self.waiting.remove(sender);
        }
    }

    /// Forgets what has been sent, by the senders' nonces.
    pub(super) fn forget_sent(&mut self, next_nonce: impl Fn(&Address) -> u64) {
        let sent: Vec<(Address, u64)> = self
            .waiting
            .iter()
            .flat_map(|(sender, waiting)| {
                let next = next_nonce(sender);
                waiting.range(..next).map(|(nonce, _)| (*sender, *nonce))
            })
            .collect();
        for (sender, nonce) in sent {
            self.remove(&sender, nonce);
        }
    }

    /// What a block on a state may take, the best tips first, each sender's in their order.
    pub(super) fn best(&self, base_fee: u64, next_nonce: impl Fn(&Address) -> u64) -> Best<'_> {
        let mut best = Best { pool: self, base_fee, heads: BTreeSet::new() };
        for sender in self.waiting.keys() {
            best.queue(sender, next_nonce(sender));
        }
        best
    }
}

/// Both caps of a replacement are a tenth higher.
fn pays_more(new: &SignedTransaction, old: &SignedTransaction) -> bool {
    let is_enough = |new: u128, old: u128| new >= old.saturating_add(old.div_ceil(PRICE_BUMP));
    is_enough(new.max_fee_per_gas, old.max_fee_per_gas)
        && is_enough(new.max_priority_fee_per_gas, old.max_priority_fee_per_gas)
}

/// Transactions in the order in which a block takes them.
#[derive(Debug)]
pub(super) struct Best<'a> {
    pool: &'a Pool,
    base_fee: u64,
    /// Tip, sender and nonce of each sender's next.
    heads: BTreeSet<(u128, Address, u64)>,
}

impl<'a> Best<'a> {
    fn waiting(&self, sender: &Address, nonce: u64) -> Option<&'a SignedTransaction> {
        Some(&self.pool.waiting.get(sender)?.get(&nonce)?.transaction)
    }

    fn queue(&mut self, sender: &Address, nonce: u64) {
        let next = self.waiting(sender, nonce);
        let price = next.and_then(|next| next.effective_gas_price(self.base_fee.into()));
        if let Some((_, tip)) = price {
            self.heads.insert((tip, *sender, nonce));
        }
    }

    /// The next one; after [`Best::took`] its sender's next comes into play.
    pub(super) fn next(&mut self) -> Option<&'a SignedTransaction> {
        let (_, sender, nonce) = self.heads.pop_last()?;
        self.waiting(&sender, nonce)
    }

    /// The block took this one.
    pub(super) fn took(&mut self, transaction: &SignedTransaction) {
        self.queue(&transaction.sender(), transaction.nonce.saturating_add(1));
    }
}
