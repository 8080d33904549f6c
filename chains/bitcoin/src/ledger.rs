//! The state that blocks change: unspent outputs, the vault, and the contracts' state.

use std::collections::BTreeMap;
use std::sync::Arc;

use causeway_client_bitcoin::{Outpoint, StateRoot, Txid};
use causeway_store::{Snapshot, StoreError};
use causeway_wire_bitcoin::{Block, CallParts, KeyHash, MAX_BLOCK_GAS, OwnedTransaction, Script};

use crate::check::{BlockError, check_state_root};
use crate::config::{Rules, subsidy};
use crate::contracts::{
    BlockInfo, Contracts, Executed, PreparedCall, VaultCoin, genesis_state, host_time, payout,
    spends_vault,
};
use crate::spend::{COINBASE_MATURITY, SpendContext, check_transaction};

/// Blocks that can be undone, and whose state can be proven.
pub(crate) const KEPT_STATES: u64 = 10_000;
/// So many are kept whatever they changed: what forks may be as deep as.
const MIN_KEPT_STATES: u64 = 1_000;
/// What all kept states may have changed, in bytes of memory.
const MAX_KEPT_SIZE: usize = 64 << 20;

/// An output's name, in an order: transaction and index.
pub type OutpointKey = (Txid, u32);

pub(crate) fn key_of(outpoint: &Outpoint) -> OutpointKey {
    (outpoint.txid, outpoint.index)
}

/// An unspent output of a key's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coin {
    /// Amount in the smallest unit.
    pub value: u64,
    /// Whose it is.
    pub account: KeyHash,
    /// Height of its block.
    pub height: u64,
    /// True for an output of a coinbase.
    pub is_coinbase: bool,
}

impl Coin {
    /// The script that pays it.
    pub fn script(&self) -> Vec<u8> {
        self.account.script()
    }

    /// Whether the block at `height` may spend it.
    pub fn is_mature(&self, height: u64) -> bool {
        !self.is_coinbase || height >= self.height.saturating_add(COINBASE_MATURITY)
    }
}

#[derive(Clone, Copy, Debug)]
enum Change {
    Created(OutpointKey),
    Spent(OutpointKey, Coin),
    /// What the vault was before.
    Vault(Option<VaultCoin>),
}

/// What takes a block back.
#[derive(Clone, Debug, Default)]
pub struct Undo(Vec<Change>);

impl Undo {
    /// What the block spent of keys' accounts.
    pub(crate) fn spent(&self) -> impl Iterator<Item = (OutpointKey, &Coin)> {
        self.0.iter().filter_map(|change| match change {
            Change::Spent(key, coin) => Some((*key, coin)),
            Change::Created(_) | Change::Vault(_) => None,
        })
    }
}

/// What the calls of a block lead to.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) executed: Arc<Executed>,
    /// The last transaction of the block, when there must be one.
    pub(crate) payout: Option<OwnedTransaction>,
}

impl Plan {
    /// The root that the coinbase commits to.
    pub(crate) fn state_root(&self) -> StateRoot {
        StateRoot(self.executed.snapshot().root_hash().0)
    }
}

/// The state after a block.
#[derive(Clone, Debug)]
pub struct Ledger {
    contracts: Arc<Contracts>,
    coins: BTreeMap<OutpointKey, Coin>,
    vault: Option<VaultCoin>,
    /// By height, up to this block's.
    states: BTreeMap<u64, Arc<Executed>>,
    /// What these changed.
    kept_size: usize,
    tip: Arc<Executed>,
    height: u64,
    halving_interval: u64,
}

/// Compares what blocks determine, not what is kept of earlier ones.
impl PartialEq for Ledger {
    fn eq(&self, other: &Self) -> bool {
        self.height == other.height
            && self.coins == other.coins
            && self.vault == other.vault
            && self.state_root() == other.state_root()
    }
}

impl Ledger {
    /// The state after the first block, which pays nobody.
    pub fn genesis(contracts: Arc<Contracts>, rules: &Rules) -> Result<Self, StoreError> {
        let tip = Arc::new(Executed::genesis(genesis_state(&rules.identity)?));
        let states = BTreeMap::from([(0, Arc::clone(&tip))]);
        Ok(Self {
            contracts,
            coins: BTreeMap::new(),
            vault: None,
            states,
            kept_size: 0,
            tip,
            height: 0,
            halving_interval: rules.halving_interval,
        })
    }

