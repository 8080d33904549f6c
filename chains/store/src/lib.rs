//! A provable, versioned key-value store: what a chain keeps its state in when others are to
//! check it under an app hash.
//!
//! [`Tree`] is a balanced tree in the shape and with the hashes of IAVL, so every key of every kept
//! version has an ICS-23 proof of its value, or of its absence, under the standard specification.
//! Versions share what they have in common: keeping one costs what it changed, dropping one frees
//! that. [`StoreRoots`] puts the roots of several trees under one app hash.
//!
//! Deliberately absent: disk, caches, and hashing of keys; keys stay in order and can be listed.
//!
//! **An empty tree proves nothing**: there is no leaf to be a neighbour of an absent key. Whoever
//! wants absence to be provable from the first version on writes some key at genesis, and never
//! removes it.
//!
//! Start with [`Tree::commit`] and [`Snapshot::prove`].
//!
//! ```
//! use causeway_ics23::iavl_spec;
//! use causeway_store::{Tree, Version};
//!
//! let mut tree = Tree::starting_at(Version::new(1)?);
//! tree.insert(b"genesis", b"written")?;
//! tree.insert(b"key", b"value")?;
//! let root = tree.commit(Version::new(1)?)?;
//!
//! let past = tree.at(Version::new(1)?)?;
//! let proof = past.prove(b"key")?;
//! proof.verify_membership(iavl_spec(), &root.0, b"key", b"value", &mut ())?;
//! let proof = past.prove(b"other key")?;
//! proof.verify_non_membership(iavl_spec(), &root.0, b"other key", &mut ())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests compute freely"
    )
)]

mod error;
mod export;
mod multistore;
mod node;
mod prove;
mod read;
mod tree;

pub use error::StoreError;
pub use multistore::{AppHash, StoreRoots};
pub use node::RootHash;
pub use read::{Entries, EntriesBack, Snapshot};
pub use tree::{MAX_KEY_LEN, MAX_VALUE_LEN, Tree, Version};
