//! What becomes durable: blocks with what they changed, and the state that they start from.

use alloy_primitives::{Address, B256, U256};
use alloy_rlp::{Encodable, Header as ListHeader};
use causeway_chain::{DurableView, DurableWrite};
use causeway_client_ethereum::execution::block::{Header, Receipt};
use causeway_client_ethereum::execution::rlp::Items;
use causeway_core::DecodeError;
use causeway_wire_ethereum::transaction::SignedTransaction;

use super::block::Block;
use super::state::{Account, Changes};

/// The first block.
pub(super) const GENESIS: &[u8] = b"eth/genesis";
/// Head, safe and finalized block.
pub(super) const HEADS: &[u8] = b"eth/heads";
/// The block that the base state is after.
pub(super) const BASE: &[u8] = b"eth/base";
const BLOCK: &[u8] = b"eth/block/";
const ACCOUNT: &[u8] = b"eth/state/account/";
const SLOT: &[u8] = b"eth/state/slot/";
const RECORD: &[u8] = b"eth/state/record/";

const WHAT: &str = "stored_block";

/// Why a chain cannot go on from what was stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// Something does not decode.
    #[error("stored {what} cannot be used: {reason}")]
    Malformed {
        /// The record.
        what: &'static str,
        /// Why not.
        reason: String,
    },
    /// Something is missing.
    #[error("stored {what} is missing")]
    Missing {
        /// What it would be.
        what: &'static str,
    },
    /// A state is not the one that its block commits to.
    #[error("the stored state of block {number} has root {got}, expected {expected}")]
    StateRoot {
        /// The block.
        number: u64,
        /// Of the stored state.
        got: B256,
        /// Of the block.
        expected: B256,
    },
}

impl From<DecodeError> for RestoreError {
    fn from(error: DecodeError) -> Self {
        Self::Malformed { what: error.what(), reason: error.reason().into() }
    }
}

fn list(out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    let mut payload = Vec::new();
    fill(&mut payload);
    ListHeader { list: true, payload_length: payload.len() }.encode(out);
    out.extend(payload);
}

fn put_account(out: &mut Vec<u8>, address: &Address, account: &Account) {
    list(out, |out| {
        address.encode(out);
        account.nonce.encode(out);
        account.balance.encode(out);
        account.code_hash.encode(out);
    });
}

fn read_account(mut items: Items<'_>) -> Result<(Address, Account), DecodeError> {
    let address = items.next_value()?;
    let account = Account {
        nonce: items.next_value()?,
        balance: items.next_value()?,
        code_hash: items.next_value()?,
    };
    items.finish()?;
    Ok((address, account))
}

/// A block and its changes, as one list.
pub(super) fn encode(block: &Block, changes: &Changes) -> Vec<u8> {
    let mut bytes = Vec::new();
    list(&mut bytes, |out| {
        block.header.encode().as_slice().encode(out);
        list(out, |out| {
            for transaction in &block.transactions {
                transaction.sender().encode(out);
                transaction.encode().as_slice().encode(out);
            }
        });
        list(out, |out| {
            block.receipts.iter().for_each(|receipt| receipt.encode().as_slice().encode(out));
        });
        list(out, |out| {
            changes.accounts.iter().for_each(|(at, account)| put_account(out, at, account));
        });
        list(out, |out| {
            for ((address, slot), word) in &changes.slots {
                address.encode(out);
                slot.encode(out);
                word.encode(out);
            }
        });
        list(out, |out| {
            for (key, value) in &changes.records {
                key.as_slice().encode(out);
                value.is_some().encode(out);
                value.as_deref().unwrap_or_default().encode(out);
            }
        });
    });
    bytes
}

