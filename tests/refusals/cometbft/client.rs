//! The ICS-07 client: creation, updates, misbehaviour, recovery, proofs.

use std::time::Duration;

use causeway_client_cometbft::ics07::{
    ClientMessage, ClientState, ConsensusState, Header, StateProof,
};
use causeway_client_cometbft::{ChainId, CometbftClient};
use causeway_core::{Height, MerklePath, Timestamp};
use causeway_ics23::MerkleProof;
use causeway_light_client::{Entry, LightClient, ProofContext, ProofVerifier};
use causeway_tests::makers::cometbft::Chain;
use causeway_tests::makers::cometbft_client::{
    Host, client_state, consensus_state, misbehaviour, update, update_header,
};

use super::{CHAIN, chain, code, now};
use crate::Case;

fn create(change: fn(&mut ClientState, &mut ConsensusState)) -> String {
    let mut state = client_state(CHAIN, 1);
    let mut consensus = consensus_state(chain().at(1));
    CometbftClient::initialise(state.clone(), consensus.clone(), now()).unwrap();
    change(&mut state, &mut consensus);
    code(CometbftClient::initialise(state, consensus, now()))
}

/// Submits the header of height 3 from height 1, to a host that was changed, at a time.
fn submit(change: fn(&mut Host, &mut Header), now: Timestamp) -> String {
    let chain = chain();
    let mut host = Host::trusting(&chain, 1);
    let mut header = update_header(chain.at(1), chain.at(3));
    change(&mut host, &mut header);
    code(host.submit(&ClientMessage::Header(header), now))
}

fn expired() -> String {
    let period = Duration::from_hours(14 * 24);
    submit(|_, _| {}, now().saturating_add(period))
}

/// Submits two headers against one another, the first changed.
fn accuse(heights: (u64, u64), change: fn(&mut Header)) -> String {
    let chain = chain();
    let mut host = Host::trusting(&chain, 1);
    let mut one = update_header(chain.at(1), chain.at(heights.0));
    change(&mut one);
    let two = update_header(chain.at(1), chain.at(heights.1));
    code(host.submit(&misbehaviour(one, two), now()))
}

/// A chain that went on in its next revision, whose genesis time was set before the halt: all
/// headers are honest, and the greater height has the earlier time.
fn accuse_across_revisions() -> String {
    let chain = chain();
    let mut next_revision = Chain::new("refused-2", &chain.at(1).validators);
    next_revision.extend_to(2);
    let mut host = Host::trusting(&chain, 1);
    let one = update_header(chain.at(1), next_revision.at(2));
    let two = update_header(chain.at(1), chain.at(3));
    code(host.submit(&misbehaviour(one, two), now()))
}

fn prove(change: fn(&mut ClientState), height: u64) -> String {
    let mut state = client_state(CHAIN, 1);
    change(&mut state);
    let consensus = consensus_state(chain().at(1));
    let height = Height::new(1, height);
    let context = ProofContext { client_state: &state, height, consensus_state: &consensus };
    let path = MerklePath::new(vec![b"ibc".to_vec(), b"key".to_vec()]).unwrap();
    let entry = Entry { path, value: vec![1] };
    let proof = StateProof(MerkleProof { proofs: Vec::new() });
    code(CometbftClient::verify_membership(&context, &proof, &entry))
}

#[test]
fn a_frozen_client_proves_nothing() {
    assert_eq!(prove(|state| state.frozen_height = Height::new(0, 1), 1), "client_frozen");
    assert_eq!(prove(|_| {}, 1), "proof_chain_length");
}

#[test]
fn a_message_for_an_unchanged_host_passes() {
    assert_eq!(submit(|_, _| {}, now()), "accepted");
    assert_eq!(
        code(Host::trusting(&chain(), 1).submit(&update(chain().at(1), chain().at(2)), now())),
        "accepted"
    );
}

fn recover() -> String {
    let mut substitute = client_state("other-7", 3);
    substitute.trusting_period = Duration::from_hours(1);
    let mut subject = client_state(CHAIN, 1);
    subject.frozen_height = Height::new(0, 1);
    let recovered = CometbftClient::recover(&subject, &substitute).unwrap();
    assert_eq!(recovered, substitute);
    substitute.upgrade_path.pop();
    code(CometbftClient::recover(&subject, &substitute))
}

pub(crate) const CASES: &[Case] = &[
    Case {
        code: "chain_id_blank",
        provoke: || create(|state, _| state.chain_id = ChainId::new("  ").unwrap()),
    },
    Case {
        code: "trusting_period_out_of_range",
        provoke: || create(|state, _| state.trusting_period = state.unbonding_period),
    },
    Case {
        code: "clock_drift_zero",
        provoke: || create(|state, _| state.max_clock_drift = Duration::ZERO),
    },
    Case {
        code: "client_starts_frozen",
        provoke: || create(|state, _| state.frozen_height = Height::new(0, 1)),
    },
    Case {
        code: "latest_height_zero",
        provoke: || create(|state, _| state.latest_height = Height::new(1, 0)),
    },
    Case {
        code: "latest_height_revision_mismatch",
        provoke: || create(|state, _| state.latest_height = Height::new(2, 1)),
    },
    Case { code: "proof_specs_missing", provoke: || create(|state, _| state.proof_specs.clear()) },
    Case {
        code: "upgrade_path_blank",
        provoke: || create(|state, _| state.upgrade_path.push(" ".into())),
    },
    Case {
        code: "consensus_root_unset",
        provoke: || create(|_, consensus| consensus.root = vec![0; 32]),
    },
    Case {
        code: "consensus_validators_hash_unset",
        provoke: || create(|_, consensus| consensus.next_validators_hash = None),
    },
    Case {
        code: "consensus_time_zero",
        provoke: || create(|_, consensus| consensus.timestamp = Timestamp::default()),
    },
    Case {
        code: "client_frozen",
        provoke: || submit(|host, _| host.client_state.frozen_height = Height::new(0, 1), now()),
    },
    Case { code: "client_expired", provoke: expired },
    Case {
        code: "consensus_state_missing",
        provoke: || submit(|_, header| header.trusted_height = Height::new(1, 2), now()),
    },
    Case {
        code: "revision_mismatch",
        provoke: || {
            submit(
                |host, header| {
                    let at_1 = host.consensus_states[&header.trusted_height].clone();
                    host.consensus_states.insert(Height::new(0, 1), at_1);
                    header.trusted_height = Height::new(0, 1);
                },
                now(),
            )
        },
    },
    Case { code: "misbehaviour_heights_out_of_order", provoke: || accuse((2, 3), |_| {}) },
    Case { code: "misbehaviour_chain_ids_differ", provoke: accuse_across_revisions },
    Case { code: "trusted_height_not_below_header", provoke: || accuse((1, 1), |_| {}) },
    Case { code: "misbehaviour_no_conflict", provoke: || accuse((3, 2), |_| {}) },
    Case { code: "substitute_mismatch", provoke: recover },
    Case { code: "proof_height_above_latest", provoke: || prove(|_| {}, 2) },
];
