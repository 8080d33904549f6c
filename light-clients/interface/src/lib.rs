//! What a light client is, whatever it follows: the traits, the erased border for hosts of several
//! families, and the counting of signatures.
//!
//! There is no I/O here and no clock: bytes and time are arguments, and a client tells its host
//! what to write instead of writing. A light client knows no packets and no other light client.
//!
//! The traits come as a tower. [`ClientTypes`] names a family's messages; [`LightClient`] judges
//! headers and misbehaviour; [`ProofVerifier`] judges state under a judged header.
//! [`ClientRegistry`] holds any number of families behind [`ErasedClient`].
//!
//! ```
//! use causeway_light_client::{Fraction, Tally};
//!
//! let mut tally = Tally::new(100);
//! tally.count("first key", 66)?;
//! assert!(!tally.exceeds(Fraction::TWO_THIRDS));
//! tally.count("second key", 1)?;
//! assert!(tally.exceeds(Fraction::TWO_THIRDS));
//! # Ok::<(), causeway_light_client::QuorumError>(())
//! ```
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests compute freely"
    )
)]

mod client;
mod erased;
mod quorum;

/// The most entries that one batch proof may cover: bounds the work of one call.
pub const MAX_BATCH: usize = 256;

pub use client::{
    Advance, AnyCodec, ClientTypes, ClientView, Entry, LightClient, ProofCodec, ProofContext,
    ProofVerifier, RecordWrite, Status, Verdict,
};
pub use erased::{ClientRegistry, ErasedClient, RawAdvance, RawContext, RawVerdict, RawView};
pub use quorum::{Fraction, QuorumError, Tally, total_weight};
