//! Laws of updates, of the two clients that follow them, and of their messages.

use std::time::Duration;

use alloy_primitives::{Address, B256};
use causeway_client_ethereum::chain::{Fork, Preset, Slot};
use causeway_client_ethereum::client::{
    ClientError, ClientMessage, ClientState, ConsensusState, EthereumClient, Header, Misbehaviour,
    height_of,
};
use causeway_client_ethereum::containers::{LightClientBootstrap, LightClientUpdate};
use causeway_client_ethereum::sync::LightClientStore;
use causeway_client_ethereum::update::{Answers, Parameters, initial_states};
use causeway_core::{Any, Timestamp};
use causeway_light_client::{AnyCodec, LightClient, Status, Verdict};
use causeway_tests::client_host::MemoryHost;
use causeway_tests::makers::ethereum::{Beacon, Draft};
use causeway_wire_ethereum::beacon::Reader;
use proptest::prelude::*;
use proptest::sample::Index;

const STATE: B256 = B256::repeat_byte(5);
const START: Slot = Slot::new(70);

fn beacon() -> Beacon {
    Beacon::new(4, 1_700_000_000, 12)
}

fn wallet(beacon: &Beacon) -> LightClientStore {
    let (root, bootstrap) = beacon.bootstrap(START, STATE);
    LightClientStore::from_bootstrap(beacon.config.clone(), root, bootstrap, &mut ()).unwrap()
}

/// A bridge at the start, the keys that a relayer knows, and a time long after.
fn bridge(beacon: &Beacon, start: Slot) -> (MemoryHost<EthereumClient>, Answers, Timestamp) {
    let (root, bootstrap) = beacon.bootstrap(start, STATE);
    let parameters = Parameters {
        router_address: Address::repeat_byte(1),
        commitment_slot: B256::repeat_byte(2),
        trusting_period: Duration::from_secs(1 << 30),
        max_clock_drift: Duration::ZERO,
    };
    let config = beacon.config.clone();
    let (client_state, consensus_state) =
        initial_states(config, parameters, root, &bootstrap, &mut ()).unwrap();
    let mut answers = Answers::default();
    answers.add_committee(&beacon.config, bootstrap.current_sync_committee);
    let now = Timestamp::from_secs(consensus_state.timestamp + (1 << 20)).unwrap();
    let host = MemoryHost::create(client_state, consensus_state, now).unwrap();
    (host, answers, now)
}

fn latest(host: &MemoryHost<EthereumClient>) -> ConsensusState {
    host.consensus_states[&height_of(host.client_state.latest_slot)].clone()
}

fn header(
    host: &MemoryHost<EthereumClient>,
    answers: &Answers,
    update: &LightClientUpdate,
) -> Header {
    answers.header_of(&host.client_state.chain, &latest(host), update)
}

