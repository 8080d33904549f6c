//! Accounts in text: addresses of witness programs. 20 bytes are a key's hash, whose native coins
//! are outputs; 32 bytes are an account that no key can spend, whose native coins the vault holds.

use causeway_contracts::Account;
use causeway_wire_bitcoin::{Address, AddressNetwork, KeyHash, vault_program};

/// Addresses are those of local networks.
pub(crate) const ADDRESSES: AddressNetwork = AddressNetwork::Regtest;

/// The account of an address in its usual form; `None` for other text, and for the vault itself,
/// which is nobody's.
pub(crate) fn parse(text: &str) -> Option<Account> {
    let address = Address::parse(text, ADDRESSES).ok()?;
    let program = address.program();
    let is_account = address.version() == 0 && program != vault_program();
    (is_account && address.to_string() == text).then(|| Account(program.to_vec()))
}

/// The address of an account.
pub(crate) fn format(account: &Account) -> String {
    let len = u8::try_from(account.0.len()).unwrap_or(u8::MAX);
    let script = [&[0, len][..], &account.0].concat();
    let address = Address::of_script(&script, ADDRESSES);
    address.map_or_else(|| hex::encode(&account.0), |address| address.to_string())
}

/// The key's hash that an account is, if it is one.
pub(crate) fn key_hash(account: &Account) -> Option<KeyHash> {
    account.0.as_slice().try_into().map(KeyHash).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_read_as_they_are_written() {
        for account in [Account(vec![7; 20]), Account(vec![9; 32])] {
            let text = format(&account);
            assert_eq!(parse(&text), Some(account));
            assert_eq!(parse(&text.to_uppercase()), None);
        }
        assert_eq!(parse(&format(&Account(vault_program().to_vec()))), None);
        assert_eq!(parse("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"), None);
        assert_eq!(key_hash(&Account(vec![7; 20])), Some(KeyHash([7; 20])));
        assert_eq!(key_hash(&Account(vec![7; 32])), None);
    }
}
