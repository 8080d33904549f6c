//! The bundled proof-of-work chain: blocks in Bitcoin's format, and miners that agree on them by
//! work.
//!
//! [`BitcoinChain`] is what a shell runs: miners, RPC, durable writes. [`Ledger`] is the state that
//! blocks change, forth and back. [`Miner`] is one participant, which hears of the others only by
//! messages; [`Miners`] holds several with the network among them. Headers are judged by the light
//! client's own code. There is no I/O and no clock.
//!
//! Calls ride in transactions, and [`Contracts`] carries them out on a provable state whose root
//! the block's coinbase commits to; coins that the contracts hold are in one output, the vault.
//!
//! Deliberately absent: scripts other than spends of a key's hash and of the vault, and light
//! clients, which are given by whoever builds a chain.
//!
//! ```
//! use causeway_chain_bitcoin::{Config, Miners};
//! use causeway_core::Timestamp;
//!
//! let start = Timestamp::from_secs(1_800_000_000).ok_or("a time")?;
//! let clients = causeway_light_client::ClientRegistry::default();
//! let mut miners = Miners::new(&Config::new(7, start), clients)?;
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

mod answers;
mod blocks;
#[cfg(test)]
mod call_simulation;
mod chain;
mod check;
mod coinbase;
mod config;
mod contracts;
mod faults;
mod keys;
mod ledger;
mod mempool;
mod miner;
mod miners;
mod rpc;
mod signatures;
#[cfg(test)]
mod simulation;
mod spend;
mod template;
mod transaction_index;

pub use answers::AnswerError;
pub use chain::{BitcoinChain, OpenError};
pub use check::{BlockError, check_block};
pub use coinbase::{COMMITMENT_MAGIC, Parts, coinbase};
pub use config::{Config, ConfigError, Parameters, Rules};
pub use contracts::{
    ConsensusAt, Contracts, Executed, Payment, PreparedCall, VaultCoin, VaultError,
};
pub use keys::miner_key;
pub use ledger::{Coin, Ledger, OutpointKey, Undo};
pub use mempool::{MAX_MEMPOOL_WEIGHT, Mempool, MempoolError};
pub use miner::{Message, Miner, Outgoing, SubmitError};
pub use miners::{Miners, StartError};
pub use spend::{COINBASE_MATURITY, SpendContext, TransactionError};
pub use template::{TemplateError, template};
