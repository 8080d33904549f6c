//! The application of the chain behind real blocks: what its users, and other chains, can make of
//! it.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::too_many_lines,
    missing_docs,
    reason = "test code fails loudly, and tables are long"
)]

mod accounts;
mod authority;
mod bridge;
mod bytes;
mod net;
mod restart;
