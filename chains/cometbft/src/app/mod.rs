//! The application of the bundled chain: accounts, coins and IBC v2 behind the transactions of
//! Cosmos SDK chains.
//!
//! Start with [`App`].

mod config;
pub mod gas;
mod genesis;
mod mempool;
mod outcome;
mod query;
mod shared;
mod state;
mod tx;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use causeway_chain::{DurableView, DurableWrite};
use causeway_client_cometbft::Time;
use causeway_light_client::ClientRegistry;
use causeway_store::StoreRoots;

pub use config::{
    ADDRESS_PREFIX, ALIAS, AppConfig, GENESIS_BALANCE, GasPrice, MAX_BLOCK_GAS, MIN_FEE_PER_GAS,
    NATIVE_DENOM, PROOF_WINDOW, counter_address,
};
pub use mempool::{MAX_PENDING, MAX_PENDING_LEN, MempoolError};
pub use outcome::{BlockOutcome, TxOutcome};
pub use query::{ProofOp, QueryResult};
pub use shared::OpenError;

use crate::Block;
use crate::consensus::{Application, Executed, ValidatorUpdate};
use shared::Shared;

/// The application, shared by all participants: clones are handles of one state. A block is
/// executed once, whoever decides it first; the others are given what it gave.
#[derive(Clone, Debug)]
pub struct App(Arc<Mutex<Shared>>);

impl App {
    /// Goes on where the writes in `view` left off; from genesis when there are none.
    pub fn open(
        config: AppConfig,
        clients: ClientRegistry,
        view: &dyn DurableView,
    ) -> Result<Self, OpenError> {
        Ok(Self(Arc::new(Mutex::new(Shared::open(config, clients, view)?))))
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The height of the last executed block; zero before the first.
    pub fn height(&self) -> u64 {
        self.lock().history.latest().height
    }

    /// The state after the last executed block: what the next header has.
    pub fn app_hash(&self) -> Vec<u8> {
        // The stores' names are known, so that there is a hash.
        let hash = self.lock().history.latest().app_hash();
        hash.map(|hash| hash.0.to_vec()).unwrap_or_default()
    }

    /// The state before the first block, which the genesis names: that of no stores, as SDK chains
    /// have it. What the genesis says is part of the first block's state.
    pub fn genesis_app_hash(&self) -> Vec<u8> {
        StoreRoots::new().app_hash().0.to_vec()
    }

    /// Changes powers of validators, zero for removing one, by a transaction that the chain's
    /// authority signs: like any other it takes effect through a block.
    pub fn change_validators(
        &self,
        updates: &[ValidatorUpdate],
    ) -> Result<TxOutcome, MempoolError> {
        self.lock().change_validators(updates)
    }

    /// Judges a transaction (`CheckTx`) and keeps it for a block if it is good. An error means
    /// that it was not judged.
    pub fn check_tx(&self, tx: &[u8]) -> Result<TxOutcome, MempoolError> {
        self.lock().check_tx(tx)
    }

    /// Judges a transaction as [`App::check_tx`] does, without keeping it.
    pub fn judge(&self, tx: &[u8]) -> TxOutcome {
        self.lock().judge(tx)
    }

    /// Transactions that wait, in order: at most `limit` of them.
    pub fn pending(&self, limit: usize) -> Vec<Vec<u8>> {
        self.lock().mempool.first(limit)
    }

    /// How many transactions wait, and their bytes.
    pub fn pending_size(&self) -> (usize, usize) {
        self.lock().mempool.size()
    }

    /// Answers a question. `height` 0 is the newest.
    pub fn query(&self, path: &str, data: &[u8], height: i64, prove: bool) -> QueryResult {
        query::answer(&mut self.lock(), &query::Question { path, data, height, prove })
    }

    /// What became of the blocks executed since the last call, each once, in order.
    pub fn take_outcomes(&self) -> Vec<BlockOutcome> {
        self.lock().take_outcomes()
    }

    /// What must become durable, together with the blocks executed so far. Keys begin with
    /// `app/`.
    pub fn take_writes(&self) -> Vec<DurableWrite> {
        self.lock().take_writes()
    }
}

impl Application for App {
    fn propose(&self, height: u64, _time: Time, max_len: usize) -> Vec<Vec<u8>> {
        self.lock().propose(height, max_len)
    }

    fn accepts(&self, txs: &[Vec<u8>]) -> bool {
        self.lock().accepts(txs)
    }

    fn execute(&mut self, block: &Block) -> Option<Executed> {
        self.lock().execute(block)
    }
}
