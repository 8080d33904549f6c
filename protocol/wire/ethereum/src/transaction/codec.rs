//! Encoding and strict decoding (EIP-2718 over RLP).

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rlp::{Encodable, Header};
use causeway_client_ethereum::execution::rlp::Items;
use causeway_core::DecodeError;

use super::{
    AccessListItem, MAX_ACCESS_LIST_LEN, MAX_TRANSACTION_LEN, Signature, SignedTransaction,
    TX_TYPE, Transaction, TransactionError,
};

const WHAT: &str = "transaction";

/// First bytes of legacy transactions: RLP lists.
const LEGACY: core::ops::RangeInclusive<u8> = 0xc0..=0xff;

fn put_list(payload: &[u8], out: &mut Vec<u8>) {
    Header { list: true, payload_length: payload.len() }.encode(out);
    out.extend_from_slice(payload);
}

impl AccessListItem {
    fn encode(&self, out: &mut Vec<u8>) {
        let mut fields = Vec::new();
        self.address.encode(&mut fields);
        self.storage_keys.encode(&mut fields);
        put_list(&fields, out);
    }
}

impl Transaction {
    fn encode_fields(&self, out: &mut Vec<u8>) {
        self.chain_id.encode(out);
        self.nonce.encode(out);
        self.max_priority_fee_per_gas.encode(out);
        self.max_fee_per_gas.encode(out);
        self.gas_limit.encode(out);
        match &self.to {
            Some(to) => to.encode(out),
            None => out.push(alloy_rlp::EMPTY_STRING_CODE),
        }
        self.value.encode(out);
        self.input.encode(out);
        let mut entries = Vec::new();
        self.access_list.iter().for_each(|item| item.encode(&mut entries));
        put_list(&entries, out);
    }

    pub(super) fn unsigned_bytes(&self) -> Vec<u8> {
        let mut fields = Vec::new();
        self.encode_fields(&mut fields);
        let mut bytes = vec![TX_TYPE];
        put_list(&fields, &mut bytes);
        bytes
    }
}

impl SignedTransaction {
    /// The bytes that are broadcast and kept in blocks.
    pub fn encode(&self) -> Vec<u8> {
        encode(&self.transaction, &self.signature)
    }

    /// Reads the one encoding, and finds out who signed.
    pub fn decode(bytes: &[u8]) -> Result<Self, TransactionError> {
        let (transaction, signature) = split(bytes)?;
        let sender = signature.recover(&transaction.signing_hash())?;
        Ok(Self { transaction, signature, sender, hash: keccak256(bytes) })
    }

    /// Reads a transaction that was decoded before, and that `sender` was found to have signed.
    pub fn restore(bytes: &[u8], sender: Address) -> Result<Self, TransactionError> {
        let (transaction, signature) = split(bytes)?;
        Ok(Self { transaction, signature, sender, hash: keccak256(bytes) })
    }

    pub(super) fn assemble(
        transaction: Transaction,
        signature: Signature,
        sender: Address,
    ) -> Self {
        let hash = keccak256(encode(&transaction, &signature));
        Self { transaction, signature, sender, hash }
    }
}

fn split(bytes: &[u8]) -> Result<(Transaction, Signature), TransactionError> {
    if bytes.len() > MAX_TRANSACTION_LEN {
        let (got, expected) = (bytes.len(), MAX_TRANSACTION_LEN);
        return Err(TransactionError::Oversized { got, expected });
    }
    let malformed = |reason: &str| TransactionError::Malformed { reason: reason.into() };
    let unsupported = |got| TransactionError::UnsupportedType { got, expected: TX_TYPE };
    let list = match bytes.split_first() {
        None => return Err(malformed("no bytes")),
        Some((&TX_TYPE, list)) => list,
        Some((byte, _)) if LEGACY.contains(byte) => return Err(unsupported(0)),
        Some((byte, _)) => return Err(unsupported(*byte)),
    };
    read(list).map_err(|error| malformed(error.reason()))
}

fn encode(transaction: &Transaction, signature: &Signature) -> Vec<u8> {
    let mut fields = Vec::new();
    transaction.encode_fields(&mut fields);
    signature.y_parity.encode(&mut fields);
    signature.r.encode(&mut fields);
    signature.s.encode(&mut fields);
    let mut bytes = vec![TX_TYPE];
    put_list(&fields, &mut bytes);
    bytes
}

fn read(list: &[u8]) -> Result<(Transaction, Signature), DecodeError> {
    let mut items = Items::of_list(WHAT, list)?;
    let transaction = Transaction {
        chain_id: items.next_value()?,
        nonce: items.next_value()?,
        max_priority_fee_per_gas: items.next_value()?,
        max_fee_per_gas: items.next_value()?,
        gas_limit: items.next_value()?,
        to: read_to(items.next_bytes()?)?,
        value: items.next_value()?,
        input: Bytes::copy_from_slice(items.next_bytes()?),
        access_list: read_access_list(items.next_list()?)?,
    };
    let signature = Signature {
        y_parity: read_parity(items.next_bytes()?)?,
        r: items.next_value()?,
        s: items.next_value()?,
    };
    items.finish()?;
    Ok((transaction, signature))
}

fn read_to(bytes: &[u8]) -> Result<Option<Address>, DecodeError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let wrong = |_| DecodeError::new(WHAT, format!("a receiver of {} bytes", bytes.len()));
    Address::try_from(bytes).map(Some).map_err(wrong)
}

fn read_parity(bytes: &[u8]) -> Result<bool, DecodeError> {
    match bytes {
        [] => Ok(false),
        [1] => Ok(true),
        _ => Err(DecodeError::new(WHAT, "the parity is neither 0 nor 1")),
    }
}

fn read_access_list(mut list: Items<'_>) -> Result<Vec<AccessListItem>, DecodeError> {
    let mut entries = 0_usize;
    let mut items = Vec::new();
    let mut count = || {
        entries = entries.saturating_add(1);
        let reason = format!("an access list of more than {MAX_ACCESS_LIST_LEN} entries");
        if entries > MAX_ACCESS_LIST_LEN { Err(DecodeError::new(WHAT, reason)) } else { Ok(()) }
    };
    while !list.is_empty() {
        count()?;
        let mut item = list.next_list()?;
        let address = item.next_value()?;
        let mut keys = item.next_list()?;
        item.finish()?;
        let mut storage_keys = Vec::<B256>::new();
        while !keys.is_empty() {
            count()?;
            storage_keys.push(keys.next_value()?);
        }
        items.push(AccessListItem { address, storage_keys });
    }
    Ok(items)
}

/// Numbers as words, for signatures.
pub(super) const fn word(number: &U256) -> [u8; 32] {
    number.to_be_bytes()
}
