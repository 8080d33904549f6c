//! The execution half: accounts, contracts, blocks.
//!
//! Blocks are executed once, whoever of the consensus half's nodes builds or imports them: what a
//! block does depends on its parent's state and on its own bytes alone. Every block keeps its
//! state, side branches included, until it is older than the window; states share what is the same
//! in them.
//!
//! The floors, lowest first: a trie and [`state`] keep accounts, [`gas`] has prices, a machine
//! runs calls of the native contracts, an executor runs transactions, [`pool`] has those that wait.
//! [`Execution`] is all of it together, and what RPC reads.

pub mod block;
mod call;
pub mod code;
mod engine;
mod execute;
pub mod gas;
mod genesis;
mod host;
mod machine;
mod native;
pub mod pool;
mod read;
pub mod state;
mod store;
mod trie;
mod window;
mod working;

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_primitives::B256;
use causeway_chain::{DurableView, DurableWrite};
use causeway_light_client::ClientRegistry;

use block::Block;
use genesis::Rules;
use pool::Pool;
use state::{Changes, State};

pub use call::{CallError, CallOutput, CallRequest};
pub use genesis::{Config, developer};
pub use read::StateView;
pub use store::RestoreError;
pub use window::KEPT_BLOCKS;

/// A block, the state after it, and what it changed.
#[derive(Debug)]
struct Known {
    block: Block,
    state: State,
    changes: Changes,
}

/// The execution half of the chain.
#[derive(Debug)]
pub struct Execution {
    rules: Rules,
    /// Imported blocks of the window, side branches included.
    blocks: BTreeMap<B256, Arc<Known>>,
    genesis: Option<Arc<Block>>,
    /// The blocks that the head stands on, by number.
    canonical: BTreeMap<u64, B256>,
    /// Where transactions of canonical blocks are.
    transactions: BTreeMap<B256, (B256, usize)>,
    heads: Heads,
    /// The block that the stored base state is after.
    base: B256,
    /// [`KEPT_BLOCKS`], but in tests.
    kept_blocks: u64,
    /// Number of the final block when branches were last looked through.
    finalized_number: u64,
    pool: Pool,
    /// Blocks that were built and not imported yet.
    built: Vec<Known>,
    writes: Vec<DurableWrite>,
}

/// What the consensus half says of blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Heads {
    head: B256,
    safe: B256,
    finalized: B256,
}

impl Execution {
    /// An execution half that goes on where the writes in `view` end; without any, one that waits
    /// for its genesis.
    pub fn open(
        config: Config,
        clients: ClientRegistry,
        view: &dyn DurableView,
    ) -> Result<Self, RestoreError> {
        let mut execution = Self {
            rules: Rules::new(config, clients)?,
            blocks: BTreeMap::new(),
            genesis: None,
            canonical: BTreeMap::new(),
            transactions: BTreeMap::new(),
            heads: Heads::default(),
            base: B256::ZERO,
            kept_blocks: KEPT_BLOCKS,
            finalized_number: 0,
            pool: Pool::default(),
            built: Vec::new(),
            writes: Vec::new(),
        };
        if view.get(store::GENESIS).is_some() {
            execution.restore(view)?;
        }
        Ok(execution)
    }

    /// What must become durable, since the last call.
    pub fn take_writes(&mut self) -> Vec<DurableWrite> {
        core::mem::take(&mut self.writes)
    }
}

#[cfg(test)]
mod tests;
