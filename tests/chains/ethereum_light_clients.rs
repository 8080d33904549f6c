//! Our own light clients follow the bundled beacon chain by what its API answers.

use std::time::Duration;

use alloy_primitives::{Address, B256};
use causeway_chain::Fault;
use causeway_client_ethereum::chain::{ChainConfig, Fork, Slot};
use causeway_client_ethereum::client::{
    ClientMessage, EthereumClient, Header, Misbehaviour, UpdateBytes,
};
use causeway_client_ethereum::containers::{
    LightClientBootstrap, LightClientFinalityUpdate, LightClientUpdate,
};
use causeway_client_ethereum::sync::LightClientStore;
use causeway_client_ethereum::update::{Answers, Parameters, initial_states};
use causeway_core::Timestamp;
use causeway_light_client::{LightClient, Status, Verdict};
use causeway_tests::client_host::MemoryHost;
use causeway_wire_ethereum::beacon::Reader;
use causeway_wire_ethereum::config::NetworkConfig;

use crate::ethereum_beacon::{Chain, after, mid_slot, new_chain};
use crate::ethereum_beacon_api::{json_of, ssz_of};

type Host = MemoryHost<EthereumClient>;

/// What a client reads first.
fn network(chain: &mut Chain) -> NetworkConfig {
    let genesis = json_of(chain, "/eth/v1/beacon/genesis");
    let root = genesis["data"]["genesis_validators_root"].as_str().unwrap().parse().unwrap();
    let spec = json_of(chain, "/eth/v1/config/spec");
    NetworkConfig::read(spec.to_string().as_bytes(), root).unwrap()
}

fn reader(network: &NetworkConfig) -> Reader<'_> {
    Reader { config: &network.chain, blobs: &network.blobs, fork: None }
}

/// The newest finalized block's root and its bootstrap, which is the same in both forms.
fn bootstrap(chain: &mut Chain, network: &NetworkConfig) -> (B256, LightClientBootstrap) {
    let root = json_of(chain, "/eth/v1/beacon/blocks/finalized/root");
    let root: B256 = root["data"]["root"].as_str().unwrap().parse().unwrap();
    let target = format!("/eth/v1/beacon/light_client/bootstrap/{root}");
    let ssz = ssz_of(chain, &target);
    let json = json_of(chain, &target).to_string();
    let bootstrap = reader(network).bootstrap(&ssz).unwrap();
    assert_eq!(reader(network).bootstrap(json.as_bytes()).unwrap(), bootstrap);
    (root, bootstrap)
}

/// All best updates, which are the same in both forms.
fn updates(chain: &mut Chain, network: &NetworkConfig) -> Vec<LightClientUpdate> {
    let target = "/eth/v1/beacon/light_client/updates?start_period=0&count=128";
    let ssz = ssz_of(chain, target);
    let json = json_of(chain, target).to_string();
    let updates = reader(network).updates(&ssz).unwrap();
    assert_eq!(reader(network).updates(json.as_bytes()).unwrap(), updates);
    updates
}

fn finality_update(chain: &mut Chain, network: &NetworkConfig) -> LightClientUpdate {
    let target = "/eth/v1/beacon/light_client/finality_update";
    let ssz = ssz_of(chain, target);
    let json = json_of(chain, target).to_string();
    let updates = reader(network).updates(&ssz).unwrap();
    assert_eq!(reader(network).updates(json.as_bytes()).unwrap(), updates);
    updates.into_iter().next().unwrap()
}

fn bridge_client(chain: &mut Chain, network: &NetworkConfig, now: Timestamp) -> Host {
    let (root, bootstrap) = bootstrap(chain, network);
    let parameters = Parameters {
        router_address: Address::repeat_byte(1),
        commitment_slot: B256::repeat_byte(2),
        trusting_period: Duration::from_secs(10_000),
        max_clock_drift: Duration::from_secs(10),
    };
    let (client_state, consensus_state) =
        initial_states(network.chain.clone(), parameters, root, &bootstrap, &mut ()).unwrap();
    Host::create(client_state, consensus_state, now).unwrap()
}

/// Answers that lead from any slot to the newest finalized one.
fn answers(chain: &mut Chain, network: &NetworkConfig) -> (Answers, Slot) {
    let mut answers = Answers::default();
    let (_, bootstrap) = bootstrap(chain, network);
    answers.add_committee(&network.chain, bootstrap.current_sync_committee);
    for update in updates(chain, network) {
        answers.add_update(&network.chain, update);
    }
    let newest = finality_update(chain, network);
    let target = newest.finalized_header.beacon.slot;
    answers.add_finality_update(LightClientFinalityUpdate::from(newest));
    (answers, target)
}

