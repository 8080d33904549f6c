//! Balances as the `bank` store has them: decimal text under `0x02`, the length of the address, the
//! address and the denomination; supplies under `0x00` and the denomination.

use causeway_core::Amount;

use super::{Store, Working};

const SUPPLY: u8 = 0;
const BALANCE: u8 = 2;

/// Before the denominations of all supplies.
pub(crate) fn supply_prefix() -> Vec<u8> {
    vec![SUPPLY]
}

fn supply_key(denom: &str) -> Vec<u8> {
    [&[SUPPLY], denom.as_bytes()].concat()
}

/// Before the denominations of an account's balances.
pub(crate) fn balance_prefix(address: &[u8]) -> Vec<u8> {
    // Addresses have at most 255 bytes.
    let len = u8::try_from(address.len()).unwrap_or(u8::MAX);
    [&[BALANCE, len], address].concat()
}

fn balance_key(address: &[u8], denom: &str) -> Vec<u8> {
    [&balance_prefix(address), denom.as_bytes()].concat()
}

/// Reads a stored amount.
pub(crate) fn read_amount(bytes: &[u8]) -> Amount {
    core::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok()).unwrap_or_default()
}

impl Working {
    fn amount(&self, key: &[u8]) -> Amount {
        self.value(Store::Bank, key).map_or(Amount::ZERO, |bytes| read_amount(&bytes))
    }

    fn set_amount(&mut self, key: Vec<u8>, amount: Amount) {
        if amount.is_zero() {
            self.remove(Store::Bank, key);
        } else {
            self.put(Store::Bank, key, amount.to_string().into_bytes());
        }
    }

    pub(crate) fn balance(&self, address: &[u8], denom: &str) -> Amount {
        self.amount(&balance_key(address, denom))
    }

    pub(crate) fn supply(&self, denom: &str) -> Amount {
        self.amount(&supply_key(denom))
    }

    /// Adds to what `address` has; `false`, and nothing done, where that cannot be counted.
    pub(crate) fn add(&mut self, address: &[u8], denom: &str, amount: Amount) -> bool {
        let sum = self.balance(address, denom).checked_add(amount);
        sum.inspect(|sum| self.set_amount(balance_key(address, denom), *sum)).is_some()
    }

    /// Takes from what `address` has; `false`, and nothing done, where it has less.
    pub(crate) fn take(&mut self, address: &[u8], denom: &str, amount: Amount) -> bool {
        let rest = self.balance(address, denom).checked_sub(amount);
        rest.inspect(|rest| self.set_amount(balance_key(address, denom), *rest)).is_some()
    }

    /// Counts what was made, or unmade, of a denomination.
    pub(crate) fn change_supply(&mut self, denom: &str, amount: Amount, is_more: bool) {
        let supply = self.supply(denom);
        let changed = if is_more { supply.checked_add(amount) } else { supply.checked_sub(amount) };
        if let Some(changed) = changed {
            self.set_amount(supply_key(denom), changed);
        }
    }
}
