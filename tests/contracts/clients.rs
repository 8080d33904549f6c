//! What can happen to a client, whatever its family and its host's.

use std::time::Duration;

use causeway_core::{ClientId, Event, Message, PacketResult, RecoverClient, SubmitMisbehaviour};
use causeway_light_client::Status;
use causeway_tests::harness::{Coordinator, Endpoint, Kind, Path};
use causeway_tests::host::account;

use crate::packets::code;
use crate::script::{apps, payload};

/// A trusting period that is soon over.
const TRUSTING: Duration = Duration::from_hours(12);

/// Two chains whose clients expire soon.
fn open(kinds: (Kind, Kind)) -> (Coordinator, Path) {
    let mut c = Coordinator::new(&[kinds.0, kinds.1], apps);
    c.trusting_period = TRUSTING;
    let path = Path::open(&mut c, 0, 1);
    (c, path)
}

fn recover(subject: &Endpoint, substitute: &Endpoint) -> Message {
    Message::RecoverClient(RecoverClient {
        subject: subject.client_id.clone(),
        substitute: substitute.client_id.clone(),
    })
}

pub(crate) fn only_the_creator_binds_a_client_and_only_once(kinds: (Kind, Kind)) {
    let mut c = Coordinator::new(&[kinds.0, kinds.1], apps);
    let a = Endpoint::new(&mut c, 0, 1);
    let b = Endpoint::new(&mut c, 1, 0);
    let refused = a.send(&mut c, vec![payload(b"hello")], Duration::from_mins(1));
    assert_eq!(code(refused), "counterparty_not_found");
    let creator = std::mem::replace(&mut c.chains[0].user, account("thief"));
    assert_eq!(code(a.register(&mut c, &b.client_id)), "signer_not_creator");
    c.chains[0].user = creator;
    a.register(&mut c, &b.client_id).unwrap();
    assert_eq!(code(a.register(&mut c, &b.client_id)), "counterparty_registered");
    let nobody = Endpoint { client_id: ClientId::new("nobody-77").unwrap(), ..a };
    assert_eq!(code(nobody.register(&mut c, &b.client_id)), "client_not_found");
}

pub(crate) fn a_forged_header_is_refused(kinds: (Kind, Kind)) {
    let (mut c, path) = Coordinator::pair(kinds, apps);
    c.commit(path.b.chain);
    let trusted = path.a.proof_height(&c);
    let forged = c.chains[path.b.chain].family.forged_update(trusted);
    path.a.update_with(&mut c, forged).unwrap_err();
    assert_eq!(path.a.proof_height(&c), trusted);
    path.a.update_client(&mut c).unwrap();
}

pub(crate) fn knowing_a_header_twice_changes_nothing(kinds: (Kind, Kind)) {
    let (mut c, path) = Coordinator::pair(kinds, apps);
    let trusted = path.a.proof_height(&c);
    c.commit(path.b.chain);
    let messages = c.chains[path.b.chain].family.updates(trusted);
    path.a.update_client(&mut c).unwrap();
    let before = path.a.on(&mut c).host.clone();
    for message in messages {
        path.a.update_with(&mut c, message).unwrap();
        let heard = path.a.on(&mut c).host.events.last().cloned();
        assert!(
            matches!(&heard, Some(Event::ClientUpdated { heights, .. }) if heights.is_empty()),
            "{heard:?}"
        );
    }
    assert!(path.a.on(&mut c).host == before);
}

pub(crate) fn an_expired_client_does_nothing_until_it_is_recovered(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    let packet = path.send(&mut c, vec![payload(b"before")]);
    path.receive(&mut c, &packet).unwrap();
    path.a.update_client(&mut c).unwrap();
    let answer = path.b.on(&mut c).acknowledgement(&packet).unwrap();
    let settled = path.a.acknowledge_message(&c, &packet, &answer);
    c.advance(TRUSTING);
    let a = path.a.on(&mut c);
    assert_eq!(a.status(&path.a.client_id), Status::Expired);
    assert_eq!(code(a.execute(&settled)), "client_not_active");
    let refused = path.a.send(&mut c, vec![payload(b"after")], Duration::from_mins(1));
    assert_eq!(code(refused), "client_not_active");
    let trusted = path.a.proof_height(&c);
    let head = c.chains[path.b.chain].family.updates(trusted).remove(0);
    assert_eq!(code(path.a.update_with(&mut c, head)), "client_not_active");
    recovery(&mut c, &path);
    assert_eq!(path.acknowledge(&mut c, &packet).unwrap(), PacketResult::Success);
    let packet = path.send(&mut c, vec![payload(b"again")]);
    // The other side's client expired as well.
    let other = path.reversed();
    recovery(&mut c, &other);
    assert_eq!(path.relay(&mut c, &packet), PacketResult::Success);
}

