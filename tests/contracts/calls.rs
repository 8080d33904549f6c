//! Calls between chains, whatever their families.

use std::time::Duration;

use causeway_contracts::Account;
use causeway_core::gmp::{AccountIdentifier, GmpAcknowledgement};
use causeway_core::transfer::escrow_address;
use causeway_core::{Encoding, Packet, PacketResult};
use causeway_tests::harness::{Coordinator, Kind, Path};
use causeway_tests::host::account;

use crate::packets::code;
use crate::script::port;
use crate::tokens::{
    amount, behind, call_payload, coin, has, open, reported, text, transfer_payload, user_has,
};

/// Calls a contract at `b` for the user at `a`, and gives what came back; `None` for an error.
fn call(
    c: &mut Coordinator,
    path: &Path,
    contract: &str,
    salt: &[u8],
    payload: &[u8],
) -> Option<Vec<u8>> {
    let to = text(path.b.on(c), &account(contract));
    let payload = call_payload(path.a.on(c), &to, salt, payload);
    let packet = path.send(c, vec![payload]);
    path.relay(c, &packet);
    result(c, path, &packet)
}

fn result(c: &mut Coordinator, path: &Path, packet: &Packet) -> Option<Vec<u8>> {
    let acknowledgement = path.b.on(c).acknowledgement(packet).unwrap();
    if acknowledgement.is_error() {
        return None;
    }
    let answer = acknowledgement.app_acknowledgements().last().unwrap();
    Some(GmpAcknowledgement::decode(answer, Encoding::Abi).unwrap().result().to_vec())
}

fn count(value: u64) -> Vec<u8> {
    value.to_be_bytes().to_vec()
}

/// The account at `b` that acts for the user at `a`.
fn derived(c: &mut Coordinator, path: &Path, salt: &[u8]) -> Account {
    let a = path.a.on(c);
    let sender = text(a, &a.user);
    let owner = AccountIdentifier::new(path.b.client_id.clone(), sender, salt.to_vec());
    Account(owner.unwrap().address().to_vec())
}

pub(crate) fn a_contract_counts_for_each_derived_account(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    let other = Path::open(&mut c, path.a.chain, path.b.chain);
    assert_eq!(call(&mut c, &path, "counter", b"", &5_u64.to_be_bytes()), Some(count(5)));
    assert_eq!(call(&mut c, &path, "counter", b"", &7_u64.to_be_bytes()), Some(count(12)));
    assert_eq!(call(&mut c, &path, "counter", b"salt", &1_u64.to_be_bytes()), Some(count(1)));
    assert_eq!(call(&mut c, &other, "counter", b"", &1_u64.to_be_bytes()), Some(count(1)));
    path.a.on(&mut c).user = account("someone else");
    assert_eq!(call(&mut c, &path, "counter", b"", &1_u64.to_be_bytes()), Some(count(1)));
    assert_eq!(reported(path.b.on(&mut c), "counted"), 5);
    assert_eq!(reported(path.a.on(&mut c), "call_answered"), 5);

    assert_eq!(call(&mut c, &path, "counter", b"", b"not a number"), None);
    assert_eq!(call(&mut c, &path, "counter", b"", &u64::MAX.to_be_bytes()), None);
    assert_eq!(call(&mut c, &path, "counter", b"", &1_u64.to_be_bytes()), Some(count(2)));
    assert_eq!(reported(path.a.on(&mut c), "call_failed"), 2);
}

pub(crate) fn only_contracts_can_be_called(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    let escrow = Account(escrow_address(&port("transfer"), &path.b.client_id).to_vec());
    let b = path.b.on(&mut c);
    let authority = b.host.authority.clone();
    let mut targets = vec![String::new(), "transfer".into(), path.b.client_id.to_string()];
    targets.extend([escrow, authority, account("user")].map(|account| text(b, &account)));
    for target in targets {
        let payload = call_payload(path.a.on(&mut c), &target, b"", &1_u64.to_be_bytes());
        let packet = path.send(&mut c, vec![payload]);
        assert_eq!(path.relay(&mut c, &packet), PacketResult::Failure, "{target}");
    }
}

pub(crate) fn nobody_calls_in_the_name_of_another(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    let to = text(path.b.on(&mut c), &account("counter"));
    let payload = call_payload(path.a.on(&mut c), &to, b"", &1_u64.to_be_bytes());
    path.a.on(&mut c).user = account("someone else");
    let sent = path.a.send(&mut c, vec![payload], Duration::from_hours(1));
    assert_eq!(code(sent), "unauthorized_sender");
}

pub(crate) fn a_transfer_and_a_call_succeed_or_fail_together(kinds: (Kind, Kind)) {
    let (mut c, path) = open(kinds);
    let voucher = behind(&path.b, &coin());
    let token = voucher.local_name();
    let purse = derived(&mut c, &path, b"");
    let to = text(path.b.on(&mut c), &purse);
    let spender = text(path.b.on(&mut c), &account("spender"));
    let send = |c: &mut Coordinator, spends: u64| {
        let a = path.a.on(c);
        let tokens = transfer_payload(a, &coin(), 100, &to);
        let order = call_payload(a, &spender, b"", format!("{spends} {token}").as_bytes());
        let packet = path.send(c, vec![tokens, order]);
        (path.relay(c, &packet), packet)
    };

    // The call spends what the transfer brings.
    let (received, packet) = send(&mut c, 70);
    assert_eq!(received, PacketResult::Success);
    assert_eq!(result(&mut c, &path, &packet), Some(amount(70).to_be_bytes().to_vec()));
    assert_eq!(has(path.b.on(&mut c), &account("shop"), &voucher), amount(70));
    assert_eq!(has(path.b.on(&mut c), &purse, &voucher), amount(30));
    assert_eq!(user_has(path.a.on(&mut c), &coin()), amount(900));

    // The call wants more than there is: nothing is received, and the tokens come back.
    let (received, _) = send(&mut c, 131);
    assert_eq!(received, PacketResult::Failure);
    assert_eq!(has(path.b.on(&mut c), &purse, &voucher), amount(30));
    assert_eq!(user_has(path.a.on(&mut c), &coin()), amount(900));

    // A call for another account spends nothing of this one.
    let other = call_payload(path.a.on(&mut c), &spender, b"x", format!("1 {token}").as_bytes());
    let packet = path.send(&mut c, vec![other]);
    assert_eq!(path.relay(&mut c, &packet), PacketResult::Failure);
    assert_eq!(has(path.b.on(&mut c), &purse, &voucher), amount(30));
}
