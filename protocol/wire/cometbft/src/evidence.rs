//! Evidence of misbehaviour.

use causeway_client_cometbft::{DuplicateVoteEvidence, proto};
use causeway_core::DecodeError;
use serde::Deserialize;

use crate::from_json;
use crate::header::VoteJson;
use crate::scalar::{Int, WireTime};

#[derive(Debug, Deserialize)]
struct DuplicateVoteJson {
    vote_a: VoteJson,
    vote_b: VoteJson,
    #[serde(rename = "TotalVotingPower")]
    total_power: Int<u64>,
    #[serde(rename = "ValidatorPower")]
    validator_power: Int<u64>,
    #[serde(rename = "Timestamp")]
    timestamp: WireTime,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", content = "value")]
enum EvidenceJson {
    #[serde(rename = "tendermint/DuplicateVoteEvidence")]
    DuplicateVote(Box<DuplicateVoteJson>),
}

/// Reads `{"type": "tendermint/DuplicateVoteEvidence", "value": …}`.
pub fn duplicate_vote_from_json(json: &[u8]) -> Result<DuplicateVoteEvidence, DecodeError> {
    let EvidenceJson::DuplicateVote(json) = from_json("evidence", json)?;
    Ok(DuplicateVoteEvidence {
        vote_a: proto::Vote::from(json.vote_a).try_into()?,
        vote_b: proto::Vote::from(json.vote_b).try_into()?,
        total_power: json.total_power.0,
        validator_power: json.validator_power.0,
        timestamp: json.timestamp.0.try_into()?,
    })
}
