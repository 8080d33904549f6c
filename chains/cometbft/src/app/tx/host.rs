//! The chain as its contracts see it.

use causeway_contracts::{
    Account, Accounts, Bank, Chain, EventLog, KeyValue, Meter, Movement, OutOfGas, Scan, Storage,
    Token, TraceStore, Work,
};
use causeway_core::{Amount, Event, Height, PacketPath, Timestamp};
use causeway_store::{MAX_KEY_LEN, MAX_VALUE_LEN};
use causeway_wire_cometbft::TxEvent;
use causeway_wire_cometbft::tx::AccountAddress;

use super::parse::amount as sum;
use super::run::Block;
use super::{events, payments};
use crate::app::ADDRESS_PREFIX;
use crate::app::config::fee_collector;
use crate::app::gas::GasMeter;
use crate::app::state::{Store, Working};

/// The chain during one message.
pub(crate) struct Host<'a> {
    pub(crate) state: &'a mut Working,
    pub(crate) meter: &'a mut GasMeter,
    pub(crate) block: Block,
    pub(crate) authority: &'a AccountAddress,
    /// True while a packet ends by its timeout, which applications report in other words.
    pub(crate) is_timeout: bool,
    pub(crate) events: Vec<TxEvent>,
}

/// An account's address as everybody writes it.
pub(crate) fn account_text(account: &Account) -> String {
    let address = AccountAddress::new(account.0.clone());
    address.ok().and_then(|address| address.to_bech32(ADDRESS_PREFIX)).unwrap_or_default()
}

/// True for an entry that the store takes, with room for what the encoding adds. What it does not
/// take must not get as far as the end of the block.
const fn can_hold(key: &[u8], value: &[u8]) -> bool {
    key.len() <= MAX_KEY_LEN && value.len() < MAX_VALUE_LEN
}

impl Storage for Host<'_> {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        Storage::get(self.state, key)
    }

    fn set(&mut self, key: Vec<u8>, value: Vec<u8>) {
        if can_hold(&key, &value) {
            Storage::set(self.state, key, value);
        } else {
            self.meter.exhaust();
        }
    }

    fn delete(&mut self, key: &[u8]) {
        Storage::delete(self.state, key);
    }

    fn scan(&self, scan: &Scan<'_>) -> Vec<KeyValue> {
        Storage::scan(self.state, scan)
    }
}

/// Traces are where the published keys say, in the store that counterparties know.
impl TraceStore for Host<'_> {
    fn trace(&self, path: &PacketPath) -> Option<Vec<u8>> {
        self.state.value(Store::Ibc, &path.to_bytes()).map(Into::into)
    }

    fn set_trace(&mut self, path: PacketPath, value: Vec<u8>) {
        let key = path.to_bytes();
        if can_hold(&key, &value) && !value.is_empty() {
            self.state.put(Store::Ibc, key, value);
        } else {
            self.meter.exhaust();
        }
    }

    fn delete_trace(&mut self, path: &PacketPath) {
        self.state.remove(Store::Ibc, path.to_bytes());
    }
}

impl Chain for Host<'_> {
    fn now(&self) -> Timestamp {
        self.block.time
    }

    fn height(&self) -> Height {
        self.block.height
    }
}

impl Meter for Host<'_> {
    fn charge(&mut self, work: Work) -> Result<(), OutOfGas> {
        self.meter.charge(work)
    }
}

impl EventLog for Host<'_> {
    fn emit(&mut self, event: Event) {
        self.events.extend(events::report(&event, self.is_timeout));
    }
}

impl Bank for Host<'_> {
    fn balance(&self, account: &Account, token: &Token) -> Amount {
        self.state.balance(&account.0, &token.0)
    }

    fn supply(&self, token: &Token) -> Amount {
        self.state.supply(&token.0)
    }

    fn apply(&mut self, movement: Movement) {
        let Movement { token: Token(denom), amount, from, to } = movement;
        let text = sum(amount, &denom);
        // The contracts' context found that both sides can be counted.
        if let Some(from) = &from {
            self.state.take(&from.0, &denom, amount);
        }
        if let Some(to) = &to {
            self.state.add(&to.0, &denom, amount);
            if let Ok(address) = AccountAddress::new(to.0.clone()) {
                self.state.ensure_account(&address);
            }
        }
        match (from.as_ref().map(account_text), to.as_ref().map(account_text)) {
            (Some(from), Some(to)) => self.events.extend(payments::moved(&from, &to, &text)),
            (None, Some(to)) => {
                self.state.change_supply(&denom, amount, true);
                self.events.extend(payments::minted(&to, &text));
            }
            (Some(from), None) => {
                self.state.change_supply(&denom, amount, false);
                self.events.extend(payments::burned(&from, &text));
            }
            (None, None) => {}
        }
    }
}

impl Accounts for Host<'_> {
    /// Accounts have 20 bytes, derived ones 32. The collector of fees cannot be paid.
    fn parse_account(&self, text: &str) -> Option<Account> {
        let address = AccountAddress::from_bech32(ADDRESS_PREFIX, text).ok()?;
        let is_account = matches!(address.as_bytes().len(), 20 | 32);
        (is_account && address != fee_collector()).then(|| Account(address.as_bytes().to_vec()))
    }

    fn format_account(&self, account: &Account) -> String {
        account_text(account)
    }

    fn is_authority(&self, account: &Account) -> bool {
        account.0 == self.authority.as_bytes()
    }
}