/// Reads what [`encode`] wrote.
pub(super) fn decode(bytes: &[u8]) -> Result<(Block, Changes), RestoreError> {
    let mut items = Items::of_list(WHAT, bytes)?;
    let header = Header::decode(items.next_bytes()?)?;
    let mut transactions = Vec::new();
    let mut encoded = items.next_list()?;
    while !encoded.is_empty() {
        let sender = encoded.next_value()?;
        let transaction = SignedTransaction::restore(encoded.next_bytes()?, sender);
        let reason = |error: causeway_wire_ethereum::transaction::TransactionError| {
            RestoreError::Malformed { what: WHAT, reason: error.to_string() }
        };
        transactions.push(transaction.map_err(reason)?);
    }
    let mut receipts = Vec::new();
    let mut encoded = items.next_list()?;
    while !encoded.is_empty() {
        receipts.push(Receipt::decode(encoded.next_bytes()?)?);
    }
    let changes = decode_changes(&mut items)?;
    items.finish()?;
    let hash = header.hash();
    Ok((Block { header, hash, transactions, receipts }, changes))
}

fn decode_changes(items: &mut Items<'_>) -> Result<Changes, DecodeError> {
    let mut changes = Changes::default();
    let mut accounts = items.next_list()?;
    while !accounts.is_empty() {
        let (address, account) = read_account(accounts.next_list()?)?;
        changes.accounts.insert(address, account);
    }
    let mut slots = items.next_list()?;
    while !slots.is_empty() {
        let key = (slots.next_value()?, slots.next_value()?);
        changes.slots.insert(key, slots.next_value()?);
    }
    let mut records = items.next_list()?;
    while !records.is_empty() {
        let key = records.next_bytes()?.to_vec();
        let (is_there, value): (bool, _) = (records.next_value()?, records.next_bytes()?);
        changes.records.insert(key, is_there.then(|| value.to_vec()));
    }
    Ok(changes)
}

/// Where a block is kept: by number, so that they come back in order.
pub(super) fn block_key(block: &Block) -> Vec<u8> {
    [BLOCK, &block.header.number.to_be_bytes(), block.hash.as_slice()].concat()
}

/// All stored blocks, parents first.
pub(super) fn blocks(view: &dyn DurableView) -> Result<Vec<(Block, Changes)>, RestoreError> {
    view.scan(BLOCK).iter().map(|(_, bytes)| decode(bytes)).collect()
}

/// Moves the base state on by these changes.
pub(super) fn write_base(changes: &Changes, writes: &mut Vec<DurableWrite>) {
    for (address, account) in &changes.accounts {
        let mut bytes = Vec::new();
        put_account(&mut bytes, address, account);
        writes.push(DurableWrite::set([ACCOUNT, address.as_slice()].concat(), bytes));
    }
    for ((address, slot), word) in &changes.slots {
        let key = [SLOT, address.as_slice(), slot.as_slice()].concat();
        let value = (!word.is_zero()).then(|| word.to_be_bytes::<32>().to_vec());
        writes.push(DurableWrite { key, value });
    }
    for (key, value) in &changes.records {
        writes.push(DurableWrite { key: [RECORD, key].concat(), value: value.clone() });
    }
}

/// The base state, as changes of an empty one.
pub(super) fn read_base(view: &dyn DurableView) -> Result<Changes, RestoreError> {
    let mut changes = Changes::default();
    for (_, bytes) in view.scan(ACCOUNT) {
        let (address, account) = read_account(Items::of_list("stored_account", &bytes)?)?;
        changes.accounts.insert(address, account);
    }
    for (key, word) in view.scan(SLOT) {
        let name = key.get(SLOT.len()..).unwrap_or_default();
        let (Some((address, slot)), Ok(word)) =
            (name.split_at_checked(20), <[u8; 32]>::try_from(word))
        else {
            let reason = "its length is wrong".into();
            return Err(RestoreError::Malformed { what: "slot", reason });
        };
        let (Ok(address), Ok(slot)) = (Address::try_from(address), B256::try_from(slot)) else {
            let reason = "its key is malformed".into();
            return Err(RestoreError::Malformed { what: "slot", reason });
        };
        changes.slots.insert((address, slot), U256::from_be_bytes(word));
    }
    for (key, value) in view.scan(RECORD) {
        let name = key.get(RECORD.len()..).unwrap_or_default().to_vec();
        changes.records.insert(name, Some(value));
    }
    Ok(changes)
}

/// A hash that was stored.
pub(super) fn read_hash(bytes: &[u8]) -> Option<B256> {
    B256::try_from(bytes).ok()
}
