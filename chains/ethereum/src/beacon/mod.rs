//! The consensus half: the beacon chain.

mod api;
pub mod bls;
pub mod chain;
pub mod clock;
pub mod genesis;
pub mod light_client;
pub mod node;
pub mod preset;
pub mod transition;
pub mod types;
