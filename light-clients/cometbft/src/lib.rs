//! A light client of the PBFT family: headers of CometBFT chains, verified through the commits
//! that decided them.
//!
//! [`verify`] is the heart: it judges a [`SignedHeader`] from a [`TrustedBlock`], adjacent or
//! skipping. [`Bisection`] repeats it on the way to a far height, [`verify_backwards`] goes the
//! other way. [`Conflict`] and [`DuplicateVoteEvidence`] judge misbehaviour.
//! [`PreparedValidatorSet`] keeps decoded keys from one height to the next. [`CometbftClient`] is
//! the same in the form of an IBC client, [`ics07`].
//!
//! There is no I/O, no clock, no list of peers: light blocks and the time are arguments. Types
//! without "verified" or "trusted" in their description hold claims of whoever sent them.
//!
//! ```
//! use causeway_client_cometbft::{PublicKey, Validator, ValidatorSet};
//!
//! let key = PublicKey::Ed25519([7; 32]);
//! let set = ValidatorSet::new(vec![Validator::new(key, 10).unwrap()]);
//! assert_eq!(set.hash().to_string().len(), 64);
//! ```
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "tests compute freely"
    )
)]

mod attack;
mod backwards;
mod bisection;
mod chain_id;
mod commit;
mod count;
mod duplicate_vote;
mod ed25519;
mod hash;
mod header;
pub mod ics07;
mod key;
mod light_block;
pub mod merkle;
pub mod proto;
mod time;
mod validators;
mod validity;
mod verify;
mod vote;

pub use attack::{Attack, AttackError, AttackKind, Conflict};
pub use backwards::{BackwardsError, verify_backwards};
pub use bisection::{Bisection, BisectionError};
pub use chain_id::ChainId;
pub use commit::{Commit, CommitSig, CommitVote, MAX_SIGNATURE_LEN, SignedHeader};
pub use count::CommitError;
pub use duplicate_vote::{DuplicateVoteError, DuplicateVoteEvidence};
pub use hash::{Address, Hash};
pub use header::{BLOCK_PROTOCOL, BlockId, Header, PartSetHeader, Version};
pub use ics07::CometbftClient;
pub use key::PublicKey;
pub use light_block::LightBlock;
pub use time::Time;
pub use validators::{
    MAX_TOTAL_POWER, MAX_VALIDATORS, PreparedValidatorSet, Validator, ValidatorSet,
    ValidatorSetError,
};
pub use validity::HeaderError;
pub use verify::{
    TrustError, TrustLevel, TrustOptions, TrustedBlock, TrustedState, VerifyError, verify,
};
pub use vote::{Vote, VoteType, commit_sign_bytes};
