//! The proof-of-work light client: Bitcoin's headers, and what can be proven under them.
//!
//! It follows headers only. What a body may hold (scripts, amounts, sizes) is not checked and
//! cannot be: against a miner of invalid blocks stand confirmations alone. A committed state root
//! proves that the root was published in a block, not that it is right.
//!
//! Where to start: [`Network`] has the rules of a chain as data, [`Chain`] verifies a linear run of
//! headers at full speed, [`HeaderTree`] adds branches and chooses among them, and
//! [`BitcoinClient`] puts both behind the traits of `causeway-light-client`.
//!
//! ```
//! use causeway_client_bitcoin::{Anchor, Chain, Network};
//!
//! let network = Network::mainnet();
//! let mut chain = Chain::new(&network, Anchor::genesis(&network))?;
//! let block_1 = "01000000\
//!     6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000\
//!     982051fd1e4ba744bbbe680e1fee14677ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299";
//! let header: [u8; 80] = alloy_primitives::hex::decode_to_array(block_1).unwrap();
//! chain.extend(&[header], u64::MAX)?;
//! assert_eq!(chain.tip().height, 1);
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

mod anchor;
mod chain;
mod client;
mod hash;
mod header;
mod inclusion;
pub mod merkle;
mod merkle_block;
mod message;
mod network;
mod proof;
mod records;
mod retarget;
mod sha_ni;
mod state;
mod state_commitment;
mod target;
mod times;
mod transaction;
mod tree;
mod update;

pub use anchor::{Anchor, AnchorError, PeriodStart};
pub use chain::{Chain, HeaderError};
pub use client::{BitcoinClient, ClientError, MAX_FORK_WINDOW};
pub use hash::{BlockHash, MerkleNode, StateRoot, Txid, Wtxid, sha256d};
pub use header::{HEADER_LEN, Header, RawHeader, hash_headers, split_headers};
pub use inclusion::{
    InclusionError, InclusionProof, WitnessCommitment, WitnessProof, verify_without_coinbase,
    witness_commitment,
};
pub use merkle_block::{Match, MerkleBlock, MerkleBlockError};
pub use network::{Network, NetworkError, NetworkRules, VersionHeights};
pub use proof::{BatchProof, CoinbaseProof, MAX_STATE_PROOF_LEN, StateProof, StateProofError};
pub use retarget::{is_permitted_transition, retarget};
pub use state::{ClientMessage, ClientState, ConsensusState, MAX_HEADERS};
pub use state_commitment::{
    COMMITMENT_VERSION, CommitmentError, CommitmentMagic, commitment_script, committed_state_root,
    height_push,
};
pub use target::{CompactTarget, Expansion, Target, TargetError, Work};
pub use times::{LastTimes, MEDIAN_SPAN};
pub use transaction::{
    Input, MAX_MONEY, MAX_TRANSACTION_LEN, Outpoint, Output, Reader, Transaction, Witness,
};
pub use tree::{Depths, Growth, HeaderStore, HeaderTree, Tip, TreeError};
pub use update::header_messages;
