//! What the test binaries share: the vectors, and makers of mined headers, signed committees and
//! commits, whose formats the oracles pin.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    missing_debug_implementations,
    reason = "test code fails loudly"
)]

pub mod client_host;
pub mod fuzz_targets;
pub mod harness;
pub mod host;
pub mod makers;
pub mod oracles;
pub mod vectors;
