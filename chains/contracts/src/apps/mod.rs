//! The applications that every chain has: token transfer (ICS-20) and message passing (ICS-27 GMP).

pub mod gmp;
mod payload;
pub mod transfer;

pub use payload::PayloadError;
