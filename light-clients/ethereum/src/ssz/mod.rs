//! Simple Serialize (consensus-specs `ssz/simple-serialize.md`, `ssz/merkle-proofs.md`): sizes are
//! known at run time only, since they depend on fork and preset.

mod codec;
mod container;
mod merkle;

pub(crate) use codec::{Codec, Shape, chunks, mix_in_length, wrong_length};
pub(crate) use container::container;
pub use merkle::{Gindex, hash_nodes, verify_branch};
pub(crate) use merkle::{merkleize, sha256};
