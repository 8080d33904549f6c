//! What a bridge demands beyond the protocol.

use std::time::Duration;

use alloy_primitives::{Address, B256};
use causeway_client_ethereum::chain::Slot;
use causeway_client_ethereum::client::{
    ClientError, ClientMessage, ClientState, ConsensusState, EthereumClient, Misbehaviour,
    height_of,
};
use causeway_client_ethereum::execution::proof::StateProof;
use causeway_core::{MerklePath, Timestamp};
use causeway_light_client::{Entry, LightClient, ProofContext, ProofVerifier, Verdict};
use causeway_tests::makers::ethereum::Draft;

use super::{Bridge, START, STATE, beacon, code, start};
use crate::Case;

pub(crate) const CASES: &[Case] = &[
    Case { code: "client_frozen", provoke: after_misbehaviour },
    Case { code: "client_expired", provoke: after_the_trusting_period },
    Case { code: "client_expired", provoke: started_too_late },
    Case { code: "invalid_initial_state", provoke: zero_state_root },
    Case { code: "substitute_mismatch", provoke: substitute_of_another_router },
    Case { code: "trusted_state_not_found", provoke: built_on_nothing },
    Case { code: "trusted_state_expired", provoke: built_on_an_old_state },
    Case { code: "finality_missing", provoke: || drafted(|draft| draft.has_finality = false) },
    Case {
        code: "insufficient_participation",
        provoke: || drafted(|draft| draft.participants = 21),
    },
    Case { code: "execution_header_missing", provoke: finalized_before_capella },
    Case { code: "timestamp_mismatch", provoke: || drafted(|draft| draft.timestamp_shift = 1) },
    Case { code: "finalized_not_newer", provoke: finalizes_an_older_block },
    Case { code: "finalized_not_newer", provoke: evidence_of_what_was_trusted_later },
    Case { code: "next_committee_missing", provoke: new_period_without_committee },
    Case { code: "next_committee_mismatch", provoke: other_committee_not_yet_final },
    Case { code: "sync_committee_missing", provoke: without_keys },
    Case { code: "sync_committee_mismatch", provoke: with_keys_of_others },
    Case { code: "no_misbehaviour", provoke: twice_the_same },
    Case { code: "path_length", provoke: path_of_two_elements },
];

fn drafted(change: fn(&mut Draft)) -> String {
    let mut bridge = Bridge::new();
    let mut draft = bridge.draft(80);
    change(&mut draft);
    code(bridge.take(&draft))
}

fn after_misbehaviour() -> String {
    let mut bridge = Bridge::new();
    bridge.take(&bridge.draft(80)).unwrap();
    let fork = Draft { state_root: B256::repeat_byte(6), ..bridge.draft(80) };
    assert!(matches!(bridge.take(&fork), Ok(Verdict::Misbehaviour(_))));
    code(bridge.take(&bridge.draft(82)))
}

fn after_the_trusting_period() -> String {
    let mut bridge = Bridge::new();
    bridge.now = bridge.now.saturating_add(bridge.host.client_state.trusting_period);
    code(bridge.take(&bridge.draft(80)))
}

fn initialise(change: fn(&mut ClientState, &mut ConsensusState), secs_later: u64) -> String {
    let (mut client_state, mut consensus_state) = start(&beacon(), START);
    let now = Timestamp::from_secs(consensus_state.timestamp + secs_later).unwrap();
    change(&mut client_state, &mut consensus_state);
    code(EthereumClient::initialise(client_state, consensus_state, now))
}

fn started_too_late() -> String {
    initialise(|_, _| {}, 100_000)
}

fn zero_state_root() -> String {
    let spoil: [fn(&mut ClientState, &mut ConsensusState); 11] = [
        |client, _| client.frozen = true,
        |client, _| client.chain.genesis_validators_root = B256::ZERO,
        |client, _| client.chain.seconds_per_slot = 0,
        |client, _| client.trusting_period = Duration::ZERO,
        |client, _| client.router_address = Address::ZERO,
        |client, _| client.commitment_slot = B256::ZERO,
        |client, _| client.latest_slot = START.next(),
        |_, consensus| consensus.timestamp += 1,
        |_, consensus| consensus.current_committee = B256::ZERO,
        |_, consensus| consensus.next_committee = Some(B256::ZERO),
        |_, consensus| consensus.state_root = B256::ZERO,
    ];
    let codes: std::collections::BTreeSet<_> =
        spoil.into_iter().map(|spoil| initialise(spoil, 0)).collect();
    assert_eq!(codes.len(), 1);
    codes.into_iter().next().unwrap()
}

