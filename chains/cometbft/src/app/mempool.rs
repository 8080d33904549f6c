//! Transactions that wait for a block.

/// Why a transaction was not even checked, in the words of `mempool/errors.go`, which clients look
/// for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MempoolError {
    /// It was seen before.
    #[error("tx already exists in cache")]
    InCache,
    /// There is no room.
    #[error(
        "mempool is full: number of txs {count} (max: {max_count}), \
         total bytes {bytes} (max: {max_bytes})"
    )]
    Full {
        /// Transactions that wait.
        count: usize,
        /// The most that may.
        max_count: usize,
        /// Their bytes.
        bytes: usize,
        /// The most there may be.
        max_bytes: usize,
    },
    /// It is longer than any transaction may be.
    #[error("Tx too large. Max size is {max}, but got {got}")]
    TooLarge {
        /// Its length.
        got: usize,
        /// The limit.
        max: usize,
    },
}
