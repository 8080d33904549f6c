//! The state while a block is executed: what its transactions changed, and what the running one
//! changes, on top of the parent's.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256, keccak256};
use causeway_contracts::{KeyValue, Order, Scan};
use causeway_wire_ethereum::contracts::STORE;

use super::state::{Account, Changes, State};
use super::trie::Bounds;

/// Three layers: the parent's state, the block's changes, and those of the running call.
#[derive(Debug)]
pub(super) struct Working<'a> {
    parent: &'a State,
    block: Changes,
    call: Changes,
}

impl<'a> Working<'a> {
    pub(super) fn new(parent: &'a State) -> Self {
        Self { parent, block: Changes::default(), call: Changes::default() }
    }

    /// What the running call changed is the block's.
    pub(super) fn keep(&mut self) {
        self.block.merge(core::mem::take(&mut self.call));
    }

    /// What the running call changed is forgotten.
    pub(super) fn forget(&mut self) {
        self.call = Changes::default();
    }

    /// All that was kept.
    pub(super) fn finish(self) -> Changes {
        self.block
    }

    pub(super) fn account(&self, address: &Address) -> Account {
        let changed = self.call.accounts.get(address).or_else(|| self.block.accounts.get(address));
        changed.copied().unwrap_or_else(|| self.parent.account(address).unwrap_or_default())
    }

    pub(super) fn set_account(&mut self, address: Address, account: Account) {
        self.call.accounts.insert(address, account);
    }

    pub(super) fn storage(&self, address: &Address, slot: &B256) -> U256 {
        let key = (*address, *slot);
        let changed = self.call.slots.get(&key).or_else(|| self.block.slots.get(&key));
        changed.copied().unwrap_or_else(|| self.parent.storage(address, slot))
    }

    pub(super) fn set_storage(&mut self, address: Address, slot: B256, word: U256) {
        self.call.slots.insert((address, slot), word);
    }

    pub(super) fn record(&self, key: &[u8]) -> Option<Vec<u8>> {
        let changed = self.call.records.get(key).or_else(|| self.block.records.get(key));
        match changed {
            Some(value) => value.clone(),
            None => self.parent.record(key).map(<[u8]>::to_vec),
        }
    }

    /// Writes a record, and its hash where the state root covers it.
    pub(super) fn set_record(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        let word = value.as_ref().map_or(U256::ZERO, |value| keccak256(value).into());
        self.set_storage(STORE, keccak256(&key), word);
        self.call.records.insert(key, value);
    }

    /// Records in order, changes included.
    pub(super) fn scan(&self, scan: &Scan<'_>) -> Vec<KeyValue> {
        let is_descending = scan.order == Order::Descending;
        let mut found = Vec::new();
        let mut after = scan.after.map(<[u8]>::to_vec);
        // Records that are deleted above shrink a page of the parent, so that more may be needed.
        while found.len() < scan.limit {
            let (prefix, limit) = (scan.prefix, scan.limit);
            let bounds = Bounds { prefix, after: after.as_deref(), is_descending, limit };
            let below = self.parent.scan(bounds);
            let last = (below.len() >= limit).then(|| below.last()).flatten();
            let last = last.map(|(key, _)| key.clone());
            let past =
                |key: &[u8], mark: &[u8]| if is_descending { key < mark } else { key > mark };
            let is_here = |key: &[u8]| {
                after.as_ref().is_none_or(|after| past(key, after))
                    && last.as_ref().is_none_or(|last| !past(key, last))
            };
            let mut merged: BTreeMap<Vec<u8>, Option<Vec<u8>>> =
                below.into_iter().map(|(key, value)| (key, Some(value))).collect();
            for changes in [&self.block, &self.call] {
                let changed = changes.records.range(prefix.to_vec()..);
                let changed = changed.take_while(|(key, _)| key.starts_with(prefix));
                let changed = changed.filter(|(key, _)| is_here(key));
                merged.extend(changed.map(|(key, value)| (key.clone(), value.clone())));
            }
            let present = merged.into_iter().filter_map(|(key, value)| Some((key, value?)));
            if is_descending {
                found.extend(present.rev());
            } else {
                found.extend(present);
            }
            match last {
                Some(last) => after = Some(last),
                None => break,
            }
        }
        found.truncate(scan.limit);
        found
    }
}
