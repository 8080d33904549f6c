//! Laws of the ICS-07 client.

use std::sync::Arc;
use std::time::Duration;

use causeway_client_cometbft::ics07::{
    ClientMessage, ClientState, ConsensusState, UpdateBlock, UpdateRun,
};
use causeway_client_cometbft::{CometbftClient, PreparedValidatorSet, Time, TrustedBlock};
use causeway_core::{Any, Height, Timestamp};
use causeway_light_client::{AnyCodec, LightClient, Status, Verdict};
use causeway_tests::makers::cometbft::{Chain, Committee, Made};
use causeway_tests::makers::cometbft_client::{
    Host, client_state, consensus_state, misbehaviour, update, update_header,
};
use proptest::prelude::*;

const CHAIN: &str = "client-3";

fn time_of(made: &Made) -> Timestamp {
    made.signed.header.timestamp().unwrap()
}

fn chain() -> Chain {
    let mut chain = Chain::new(CHAIN, &Committee::equal(0..4));
    chain.extend_to(6);
    chain
}

/// The same block at another time, signed by the same validators.
fn retimed(made: &Made, secs: i64) -> Made {
    let mut header = made.signed.header.clone();
    header.time = Time::new(secs, 0).unwrap();
    Made { signed: made.validators.sign(header), ..made.clone() }
}

fn is_misbehaviour(verdict: &Verdict<CometbftClient>) -> bool {
    matches!(verdict, Verdict::Misbehaviour(frozen) if frozen.is_frozen())
}

#[test]
fn updates_advance_fill_gaps_and_repeat_without_effect() {
    let chain = chain();
    let now = time_of(chain.tip());
    let mut host = Host::trusting(&chain, 1);
    for (from, to, latest) in [(1, 4, 4), (1, 2, 4), (2, 3, 4), (4, 6, 6), (3, 5, 6)] {
        let message = update(chain.at(from), chain.at(to));
        let verdict = host.submit(&message, now).unwrap();
        assert!(matches!(verdict, Verdict::Advance(_)), "{verdict:?}");
        assert_eq!(host.client_state.latest_height, Height::new(3, latest));
        let stored = &host.consensus_states[&Height::new(3, to)];
        assert_eq!(*stored, consensus_state(chain.at(to)));
        assert_eq!(host.submit(&message, now).unwrap(), Verdict::AlreadyKnown);
    }
    assert_eq!(host.consensus_states.len(), 6);
}

#[test]
fn another_header_of_a_stored_height_freezes() {
    let chain = chain();
    let now = time_of(chain.tip());
    let mut host = Host::trusting(&chain, 1);
    host.submit(&update(chain.at(1), chain.at(3)), now).unwrap();
    let mut header = chain.at(3).signed.header.clone();
    header.app_hash = vec![9; 32];
    let fork = Made { signed: chain.at(3).validators.sign(header), ..chain.at(3).clone() };
    assert!(is_misbehaviour(&host.submit(&update(chain.at(1), &fork), now).unwrap()));
    assert_eq!(host.client_state.frozen_height, Height::new(0, 1));
    assert_eq!(CometbftClient::status(&host, now), Status::Frozen);
    host.submit(&update(chain.at(3), chain.at(4)), now).unwrap_err();
}

#[test]
fn a_time_not_between_its_neighbours_freezes() {
    let chain = chain();
    let now = time_of(chain.tip());
    let secs = |height: u64| chain.at(height).signed.header.time.secs();
    let mut host = Host::trusting(&chain, 1);
    host.submit(&update(chain.at(1), chain.at(3)), now).unwrap();
    host.submit(&update(chain.at(3), chain.at(5)), now).unwrap();
    for (height, time) in [(4, secs(5) + 1), (4, secs(3)), (6, secs(5))] {
        let late = retimed(chain.at(height), time);
        let verdict = host.clone().submit(&update(chain.at(1), &late), now).unwrap();
        assert!(is_misbehaviour(&verdict), "{height} at {time}");
    }
    let between = retimed(chain.at(4), secs(4));
    assert!(!is_misbehaviour(&host.submit(&update(chain.at(1), &between), now).unwrap()));
}

