//! The bundled proof-of-stake chain: a beacon chain of the Fulu fork, and below it the execution
//! layer that carries the contracts.
//!
//! Everything here is a state machine over bytes and time; sockets, disk and clock are the shell's.
//! [`EthereumChain`] is the whole, with its two sockets. [`beacon`] is the consensus half: state
//! transition, fork choice, validators, light client data and the Beacon API. [`execution`] is the
//! other half: accounts, contracts, blocks; [`engine`] is the border between them. Deposits, exits
//! and slashings are left out, and so is an EVM (`docs/chains.md`).
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use causeway_chain::Chain as _;
//! use causeway_chain_ethereum::EthereumChain;
//! use causeway_chain_ethereum::beacon::chain::Config;
//! use causeway_core::Timestamp;
//! use causeway_light_client::ClientRegistry;
//!
//! let now = Timestamp::from_nanos(1_800_000_000_000_000_000);
//! let (clients, nothing_stored) = (ClientRegistry::default(), BTreeMap::new());
//! let chain = EthereumChain::open(Config::default(), clients, &nothing_stored, now)?;
//! // Genesis is dated back, so that something is final already.
//! assert!(chain.summary().finalized > 0);
//! # Ok::<(), causeway_chain_ethereum::OpenError>(())
//! ```
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests compute freely"
    )
)]

pub mod beacon;
mod chain;
pub mod engine;
pub mod execution;
mod rpc;
pub mod ssz;

pub use chain::{BEACON_LISTENER, EXECUTION_LISTENER, EthereumChain, OpenError};
