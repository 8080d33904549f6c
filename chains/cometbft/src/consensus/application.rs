//! What consensus asks of whatever it orders transactions for.

use causeway_client_cometbft::{PublicKey, Time};

use crate::{Block, TxResult};

/// A change of one validator's power. It takes effect two heights later: the header of the next
/// block names the set of the one after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValidatorUpdate {
    /// Whose.
    pub public_key: PublicKey,
    /// The new power; zero removes the validator.
    pub power: u64,
}

/// What executing a block gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Executed {
    /// The state after the block: in the next header.
    pub app_hash: Vec<u8>,
    /// One result a transaction, in order.
    pub results: Vec<TxResult>,
    /// Changes of the validator set. A list that no set can take changes nothing.
    pub updates: Vec<ValidatorUpdate>,
}

/// The state machine that every participant runs on the decided blocks. Two of them that execute
/// the same blocks must give the same answers.
pub trait Application {
    /// Transactions for a block of its own, of at most `max_len` bytes together.
    fn propose(&self, height: u64, time: Time, max_len: usize) -> Vec<Vec<u8>>;

    /// Whether another's transactions may be in a block. It depends on the executed blocks alone.
    fn accepts(&self, txs: &[Vec<u8>]) -> bool;

    /// Executes a decided block. `None` for one that contradicts what was executed before: the
    /// participant stops then, for good.
    fn execute(&mut self, block: &Block) -> Option<Executed>;
}
