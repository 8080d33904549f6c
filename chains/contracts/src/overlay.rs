//! Writes that are not final yet.

use std::collections::BTreeMap;

use causeway_core::gmp::AccountIdentifier;
use causeway_core::transfer::Denom;
use causeway_core::{Amount, ClientId, Event, Height, Packet, PacketPath, PortId, Timestamp};

use crate::host::{
    Account, Accounts, Bank, Chain, EventLog, Host, KeyValue, Meter, Movement, Order, OutOfGas,
    Scan, Storage, Token, TraceStore, Work,
};

/// A host on top of another one: reads fall through, writes and events stay here until
/// [`Overlay::commit`]; dropping the overlay discards them. What was charged stays charged.
pub struct Overlay<'a> {
    parent: &'a mut (dyn Host + 'a),
    entries: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    traces: BTreeMap<PacketPath, Option<Vec<u8>>>,
    balances: BTreeMap<(Token, Account), Amount>,
    supplies: BTreeMap<Token, Amount>,
    effects: Vec<Effect>,
}

/// What must reach the parent in the order in which it happened.
enum Effect {
    Moved(Movement),
    Emitted(Event),
}

impl core::fmt::Debug for Overlay<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Overlay")
            .field("entries", &self.entries.len())
            .field("traces", &self.traces.len())
            .field("effects", &self.effects.len())
            .finish_non_exhaustive()
    }
}

impl<'a> Overlay<'a> {
    /// An empty overlay.
    pub fn new(parent: &'a mut (dyn Host + 'a)) -> Self {
        Self {
            parent,
            entries: BTreeMap::new(),
            traces: BTreeMap::new(),
            balances: BTreeMap::new(),
            supplies: BTreeMap::new(),
            effects: Vec::new(),
        }
    }

    /// Hands everything to the host below.
    pub fn commit(self) {
        for (key, value) in self.entries {
            match value {
                Some(value) => self.parent.set(key, value),
                None => self.parent.delete(&key),
            }
        }
        for (path, value) in self.traces {
            match value {
                Some(value) => self.parent.set_trace(path, value),
                None => self.parent.delete_trace(&path),
            }
        }
        for effect in self.effects {
            match effect {
                Effect::Moved(movement) => self.parent.apply(movement),
                Effect::Emitted(event) => self.parent.emit(event),
            }
        }
    }

    fn change_balance(&mut self, token: &Token, account: &Account, new: Option<Amount>) {
        // A movement is checked before it is applied, so that the new value exists.
        if let Some(new) = new {
            self.balances.insert((token.clone(), account.clone()), new);
        }
    }
}

