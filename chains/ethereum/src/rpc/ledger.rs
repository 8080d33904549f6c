//! Blocks and states by what requests call them.

use core::ops::Deref;
use std::sync::Arc;

use causeway_wire_ethereum::eth::{BlockId, BlockNumber, RpcError};

use crate::execution::block::Block;
use crate::execution::{Execution, StateView};

/// What servers answer when history is not kept.
const PRUNED: i64 = 4444;

/// The execution half, to be read.
#[derive(Clone, Copy)]
pub(super) struct Ledger<'a> {
    execution: &'a Execution,
}

/// A block that an id named.
pub(super) enum Found {
    /// One of the window.
    Kept(StateView),
    /// The first block, whose state may be gone.
    Genesis(Arc<Block>),
}

impl Deref for Found {
    type Target = Block;

    fn deref(&self) -> &Block {
        match self {
            Self::Kept(view) => view.block(),
            Self::Genesis(block) => block,
        }
    }
}

fn refused(reason: impl Into<String>) -> RpcError {
    RpcError::new(RpcError::SERVER, reason)
}

fn pruned() -> RpcError {
    RpcError::new(PRUNED, "pruned history unavailable")
}

impl<'a> Ledger<'a> {
    pub(super) const fn new(execution: &'a Execution) -> Self {
        Self { execution }
    }

    /// The newest block of the chain.
    pub(super) fn head(self) -> Result<StateView, RpcError> {
        self.execution.head().ok_or_else(|| refused("header not found"))
    }

    /// The block of a number in the chain.
    pub(super) fn canonical(self, number: u64) -> Option<StateView> {
        self.execution.by_number(number)
    }

    /// The block that an id names. Nothing is built ahead of its time: the pending block is the
    /// head.
    pub(super) fn block(self, id: BlockId) -> Option<Found> {
        let view = match id {
            BlockId::Number(number) => match number {
                BlockNumber::Earliest | BlockNumber::Number(0) => {
                    let genesis = self.execution.genesis_block().map(Arc::clone);
                    return self.canonical(0).map(Found::Kept).or(genesis.map(Found::Genesis));
                }
                BlockNumber::Finalized => self.execution.finalized(),
                BlockNumber::Safe => self.execution.safe(),
                BlockNumber::Latest | BlockNumber::Pending => self.execution.head(),
                BlockNumber::Number(number) => self.canonical(number),
            },
            BlockId::Hash { hash, .. } => self.execution.by_hash(&hash),
        };
        view.map(Found::Kept)
    }

    /// The block that an id names, which must be there.
    pub(super) fn required(self, id: BlockId) -> Result<Found, RpcError> {
        let Some(block) = self.block(id) else { return Err(self.missing(id)) };
        match id {
            BlockId::Hash { require_canonical: true, .. }
                if !self.execution.is_canonical(&block) =>
            {
                Err(refused("hash is not currently canonical"))
            }
            _ => Ok(block),
        }
    }

    fn missing(self, id: BlockId) -> RpcError {
        match id {
            BlockId::Number(BlockNumber::Number(number)) if number < self.execution.oldest() => {
                pruned()
            }
            BlockId::Hash { .. } => refused("header for hash not found"),
            BlockId::Number(_) => refused("header not found"),
        }
    }

    /// The state after the block that an id names; by default after the head.
    pub(super) fn state(self, id: Option<BlockId>) -> Result<StateView, RpcError> {
        match self.required(id.unwrap_or(BlockNumber::Latest.into()))? {
            Found::Kept(view) => Ok(view),
            Found::Genesis(_) => Err(pruned()),
        }
    }
}
