//! The protobuf messages of the family, as they travel: CometBFT's own and those of ICS-07.
//!
//! They are unverified and their field names are the protocols' own. The types beside this module
//! are what they mean; converting to those checks every length and range, converting back gives
//! the same bytes.

mod ibc;
mod types;

pub use ibc::{
    ClientState, ConsensusState, Duration, Fraction, Header as IbcHeader, Height, MerkleRoot,
    Misbehaviour,
};
pub use types::{
    BlockId, CanonicalBlockId, CanonicalVote, Commit, CommitSig, Consensus, Header, PartSetHeader,
    PublicKey, SignedHeader, SimpleValidator, Timestamp, Validator, ValidatorSet, Vote, public_key,
};
