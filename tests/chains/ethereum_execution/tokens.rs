//! ERC-20 contracts, one rule a row.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use causeway_wire_ethereum::abi::sol::{Erc20, Errors};
use causeway_wire_ethereum::contracts::{TOKEN_A, TOKEN_B, WRAPPED_ETHER};

use super::{Pos, account};

fn balance(pos: &Pos, token: Address, name: &str) -> U256 {
    pos.ask(token, &Erc20::balanceOfCall { account: account(name) })
}

fn number(number: u64) -> U256 {
    U256::from(number)
}

#[test]
fn tokens_say_what_they_are() {
    let pos = Pos::new();
    for (token, name, symbol, decimals, supply) in [
        (TOKEN_A, "Developer Token A", "DEVA", 18, 2_000_000),
        (TOKEN_B, "Developer Token B", "DEVB", 6, 2_000_000),
        (WRAPPED_ETHER, "Wrapped Ether", "WETH", 18, 0),
    ] {
        assert_eq!(pos.ask(token, &Erc20::nameCall {}), name);
        assert_eq!(pos.ask(token, &Erc20::symbolCall {}), symbol);
        assert_eq!(pos.ask(token, &Erc20::decimalsCall {}), decimals);
        let unit = U256::from(10).pow(U256::from(decimals));
        assert_eq!(pos.ask(token, &Erc20::totalSupplyCall {}), unit * U256::from(supply));
        let halves = balance(&pos, token, "alice") + balance(&pos, token, "bob");
        assert_eq!(halves, unit * U256::from(supply));
    }
}

#[test]
fn what_moves_is_reported_and_adds_up() {
    let mut pos = Pos::new();
    let (alice, bob) = (account("alice"), account("bob"));
    let before = (balance(&pos, TOKEN_A, "alice"), balance(&pos, TOKEN_A, "bob"));
    let done = pos.exec("alice", TOKEN_A, &Erc20::transferCall { to: bob, amount: number(7) });
    assert!(done.success);
    let [log] = done.logs.as_slice() else { panic!("{:?}", done.logs) };
    let moved = Erc20::Transfer { from: alice, to: bob, value: number(7) }.encode_log_data();
    assert_eq!((log.address, &log.topics[..], &log.data), (TOKEN_A, moved.topics(), &moved.data));
    let after = (balance(&pos, TOKEN_A, "alice"), balance(&pos, TOKEN_A, "bob"));
    assert_eq!(after, (before.0 - number(7), before.1 + number(7)));

    let approve = Erc20::approveCall { spender: bob, amount: number(10) };
    assert!(pos.exec("alice", TOKEN_A, &approve).success);
    let take = |amount| Erc20::transferFromCall { from: alice, to: bob, amount };
    assert!(pos.exec("bob", TOKEN_A, &take(number(4))).success);
    let allowance = Erc20::allowanceCall { owner: alice, spender: bob };
    assert_eq!(pos.ask(TOKEN_A, &allowance), number(6));
    let done = pos.exec("bob", TOKEN_A, &take(number(7)));
    assert!(!done.success && done.logs.is_empty());
    let endless = Erc20::approveCall { spender: bob, amount: U256::MAX };
    assert!(pos.exec("alice", TOKEN_A, &endless).success);
    assert!(pos.exec("bob", TOKEN_A, &take(number(100))).success);
    assert_eq!(pos.ask(TOKEN_A, &allowance), U256::MAX);
    assert_eq!(balance(&pos, TOKEN_A, "bob"), before.1 + number(111));
}