    /// The contracts, which all participants share.
    pub fn contracts(&self) -> &Arc<Contracts> {
        &self.contracts
    }

    /// Height of the block that this is the state after.
    pub fn height(&self) -> u64 {
        self.height
    }

    /// The provable state after this block.
    pub fn snapshot(&self) -> &Snapshot {
        self.tip.snapshot()
    }

    /// The root that this block's coinbase commits to.
    pub fn state_root(&self) -> StateRoot {
        StateRoot(self.snapshot().root_hash().0)
    }

    /// What the calls of a block did, and the state after them; kept for 10,000 blocks.
    pub fn executed(&self, height: u64) -> Option<&Arc<Executed>> {
        self.states.get(&height)
    }

    /// What the calls of some blocks did, lowest first.
    pub fn executed_between(
        &self,
        heights: core::ops::RangeInclusive<u64>,
    ) -> impl Iterator<Item = (u64, &Arc<Executed>)> {
        self.states.range(heights).map(|(height, executed)| (*height, executed))
    }

    /// The lowest height whose state is kept.
    pub fn oldest_state(&self) -> u64 {
        self.states.first_key_value().map_or(self.height, |(height, _)| *height)
    }

    /// All unspent outputs of keys, by transaction and index.
    pub fn coins(&self) -> &BTreeMap<OutpointKey, Coin> {
        &self.coins
    }

    /// All unspent outputs of an account, in the order of their names.
    pub fn coins_of(&self, account: KeyHash) -> impl Iterator<Item = (Outpoint, &Coin)> {
        let own = self.coins.iter().filter(move |(_, coin)| coin.account == account);
        own.map(|((txid, index), coin)| (Outpoint { txid: *txid, index: *index }, coin))
    }

    /// The vault's one output, when the contracts hold coins.
    pub fn vault(&self) -> Option<VaultCoin> {
        self.vault
    }

    /// The sum of all unspent outputs, the vault's included.
    pub fn supply(&self) -> u64 {
        let coins = self.coins.values().map(|coin| coin.value).sum::<u64>();
        coins.saturating_add(self.vault.map_or(0, |vault| vault.value))
    }

    /// What the contracts owe, by the balances in their state: what the vault must hold.
    pub fn owed(&self) -> u64 {
        Contracts::native_total(self.snapshot())
    }

    /// Carries out the next block, whose form was checked; on an error nothing has changed.
    pub fn connect(&mut self, block: &Block, median_time: u32) -> Result<Undo, BlockError> {
        let height = self.height.saturating_add(1);
        let mut undo = Undo::default();
        match self.apply(block, SpendContext { height, median_time }, &mut undo) {
            Ok(executed) => {
                self.contracts.note_block(block.header.hash(), height, &executed);
                self.tip = Arc::clone(&executed);
                self.kept_size = self.kept_size.saturating_add(executed.size());
                self.states.insert(height, executed);
                self.height = height;
                self.prune();
                Ok(undo)
            }
            Err(error) => {
                self.revert(undo);
                Err(error)
            }
        }
    }

    fn prune(&mut self) {
        let lowest = self.height.saturating_sub(KEPT_STATES);
        while let Some(oldest) = self.states.first_entry() {
            let is_too_much = self.kept_size > MAX_KEPT_SIZE
                && self.height > oldest.key().saturating_add(MIN_KEPT_STATES);
            if *oldest.key() >= lowest && !is_too_much {
                break;
            }
            self.kept_size = self.kept_size.saturating_sub(oldest.remove().size());
        }
    }

    /// Takes the newest block back; false, and nothing is changed, when the state before it is not
    /// kept any more.
    pub fn disconnect(&mut self, undo: Undo) -> bool {
        let Some(parent) = self.height.checked_sub(1) else { return false };
        let Some(executed) = self.states.get(&parent) else { return false };
        self.tip = Arc::clone(executed);
        let undone = self.states.remove(&self.height);
        self.kept_size = self.kept_size.saturating_sub(undone.map_or(0, |undone| undone.size()));
        self.revert(undo);
        self.height = parent;
        true
    }

