//! What a host stores: the client state and consensus states.

use core::time::Duration;

use causeway_core::{Any, DecodeError, Height, Timestamp};
use causeway_ics23::{MAX_CHAINED_PROOFS, ProofSpec};
use causeway_light_client::{AnyCodec, Fraction};

use crate::header::{hash_bytes, optional_hash, required, unsigned};
use crate::{ChainId, Hash, Time, TrustLevel, TrustOptions, proto};

const CLIENT_STATE_URL: &str = "/ibc.lightclients.tendermint.v1.ClientState";
const CONSENSUS_STATE_URL: &str = "/ibc.lightclients.tendermint.v1.ConsensusState";

/// The most elements of an upgrade path: one a store, as in proofs.
const MAX_UPGRADE_PATH: usize = MAX_CHAINED_PROOFS;

/// The parameters of a client and its latest height. Times and fractions are in range by
/// construction, proof specifications sound; how they go together is judged at creation.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientState {
    /// The chain that is followed.
    pub chain_id: ChainId,
    /// How much of a trusted set must have signed a later header.
    pub trust_level: TrustLevel,
    /// How long a header is trusted after its time.
    pub trusting_period: Duration,
    /// How long validators are bound for after they leave.
    pub unbonding_period: Duration,
    /// How far a header may be ahead of the host's time.
    pub max_clock_drift: Duration,
    /// Not zero once misbehaviour was proven.
    pub frozen_height: Height,
    /// The greatest verified height.
    pub latest_height: Height,
    /// The trees that proofs go through, the one that holds the keys first. The creator's choice.
    pub proof_specs: Vec<ProofSpec>,
    /// Where the chain announces upgrades.
    pub upgrade_path: Vec<String>,
    /// Deprecated and without effect; kept because it is part of the stored bytes.
    pub allow_update_after_expiry: bool,
    /// Deprecated and without effect; kept because it is part of the stored bytes.
    pub allow_update_after_misbehaviour: bool,
}

impl ClientState {
    /// The height that marks a client as frozen (ibc-go `FrozenHeight`).
    pub(crate) const FROZEN_HEIGHT: Height = Height::new(0, 1);

    /// The options for [`crate::verify`].
    pub const fn trust_options(&self) -> TrustOptions {
        TrustOptions {
            trust_level: self.trust_level,
            trusting_period: self.trusting_period,
            max_clock_drift: self.max_clock_drift,
        }
    }

    /// True once misbehaviour was proven.
    pub fn is_frozen(&self) -> bool {
        !self.frozen_height.is_zero()
    }

    /// The same client after misbehaviour was proven.
    pub(crate) fn frozen(&self) -> Self {
        Self { frozen_height: Self::FROZEN_HEIGHT, ..self.clone() }
    }
}

/// What is trusted of one height.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsensusState {
    /// The header's time.
    pub timestamp: Timestamp,
    /// The header's application hash: the root of the state after the block before.
    pub root: Vec<u8>,
    /// The hash of the validators who sign the next header.
    pub next_validators_hash: Option<Hash>,
}

impl From<Height> for proto::Height {
    fn from(height: Height) -> Self {
        Self { revision_number: height.revision(), revision_height: height.height() }
    }
}

impl From<proto::Height> for Height {
    fn from(height: proto::Height) -> Self {
        Self::new(height.revision_number, height.revision_height)
    }
}

fn duration_to_proto(duration: Duration) -> proto::Duration {
    // Seconds come from a non-negative int64, or from a caller whose excess no host would decode.
    let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    proto::Duration { seconds, nanos: duration.subsec_nanos().cast_signed() }
}

fn duration_from_proto(
    field: &str,
    duration: Option<proto::Duration>,
) -> Result<Duration, DecodeError> {
    let duration = required("client_state", field, duration)?;
    let secs = unsigned("client_state", field, duration.seconds)?;
    let nanos: u32 = unsigned("client_state", field, duration.nanos)?;
    if nanos >= 1_000_000_000 {
        return Err(DecodeError::new("client_state", format!("{field} has {nanos} nanoseconds")));
    }
    Ok(Duration::new(secs, nanos))
}

