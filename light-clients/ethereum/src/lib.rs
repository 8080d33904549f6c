//! The proof-of-stake light client: beacon chain sync committees for finality, Merkle-Patricia
//! proofs for the state below it.
//!
//! Nothing here does I/O or reads a clock. Two clients share one set of rules: a wallet's store
//! with forced updates and optimistic heads, and the stricter client of a bridge.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests compute freely"
    )
)]

pub mod bls;
pub mod chain;
pub mod client;
pub mod containers;
pub mod execution;
pub mod ssz;
pub mod sync;
pub mod update;
