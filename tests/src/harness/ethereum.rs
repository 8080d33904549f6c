//! A proof-of-stake chain: blocks finalized by signed sync committees, and the traces in the
//! storage of a router contract.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_primitives::{B256, keccak256};
use causeway_client_ethereum::chain::{Fork, Slot};
use causeway_client_ethereum::client::{
    ClientMessage, ConsensusState, Header, Misbehaviour, UpdateBytes, height_of,
};
use causeway_client_ethereum::containers::LightClientUpdate;
use causeway_client_ethereum::update::{Answers, Parameters, initial_states};
use causeway_core::{Any, CreateClient, Height, MerklePrefix, Packet, PacketPath, Timestamp};
use causeway_light_client::{AnyCodec, ProofCodec};

use super::{Family, Traces};
use crate::host::Customs;
use crate::makers::ethereum::Beacon;
use crate::makers::ethereum_execution::RouterState;

/// Long slots, so that a trusting period has few sync committee periods.
const SECONDS_PER_SLOT: u64 = 60;

/// When the harness starts its clocks.
const START: u64 = 1_700_000_000;

pub struct Ethereum {
    beacon: Beacon,
    /// The router's storage from each of these slots on.
    states: BTreeMap<Slot, RouterState>,
}

impl Ethereum {
    pub fn new(number: u8) -> Self {
        let state = RouterState::with_neighbours(16, 16);
        Self {
            beacon: Beacon::new(number, START, SECONDS_PER_SLOT),
            states: BTreeMap::from([(Slot::new(1), state)]),
        }
    }

    fn head_slot(&self) -> Slot {
        *self.states.last_key_value().unwrap().0
    }

    fn state(&self, slot: Slot) -> &RouterState {
        self.states.range(..=slot).next_back().unwrap().1
    }

    fn at(&self, height: Height) -> &RouterState {
        self.state(Slot::new(height.height()))
    }

    fn state_root(&self, slot: Slot) -> B256 {
        self.state(slot).state_root()
    }

    fn update(&self, slot: Slot) -> LightClientUpdate {
        self.beacon.update(slot, self.state_root(slot))
    }

    /// As little as a client can know of a slot that it trusts.
    fn trusted(&self, slot: Slot) -> ConsensusState {
        ConsensusState {
            slot,
            state_root: self.state_root(slot),
            timestamp: self.beacon.config.start_of(slot),
            current_committee: self.beacon.current_committee(slot),
            next_committee: None,
        }
    }

    fn header(&self, trusted: Slot, update: &LightClientUpdate) -> Header {
        let preset = self.beacon.config.preset;
        let keys = self.beacon.current_keys(update.signature_slot);
        Header {
            trusted_slot: trusted,
            update: UpdateBytes::Full(update.to_ssz(Fork::Fulu, preset)),
            sync_committee: keys.to_ssz(Fork::Altair, preset),
        }
    }
}

/// What the deployed router keeps of a received packet is a hash; only its presence matters.
fn receipt(packet: &Packet) -> Vec<u8> {
    keccak256(packet.to_protobuf()).to_vec()
}

impl Family for Ethereum {
    fn customs(&self) -> Customs {
        Customs { address_prefix: "0x", client_prefix: Some("client"), receipt }
    }

    fn prefix(&self) -> MerklePrefix {
        MerklePrefix::new(vec![Vec::new()]).unwrap()
    }

    /// A block in the first slot that is free, if need be in the next period, so that it is
    /// finalized in its own.
    fn commit(&mut self, traces: &Traces, now: Timestamp) -> Timestamp {
        let config = &self.beacon.config;
        let free = self.head_slot().next().next();
        let mut slot = config.slot_at(now.secs()).max(free);
        while config.preset.period(slot) != config.preset.period(slot.next().next()) {
            slot = slot.next();
        }
        let mut state = RouterState::with_neighbours(16, 16);
        for (path, value) in traces {
            state.set(&path.to_bytes(), value.as_slice().try_into().unwrap());
        }
        let signed = config.start_of(slot.next().next());
        self.states.insert(slot, state);
        Timestamp::from_secs(signed).unwrap().max(now)
    }

    fn head(&self) -> Height {
        height_of(self.head_slot())
    }

    /// The start of the slot.
    fn chain_time(&self, now: Timestamp) -> Timestamp {
        let config = &self.beacon.config;
        Timestamp::from_secs(config.start_of(config.slot_at(now.secs()))).unwrap()
    }

    fn new_client(&self, trusting_period: Duration) -> CreateClient {
        let slot = self.head_slot();
        let router = self.state(slot);
        let parameters = Parameters {
            router_address: router.contract,
            commitment_slot: router.base_slot,
            trusting_period,
            max_clock_drift: Duration::from_hours(1),
        };
        let (root, bootstrap) = self.beacon.bootstrap(slot, router.state_root());
        let config = self.beacon.config.clone();
        let (client_state, consensus_state) =
            initial_states(config, parameters, root, &bootstrap, &mut ()).unwrap();
        CreateClient {
            client_state: client_state.to_any(),
            consensus_state: consensus_state.to_any(),
        }
    }

    /// One for each sync committee period on the way.
    fn updates(&self, trusted: Height) -> Vec<Any> {
        let (trusted, head) = (Slot::new(trusted.height()), self.head_slot());
        if trusted >= head {
            return Vec::new();
        }
        let config = &self.beacon.config;
        let period = |slot| config.preset.period(slot).get();
        let mut answers = Answers::default();
        answers.add_committee(config, self.beacon.current_keys(trusted));
        for number in period(trusted)..=period(head) {
            let first = Slot::new(number * config.preset.slots_per_period());
            let slot = if number == period(head) { head } else { first.max(trusted) };
            answers.add_update(config, self.update(slot));
        }
        let route = answers.route(config, &self.trusted(trusted), &[], head);
        assert_eq!(route.reached.slot, head);
        route.headers.into_iter().map(|header| ClientMessage::Header(header).to_any()).collect()
    }

    fn membership(&self, height: Height, path: &PacketPath) -> Vec<u8> {
        self.at(height).proof(&path.to_bytes()).to_bytes()
    }

    fn non_membership(&self, height: Height, path: &PacketPath) -> Vec<u8> {
        self.membership(height, path)
    }

    fn memberships(&self, height: Height, paths: &[PacketPath]) -> Vec<u8> {
        let paths: Vec<_> = paths.iter().map(PacketPath::to_bytes).collect();
        let paths: Vec<_> = paths.iter().map(Vec::as_slice).collect();
        self.at(height).batch_proof(&paths).to_bytes()
    }

    /// An update that nobody of the committee signed.
    fn forged_update(&self, trusted: Height) -> Any {
        let slot = self.head_slot();
        let update = self.beacon.forged_update(slot, self.state_root(slot));
        ClientMessage::Header(self.header(Slot::new(trusted.height()), &update)).to_any()
    }

    /// Two thirds of the committee and more finalized two blocks of one slot.
    fn misbehaviour(&self, trusted: Height) -> Vec<Any> {
        let (trusted, head) = (Slot::new(trusted.height()), self.head_slot());
        let other = self.beacon.update(head, B256::repeat_byte(0xee));
        let evidence = Misbehaviour {
            header_1: self.header(trusted, &self.update(head)),
            header_2: self.header(trusted, &other),
        };
        vec![ClientMessage::Misbehaviour(Box::new(evidence)).to_any()]
    }
}