#[test]
fn misbehaviour_is_shown_by_two_headers() {
    let chain = chain();
    let now = time_of(chain.tip());
    let honest = update_header(chain.at(1), chain.at(4));
    let fork =
        update_header(chain.at(1), &retimed(chain.at(4), chain.at(4).signed.header.time.secs()));
    let backwards = retimed(chain.at(5), chain.at(4).signed.header.time.secs());
    let backwards = update_header(chain.at(1), &backwards);
    for (one, two) in [(fork.clone(), honest.clone()), (honest.clone(), fork), (backwards, honest)]
    {
        let message = misbehaviour(one, two);
        let mut host = Host::trusting(&chain, 1);
        assert!(is_misbehaviour(&host.submit(&message, now).unwrap()));
    }
}

#[test]
fn a_client_expires_at_the_end_of_its_trusting_period() {
    let chain = chain();
    let host = Host::trusting(&chain, 1);
    let end = time_of(chain.at(1)).saturating_add(host.client_state.trusting_period);
    let before = Timestamp::from_nanos(end.nanos() - 1);
    assert_eq!(CometbftClient::status(&host, before), Status::Active);
    assert_eq!(CometbftClient::status(&host, end), Status::Expired);
}

#[test]
fn a_run_of_updates_leads_a_client_over_every_change_of_validators() {
    let mut chain = Chain::new(CHAIN, &Committee::equal(0..4));
    for first in 1..20 {
        chain.push_handing_over(&[1; 32], &Committee::equal(first..first + 4));
    }
    let (now, tip) = (time_of(chain.tip()), chain.tip().signed.header.height);
    let mut host = Host::trusting(&chain, 1);
    let next = chain.at(1).next_validators.set().clone();
    let prepared = Arc::new(PreparedValidatorSet::new(&next).unwrap());
    let trusted = TrustedBlock::from_header(&chain.at(1).signed.header, prepared).unwrap();
    let options = host.client_state.trust_options();
    let mut run = UpdateRun::new(trusted, next, tip, options).unwrap();
    while let Some(height) = run.wanted() {
        let made = chain.at(height);
        let block = UpdateBlock {
            signed_header: made.signed.clone(),
            validators: made.validators.set().clone(),
            next_validators: made.next_validators.set().clone(),
        };
        run.give(block, now).unwrap();
    }
    assert!(run.messages().len() > 5);
    for message in run.messages() {
        let sent = ClientMessage::from_any(&message.to_any()).unwrap();
        assert!(matches!(host.submit(&sent, now), Ok(Verdict::Advance(_))));
    }
    assert_eq!(host.client_state.latest_height, Height::new(3, tip));
}

/// Decoding and encoding again gives the same bytes.
fn round_trips<T: AnyCodec>(any: &Any) -> bool {
    T::from_any(any).is_ok_and(|value| value.to_any() == *any)
}

#[test]
fn what_is_encoded_decodes_to_the_same() {
    let chain = chain();
    assert!(round_trips::<ClientState>(&client_state(CHAIN, 7).to_any()));
    assert!(round_trips::<ConsensusState>(&consensus_state(chain.at(1)).to_any()));
    assert!(round_trips::<ClientMessage>(&update(chain.at(1), chain.at(3)).to_any()));
    let header = update_header(chain.at(1), chain.at(3));
    assert!(round_trips::<ClientMessage>(&misbehaviour(header.clone(), header).to_any()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// A flipped bit is refused, or changes nothing that is trusted: proposers, priorities, claimed
    /// totals and votes beyond the quorum are not.
    #[test]
    fn no_flipped_bit_changes_what_is_trusted(at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let chain = chain();
        let now = time_of(chain.tip()).saturating_add(Duration::from_secs(1));
        let mut any = update(chain.at(1), chain.at(3)).to_any();
        let place = at.index(any.value.len());
        any.value[place] ^= 1 << bit;
        let Ok(message) = ClientMessage::from_any(&any) else { return Ok(()) };
        prop_assert_eq!(message.to_any(), any);
        let mut host = Host::trusting(&chain, 1);
        if host.submit(&message, now).is_ok() {
            let stored = host.consensus_states.get(&Height::new(3, 3));
            prop_assert_eq!(stored, Some(&consensus_state(chain.at(3))));
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for name in ["Header", "Misbehaviour", "ClientState", "ConsensusState"] {
            let url = format!("/ibc.lightclients.tendermint.v1.{name}");
            let any = Any::new(url, bytes.clone());
            let _ = (ClientMessage::from_any(&any), ClientState::from_any(&any));
            let _ = ConsensusState::from_any(&any);
        }
        let _ = causeway_wire_cometbft::LightBlockDocument::from_json(&bytes);
    }
}