pub(crate) fn misbehaviour_freezes_a_client_for_good(kinds: (Kind, Kind)) {
    let (mut c, path) = Coordinator::pair(kinds, apps);
    let packet = path.send(&mut c, vec![payload(b"hello")]);
    c.commit(path.b.chain);
    let trusted = path.a.proof_height(&c);
    path.a.update_client(&mut c).unwrap();
    let client_id = path.a.client_id.clone();
    // A good header is no misbehaviour.
    for header in c.chains[path.b.chain].family.updates(trusted) {
        let message = SubmitMisbehaviour { client_id: client_id.clone(), misbehaviour: header };
        let refused = path.a.on(&mut c).execute(&Message::SubmitMisbehaviour(message));
        assert_eq!(code(refused), "not_misbehaviour");
    }
    let evidence = c.chains[path.b.chain].family.misbehaviour(trusted);
    let (last, first) = evidence.split_last().unwrap();
    for message in first {
        path.a.update_with(&mut c, message.clone()).unwrap();
    }
    let misbehaviour = last.clone();
    let message = SubmitMisbehaviour { client_id: client_id.clone(), misbehaviour };
    path.a.on(&mut c).execute(&Message::SubmitMisbehaviour(message)).unwrap();
    let a = path.a.on(&mut c);
    assert_eq!(a.status(&client_id), Status::Frozen);
    assert!(matches!(a.host.events.last(), Some(Event::MisbehaviourFound { .. })));

    let refused = path.a.send(&mut c, vec![payload(b"after")], Duration::from_mins(1));
    assert_eq!(code(refused), "client_not_active");
    path.receive(&mut c, &packet).unwrap();
    let head = c.chains[path.b.chain].family.updates(trusted).remove(0);
    assert_eq!(code(path.a.update_with(&mut c, head)), "client_not_active");
    let answer = path.b.on(&mut c).acknowledgement(&packet).unwrap();
    let settle = path.a.acknowledge_message(&c, &packet, &answer);
    assert_eq!(code(path.a.packet_result(&mut c, &settle)), "client_not_active");
    recovery(&mut c, &path);
    assert_eq!(path.acknowledge(&mut c, &packet).unwrap(), PacketResult::Success);
}

/// Revives the client at `a` from a fresh one of the same chain.
fn recovery(c: &mut Coordinator, path: &Path) {
    let substitute = Endpoint::new(c, path.a.chain, path.b.chain);
    c.commit(path.b.chain);
    substitute.update_client(c).unwrap();
    let message = recover(&path.a, &substitute);
    let authority = path.a.on(c).host.authority.clone();
    assert_eq!(code(path.a.on(c).execute(&message)), "signer_not_authority");
    let reversed = recover(&substitute, &path.a);
    assert_eq!(code(path.a.on(c).execute_as(&authority, &reversed)), "subject_active");
    let itself = recover(&path.a, &path.a);
    assert_eq!(code(path.a.on(c).execute_as(&authority, &itself)), "substitute_mismatch");
    // A client of another chain; ICS-07 alone lets the authority follow a chain under a new name.
    let stranger = Endpoint::new(c, path.a.chain, path.a.chain);
    let types = [&path.a, &stranger].map(|end| end.client_type(c));
    if types != ["07-tendermint", "07-tendermint"] {
        let message_of_stranger = recover(&path.a, &stranger);
        path.a.on(c).execute_as(&authority, &message_of_stranger).unwrap_err();
    }

    path.a.on(c).execute_as(&authority, &message).unwrap();
    let chain = path.a.on(c);
    assert_eq!(chain.status(&path.a.client_id), Status::Active);
    let heights = |client_id| chain.stored(client_id).heights(None, 1000);
    assert_eq!(heights(&path.a.client_id), heights(&substitute.client_id));
    assert_eq!(code(chain.execute_as(&authority, &message)), "subject_active");
}

/// Expired consensus states go, a bounded number with every update, and the latest never.
pub(crate) fn expired_consensus_states_are_pruned(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    for _ in 0..8 {
        c.commit(path.b.chain);
        path.a.update_client(&mut c).unwrap();
    }
    let heights =
        |c: &Coordinator| c.chains[path.a.chain].stored(&path.a.client_id).heights(None, 1000);
    let old = heights(&c);
    assert!(old.len() >= 9, "{old:?}");
    c.advance(TRUSTING / 2);
    path.a.update_client(&mut c).unwrap();
    assert!(old.iter().all(|height| heights(&c).contains(height)));
    c.advance(TRUSTING * 3 / 8);
    c.advance(TRUSTING * 3 / 8);
    for _ in 0..8 {
        c.commit(path.b.chain);
        let before = heights(&c);
        path.a.update_client(&mut c).unwrap();
        let after = heights(&c);
        let added = after.iter().filter(|height| !before.contains(height)).count();
        let pruned = before.iter().filter(|height| !after.contains(height)).count();
        assert!(pruned <= 2 * added + 4, "{pruned} pruned, {added} added");
    }
    assert!(old.iter().all(|height| !heights(&c).contains(height)), "{:?}", heights(&c));
    assert_eq!(path.a.on(&mut c).status(&path.a.client_id), Status::Active);
}
