//! What the proof-of-work family's users exchange in files: runs of headers, anchors, network
//! parameters, and proofs of transactions. Bytes in, checked objects out; nothing is read or
//! written here.
//!
//! Start with [`HeaderReader`] and [`TransactionProof`].
//!
//! ```
//! use causeway_wire_bitcoin::HeaderReader;
//!
//! let mut reader = HeaderReader::default();
//! let mut headers = Vec::new();
//! reader.read("00".repeat(80).as_bytes(), &mut headers)?;
//! reader.finish(&mut headers)?;
//! assert_eq!(headers, [[0; 80]]);
//! # Ok::<(), causeway_core::DecodeError>(())
//! ```
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests compute freely"
    )
)]

mod headers;
mod proof;
mod trusted;

pub use headers::{HeaderReader, read_header};
pub use proof::{Depth, Proven, TransactionProof};
pub use trusted::{read_anchor, read_network};
