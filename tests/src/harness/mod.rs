//! Chains of every family in one thread: their contracts are the real ones on a host in memory,
//! what they write is committed into the real state format of their family, under headers that
//! are really mined or signed, and everything that passes between them is proven.
//!
//! The words are those of ibc-go's testing package: a [`Coordinator`] owns time and the chains, a
//! [`Path`] has an [`Endpoint`] on two of them.

pub mod bitcoin;
mod chain;
pub mod cometbft;
mod conservation;
mod coordinator;
mod endpoint;
pub mod ethereum;
mod family;
pub mod listing;
pub mod tree;

pub use chain::TestChain;
pub use conservation::assert_conserved;
pub use coordinator::{Coordinator, Kind, all_clients};
pub use endpoint::{Endpoint, Path};
pub use family::{Family, Traces};
