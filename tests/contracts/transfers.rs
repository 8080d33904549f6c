//! What can happen to tokens between chains, whatever their families.

use std::time::Duration;

use causeway_contracts::Token;
use causeway_contracts::apps::transfer::{RateLimit, Transfer};
use causeway_core::transfer::Denom;
use causeway_core::{Acknowledgement, Packet, PacketResult};
use causeway_tests::harness::{Coordinator, Kind, Path};
use causeway_tests::host::account;

use crate::packets::code;
use crate::tokens::{
    COIN, amount, apps, behind, books, coin, fund, open, reported, text, transfer_payload, user_has,
};

/// The harness starts its clocks eight hours before the end of such a window.
const WINDOW_HOURS: u64 = 10;

/// Lets time pass, in which both clients are kept from expiring.
fn pass_hours(c: &mut Coordinator, path: &Path, hours: u64) {
    for _ in 0..hours {
        c.advance(Duration::from_hours(1));
        path.a.update_client(c).unwrap();
        path.b.update_client(c).unwrap();
    }
}

/// Sends from the user at `a` to the user at `b`.
fn send(c: &mut Coordinator, path: &Path, denom: &Denom, amount: u64) -> Packet {
    let to = text(&c.chains[path.b.chain], &c.chains[path.b.chain].user);
    let payload = transfer_payload(&c.chains[path.a.chain], denom, amount, &to);
    path.send(c, vec![payload])
}

/// The code with which sending from the user at `a` is refused.
fn refused(c: &mut Coordinator, path: &Path, denom: &Denom, amount: u64) -> String {
    let to = text(&c.chains[path.b.chain], &c.chains[path.b.chain].user);
    let payload = transfer_payload(&c.chains[path.a.chain], denom, amount, &to);
    code(path.a.send(c, vec![payload], Duration::from_hours(1)))
}

fn send_and_relay(c: &mut Coordinator, path: &Path, denom: &Denom, amount: u64) -> PacketResult {
    let packet = send(c, path, denom, amount);
    path.relay(c, &packet)
}

pub(crate) fn a_coin_goes_out_and_comes_home(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    assert_eq!(send_and_relay(&mut c, &path, &coin(), 300), PacketResult::Success);
    let voucher = behind(&path.b, &coin());
    assert_eq!(user_has(path.a.on(&mut c), &coin()), amount(700));
    assert_eq!(user_has(path.b.on(&mut c), &voucher), amount(300));
    let (a, b) = (path.a.client_id.clone(), path.b.client_id.clone());
    assert_eq!(books(path.a.on(&mut c), &a, &coin()), (amount(300), amount(0)));
    assert_eq!(books(path.b.on(&mut c), &b, &voucher), (amount(0), amount(300)));

    assert_eq!(send_and_relay(&mut c, &path.reversed(), &voucher, 200), PacketResult::Success);
    assert_eq!(user_has(path.a.on(&mut c), &coin()), amount(900));
    assert_eq!(user_has(path.b.on(&mut c), &voucher), amount(100));
    assert_eq!(books(path.a.on(&mut c), &a, &coin()), (amount(100), amount(0)));
    assert_eq!(books(path.b.on(&mut c), &b, &voucher), (amount(0), amount(100)));

    assert_eq!(refused(&mut c, &path.reversed(), &voucher, 101), "insufficient_pot");
    // A voucher goes by its path, not by its name in the bank.
    let name = Denom::native(voucher.local_name()).unwrap();
    assert_eq!(refused(&mut c, &path.reversed(), &name, 1), "ambiguous_denom");
}

pub(crate) fn a_refused_transfer_is_refunded(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    let payload = transfer_payload(path.a.on(&mut c), &coin(), 300, "nobody");
    let packet = path.send(&mut c, vec![payload]);
    assert_eq!(user_has(path.a.on(&mut c), &coin()), amount(700));
    assert_eq!(path.relay(&mut c, &packet), PacketResult::Failure);
    let answer = path.b.on(&mut c).acknowledgement(&packet);
    assert_eq!(answer, Some(Acknowledgement::error()));
    assert_eq!(user_has(path.a.on(&mut c), &coin()), amount(1_000));
    assert_eq!(reported(path.a.on(&mut c), "transfer_refunded"), 1);
}

pub(crate) fn a_transfer_that_times_out_is_refunded(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    send_and_relay(&mut c, &path, &coin(), 300);
    let voucher = behind(&path.b, &coin());
    // Both kinds of refund: out of escrow, and minted again.
    for (path, denom, whole) in [(path.clone(), coin(), 700), (path.reversed(), voucher, 300)] {
        let packet = send(&mut c, &path, &denom, 200);
        assert_eq!(user_has(path.a.on(&mut c), &denom), amount(whole - 200));
        pass_hours(&mut c, &path, 2);
        assert_eq!(path.time_out(&mut c, &packet).unwrap(), PacketResult::Success);
        assert_eq!(user_has(path.a.on(&mut c), &denom), amount(whole));
        assert_eq!(path.time_out(&mut c, &packet).unwrap(), PacketResult::NoOp);
        assert_eq!(user_has(path.a.on(&mut c), &denom), amount(whole));
    }
}

