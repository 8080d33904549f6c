//! The updates that a relayer submitted to a bridge, submitted to ours.

use std::time::Duration;

use causeway_client_ethereum::bls::PreparedCommittee;
use causeway_client_ethereum::chain::{
    ChainConfig, Epoch, Fork, ForkActivation, ForkSchedule, Preset, Slot, Version,
};
use causeway_client_ethereum::client::{
    ClientMessage, ClientState, ConsensusState, EthereumClient, Header, UpdateBytes, height_of,
};
use causeway_client_ethereum::containers::{PublicKeyBytes, SyncCommittee};
use causeway_client_ethereum::ssz::hash_nodes;
use causeway_light_client::Verdict;
use causeway_tests::client_host::MemoryHost;
use causeway_tests::vectors::Vectors;
use causeway_wire_ethereum::beacon::Reader;
use serde_json::Value;

use super::pair::time_of;
use super::real::committee;
use super::spec_tests::hash;

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn chain(state: &Value) -> ChainConfig {
    let forks = &state["fork_parameters"];
    let version = |value: &Value| -> Version { text(value).parse().unwrap() };
    let activation = |fork: Fork| ForkActivation {
        number: fork.number(),
        epoch: Epoch::new(forks[fork.name()]["epoch"].as_u64().unwrap()),
        version: version(&forks[fork.name()]["version"]),
    };
    let genesis_version = version(&forks["genesis_fork_version"]);
    ChainConfig {
        chain_id: state["chain_id"].as_u64().unwrap(),
        genesis_time: state["genesis_time"].as_u64().unwrap(),
        genesis_validators_root: hash(text(&state["genesis_validators_root"])),
        seconds_per_slot: state["seconds_per_slot"].as_u64().unwrap(),
        preset: Preset::MINIMAL,
        forks: ForkSchedule::new(genesis_version, Fork::all().map(activation).collect()).unwrap(),
    }
}

/// The root of a committee from the two halves that this kind of client stores.
fn committee_root(summary: &Value) -> alloy_primitives::B256 {
    let aggregate: PublicKeyBytes = text(&summary["aggregate_pubkey"]).parse().unwrap();
    let mut padded = [0; 64];
    padded[..48].copy_from_slice(aggregate.as_slice());
    let [low, high] = [&padded[..32], &padded[32..]].map(alloy_primitives::B256::from_slice);
    hash_nodes(hash(text(&summary["pubkeys_hash"])), hash_nodes(low, high))
}

fn start(initial: &Value) -> MemoryHost<EthereumClient> {
    let (client, consensus) = (&initial["client_state"], &initial["consensus_state"]);
    let latest_slot = Slot::new(client["latest_slot"].as_u64().unwrap());
    let next = &consensus["next_sync_committee"];
    let consensus_state = ConsensusState {
        slot: latest_slot,
        state_root: hash(text(&consensus["state_root"])),
        timestamp: consensus["timestamp"].as_u64().unwrap(),
        current_committee: committee_root(&consensus["current_sync_committee"]),
        next_committee: (!next.is_null()).then(|| committee_root(next)),
    };
    let client_state = ClientState {
        chain: chain(client),
        trusting_period: Duration::from_hours(24),
        max_clock_drift: Duration::from_secs(10),
        router_address: text(&client["ibc_contract_address"]).parse().unwrap(),
        commitment_slot: hash(text(&client["ibc_commitment_slot"])),
        latest_slot,
        frozen: false,
    };
    let now = time_of(&client_state.chain, latest_slot);
    MemoryHost::create(client_state, consensus_state, now).unwrap()
}

pub(super) fn updates(vectors: &Vectors, file: &str) {
    let flow = vectors.json(file);
    let mut host = start(&flow["initial_state"]);
    let chain = host.client_state.chain.clone();
    let messages = flow["messages"].as_array().unwrap();
    let updates: Vec<_> =
        messages.iter().filter(|message| message["type"] == "update_client").collect();
    assert!(!updates.is_empty());
    for message in updates {
        let json = message["consensus_update_beacon_api"].to_string();
        let reader = Reader { config: &chain, blobs: &[], fork: None };
        let update = reader.updates(json.as_bytes()).unwrap().swap_remove(0);
        let signers: SyncCommittee = committee(&message["active_sync_committee"]);
        PreparedCommittee::new(&signers).unwrap();
        let header = Header {
            trusted_slot: host.client_state.latest_slot,
            update: UpdateBytes::Full(update.to_ssz(Fork::Fulu, chain.preset)),
            sync_committee: signers.to_ssz(Fork::Fulu, chain.preset),
        };
        let now = time_of(&chain, update.signature_slot);
        let verdict = host.submit(&ClientMessage::Header(header.clone()), now).unwrap();
        assert!(matches!(verdict, Verdict::Advance(_)));
        let expected = &message["expected"];
        assert_eq!(expected["verdict"], "accept");
        let slot = host.client_state.latest_slot;
        assert_eq!(expected["finalized_slot"], slot.get());
        let state = &host.consensus_states[&height_of(slot)];
        assert_eq!(state.state_root, hash(text(&expected["execution_state_root"])));

        let again = Header { trusted_slot: slot, ..header };
        let replayed = host.submit(&ClientMessage::Header(again), now);
        assert_eq!(replayed, Ok(Verdict::AlreadyKnown));
    }
}
