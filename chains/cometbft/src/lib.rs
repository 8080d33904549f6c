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

use causeway_client_cometbft::Hash;

pub mod app;
mod archive;
mod block;
mod chain;
pub mod consensus;
mod results;
mod rpc;

pub use archive::{KEPT_BODIES_LEN, KEPT_HEADERS};
pub use block::{Block, MAX_BLOCK_LEN, data_hash, evidence_hash, last_commit_hash, tx_hash};
pub use chain::{
    CHAIN_ID, CometbftChain, Config, MAX_PARTICIPANTS, MIN_VALIDATORS, OpenError, POWER,
};
pub use results::{TxResult, results_hash};
pub use rpc::{MAX_SESSIONS, MAX_SUBSCRIBERS, MAX_SUBSCRIPTIONS, NODE_VERSION};
