//! What the chain knows: four stores under one app hash, their past versions, and changes on top of
//! them that may still be undone.

mod account;
mod bank;
mod history;
mod journal;
mod record;
mod storage;
mod working;

use causeway_core::Timestamp;
use causeway_store::{AppHash, Snapshot, StoreError, StoreRoots};

pub(crate) use account::StoredAccount;
pub(crate) use bank::{balance_prefix, read_amount, supply_prefix};
pub(crate) use history::{History, HistoryError};
pub(crate) use journal::Journal;
pub(crate) use record::BlockRecord;
pub(crate) use working::{Changes, Working};

/// One of the stores, in the order of their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Store {
    /// Accounts: keys, numbers, sequences.
    Acc,
    /// Balances and supplies.
    Bank,
    /// The applications' own state.
    Contracts,
    /// Clients, and traces of packets: what counterparties read.
    Ibc,
}

impl Store {
    pub(crate) const ALL: [Self; 4] = [Self::Acc, Self::Bank, Self::Contracts, Self::Ibc];

    /// The name under which the app hash has it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Acc => "acc",
            Self::Bank => "bank",
            Self::Contracts => "contracts",
            Self::Ibc => "ibc",
        }
    }

    pub(crate) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|store| store.name() == name)
    }
}

/// One version of all stores.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    /// The height of the block that made it.
    pub(crate) height: u64,
    /// That block's time.
    pub(crate) time: Timestamp,
    trees: [Snapshot; 4],
}

impl Version {
    pub(crate) const fn tree(&self, store: Store) -> &Snapshot {
        let [acc, bank, contracts, ibc] = &self.trees;
        match store {
            Store::Acc => acc,
            Store::Bank => bank,
            Store::Contracts => contracts,
            Store::Ibc => ibc,
        }
    }

    /// The roots of the stores under their names.
    pub(crate) fn roots(&self) -> Result<StoreRoots, StoreError> {
        let mut roots = StoreRoots::new();
        for store in Store::ALL {
            roots.set(store.name(), self.tree(store).root_hash())?;
        }
        Ok(roots)
    }

    /// The app hash; before the first block, that of no stores.
    pub(crate) fn app_hash(&self) -> Result<AppHash, StoreError> {
        if self.height == 0 {
            Ok(StoreRoots::new().app_hash())
        } else {
            Ok(self.roots()?.app_hash())
        }
    }
}
