//! The proof-of-stake light client: beacon chain sync committees for finality, Merkle-Patricia
//! proofs for the state below it.
//!
//! Nothing here does I/O, reads a clock or starts a thread. Two clients share one set of rules: a
//! wallet's store with forced updates and optimistic heads ([`sync::LightClientStore`]), and the
//! stricter client of a bridge ([`client::EthereumClient`]). Neither follows single validators or
//! fork choice: what two thirds of a sync committee sign is what they see.
//!
//! Start with [`sync`], whose functions are the specification's. [`chain`] has the networks and,
//! as tables, what each fork changed; [`containers`] the SSZ objects; [`bls`] the signatures;
//! [`execution`] the proofs under a finalized execution block; [`update`] makes messages for the
//! client from a node's answers.
//!
//! ```
//! use causeway_client_ethereum::chain::{Fork, Network, Slot};
//!
//! let mainnet = Network::by_name("mainnet").unwrap().config();
//! let slot = mainnet.slot_at(1_746_612_311);
//! assert_eq!(slot, Slot::new(11_649_024));
//! assert_eq!(mainnet.fork(slot), Some(Fork::Electra));
//! assert_eq!(mainnet.fork(slot.previous()), Some(Fork::Deneb));
//! ```
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests compute freely"
    )
)]

pub mod bls;
pub mod chain;
pub mod client;
pub mod containers;
pub mod execution;
pub mod ssz;
pub mod sync;
pub mod update;
