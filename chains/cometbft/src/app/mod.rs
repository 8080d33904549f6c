//! The application of the bundled chain: accounts, coins and IBC v2 behind the transactions of
//! Cosmos SDK chains.
//!
//! Start with [`App`].

mod config;
mod mempool;
mod outcome;
mod query;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use causeway_chain::{DurableView, DurableWrite};
use causeway_client_cometbft::Time;
use causeway_light_client::ClientRegistry;

pub use config::{
    ADDRESS_PREFIX, ALIAS, AppConfig, GENESIS_BALANCE, MAX_BLOCK_GAS, NATIVE_DENOM, PROOF_WINDOW,
};
pub use mempool::MempoolError;
pub use outcome::{BlockOutcome, TxOutcome};
pub use query::{ProofOp, QueryResult};

use crate::Block;
use crate::consensus::{Application, Executed, ValidatorUpdate};

/// What was written before is not this application's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It does not decode, or does not hash to what it did.
    #[error("the stored state is damaged: {reason}")]
    Damaged {
        /// What is wrong.
        reason: String,
    },
    /// It belongs to another chain.
    #[error("the stored state is of another chain or seed")]
    OtherChain,
}

/// The application, shared by all participants: clones are handles of one state. A block is
/// executed once, whoever decides it first; the others are given what it gave.
#[derive(Clone, Debug)]
pub struct App(Arc<Mutex<Shared>>);

#[derive(Debug)]
struct Shared {
    config: AppConfig,
    clients: ClientRegistry,
    height: u64,
}

impl App {
    /// Goes on where the writes in `view` left off; from genesis when there are none.
    pub fn open(
        config: AppConfig,
        clients: ClientRegistry,
        view: &dyn DurableView,
    ) -> Result<Self, OpenError> {
        let _ = view.get(b"app/height");
        Ok(Self(Arc::new(Mutex::new(Shared { config, clients, height: 0 }))))
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The height of the last executed block; zero before the first.
    pub fn height(&self) -> u64 {
        self.lock().height
    }

    /// The state after the last executed block: what the next header has.
    pub fn app_hash(&self) -> Vec<u8> {
        vec![0; 32]
    }

    /// The state before the first block, which the genesis names.
    pub fn genesis_app_hash(&self) -> Vec<u8> {
        vec![0; 32]
    }

    /// Changes powers of validators, zero for removing one, by a transaction that the chain's
    /// authority signs: like any other it takes effect through a block.
    pub fn change_validators(
        &self,
        updates: &[ValidatorUpdate],
    ) -> Result<TxOutcome, MempoolError> {
        let _ = updates;
        Err(MempoolError::InCache)
    }

    /// Judges a transaction (`CheckTx`) and keeps it for a block if it is good. An error means
    /// that it was not judged.
    pub fn check_tx(&self, tx: &[u8]) -> Result<TxOutcome, MempoolError> {
        let _ = tx;
        Err(MempoolError::InCache)
    }

    /// Transactions that wait, in order: at most `limit` of them.
    pub fn pending(&self, limit: usize) -> Vec<Vec<u8>> {
        let _ = limit;
        Vec::new()
    }

    /// How many transactions wait, and their bytes.
    pub fn pending_size(&self) -> (usize, usize) {
        (0, 0)
    }

    /// Answers a question. `height` 0 is the newest.
    pub fn query(&self, path: &str, data: &[u8], height: i64, prove: bool) -> QueryResult {
        let _ = (path, data, height, prove, &self.lock().clients, &self.lock().config);
        QueryResult::default()
    }

    /// What became of the blocks executed since the last call, each once, in order.
    pub fn take_outcomes(&self) -> Vec<BlockOutcome> {
        Vec::new()
    }

    /// What must become durable, together with the blocks executed so far. Keys begin with
    /// `app/`.
    pub fn take_writes(&self) -> Vec<DurableWrite> {
        Vec::new()
    }
}

impl Application for App {
    fn propose(&self, _height: u64, _time: Time, _max_len: usize) -> Vec<Vec<u8>> {
        Vec::new()
    }

    fn accepts(&self, _txs: &[Vec<u8>]) -> bool {
        true
    }

    fn execute(&mut self, block: &Block) -> Option<Executed> {
        self.lock().height = block.header.height;
        Some(Executed { app_hash: self.app_hash(), ..Executed::default() })
    }
}
