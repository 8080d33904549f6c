//! Transactions that wait for a block, first come, first served.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use causeway_client_bitcoin::Txid;
use causeway_wire_bitcoin::{
    KeyHash, MAX_BLOCK_GAS, MAX_BLOCK_WEIGHT, OwnedTransaction, Script, relay_fee,
};

use crate::contracts::{PreparedCall, payout_weight};
use crate::ledger::{Coin, Ledger, OutpointKey, key_of, prepare};
use crate::spend::{SpendContext, TransactionError, check_form, check_spends, check_transaction};
use crate::template::RESERVED_WEIGHT;

/// The most weight that waits: ten full blocks.
pub const MAX_MEMPOOL_WEIGHT: usize = 40_000_000;

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

/// One that waits.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) transaction: Arc<OwnedTransaction>,
    pub(crate) call: Option<PreparedCall>,
    pub(crate) fee: u64,
    pub(crate) weight: usize,
    /// What the next block was judged by when it came.
    pub(crate) since: SpendContext,
}

/// Those that wait and hang together with one that does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Relatives {
    /// What it spends of.
    pub(crate) parents: Vec<Txid>,
    /// What spends of it.
    pub(crate) children: Vec<Txid>,
    /// What it spends of, directly or not.
    pub(crate) ancestors: Vec<Txid>,
    /// What spends of it, directly or not.
    pub(crate) descendants: Vec<Txid>,
}