#[test]
fn the_native_coin_is_wrapped_and_unwrapped() {
    let mut pos = Pos::new();
    let ether = pos.head().balance(&account("alice"));
    let deposit = Erc20::depositCall {}.abi_encode();
    let first = pos.send("alice", WRAPPED_ETHER, 500, deposit);
    // Coins that come without a word are wrapped too.
    let second = pos.send("alice", WRAPPED_ETHER, 300, Vec::new());
    assert!(first.success && second.success);
    let supply = |pos: &Pos| pos.ask(WRAPPED_ETHER, &Erc20::totalSupplyCall {});
    assert_eq!(supply(&pos), number(800));
    assert_eq!(pos.head().balance(&WRAPPED_ETHER), number(800));
    assert_eq!(balance(&pos, WRAPPED_ETHER, "alice"), number(800));
    assert!(pos.exec("alice", WRAPPED_ETHER, &Erc20::withdrawCall { amount: number(200) }).success);
    assert_eq!(supply(&pos), number(600));
    assert_eq!(pos.head().balance(&WRAPPED_ETHER), number(600));
    let too_much = Erc20::withdrawCall { amount: number(601) };
    assert!(!pos.exec("alice", WRAPPED_ETHER, &too_much).success);
    assert_eq!(pos.head().balance(&WRAPPED_ETHER), number(600));
    assert!(ether - pos.head().balance(&account("alice")) > number(600));
}

#[test]
fn refusals_are_the_usual_ones() {
    let pos = Pos::new();
    let (alice, bob, relayer) = (account("alice"), account("bob"), account("relayer"));
    let transfer = |to, amount| Erc20::transferCall { to, amount }.abi_encode();
    let take = |amount| Erc20::transferFromCall { from: alice, to: bob, amount }.abi_encode();
    let cases: [(&str, Vec<u8>, Vec<u8>); 6] = [
        (
            "relayer",
            transfer(bob, number(1)),
            Errors::ERC20InsufficientBalance {
                sender: relayer,
                balance: U256::ZERO,
                needed: number(1),
            }
            .abi_encode(),
        ),
        (
            "alice",
            transfer(Address::ZERO, number(1)),
            Errors::ERC20InvalidReceiver { receiver: Address::ZERO }.abi_encode(),
        ),
        (
            "bob",
            take(number(1)),
            Errors::ERC20InsufficientAllowance {
                spender: bob,
                allowance: U256::ZERO,
                needed: number(1),
            }
            .abi_encode(),
        ),
        (
            "alice",
            Erc20::approveCall { spender: Address::ZERO, amount: number(1) }.abi_encode(),
            Errors::ERC20InvalidSpender { spender: Address::ZERO }.abi_encode(),
        ),
        // Only the wrapping one takes and gives coins.
        ("alice", Erc20::depositCall {}.abi_encode(), Vec::new()),
        ("alice", Erc20::withdrawCall { amount: number(1) }.abi_encode(), Vec::new()),
    ];
    for (caller, input, expected) in cases {
        assert_eq!(pos.refusal(caller, TOKEN_A, input), expected);
    }
    let mut dirty = transfer(bob, number(1));
    dirty[4] = 1;
    let data = pos.refusal("alice", TOKEN_A, dirty);
    assert!(Errors::Error::abi_decode(&data).unwrap().message.starts_with("malformed_call"));
}

#[test]
fn wei_are_neither_made_nor_lost_but_for_what_is_burnt() {
    let mut pos = Pos::new();
    let everybody = ["alice", "bob", "relayer", "authority"].map(account);
    let everybody: Vec<_> =
        everybody.into_iter().chain([WRAPPED_ETHER, Address::repeat_byte(0xfe)]).collect();
    let total = |pos: &Pos| {
        let state = pos.head();
        everybody.iter().fold(U256::ZERO, |sum, address| sum + state.balance(address))
    };
    let before = total(&pos);
    let mut burnt = U256::ZERO;
    for round in 0..8_u64 {
        pos.submit("alice", account("bob"), round, Vec::new());
        pos.submit("bob", WRAPPED_ETHER, round, Vec::new());
        pos.submit("bob", TOKEN_A, round, Vec::new());
        let block = pos.step();
        burnt += U256::from(block.base_fee()) * U256::from(block.header.gas_used);
    }
    assert_eq!(total(&pos), before - burnt);
}
