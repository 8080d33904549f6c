//! The contracts' host: packet traces and counts in the router's storage, tokens as ERC-20
//! contracts, everything else as records.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolEvent, SolValue};
use causeway_contracts::{
    Account, Accounts, Bank, Chain, EventLog, KeyValue, Meter, Movement, OutOfGas, Scan, Storage,
    Token, TraceStore, Work,
};
use causeway_core::gmp::AccountIdentifier;
use causeway_core::transfer::Denom;
use causeway_core::{Amount, Event, Height, Packet, PacketPath, Timestamp};
use causeway_wire_ethereum::abi::sol::{self, Transfer};
use causeway_wire_ethereum::abi::{encode_event, packet_hash};
use causeway_wire_ethereum::contracts::{
    CLIENT_SLOT, COMMITMENT_SLOT, GMP, ROUTER, TRANSFER, client_address, derived, offset_slot,
    text_slot, trace_slot, voucher_address,
};

use super::code::Contract;
use super::genesis::contract_account;
use super::machine::Machine;

/// Records of which client a contract is, by its address.
const CLIENT_AT: &[u8] = b"address/";

/// Where the transfer application keeps the denominations of vouchers.
const VOUCHER_DENOMS: &str = "apps/transfer/denom/";

/// The record that names the client at an address.
pub(super) fn client_at(address: &Address) -> Vec<u8> {
    [CLIENT_AT, address.as_slice()].concat()
}

/// The name of a token in the bank: its contract's address in lower case.
pub(super) fn token_name(address: &Address) -> Token {
    Token(format!("{address:#x}"))
}

/// The record with the path of the voucher at an address.
pub(super) fn voucher_denom(address: &Address) -> Vec<u8> {
    format!("{VOUCHER_DENOMS}{address:#x}").into_bytes()
}

/// An account of this chain.
pub(super) fn address_of(account: &Account) -> Option<Address> {
    Address::try_from(account.0.as_slice()).ok()
}

/// Reads 20 bytes in hex, with or without `0x`, in any case.
pub(super) fn parse_address(text: &str) -> Option<Address> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let mut bytes = [0; 20];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(bytes.into())
}

impl Machine<'_, '_> {
    /// The contract of a token, when there is one under exactly this name.
    fn token_contract(&self, token: &Token) -> Option<Address> {
        let address = parse_address(&token.0)?;
        let contract = self.work.account(&address).contract()?;
        (contract.is_token() && token_name(&address) == *token).then_some(address)
    }

    /// Puts a contract where nothing was but perhaps wei.
    fn deploy(&mut self, address: Address, contract: Contract) {
        let balance = self.work.account(&address).balance;
        let account = super::state::Account { balance, ..contract_account(contract) };
        self.work.set_account(address, account);
    }

    /// Shows in the published layout what a record says.
    fn mirror(&mut self, key: &[u8], value: &[u8]) {
        let number = || value.try_into().map(u64::from_be_bytes).ok();
        let Ok(key) = core::str::from_utf8(key) else { return };
        if let Some(client) = key.strip_prefix("nextSequenceSend/") {
            let sent = number().unwrap_or_default().saturating_sub(1);
            let slot = text_slot(&COMMITMENT_SLOT, 1, client);
            self.set_word(ROUTER, slot, U256::from(sent));
        } else if key == "nextClientSequence" {
            let slot = offset_slot(&CLIENT_SLOT, 2);
            self.set_word(ROUTER, slot, U256::from(number().unwrap_or_default()));
        } else if let Some(client) =
            key.strip_prefix("clients/").and_then(|rest| rest.strip_suffix("/clientType"))
        {
            let address = client_address(client);
            self.deploy(address, Contract::Client);
            let slot = text_slot(&CLIENT_SLOT, 0, client);
            self.set_word(ROUTER, slot, U256::from_be_bytes(address.into_word().0));
            self.work.set_record(client_at(&address), Some(client.as_bytes().to_vec()));
        }
    }

    /// The contract of a token, created with the first issue of a voucher.
    fn issuing_contract(&mut self, token: &Token) -> Option<Address> {
        if let Some(address) = self.token_contract(token) {
            return Some(address);
        }
        let address = parse_address(&token.0)?;
        let path = self.work.record(&voucher_denom(&address))?;
        self.deploy(address, Contract::Voucher);
        let path = String::from_utf8_lossy(&path).into_owned();
        let created =
            Transfer::IBCERC20ContractCreated { contractAddress: address, fullDenomPath: path };
        self.log(TRANSFER, created.encode_log_data());
        Some(address)
    }
}

