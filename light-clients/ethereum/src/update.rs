//! From a full node's answers to messages for a client. Pure: whoever fetches the answers passes
//! them in. Nothing is verified here; what a server made up, the client refuses.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256};
use causeway_core::Audit;

use crate::chain::{ChainConfig, Fork, Slot};
use crate::client::{ClientState, ConsensusState, Header, UpdateBytes, next_consensus_state};
use crate::containers::{
    LightClientBootstrap, LightClientFinalityUpdate, LightClientUpdate, SyncCommittee,
};
use crate::sync::{BootstrapError, has_two_thirds, validate_bootstrap};

/// What a new client is to be told beside the chain it follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// The contract that holds packet commitments.
    pub router_address: Address,
    /// Base slot of its mapping of commitments.
    pub commitment_slot: B256,
    /// How long a consensus state is trusted.
    pub trusting_period: Duration,
    /// How far the host's clock may lag.
    pub max_clock_drift: Duration,
}

/// The states that a client starts from, given the bootstrap of a trusted block root.
pub fn initial_states(
    chain: ChainConfig,
    parameters: Parameters,
    trusted_root: B256,
    bootstrap: &LightClientBootstrap,
    audit: &mut impl Audit,
) -> Result<(ClientState, ConsensusState), BootstrapError> {
    let current_committee = validate_bootstrap(&chain, trusted_root, bootstrap, audit)?;
    let header = &bootstrap.header;
    let client_state = ClientState {
        chain,
        trusting_period: parameters.trusting_period,
        max_clock_drift: parameters.max_clock_drift,
        router_address: parameters.router_address,
        commitment_slot: parameters.commitment_slot,
        latest_slot: header.beacon.slot,
        frozen: false,
    };
    let consensus_state = ConsensusState {
        slot: header.beacon.slot,
        state_root: header.execution.state_root,
        timestamp: header.execution.timestamp,
        current_committee,
        next_committee: None,
    };
    Ok((client_state, consensus_state))
}

/// The way from a trusted state towards a target slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The headers to submit, in order.
    pub headers: Vec<Header>,
    /// What the client will trust after them. Its slot is below the target when the answers lead
    /// no further.
    pub reached: ConsensusState,
}

/// Answers of a full node, from which routes are planned.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    updates: Vec<LightClientUpdate>,
    committees: BTreeMap<B256, SyncCommittee>,
}

impl Answers {
    /// Adds an update of a period.
    pub fn add_update(&mut self, chain: &ChainConfig, update: LightClientUpdate) {
        if update.has_next_committee() {
            self.add_committee(chain, update.next_sync_committee.clone());
        }
        self.updates.push(update);
    }

    /// Adds the newest finality update.
    pub fn add_finality_update(&mut self, update: LightClientFinalityUpdate) {
        self.updates.push(update.into());
    }

    /// Adds the keys of a committee, such as a bootstrap's.
    pub fn add_committee(&mut self, chain: &ChainConfig, committee: SyncCommittee) {
        let root = committee.hash_tree_root(Fork::Altair, chain.preset);
        self.committees.insert(root, committee);
    }

    /// Plans the headers that lead a client from `trusted` to `target` or beyond, as few as these
    /// answers allow. `recorded` are the committees whose keys the client has on record.
    pub fn route(
        &self,
        chain: &ChainConfig,
        trusted: &ConsensusState,
        recorded: &[B256],
        target: Slot,
    ) -> Route {
        let mut recorded: BTreeSet<B256> = recorded.iter().copied().collect();
        let mut reached = trusted.clone();
        let mut headers = Vec::new();
        while reached.slot < target {
            let steps = self.updates.iter().filter_map(|update| step(chain, &reached, update));
            // Without a next committee the way ends with the period.
            let merit = |step: &Step<'_>| {
                let state = &step.state;
                (state.slot >= target, state.next_committee.is_some(), state.slot)
            };
            let Some(step) = steps.max_by_key(merit) else {
                break;
            };
            headers.push(self.header(chain, &reached, &step, &recorded));
            recorded.insert(step.signer);
            reached = step.state;
            recorded.retain(|root| {
                *root == reached.current_committee || Some(*root) == reached.next_committee
            });
        }
        Route { headers, reached }
    }

    fn header(
        &self,
        chain: &ChainConfig,
        trusted: &ConsensusState,
        step: &Step<'_>,
        recorded: &BTreeSet<B256>,
    ) -> Header {
        let leaves_committee_out = step.state.next_committee == trusted.next_committee;
        let update = encode(chain, step.update, leaves_committee_out);
        let is_recorded = recorded.contains(&step.signer);
        let keys = if is_recorded { Vec::new() } else { self.keys(chain, &step.signer) };
        Header { trusted_slot: trusted.slot, update, sync_committee: keys }
    }

    /// The header that brings one update whole to a client at `trusted`, with the keys of the
    /// committee that must have signed it.
    pub fn header_of(
        &self,
        chain: &ChainConfig,
        trusted: &ConsensusState,
        update: &LightClientUpdate,
    ) -> Header {
        let signer = signer(chain, trusted, update).unwrap_or(trusted.current_committee);
        Header {
            trusted_slot: trusted.slot,
            update: encode(chain, update, false),
            sync_committee: self.keys(chain, &signer),
        }
    }

    /// The SSZ of a committee; nothing when it is not among the answers.
    fn keys(&self, chain: &ChainConfig, root: &B256) -> Vec<u8> {
        let keys = self.committees.get(root);
        keys.map_or(Vec::new(), |keys| keys.to_ssz(Fork::Altair, chain.preset))
    }
}

/// An update in the form of the fork of its attested slot; of one that is unknown, the newest
/// known form.
fn encode(chain: &ChainConfig, update: &LightClientUpdate, as_finality: bool) -> UpdateBytes {
    let newest = Fork::all().next_back().unwrap_or(Fork::Altair);
    let fork = chain.fork(update.attested_header.beacon.slot).unwrap_or(newest);
    if as_finality {
        let finality = LightClientFinalityUpdate::from(update.clone());
        UpdateBytes::Finality(finality.to_ssz(fork, chain.preset))
    } else {
        UpdateBytes::Full(update.to_ssz(fork, chain.preset))
    }
}

/// The root of the committee of the signature's period, if it is known at `trusted`.
fn signer(
    chain: &ChainConfig,
    trusted: &ConsensusState,
    update: &LightClientUpdate,
) -> Option<B256> {
    let trusted_period = chain.preset.period(trusted.slot);
    let period = chain.preset.period(update.signature_slot);
    if period == trusted_period {
        return Some(trusted.current_committee);
    }
    trusted.next_committee.filter(|_| period == trusted_period.next())
}

/// An update that a client at some state would take, by its slots and committees.
struct Step<'a> {
    update: &'a LightClientUpdate,
    signer: B256,
    state: ConsensusState,
}

fn step<'a>(
    chain: &ChainConfig,
    trusted: &ConsensusState,
    update: &'a LightClientUpdate,
) -> Option<Step<'a>> {
    let signer = signer(chain, trusted, update)?;
    (update.has_finality() && has_two_thirds(chain, update)).then_some(())?;
    let fork = Fork::Altair;
    let next_committee = update
        .has_next_committee()
        .then(|| update.next_sync_committee.hash_tree_root(fork, chain.preset));
    let state = next_consensus_state(chain, trusted, update, next_committee).ok()?;
    Some(Step { update, signer, state })
}
