//! The contracts' side of the chain: calls are carried out on the provable state, in the order of
//! their block. All of it follows from the parent's state and the calls, so that participants share
//! one execution.

mod accounts;
mod books;
mod execution;
mod gas;
mod host;
mod memo;
mod query;
mod record;
mod state;
mod vault;

use std::sync::{Arc, Mutex, PoisonError};

use causeway_chain::{AUTHORITY, developer_key};
use causeway_client_bitcoin::BlockHash;
use causeway_contracts::apps::gmp::{Counter, Gmp};
use causeway_contracts::apps::transfer::Transfer;
use causeway_contracts::{Account, Router};
use causeway_core::{DecodeError, Timestamp, gmp, transfer};
use causeway_light_client::ClientRegistry;
use causeway_store::{Snapshot, StoreError, Tree, Version};
use causeway_wire_bitcoin::{KeyHash, contract_account};

pub(crate) use execution::{BlockInfo, Step};
pub use execution::{Executed, Payment, PreparedCall};
pub use query::ConsensusAt;
pub(crate) use query::QueryError;
use state::IDENTITY_KEY;
pub use vault::{VaultCoin, VaultError};
pub(crate) use vault::{payout, payout_weight, spends_vault};

use crate::signatures::Signatures;

use memo::{Memo, StepKey};

/// The alias under which the developers' keys are derived.
pub(crate) const ALIAS: &str = "pow";

/// The light clients and applications that the chain is built with, and what was executed lately.
#[derive(Debug)]
pub struct Contracts {
    clients: ClientRegistry,
    router: Router,
    authority: KeyHash,
    memo: Mutex<Memo>,
    signatures: Signatures,
}

impl Contracts {
    /// Contracts with these light clients, governed by the authority of `seed`.
    pub fn new(clients: ClientRegistry, seed: u64) -> Result<Self, DecodeError> {
        let counter = Account(contract_account("counter").to_vec());
        let router = Router::new()
            .with(transfer::PORT.parse()?, Transfer)
            .with(gmp::PORT.parse()?, Gmp::new().with(counter, Counter));
        let authority = KeyHash::of(developer_key(ALIAS, AUTHORITY, seed).verifying_key());
        let (memo, signatures) = (Mutex::default(), Signatures::default());
        Ok(Self { clients, router, authority, memo, signatures })
    }

    /// The account that recovers clients, limits rates and pauses.
    pub fn authority(&self) -> KeyHash {
        self.authority
    }

    /// What participants remember of signatures.
    pub(crate) fn signatures(&self) -> &Signatures {
        &self.signatures
    }

    /// The state after these calls on the state `parent`; in `block`, which makes it the next.
    pub(crate) fn execute(
        &self,
        parent: &Snapshot,
        block: BlockInfo,
        calls: &[PreparedCall],
    ) -> Result<Arc<Executed>, StoreError> {
        if calls.is_empty() {
            return Executed::of_nothing(parent).map(Arc::new);
        }
        let mut memo = self.memo.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = StepKey::chain(parent, block, calls);
        let whole = keys.last().copied().unwrap_or_default();
        if let Some(executed) = memo.executed(whole) {
            return Ok(executed);
        }
        if let Some(executed) = memo.recall(whole, parent) {
            return Ok(memo.keep(whole, block.height, executed));
        }
        let mut steps: Vec<Arc<Step>> = Vec::with_capacity(calls.len());
        for (key, call) in keys.into_iter().zip(calls) {
            let step = memo.step(key).unwrap_or_else(|| {
                let fork = Tree::going_on_from(parent);
                let before = steps.last().map_or(fork, |step| step.tree.clone());
                memo.keep_step(key, block.height, self.run(before, block, call))
            });
            steps.push(step);
        }
        let executed = Executed::of_steps(parent, &steps)?;
        let executed = memo.keep(whole, block.height, Arc::new(executed));
        memo.keep_record(whole, block.height, &executed, &steps);
        Ok(executed)
    }

    /// A block with this execution was carried out: what is needed to do without executing it again
    /// is to be written down.
    pub(crate) fn note_block(&self, hash: BlockHash, height: u64, executed: &Executed) {
        let mut memo = self.memo.lock().unwrap_or_else(PoisonError::into_inner);
        memo.note_block(hash, height, executed);
    }

    /// What is to be written down since the last call, by block.
    pub(crate) fn take_records(&self) -> Vec<(BlockHash, Arc<[u8]>)> {
        self.memo.lock().unwrap_or_else(PoisonError::into_inner).take_records()
    }

    /// Takes what an earlier run wrote down of a block, so that it is not executed again.
    pub(crate) fn recall(&self, record: &[u8]) -> Result<(), DecodeError> {
        self.memo.lock().unwrap_or_else(PoisonError::into_inner).take_record(record)
    }

    /// How many calls were carried out lately.
    #[cfg(test)]
    pub(crate) fn steps_in_memory(&self) -> usize {
        self.memo.lock().unwrap_or_else(PoisonError::into_inner).step_count()
    }

    /// Drops what was recalled and not needed.
    pub(crate) fn forget_records(&self) {
        self.memo.lock().unwrap_or_else(PoisonError::into_inner).forget_records();
    }
}

/// The state after the first block: `identity` is name and seed of the chain.
pub(crate) fn genesis_state(identity: &[u8]) -> Result<Snapshot, StoreError> {
    let first = Version::new(0)?;
    let mut tree = Tree::starting_at(first);
    tree.insert(IDENTITY_KEY, identity)?;
    tree.commit(first)?;
    tree.at(first)
}

/// The key's account that an address is of.
pub(crate) fn parse_key_account(address: &str) -> Option<KeyHash> {
    accounts::key_hash(&accounts::parse(address)?)
}

/// The time of calls in a block whose parent has this median time past.
pub(crate) fn host_time(median_time: u32) -> Timestamp {
    Timestamp::from_nanos(u64::from(median_time).saturating_mul(1_000_000_000))
}
