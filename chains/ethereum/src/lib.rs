//! The bundled proof-of-stake chain: a beacon chain of the Fulu fork, and below it the execution
//! layer that carries the contracts.
//!
//! Everything here is a state machine over bytes and time. [`beacon`] is the consensus half: state
//! transition, fork choice, validators, light client data and the Beacon API. [`engine`] is the
//! border to the execution half.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests compute freely"
    )
)]

pub mod beacon;
pub mod engine;
pub mod ssz;