impl Storage for Machine<'_, '_> {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.work.record(key)
    }

    fn set(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.mirror(&key, &value);
        self.work.set_record(key, Some(value));
    }

    fn delete(&mut self, key: &[u8]) {
        if self.work.record(key).is_some() {
            self.work.set_record(key.to_vec(), None);
        }
    }

    fn scan(&self, scan: &Scan<'_>) -> Vec<KeyValue> {
        self.work.scan(scan)
    }
}

impl TraceStore for Machine<'_, '_> {
    fn trace(&self, path: &PacketPath) -> Option<Vec<u8>> {
        let word = self.word(&ROUTER, &trace_slot(path));
        (!word.is_zero()).then(|| B256::from(word).to_vec())
    }

    /// All traces are hashes, of 32 bytes.
    fn set_trace(&mut self, path: PacketPath, value: Vec<u8>) {
        self.set_word(ROUTER, trace_slot(&path), U256::from_be_slice(&value));
    }

    fn delete_trace(&mut self, path: &PacketPath) {
        self.set_word(ROUTER, trace_slot(path), U256::ZERO);
    }

    fn receipt_value(&self, packet: &Packet) -> Vec<u8> {
        packet_hash(packet).to_vec()
    }
}

impl Chain for Machine<'_, '_> {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(self.scene.timestamp).unwrap_or_default()
    }

    /// The slot.
    fn height(&self) -> Height {
        Height::new(0, self.rules.slot_at(self.scene.timestamp))
    }

    fn client_name(&self, _client_type: &str, sequence: u64) -> String {
        format!("client-{sequence}")
    }
}

impl Meter for Machine<'_, '_> {
    fn charge(&mut self, work: Work) -> Result<(), OutOfGas> {
        self.pay(work)
    }
}

impl EventLog for Machine<'_, '_> {
    fn emit(&mut self, event: Event) {
        for data in encode_event(&event) {
            self.log(ROUTER, data);
        }
    }
}

impl Bank for Machine<'_, '_> {
    fn balance(&self, account: &Account, token: &Token) -> Amount {
        let found = self.token_contract(token).zip(address_of(account));
        found.map_or(Amount::ZERO, |(token, account)| self.tokens_of(&token, &account).into())
    }

    fn supply(&self, token: &Token) -> Amount {
        let contract = self.token_contract(token);
        contract.map_or(Amount::ZERO, |contract| self.supply_of(&contract).into())
    }

    fn apply(&mut self, movement: Movement) {
        let Movement { token, amount, from, to } = movement;
        if let Some(contract) = self.issuing_contract(&token) {
            let (from, to) = (from.as_ref().and_then(address_of), to.as_ref().and_then(address_of));
            // The contracts saw that there is enough, and the supply bounds every balance.
            let _ = self.move_tokens(contract, from, to, amount.into());
        }
    }

    fn token(&self, denom: &Denom) -> Token {
        if denom.is_native() {
            return Token(denom.base().into());
        }
        token_name(&voucher_address(&denom.to_string()))
    }
}

impl Accounts for Machine<'_, '_> {
    /// Contracts here could not give anything away again, and the zero address is nobody.
    fn parse_account(&self, text: &str) -> Option<Account> {
        let address = parse_address(text)?;
        let is_contract = self.work.account(&address).contract().is_some();
        let is_callable = address == causeway_wire_ethereum::contracts::COUNTER;
        (!address.is_zero() && (!is_contract || is_callable)).then(|| Account(address.to_vec()))
    }

    fn format_account(&self, account: &Account) -> String {
        match address_of(account) {
            Some(address) => format!("{address:#x}"),
            None => format!("0x{}", hex::encode(&account.0)),
        }
    }

    fn is_authority(&self, account: &Account) -> bool {
        account.0 == self.rules.authority.as_slice()
    }

    /// As the published contracts derive it, but of no creation code.
    fn derived_account(&self, owner: &AccountIdentifier) -> Account {
        Account(derived_account(owner).to_vec())
    }
}

/// The account that acts here for someone on the other side of a client.
pub(super) fn derived_account(owner: &AccountIdentifier) -> Address {
    let identifier = sol::AccountIdentifier {
        clientId: owner.client().to_string(),
        sender: owner.sender().into(),
        salt: owner.salt().to_vec().into(),
    };
    derived(GMP, alloy_primitives::keccak256(identifier.abi_encode()))
}