#[test]
fn the_bridge_client_follows_over_four_periods() {
    let mut chain = new_chain(50);
    let network = network(&mut chain);
    let mut host = bridge_client(&mut chain, &network, after(0));
    let first = host.client_state.latest_slot.get();
    // Seldom enough that whole periods lie between two visits, and then often.
    for secs in [70, 200, 210, 220, 230, 240, 250, 260, 270, 300] {
        let now = after(secs);
        chain.advance(now);
        let (answers, target) = answers(&mut chain, &network);
        let latest = host.client_state.latest_slot;
        let trusted = host.consensus_states.last_key_value().unwrap().1.clone();
        assert_eq!(trusted.slot, latest);
        let route = answers.route(&network.chain, &trusted, &[], target);
        assert_eq!(route.reached.slot, target, "{secs}");
        for header in route.headers {
            let verdict = host.submit(&ClientMessage::Header(header), now).unwrap();
            assert!(matches!(verdict, Verdict::Advance(_)), "{verdict:?}");
        }
        assert_eq!(host.client_state.latest_slot, target);
    }
    assert!(host.client_state.latest_slot.get() >= first + 4 * 64);
}

#[test]
fn a_wallet_follows_update_by_update_with_every_seat_signed() {
    let mut chain = new_chain(51);
    let network = network(&mut chain);
    let (root, start) = bootstrap(&mut chain, &network);
    let mut store =
        LightClientStore::from_bootstrap(network.chain.clone(), root, start, &mut ()).unwrap();
    for secs in 1..240 {
        chain.advance(mid_slot(secs));
        let slot = Slot::new(41 + secs);
        if secs % 16 == 1 {
            for update in updates(&mut chain, &network) {
                // Those of periods that are over are of no use any more.
                let _ = store.process_update(&update, slot, &mut ());
            }
        }
        let update = finality_update(&mut chain, &network);
        assert_eq!(update.participants(), 32);
        store.process_update(&update, slot, &mut ()).unwrap();
        let finalized = store.finalized_header().beacon.slot;
        assert_eq!(finalized, update.finalized_header.beacon.slot);
        assert_eq!(store.optimistic_header().beacon.slot.get(), 41 + secs - 1);
    }
    assert_eq!(store.finalized_header().beacon.slot.get() / 64, 4);
}

#[test]
fn every_period_has_an_update_that_its_own_committee_finalized() {
    let mut chain = new_chain(52);
    chain.advance(after(300));
    let network = network(&mut chain);
    let updates = updates(&mut chain, &network);
    assert_eq!(updates.len(), 6);
    let period = |slot| network.chain.preset.period(slot);
    for (update, number) in updates.iter().zip(0..) {
        assert_eq!(period(update.attested_header.beacon.slot).get(), number);
        assert!(update.has_next_committee());
        if number < 5 {
            assert!(update.has_finality());
            assert_eq!(period(update.finalized_header.beacon.slot).get(), number);
            assert_eq!(update.participants(), 32);
        }
    }
    for (update, next) in updates.iter().zip(&updates[1..]) {
        assert_ne!(update.next_sync_committee, next.next_sync_committee);
    }
}

fn committee_ssz(chain: &ChainConfig, updates: &[LightClientUpdate], slot: Slot) -> Vec<u8> {
    let period = chain.preset.period(slot).get();
    let before = updates
        .iter()
        .find(|update| chain.preset.period(update.attested_header.beacon.slot).get() + 1 == period);
    before.unwrap().next_sync_committee.to_ssz(Fork::Fulu, chain.preset)
}

#[test]
fn a_committee_that_contradicts_itself_freezes_the_client() {
    let mut chain = new_chain(53);
    let now = after(110);
    chain.advance(now);
    let network = network(&mut chain);
    let mut host = bridge_client(&mut chain, &network, now);
    let now = after(125);
    chain.advance(now);
    chain.inject(&Fault::Equivocate, now).unwrap();
    let evidence = json_of(&mut chain, "/causeway/v1/beacon/evidence");
    let updates = updates(&mut chain, &network);
    let header = |name: &str| {
        let json = evidence["data"][name].to_string();
        let update = reader(&network).updates(json.as_bytes()).unwrap().remove(0);
        let signature_slot = update.signature_slot;
        Header {
            trusted_slot: host.client_state.latest_slot,
            update: UpdateBytes::Full(update.to_ssz(Fork::Fulu, network.chain.preset)),
            sync_committee: committee_ssz(&network.chain, &updates, signature_slot),
        }
    };
    let evidence = Misbehaviour { header_1: header("update_1"), header_2: header("update_2") };
    // Each of them alone would be believed.
    for single in [&evidence.header_1, &evidence.header_2] {
        let message = ClientMessage::Header(single.clone());
        assert!(matches!(host.clone().submit(&message, now), Ok(Verdict::Advance(_))));
    }
    let message = ClientMessage::Misbehaviour(Box::new(evidence));
    assert!(matches!(host.submit(&message, now), Ok(Verdict::Misbehaviour(_))));
    assert_eq!(EthereumClient::status(&host, now), Status::Frozen);
}

#[test]
fn without_finality_there_is_nothing_new_to_follow() {
    let mut chain = new_chain(54);
    chain.advance(after(20));
    let network = network(&mut chain);
    chain.inject(&Fault::StopFinality, after(20)).unwrap();
    chain.advance(after(40));
    let stuck = finality_update(&mut chain, &network).finalized_header;
    chain.advance(after(60));
    assert_eq!(finality_update(&mut chain, &network).finalized_header, stuck);
    chain.inject(&Fault::Resume, after(60)).unwrap();
    chain.advance(after(100));
    let newest = finality_update(&mut chain, &network).finalized_header;
    assert!(newest.beacon.slot > stuck.beacon.slot);
}
