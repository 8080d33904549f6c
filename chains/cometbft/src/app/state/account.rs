//! Accounts as the `acc` store has them: one [`BaseAccount`] under `0x01` and the address.

use causeway_core::Any;
use causeway_wire_cometbft::query::{BASE_ACCOUNT, BaseAccount};
use causeway_wire_cometbft::tx::{AccountAddress, PublicKey};

use super::{Store, Working};
use crate::app::ADDRESS_PREFIX;

const ACCOUNT: u8 = 1;

/// Where the number of the next account is.
const NEXT_NUMBER: &[u8] = b"globalAccountNumber";

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredAccount {
    pub(crate) public_key: Option<PublicKey>,
    pub(crate) number: u64,
    pub(crate) sequence: u64,
}

fn key(address: &AccountAddress) -> Vec<u8> {
    [&[ACCOUNT], address.as_bytes()].concat()
}

impl StoredAccount {
    /// The account in its envelope.
    pub(crate) fn to_any(&self, address: &AccountAddress) -> Any {
        let account = BaseAccount {
            address: address.to_bech32(ADDRESS_PREFIX).unwrap_or_default(),
            pub_key: self.public_key.as_ref().map(PublicKey::to_any),
            account_number: self.number,
            sequence: self.sequence,
        };
        Any::pack(BASE_ACCOUNT, &account)
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let account: BaseAccount =
            Any::from_bytes(bytes).ok()?.unpack("account", BASE_ACCOUNT).ok()?;
        let public_key = account.pub_key.as_ref().map(PublicKey::from_any).transpose().ok()?;
        Some(Self { public_key, number: account.account_number, sequence: account.sequence })
    }
}

impl Working {
    pub(crate) fn account(&self, address: &AccountAddress) -> Option<StoredAccount> {
        StoredAccount::from_bytes(&self.value(Store::Acc, &key(address))?)
    }

    pub(crate) fn set_account(&mut self, address: &AccountAddress, account: &StoredAccount) {
        use prost::Message;
        self.put(Store::Acc, key(address), account.to_any(address).encode_to_vec());
    }

    /// Who is paid for the first time gets the next number.
    pub(crate) fn ensure_account(&mut self, address: &AccountAddress) {
        if self.value(Store::Acc, &key(address)).is_some() {
            return;
        }
        let stored = self.value(Store::Acc, NEXT_NUMBER);
        let number = stored.and_then(|bytes| bytes.as_ref().try_into().ok());
        let number = number.map_or(0, u64::from_be_bytes);
        let next = number.saturating_add(1).to_be_bytes().to_vec();
        self.put(Store::Acc, NEXT_NUMBER.to_vec(), next);
        self.set_account(address, &StoredAccount { public_key: None, number, sequence: 0 });
    }
}
