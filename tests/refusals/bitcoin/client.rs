//! The client and its header tree.

use std::time::Duration;

use causeway_client_bitcoin::{
    Anchor, BitcoinClient, ClientMessage, ClientState, CommitmentMagic, ConsensusState, Depths,
    MAX_FORK_WINDOW, MerkleNode, Network, RawHeader,
};
use causeway_core::{Any, Timestamp};
use causeway_light_client::{AnyCodec, LightClient};
use causeway_tests::makers::bitcoin::{
    Branch, Host, client_state, late, mine, scaled, scaled_rules,
};

use super::code;
use crate::Case;

pub(crate) const CASES: &[Case] = &[
    Case {
        code: "malformed_bitcoin_client_state",
        provoke: || code(ClientState::from_any(&Any::new("/ClientState", vec![]))),
    },
    Case {
        code: "malformed_bitcoin_network",
        provoke: || {
            let mut any = start().to_any();
            // The interval of eight, within the network, after its 80 bytes of genesis.
            let interval = any.value.windows(2).position(|pair| pair == [0x10, 8]).unwrap();
            any.value[interval + 1] = 1;
            code(ClientState::from_any(&any))
        },
    },
    Case {
        code: "malformed_bitcoin_anchor",
        provoke: || {
            let mut state = start();
            state.finalized.chainwork = causeway_client_bitcoin::Work::default();
            let mut any = state.to_any();
            // One time in the anchor: taking its field away leaves none.
            let times = any.value.windows(2).position(|pair| pair == [0x32, 5]).unwrap();
            any.value.drain(times..times + 7);
            let anchor = any.value.windows(2).position(|pair| pair[0] == 0x3a).unwrap();
            any.value[anchor + 1] -= 7;
            code(ClientState::from_any(&any))
        },
    },
    Case {
        code: "malformed_bitcoin_consensus_state",
        provoke: || code(ConsensusState::from_any(&Any::new("/ConsensusState", vec![]))),
    },
    Case {
        code: "malformed_bitcoin_client_message",
        provoke: || {
            let empty = ClientMessage::Headers(vec![]).to_any();
            let long = ClientMessage::Headers(vec![[0; 80]; 2017]).to_any();
            assert_eq!(code(ClientMessage::from_any(&empty)), code(ClientMessage::from_any(&long)));
            code(ClientMessage::from_any(&empty))
        },
    },
    Case { code: "client_frozen", provoke: || update(|state| state.frozen = true) },
    Case {
        code: "client_expired",
        provoke: || {
            let at = Timestamp::from_secs(start().finalized.header.time.into()).unwrap();
            let expires = late().saturating_since(at);
            let just_in_time = Some(expires + Duration::from_nanos(1));
            assert_eq!(update(|state| state.trusting_period = just_in_time), "accepted");
            update(|state| state.trusting_period = Some(expires))
        },
    },
    Case {
        code: "not_misbehaviour",
        provoke: || {
            let mut host = Host::new(start());
            let claim = ClientMessage::Misbehaviour(main_branch(4));
            code(host.update(&claim, late()))
        },
    },
    Case {
        code: "unknown_parent",
        provoke: || {
            code(
                Host::new(start())
                    .update(&ClientMessage::Headers(main_branch(4).split_off(1)), late()),
            )
        },
    },
    Case { code: "fork_too_deep", provoke: fork_too_deep },
    Case { code: "fork_too_weak", provoke: fork_too_weak },
    Case {
        code: "no_confirmations",
        provoke: || initialise(|state| state.depths.confirmations = 0),
    },
    Case {
        code: "fork_window_too_short",
        provoke: || initialise(|state| state.depths.fork_window = state.depths.confirmations - 1),
    },
    Case {
        code: "fork_window_too_long",
        provoke: || {
            assert_eq!(initialise(|state| state.depths.fork_window = MAX_FORK_WINDOW), "accepted");
            initialise(|state| state.depths.fork_window = MAX_FORK_WINDOW + 1)
        },
    },
    Case {
        code: "commitment_magic_is_zero",
        provoke: || initialise(|state| state.commitment_magic = CommitmentMagic([0; 4])),
    },
    Case { code: "anchor_root_is_zero", provoke: root_of_zero },
    Case { code: "tip_is_not_anchor", provoke: || initialise(|state| state.tip.height += 1) },
    Case {
        code: "consensus_state_mismatch",
        provoke: || {
            let state = start();
            let mut other = ConsensusState::from(&state.finalized);
            other.median_time += 1;
            code(BitcoinClient::initialise(state, other, late()))
        },
    },
    Case {
        code: "substitute_differs",
        provoke: || {
            let differs = |change: fn(&mut ClientState)| {
                let mut substitute = start();
                change(&mut substitute);
                code(BitcoinClient::recover(&start(), &substitute))
            };
            assert_eq!(differs(|state| state.trusting_period = Some(Duration::MAX)), "accepted");
            assert_eq!(differs(|state| state.network = Network::mainnet()), "substitute_differs");
            assert_eq!(differs(|state| state.depths.fork_window += 1), "substitute_differs");
            differs(|state| state.commitment_magic.0[0] ^= 1)
        },
    },
];

