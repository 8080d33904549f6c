//! The client: status, creation, updates, recovery.

use core::time::Duration;
use std::sync::Arc;

use causeway_core::{Height, Timestamp};
use causeway_light_client::{Advance, ClientTypes, ClientView, LightClient, Status, Verdict};

use super::misbehaviour::verify_misbehaviour;
use super::{
    ClientError, ClientMessage, ClientState, ConsensusState, Header, InitialiseError, RecoverError,
    StateBatchProof, StateProof, error,
};
use crate::verify::check_not_expired;
use crate::{
    Hash, PreparedValidatorSet, TrustError, TrustedBlock, TrustedState, ValidatorSetError, verify,
};

/// The ICS-07 light client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CometbftClient;

impl ClientTypes for CometbftClient {
    const CLIENT_TYPE: &'static str = "07-tendermint";

    type ClientState = ClientState;
    type ConsensusState = ConsensusState;
    type ClientMessage = ClientMessage;
    type StateProof = StateProof;
    type BatchProof = StateBatchProof;
    type Error = ClientError;

    fn latest_height(client_state: &ClientState) -> Height {
        client_state.latest_height
    }

    fn timestamp(consensus_state: &ConsensusState) -> Timestamp {
        consensus_state.timestamp
    }

    fn trusting_period(state: &ClientState) -> Option<Duration> {
        Some(state.trusting_period)
    }
}

impl LightClient for CometbftClient {
    fn initialise(
        client_state: ClientState,
        consensus_state: ConsensusState,
        now: Timestamp,
    ) -> Result<Advance<Self>, ClientError> {
        check_client_state(&client_state)?;
        check_consensus_state(&consensus_state)?;
        check_not_expired(consensus_state.timestamp, client_state.trusting_period, now, &mut ())?;
        let consensus_states = vec![(client_state.latest_height, Some(consensus_state))];
        Ok(Advance { client_state, consensus_states, records: Vec::new() })
    }

    fn status(view: &impl ClientView<Self>, now: Timestamp) -> Status {
        let state = view.client_state();
        if state.is_frozen() {
            return Status::Frozen;
        }
        match view.consensus_state(state.latest_height) {
            Some(consensus) if !Self::is_expired(state, &consensus, now) => Status::Active,
            _ => Status::Expired,
        }
    }

    fn verify_client_message(
        view: &impl ClientView<Self>,
        message: &ClientMessage,
        now: Timestamp,
    ) -> Result<Verdict<Self>, ClientError> {
        let state = view.client_state();
        match Self::status(view, now) {
            Status::Active => {}
            Status::Frozen => return Err(ClientError::Frozen { got: state.frozen_height }),
            Status::Expired => return Err(ClientError::Expired { got: state.latest_height }),
        }
        match message {
            ClientMessage::Header(header) => {
                let consensus = verify_header(view, header, now)?;
                Ok(judge_consensus_state(view, header.height(), consensus))
            }
            ClientMessage::Misbehaviour(misbehaviour) => {
                verify_misbehaviour(view, misbehaviour, now)?;
                Ok(Verdict::Misbehaviour(state.frozen()))
            }
        }
    }

    fn recover(
        subject: &ClientState,
        substitute: &ClientState,
    ) -> Result<ClientState, ClientError> {
        check_substitute(subject, substitute)?;
        Ok(ClientState {
            chain_id: substitute.chain_id.clone(),
            trusting_period: substitute.trusting_period,
            latest_height: substitute.latest_height,
            frozen_height: Height::default(),
            ..subject.clone()
        })
    }
}

fn check_client_state(state: &ClientState) -> Result<(), InitialiseError> {
    let is_blank = |text: &str| text.trim().is_empty();
    if is_blank(state.chain_id.as_str()) {
        return Err(InitialiseError::ChainIdBlank { got: state.chain_id.clone() });
    }
    if state.trusting_period.is_zero() || state.trusting_period >= state.unbonding_period {
        return Err(InitialiseError::TrustingPeriod {
            got: error::Seconds(state.trusting_period),
            expected: error::Seconds(state.unbonding_period),
        });
    }
    if state.max_clock_drift.is_zero() {
        return Err(InitialiseError::ClockDriftZero {});
    }
    if state.is_frozen() {
        return Err(InitialiseError::StartsFrozen { got: state.frozen_height });
    }
    if state.latest_height.height() == 0 {
        return Err(InitialiseError::LatestHeightZero { got: state.latest_height });
    }
    let (got, expected) = (state.latest_height.revision(), state.chain_id.revision());
    if got != expected {
        return Err(InitialiseError::LatestHeightRevision { got, expected });
    }
    if state.proof_specs.is_empty() {
        return Err(InitialiseError::ProofSpecsMissing {});
    }
    match state.upgrade_path.iter().position(|key| is_blank(key)) {
        Some(index) => Err(InitialiseError::UpgradePathBlank { index }),
        None => Ok(()),
    }
}

