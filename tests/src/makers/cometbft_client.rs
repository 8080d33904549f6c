//! Clients of made-up chains: states, messages, and a host that stores them.

use std::collections::BTreeMap;
use std::time::Duration;

use causeway_client_cometbft::ics07::{
    ClientMessage, ClientState, ConsensusState, Header, Misbehaviour,
};
use causeway_client_cometbft::{ChainId, CometbftClient, TrustLevel};
use causeway_core::{Height, Timestamp};
use causeway_ics23::ibc_specs;
use causeway_light_client::{Advance, ClientView, LightClient, Verdict};

use super::cometbft::{Chain, Made};

/// The parameters of a client at `latest`, the standard trees, trust for 14 of 21 days.
pub fn client_state(chain_id: &str, latest: u64) -> ClientState {
    let days = |days: u64| Duration::from_secs(days * 86_400);
    let chain_id = ChainId::new(chain_id).unwrap();
    ClientState {
        trust_level: TrustLevel::ONE_THIRD,
        trusting_period: days(14),
        unbonding_period: days(21),
        max_clock_drift: Duration::from_secs(15),
        frozen_height: Height::default(),
        latest_height: Height::new(chain_id.revision(), latest),
        proof_specs: ibc_specs().to_vec(),
        upgrade_path: vec!["upgrade".into(), "upgradedIBCState".into()],
        allow_update_after_expiry: false,
        allow_update_after_misbehaviour: false,
        chain_id,
    }
}

/// What is to be trusted of a block.
pub fn consensus_state(made: &Made) -> ConsensusState {
    let header = &made.signed.header;
    ConsensusState {
        timestamp: header.timestamp().unwrap(),
        root: header.app_hash.clone(),
        next_validators_hash: header.next_validators_hash,
    }
}

/// The header of `to`, to be verified from the height of `from`.
pub fn update_header(from: &Made, to: &Made) -> Header {
    let trusted = &from.signed.header;
    Header {
        signed_header: to.signed.clone(),
        validator_set: to.validators.set().clone(),
        trusted_height: Height::new(trusted.chain_id.revision(), trusted.height),
        trusted_validators: from.next_validators.set().clone(),
    }
}

/// The message that brings a client from one height to another.
pub fn update(from: &Made, to: &Made) -> ClientMessage {
    ClientMessage::Header(update_header(from, to))
}

/// Evidence of two headers.
pub fn misbehaviour(header_1: Header, header_2: Header) -> ClientMessage {
    ClientMessage::Misbehaviour(Misbehaviour { client_id: String::new(), header_1, header_2 })
}

/// A host that stores one client.
#[derive(Clone, Debug)]
pub struct Host {
    pub client_state: ClientState,
    pub consensus_states: BTreeMap<Height, ConsensusState>,
}

impl Host {
    /// Trusts a height of a chain.
    pub fn trusting(chain: &Chain, height: u64) -> Self {
        let made = chain.at(height);
        let state = client_state(&chain.chain_id, height);
        let latest = state.latest_height;
        let consensus_states = BTreeMap::from([(latest, consensus_state(made))]);
        Self { client_state: state, consensus_states }
    }

    /// Writes what the client says, and gives its verdict.
    pub fn submit(
        &mut self,
        message: &ClientMessage,
        now: Timestamp,
    ) -> Result<Verdict<CometbftClient>, causeway_client_cometbft::ics07::ClientError> {
        let verdict = CometbftClient::verify_client_message(self, message, now)?;
        match verdict.clone() {
            Verdict::Advance(advance) => self.write(advance),
            Verdict::AlreadyKnown => {}
            Verdict::Misbehaviour(frozen) => self.client_state = frozen,
        }
        Ok(verdict)
    }

    fn write(&mut self, advance: Advance<CometbftClient>) {
        self.client_state = advance.client_state;
        for (height, state) in advance.consensus_states {
            match state {
                Some(state) => self.consensus_states.insert(height, state),
                None => self.consensus_states.remove(&height),
            };
        }
    }
}

impl ClientView<CometbftClient> for Host {
    fn client_state(&self) -> &ClientState {
        &self.client_state
    }

    fn consensus_state(&self, height: Height) -> Option<ConsensusState> {
        self.consensus_states.get(&height).cloned()
    }

    fn previous_consensus_state(&self, height: Height) -> Option<(Height, ConsensusState)> {
        self.consensus_states.range(..height).next_back().map(|(h, s)| (*h, s.clone()))
    }

    fn next_consensus_state(&self, height: Height) -> Option<(Height, ConsensusState)> {
        let above = self.consensus_states.range(height..).find(|(h, _)| **h > height);
        above.map(|(h, s)| (*h, s.clone()))
    }

    fn record(&self, _key: &[u8]) -> Option<Vec<u8>> {
        None
    }
}
