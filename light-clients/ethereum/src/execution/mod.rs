//! Proofs under the roots of an execution block: accounts, storage, receipts and transactions.
//!
//! A light client yields a state root or a receipts root; everything here starts from such a root
//! and believes nothing that the proof nodes do not show. Absence is a result like presence: it is
//! shown by the walk itself, never by a proof that ends early.
//!
//! The floors, lowest first: [`rlp`] reads items in their only encoding, [`trie`] walks the
//! Merkle-Patricia trie, [`state`] reads accounts and storage words, [`router`] finds packet traces
//! in the storage of a router contract, [`block`] knows receipts, transaction lists and headers.

pub mod block;
pub mod proof;
pub mod rlp;
pub mod router;
pub mod state;
pub mod trie;