/// Zeros are what unset storage looks like, and never real hashes.
fn check_consensus_state(state: &ConsensusState) -> Result<(), InitialiseError> {
    let is_hash = state.root.len() == Hash::LEN && state.root.iter().any(|byte| *byte != 0);
    if !is_hash {
        return Err(InitialiseError::Root { got: state.root.len(), expected: Hash::LEN });
    }
    if state.next_validators_hash.is_none_or(|hash| hash == Hash::default()) {
        return Err(InitialiseError::NextValidatorsHash {});
    }
    if state.timestamp == Timestamp::default() {
        return Err(InitialiseError::TimeZero {});
    }
    Ok(())
}

/// The consensus state at a trusted height.
pub(super) fn trusted_state(
    view: &impl ClientView<CometbftClient>,
    height: Height,
) -> Result<ConsensusState, ClientError> {
    view.consensus_state(height).ok_or(ClientError::ConsensusStateMissing { got: height })
}

/// What a header is verified from: the stored state at its trusted height, and the validators
/// that it brings for it, which must be those of that state. The chain id is the client's, in the
/// header's revision.
pub(super) fn trusted_block(
    client_state: &ClientState,
    consensus: &ConsensusState,
    header: &Header,
) -> Result<TrustedBlock, ClientError> {
    let trusted = TrustedState {
        chain_id: client_state.chain_id.with_revision(header.height().revision()),
        height: header.trusted_height.height(),
        time: consensus.timestamp,
        next_validators_hash: consensus
            .next_validators_hash
            .ok_or(TrustError::NoNextValidators {})?,
    };
    let validators = PreparedValidatorSet::new(&header.trusted_validators)?;
    Ok(TrustedBlock::new(trusted, Arc::new(validators))?)
}

/// The header's own validators; keys are shared with the trusted set when it is the same.
pub(super) fn own_validators(
    header: &Header,
    trusted: &TrustedBlock,
) -> Result<Arc<PreparedValidatorSet>, ValidatorSetError> {
    if header.validator_set.validators == header.trusted_validators.validators {
        return Ok(trusted.next_validators().clone());
    }
    PreparedValidatorSet::new(&header.validator_set).map(Arc::new)
}

/// ibc-go `verifyHeader`: gives what the header would have the host store.
fn verify_header(
    view: &impl ClientView<CometbftClient>,
    header: &Header,
    now: Timestamp,
) -> Result<ConsensusState, ClientError> {
    let client_state = view.client_state();
    let consensus = trusted_state(view, header.trusted_height)?;
    let (got, expected) = (header.height().revision(), header.trusted_height.revision());
    if got != expected {
        return Err(ClientError::RevisionMismatch { got, expected });
    }
    let trusted = trusted_block(client_state, &consensus, header)?;
    let validators = own_validators(header, &trusted)?;
    let options = client_state.trust_options();
    let signed = &header.signed_header;
    let verified = verify(&trusted, signed, &validators, &options, now, &mut ())?;
    Ok(ConsensusState {
        timestamp: verified.time,
        root: signed.header.app_hash.clone(),
        next_validators_hash: signed.header.next_validators_hash,
    })
}

/// What a verified header means beside what is stored (ibc-go `CheckForMisbehaviour`,
/// `UpdateState`): another header of the same height, or a time not between those of the
/// neighbouring heights, is misbehaviour.
fn judge_consensus_state(
    view: &impl ClientView<CometbftClient>,
    height: Height,
    consensus: ConsensusState,
) -> Verdict<CometbftClient> {
    let state = view.client_state();
    if let Some(stored) = view.consensus_state(height) {
        return if stored == consensus {
            Verdict::AlreadyKnown
        } else {
            Verdict::Misbehaviour(state.frozen())
        };
    }
    let time = consensus.timestamp;
    let before = view.previous_consensus_state(height);
    let after = view.next_consensus_state(height);
    let is_ordered = before.is_none_or(|(_, before)| before.timestamp < time)
        && after.is_none_or(|(_, after)| time < after.timestamp);
    if !is_ordered {
        return Verdict::Misbehaviour(state.frozen());
    }
    let latest_height = state.latest_height.max(height);
    Verdict::Advance(Advance {
        client_state: ClientState { latest_height, ..state.clone() },
        consensus_states: vec![(height, Some(consensus))],
        records: Vec::new(),
    })
}

/// ibc-go `IsMatchingClientState`.
fn check_substitute(subject: &ClientState, substitute: &ClientState) -> Result<(), RecoverError> {
    let differing = [
        ("trust_level", subject.trust_level == substitute.trust_level),
        ("unbonding_period", subject.unbonding_period == substitute.unbonding_period),
        ("max_clock_drift", subject.max_clock_drift == substitute.max_clock_drift),
        ("proof_specs", subject.proof_specs == substitute.proof_specs),
        ("upgrade_path", subject.upgrade_path == substitute.upgrade_path),
        (
            "allow_update_after_expiry",
            subject.allow_update_after_expiry == substitute.allow_update_after_expiry,
        ),
        (
            "allow_update_after_misbehaviour",
            subject.allow_update_after_misbehaviour == substitute.allow_update_after_misbehaviour,
        ),
    ];
    match differing.into_iter().find(|(_, is_equal)| !is_equal) {
        Some((field, _)) => Err(RecoverError::SubstituteMismatch { field }),
        None => Ok(()),
    }
}
