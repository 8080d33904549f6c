//! The bundled proof-of-work chain: blocks in Bitcoin's format, and miners that agree on them by
//! work.
//!
//! [`BitcoinChain`] is what a shell runs: miners, RPC, durable writes. [`Ledger`] is the state that
//! blocks change, forth and back. [`Miner`] is one participant, which hears of the others only by
//! messages; [`Miners`] holds several with the network among them. Headers are judged by the light
//! client's own code. There is no I/O and no clock.
//!
//! Deliberately absent: contracts and calls, and scripts other than spends of a key's hash. State
//! roots are committed in coinbases, but the state they commit to holds no more than the chain's
//! name and seed.
//!
//! ```
//! use causeway_chain_bitcoin::{Config, Miners};
//! use causeway_core::Timestamp;
//!
//! let start = Timestamp::from_secs(1_800_000_000).ok_or("a time")?;
//! let mut miners = Miners::new(&Config::new(7, start))?;
//! miners.advance(Timestamp::from_secs(1_800_000_060).ok_or("a time")?);
//! assert!(miners.miners().all(|miner| miner.height() > 5));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests compute freely"
    )
)]

mod blocks;
mod chain;
mod check;
mod coinbase;
mod config;
mod faults;
mod keys;
mod ledger;
mod mempool;
mod miner;
mod miners;
mod rpc;
#[cfg(test)]
mod simulation;
mod spend;
mod template;
mod transaction_index;

pub use chain::{BitcoinChain, OpenError};
pub use check::{BlockError, check_block};
pub use coinbase::{COMMITMENT_MAGIC, Parts, coinbase};
pub use config::{Config, ConfigError, Rules, subsidy};
pub use keys::miner_key;
pub use ledger::{Coin, Ledger, OutpointKey, Undo};
pub use mempool::{MAX_MEMPOOL_WEIGHT, MIN_RELAY_FEE_PER_KVB, Mempool, MempoolError};
pub use miner::{Message, Miner, Outgoing, SubmitError};
pub use miners::{Miners, StartError};
pub use spend::{COINBASE_MATURITY, SpendContext, TransactionError, check_transaction};
pub use template::{TemplateError, template};
