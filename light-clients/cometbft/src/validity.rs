//! What a signed header must be before any question of trust (`SignedHeader.ValidateBasic`).

use causeway_core::{Audit, Timestamp, refusals};

use crate::header::BLOCK_PROTOCOL;
use crate::{ChainId, Hash, SignedHeader, Time};

/// Why a signed header is refused whoever signed it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The block was made under another block protocol.
    #[error("block protocol {got}, expected {expected}")]
    BlockProtocol {
        /// The header's.
        got: u64,
        /// The one understood.
        expected: u64,
    },
    /// The header is of another chain.
    #[error("a header of chain {got:?}, expected {expected:?}")]
    ChainIdMismatch {
        /// The header's chain.
        got: ChainId,
        /// The followed chain.
        expected: ChainId,
    },
    /// Heights start at 1.
    #[error("height {got}, the least is {expected}")]
    HeightZero {
        /// The header's height.
        got: u64,
        /// The least height.
        expected: u64,
    },
    /// The time is not between 1970 and 2554.
    #[error("time {got} is out of range")]
    TimeOutOfRange {
        /// The header's time.
        got: Time,
    },
    /// A header that names no validators has no hash.
    #[error("the header has no validators_hash")]
    NoValidatorsHash {},
    /// The commit is for no block.
    #[error("the commit is for no block")]
    CommitForNothing {},
    /// Nobody is in the commit.
    #[error("the commit has no signatures")]
    CommitEmpty {},
    /// The commit is of another height.
    #[error("a commit of height {got}, the header is of {expected}")]
    CommitHeightMismatch {
        /// The commit's height.
        got: u64,
        /// The header's height.
        expected: u64,
    },
    /// The commit is for another block.
    #[error("a commit for {got}, the header hashes to {expected}")]
    CommitBlockMismatch {
        /// The hash in the commit; all zero when it has none.
        got: Hash,
        /// The header's hash.
        expected: Hash,
    },
}

refusals! {
    HeaderError {
        BlockProtocol { got, expected } => "block_protocol_unknown", Reject;
        ChainIdMismatch { got, expected } => "chain_id_mismatch", Reject;
        HeightZero { got, expected } => "header_height_zero", Reject;
        TimeOutOfRange { got } => "header_time_out_of_range", Reject;
        NoValidatorsHash {} => "validators_hash_missing", Reject;
        CommitForNothing {} => "commit_for_nothing", Reject;
        CommitEmpty {} => "commit_empty", Reject;
        CommitHeightMismatch { got, expected } => "commit_height_mismatch", Reject;
        CommitBlockMismatch { got, expected } => "commit_block_mismatch", Reject;
    }
}

/// What is learnt of a header by checking its form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checked {
    pub(crate) validators_hash: Hash,
    pub(crate) time: Timestamp,
}

/// Checks header and commit, each by itself and against one another.
pub(crate) fn check(
    signed: &SignedHeader,
    chain_id: &ChainId,
    audit: &mut impl Audit,
) -> Result<Checked, HeaderError> {
    let SignedHeader { header, commit } = signed;
    let (got, expected) = (header.version.block, BLOCK_PROTOCOL);
    if got != expected {
        return Err(HeaderError::BlockProtocol { got, expected });
    }
    if header.chain_id != *chain_id {
        let (got, expected) = (header.chain_id.clone(), chain_id.clone());
        return Err(HeaderError::ChainIdMismatch { got, expected });
    }
    audit.passed("chain_id", || chain_id.to_string());
    if header.height == 0 {
        return Err(HeaderError::HeightZero { got: 0, expected: 1 });
    }
    let time = header.timestamp().ok_or(HeaderError::TimeOutOfRange { got: header.time })?;
    let validators_hash = header.validators_hash.ok_or(HeaderError::NoValidatorsHash {})?;
    if commit.block_id.is_zero() {
        return Err(HeaderError::CommitForNothing {});
    }
    if commit.signatures.is_empty() {
        return Err(HeaderError::CommitEmpty {});
    }
    let (got, expected) = (commit.height, header.height);
    if got != expected {
        return Err(HeaderError::CommitHeightMismatch { got, expected });
    }
    audit.passed("commit_height", || format!("{got}"));
    let hash = header.hash().ok_or(HeaderError::NoValidatorsHash {})?;
    if commit.block_id.hash != Some(hash) {
        let got = commit.block_id.hash.unwrap_or_default();
        return Err(HeaderError::CommitBlockMismatch { got, expected: hash });
    }
    audit.passed("commit_block", || format!("the header hashes to {hash}"));
    Ok(Checked { validators_hash, time })
}
