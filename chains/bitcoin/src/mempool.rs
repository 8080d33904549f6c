//! Transactions that wait for a block, first come, first served.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use causeway_client_bitcoin::Txid;
use causeway_wire_bitcoin::{OwnedTransaction, Script};

use crate::ledger::{Coin, Ledger, OutpointKey, key_of};
use crate::spend::{SpendContext, TransactionError, check_amounts_and_times, check_transaction};

/// The most weight that waits: ten full blocks.
pub const MAX_MEMPOOL_WEIGHT: usize = 40_000_000;
/// The least fee, in the smallest unit for a thousand virtual bytes.
pub const MIN_RELAY_FEE_PER_KVB: u64 = 100;
/// Weight units of a virtual byte (BIP141).
const WEIGHT_PER_VBYTE: usize = 4;

/// Why a transaction may not wait.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MempoolError {
    /// It cannot be in the next block.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
    /// It waits already.
    #[error("txn-already-in-mempool")]
    AlreadyIn,
    /// Another one that waits spends the same.
    #[error("txn-mempool-conflict")]
    Conflict,
    /// It pays too little.
    #[error("min relay fee not met, {got} < {expected}")]
    FeeTooLow {
        /// Its fee.
        got: u64,
        /// The least for its size.
        expected: u64,
    },
    /// Too many wait.
    #[error("mempool full")]
    Full,
}

#[derive(Clone, Debug)]
struct Waiting {
    transaction: Arc<OwnedTransaction>,
    fee: u64,
    weight: usize,
}

/// What waits, in the order of arrival, in which a spender comes after what it spends.
#[derive(Clone, Debug, Default)]
pub struct Mempool {
    waiting: Vec<Waiting>,
    ids: BTreeSet<Txid>,
    created: BTreeMap<OutpointKey, Coin>,
    spent: BTreeSet<OutpointKey>,
    weight: usize,
}

impl Mempool {
    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// True when none waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether this one waits.
    pub fn contains(&self, txid: &Txid) -> bool {
        self.ids.contains(txid)
    }

    /// One that waits.
    pub fn get(&self, txid: &Txid) -> Option<&OwnedTransaction> {
        let all = self.waiting.iter().map(|waiting| waiting.transaction.as_ref());
        all.filter(|_| self.contains(txid)).find(|transaction| transaction.txid() == *txid)
    }

    /// The ids of all that wait.
    pub fn ids(&self) -> impl Iterator<Item = &Txid> {
        self.ids.iter()
    }

    /// Whether one that waits spends this output.
    pub fn spends(&self, outpoint: &OutpointKey) -> bool {
        self.spent.contains(outpoint)
    }

    /// The weight of all that wait.
    pub fn weight(&self) -> usize {
        self.weight
    }

    /// The fees of all that wait.
    pub fn fees(&self) -> u64 {
        self.waiting.iter().map(|waiting| waiting.fee).sum()
    }

    /// Lets a transaction wait for the next block, which `context` is about.
    pub fn accept(
        &mut self,
        transaction: Arc<OwnedTransaction>,
        ledger: &Ledger,
        context: SpendContext,
    ) -> Result<Txid, MempoolError> {
        let txid = transaction.txid();
        if self.ids.contains(&txid) {
            return Err(MempoolError::AlreadyIn);
        }
        let mut outpoints = transaction.inputs.iter().map(|input| key_of(&input.outpoint));
        if outpoints.any(|key| self.spent.contains(&key)) {
            return Err(MempoolError::Conflict);
        }
        let weight = transaction.weight();
        if self.weight.saturating_add(weight) > MAX_MEMPOOL_WEIGHT {
            return Err(MempoolError::Full);
        }
        let got = check_transaction(&transaction, context, |key| self.coin(ledger, key))?;
        let expected = least_fee(weight);
        if got < expected {
            return Err(MempoolError::FeeTooLow { got, expected });
        }
        self.add(Waiting { transaction, fee: got, weight }, txid, context.height);
        Ok(txid)
    }

    /// What waits on a new tip: first the transactions of blocks that were taken back, then those
    /// that waited, as far as they can still be in a block. Their signatures were verified.
    pub(crate) fn rebuild(
        &mut self,
        returned: Vec<Arc<OwnedTransaction>>,
        ledger: &Ledger,
        context: SpendContext,
    ) {
        let old = core::mem::take(self);
        let waited = old.waiting.into_iter().map(|waiting| waiting.transaction);
        for transaction in returned.into_iter().chain(waited) {
            let txid = transaction.txid();
            let weight = transaction.weight();
            let is_new = !self.ids.contains(&txid)
                && !transaction.inputs.iter().any(|i| self.spent.contains(&key_of(&i.outpoint)))
                && self.weight.saturating_add(weight) <= MAX_MEMPOOL_WEIGHT;
            let checked =
                check_amounts_and_times(&transaction, context, |key| self.coin(ledger, key));
            if let (true, Ok((fee, _))) = (is_new, checked) {
                self.add(Waiting { transaction, fee, weight }, txid, context.height);
            }
        }
    }

    /// The first of those that wait, up to this weight, and their fees.
    pub(crate) fn select(&self, most_weight: usize) -> (Vec<OwnedTransaction>, u64) {
        let (mut selected, mut weight, mut fees) = (Vec::new(), 0_usize, 0_u64);
        for waiting in &self.waiting {
            weight = weight.saturating_add(waiting.weight);
            if weight > most_weight {
                break;
            }
            fees = fees.saturating_add(waiting.fee);
            selected.push(waiting.transaction.as_ref().clone());
        }
        (selected, fees)
    }

    fn coin<'a>(&'a self, ledger: &'a Ledger, key: &OutpointKey) -> Option<&'a Coin> {
        self.created.get(key).or_else(|| ledger.coins().get(key))
    }

    fn add(&mut self, waiting: Waiting, txid: Txid, height: u64) {
        self.spent.extend(waiting.transaction.inputs.iter().map(|i| key_of(&i.outpoint)));
        for (index, output) in (0_u32..).zip(&waiting.transaction.outputs) {
            if let Script::KeyHash(account) = Script::of(&output.script) {
                let coin = Coin { value: output.value, account, height, is_coinbase: false };
                self.created.insert((txid, index), coin);
            }
        }
        self.weight = self.weight.saturating_add(waiting.weight);
        self.ids.insert(txid);
        self.waiting.push(waiting);
    }
}

fn least_fee(weight: usize) -> u64 {
    let vbytes = u64::try_from(weight.div_ceil(WEIGHT_PER_VBYTE)).unwrap_or(u64::MAX);
    vbytes.saturating_mul(MIN_RELAY_FEE_PER_KVB).div_ceil(1000)
}