fn substitute_of_another_router() -> String {
    let (subject, _) = start(&beacon(), START);
    let frozen = ClientState { frozen: true, ..subject.clone() };
    let (substitute, _) = start(&beacon(), Slot::new(80));
    assert_eq!(EthereumClient::recover(&frozen, &substitute), Ok(substitute.clone()));
    let router_address = Address::repeat_byte(9);
    code(EthereumClient::recover(&frozen, &ClientState { router_address, ..substitute }))
}

fn built_on_nothing() -> String {
    let mut bridge = Bridge::new();
    let mut header = bridge.header(&bridge.beacon.make(&bridge.draft(80)));
    header.trusted_slot = START.next();
    code(bridge.submit(header))
}

/// The client lives, but the state that the header builds on is out of its trusting period.
fn built_on_an_old_state() -> String {
    let mut bridge = Bridge::new();
    let old = bridge.header(&bridge.beacon.make(&bridge.draft(90)));
    bridge.take(&bridge.draft(80)).unwrap();
    bridge.now = bridge.now.saturating_add(bridge.host.client_state.trusting_period);
    bridge.now = Timestamp::from_secs(bridge.now.secs() - 1_000).unwrap();
    code(bridge.submit(old))
}

/// Capella began with the period, and the finalized block is the last one before.
fn finalized_before_capella() -> String {
    let forks = [(1, 0), (3, 8)];
    let beacon = beacon().with_forks(&forks);
    let mut bridge = Bridge::on(beacon);
    let mut draft = bridge.draft(63);
    draft.attested = Slot::new(80);
    draft.signature = Slot::new(81);
    code(bridge.take(&draft))
}

/// Attested after the trusted slot, but the block that it finalizes is older, and unknown.
fn finalizes_an_older_block() -> String {
    let mut bridge = Bridge::new();
    bridge.take(&bridge.draft(80)).unwrap();
    let draft = Draft { finalized: Slot::new(75), ..bridge.draft(84) };
    code(bridge.take(&draft))
}

fn new_period_without_committee() -> String {
    let mut bridge = Bridge::new();
    bridge.take(&bridge.draft(80)).unwrap();
    let draft = Draft { has_next_committee: false, ..bridge.draft(130) };
    code(bridge.take(&draft))
}

/// Another next committee than the known one, attested in the period, while the block that is
/// final is of the period before: nothing is proven against the chain yet.
fn other_committee_not_yet_final() -> String {
    let mut bridge = Bridge::new();
    bridge.take(&bridge.draft(80)).unwrap();
    let draft = Draft { finalized: Slot::new(60), next_period: Some(3), ..bridge.draft(84) };
    code(bridge.take(&draft))
}

fn without_keys() -> String {
    let mut bridge = Bridge::new();
    let mut header = bridge.header(&bridge.beacon.make(&bridge.draft(80)));
    header.sync_committee.clear();
    code(bridge.submit(header))
}

fn with_keys_of_others() -> String {
    let mut bridge = Bridge::new();
    let mut header = bridge.header(&bridge.beacon.make(&bridge.draft(80)));
    let others = bridge.beacon.current_keys(Slot::new(START.get() + 64));
    header.sync_committee = others.to_ssz(bridge.beacon.fork(START), bridge.beacon.config.preset);
    code(bridge.submit(header))
}

fn twice_the_same() -> String {
    let mut bridge = Bridge::new();
    let header = bridge.header(&bridge.beacon.make(&bridge.draft(80)));
    let evidence = Misbehaviour { header_1: header.clone(), header_2: header };
    let message = ClientMessage::Misbehaviour(Box::new(evidence));
    code(bridge.host.submit(&message, bridge.now))
}

/// Whoever began to trust slot 80 knew, or could have known, what was signed of slot 75.
fn evidence_of_what_was_trusted_later() -> String {
    let mut bridge = Bridge::new();
    bridge.take(&bridge.draft(80)).unwrap();
    let draft = |graffiti| Draft { finalized: Slot::new(75), graffiti, ..bridge.draft(84) };
    let [header_1, header_2] = [0, 1].map(|it| bridge.header(&bridge.beacon.make(&draft(it))));
    let message = ClientMessage::Misbehaviour(Box::new(Misbehaviour { header_1, header_2 }));
    code(bridge.host.submit(&message, bridge.now))
}

fn path_of_two_elements() -> String {
    let (client_state, consensus_state) = start(&beacon(), START);
    let context = ProofContext {
        client_state: &client_state,
        height: height_of(START),
        consensus_state: &consensus_state,
    };
    let path = MerklePath::new(vec![b"ibc".to_vec(), b"key".to_vec()]).unwrap();
    let proof = StateProof::new(Vec::new(), Vec::new());
    let entry = Entry { path: path.clone(), value: STATE.to_vec() };
    let present: Result<(), ClientError> =
        EthereumClient::verify_membership(&context, &proof, &entry);
    let absent = EthereumClient::verify_non_membership(&context, &proof, &path);
    assert_eq!(present, absent);
    code(present)
}
