//! What an application can reach, and what is left of a call that fails.

use causeway_contracts::{AppError, Bank, BankError, Context, OutOfGas, Token, Work};
use causeway_core::{Amount, Refusal};
use causeway_tests::harness::{Coordinator, Kind, assert_conserved};
use causeway_tests::host::{Customs, MemoryHost, account};

use crate::script::port;
use crate::tokens::{COIN, coin, open, transfer_payload};

fn host() -> MemoryHost {
    MemoryHost::new(Customs { address_prefix: "", client_prefix: None, receipt: |_| vec![2] })
}

fn keys(host: &MemoryHost) -> Vec<String> {
    host.entries.keys().map(|key| String::from_utf8(key.clone()).unwrap()).collect()
}

#[test]
fn an_application_reaches_its_own_keys_alone() {
    let mut host = host();
    let mut ctx = Context::new(&mut host);
    ctx.set(b"clients/x", vec![0]).unwrap();
    ctx.as_app(&port("one"), |ctx| ctx.set(b"key", vec![1])).unwrap();
    ctx.as_app(&port("one.two"), |ctx| ctx.set(b"key", vec![2])).unwrap();
    ctx.as_app(&port("one"), |ctx| {
        assert_eq!(ctx.first(b"", 10).unwrap(), [(b"key".to_vec(), vec![1])]);
        assert_eq!(ctx.get(b"clients/x").unwrap(), None);
        // Posing as another application leads nowhere but further in.
        ctx.as_app(&port("one.two"), |ctx| {
            assert_eq!(ctx.port(), Some(&port("one")));
            assert_eq!(ctx.get(b"key").unwrap(), None);
            ctx.set(b"key", vec![3]).unwrap();
        });
        ctx.within("part", |ctx| ctx.set(b"key", vec![4])).unwrap();
        ctx.delete(b"key").unwrap();
    });
    let expected =
        ["apps/one.two/key", "apps/one/apps/one.two/key", "apps/one/part/key", "clients/x"];
    assert_eq!(keys(&host), expected);
}

#[test]
fn an_attempt_leaves_all_or_nothing() {
    let mut host = host();
    host.fund(&account("user"), &Token(COIN.into()), 5);
    let before = host.clone();
    let mut ctx = Context::new(&mut host);
    let result: Result<(), AppError> = ctx.attempt(|ctx| {
        ctx.set(b"key", vec![1])?;
        ctx.mint(&account("thief"), &Token(COIN.into()), Amount::from(7_u64))?;
        ctx.transfer(&account("user"), &account("x"), &Token(COIN.into()), Amount::from(6_u64))
    });
    let Err(AppError::Refused(refusal)) = result else { panic!("{result:?}") };
    assert_eq!(refusal.code(), "insufficient_balance");
    // Saying nothing about it does not help.
    let result: Result<(), OutOfGas> = ctx.attempt(|ctx| {
        ctx.set(b"key", vec![1])?;
        while ctx.charge(Work::Application(u64::MAX / 100)).is_ok() {}
        Ok(())
    });
    assert_eq!(result, Err(OutOfGas));
    // Nor does going on afterwards.
    assert_eq!(ctx.get(b"key"), Err(OutOfGas));
    assert!(host == before);
}

#[test]
fn no_more_of_a_token_can_be_made_than_can_be_counted() {
    let mut host = host();
    let mut ctx = Context::new(&mut host);
    let token = Token(COIN.into());
    ctx.mint(&account("user"), &token, Amount::MAX).unwrap();
    let refused = ctx.mint(&account("other"), &token, Amount::from(1_u64));
    let Err(AppError::Refused(refusal)) = refused else { panic!("{refused:?}") };
    let expected = BankError::SupplyOverflow { token: token.clone(), amount: Amount::from(1_u64) };
    assert_eq!(refusal.code(), expected.code());
    ctx.burn(&account("user"), &token, Amount::MAX).unwrap();
    assert_eq!(host.supply(&token), Amount::ZERO);
}

/// The harness's own count of tokens does find what is missing.
#[test]
#[should_panic(expected = "in the escrow of")]
fn a_theft_from_escrow_is_noticed() {
    let (mut c, path) = open((Kind::Listing, Kind::Listing));
    let payload = transfer_payload(&c.chains[0], &coin(), 10, "somebody");
    path.send(&mut c, vec![payload]);
    let escrow = causeway_contracts::Accounts::escrow_account(
        &c.chains[0].host,
        &port("transfer"),
        &path.a.client_id,
    );
    steal(&mut c, &escrow);
    assert_conserved(&mut c);
}

fn steal(c: &mut Coordinator, from: &causeway_contracts::Account) {
    let token = Token(COIN.into());
    let mut ctx = Context::new(&mut c.chains[0].host);
    ctx.transfer(from, &account("thief"), &token, Amount::from(1_u64)).unwrap();
}
