//! What the outside sees.

use std::sync::Arc;

use alloy_primitives::{Address, B256, U256};
use causeway_wire_ethereum::transaction::SignedTransaction;

use super::block::{Block, Included};
use super::gas::next_base_fee;
use super::pool::PoolError;
use super::state::{AccountProof, State};
use super::{Execution, Known};

/// The state after one block.
#[derive(Clone, Debug)]
pub struct StateView {
    known: Arc<Known>,
}

impl core::ops::Deref for StateView {
    type Target = State;

    fn deref(&self) -> &State {
        &self.known.state
    }
}

impl StateView {
    /// The block.
    pub fn block(&self) -> &Block {
        &self.known.block
    }

    /// What `eth_getProof` answers.
    pub fn proof(&self, address: &Address, slots: &[B256]) -> AccountProof {
        self.known.state.prove(address, slots)
    }
}

impl Execution {
    /// EIP-155.
    pub const fn chain_id(&self) -> u64 {
        self.rules.config.chain_id
    }

    fn view(&self, hash: &B256) -> Option<StateView> {
        Some(StateView { known: Arc::clone(self.blocks.get(hash)?) })
    }

    /// The newest block that the consensus half follows; `None` before genesis.
    pub fn head(&self) -> Option<StateView> {
        self.view(&self.heads.head)
    }

    /// The newest justified block.
    pub fn safe(&self) -> Option<StateView> {
        self.view(&self.heads.safe)
    }

    /// The newest final block.
    pub fn finalized(&self) -> Option<StateView> {
        self.view(&self.heads.finalized)
    }

    /// A block of the window on the head's chain, and the state after it.
    pub fn by_number(&self, number: u64) -> Option<StateView> {
        self.view(self.canonical.get(&number)?)
    }

    /// Any block of the window, and the state after it.
    pub fn by_hash(&self, hash: &B256) -> Option<StateView> {
        self.view(hash)
    }

    /// The first block, without its state.
    pub const fn genesis_block(&self) -> Option<&Arc<Block>> {
        self.genesis.as_ref()
    }

    /// Number of the oldest block that is kept.
    pub fn oldest(&self) -> u64 {
        self.canonical.first_key_value().map_or(0, |(number, _)| *number)
    }

    /// True for blocks on the head's chain.
    pub fn is_canonical(&self, block: &Block) -> bool {
        self.canonical.get(&block.header.number) == Some(&block.hash)
    }

    /// Where a transaction is on the head's chain: see [`Block::included`].
    pub fn block_of(&self, transaction: &B256) -> Option<(StateView, usize)> {
        let (block, index) = self.transactions.get(transaction)?;
        Some((self.view(block)?, *index))
    }

    /// A transaction on the head's chain, with what it did.
    pub fn with_included<T>(
        &self,
        transaction: &B256,
        read: impl FnOnce(Included<'_>) -> T,
    ) -> Option<T> {
        let (view, index) = self.block_of(transaction)?;
        Some(read(view.block().included(index)?))
    }

    /// Wei a unit of gas, of the block after this one.
    pub fn base_fee_after(&self, block: &Block) -> u64 {
        next_base_fee(block.base_fee(), block.header.gas_used, block.header.gas_limit)
    }

    /// Wei a unit of gas, of the next block.
    pub fn next_base_fee(&self) -> u64 {
        self.head().map_or(0, |head| self.base_fee_after(head.block()))
    }

    /// The nonce of the sender's next transaction, those that wait counted.
    pub fn pending_nonce(&self, sender: &Address) -> u64 {
        let nonce = self.head().map_or(0, |head| head.nonce(sender));
        self.pool.next_nonce(sender, nonce)
    }

    /// A transaction that waits.
    pub fn pooled(&self, hash: &B256) -> Option<&SignedTransaction> {
        self.pool.get(hash)
    }

    /// All transactions that wait.
    pub fn all_pooled(&self) -> impl Iterator<Item = &SignedTransaction> {
        self.pool.iter()
    }

    /// Takes in a transaction, to be part of a block soon (`eth_sendRawTransaction`).
    pub fn add_transaction(&mut self, bytes: &[u8]) -> Result<B256, PoolError> {
        let transaction = SignedTransaction::decode(bytes)?;
        let hash = transaction.hash();
        if self.transactions.contains_key(&hash) || self.pool.get(&hash).is_some() {
            return Err(PoolError::AlreadyKnown);
        }
        super::pool::check_form(&transaction, self.chain_id())?;
        let base_fee = self.next_base_fee();
        if transaction.max_fee_per_gas < u128::from(base_fee) {
            return Err(PoolError::fee_cap(&transaction, base_fee));
        }
        let account = self.head().and_then(|head| head.account(&transaction.sender()));
        let (nonce, balance) = account.map_or((0, U256::ZERO), |a| (a.nonce, a.balance));
        self.pool.add(transaction, nonce, balance)?;
        Ok(hash)
    }
}
