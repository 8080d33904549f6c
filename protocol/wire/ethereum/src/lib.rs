//! What chain, relayer and command line all speak of the proof-of-stake family: transactions, the
//! contracts' interface, and the shapes of RPC answers and files.
//!
//! Whatever comes from a server is a claim, and what it claims is for the light client to verify.
//! Start with [`transaction::Transaction`] and [`abi`] for what is sent, with
//! [`proof::AccountProof`] or [`beacon::Reader`] for what is read.
//!
//! ```
//! use causeway_wire_ethereum::proof::AccountProof;
//!
//! let error = AccountProof::from_json(b"{}").unwrap_err();
//! assert_eq!(error.what(), "account_proof");
//! ```
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests compute freely"
    )
)]

pub mod abi;
pub mod beacon;
pub mod config;
pub mod contracts;
pub mod eth;
mod list;
pub mod proof;
mod text;
pub mod transaction;

pub use list::AtMost;
