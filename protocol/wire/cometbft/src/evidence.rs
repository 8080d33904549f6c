//! Evidence of misbehaviour.

use causeway_client_cometbft::{DuplicateVoteEvidence, proto};
use causeway_core::DecodeError;
use serde::{Deserialize, Serialize};

use crate::from_json;
use crate::header::VoteJson;
use crate::scalar::{Int, WireTime};

/// Two votes that exclude one another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DuplicateVoteJson {
    /// The one whose block id sorts first.
    pub vote_a: VoteJson,
    /// The other.
    pub vote_b: VoteJson,
    /// The power of all validators of the height.
    #[serde(rename = "TotalVotingPower")]
    pub total_power: Int<u64>,
    /// The power of the culprit.
    #[serde(rename = "ValidatorPower")]
    pub validator_power: Int<u64>,
    /// The time of the block of the height.
    #[serde(rename = "Timestamp")]
    pub timestamp: WireTime,
}

/// Evidence by the name under which CometBFT registers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value")]
pub enum EvidenceJson {
    /// Two votes of one validator.
    #[serde(rename = "tendermint/DuplicateVoteEvidence")]
    DuplicateVote(Box<DuplicateVoteJson>),
}

impl From<&DuplicateVoteEvidence> for EvidenceJson {
    fn from(evidence: &DuplicateVoteEvidence) -> Self {
        Self::DuplicateVote(Box::new(DuplicateVoteJson {
            vote_a: (&evidence.vote_a).into(),
            vote_b: (&evidence.vote_b).into(),
            total_power: Int(evidence.total_power),
            validator_power: Int(evidence.validator_power),
            timestamp: evidence.timestamp.into(),
        }))
    }
}

impl TryFrom<EvidenceJson> for DuplicateVoteEvidence {
    type Error = DecodeError;

    fn try_from(EvidenceJson::DuplicateVote(json): EvidenceJson) -> Result<Self, DecodeError> {
        Ok(Self {
            vote_a: proto::Vote::from(json.vote_a).try_into()?,
            vote_b: proto::Vote::from(json.vote_b).try_into()?,
            total_power: json.total_power.0,
            validator_power: json.validator_power.0,
            timestamp: json.timestamp.0.try_into()?,
        })
    }
}

/// Reads `{"type": "tendermint/DuplicateVoteEvidence", "value": …}`.
pub fn duplicate_vote_from_json(json: &[u8]) -> Result<DuplicateVoteEvidence, DecodeError> {
    from_json::<EvidenceJson>("evidence", json)?.try_into()
}
