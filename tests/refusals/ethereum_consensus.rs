//! Refusals of the sync protocol, and of the bridge's client on top.

pub(crate) mod client;
pub(crate) mod decoding;
pub(crate) mod protocol;

use std::time::Duration;

use alloy_primitives::{Address, B256};
use causeway_client_ethereum::chain::Slot;
use causeway_client_ethereum::client::{
    ClientError, ClientMessage, ClientState, ConsensusState, EthereumClient, Header, height_of,
};
use causeway_client_ethereum::containers::LightClientUpdate;
use causeway_client_ethereum::update::{Answers, Parameters, initial_states};
use causeway_core::{Refusal, Timestamp};
use causeway_light_client::Verdict;
use causeway_tests::client_host::MemoryHost;
use causeway_tests::makers::ethereum::{Beacon, Draft};

/// State roots of made blocks.
const STATE: B256 = B256::repeat_byte(5);

/// Where the made clients start: in the first period of the network of [`beacon`].
const START: Slot = Slot::new(70);

fn beacon() -> Beacon {
    Beacon::new(3, 1_700_000_000, 12)
}

fn code<T: std::fmt::Debug, E: Refusal>(result: Result<T, E>) -> String {
    result.unwrap_err().code().into_owned()
}

/// A network, and a bridge on it that trusts [`START`].
struct Bridge {
    beacon: Beacon,
    host: MemoryHost<EthereumClient>,
    answers: Answers,
    now: Timestamp,
}

fn parameters() -> Parameters {
    Parameters {
        router_address: Address::repeat_byte(1),
        commitment_slot: B256::repeat_byte(2),
        trusting_period: Duration::from_secs(100_000),
        max_clock_drift: Duration::from_secs(12),
    }
}

fn start(beacon: &Beacon, slot: Slot) -> (ClientState, ConsensusState) {
    let (root, bootstrap) = beacon.bootstrap(slot, STATE);
    initial_states(beacon.config.clone(), parameters(), root, &bootstrap, &mut ()).unwrap()
}

impl Bridge {
    fn new() -> Self {
        Self::on(beacon())
    }

    fn on(beacon: Beacon) -> Self {
        let (client_state, consensus_state) = start(&beacon, START);
        let now = Timestamp::from_secs(consensus_state.timestamp + 1_000).unwrap();
        let host = MemoryHost::create(client_state, consensus_state, now).unwrap();
        let mut answers = Answers::default();
        for slot in [START, Slot::new(START.get() + 64)] {
            answers.add_committee(&beacon.config, beacon.current_keys(slot));
        }
        Self { beacon, host, answers, now }
    }

    /// The usual update that finalizes a slot.
    fn draft(&self, finalized: u64) -> Draft {
        self.beacon.draft(Slot::new(finalized), STATE)
    }

    fn header(&self, update: &LightClientUpdate) -> Header {
        let latest = self.host.client_state.latest_slot;
        let height = height_of(latest);
        self.answers.header_of(&self.beacon.config, &self.host.consensus_states[&height], update)
    }

    fn submit(&mut self, header: Header) -> Result<Verdict<EthereumClient>, ClientError> {
        self.host.submit(&ClientMessage::Header(header), self.now)
    }

    /// Makes the update and submits it from the latest state.
    fn take(&mut self, draft: &Draft) -> Result<Verdict<EthereumClient>, ClientError> {
        let header = self.header(&self.beacon.make(draft));
        self.submit(header)
    }
}