impl Storage for Overlay<'_> {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        match self.entries.get(key) {
            Some(value) => value.clone(),
            None => self.parent.get(key),
        }
    }

    fn set(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.entries.insert(key, Some(value));
    }

    fn delete(&mut self, key: &[u8]) {
        self.entries.insert(key.to_vec(), None);
    }

    fn scan(&self, scan: &Scan<'_>) -> Vec<KeyValue> {
        let mut found = Vec::new();
        let mut after = scan.after.map(<[u8]>::to_vec);
        // Entries that are deleted here shrink a page of the parent, so that more may be needed.
        while found.len() < scan.limit {
            let page = Scan { after: after.as_deref(), ..*scan };
            let below = self.parent.scan(&page);
            let last = (below.len() >= scan.limit).then(|| below.last()).flatten();
            let last = last.map(|(key, _)| key.clone());
            let wanted = |key: &[u8]| is_within(scan, after.as_deref(), last.as_deref(), key);
            let mut merged: BTreeMap<Vec<u8>, Option<Vec<u8>>> =
                below.into_iter().map(|(key, value)| (key, Some(value))).collect();
            let here = self.entries.range(scan.prefix.to_vec()..);
            let here = here.take_while(|(key, _)| key.starts_with(scan.prefix));
            merged.extend(
                here.filter(|(key, _)| wanted(key))
                    .map(|(key, value)| (key.clone(), value.clone())),
            );
            let present = merged.into_iter().filter_map(|(key, value)| Some((key, value?)));
            match scan.order {
                Order::Ascending => found.extend(present),
                Order::Descending => found.extend(present.rev()),
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

/// True for a key that comes behind `after` and not behind `last`, in the order of the scan.
fn is_within(scan: &Scan<'_>, after: Option<&[u8]>, last: Option<&[u8]>, key: &[u8]) -> bool {
    match scan.order {
        Order::Ascending => {
            after.is_none_or(|after| key > after) && last.is_none_or(|last| key <= last)
        }
        Order::Descending => {
            after.is_none_or(|after| key < after) && last.is_none_or(|last| key >= last)
        }
    }
}

impl TraceStore for Overlay<'_> {
    fn trace(&self, path: &PacketPath) -> Option<Vec<u8>> {
        match self.traces.get(path) {
            Some(value) => value.clone(),
            None => self.parent.trace(path),
        }
    }

    fn set_trace(&mut self, path: PacketPath, value: Vec<u8>) {
        self.traces.insert(path, Some(value));
    }

    fn delete_trace(&mut self, path: &PacketPath) {
        self.traces.insert(path.clone(), None);
    }

    fn receipt_value(&self, packet: &Packet) -> Vec<u8> {
        self.parent.receipt_value(packet)
    }
}

impl Chain for Overlay<'_> {
    fn now(&self) -> Timestamp {
        self.parent.now()
    }

    fn height(&self) -> Height {
        self.parent.height()
    }

    fn client_name(&self, client_type: &str, sequence: u64) -> String {
        self.parent.client_name(client_type, sequence)
    }
}

impl Meter for Overlay<'_> {
    fn charge(&mut self, work: Work) -> Result<(), OutOfGas> {
        self.parent.charge(work)
    }
}

impl EventLog for Overlay<'_> {
    fn emit(&mut self, event: Event) {
        self.effects.push(Effect::Emitted(event));
    }
}

impl Bank for Overlay<'_> {
    fn balance(&self, account: &Account, token: &Token) -> Amount {
        let here = self.balances.get(&(token.clone(), account.clone()));
        here.copied().unwrap_or_else(|| self.parent.balance(account, token))
    }

    fn supply(&self, token: &Token) -> Amount {
        let here = self.supplies.get(token);
        here.copied().unwrap_or_else(|| self.parent.supply(token))
    }

    fn apply(&mut self, movement: Movement) {
        let Movement { token, amount, from, to } = &movement;
        if let Some(from) = from {
            let new = self.balance(from, token).checked_sub(*amount);
            self.change_balance(token, from, new);
        }
        if let Some(to) = to {
            let new = self.balance(to, token).checked_add(*amount);
            self.change_balance(token, to, new);
        }
        let supply = match (from, to) {
            (None, Some(_)) => self.supply(token).checked_add(*amount),
            (Some(_), None) => self.supply(token).checked_sub(*amount),
            _ => None,
        };
        if let Some(supply) = supply {
            self.supplies.insert(token.clone(), supply);
        }
        self.effects.push(Effect::Moved(movement));
    }

    fn token(&self, denom: &Denom) -> Token {
        self.parent.token(denom)
    }
}

impl Accounts for Overlay<'_> {
    fn parse_account(&self, text: &str) -> Option<Account> {
        self.parent.parse_account(text)
    }

    fn format_account(&self, account: &Account) -> String {
        self.parent.format_account(account)
    }

    fn is_authority(&self, account: &Account) -> bool {
        self.parent.is_authority(account)
    }

    fn escrow_account(&self, port: &PortId, client: &ClientId) -> Account {
        self.parent.escrow_account(port, client)
    }

    fn derived_account(&self, owner: &AccountIdentifier) -> Account {
        self.parent.derived_account(owner)
    }
}
