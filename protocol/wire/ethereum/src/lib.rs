//! What chain, relayer and command line all speak of the proof-of-stake family: the shapes of its
//! RPC answers and files.
//!
//! Reading only: whatever comes from a server is a claim, and what it claims is for the light
//! client to verify. Start with [`proof::AccountProof`] or [`beacon::Reader`].
//!
//! ```
//! use causeway_wire_ethereum::proof::AccountProof;
//!
//! let error = AccountProof::from_json(b"{}").unwrap_err();
//! assert_eq!(error.what(), "account_proof");
//! ```

pub mod beacon;
pub mod config;
pub mod eth;
mod list;
pub mod proof;
mod text;

pub use list::AtMost;
