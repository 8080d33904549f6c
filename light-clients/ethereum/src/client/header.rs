//! Judging one header.

use alloy_primitives::B256;
use causeway_core::{Audit, Timestamp};
use causeway_light_client::{Advance, ClientView, Verdict};

use super::records::{self, FreshCommittee};
use super::{
    ClientError, ClientState, ConsensusState, EthereumClient, Header, expiry, height_of,
    next_consensus_state,
};
use crate::bls::PreparedCommittee;
use crate::chain::{ChainConfig, Fork, Preset};
use crate::containers::{LightClientUpdate, SyncCommittee};
use crate::sync::{Signer, Trusted, UpdateError, has_two_thirds, validate_update};

/// A header that is fully valid from a trusted state.
#[derive(Debug)]
pub(super) struct Judged {
    trusted: ConsensusState,
    update: LightClientUpdate,
    next_committee: Option<B256>,
    fresh: Option<FreshCommittee>,
}

/// Judges one header at host time `now`, telling `audit` of each rule that held. Whether the
/// client is active is for the caller to see.
pub fn verify_header(
    view: &impl ClientView<EthereumClient>,
    header: &Header,
    now: Timestamp,
    audit: &mut impl Audit,
) -> Result<Verdict<EthereumClient>, ClientError> {
    let client = view.client_state();
    let update = header.decode_update(&client.chain)?;
    let judged = judge(view, header, update, now, audit)?;
    if contradicts_finalized(view, &judged.update)
        || contradicts_known_next_committee(&client.chain, &judged)?
    {
        return Ok(misbehaviour(client));
    }
    audit.passed("no_contradiction", || "with what is stored".into());
    check_execution(&client.chain, &judged.update)?;
    audit.passed("slot_time", || judged.update.finalized_header.execution.timestamp.to_string());
    let Judged { trusted, update, next_committee, fresh } = judged;
    let state = match next_consensus_state(&client.chain, &trusted, &update, next_committee) {
        Ok(state) => state,
        Err(error) => return known_or(view, &update, error),
    };
    if contradicts_neighbours(view, &state) {
        return Ok(misbehaviour(client));
    }
    if let Some(stored) = view.consensus_state(height_of(state.slot)) {
        if contradicts(client.chain.preset, &stored, &state) {
            return Ok(misbehaviour(client));
        }
        if stored.next_committee.is_some() || state.next_committee.is_none() {
            return Ok(Verdict::AlreadyKnown);
        }
    }
    Ok(Verdict::Advance(advance(view, state, fresh)))
}

/// Every rule that makes an update valid from a trusted state, in the cheapest order: the pairing
/// comes last. Whether the next committee is the known one is left to the caller.
pub(super) fn judge(
    view: &impl ClientView<EthereumClient>,
    header: &Header,
    update: LightClientUpdate,
    now: Timestamp,
    audit: &mut impl Audit,
) -> Result<Judged, ClientError> {
    let client = view.client_state();
    let got = header.trusted_slot;
    let trusted = view.consensus_state(height_of(got));
    let trusted = trusted.ok_or(ClientError::TrustedStateNotFound { got })?;
    let expected = expiry(client, &trusted);
    if now >= expected {
        return Err(ClientError::TrustedStateExpired { got: now, expected });
    }
    let checkpoint =
        Trusted { finalized_slot: trusted.slot, next_committee: trusted.next_committee };
    let current_slot = client.slot_at(now);
    audit.passed("trusted_state", || format!("slot {got}, expires at {expected}"));
    let plausible = validate_update(&client.chain, &checkpoint, &update, current_slot, audit)?;
    check_strictness(&client.chain, &update)?;
    audit.passed("two_thirds_and_finality", || update.participants().to_string());
    let signer = match plausible.signer() {
        Signer::Current => Some(trusted.current_committee),
        Signer::Next => trusted.next_committee,
    };
    let signer = signer.unwrap_or_default();
    let (committee, fresh) = signing_committee(view, header, signer)?;
    audit.passed("committee", || signer.to_string());
    let valid = plausible.verify_signature(&committee, audit)?;
    let next_committee = valid.next_committee();
    let fresh = fresh.then_some(FreshCommittee { root: signer, prepared: committee });
    Ok(Judged { trusted, update, next_committee, fresh })
}

/// What a bridge demands of every update: finality, by two thirds of the committee.
fn check_strictness(chain: &ChainConfig, update: &LightClientUpdate) -> Result<(), ClientError> {
    if !has_two_thirds(chain, update) {
        let expected = chain.preset.sync_committee_size().saturating_mul(2).div_ceil(3);
        return Err(ClientError::InsufficientParticipation {
            got: update.participants(),
            expected,
        });
    }
    if !update.has_finality() {
        return Err(ClientError::FinalityMissing { got: update.attested_header.beacon.slot });
    }
    Ok(())
}

