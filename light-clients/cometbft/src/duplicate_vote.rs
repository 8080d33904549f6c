//! Evidence that a validator voted for two blocks at once (`types/evidence.go`,
//! `evidence/verify.go`).

use causeway_core::refusals;
use prost::Message;

use crate::{Address, BlockId, ChainId, PreparedValidatorSet, Time, Vote, proto};

/// Two votes of one validator that exclude one another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DuplicateVoteEvidence {
    /// The vote whose block id is the lower.
    pub vote_a: Vote,
    /// The other vote.
    pub vote_b: Vote,
    /// The power of the whole set.
    pub total_power: u64,
    /// The power of the validator.
    pub validator_power: u64,
    /// The time of the block at the height voted on.
    pub timestamp: Time,
}

/// Why two votes are no evidence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DuplicateVoteError {
    /// The votes are not of one height, round and type.
    #[error("votes of height/round/type {got} and {expected}")]
    DifferentStep {
        /// The second vote's.
        got: String,
        /// The first vote's.
        expected: String,
    },
    /// The votes are of two validators.
    #[error("votes of {got} and {expected}")]
    DifferentValidators {
        /// The second vote's.
        got: Address,
        /// The first vote's.
        expected: Address,
    },
    /// The votes are for the same block, or given in the wrong order.
    #[error("the block ids are equal or out of order")]
    BlockIdsNotAscending {},
    /// The voter was no validator at that height.
    #[error("{got} is not in the validator set")]
    UnknownValidator {
        /// The voter.
        got: Address,
    },
    /// A stated power is not the set's.
    #[error("the stated power is {got}, that of the set {expected}")]
    PowerMismatch {
        /// The power in the evidence.
        got: u64,
        /// The power in the set.
        expected: u64,
    },
    /// A signature is not the validator's.
    #[error("a vote is not signed by {address}")]
    BadSignature {
        /// The validator.
        address: Address,
    },
}

refusals! {
    DuplicateVoteError {
        DifferentStep { got, expected } => "votes_of_different_step", Reject;
        DifferentValidators { got, expected } => "votes_of_different_validators", Reject;
        BlockIdsNotAscending {} => "vote_block_ids_not_ascending", Reject;
        UnknownValidator { got } => "voter_unknown", Reject;
        PowerMismatch { got, expected } => "evidence_power_mismatch", Reject;
        BadSignature { address } => "bad_vote_signature", Reject;
    }
}

impl DuplicateVoteEvidence {
    /// Accepts when the two votes exclude one another and both are signed by a validator of
    /// `validators`, the set at the height voted on. The timestamp is for the caller to compare
    /// with its own header of that height.
    pub fn verify(
        &self,
        chain_id: &ChainId,
        validators: &PreparedValidatorSet,
    ) -> Result<(), DuplicateVoteError> {
        self.check_votes()?;
        let address = self.vote_a.validator_address;
        let (_, validator) = validators
            .find(&address)
            .ok_or(DuplicateVoteError::UnknownValidator { got: address })?;
        let powers =
            [(self.validator_power, validator.power), (self.total_power, validators.total_power())];
        for (got, expected) in powers {
            if got != expected {
                return Err(DuplicateVoteError::PowerMismatch { got, expected });
            }
        }
        for vote in [&self.vote_a, &self.vote_b] {
            if !validator.public_key.verifies(&vote.sign_bytes(chain_id), &vote.signature) {
                return Err(DuplicateVoteError::BadSignature { address });
            }
        }
        Ok(())
    }

    fn check_votes(&self) -> Result<(), DuplicateVoteError> {
        let (a, b) = (&self.vote_a, &self.vote_b);
        if step(a) != step(b) {
            let (got, expected) = (step(b), step(a));
            return Err(DuplicateVoteError::DifferentStep { got, expected });
        }
        if a.validator_address != b.validator_address {
            let (got, expected) = (b.validator_address, a.validator_address);
            return Err(DuplicateVoteError::DifferentValidators { got, expected });
        }
        if order_key(&a.block_id) >= order_key(&b.block_id) {
            return Err(DuplicateVoteError::BlockIdsNotAscending {});
        }
        Ok(())
    }
}

fn step(vote: &Vote) -> String {
    format!("{}/{}/{:?}", vote.height, vote.round, vote.vote_type)
}

/// Block ids are ordered by hash, then by the encoded part set header (`BlockID.Key`).
fn order_key(id: &BlockId) -> Vec<u8> {
    let proto::BlockId { mut hash, part_set_header } = (*id).into();
    hash.extend(part_set_header.unwrap_or_default().encode_to_vec());
    hash
}