pub(crate) fn a_token_travels_over_three_chains_and_back(kinds: (Kind, Kind)) {
    let mut c = Coordinator::new(&[kinds.0, kinds.1, kinds.0], apps);
    c.chains.iter_mut().for_each(fund);
    let first = Path::open(&mut c, 0, 1);
    let second = Path::open(&mut c, 1, 2);
    let once = behind(&first.b, &coin());
    let twice = behind(&second.b, &once);
    for (path, denom) in [
        (first.clone(), coin()),
        (second.clone(), once.clone()),
        (second.reversed(), twice.clone()),
        (first.reversed(), once.clone()),
    ] {
        assert_eq!(send_and_relay(&mut c, &path, &denom, 50), PacketResult::Success);
        let everywhere = [(0, coin()), (1, once.clone()), (2, twice.clone())];
        let held: Vec<_> = everywhere.map(|(at, denom)| user_has(&c.chains[at], &denom)).into();
        let total = held.iter().fold(amount(0), |sum, more| sum.checked_add(*more).unwrap());
        assert_eq!(total, amount(1_000), "{held:?}");
    }
    assert_eq!(user_has(&c.chains[0], &coin()), amount(1_000));
}

pub(crate) fn vouchers_of_two_clients_do_not_mix(kinds: (Kind, Kind)) {
    let (mut c, one) = open(kinds);
    let other = Path::open(&mut c, one.a.chain, one.b.chain);
    send_and_relay(&mut c, &one, &coin(), 100);
    send_and_relay(&mut c, &other, &coin(), 10);
    let (of_one, of_other) = (behind(&one.b, &coin()), behind(&other.b, &coin()));
    assert_eq!(user_has(one.b.on(&mut c), &of_one), amount(100));
    assert_eq!(user_has(one.b.on(&mut c), &of_other), amount(10));

    // Through the other client it is a foreign token like any: it goes on, and nothing is released.
    let back = other.reversed();
    assert_eq!(send_and_relay(&mut c, &back, &of_one, 60), PacketResult::Success);
    assert_eq!(user_has(one.a.on(&mut c), &coin()), amount(890));
    assert_eq!(user_has(one.a.on(&mut c), &behind(&other.a, &of_one)), amount(60));
    let client = other.a.client_id.clone();
    assert_eq!(books(one.a.on(&mut c), &client, &coin()).0, amount(10));
}

pub(crate) fn only_the_signer_pays(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    let a = path.a.on(&mut c);
    a.host.fund(&account("victim"), &Token(COIN.into()), 500);
    let payload = transfer_payload(a, &coin(), 1, "0x");
    a.user = account("thief");
    assert_eq!(
        code(path.a.send(&mut c, vec![payload], Duration::from_hours(1))),
        "unauthorized_sender"
    );
    // What the thief says of himself he has to have.
    let to = text(path.b.on(&mut c), &account("thief"));
    let payload = transfer_payload(path.a.on(&mut c), &coin(), 1, &to);
    assert_eq!(
        code(path.a.send(&mut c, vec![payload], Duration::from_hours(1))),
        "insufficient_balance"
    );
}

pub(crate) fn a_pause_stops_transfers_and_no_refund(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    let lost = send(&mut c, &path, &coin(), 100);
    let refused_there = send(&mut c, &path, &coin(), 100);
    let client = path.a.client_id.clone();
    let pause = |c: &mut Coordinator, end: &causeway_tests::harness::Endpoint, paused| {
        let client = end.client_id.clone();
        let authority = end.on(c).host.authority.clone();
        end.on(c).call(|_, ctx| Transfer::set_paused(ctx, &authority, &client, paused)).unwrap();
    };
    let user = path.a.on(&mut c).user.clone();
    let by_user = path.a.on(&mut c).call(|_, ctx| Transfer::set_paused(ctx, &user, &client, true));
    assert!(by_user.is_err(), "the user does not govern");

    pause(&mut c, &path.a, true);
    pause(&mut c, &path.b, true);
    assert_eq!(refused(&mut c, &path, &coin(), 1), "transfers_paused");
    assert_eq!(path.relay(&mut c, &refused_there), PacketResult::Failure);
    pass_hours(&mut c, &path, 2);
    path.time_out(&mut c, &lost).unwrap();
    assert_eq!(user_has(path.a.on(&mut c), &coin()), amount(1_000));

    pause(&mut c, &path.a, false);
    pause(&mut c, &path.b, false);
    assert_eq!(send_and_relay(&mut c, &path, &coin(), 1), PacketResult::Success);
}

pub(crate) fn a_rate_limit_holds_both_ways_and_blocks_no_refund(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    let limit = RateLimit {
        window_secs: (WINDOW_HOURS * 3600).try_into().unwrap(),
        most_out: Some(amount(100)),
        most_in: Some(amount(40)),
    };
    let client = path.a.client_id.clone();
    let authority = path.a.on(&mut c).host.authority.clone();
    let token = Token(COIN.into());
    let a = path.a.on(&mut c);
    a.call(|_, ctx| Transfer::set_rate_limit(ctx, &authority, &client, &token, Some(limit)))
        .unwrap();

    send_and_relay(&mut c, &path, &coin(), 60);
    let packet = send(&mut c, &path, &coin(), 40);
    assert_eq!(refused(&mut c, &path, &coin(), 1), "rate_limit_exceeded");
    // Home comes as much as the quota for what comes, and the rest is refunded there.
    let voucher = behind(&path.b, &coin());
    let back = path.reversed();
    assert_eq!(send_and_relay(&mut c, &back, &voucher, 40), PacketResult::Success);
    assert_eq!(send_and_relay(&mut c, &back, &voucher, 1), PacketResult::Failure);
    assert_eq!(user_has(path.b.on(&mut c), &voucher), amount(20));
    // The refund is no inflow, and makes room for another outflow.
    pass_hours(&mut c, &path, 2);
    path.time_out(&mut c, &packet).unwrap();
    assert_eq!(user_has(path.a.on(&mut c), &coin()), amount(980));
    send(&mut c, &path, &coin(), 40);
    // The next window starts anew.
    assert_eq!(refused(&mut c, &path, &coin(), 1), "rate_limit_exceeded");
    pass_hours(&mut c, &path, WINDOW_HOURS);
    send(&mut c, &path, &coin(), 100);
}