/// The keys of the committee that must have signed, and whether the message brought them.
fn signing_committee(
    view: &impl ClientView<EthereumClient>,
    header: &Header,
    expected: B256,
) -> Result<(PreparedCommittee, bool), ClientError> {
    if let Some(committee) = records::committee(view, &expected) {
        return Ok((committee, false));
    }
    if header.sync_committee.is_empty() {
        return Err(ClientError::SyncCommitteeMissing { expected });
    }
    // The form and the root of a committee are the same in every fork.
    let preset = view.client_state().chain.preset;
    let committee = SyncCommittee::from_ssz(&header.sync_committee, Fork::Altair, preset)?;
    let got = committee.hash_tree_root(Fork::Altair, preset);
    if got != expected {
        return Err(ClientError::SyncCommitteeMismatch { got, expected });
    }
    let prepared = PreparedCommittee::new(&committee);
    Ok((prepared.map_err(|_| UpdateError::InvalidCommitteeKey {})?, true))
}

/// The finalized block shows a state, at the time of its slot.
fn check_execution(chain: &ChainConfig, update: &LightClientUpdate) -> Result<(), ClientError> {
    let finalized = &update.finalized_header;
    if finalized.has_no_execution() {
        return Err(ClientError::ExecutionMissing { got: finalized.beacon.slot });
    }
    let (got, expected) = (finalized.execution.timestamp, chain.start_of(finalized.beacon.slot));
    if got != expected {
        return Err(ClientError::TimestampMismatch { got, expected });
    }
    Ok(())
}

/// True when the update finalizes another next committee for the trusted period than the known
/// one. One that it merely attests is refused.
fn contradicts_known_next_committee(
    chain: &ChainConfig,
    judged: &Judged,
) -> Result<bool, ClientError> {
    let period = |slot| chain.preset.period(slot);
    let Judged { trusted, update, next_committee, .. } = judged;
    let attested_period = period(update.attested_header.beacon.slot);
    match (*next_committee, trusted.next_committee) {
        (Some(got), Some(expected))
            if attested_period == period(trusted.slot) && got != expected =>
        {
            let is_final = period(update.finalized_header.beacon.slot) == attested_period;
            let refused = UpdateError::NextCommitteeMismatch { got, expected };
            if is_final { Ok(true) } else { Err(refused.into()) }
        }
        _ => Ok(false),
    }
}

/// The verdict on a valid update that leads nowhere: nothing new when its finalized block is
/// known, else the reason.
fn known_or(
    view: &impl ClientView<EthereumClient>,
    update: &LightClientUpdate,
    error: ClientError,
) -> Result<Verdict<EthereumClient>, ClientError> {
    let is_stale = matches!(error, ClientError::FinalizedNotNewer { .. });
    let finalized = height_of(update.finalized_header.beacon.slot);
    if is_stale && view.consensus_state(finalized).is_some() {
        return Ok(Verdict::AlreadyKnown);
    }
    Err(error)
}

/// True when another block is stored for the slot of the update's finalized block.
fn contradicts_finalized(
    view: &impl ClientView<EthereumClient>,
    update: &LightClientUpdate,
) -> bool {
    let finalized = &update.finalized_header;
    let stored = view.consensus_state(height_of(finalized.beacon.slot));
    stored.is_some_and(|stored| stored.state_root != finalized.execution.state_root)
}

/// True when a stored state before or after it, on which the update need not build, names another
/// committee for one period.
fn contradicts_neighbours(view: &impl ClientView<EthereumClient>, state: &ConsensusState) -> bool {
    let height = height_of(state.slot);
    let preset = view.client_state().chain.preset;
    let neighbours = [view.previous_consensus_state(height), view.next_consensus_state(height)];
    neighbours.iter().flatten().any(|(_, stored)| committees_differ(preset, stored, state))
}

/// True when two verified states of one slot are not of one chain.
fn contradicts(preset: Preset, stored: &ConsensusState, state: &ConsensusState) -> bool {
    stored.state_root != state.state_root
        || stored.timestamp != state.timestamp
        || committees_differ(preset, stored, state)
}

/// True when two states name different committees for one period.
fn committees_differ(preset: Preset, stored: &ConsensusState, state: &ConsensusState) -> bool {
    let committees = |state: &ConsensusState| {
        let period = preset.period(state.slot);
        [(period, Some(state.current_committee)), (period.next(), state.next_committee)]
    };
    let new = committees(state);
    committees(stored).iter().any(|(period, stored)| {
        let same_period = new.iter().filter(|(other, _)| other == period);
        same_period.filter_map(|(_, new)| stored.zip(*new)).any(|(stored, new)| stored != new)
    })
}

pub(super) fn misbehaviour(client: &ClientState) -> Verdict<EthereumClient> {
    Verdict::Misbehaviour(ClientState { frozen: true, ..client.clone() })
}

fn advance(
    view: &impl ClientView<EthereumClient>,
    state: ConsensusState,
    fresh: Option<FreshCommittee>,
) -> Advance<EthereumClient> {
    let client = view.client_state();
    let latest_slot = client.latest_slot.max(state.slot);
    let latest = if latest_slot == state.slot {
        Some(state.clone())
    } else {
        view.consensus_state(height_of(latest_slot))
    };
    Advance {
        client_state: ClientState { latest_slot, ..client.clone() },
        records: records::writes(view, latest.as_ref().unwrap_or(&state), fresh),
        consensus_states: vec![(height_of(state.slot), Some(state))],
    }
}
