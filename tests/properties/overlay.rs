//! An overlay reads as if its writes were made, and makes them all or none.

use causeway_contracts::{
    Bank, EventLog, Movement, Order, Overlay, Scan, Storage, Token, TraceStore,
};
use causeway_core::{Amount, AppEvent, ClientId, Event, PacketPath, Sequence};
use causeway_tests::host::{Customs, MemoryHost, account};
use proptest::collection::vec;
use proptest::prelude::*;

/// A change of a host. Keys and values are few, so that changes meet.
#[derive(Clone, Debug)]
enum Change {
    Set(u8, u8),
    Delete(u8),
    SetTrace(u8, u8),
    DeleteTrace(u8),
    Mint(u8, u8),
    Move(u8, u8),
    Emit(u8),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (0..12_u8, any::<u8>()).prop_map(|(key, value)| Change::Set(key, value)),
        3 => (0..12_u8).prop_map(Change::Delete),
        2 => (1..5_u8, 1..9_u8).prop_map(|(key, value)| Change::SetTrace(key, value)),
        1 => (1..5_u8).prop_map(Change::DeleteTrace),
        1 => (0..3_u8, 1..9_u8).prop_map(|(to, amount)| Change::Mint(to, amount)),
        1 => (0..3_u8, 0..3_u8).prop_map(|(from, to)| Change::Move(from, to)),
        1 => any::<u8>().prop_map(Change::Emit),
    ]
}

/// Keys of two prefixes, with one that ends where the other goes on.
fn key(number: u8) -> Vec<u8> {
    match number {
        0..4 => vec![b'a', number],
        4..8 => vec![b'a', b'b', number],
        _ => vec![b'b', number],
    }
}

fn path(number: u8) -> PacketPath {
    let client = ClientId::new("client-0").unwrap();
    PacketPath::receipt(client, Sequence::new(number.into()).unwrap())
}

fn who(number: u8) -> causeway_contracts::Account {
    account(&number.to_string())
}

fn coin() -> Token {
    Token("coin".into())
}

fn apply(host: &mut (impl Storage + TraceStore + Bank + EventLog), change: &Change) {
    let token = coin();
    match *change {
        Change::Set(at, value) => host.set(key(at), vec![value]),
        Change::Delete(at) => host.delete(&key(at)),
        Change::SetTrace(at, value) => host.set_trace(path(at), vec![value]),
        Change::DeleteTrace(at) => host.delete_trace(&path(at)),
        Change::Mint(to, amount) => {
            let amount = Amount::from(u64::from(amount));
            host.apply(Movement { token, amount, from: None, to: Some(who(to)) });
        }
        Change::Move(from, to) => {
            let amount = host.balance(&who(from), &token);
            host.apply(Movement { token, amount, from: Some(who(from)), to: Some(who(to)) });
        }
        Change::Emit(number) => {
            host.emit(Event::App(AppEvent::new("change").with("number", number.to_string())));
        }
    }
}

fn apply_all(host: &mut (impl Storage + TraceStore + Bank + EventLog), changes: &[Change]) {
    for change in changes {
        apply(host, change);
    }
}

/// Both hosts answer alike, whatever they are asked.
fn assert_alike(
    one: &(impl Storage + TraceStore + Bank),
    other: &(impl Storage + TraceStore + Bank),
) {
    for number in 0..12 {
        assert_eq!(one.get(&key(number)), other.get(&key(number)));
    }
    for number in 1..5 {
        assert_eq!(one.trace(&path(number)), other.trace(&path(number)));
    }
    for number in 0..3 {
        assert_eq!(one.balance(&who(number), &coin()), other.balance(&who(number), &coin()));
    }
    assert_eq!(one.supply(&coin()), other.supply(&coin()));
    for prefix in [&b""[..], b"a", b"ab", b"b", b"c"] {
        let starts = (0..12).map(|number| Some(key(number))).chain([None]);
        for after in starts {
            for order in [Order::Ascending, Order::Descending] {
                for limit in [0, 1, 3, 20] {
                    let scan = Scan { prefix, after: after.as_deref(), order, limit };
                    assert_eq!(one.scan(&scan), other.scan(&scan), "{scan:?}");
                }
            }
        }
    }
}

fn host() -> MemoryHost {
    MemoryHost::new(Customs { address_prefix: "", client_prefix: None, receipt: |_| vec![2] })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_overlay_reads_as_if_its_writes_were_made(
        before in vec(change(), 0..12),
        outer in vec(change(), 0..12),
        inner in vec(change(), 0..12),
        discarded in vec(change(), 0..12),
    ) {
        let mut below = host();
        apply_all(&mut below, &before);
        let untouched = below.clone();
        let mut expected = below.clone();
        apply_all(&mut expected, &outer);
        apply_all(&mut expected, &inner);

        let mut overlay = Overlay::new(&mut below);
        apply_all(&mut overlay, &outer);
        let mut dropped = Overlay::new(&mut overlay);
        apply_all(&mut dropped, &discarded);
        drop(dropped);
        let mut nested = Overlay::new(&mut overlay);
        apply_all(&mut nested, &inner);
        assert_alike(&nested, &expected);
        nested.commit();
        assert_alike(&overlay, &expected);
        overlay.commit();
        prop_assert!(below == expected);
        prop_assert_eq!(&below.events, &expected.events);

        let mut below = untouched.clone();
        let mut overlay = Overlay::new(&mut below);
        apply_all(&mut overlay, &outer);
        drop(overlay);
        prop_assert!(below == untouched);
        prop_assert_eq!(below.events, untouched.events);
    }
}
