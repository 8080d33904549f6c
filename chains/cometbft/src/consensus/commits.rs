//! Commits as a full node makes and checks them (`types/validation.go` `VerifyCommit`).

use std::collections::BTreeMap;

use causeway_client_cometbft::{
    BlockId, ChainId, Commit, CommitSig, CommitVote, Time, ValidatorSet, Vote, VoteType,
};

use super::Voters;

/// The voters of a set, by place.
pub(crate) fn voters(set: &ValidatorSet) -> Voters {
    Voters::new(set.validators.iter().map(|validator| validator.power).collect())
}

/// What a precommit becomes in a commit of `block_id`: a vote for another block counts as absent.
pub(crate) fn entry(vote: &Vote, block_id: &BlockId) -> CommitSig {
    let kept = CommitVote {
        validator_address: vote.validator_address,
        timestamp: vote.timestamp,
        signature: vote.signature.clone(),
    };
    if vote.block_id == *block_id {
        CommitSig::Commit(kept)
    } else if vote.block_id.is_zero() {
        CommitSig::Nil(kept)
    } else {
        CommitSig::Absent
    }
}

/// The vote that an entry of a commit stands for; `None` for an absent one.
fn vote_of(commit: &Commit, index: usize, sig: &CommitSig) -> Option<Vote> {
    let (vote, block_id) = match sig {
        CommitSig::Absent => return None,
        CommitSig::Commit(vote) => (vote, commit.block_id),
        CommitSig::Nil(vote) => (vote, BlockId::default()),
    };
    Some(Vote {
        vote_type: VoteType::Precommit,
        height: commit.height,
        round: commit.round,
        block_id,
        timestamp: vote.timestamp,
        validator_address: vote.validator_address,
        validator_index: u32::try_from(index).ok()?,
        signature: vote.signature.clone(),
        extension: Vec::new(),
        extension_signature: Vec::new(),
    })
}

/// True for a commit of `set` with more than two thirds for the block, in which every signature
/// holds, those of votes for no block included. Signatures that `known` has were checked before.
pub(crate) fn holds(
    commit: &Commit,
    set: &ValidatorSet,
    chain_id: &ChainId,
    known: Option<&Commit>,
) -> bool {
    if commit.signatures.len() != set.validators.len() || commit.block_id.is_zero() {
        return false;
    }
    let known = known.filter(|known| {
        (known.height, known.round, known.block_id)
            == (commit.height, commit.round, commit.block_id)
    });
    let mut power: u64 = 0;
    for (index, (sig, validator)) in commit.signatures.iter().zip(&set.validators).enumerate() {
        let Some(vote) = vote_of(commit, index, sig) else { continue };
        if vote.validator_address != validator.address {
            return false;
        }
        let seen = known.is_some_and(|known| known.signatures.get(index) == Some(sig));
        let message = vote.sign_bytes(chain_id);
        if !seen && !validator.public_key.verifies(&message, &vote.signature) {
            return false;
        }
        if sig.for_block().is_some() {
            power = power.saturating_add(validator.power);
        }
    }
    voters(set).is_quorum(power)
}

/// The time of the block after a commit: the median of the votes' times, weighted by power
/// (`types/time` `WeightedMedian`), so that a third of the power cannot move it at will.
pub(crate) fn median_time(commit: &Commit, set: &ValidatorSet) -> Option<Time> {
    let mut weights = BTreeMap::<Time, u64>::new();
    for (sig, validator) in commit.signatures.iter().zip(&set.validators) {
        if let CommitSig::Commit(vote) | CommitSig::Nil(vote) = sig {
            let weight = weights.entry(vote.timestamp).or_default();
            *weight = weight.saturating_add(validator.power);
        }
    }
    let mut left = weights.values().fold(0_u64, |sum, weight| sum.saturating_add(*weight)) >> 1;
    for (time, weight) in weights {
        if left <= weight {
            return Some(time);
        }
        left = left.saturating_sub(weight);
    }
    None
}

#[cfg(test)]
mod tests {
    use causeway_client_cometbft::{Address, PublicKey, Validator};

    use super::*;

    fn commit(times: &[Option<i64>]) -> Commit {
        let sig = |time: &Option<i64>| {
            time.map_or(CommitSig::Absent, |secs| {
                CommitSig::Commit(CommitVote {
                    validator_address: Address([0; 20]),
                    timestamp: Time::new(secs, 0).unwrap(),
                    signature: vec![1],
                })
            })
        };
        let signatures = times.iter().map(sig).collect();
        Commit { height: 1, round: 0, block_id: BlockId::default(), signatures }
    }

    #[test]
    fn the_median_follows_power_and_passes_over_the_absent() {
        let key = |n| PublicKey::Ed25519([n; 32]);
        let member = |(n, power)| Validator::new(key(n), power).unwrap();
        let set = ValidatorSet::new([(1, 40), (2, 30), (3, 20), (4, 10)].map(member).to_vec());
        for (times, expected) in [
            ([Some(9), Some(1), Some(2), Some(3)], Some(2)),
            ([Some(1), Some(2), Some(3), Some(4)], Some(2)),
            ([Some(100), Some(5), Some(1), None], Some(5)),
            ([None, None, None, Some(7)], Some(7)),
            ([None; 4], None),
        ] {
            let median = median_time(&commit(&times), &set);
            assert_eq!(median.map(Time::secs), expected, "{times:?}");
        }
    }
}
