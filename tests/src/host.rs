//! A host in memory: the contracts' whole state in maps, with prices for work and knobs for the
//! ways in which chains differ.

use std::collections::BTreeMap;
use std::ops::Bound;

use causeway_contracts::{
    Account, Accounts, Bank, Chain, EventLog, KeyValue, Meter, Movement, Order, OutOfGas, Scan,
    Storage, Token, TraceStore, Work,
};
use causeway_core::{Amount, Event, Height, Packet, PacketPath, Timestamp};
use sha2::{Digest, Sha256};

/// What a chain of some family does in its own way.
#[derive(Clone, Copy, Debug)]
pub struct Customs {
    /// Before every address in text.
    pub address_prefix: &'static str,
    /// The name of every client, without its number; `None` for the client's type.
    pub client_prefix: Option<&'static str>,
    /// What a receipt holds.
    pub receipt: fn(&Packet) -> Vec<u8>,
}

/// `PartialEq` compares state only, not what a call cost or reported.
#[derive(Clone, Debug)]
pub struct MemoryHost {
    pub customs: Customs,
    pub entries: BTreeMap<Vec<u8>, Vec<u8>>,
    pub traces: BTreeMap<PacketPath, Vec<u8>>,
    pub balances: BTreeMap<(Token, Account), Amount>,
    pub supplies: BTreeMap<Token, Amount>,
    pub events: Vec<Event>,
    pub now: Timestamp,
    pub height: Height,
    pub authority: Account,
    /// What the running call may still do.
    pub gas: u64,
    /// How much it did.
    pub gas_used: u64,
}

impl PartialEq for MemoryHost {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
            && self.traces == other.traces
            && self.balances == other.balances
            && self.supplies == other.supplies
    }
}

impl MemoryHost {
    pub fn new(customs: Customs) -> Self {
        Self {
            customs,
            entries: BTreeMap::new(),
            traces: BTreeMap::new(),
            balances: BTreeMap::new(),
            supplies: BTreeMap::new(),
            events: Vec::new(),
            now: Timestamp::default(),
            height: Height::default(),
            authority: account("authority"),
            gas: u64::MAX,
            gas_used: 0,
        }
    }

    /// Makes tokens of the chain's own, outside of any contract.
    pub fn fund(&mut self, to: &Account, token: &Token, amount: u64) {
        self.apply(Movement {
            token: token.clone(),
            amount: Amount::from(amount),
            from: None,
            to: Some(to.clone()),
        });
    }
}

/// The account of someone by name, on any chain.
pub fn account(name: &str) -> Account {
    Account(Sha256::digest(name).iter().take(20).copied().collect())
}

impl Storage for MemoryHost {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.entries.get(key).cloned()
    }

    fn set(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.entries.insert(key, value);
    }

    fn delete(&mut self, key: &[u8]) {
        self.entries.remove(key);
    }

    fn scan(&self, scan: &Scan<'_>) -> Vec<KeyValue> {
        let copied = |(key, value): (&Vec<u8>, &Vec<u8>)| (key.clone(), value.clone());
        let below = |(key, _): &(&Vec<u8>, &Vec<u8>)| key.starts_with(scan.prefix);
        match scan.order {
            Order::Ascending => {
                let from = scan.after.filter(|after| *after >= scan.prefix);
                let from = from.map_or(Bound::Included(scan.prefix), Bound::Excluded);
                let range = self.entries.range::<[u8], _>((from, Bound::Unbounded));
                range.take_while(below).take(scan.limit).map(copied).collect()
            }
            Order::Descending => {
                let to = scan.after.map_or(Bound::Unbounded, Bound::Excluded);
                let range = self.entries.range::<[u8], _>((Bound::Unbounded, to)).rev();
                let range = range.skip_while(|(key, _)| {
                    key.as_slice() > scan.prefix && !key.starts_with(scan.prefix)
                });
                range.take_while(below).take(scan.limit).map(copied).collect()
            }
        }
    }
}

impl TraceStore for MemoryHost {
    fn trace(&self, path: &PacketPath) -> Option<Vec<u8>> {
        self.traces.get(path).cloned()
    }

    fn set_trace(&mut self, path: PacketPath, value: Vec<u8>) {
        assert!(!value.is_empty(), "an empty trace could not be proven");
        self.traces.insert(path, value);
    }

    fn delete_trace(&mut self, path: &PacketPath) {
        self.traces.remove(path);
    }

    fn receipt_value(&self, packet: &Packet) -> Vec<u8> {
        (self.customs.receipt)(packet)
    }
}

impl Chain for MemoryHost {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn height(&self) -> Height {
        self.height
    }

    fn client_name(&self, client_type: &str, sequence: u64) -> String {
        format!("{}-{sequence}", self.customs.client_prefix.unwrap_or(client_type))
    }
}

impl Meter for MemoryHost {
    fn charge(&mut self, work: Work) -> Result<(), OutOfGas> {
        let price = match work {
            Work::Read | Work::MoveTokens | Work::Emit => 10,
            Work::ReadBytes(bytes) | Work::Hash(bytes) => bytes as u64 / 32,
            Work::Write(bytes) => 20 + bytes as u64,
            Work::Scan(limit) => 10 * limit as u64,
            Work::ClientMessage(bytes) => 100 + bytes as u64,
            Work::Proof { bytes, entries } => 100 * entries as u64 + bytes as u64,
            Work::Callback => 50,
            Work::Application(units) => 10 * units,
        };
        self.gas = self.gas.checked_sub(price).ok_or(OutOfGas)?;
        self.gas_used += price;
        Ok(())
    }
}

impl EventLog for MemoryHost {
    fn emit(&mut self, event: Event) {
        self.events.push(event);
    }
}

impl Bank for MemoryHost {
    fn balance(&self, account: &Account, token: &Token) -> Amount {
        self.balances.get(&(token.clone(), account.clone())).copied().unwrap_or_default()
    }

    fn supply(&self, token: &Token) -> Amount {
        self.supplies.get(token).copied().unwrap_or_default()
    }

    fn apply(&mut self, movement: Movement) {
        let Movement { token, amount, from, to } = movement;
        if let Some(from) = &from {
            let left = self.balance(from, &token).checked_sub(amount).expect("balance was checked");
            self.balances.insert((token.clone(), from.clone()), left);
        } else {
            let supply = self.supply(&token).checked_add(amount).expect("supply was checked");
            self.supplies.insert(token.clone(), supply);
        }
        if let Some(to) = &to {
            let sum = self.balance(to, &token).checked_add(amount).expect("supply is bounded");
            self.balances.insert((token, to.clone()), sum);
        } else {
            let supply = self.supply(&token).checked_sub(amount).expect("balance is in supply");
            self.supplies.insert(token, supply);
        }
    }
}

impl Accounts for MemoryHost {
    fn parse_account(&self, text: &str) -> Option<Account> {
        let bytes = hex::decode(text.strip_prefix(self.customs.address_prefix)?).ok()?;
        (bytes.len() == 20 || bytes.len() == 32).then_some(Account(bytes))
    }

    fn format_account(&self, account: &Account) -> String {
        format!("{}{}", self.customs.address_prefix, hex::encode(&account.0))
    }

    fn is_authority(&self, account: &Account) -> bool {
        *account == self.authority
    }
}
