//! A host in memory, for any light client.

use std::collections::BTreeMap;

use causeway_core::{Height, Timestamp};
use causeway_light_client::{Advance, AnyCodec, ClientView, LightClient, Verdict};

/// Keeps one client, and writes what its verdicts say.
#[derive(Clone)]
pub struct MemoryHost<C: LightClient> {
    pub client_state: C::ClientState,
    pub consensus_states: BTreeMap<Height, C::ConsensusState>,
    pub records: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl<C: LightClient> MemoryHost<C> {
    /// Creates the client.
    pub fn create(
        client_state: C::ClientState,
        consensus_state: C::ConsensusState,
        now: Timestamp,
    ) -> Result<Self, C::Error> {
        let advance = C::initialise(client_state.clone(), consensus_state, now)?;
        let mut host =
            Self { client_state, consensus_states: BTreeMap::new(), records: BTreeMap::new() };
        host.write(&advance);
        Ok(host)
    }

    /// Submits a message over the wire, and does what the verdict says.
    pub fn submit(
        &mut self,
        message: &C::ClientMessage,
        now: Timestamp,
    ) -> Result<Verdict<C>, C::Error> {
        let message = C::ClientMessage::from_any(&message.to_any())?;
        let verdict = C::verify_client_message(self, &message, now)?;
        match &verdict {
            Verdict::Advance(advance) => self.write(advance),
            Verdict::AlreadyKnown => {}
            Verdict::Misbehaviour(frozen) => self.client_state = frozen.clone(),
        }
        Ok(verdict)
    }

    fn write(&mut self, advance: &Advance<C>) {
        let client_state = advance.client_state.to_any();
        self.client_state = C::ClientState::from_any(&client_state).expect("it was just encoded");
        for (height, state) in &advance.consensus_states {
            match state {
                Some(state) => {
                    let state = C::ConsensusState::from_any(&state.to_any());
                    self.consensus_states.insert(*height, state.expect("it was just encoded"));
                }
                None => {
                    self.consensus_states.remove(height);
                }
            }
        }
        for write in &advance.records {
            match &write.value {
                Some(value) => {
                    self.records.insert(write.key.clone(), value.clone());
                }
                None => {
                    self.records.remove(&write.key);
                }
            }
        }
    }
}

impl<C: LightClient> ClientView<C> for MemoryHost<C> {
    fn client_state(&self) -> &C::ClientState {
        &self.client_state
    }

    fn consensus_state(&self, height: Height) -> Option<C::ConsensusState> {
        self.consensus_states.get(&height).cloned()
    }

    fn previous_consensus_state(&self, height: Height) -> Option<(Height, C::ConsensusState)> {
        let (height, state) = self.consensus_states.range(..height).next_back()?;
        Some((*height, state.clone()))
    }

    fn next_consensus_state(&self, height: Height) -> Option<(Height, C::ConsensusState)> {
        let above = (std::ops::Bound::Excluded(height), std::ops::Bound::Unbounded);
        let (height, state) = self.consensus_states.range(above).next()?;
        Some((*height, state.clone()))
    }

    fn record(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.records.get(key).cloned()
    }
}