fn start() -> ClientState {
    let network = scaled();
    client_state(&network, Anchor::genesis(&network))
}

fn main_branch(count: usize) -> Vec<RawHeader> {
    Branch::new(&scaled()).grow(count).headers.clone()
}

/// The verdict of a client, whose stored state was changed, on a good header.
fn update(change: impl FnOnce(&mut ClientState)) -> String {
    let mut host = Host::new(start());
    change(&mut host.client_state);
    code(host.update(&ClientMessage::Headers(main_branch(1)), late()))
}

fn initialise(change: impl FnOnce(&mut ClientState)) -> String {
    let mut state = start();
    change(&mut state);
    code(BitcoinClient::initialise(state, ConsensusState::from(&state.finalized), late()))
}

/// The deepest fork that is allowed starts as far below the tip as the window is long.
fn fork_too_deep() -> String {
    let main = main_branch(12);
    let mut host =
        Host::new(ClientState { depths: Depths { confirmations: 3, fork_window: 5 }, ..start() });
    host.follow(&main);
    let fork_from = |height: usize| {
        let mut branch = Branch::new(&scaled());
        branch.grow(height).grow_apart(1, 0xff);
        ClientMessage::Headers(branch.headers.split_off(height))
    };
    assert_eq!(code(host.clone().update(&fork_from(7), late())), "accepted");
    code(host.update(&fork_from(6), late()))
}

/// While difficulty rises on the main branch, a side branch keeps up in height at the least
/// difficulty, until it is not worth storing.
fn fork_too_weak() -> String {
    let network = scaled();
    let mut main = Branch::new(&network);
    let mut side = Branch::new(&network);
    for _ in 0..38 {
        main.push(1);
        side.push_with(40, |header| header.merkle_root = MerkleNode([0xff; 32]));
    }
    let mut host =
        Host::new(ClientState { depths: Depths { confirmations: 3, fork_window: 6 }, ..start() });
    for (main, side) in main.headers.iter().zip(&side.headers) {
        host.follow(&[*main]);
        let verdict = host.update(&ClientMessage::Headers(vec![*side]), late());
        if verdict.is_err() {
            return code(verdict);
        }
    }
    "accepted".into()
}

/// A network whose first block has no transactions.
fn root_of_zero() -> String {
    let mut rules = scaled_rules();
    rules.genesis.merkle_root = MerkleNode::default();
    rules.genesis = mine(rules.genesis);
    let network = Network::new(rules).unwrap();
    let state = client_state(&network, Anchor::genesis(&network));
    code(BitcoinClient::initialise(state, ConsensusState::from(&state.finalized), late()))
}
