//! The bundled proof-of-stake chain: a beacon chain of the Fulu fork, and below it the execution
//! layer that carries the contracts.
//!
//! Everything here is a state machine over bytes and time; sockets, disk and clock are the shell's.
//! [`beacon`] is the consensus half: state transition, fork choice, validators, light client data
//! and the Beacon API. [`engine`] is the border to the execution half. Deposits, exits and
//! slashings are left out (`docs/chains.md`). Start with [`beacon::chain::BeaconChain`]:
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use causeway_chain_ethereum::beacon::chain::{BeaconChain, Config};
//! use causeway_chain_ethereum::engine::EmptyEngine;
//! use causeway_core::Timestamp;
//!
//! let now = Timestamp::from_nanos(1_800_000_000_000_000_000);
//! let nothing_stored = BTreeMap::new();
//! let engine = EmptyEngine::default();
//! let chain = BeaconChain::new(Config::default(), engine, &nothing_stored, now)?;
//! // Genesis is dated back, so that something is final already.
//! assert!(chain.summary().finalized > 0);
//! # Ok::<(), causeway_chain_ethereum::beacon::chain::StartError>(())
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