    /// What these calls would lead to in the next block, which `context` is about.
    pub(crate) fn plan(
        &self,
        calls: &[PreparedCall],
        context: SpendContext,
    ) -> Result<Plan, BlockError> {
        let gas = |call: &PreparedCall| call.parts.call.gas_limit;
        let got = calls.iter().map(gas).fold(0, u64::saturating_add);
        if got > MAX_BLOCK_GAS {
            return Err(BlockError::Gas { got, expected: MAX_BLOCK_GAS });
        }
        let block = BlockInfo { height: context.height, time: host_time(context.median_time) };
        let executed = self.contracts.execute(self.snapshot(), block, calls);
        let executed = executed.map_err(BlockError::Store)?;
        let locked: Vec<_> = calls.iter().filter_map(VaultCoin::of_call).collect();
        let payout = payout(self.vault, &locked, executed.payments())?;
        Ok(Plan { executed, payout })
    }

    fn apply(
        &mut self,
        block: &Block,
        context: SpendContext,
        undo: &mut Undo,
    ) -> Result<Arc<Executed>, BlockError> {
        let Some((coinbase, others)) = block.transactions.split_first() else {
            return Err(BlockError::NoCoinbase);
        };
        let (ordinary, last) = match others.split_last() {
            Some((last, before)) if spends_vault(last) => (before, Some(last)),
            _ => (others, None),
        };
        let mut fees = 0_u64;
        let mut calls = Vec::new();
        for transaction in ordinary {
            let (fee, call) = self.check(transaction, context)?;
            fees = fees.saturating_add(fee);
            calls.extend(call);
            self.spend(transaction, context.height, undo);
        }
        let plan = self.plan(&calls, context)?;
        if plan.payout.as_ref() != last {
            let expected = plan.payout.as_ref().map(OwnedTransaction::txid);
            return Err(BlockError::Payout { expected });
        }
        check_state_root(coinbase, context.height, plan.state_root())?;
        let got = coinbase.outputs.iter().map(|output| output.value).sum::<u64>();
        let expected = subsidy(context.height, self.halving_interval).saturating_add(fees);
        if got > expected {
            return Err(BlockError::CoinbaseAmount { got, expected });
        }
        if let Some(payout) = last {
            undo.0.push(Change::Vault(self.vault));
            self.vault = VaultCoin::of_payout(payout);
            self.create(payout, context.height, undo);
        }
        self.create(coinbase, context.height, undo);
        Ok(plan.executed)
    }

    /// Judges an ordinary transaction; gives its fee, and its call if it carries one.
    fn check(
        &self,
        transaction: &OwnedTransaction,
        context: SpendContext,
    ) -> Result<(u64, Option<PreparedCall>), BlockError> {
        let signatures = self.contracts.signatures();
        let coin = |key: &OutpointKey| self.coins.get(key);
        let (call, spends) = check_transaction(transaction, context, signatures, coin)?;
        Ok((spends.fee, prepare(transaction.txid(), call, &spends.coins)))
    }

    fn spend(&mut self, transaction: &OwnedTransaction, height: u64, undo: &mut Undo) {
        for input in &transaction.inputs {
            let key = key_of(&input.outpoint);
            if let Some(coin) = self.coins.remove(&key) {
                undo.0.push(Change::Spent(key, coin));
            }
        }
        self.create(transaction, height, undo);
    }

    fn create(&mut self, transaction: &OwnedTransaction, height: u64, undo: &mut Undo) {
        let txid = transaction.txid();
        let is_coinbase = transaction.is_coinbase();
        for (index, output) in (0_u32..).zip(&transaction.outputs) {
            if let Script::KeyHash(account) = Script::of(&output.script) {
                let coin = Coin { value: output.value, account, height, is_coinbase };
                self.coins.insert((txid, index), coin);
                undo.0.push(Change::Created((txid, index)));
            }
        }
    }

    /// Last change first, since a block may spend what it created.
    fn revert(&mut self, undo: Undo) {
        for change in undo.0.into_iter().rev() {
            match change {
                Change::Created(key) => drop(self.coins.remove(&key)),
                Change::Spent(key, coin) => drop(self.coins.insert(key, coin)),
                Change::Vault(vault) => self.vault = vault,
            }
        }
    }
}

/// A call whose caller is known: the account that the first input spends from.
pub(crate) fn prepare(
    txid: Txid,
    call: Option<CallParts>,
    coins: &[&Coin],
) -> Option<PreparedCall> {
    let caller = coins.first()?.account;
    Some(PreparedCall { txid, caller, parts: Arc::new(call?) })
}
