//! What a chain gives its contracts. Every trait is small and object safe; a chain implements
//! them on its state, and everything above is the same on every chain.
//!
//! Nothing here is charged: contracts reach a host through [`crate::Context`], which charges each
//! operation before it runs.

use core::fmt;

use causeway_core::gmp::AccountIdentifier;
use causeway_core::transfer::{Denom, escrow_address};
use causeway_core::{Amount, ClientId, Event, Height, Packet, PacketPath, PortId, Timestamp};

/// All that a chain gives its contracts.
pub trait Host: Storage + TraceStore + Chain + Meter + EventLog + Bank + Accounts {}

impl<H: Storage + TraceStore + Chain + Meter + EventLog + Bank + Accounts> Host for H {}

/// A key and its value.
pub type KeyValue = (Vec<u8>, Vec<u8>);

/// The contracts' own state, which no counterparty reads proofs of.
pub trait Storage {
    /// The value at `key`.
    fn get(&self, key: &[u8]) -> Option<Vec<u8>>;

    /// Writes a value, which may be empty.
    fn set(&mut self, key: Vec<u8>, value: Vec<u8>);

    /// Removes the value at `key`, if there is one.
    fn delete(&mut self, key: &[u8]);

    /// The entries that `scan` asks for, in its order.
    fn scan(&self, scan: &Scan<'_>) -> Vec<KeyValue>;
}

/// A page of entries in the order of their keys' bytes.
#[derive(Clone, Copy, Debug)]
pub struct Scan<'a> {
    /// What every key begins with.
    pub prefix: &'a [u8],
    /// The full key to go on behind, itself left out; `None` starts at the first one.
    pub after: Option<&'a [u8]>,
    /// Up or down.
    pub order: Order,
    /// The most entries.
    pub limit: usize,
}

/// The direction of a [`Scan`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Smallest key first.
    Ascending,
    /// Greatest key first.
    Descending,
}

/// The traces of packets, which counterparties read proofs of: each chain keeps them in its own
/// provable state format.
pub trait TraceStore {
    /// The value at `path`.
    fn trace(&self, path: &PacketPath) -> Option<Vec<u8>>;

    /// Writes a value, which is never empty.
    fn set_trace(&mut self, path: PacketPath, value: Vec<u8>);

    /// Removes the value at `path`, so that its absence is provable.
    fn delete_trace(&mut self, path: &PacketPath);

    /// What the receipt of `packet` holds. Only its absence is ever proven, so deployed chains
    /// differ; never empty.
    fn receipt_value(&self, _packet: &Packet) -> Vec<u8> {
        vec![2]
    }
}

/// Where the chain stands, and how it names clients.
pub trait Chain {
    /// The time of the block under execution.
    fn now(&self) -> Timestamp;

    /// The height of the block under execution.
    fn height(&self) -> Height;

    /// The name of the client created as number `sequence`, counted from 0: `type-sequence`
    /// unless the chain's family does otherwise.
    fn client_name(&self, client_type: &str, sequence: u64) -> String {
        format!("{client_type}-{sequence}")
    }
}

/// The bound on what one call may do.
pub trait Meter {
    /// Takes the price of `work` from what the caller paid for, before the work is done. The
    /// price is the chain's own measure; it is not given back when state is reverted.
    fn charge(&mut self, work: Work) -> Result<(), OutOfGas>;
}

/// Work with a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Looking for one value or balance.
    Read,
    /// Handing over this many bytes that were found.
    ReadBytes(usize),
    /// Writing or deleting one entry of this many bytes, key included.
    Write(usize),
    /// Looking for a page of at most this many entries.
    Scan(usize),
    /// Hashing this many bytes.
    Hash(usize),
    /// Moving, minting or burning tokens.
    MoveTokens,
    /// An event.
    Emit,
    /// Judging a client message of this many bytes, and what the client reads for that.
    ClientMessage(usize),
    /// Judging a state proof.
    Proof {
        /// Its size.
        bytes: usize,
        /// How many values it is about.
        entries: usize,
    },
    /// Calling an application.
    Callback,
    /// Work that only the application knows, in units of one read.
    Application(u64),
}

/// The caller's bound is reached: the whole call is undone, and no packet is answered because of
/// it, so that it can be repeated with more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the call did not pay for what it does")]
pub struct OutOfGas;

/// Where events go.
pub trait EventLog {
    /// Reports an event.
    fn emit(&mut self, event: Event);
}

/// A token as the bank of one chain names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub String);

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An account of one chain: opaque bytes, whose text form is the chain's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account(pub Vec<u8>);

/// A change of balances. Without `from` the amount is minted, without `to` it is burned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// What moves.
    pub token: Token,
    /// How much.
    pub amount: Amount,
    /// Who has it less.
    pub from: Option<Account>,
    /// Who has it more.
    pub to: Option<Account>,
}

/// Balances.
pub trait Bank {
    /// What `account` has of `token`.
    fn balance(&self, account: &Account, token: &Token) -> Amount;

    /// What there is of `token` in all.
    fn supply(&self, token: &Token) -> Amount;

    /// Carries out a movement whose effect on balances and supply was found to be representable:
    /// this cannot fail.
    fn apply(&mut self, movement: Movement);

    /// What the bank calls the token that packets call `denom`: by default the base of one that is
    /// at home here, and `ibc/` with the hash of the path for any other.
    fn token(&self, denom: &Denom) -> Token {
        Token(denom.local_name())
    }
}

/// Accounts and what they may do.
pub trait Accounts {
    /// Reads the text form of an account that may be given tokens; `None` for anything else.
    fn parse_account(&self, text: &str) -> Option<Account>;

    /// The text form of an account.
    fn format_account(&self, account: &Account) -> String;

    /// True for the account that governs the chain.
    fn is_authority(&self, account: &Account) -> bool;

    /// The account that holds what was locked through `client`: by default that of deployed chains
    /// with addresses of 20 bytes.
    fn escrow_account(&self, port: &PortId, client: &ClientId) -> Account {
        Account(escrow_address(port, client).to_vec())
    }

    /// The account that acts here for someone on the other side of a client: by default that of
    /// deployed chains with addresses of 32 bytes.
    fn derived_account(&self, owner: &AccountIdentifier) -> Account {
        Account(owner.address().to_vec())
    }
}
