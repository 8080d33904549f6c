//! In which blocks transactions are, on any branch.

use std::collections::BTreeSet;

use causeway_client_bitcoin::{BlockHash, Txid};
use causeway_wire_bitcoin::Block;

/// The lowest of all hashes, where a search begins.
const FIRST_HASH: BlockHash = BlockHash([0; 32]);
/// The highest.
const LAST_HASH: BlockHash = BlockHash([0xff; 32]);

/// Finds the blocks of a transaction. One index serves all participants: each looks for the block
/// on its own chain.
#[derive(Clone, Debug, Default)]
pub(crate) struct TransactionIndex(BTreeSet<(Txid, BlockHash)>);

impl TransactionIndex {
    /// Adds the transactions of a block.
    pub(crate) fn add(&mut self, block: &Block) {
        let hash = block.header.hash();
        self.0.extend(block.transactions.iter().map(|transaction| (transaction.txid(), hash)));
    }

    /// The blocks that have a transaction, in no order that matters.
    pub(crate) fn blocks_of(&self, txid: Txid) -> impl Iterator<Item = BlockHash> {
        self.0.range((txid, FIRST_HASH)..=(txid, LAST_HASH)).map(|(_, hash)| *hash)
    }
}