/// What goes into the next block.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// The transactions, in order.
    pub(crate) transactions: Vec<OwnedTransaction>,
    /// The calls among them, in the same order.
    pub(crate) calls: Vec<PreparedCall>,
    /// What all of them pay the miner.
    pub(crate) fees: u64,
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

    /// One that waits, with what is known of it.
    pub(crate) fn waiting(&self, txid: &Txid) -> Option<&Waiting> {
        let mut all = self.waiting.iter().filter(|_| self.contains(txid));
        all.find(|waiting| waiting.transaction.txid() == *txid)
    }

    /// Those that hang together with one that waits. A spender comes after what it spends, so that
    /// one way through the list finds all of either kind.
    pub(crate) fn relatives(&self, txid: &Txid) -> Relatives {
        let spends = |waiting: &Waiting, of: &BTreeSet<Txid>| {
            waiting.transaction.inputs.iter().any(|input| of.contains(&input.outpoint.txid))
        };
        let own = BTreeSet::from([*txid]);
        let mut relatives = Relatives::default();
        let mut found = own.clone();
        for waiting in &self.waiting {
            if spends(waiting, &found) {
                let id = waiting.transaction.txid();
                if spends(waiting, &own) {
                    relatives.children.push(id);
                }
                relatives.descendants.push(id);
                found.insert(id);
            }
        }
        let mut wanted: BTreeSet<Txid> = self.inputs_of(txid).collect();
        relatives.parents = wanted.iter().copied().filter(|id| self.contains(id)).collect();
        for waiting in self.waiting.iter().rev() {
            let id = waiting.transaction.txid();
            if wanted.contains(&id) {
                wanted.extend(self.inputs_of(&id));
                relatives.ancestors.push(id);
            }
        }
        relatives
    }

    /// The transactions that one that waits spends of.
    fn inputs_of(&self, txid: &Txid) -> impl Iterator<Item = Txid> {
        let inputs = self.waiting(txid).into_iter().flat_map(|own| &own.transaction.inputs);
        inputs.map(|input| input.outpoint.txid)
    }

    /// An output of one that waits.
    pub(crate) fn created(&self, key: &OutpointKey) -> Option<&Coin> {
        self.created.get(key)
    }

    /// What a transaction spends, as far as it is known.
    pub(crate) fn spent_coins<'a>(
        &'a self,
        transaction: &OwnedTransaction,
        ledger: &'a Ledger,
    ) -> BTreeMap<OutpointKey, &'a Coin> {
        let keys = transaction.inputs.iter().map(|input| key_of(&input.outpoint));
        keys.filter_map(|key| Some((key, self.coin(ledger, &key)?))).collect()
    }

    /// What a transaction would pay; `None` when it spends what is not known, or too little.
    pub(crate) fn fee(&self, transaction: &OwnedTransaction, ledger: &Ledger) -> Option<u64> {
        let keys = transaction.inputs.iter().map(|input| key_of(&input.outpoint));
        let values = keys.map(|key| self.coin(ledger, &key).map(|coin| coin.value));
        let spent = values.sum::<Option<u64>>()?;
        let paid = transaction.outputs.iter().map(|output| output.value);
        spent.checked_sub(paid.fold(0, u64::saturating_add))
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
        let signatures = ledger.contracts().signatures();
        let coin = |key: &OutpointKey| self.coin(ledger, key);
        let (call, spends) = check_transaction(&transaction, context, signatures, coin)?;
        let call = prepare(txid, call, &spends.coins);
        if !fits_block(weight, call.as_ref()) {
            return Err(TransactionError::Oversize.into());
        }
        let (got, expected) = (spends.fee, relay_fee(weight));
        if got < expected {
            return Err(MempoolError::FeeTooLow { got, expected });
        }
        self.add(Waiting { transaction, call, fee: got, weight, since: context }, txid);
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
        let waited = old.waiting.into_iter();
        let waited = waited.map(|waiting| (waiting.transaction, waiting.call, waiting.since));
        let returned = returned.into_iter().filter_map(|transaction| {
            // A payout is made anew for whichever block needs one.
            let call = check_form(&transaction).ok()?;
            let caller = |parts| PreparedCall {
                txid: transaction.txid(),
                caller: KeyHash([0; 20]),
                parts: Arc::new(parts),
            };
            let call = call.map(caller);
            Some((transaction, call, context))
        });
        for (transaction, call, since) in returned.chain(waited) {
            let txid = transaction.txid();
            let weight = transaction.weight();
            let is_new = !self.ids.contains(&txid)
                && !transaction.inputs.iter().any(|i| self.spent.contains(&key_of(&i.outpoint)))
                && self.weight.saturating_add(weight) <= MAX_MEMPOOL_WEIGHT
                && fits_block(weight, call.as_ref());
            let parts = call.as_ref().map(|call| call.parts.as_ref());
            let checked = check_spends(&transaction, parts, context, |key| self.coin(ledger, key));
            if let (true, Ok(spends)) = (is_new, checked) {
                let fee = spends.fee;
                let caller = spends.coins.first().map(|coin| coin.account);
                let call = call.zip(caller).map(|(call, caller)| PreparedCall { caller, ..call });
                self.add(Waiting { transaction, call, fee, weight, since }, txid);
            }
        }
    }

    /// The first of those that wait, up to this weight and the gas of a block; the very first in
    /// any case, since it fits a block of its own.
    pub(crate) fn select(&self, most_weight: usize) -> Selection {
        let mut selection = Selection::default();
        let (mut weight, mut gas) = (0_usize, 0_u64);
        for waiting in &self.waiting {
            let call = waiting.call.as_ref();
            weight = weight.saturating_add(waiting.weight);
            gas = gas.saturating_add(call.map_or(0, |call| call.parts.call.gas_limit));
            let is_full = weight > most_weight || gas > MAX_BLOCK_GAS;
            if is_full && !selection.transactions.is_empty() {
                break;
            }
            selection.fees = selection.fees.saturating_add(waiting.fee);
            selection.transactions.push(waiting.transaction.as_ref().clone());
            selection.calls.extend(call.cloned());
        }
        selection
    }

    fn coin<'a>(&'a self, ledger: &'a Ledger, key: &OutpointKey) -> Option<&'a Coin> {
        self.created.get(key).or_else(|| ledger.coins().get(key))
    }

    fn add(&mut self, waiting: Waiting, txid: Txid) {
        let height = waiting.since.height;
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

/// Whether a transaction has room in a block of its own; one that has not would keep all behind it
/// from theirs.
fn fits_block(weight: usize, call: Option<&PreparedCall>) -> bool {
    let most = MAX_BLOCK_WEIGHT.saturating_sub(RESERVED_WEIGHT);
    weight.saturating_add(call.map_or(0, payout_weight)) <= most
}
