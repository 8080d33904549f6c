//! The bundled PBFT chain: blocks, consensus on them in rounds over any application, and the
//! application that the bundled network runs.
//!
//! There is no I/O and no clock here. Validators are state machines of their own, with their own
//! keys, which see of each other only messages.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests compute freely"
    )
)]

pub mod app;
mod block;
pub mod consensus;
mod results;

pub use block::{Block, MAX_BLOCK_LEN, data_hash, evidence_hash, last_commit_hash, tx_hash};
use causeway_client_cometbft::Hash;
pub use results::{TxResult, results_hash};
