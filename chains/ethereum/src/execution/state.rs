//! The state after a block: accounts, their storage, and the contracts' own records.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use alloy_rlp::{Encodable, Header};
use causeway_client_ethereum::execution::state::{Account as Leaf, decode_storage_word};

use super::code::Contract;
use super::trie::{Bounds, Trie};
use crate::engine::EMPTY_TRIE_ROOT;

/// What an account holds beside its storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Transactions sent; of a contract, 1.
    pub nonce: u64,
    /// Wei.
    pub balance: U256,
    /// Hash of its code.
    pub code_hash: B256,
}

impl Default for Account {
    fn default() -> Self {
        Self { nonce: 0, balance: U256::ZERO, code_hash: KECCAK256_EMPTY }
    }
}

impl Account {
    /// EIP-161: such an account is not in the state.
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The contract that is there.
    pub fn contract(&self) -> Option<Contract> {
        Contract::by_code_hash(&self.code_hash)
    }
}

/// New values, by what they replace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Accounts, without their storage.
    pub accounts: BTreeMap<Address, Account>,
    /// Storage words; zero is nothing.
    pub slots: BTreeMap<(Address, B256), U256>,
    /// The contracts' own records.
    pub records: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl Changes {
    /// True when nothing changes.
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty() && self.slots.is_empty() && self.records.is_empty()
    }

    /// Adds later changes.
    pub fn merge(&mut self, later: Self) {
        self.accounts.extend(later.accounts);
        self.slots.extend(later.slots);
        self.records.extend(later.records);
    }
}

/// One version of the state. Versions share what is the same in them.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// RLP of accounts by hashed addresses.
    accounts: Trie,
    /// RLP of words by hashed slots.
    storages: Arc<BTreeMap<Address, Trie>>,
    /// The contracts' own records as they are. The state root covers them by their hashes, which
    /// are in storage.
    records: Trie,
}

/// What `eth_getProof` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountProof {
    /// The account; all zero when there is none.
    pub account: Account,
    /// Root of its storage.
    pub storage_root: B256,
    /// Nodes from the state root to the account.
    pub nodes: Vec<Vec<u8>>,
    /// For each slot: its word, and nodes from the storage root to it.
    pub slots: Vec<SlotProof>,
}

/// One slot of an [`AccountProof`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotProof {
    /// The slot.
    pub slot: B256,
    /// Its word.
    pub word: U256,
    /// Nodes from the storage root to it.
    pub nodes: Vec<Vec<u8>>,
}

/// RLP of an account with its storage root.
fn leaf(account: &Account, storage_root: &B256) -> Vec<u8> {
    let mut fields = Vec::new();
    account.nonce.encode(&mut fields);
    account.balance.encode(&mut fields);
    storage_root.encode(&mut fields);
    account.code_hash.encode(&mut fields);
    let mut bytes = Vec::new();
    Header { list: true, payload_length: fields.len() }.encode(&mut bytes);
    bytes.extend(fields);
    bytes
}

impl State {
    /// The account at an address, if there is one.
    pub fn account(&self, address: &Address) -> Option<Account> {
        let leaf = Leaf::decode(self.accounts.get(keccak256(address).as_slice())?).ok()?;
        let Leaf { nonce, balance, code_hash, .. } = leaf;
        Some(Account { nonce, balance, code_hash })
    }

    /// Transactions that the account sent.
    pub fn nonce(&self, address: &Address) -> u64 {
        self.account(address).unwrap_or_default().nonce
    }

    /// Wei of the account.
    pub fn balance(&self, address: &Address) -> U256 {
        self.account(address).unwrap_or_default().balance
    }

    /// Code of the account.
    pub fn code(&self, address: &Address) -> Bytes {
        let contract = self.account(address).and_then(|account| account.contract());
        contract.map(Contract::code).unwrap_or_default()
    }

    /// A word of the account's storage; zero when nothing is there.
    pub fn storage(&self, address: &Address, slot: &B256) -> U256 {
        let storage = self.storages.get(address);
        let leaf = storage.and_then(|storage| storage.get(keccak256(slot).as_slice()));
        let word = leaf.and_then(|leaf| decode_storage_word(leaf).ok());
        word.map_or(U256::ZERO, |word| U256::from_be_bytes(word.0))
    }

    /// A record of the contracts' own.
    pub(super) fn record(&self, key: &[u8]) -> Option<&[u8]> {
        // The trie keeps no empty values: a byte stands before each.
        self.records.get(key).and_then(|stored| stored.get(1..))
    }

    /// Records in order.
    pub(super) fn scan(&self, bounds: Bounds<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut found = self.records.scan(bounds);
        for (_, value) in &mut found {
            value.drain(..1.min(value.len()));
        }
        found
    }

    /// Root of the account's storage.
    fn storage_root(&self, address: &Address) -> B256 {
        self.storages.get(address).map_or(EMPTY_TRIE_ROOT, Trie::root)
    }

    /// The state root.
    pub fn root(&self) -> B256 {
        self.accounts.root()
    }

    /// Proof of an account, and of slots of its storage.
    pub fn prove(&self, address: &Address, slots: &[B256]) -> AccountProof {
        let storage = self.storages.get(address);
        let prove = |slot: &B256| SlotProof {
            slot: *slot,
            word: self.storage(address, slot),
            nodes: storage.map(|trie| trie.prove(keccak256(slot).as_slice())).unwrap_or_default(),
        };
        AccountProof {
            account: self.account(address).unwrap_or_default(),
            storage_root: self.storage_root(address),
            nodes: self.accounts.prove(keccak256(address).as_slice()),
            slots: slots.iter().map(prove).collect(),
        }
    }

    /// The state with these changes.
    #[must_use]
    pub fn with(&self, changes: &Changes) -> Self {
        let mut next = self.clone();
        if !changes.slots.is_empty() {
            let storages = Arc::make_mut(&mut next.storages);
            for ((address, slot), word) in &changes.slots {
                let storage = storages.entry(*address).or_default();
                let key = keccak256(slot);
                if word.is_zero() {
                    storage.remove(key.as_slice());
                } else {
                    storage.insert(key.as_slice(), alloy_rlp::encode(word));
                }
            }
        }
        for (key, value) in &changes.records {
            match value {
                Some(value) => next.records.insert(key, [&[0], value.as_slice()].concat()),
                None => next.records.remove(key),
            }
        }
        let touched: BTreeSet<&Address> = changes
            .accounts
            .keys()
            .chain(changes.slots.keys().map(|(address, _)| address))
            .collect();
        for address in touched {
            let held = || self.account(address).unwrap_or_default();
            let account = changes.accounts.get(address).copied().unwrap_or_else(held);
            let key = keccak256(address);
            if account.is_empty() {
                next.accounts.remove(key.as_slice());
            } else {
                let leaf = leaf(&account, &next.storage_root(address));
                next.accounts.insert(key.as_slice(), leaf);
            }
        }
        next
    }
}
