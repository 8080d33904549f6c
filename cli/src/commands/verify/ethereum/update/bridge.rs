//! The rules of a bridge's client, held in memory.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_primitives::{Address, B256};
use causeway_client_ethereum::client::{
    ClientError, ClientState, ConsensusState, EthereumClient, verify_header,
};
use causeway_client_ethereum::containers::{LightClientHeader, LightClientUpdate};
use causeway_client_ethereum::update::{Answers, Parameters, initial_states};
use causeway_core::{Audit, BoxedRefusal, Height};
use causeway_light_client::{Advance, ClientTypes, ClientView, LightClient, RecordWrite, Verdict};

use super::{Start, committee, report};
use crate::output::Report;

/// Of the contract, whose state this command is not about.
const NO_CONTRACT: (Address, B256) = (Address::repeat_byte(0xff), B256::repeat_byte(0xff));

pub(super) fn follow(
    start: Start,
    updates: Vec<LightClientUpdate>,
    audit: &mut impl Audit,
) -> Result<Report, BoxedRefusal> {
    let Start { chain, trusted_root, bootstrap, now, trusting_period } = start;
    let parameters = Parameters {
        router_address: NO_CONTRACT.0,
        commitment_slot: NO_CONTRACT.1,
        trusting_period: trusting_period.unwrap_or(Duration::MAX),
        max_clock_drift: Duration::ZERO,
    };
    let config = chain.clone();
    let (client_state, consensus_state) =
        initial_states(chain, parameters, trusted_root, &bootstrap, audit)?;
    let mut memory = Memory::new(&client_state);
    memory.write(EthereumClient::initialise(client_state, consensus_state, now)?);
    let mut answers = Answers::default();
    answers.add_committee(&config, bootstrap.current_sync_committee);
    let mut finalized = bootstrap.header;
    let (mut taken, mut known) = (0_usize, 0_usize);
    for update in updates {
        let Some(trusted) = memory.latest() else { break };
        let header = answers.header_of(&config, &trusted, &update);
        match verify_header(&memory, &header, now, audit)? {
            Verdict::Advance(advance) => {
                memory.write(advance);
                taken = taken.saturating_add(1);
                finalized = newer(finalized, &update);
            }
            Verdict::AlreadyKnown => known = known.saturating_add(1),
            Verdict::Misbehaviour(_) => return Err(ClientError::Frozen {}.into()),
        }
        answers.add_update(&config, update);
    }
    let latest = memory.latest();
    let current = latest.as_ref().map(|state| state.current_committee);
    let next = latest.and_then(|state| state.next_committee);
    Ok(report(&finalized, taken)
        .with("already_known", known)
        .with("current_sync_committee", committee(current))
        .with("next_sync_committee", committee(next)))
}

fn newer(finalized: LightClientHeader, update: &LightClientUpdate) -> LightClientHeader {
    let header = &update.finalized_header;
    if header.beacon.slot > finalized.beacon.slot { header.clone() } else { finalized }
}

/// What a host would store.
struct Memory {
    client_state: ClientState,
    consensus_states: BTreeMap<Height, ConsensusState>,
    records: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Memory {
    fn new(client_state: &ClientState) -> Self {
        Self {
            client_state: client_state.clone(),
            consensus_states: BTreeMap::new(),
            records: BTreeMap::new(),
        }
    }

    fn latest(&self) -> Option<ConsensusState> {
        self.consensus_state(EthereumClient::latest_height(&self.client_state))
    }

    fn write(&mut self, advance: Advance<EthereumClient>) {
        self.client_state = advance.client_state;
        for (height, state) in advance.consensus_states {
            if let Some(state) = state {
                self.consensus_states.insert(height, state);
            }
        }
        for RecordWrite { key, value } in advance.records {
            match value {
                Some(value) => drop(self.records.insert(key, value)),
                None => drop(self.records.remove(&key)),
            }
        }
    }
}

impl ClientView<EthereumClient> for Memory {
    fn client_state(&self) -> &ClientState {
        &self.client_state
    }

    fn consensus_state(&self, height: Height) -> Option<ConsensusState> {
        self.consensus_states.get(&height).cloned()
    }

    fn previous_consensus_state(&self, height: Height) -> Option<(Height, ConsensusState)> {
        let (height, state) = self.consensus_states.range(..height).next_back()?;
        Some((*height, state.clone()))
    }

    fn next_consensus_state(&self, height: Height) -> Option<(Height, ConsensusState)> {
        let mut above = self.consensus_states.iter().filter(|(at, _)| **at > height);
        above.next().map(|(height, state)| (*height, state.clone()))
    }

    fn record(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.records.get(key).cloned()
    }
}
