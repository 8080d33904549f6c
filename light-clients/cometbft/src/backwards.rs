//! Verification of an older header from a trusted one, by hash links (`VerifyBackwards`).

use causeway_core::refusals;

use crate::{ChainId, Hash, Header, Time};

/// Why an older header does not come before a trusted one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackwardsError {
    /// The headers are of two chains.
    #[error("a header of chain {got:?}, the trusted one is of {expected:?}")]
    ChainIdMismatch {
        /// The older header's chain.
        got: ChainId,
        /// The trusted header's chain.
        expected: ChainId,
    },
    /// The older header is not older.
    #[error("time {got} is not before {expected}")]
    TimeNotBefore {
        /// The older header's time.
        got: Time,
        /// The trusted header's time.
        expected: Time,
    },
    /// The trusted header has another parent.
    #[error("the header hashes to {got}, the parent of the trusted one to {expected}")]
    ParentMismatch {
        /// The older header's hash; all zero when it has none.
        got: Hash,
        /// The hash in `last_block_id`; all zero when it has none.
        expected: Hash,
    },
}

refusals! {
    BackwardsError {
        ChainIdMismatch { got, expected } => "chain_id_mismatch", Reject;
        TimeNotBefore { got, expected } => "header_time_not_before_trusted", Reject;
        ParentMismatch { got, expected } => "parent_hash_mismatch", Reject;
    }
}

/// Accepts `older` as the parent of `trusted`.
pub fn verify_backwards(older: &Header, trusted: &Header) -> Result<(), BackwardsError> {
    if older.chain_id != trusted.chain_id {
        let (got, expected) = (older.chain_id.clone(), trusted.chain_id.clone());
        return Err(BackwardsError::ChainIdMismatch { got, expected });
    }
    let (got, expected) = (older.time, trusted.time);
    if got >= expected {
        return Err(BackwardsError::TimeNotBefore { got, expected });
    }
    let (got, expected) = (older.hash(), trusted.last_block_id.hash);
    if got.is_none() || got != expected {
        let (got, expected) = (got.unwrap_or_default(), expected.unwrap_or_default());
        return Err(BackwardsError::ParentMismatch { got, expected });
    }
    Ok(())
}