impl From<&ClientState> for proto::ClientState {
    fn from(state: &ClientState) -> Self {
        let level = state.trust_level.fraction();
        Self {
            chain_id: state.chain_id.as_str().into(),
            trust_level: Some(proto::Fraction {
                numerator: level.numerator(),
                denominator: level.denominator(),
            }),
            trusting_period: Some(duration_to_proto(state.trusting_period)),
            unbonding_period: Some(duration_to_proto(state.unbonding_period)),
            max_clock_drift: Some(duration_to_proto(state.max_clock_drift)),
            frozen_height: Some(state.frozen_height.into()),
            latest_height: Some(state.latest_height.into()),
            proof_specs: state.proof_specs.iter().map(|spec| spec.raw().clone()).collect(),
            upgrade_path: state.upgrade_path.clone(),
            allow_update_after_expiry: state.allow_update_after_expiry,
            allow_update_after_misbehaviour: state.allow_update_after_misbehaviour,
        }
    }
}

impl TryFrom<proto::ClientState> for ClientState {
    type Error = DecodeError;

    fn try_from(state: proto::ClientState) -> Result<Self, DecodeError> {
        let malformed = |reason: String| DecodeError::new("client_state", reason);
        let level = required("client_state", "trust_level", state.trust_level)?;
        let trust_level = Fraction::new(level.numerator, level.denominator)
            .and_then(TrustLevel::new)
            .ok_or_else(|| malformed(format!("{level:?} is not within a third and one")))?;
        if state.proof_specs.len() > MAX_CHAINED_PROOFS {
            return Err(malformed(format!("{} proof specs", state.proof_specs.len())));
        }
        if state.upgrade_path.len() > MAX_UPGRADE_PATH {
            return Err(malformed(format!("{} upgrade path elements", state.upgrade_path.len())));
        }
        let proof_specs = state
            .proof_specs
            .into_iter()
            .map(|spec| ProofSpec::new(spec).map_err(|error| malformed(error.to_string())))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            chain_id: ChainId::new(state.chain_id)?,
            trust_level,
            trusting_period: duration_from_proto("trusting_period", state.trusting_period)?,
            unbonding_period: duration_from_proto("unbonding_period", state.unbonding_period)?,
            max_clock_drift: duration_from_proto("max_clock_drift", state.max_clock_drift)?,
            frozen_height: required("client_state", "frozen_height", state.frozen_height)?.into(),
            latest_height: required("client_state", "latest_height", state.latest_height)?.into(),
            proof_specs,
            upgrade_path: state.upgrade_path,
            allow_update_after_expiry: state.allow_update_after_expiry,
            allow_update_after_misbehaviour: state.allow_update_after_misbehaviour,
        })
    }
}

impl AnyCodec for ClientState {
    fn from_any(any: &Any) -> Result<Self, DecodeError> {
        any.unpack::<proto::ClientState>("client_state", CLIENT_STATE_URL)?.try_into()
    }

    fn to_any(&self) -> Any {
        Any::pack(CLIENT_STATE_URL, &proto::ClientState::from(self))
    }
}

impl From<&ConsensusState> for proto::ConsensusState {
    fn from(state: &ConsensusState) -> Self {
        Self {
            timestamp: Some(Time::from(state.timestamp).into()),
            root: Some(proto::MerkleRoot { hash: state.root.clone() }),
            next_validators_hash: hash_bytes(state.next_validators_hash),
        }
    }
}

impl TryFrom<proto::ConsensusState> for ConsensusState {
    type Error = DecodeError;

    fn try_from(state: proto::ConsensusState) -> Result<Self, DecodeError> {
        let time: Time = required("consensus_state", "timestamp", state.timestamp)?.try_into()?;
        let timestamp = time.to_timestamp().ok_or_else(|| {
            DecodeError::new("consensus_state", format!("time {time} is out of range"))
        })?;
        let next_validators_hash =
            optional_hash("consensus_state", "next_validators_hash", &state.next_validators_hash)?;
        let root = required("consensus_state", "root", state.root)?.hash;
        Ok(Self { timestamp, root, next_validators_hash })
    }
}

impl AnyCodec for ConsensusState {
    fn from_any(any: &Any) -> Result<Self, DecodeError> {
        any.unpack::<proto::ConsensusState>("consensus_state", CONSENSUS_STATE_URL)?.try_into()
    }

    fn to_any(&self) -> Any {
        Any::pack(CONSENSUS_STATE_URL, &proto::ConsensusState::from(self))
    }
}
