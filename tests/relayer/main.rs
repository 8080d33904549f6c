//! The relayer's daemon between two small chains, in time that passes as fast as it can.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "tests compute freely"
)]

mod clients;
mod endpoint;
mod faults;
mod ledger;
mod lifecycle;
mod net;
mod rpc;
mod scale;
mod sharing;
mod trace;
mod work;
mod world;
