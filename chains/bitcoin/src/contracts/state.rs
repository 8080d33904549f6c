//! What the contracts keep in the provable store, and under which keys.
//!
//! | key | value |
//! | --- | --- |
//! | a packet's path, `client` 1, 2 or 3 `sequence` | the trace, as counterparties prove it |
//! | `/state/` and the contracts' own key | a zero byte, so that nothing is empty, and the value |
//! | `/bank/`, the account's length, the account, the token | the balance, 32 bytes |
//! | `/supply/` and the token | how much there is of it, 32 bytes |
//! | `chain` | name and seed |
//!
//! Names of clients have no slash, so that no path of a packet begins as another key does.

use causeway_contracts::{Account, KeyValue, Order, Scan, Storage, Token, TraceStore};
use causeway_core::{Amount, PacketPath};
use causeway_store::{Snapshot, StoreError, Tree};
use causeway_wire_bitcoin::NATIVE_DENOM;

/// The one key that the store begins with: an empty tree could prove no absence.
pub(crate) const IDENTITY_KEY: &[u8] = b"chain";
/// Before the contracts' own keys.
pub(super) const STORAGE: &[u8] = b"/state/";
/// Before balances.
const BANK: &[u8] = b"/bank/";
/// Before supplies.
const SUPPLY: &[u8] = b"/supply/";

/// What was written and, where there is no value, removed, in this order: the shape of the tree,
/// and so its root, depends on it.
pub(crate) type Writes = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// A state that changes, with what was changed.
#[derive(Clone, Debug)]
pub(crate) struct State {
    tree: Tree,
    writes: Writes,
    error: Option<StoreError>,
}

impl State {
    pub(crate) fn new(tree: Tree) -> Self {
        Self { tree, writes: Writes::new(), error: None }
    }

    /// The changed tree and its changes; an error when something could not be written.
    pub(super) fn finish(self) -> Result<(Tree, Writes), StoreError> {
        self.error.map_or(Ok((self.tree, self.writes)), Err)
    }

    fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        match self.tree.insert(&key, &value) {
            Ok(()) => self.writes.push((key, Some(value))),
            Err(error) => self.error = Some(error),
        }
    }

    fn remove(&mut self, key: Vec<u8>) {
        if self.tree.remove(&key) {
            self.writes.push((key, None));
        }
    }

    fn amount(&self, key: &[u8]) -> Amount {
        let bytes = self.tree.get(key).and_then(|bytes| bytes.try_into().ok());
        bytes.map(Amount::from_be_bytes).unwrap_or_default()
    }

    fn set_amount(&mut self, key: Vec<u8>, amount: Amount) {
        if amount.is_zero() {
            self.remove(key);
        } else {
            self.put(key, amount.to_be_bytes().to_vec());
        }
    }

    pub(super) fn balance(&self, account: &Account, token: &Token) -> Amount {
        self.amount(&balance_key(account, token))
    }

    pub(super) fn set_balance(&mut self, account: &Account, token: &Token, amount: Amount) {
        self.set_amount(balance_key(account, token), amount);
    }

    pub(super) fn supply(&self, token: &Token) -> Amount {
        self.amount(&supply_key(token))
    }

    pub(super) fn set_supply(&mut self, token: &Token, amount: Amount) {
        self.set_amount(supply_key(token), amount);
    }

    /// What an account has, by the names of the tokens; at most `limit` of them.
    pub(super) fn balances(&self, account: &Account, limit: usize) -> Vec<(Token, Amount)> {
        let prefix = account_key(account);
        let entries = self.tree.entries(&prefix, None).take(limit);
        let read = |(key, value): (&[u8], &[u8])| {
            let token = String::from_utf8(key.strip_prefix(&*prefix)?.to_vec()).ok()?;
            Some((Token(token), Amount::from_be_bytes(value.try_into().ok()?)))
        };
        entries.filter_map(read).collect()
    }

    /// The entries of the provable store behind `after`, whose keys begin with `prefix`.
    pub(super) fn raw_entries(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Vec<KeyValue> {
        let entries = self.tree.entries(prefix, after).take(limit);
        entries.map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
    }
}

/// The sum of all balances of the native coin: what the vault must hold.
pub(super) fn native_total(state: &Snapshot) -> u64 {
    let native = |(key, value): (&[u8], &[u8])| {
        let (len, rest) = key.strip_prefix(BANK)?.split_first()?;
        let is_native = rest.get(usize::from(*len)..)? == NATIVE_DENOM.as_bytes();
        let amount = u64::from_be_bytes(*value.last_chunk()?);
        is_native.then_some(amount)
    };
    state.entries(BANK, None).filter_map(native).fold(0, u64::saturating_add)
}

fn account_key(account: &Account) -> Vec<u8> {
    let len = u8::try_from(account.0.len()).unwrap_or(u8::MAX);
    [BANK, &[len], &account.0].concat()
}

fn balance_key(account: &Account, token: &Token) -> Vec<u8> {
    [&account_key(account), token.0.as_bytes()].concat()
}

fn supply_key(token: &Token) -> Vec<u8> {
    [SUPPLY, token.0.as_bytes()].concat()
}

fn storage_key(key: &[u8]) -> Vec<u8> {
    [STORAGE, key].concat()
}

impl Storage for State {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        let stored = self.tree.get(&storage_key(key))?;
        stored.split_first().map(|(_, value)| value.to_vec())
    }

    fn set(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.put(storage_key(&key), [&[0], &*value].concat());
    }

    fn delete(&mut self, key: &[u8]) {
        self.remove(storage_key(key));
    }

    fn scan(&self, scan: &Scan<'_>) -> Vec<KeyValue> {
        let prefix = storage_key(scan.prefix);
        let bound = scan.after.map(storage_key);
        let own = |(key, value): (&[u8], &[u8])| {
            let (_, value) = value.split_first()?;
            Some((key.strip_prefix(STORAGE)?.to_vec(), value.to_vec()))
        };
        match scan.order {
            Order::Ascending => {
                let entries = self.tree.entries(&prefix, bound.as_deref());
                entries.take(scan.limit).filter_map(own).collect()
            }
            Order::Descending => {
                let entries = self.tree.entries_back(&prefix, bound.as_deref());
                entries.take(scan.limit).filter_map(own).collect()
            }
        }
    }
}

impl TraceStore for State {
    fn trace(&self, path: &PacketPath) -> Option<Vec<u8>> {
        self.tree.get(&path.to_bytes()).map(<[u8]>::to_vec)
    }

    fn set_trace(&mut self, path: PacketPath, value: Vec<u8>) {
        self.put(path.to_bytes(), value);
    }

    fn delete_trace(&mut self, path: &PacketPath) {
        self.remove(path.to_bytes());
    }
}