/// Finality needs two thirds, exactly: of both presets' committees.
#[test]
fn the_threshold_is_two_thirds() {
    for (preset, last_too_few) in [(Preset::MINIMAL, 21), (Preset::MAINNET, 341)] {
        let beacon = Beacon::with_preset(preset, 5, 1_700_000_000, 12);
        let start = Slot::new(preset.slots_per_period() + 6);
        for (participants, is_enough) in [(last_too_few, false), (last_too_few + 1, true)] {
            let finalized = Slot::new(start.get() + 10);
            let draft = Draft { participants, ..beacon.draft(finalized, STATE) };
            let update = beacon.make(&draft);

            let (root, bootstrap) = beacon.bootstrap(start, STATE);
            let config = beacon.config.clone();
            let store = LightClientStore::from_bootstrap(config, root, bootstrap, &mut ());
            let mut store = store.unwrap();
            store.process_update(&update, update.signature_slot, &mut ()).unwrap();
            assert_eq!(store.finalized_header().beacon.slot == finalized, is_enough);
            assert_eq!(store.optimistic_header().beacon.slot, update.attested_header.beacon.slot);

            let (mut host, answers, now) = bridge(&beacon, start);
            let message = ClientMessage::Header(header(&host, &answers, &update));
            match host.submit(&message, now) {
                Ok(Verdict::Advance(_)) => assert!(is_enough),
                Err(ClientError::InsufficientParticipation { got, expected }) => {
                    assert!(!is_enough);
                    assert_eq!((got, expected), (last_too_few, last_too_few + 1));
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

/// A wallet that lost finality goes on by force, after a whole period and not a slot earlier.
#[test]
fn only_wallets_force_updates() {
    let beacon = beacon();
    let mut wallet = wallet(&beacon);
    let draft = Draft { has_finality: false, ..beacon.draft(Slot::new(90), STATE) };
    let update = beacon.make(&draft);
    wallet.process_update(&update, draft.signature, &mut ()).unwrap();
    assert_eq!(wallet.finalized_header().beacon.slot, START);
    let timeout = Slot::new(START.get() + 64);
    assert!(!wallet.force_update(timeout));
    assert!(wallet.force_update(timeout.next()));
    assert_eq!(wallet.finalized_header().beacon.slot, draft.attested);
    assert!(wallet.next_committee().is_some());
    assert!(!wallet.force_update(Slot::new(10_000)));
}

/// The keys of two committees are kept, whatever the way.
#[test]
fn records_stay_bounded() {
    let beacon = beacon();
    let (mut host, mut answers, now) = bridge(&beacon, START);
    for period in 1..8 {
        let update = beacon.update(Slot::new(period * 64 + 20), STATE);
        let message = ClientMessage::Header(header(&host, &answers, &update));
        assert!(matches!(host.submit(&message, now), Ok(Verdict::Advance(_))));
        answers.add_update(&beacon.config, update);
        // The index, and at most two committees: a sum and 32 keys each.
        assert!(host.records.len() <= 3);
        let committees = host.records.iter().filter(|(key, _)| key.starts_with(b"committee/"));
        committees.for_each(|(_, record)| assert_eq!(record.len(), 96 * 33));
    }
    // The keys on record suffice for the next update of the period.
    let update = beacon.update(Slot::new(7 * 64 + 30), STATE);
    let mut header = header(&host, &answers, &update);
    header.sync_committee.clear();
    let verdict = host.submit(&ClientMessage::Header(header), now);
    assert!(matches!(verdict, Ok(Verdict::Advance(_))));
}

fn spoiled(update: &LightClientUpdate, at: Index) -> Option<Vec<u8>> {
    let mut bytes = update.to_ssz(Fork::Fulu, Preset::MINIMAL);
    // The signature's slot is not signed: a later one may hold as well.
    let fixed = [4, 33 * 48, 6 * 32, 4, 7 * 32, 4 + 96].iter().sum::<usize>();
    let bit = at.index(bytes.len() * 8);
    (!(fixed..fixed + 8).contains(&(bit / 8))).then(|| {
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Any flipped bit of a valid update makes it refused, by both.
    #[test]
    fn no_bit_can_be_changed(at: Index, finalized in 71_u64..120) {
        let beacon = beacon();
        let update = beacon.update(Slot::new(finalized), STATE);
        let Some(bytes) = spoiled(&update, at) else { return Ok(()) };
        let spoiled = LightClientUpdate::from_ssz(&bytes, Fork::Fulu, Preset::MINIMAL);
        let Ok(spoiled) = spoiled else { return Ok(()) };
        prop_assert_eq!(spoiled.to_ssz(Fork::Fulu, Preset::MINIMAL), bytes);
        let mut wallet = wallet(&beacon);
        let now = update.signature_slot;
        prop_assert!(wallet.process_update(&spoiled, now, &mut ()).is_err());
        prop_assert_eq!(wallet.finalized_header().beacon.slot, START);
        let (mut host, answers, now) = bridge(&beacon, START);
        let message = ClientMessage::Header(header(&host, &answers, &spoiled));
        let verdict = host.submit(&message, now);
        prop_assert!(verdict.is_err());
        prop_assert_eq!(host.client_state.latest_slot, START);
        wallet.process_update(&update, update.signature_slot, &mut ()).unwrap();
    }

    /// From any slot to any later one a route leads, which the client takes step by step.
    #[test]
    fn routes_lead_to_their_target(from in 70_u64..120, periods in 0_u64..6, offset in 1_u64..60) {
        let beacon = beacon();
        let (start, target) = (Slot::new(from), Slot::new((from / 64 + periods) * 64 + offset));
        prop_assume!(target > start);
        let (mut host, mut answers, now) = bridge(&beacon, start);
        for period in from / 64..=target.get() / 64 {
            answers.add_update(&beacon.config, beacon.update(Slot::new(period * 64 + 61), STATE));
        }
        let newest = beacon.update(target, STATE);
        answers.add_finality_update(newest.into());
        let route = answers.route(&beacon.config, &latest(&host), &[], target);
        prop_assert!(route.reached.slot >= target);
        for header in route.headers {
            let verdict = host.submit(&ClientMessage::Header(header), now).unwrap();
            prop_assert!(matches!(verdict, Verdict::Advance(_)));
        }
        prop_assert_eq!(latest(&host), route.reached);
    }

    /// The same header again changes nothing.
    #[test]
    fn replay_changes_nothing(finalized in 71_u64..120) {
        let beacon = beacon();
        let (mut host, answers, now) = bridge(&beacon, START);
        let update = beacon.update(Slot::new(finalized), STATE);
        let message = ClientMessage::Header(header(&host, &answers, &update));
        prop_assert!(matches!(host.submit(&message, now), Ok(Verdict::Advance(_))));
        let before = host.clone();
        prop_assert_eq!(host.submit(&message, now), Ok(Verdict::AlreadyKnown));
        prop_assert_eq!(host.consensus_states, before.consensus_states);
        prop_assert_eq!(host.client_state, before.client_state);
    }

    /// Two blocks of one slot, each finalized by two thirds, freeze the client in either order.
    #[test]
    fn two_finalized_blocks_freeze(finalized in 71_u64..120, participants in 22_usize..=32) {
        let beacon = beacon();
        let (host, answers, now) = bridge(&beacon, START);
        let draft = beacon.draft(Slot::new(finalized), STATE);
        let first = beacon.make(&draft);
        let second = beacon.make(&Draft { graffiti: 1, participants, ..draft });
        for (first, second) in [(&first, &second), (&second, &first)] {
            let mut host = host.clone();
            let evidence = Misbehaviour {
                header_1: header(&host, &answers, first),
                header_2: header(&host, &answers, second),
            };
            let message = ClientMessage::Misbehaviour(Box::new(evidence));
            prop_assert!(matches!(host.submit(&message, now), Ok(Verdict::Misbehaviour(_))));
            prop_assert_eq!(EthereumClient::status(&host, now), Status::Frozen);
        }
    }

    /// An update that names another committee than a state which it does not build on freezes the
    /// client, in either order of their slots.
    #[test]
    fn another_committee_than_a_stored_one_freezes(first in 71_u64..120, second in 71_u64..120) {
        prop_assume!(first != second);
        let beacon = beacon();
        let (mut host, answers, now) = bridge(&beacon, START);
        let honest = beacon.update(Slot::new(first), STATE);
        let draft = beacon.draft(Slot::new(second), STATE);
        let other = beacon.make(&Draft { next_period: Some(0), ..draft });
        let [honest, other] =
            [&honest, &other].map(|it| ClientMessage::Header(header(&host, &answers, it)));
        prop_assert!(matches!(host.submit(&honest, now), Ok(Verdict::Advance(_))));
        prop_assert!(matches!(host.submit(&other, now), Ok(Verdict::Misbehaviour(_))));
    }

    /// What is stored and sent comes back the same from its only encoding.
    #[test]
    fn messages_lead_back(finalized in 71_u64..120) {
        let beacon = beacon();
        let (host, answers, _) = bridge(&beacon, START);
        let update = beacon.update(Slot::new(finalized), STATE);
        let message = ClientMessage::Header(header(&host, &answers, &update));
        prop_assert_eq!(ClientMessage::from_any(&message.to_any()), Ok(message));
        let client = host.client_state.clone();
        prop_assert_eq!(ClientState::from_any(&client.to_any()), Ok(client));
        let state = latest(&host);
        prop_assert_eq!(ConsensusState::from_any(&state.to_any()), Ok(state));
    }

    /// Each fork's form leads back, and is refused with anything behind or missing.
    #[test]
    fn forms_lead_back(finalized in 71_u64..120, cut in 1_usize..40) {
        let beacon = beacon();
        let update = beacon.update(Slot::new(finalized), STATE);
        let (_, bootstrap) = beacon.bootstrap(Slot::new(finalized), STATE);
        for fork in Fork::all() {
            let bytes = update.to_ssz(fork, Preset::MINIMAL);
            let decoded = LightClientUpdate::from_ssz(&bytes, fork, Preset::MINIMAL).unwrap();
            prop_assert_eq!(decoded.to_ssz(fork, Preset::MINIMAL), bytes.clone());
            let short = &bytes[..bytes.len() - cut];
            prop_assert!(LightClientUpdate::from_ssz(short, fork, Preset::MINIMAL).is_err());
            let long = [bytes.as_slice(), &[0; 33]].concat();
            prop_assert!(LightClientUpdate::from_ssz(&long, fork, Preset::MINIMAL).is_err());
            let bytes = bootstrap.to_ssz(fork, Preset::MINIMAL);
            let decoded = LightClientBootstrap::from_ssz(&bytes, fork, Preset::MINIMAL).unwrap();
            prop_assert_eq!(decoded.to_ssz(fork, Preset::MINIMAL), bytes);
        }
    }

    /// Whatever the bytes, they are read or refused.
    #[test]
    fn no_bytes_panic(mut bytes: Vec<u8>, at: Index, begin: bool) {
        let beacon = beacon();
        let reader = Reader { config: &beacon.config, blobs: &[], fork: None };
        if begin {
            let valid = beacon.update(Slot::new(80), STATE).to_ssz(Fork::Fulu, Preset::MINIMAL);
            let len = at.index(valid.len());
            bytes = [&valid[..len], &bytes, &valid[len..]].concat();
        }
        let _ = reader.updates(&bytes);
        let _ = reader.bootstrap(&bytes);
        for name in ["Header", "Misbehaviour", "ClientState", "ConsensusState"] {
            let url = format!("/causeway.lightclients.ethereum.v1.{name}");
            let any = Any::new(url, bytes.clone());
            prop_assert!(ClientMessage::from_any(&any).map_or(true, |it| it.to_any() == any));
            prop_assert!(ClientState::from_any(&any).map_or(true, |it| it.to_any() == any));
            prop_assert!(ConsensusState::from_any(&any).map_or(true, |it| it.to_any() == any));
        }
    }
}
