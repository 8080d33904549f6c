//! The state during one call, as the contracts see it.

use causeway_contracts::{
    Account, Accounts, Bank, Chain, EventLog, KeyValue, Meter, Movement, OutOfGas, Scan, Storage,
    Token, TraceStore, Work,
};
use causeway_core::{Amount, ClientId, Event, Height, PacketPath, PortId, Timestamp};
use causeway_store::Tree;
use causeway_wire_bitcoin::state::CallEvent;
use causeway_wire_bitcoin::{KeyHash, NATIVE_DENOM, escrow_account};

use super::execution::{BlockInfo, Payment};
use super::state::State;
use super::{accounts, gas};

/// The host of one call. Native coins of key holders are outputs: what the call brought is all that
/// can be taken from them, and what they are given becomes an output of the payout.
pub(super) struct CallHost {
    pub(super) state: State,
    pub(super) block: BlockInfo,
    authority: KeyHash,
    signer: KeyHash,
    /// What the call brought and nobody took yet.
    pub(super) brought: u64,
    pub(super) payments: Vec<Payment>,
    pub(super) events: Vec<CallEvent>,
    gas_left: u64,
}

impl CallHost {
    pub(super) fn new(
        tree: Tree,
        block: BlockInfo,
        authority: KeyHash,
        signer: KeyHash,
        brought: u64,
        gas_left: u64,
    ) -> Self {
        let (payments, events) = (Vec::new(), Vec::new());
        let state = State::new(tree);
        Self { state, block, authority, signer, brought, payments, events, gas_left }
    }

    pub(super) fn gas_left(&self) -> u64 {
        self.gas_left
    }

    /// Takes gas that is no work of the contracts.
    pub(super) fn take_gas(&mut self, amount: u64) -> Result<(), OutOfGas> {
        // What a call could not pay is used up all the same.
        let left = self.gas_left.checked_sub(amount);
        self.gas_left = left.unwrap_or_default();
        left.map(drop).ok_or(OutOfGas)
    }

    /// What a key's holder can spend within this call.
    fn in_hand(&self, holder: KeyHash) -> u64 {
        let brought = if holder == self.signer { self.brought } else { 0 };
        let due = self.payments.iter().filter(|payment| payment.to == holder);
        due.fold(brought, |sum, payment| sum.saturating_add(payment.value))
    }

    /// First what the call brought, then what it was to be paid.
    fn take_native(&mut self, holder: KeyHash, mut amount: u64) {
        if holder == self.signer {
            let taken = self.brought.min(amount);
            self.brought = self.brought.saturating_sub(taken);
            amount = amount.saturating_sub(taken);
        }
        for payment in self.payments.iter_mut().filter(|payment| payment.to == holder) {
            let taken = payment.value.min(amount);
            payment.value = payment.value.saturating_sub(taken);
            amount = amount.saturating_sub(taken);
        }
        self.payments.retain(|payment| payment.value != 0);
    }
}

/// The key's holder whose outputs a token is, if it is one.
fn holder(account: &Account, token: &Token) -> Option<KeyHash> {
    accounts::key_hash(account).filter(|_| token.0 == NATIVE_DENOM)
}

/// Amounts of the native coin are below all money; others never come here.
fn native(amount: Amount) -> u64 {
    let bytes = amount.to_be_bytes();
    bytes.last_chunk().copied().map_or(u64::MAX, u64::from_be_bytes)
}

impl Storage for CallHost {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.state.get(key)
    }

    fn set(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.state.set(key, value);
    }

    fn delete(&mut self, key: &[u8]) {
        self.state.delete(key);
    }

    fn scan(&self, scan: &Scan<'_>) -> Vec<KeyValue> {
        self.state.scan(scan)
    }
}

impl TraceStore for CallHost {
    fn trace(&self, path: &PacketPath) -> Option<Vec<u8>> {
        self.state.trace(path)
    }

    fn set_trace(&mut self, path: PacketPath, value: Vec<u8>) {
        self.state.set_trace(path, value);
    }

    fn delete_trace(&mut self, path: &PacketPath) {
        self.state.delete_trace(path);
    }
}

impl Chain for CallHost {
    fn now(&self) -> Timestamp {
        self.block.time
    }

    fn height(&self) -> Height {
        Height::from_block(self.block.height)
    }
}

impl Meter for CallHost {
    fn charge(&mut self, work: Work) -> Result<(), OutOfGas> {
        self.take_gas(gas::price(work))
    }
}

impl EventLog for CallHost {
    fn emit(&mut self, event: Event) {
        self.events.push(event.into());
    }
}

impl Bank for CallHost {
    fn balance(&self, account: &Account, token: &Token) -> Amount {
        match holder(account, token) {
            Some(holder) => Amount::from(self.in_hand(holder)),
            None => self.state.balance(account, token),
        }
    }

    /// Nobody mints the native coin: as if no more of it could be counted.
    fn supply(&self, token: &Token) -> Amount {
        if token.0 == NATIVE_DENOM { Amount::MAX } else { self.state.supply(token) }
    }

    fn apply(&mut self, movement: Movement) {
        let Movement { token, amount, from, to } = movement;
        if let Some(from) = &from {
            self.take(from, &token, amount);
        } else {
            let supply = self.state.supply(&token).checked_add(amount);
            self.state.set_supply(&token, supply.unwrap_or(Amount::MAX));
        }
        if let Some(to) = &to {
            self.give(to, &token, amount);
        } else {
            let supply = self.state.supply(&token).checked_sub(amount);
            self.state.set_supply(&token, supply.unwrap_or_default());
        }
    }
}

/// Halves of a movement whose sums and differences were found to exist.
impl CallHost {
    fn take(&mut self, from: &Account, token: &Token, amount: Amount) {
        if let Some(holder) = holder(from, token) {
            return self.take_native(holder, native(amount));
        }
        let left = self.state.balance(from, token).checked_sub(amount);
        self.state.set_balance(from, token, left.unwrap_or_default());
    }

    fn give(&mut self, to: &Account, token: &Token, amount: Amount) {
        if let Some(to) = holder(to, token) {
            return self.payments.push(Payment { to, value: native(amount) });
        }
        let sum = self.state.balance(to, token).checked_add(amount);
        self.state.set_balance(to, token, sum.unwrap_or(Amount::MAX));
    }
}

impl Accounts for CallHost {
    fn parse_account(&self, text: &str) -> Option<Account> {
        accounts::parse(text)
    }

    fn format_account(&self, account: &Account) -> String {
        accounts::format(account)
    }

    fn is_authority(&self, account: &Account) -> bool {
        accounts::key_hash(account) == Some(self.authority)
    }

    fn escrow_account(&self, port: &PortId, client: &ClientId) -> Account {
        Account(escrow_account(port, client).to_vec())
    }
}
