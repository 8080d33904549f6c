//! Laws of header chains and of the client's tree.

mod proofs;

use alloy_primitives::U256;
use causeway_client_bitcoin::{
    Anchor, BitcoinClient, Chain, ClientMessage, ClientState, CompactTarget, ConsensusState,
    Depths, Header, MerkleNode, Network, NetworkRules, RawHeader, Target, Work, header_messages,
};
use causeway_light_client::{AnyCodec, LightClient, Status, Verdict};
use causeway_tests::makers::bitcoin::{Branch, Host, client_state, late, scaled, scaled_rules};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// A client that keeps everything and finds nothing final for long.
fn patient_host() -> Host {
    let network = scaled();
    Host::new(ClientState {
        depths: Depths { confirmations: 50, fork_window: 100 },
        ..client_state(&network, Anchor::genesis(&network))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Paces make targets move both ways; batches of any size come to the same end.
    #[test]
    fn what_is_mined_is_accepted_in_any_batches(
        paces in vec(4_i64..60, 1..40),
        batch in 1_usize..50,
    ) {
        let network = scaled();
        let mut branch = Branch::new(&network);
        for pace in paces {
            branch.push(pace);
        }
        let mut chain = Chain::new(&network, Anchor::genesis(&network)).unwrap();
        for headers in branch.headers.chunks(batch) {
            chain.extend(headers, u64::MAX).unwrap();
        }
        prop_assert_eq!(chain.tip(), &branch.tip);
        prop_assert_eq!(chain.tip().validate(&network), Ok(()));
    }

    /// A changed bit is refused at its header; should the changed header have proof of work by
    /// luck, then the next one does not link to it.
    #[test]
    fn a_changed_bit_is_refused_where_it_is(count in 2_usize..20, at: Index, bit in 0_usize..640) {
        let network = scaled();
        let branch = Branch::new(&network).grow(count).clone();
        let at = at.index(count);
        let mut headers = branch.headers.clone();
        headers[at][bit / 8] ^= 1 << (bit % 8);
        let mut chain = Chain::new(&network, Anchor::genesis(&network)).unwrap();
        let mut accepted = 0;
        let verdict = chain.extend_with(&headers, u64::MAX, |_| accepted += 1);
        let changed = Header::from_bytes(&headers[at]);
        let lucky = accepted > at;
        if lucky {
            prop_assert!(changed.bits.expand().target.is_met_by(&changed.hash()));
            prop_assert_eq!(accepted, at + 1);
        } else {
            prop_assert_eq!(accepted, at);
        }
        prop_assert!(verdict.is_err() || (lucky && at + 1 == count));
        prop_assert_eq!(chain.tip().height, if verdict.is_err() { 0 } else { count as u64 });
    }

    /// Branches off branches, sent in any order that parents allow: the tip is the one with the
    /// most work, among equals the first.
    #[test]
    fn the_tip_has_the_most_work(plan in vec((any::<Index>(), 1_usize..5, 5_i64..40), 1..10)) {
        let network = scaled();
        let genesis = Anchor::genesis(&network);
        let mut known = vec![genesis];
        let mut host = patient_host();
        let mut best = (genesis.chainwork, genesis.header.hash());
        for (step, (from, count, pace)) in plan.into_iter().enumerate() {
            let mut branch = Branch::from(&network, known[from.index(known.len())]);
            for _ in 0..count {
                let mark = u8::try_from(step + 2).unwrap();
                branch.push_with(pace, |header| header.merkle_root = MerkleNode([mark; 32]));
                known.push(branch.tip);
            }
            host.follow(&branch.headers);
            if branch.tip.chainwork > best.0 {
                best = (branch.tip.chainwork, branch.tip.header.hash());
            }
            let tip = host.client_state.tip;
            prop_assert_eq!((tip.chainwork, tip.hash), best);
            let again = host.update(&ClientMessage::Headers(branch.headers), late()).unwrap();
            prop_assert_eq!(again, Verdict::AlreadyKnown);
        }
    }

    /// What is sent first matters for nothing that is final: two clients that heard the same
    /// headers in batches of different sizes agree on every consensus state.
    #[test]
    fn finality_does_not_depend_on_batches(
        count in 5_usize..60,
        one in 1_usize..9,
        other in 1_usize..60,
    ) {
        let network = scaled();
        let branch = Branch::new(&network).grow_steadily(count).clone();
        let start = client_state(&network, Anchor::genesis(&network));
        let hosts = [one, other].map(|batch| {
            let mut host = Host::new(start);
            branch.headers.chunks(batch).for_each(|headers| {
                host.follow(headers);
            });
            host
        });
        prop_assert_eq!(&hosts[0].consensus_states, &hosts[1].consensus_states);
        let final_height = (count as u64 + 1).saturating_sub(3);
        prop_assert_eq!(hosts[0].client_state.finalized.height, final_height);
        prop_assert_eq!(hosts[0].consensus_states.len() as u64, final_height + 1);
    }

    #[test]
    fn messages_read_back(count in 1_usize..30, misbehaviour: bool) {
        let headers: Vec<RawHeader> = (0..count).map(|n| [u8::try_from(n).unwrap(); 80]).collect();
        let message = if misbehaviour {
            ClientMessage::Misbehaviour(headers)
        } else {
            ClientMessage::Headers(headers)
        };
        prop_assert_eq!(ClientMessage::from_any(&message.to_any()), Ok(message));
    }
}

/// The bits that a header at `headers.len()` must have, by walking through all headers as Bitcoin
/// Core's `GetNextWorkRequired` does.
fn bits_by_walking(rules: &NetworkRules, headers: &[Header], time: u32) -> CompactTarget {
    let (height, interval) = (headers.len(), rules.interval as usize);
    let limit_bits = rules.limit.to_compact();
    let tip = headers[height - 1];
    if height % interval != 0 {
        if !rules.min_difficulty {
            return tip.bits;
        }
        if time > tip.time + 2 * rules.spacing {
            return limit_bits;
        }
        let mut at = height - 1;
        while at % interval != 0 && headers[at].bits == limit_bits {
            at -= 1;
        }
        return headers[at].bits;
    }
    if rules.no_retarget {
        return tip.bits;
    }
    let first = headers[height - interval];
    let timespan = i64::from(rules.interval * rules.spacing);
    let elapsed = (i64::from(tip.time) - i64::from(first.time)).clamp(timespan / 4, timespan * 4);
    let base = if rules.bip94 { first.bits } else { tip.bits };
    let scaled = base.expand().target.0 * U256::from(elapsed) / U256::from(timespan);
    Target(scaled.min(rules.limit.0)).to_compact()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The few values that a chain carries say the same as a walk through all of its headers, under
    /// every combination of the rules, also from an anchor in mid-chain.
    #[test]
    fn prescribed_bits_are_those_of_a_walk_through_all_headers(
        paces in vec(prop_oneof![4 => 4_i64..20, 1 => 21_i64..60, 1 => -9_i64..1], 10..45),
        [min_difficulty, bip94, no_retarget] in any::<[bool; 3]>(),
        resume in any::<bool>(),
    ) {
        let rules = NetworkRules { min_difficulty, bip94, no_retarget, ..scaled_rules() };
        let network = Network::new(rules).unwrap();
        let mut branch = Branch::new(&network);
        let mut headers = vec![rules.genesis];
        for pace in paces {
            let median = branch.tip.last_times.median();
            let least = i64::from(median) + 1 - i64::from(branch.tip.header.time);
            let draft = branch.draft(pace.max(least));
            prop_assert_eq!(draft.bits, bits_by_walking(&rules, &headers, draft.time));
            if resume {
                prop_assert_eq!(branch.tip.validate(&network), Ok(()));
                branch = Branch::from(&network, branch.tip);
            }
            headers.push(branch.push(pace.max(least)));
        }
    }
}

#[test]
fn a_client_forgets_what_is_below_its_window() {
    let network = scaled();
    let start = client_state(&network, Anchor::genesis(&network));
    let window = u64::from(start.depths.fork_window);
    let branch = Branch::new(&network).grow_steadily(300).clone();
    for batch in [1, 7, 50] {
        let mut host = Host::new(start);
        for headers in branch.headers.chunks(batch) {
            host.follow(headers);
        }
        let state = host.client_state;
        assert!(state.lowest_record + window + batch as u64 >= 300, "{state:?}");
        // A header and a list of hashes for each height.
        let kept = 300 - state.lowest_record + 1;
        assert_eq!(host.records.len() as u64, 2 * kept);
    }
}

#[test]
fn rivals_are_forgotten_too() {
    let network = scaled();
    let mut host = Host::new(client_state(&network, Anchor::genesis(&network)));
    let main = Branch::new(&network).grow_steadily(100).clone();
    let mut rivals = Vec::new();
    for mark in 0..40_u8 {
        let mut rival = Branch::new(&network);
        rival.headers = main.headers[..5].to_vec();
        let mut chain = Chain::new(&network, Anchor::genesis(&network)).unwrap();
        chain.extend(&rival.headers, u64::MAX).unwrap();
        rival.tip = *chain.tip();
        rival.grow_apart(1, mark.wrapping_add(100));
        rivals.push(rival.headers[5]);
    }
    host.follow(&main.headers[..7]);
    for rival in rivals {
        host.follow(&[rival]);
    }
    for header in &main.headers[7..] {
        host.follow(&[*header]);
    }
    let kept = 100 - host.client_state.lowest_record + 1;
    assert_eq!(host.records.len() as u64, 2 * kept);
    assert!(kept <= 22, "{kept}");
}

/// A fork below the newest final header freezes the client: at once when it comes in one message,
/// and when its beginning was stored as a side branch before.
#[test]
fn a_reorganisation_below_finality_freezes_the_client() {
    let network = scaled();
    let main = Branch::new(&network).grow(10).clone();
    let mut fork = Branch::new(&network);
    fork.grow(6).grow_apart(6, 0xff);
    let mut host = Host::new(client_state(&network, Anchor::genesis(&network)));
    host.follow(&main.headers);
    assert_eq!(host.client_state.finalized.height, 8);
    let mut in_two = host.clone();
    for message in [
        ClientMessage::Headers(fork.headers.clone()),
        ClientMessage::Misbehaviour(fork.headers.clone()),
    ] {
        let mut host = host.clone();
        let Ok(Verdict::Misbehaviour(frozen)) = host.update(&message, late()) else {
            panic!("not judged as misbehaviour")
        };
        assert_eq!(frozen, ClientState { frozen: true, ..in_two.client_state });
        assert_eq!(BitcoinClient::status(&host, late()), Status::Frozen);
        assert!(host.update(&message, late()).is_err());
    }
    in_two.follow(&fork.headers[..9]);
    assert_eq!(in_two.client_state.tip.height, 10);
    let rest = ClientMessage::Headers(fork.headers[9..].to_vec());
    assert!(matches!(in_two.update(&rest, late()), Ok(Verdict::Misbehaviour(_))));
    // A fork from the newest final header itself only moves the tip.
    let mut shallow = Branch::new(&network);
    shallow.grow(8).grow_apart(3, 0xee);
    host.follow(&shallow.headers);
    assert_eq!(host.client_state.tip.hash, shallow.tip.header.hash());
    assert_eq!(BitcoinClient::status(&host, late()), Status::Active);
}

/// A frozen client goes on from where a substitute is, with all that the host keeps of it.
#[test]
fn a_client_recovers_by_a_substitute() {
    let network = scaled();
    let branch = Branch::new(&network).grow_steadily(40).clone();
    let start = client_state(&network, Anchor::genesis(&network));
    let mut subject = Host::new(start);
    subject.follow(&branch.headers[..10]);
    subject.client_state.frozen = true;
    let mut substitute = Host::new(start);
    substitute.follow(&branch.headers[..30]);
    let recovered =
        BitcoinClient::recover(&subject.client_state, &substitute.client_state).unwrap();
    subject = Host { client_state: recovered, ..substitute };
    assert_eq!(BitcoinClient::status(&subject, late()), Status::Active);
    subject.follow(&branch.headers[28..]);
    assert_eq!(subject.client_state.tip.hash, branch.tip.header.hash());
    assert_eq!(subject.client_state.finalized.height, 38);
}

#[test]
fn states_read_back() {
    let network = scaled();
    let mut host = Host::new(client_state(&network, Anchor::genesis(&network)));
    host.follow(&Branch::new(&network).grow(15).headers);
    let state = host.client_state;
    assert_eq!(ClientState::from_any(&state.to_any()), Ok(state));
    for consensus_state in host.consensus_states.values() {
        assert_eq!(ConsensusState::from_any(&consensus_state.to_any()), Ok(*consensus_state));
    }
    let any = state.to_any();
    let mut doubled = any.clone();
    doubled.value.extend(any.value);
    assert!(ClientState::from_any(&doubled).is_err(), "not canonical");
}

#[test]
fn a_long_run_is_cut_into_messages() {
    let headers = vec![[0; 80]; 300];
    let messages = header_messages(&headers);
    let counts: Vec<_> = messages.iter().map(|message| message.headers().len()).collect();
    assert_eq!(counts, [128, 128, 44]);
    assert!(messages.iter().all(|message| ClientMessage::from_any(&message.to_any()).is_ok()));
    assert_eq!(Work::default().to_string().len(), 64);
}
