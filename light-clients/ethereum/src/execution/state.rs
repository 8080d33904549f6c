//! Accounts and storage words under a state root.

use alloy_primitives::{Address, B256, U256, keccak256};
use causeway_core::{Audit, DecodeError, refusals};

use super::rlp::{Item, Items};
use super::trie::{self, MAX_STATE_NODE_LEN, Nibbles, TrieError};

/// Name of an account in errors.
const ACCOUNT: &str = "account";

/// Name of a storage word in errors.
const STORAGE_WORD: &str = "storage_word";

/// What the state trie keeps of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Transactions sent, or contracts created.
    pub nonce: u64,
    /// Wei.
    pub balance: U256,
    /// Root of the account's storage trie.
    pub storage_root: B256,
    /// Hash of its code.
    pub code_hash: B256,
}

impl Account {
    /// Decodes a leaf value of the state trie: a list of exactly four items.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut items = Items::of_list(ACCOUNT, bytes)?;
        let account = Self {
            nonce: items.next_value()?,
            balance: items.next_value()?,
            storage_root: items.next_value()?,
            code_hash: items.next_value()?,
        };
        items.finish()?;
        Ok(account)
    }
}

/// Decodes a leaf value of a storage trie: a big-endian integer of 1 to 32 bytes without leading
/// zeros, given as the 32 bytes of the word. Zero is never stored.
pub fn decode_storage_word(bytes: &[u8]) -> Result<B256, DecodeError> {
    let malformed = |reason: &str| Err(DecodeError::new(STORAGE_WORD, reason));
    match Item::decode(STORAGE_WORD, bytes)? {
        Item::List(_) => malformed("a list"),
        Item::Bytes(word) if word.len() > 32 => malformed("more than 32 bytes"),
        Item::Bytes([]) => malformed("zero, which is not stored"),
        Item::Bytes([0, ..]) => malformed("a leading zero"),
        Item::Bytes(word) => Ok(B256::left_padding_from(word)),
    }
}

/// Why a state proof is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// The nodes of the account's path are no proof.
    #[error("account proof: {0}")]
    AccountProof(#[source] TrieError),
    /// The nodes of the storage paths are no proof.
    #[error("storage proof: {0}")]
    StorageProof(#[source] TrieError),
    /// The contract is not in the state, so nothing can be said about its storage.
    #[error("there is no account {address}")]
    AccountAbsent {
        /// The contract.
        address: Address,
    },
    /// The slot is empty.
    #[error("nothing is stored at {key}, expected {expected}")]
    SlotAbsent {
        /// Storage key.
        key: B256,
        /// The expected word.
        expected: B256,
    },
    /// The slot is not empty.
    #[error("{got} is stored at {key}, expected nothing")]
    SlotPresent {
        /// Storage key.
        key: B256,
        /// The word there.
        got: B256,
    },
    /// The slot holds another word.
    #[error("{got} is stored at {key}, expected {expected}")]
    SlotMismatch {
        /// Storage key.
        key: B256,
        /// The word there.
        got: B256,
        /// The expected word.
        expected: B256,
    },
    /// The expected value cannot be in a slot, which holds 32 bytes.
    #[error("a value of {got} bytes, a slot holds {expected}")]
    ValueLength {
        /// Length of the value.
        got: usize,
        /// Length of a word.
        expected: usize,
    },
    /// A batch proof for no entry, or for too many.
    #[error("{got} entries, 1 to {expected} are allowed")]
    BatchSize {
        /// Entries.
        got: usize,
        /// The limit.
        expected: usize,
    },
    /// A leaf does not hold what its trie keeps.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
}

refusals! {
    StateError {
        AccountAbsent { address } => "account_absent", Reject;
        SlotAbsent { key, expected } => "slot_absent", Reject;
        SlotPresent { key, got } => "slot_present", Reject;
        SlotMismatch { key, got, expected } => "slot_mismatch", Reject;
        ValueLength { got, expected } => "slot_value_length", Reject;
        BatchSize { got, expected } => "batch_size", Reject;
        @wraps AccountProof, StorageProof, Malformed;
    }
}

/// The account at `address` under `state_root`, or `None` when the nodes show that there is none.
/// The trie's key is the hash of the address.
pub fn verify_account<N: AsRef<[u8]>>(
    state_root: &B256,
    address: &Address,
    nodes: &[N],
    audit: &mut impl Audit,
) -> Result<Option<Account>, StateError> {
    let key = keccak256(address);
    let leaf = trie::find(state_root, Nibbles::of(key.as_slice()), nodes, MAX_STATE_NODE_LEN)
        .map_err(StateError::AccountProof)?;
    audit.passed("account_proof", || {
        let result = if leaf.is_some() { "present" } else { "absent" };
        format!("{} nodes from {state_root} show {address} {result}", nodes.len())
    });
    let account = leaf.map(Account::decode).transpose()?;
    if let Some(account) = &account {
        audit.passed("account_leaf", || {
            let Account { nonce, balance, storage_root, code_hash } = account;
            format!("nonce {nonce}, balance {balance}, storage {storage_root}, code {code_hash}")
        });
    }
    Ok(account)
}

/// The word at `key` under `storage_root`, or `None` when the nodes show that the slot is empty.
/// The root must come from a verified [`Account`]; the trie's key is the hash of `key`.
pub fn verify_storage<N: AsRef<[u8]>>(
    storage_root: &B256,
    key: &B256,
    nodes: &[N],
    audit: &mut impl Audit,
) -> Result<Option<B256>, StateError> {
    let trie_key = keccak256(key);
    let nibbles = Nibbles::of(trie_key.as_slice());
    let leaf = trie::find(storage_root, nibbles, nodes, MAX_STATE_NODE_LEN)
        .map_err(StateError::StorageProof)?;
    let word = leaf.map(decode_storage_word).transpose()?;
    audit.passed("storage_proof", || {
        let result = word.map_or_else(|| "nothing".into(), |word| word.to_string());
        format!("{} nodes from {storage_root} show {result} at {key}", nodes.len())
    });
    Ok(word)
}
