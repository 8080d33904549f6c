//! The state that blocks change: unspent outputs, and the provable store.

use std::collections::BTreeMap;

use causeway_client_bitcoin::{Outpoint, StateRoot, Txid};
use causeway_store::{RootHash, Snapshot, StoreError, Tree, Version};
use causeway_wire_bitcoin::{Block, KeyHash, OwnedTransaction, Script};

use crate::check::{BlockError, check_state_root};
use crate::config::subsidy;
use crate::spend::{COINBASE_MATURITY, SpendContext, check_transaction};

/// Blocks that can be undone, and whose state can be proven.
pub(crate) const KEPT_STATES: u64 = 10_000;

/// The one key that the store begins with: an empty tree could prove no absence.
const IDENTITY_KEY: &[u8] = b"chain";

/// An output's name, in an order: transaction and index.
pub type OutpointKey = (Txid, u32);

pub(crate) fn key_of(outpoint: &Outpoint) -> OutpointKey {
    (outpoint.txid, outpoint.index)
}

/// An unspent output.
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
}

/// What takes a block back.
#[derive(Clone, Debug, Default)]
pub struct Undo(Vec<Change>);

impl Undo {
    /// What the block spent.
    pub(crate) fn spent(&self) -> impl Iterator<Item = (OutpointKey, &Coin)> {
        self.0.iter().filter_map(|change| match change {
            Change::Spent(key, coin) => Some((*key, coin)),
            Change::Created(_) => None,
        })
    }
}

/// The state after a block.
#[derive(Clone, Debug)]
pub struct Ledger {
    coins: BTreeMap<OutpointKey, Coin>,
    store: Tree,
    height: u64,
}

/// The root of the state after the first block.
pub(crate) fn genesis_state_root(identity: &[u8]) -> Option<StateRoot> {
    let root = Ledger::genesis(identity).ok()?.state_root().ok()?;
    Some(StateRoot(root.0))
}

impl Ledger {
    /// The state after the first block. `identity` is name and seed of the chain.
    pub fn genesis(identity: &[u8]) -> Result<Self, StoreError> {
        let first = Version::new(0)?;
        let mut store = Tree::starting_at(first);
        store.insert(IDENTITY_KEY, identity)?;
        store.commit(first)?;
        Ok(Self { coins: BTreeMap::new(), store, height: 0 })
    }

    /// Height of the block that this is the state after.
    pub fn height(&self) -> u64 {
        self.height
    }

    /// The provable state after this block.
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.store.at(Version::new(self.height)?)
    }

    /// The root that this block's coinbase commits to.
    pub fn state_root(&self) -> Result<RootHash, StoreError> {
        Ok(self.snapshot()?.root_hash())
    }

    /// The root of the next block's state.
    pub fn next_state_root(&self) -> Result<StateRoot, StoreError> {
        self.state_root().map(|root| StateRoot(root.0))
    }

    /// All unspent outputs, by transaction and index.
    pub fn coins(&self) -> &BTreeMap<OutpointKey, Coin> {
        &self.coins
    }

    /// All unspent outputs of an account, in the order of their names.
    pub fn coins_of(&self, account: KeyHash) -> impl Iterator<Item = (Outpoint, &Coin)> {
        let own = self.coins.iter().filter(move |(_, coin)| coin.account == account);
        own.map(|((txid, index), coin)| (Outpoint { txid: *txid, index: *index }, coin))
    }

    /// The sum of all unspent outputs.
    pub fn supply(&self) -> u64 {
        self.coins.values().map(|coin| coin.value).sum()
    }

    /// Carries out the next block, whose form was checked; on an error nothing has changed.
    pub fn connect(&mut self, block: &Block, median_time: u32) -> Result<Undo, BlockError> {
        let height = self.height.saturating_add(1);
        let mut undo = Undo::default();
        let outcome = self.apply(block, SpendContext { height, median_time }, &mut undo);
        let committed = outcome.and_then(|()| {
            let version = Version::new(height).map_err(BlockError::Store)?;
            self.store.commit(version).map_err(BlockError::Store)
        });
        if let Err(error) = committed {
            self.revert(undo);
            return Err(error);
        }
        self.height = height;
        if let Ok(oldest) = Version::new(height.saturating_sub(KEPT_STATES)) {
            self.store.prune_below(oldest);
        }
        Ok(undo)
    }

    /// Takes the newest block back.
    pub fn disconnect(&mut self, undo: Undo) -> Result<(), StoreError> {
        let parent = self.height.saturating_sub(1);
        self.store.roll_back_to(Version::new(parent)?)?;
        self.revert(undo);
        self.height = parent;
        Ok(())
    }

    fn apply(
        &mut self,
        block: &Block,
        context: SpendContext,
        undo: &mut Undo,
    ) -> Result<(), BlockError> {
        let mut fees = 0_u64;
        for transaction in block.transactions.iter().skip(1) {
            let fee = check_transaction(transaction, context, |key| self.coins.get(key))?;
            fees = fees.saturating_add(fee);
            self.spend(transaction, context.height, undo);
        }
        let Some(coinbase) = block.transactions.first() else {
            return Err(BlockError::NoCoinbase);
        };
        let root = self.next_state_root().map_err(BlockError::Store)?;
        check_state_root(coinbase, context.height, root)?;
        let got = coinbase.outputs.iter().map(|output| output.value).sum::<u64>();
        let expected = subsidy(context.height).saturating_add(fees);
        if got > expected {
            return Err(BlockError::CoinbaseAmount { got, expected });
        }
        self.create(coinbase, context.height, undo);
        Ok(())
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
                Change::Created(key) => self.coins.remove(&key),
                Change::Spent(key, coin) => self.coins.insert(key, coin),
            };
        }
    }
}
