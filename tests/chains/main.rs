//! The bundled chains as state machines: consensus under faults, restarts, formats.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "test code fails loudly"
)]

mod bitcoin;
mod bitcoin_calls;
mod bitcoin_outputs;
mod bitcoin_rpc;
mod cometbft;
mod ethereum_beacon;
mod ethereum_beacon_api;
mod ethereum_execution;
mod ethereum_light_clients;
mod ethereum_rpc;
mod pow_world;
