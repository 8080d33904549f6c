//! Answers to `eth_getProof` (EIP-1186), bare or inside a JSON-RPC answer, and their verification.
//!
//! What a server says beside the proof nodes is a claim: balance, nonce, hashes and values are
//! compared with what the nodes show. Servers describe an absent account in two ways, with zero
//! hashes or with the hashes of no code and no storage; either is fine when the nodes show absence.

mod json;

use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256};
use causeway_client_ethereum::execution::proof::{BatchProof, StateProof};
use causeway_client_ethereum::execution::state::{
    Account, StateError, verify_account, verify_storage,
};
use causeway_client_ethereum::execution::trie::EMPTY_ROOT;
use causeway_core::{Audit, DecodeError, refusals};

/// The most storage keys in an answer, as many as servers allow in a request.
pub const MAX_STORAGE_KEYS: usize = 1024;

/// An answer: proof nodes, and what the server says they show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountProof {
    /// Whose account.
    pub address: Address,
    /// What the account is said to be.
    pub claimed: Account,
    /// Nodes from the state root to the account.
    pub nodes: Vec<Vec<u8>>,
    /// One for each storage key that was asked for.
    pub storage: Vec<StorageProof>,
}

/// What an answer says of one storage slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageProof {
    /// The slot, padded to 32 bytes: servers echo short keys shortened.
    pub key: B256,
    /// The word that is said to be there; zero stands for nothing.
    pub claimed: B256,
    /// Nodes from the account's storage root to the slot.
    pub nodes: Vec<Vec<u8>>,
}

/// What the nodes of an answer show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The account, unless there is none.
    pub account: Option<Account>,
    /// The word at each key, unless the slot is empty.
    pub storage: Vec<(B256, Option<B256>)>,
}

/// Why an answer is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The nodes are no proof.
    #[error(transparent)]
    State(#[from] StateError),
    /// The nodes show something else than the answer says.
    #[error("the answer says {field} {got}, but its proof shows {expected}")]
    ClaimMismatch {
        /// The member of the answer.
        field: String,
        /// What it says.
        got: String,
        /// What the nodes show.
        expected: String,
    },
}

refusals! {
    AnswerError {
        ClaimMismatch { field, got, expected } => "claim_mismatch", Reject;
        @wraps State;
    }
}

impl AccountProof {
    /// Reads an answer. Numbers may have leading zeros and an odd count of digits.
    pub fn from_json(bytes: &[u8]) -> Result<Self, DecodeError> {
        json::read(bytes)
    }

    /// Verifies the account under `state_root`, every slot under the storage root that the
    /// account's leaf holds, and every claim.
    pub fn verify(&self, state_root: &B256, audit: &mut impl Audit) -> Result<Proven, AnswerError> {
        let account = verify_account(state_root, &self.address, &self.nodes, audit)?;
        match &account {
            Some(proven) => self.check_present(proven)?,
            None => self.check_absent()?,
        }
        audit.passed("account_claims", || "nonce, balance and hashes are as proven".into());
        let storage_root = account.map_or(EMPTY_ROOT, |account| account.storage_root);
        let mut storage = Vec::with_capacity(self.storage.len());
        for (index, slot) in self.storage.iter().enumerate() {
            let word = verify_storage(&storage_root, &slot.key, &slot.nodes, audit)?;
            let proven = word.unwrap_or_default();
            require(slot.claimed == proven, || {
                (format!("storageProof[{index}].value"), slot.claimed, proven)
            })?;
            storage.push((slot.key, word));
        }
        audit.passed("storage_claims", || format!("{} values are as proven", storage.len()));
        Ok(Proven { account, storage })
    }

    /// The proof of the slot at `key` as packet messages carry it.
    pub fn state_proof(&self, key: &B256) -> Option<StateProof> {
        let slot = self.storage.iter().find(|slot| slot.key == *key)?;
        Some(StateProof::new(self.nodes.clone(), slot.nodes.clone()))
    }

    /// One proof of all slots, in their order here, as packet messages carry it.
    pub fn batch_proof(&self) -> BatchProof {
        let storage = self.storage.iter().map(|slot| slot.nodes.clone());
        BatchProof::new(self.nodes.clone(), storage)
    }

    fn check_present(&self, proven: &Account) -> Result<(), AnswerError> {
        let claimed = &self.claimed;
        require(claimed.nonce == proven.nonce, || ("nonce", claimed.nonce, proven.nonce))?;
        let (got, expected) = (claimed.balance, proven.balance);
        require(got == expected, || ("balance", got, expected))?;
        let (got, expected) = (claimed.code_hash, proven.code_hash);
        require(got == expected, || ("codeHash", got, expected))?;
        let (got, expected) = (claimed.storage_root, proven.storage_root);
        require(got == expected, || ("storageHash", got, expected))
    }

    fn check_absent(&self) -> Result<(), AnswerError> {
        let claimed = &self.claimed;
        require(claimed.nonce == 0, || ("nonce", claimed.nonce, 0))?;
        let got = claimed.balance;
        require(got.is_zero(), || ("balance", got, U256::ZERO))?;
        let got = claimed.code_hash;
        let is_none = got.is_zero() || got == KECCAK256_EMPTY;
        require(is_none, || ("codeHash", got, B256::ZERO))?;
        let got = claimed.storage_root;
        let is_none = got.is_zero() || got == EMPTY_ROOT;
        require(is_none, || ("storageHash", got, B256::ZERO))
    }
}

/// `explain` gives the member, what it says, and what is proven.
fn require<F: Into<String>, T: ToString>(
    holds: bool,
    explain: impl FnOnce() -> (F, T, T),
) -> Result<(), AnswerError> {
    if holds {
        return Ok(());
    }
    let (field, got, expected) = explain();
    let (got, expected) = (got.to_string(), expected.to_string());
    Err(AnswerError::ClaimMismatch { field: field.into(), got, expected })
}
