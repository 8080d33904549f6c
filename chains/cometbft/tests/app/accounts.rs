//! Coins, fees, sequences, and refusals by the numbers that wallets know.

use causeway_chain_cometbft::app::{
    ADDRESS_PREFIX, GENESIS_BALANCE, MAX_BLOCK_GAS, MempoolError, NATIVE_DENOM,
};
use causeway_chain_cometbft::consensus::{Application, ValidatorKey, ValidatorUpdate};
use causeway_core::Amount;
use causeway_wire_cometbft::msg::{Msg, Send};
use causeway_wire_cometbft::query::{
    PageRequest, QueryAllBalances, QueryAllBalancesResponse, QueryBalanceResponse, QuerySupplyOf,
    Simulate, SimulateResponse, path,
};
use causeway_wire_cometbft::tx::{
    AccountAddress, Body, Coin, Fee, SignMode, Signer, SigningKey, Transaction,
};

use prost::Message as _;

use crate::net::{GAS, Net, User, coin, fee, of_key, user};

fn send(from: &User, to: &User, amount: u64) -> Msg {
    let (from, to) = (from.address.clone(), to.address.clone());
    Msg::Send(Send { from, to, amount: vec![coin(amount, NATIVE_DENOM)] })
}

fn stranger() -> User {
    of_key(SigningKey::from_bytes(&[9; 32]).unwrap())
}

fn fee_of(gas: u64) -> u64 {
    gas.div_ceil(1_000)
}

#[test]
fn coins_move_fees_are_paid_and_nothing_is_made() {
    let mut net = Net::new("test-1");
    let (alice, bob) = (user("alice"), stranger());
    assert_eq!(net.balance(&alice.address, NATIVE_DENOM), GENESIS_BALANCE);
    assert_eq!(net.account(&bob.address), None);
    let outcome = net.deliver(&alice, &[send(&alice, &bob, 5), send(&alice, &bob, 6)]);
    assert_eq!(outcome.code, 0, "{}", outcome.log);
    assert_eq!(net.balance(&bob.address, NATIVE_DENOM), 11);
    let left = GENESIS_BALANCE - 11 - fee_of(GAS);
    assert_eq!(net.balance(&alice.address, NATIVE_DENOM), left);
    let supply: QueryBalanceResponse =
        net.query(path::SUPPLY_OF, &QuerySupplyOf { denom: NATIVE_DENOM.into() });
    assert_eq!(supply.balance.unwrap().amount, (4 * GENESIS_BALANCE).to_string());
    let account = net.account(&bob.address).unwrap();
    // Four accounts are from genesis, one is the collector of fees.
    assert_eq!((account.account_number, account.sequence), (5, 0));
    let kinds: Vec<_> = outcome.events.iter().map(|event| event.kind.as_str()).collect();
    let payment = ["coin_spent", "coin_received", "transfer", "message"];
    let sent = [&["message"][..], &payment].concat();
    let expected = [&payment[..], &["tx", "tx", "tx"], &sent, &sent].concat();
    assert_eq!(kinds, expected);
    let first = &outcome.events[7];
    assert_eq!(first.attribute("action"), Some("/cosmos.bank.v1beta1.MsgSend"));
    assert_eq!(first.attribute("module"), Some("bank"));
    assert_eq!(first.attributes.last().unwrap(), &("msg_index".into(), "0".into()));
    assert_eq!(outcome.events[4].attribute("fee"), Some("2000ucway"));
    let sequence = format!("{}/0", alice.address);
    assert_eq!(outcome.events[5].attribute("acc_seq"), Some(sequence.as_str()));
    assert_eq!(net.outcomes.last().unwrap().executed().results[0].data, outcome.data);
}

#[test]
fn who_was_paid_can_pay() {
    let mut net = Net::new("test-1");
    let (alice, bob) = (user("alice"), stranger());
    net.succeed(&alice, &[send(&alice, &bob, 10_000)]);
    net.succeed(&bob, &[send(&bob, &alice, 1)]);
    let account = net.account(&bob.address).unwrap();
    assert_eq!(account.sequence, 1);
    assert!(account.pub_key.is_some());
    // The account has its key now.
    let mut tx = net.tx(&bob, &[send(&bob, &alice, 1)]);
    tx.signers[0].public_key = None;
    let mut bare = Transaction::new(tx.body, tx.signers, tx.fee);
    bare.sign(&bob.key, "test-1", account.account_number);
    assert_eq!(net.check(&bare).code, 0);
}

#[test]
fn refusals_have_the_numbers_of_the_sdk_and_cost_nothing() {
    let net = Net::new("test-1");
    let (alice, bob) = (user("alice"), stranger());
    let pay = || vec![send(&alice, &bob, 5)];
    let tx = |sequence, fee| net.tx_at(&alice, &pay(), sequence, fee);
    let resigned = |change: &dyn Fn(&mut Body, &mut Vec<Signer>, &mut Fee), chain: &str, number| {
        let Transaction { mut body, mut signers, mut fee, .. } = net.tx(&alice, &pay());
        change(&mut body, &mut signers, &mut fee);
        let mut tx = Transaction::new(body, signers, fee);
        tx.sign(&alice.key, chain, number);
        tx
    };
    let unsigned = {
        let mut tx = net.tx(&alice, &pay());
        tx.signatures.clear();
        tx
    };
    let twice = {
        let mut tx = net.tx(&alice, &pay());
        tx.signatures.push(tx.signatures[0].clone());
        tx
    };
    let forged = {
        let mut tx = net.tx(&alice, &pay());
        tx.signatures[0][5] ^= 1;
        tx
    };
    let send_coins = |coins: Vec<Coin>| {
        let (from, to) = (alice.address.clone(), bob.address.clone());
        net.tx(&alice, &[Msg::Send(Send { from, to, amount: coins })])
    };
    let plain = |_: &mut Body, _: &mut Vec<Signer>, _: &mut Fee| {};
    let other_key = |_: &mut Body, signers: &mut Vec<Signer>, _: &mut Fee| {
        signers[0].public_key = Some(bob.key.public_key());
    };
    let payer = |_: &mut Body, _: &mut Vec<Signer>, fee: &mut Fee| fee.payer = bob.address.clone();
    let granter =
        |_: &mut Body, _: &mut Vec<Signer>, fee: &mut Fee| fee.granter = bob.address.clone();
    let signers = |_: &mut Body, signers: &mut Vec<Signer>, _: &mut Fee| {
        signers.push(signers[0].clone());
    };
    let amino = |_: &mut Body, signers: &mut Vec<Signer>, _: &mut Fee| {
        signers[0].mode = SignMode::Other(127);
    };
    let memo = |body: &mut Body, _: &mut Vec<Signer>, _: &mut Fee| body.memo = "m".repeat(257);
    let late = |body: &mut Body, _: &mut Vec<Signer>, _: &mut Fee| body.timeout_height = 1;
    let nothing = |body: &mut Body, _: &mut Vec<Signer>, _: &mut Fee| body.messages.clear();
    let unknown = |body: &mut Body, _: &mut Vec<Signer>, _: &mut Fee| {
        body.messages[0].type_url = "/cosmos.gov.v1.MsgVote".into();
    };
    let poor = Fee { amount: vec![coin(1, NATIVE_DENOM)], ..fee(GAS) };
    let rich = Fee { amount: vec![coin(2 * GENESIS_BALANCE, NATIVE_DENOM)], ..fee(GAS) };
    let odd = Fee { amount: vec![coin(9_999, "ucway"), coin(9_999, "ucway")], ..fee(GAS) };
    let zero = Fee { amount: vec![coin(0, "aaa"), coin(9_999, "ucway")], ..fee(GAS) };
    for (name, tx, code, text) in [
        ("unsigned", unsigned, 15, "no signatures supplied"),
        ("twice signed", twice, 4, "wrong number of signers; expected 1, got 2: unauthorized"),
        ("forged", forged, 4, "signature verification failed; please verify account number (0)"),
        ("other chain", resigned(&plain, "test-2", 0), 4, "and chain-id (test-1): ("),
        ("other account", resigned(&plain, "test-1", 1), 4, "signature verification failed"),
        ("other key", resigned(&other_key, "test-1", 0), 8, "invalid pubkey"),
        ("payer did not sign", resigned(&payer, "test-1", 0), 4, "wrong number of signers"),
        ("granted", resigned(&granter, "test-1", 0), 18, "fee grants are not enabled"),
        ("one too many", resigned(&signers, "test-1", 0), 4, "wrong number of signers"),
        ("amino", resigned(&amino, "test-1", 0), 4, "only DIRECT"),
        ("memo", resigned(&memo, "test-1", 0), 12, "memo too large"),
        ("late", resigned(&late, "test-1", 0), 30, "timeout height: 1: tx timeout height"),
        ("empty", resigned(&nothing, "test-1", 0), 18, "must contain at least one message"),
        ("unknown", resigned(&unknown, "test-1", 0), 2, "unable to resolve type URL"),
        (
            "ahead",
            tx(1, fee(GAS)),
            32,
            "account sequence mismatch, expected 0, got 1: incorrect account sequence",
        ),
        ("cheap", tx(0, poor), 13, "insufficient fees; got: 1ucway required: 2000ucway"),
        ("too dear", tx(0, rich), 5, "insufficient funds"),
        ("odd fee", tx(0, odd), 13, "invalid fee amount"),
        ("fee of nothing", tx(0, zero), 13, "invalid fee amount"),
        ("no gas", tx(0, Fee { gas_limit: 0, ..fee(GAS) }), 41, "must provide positive gas"),
        ("too much gas", tx(0, fee(MAX_BLOCK_GAS + 1)), 41, "exceeds block max gas"),
        ("all gas", tx(0, Fee { gas_limit: u64::MAX, ..fee(GAS) }), 41, "exceeds block max gas"),
        ("too little gas", tx(0, fee(100)), 11, "gasWanted: 100, gasUsed: "),
        ("nothing sent", send_coins(vec![]), 10, "invalid coins"),
        ("zero sent", send_coins(vec![coin(0, "ucway")]), 10, "invalid coins"),
        ("unsorted", send_coins(vec![coin(1, "zzz"), coin(1, "aaa")]), 10, "invalid coins"),
        ("no denomination", send_coins(vec![coin(1, "!")]), 10, "invalid coins"),
        ("nobody", net.tx(&bob, &[send(&bob, &alice, 1)]), 9, "does not exist"),
    ] {
        let outcome = net.check(&tx);
        assert_eq!((outcome.code, &*outcome.codespace), (code, "sdk"), "{name}: {}", outcome.log);
        assert!(outcome.log.contains(text), "{name}: {}", outcome.log);
    }
    assert_eq!(net.app().pending_size(), (0, 0));
    assert_eq!(net.check(&net.tx(&alice, &pay())).code, 0);
}

#[test]
fn a_failed_message_costs_its_fee_and_its_sequence_and_nothing_else() {
    let mut net = Net::new("test-1");
    let (alice, bob) = (user("alice"), stranger());
    let outcome =
        net.deliver(&alice, &[send(&alice, &bob, 5), send(&alice, &bob, GENESIS_BALANCE)]);
    assert_eq!((outcome.code, &*outcome.codespace), (5, "sdk"));
    assert!(outcome.log.starts_with("failed to execute message; message index: 1: spendable"));
    assert_eq!(net.balance(&bob.address, NATIVE_DENOM), 0);
    assert_eq!(net.balance(&alice.address, NATIVE_DENOM), GENESIS_BALANCE - fee_of(GAS));
    assert_eq!(net.account(&alice.address).unwrap().sequence, 1);
    assert_eq!(outcome.events.len(), 7, "those of the fee remain");
    assert!(outcome.data.is_empty());
    // Fees stay where they are.
    let collector = "cosmos17xpfvakm2amg962yls6f84z3kell8c5lserqta";
    let collector = AccountAddress::from_bech32("cosmos", collector).unwrap();
    let collector = collector.to_bech32(ADDRESS_PREFIX).unwrap();
    assert_eq!(net.balance(&collector, NATIVE_DENOM), fee_of(GAS));
    let pay = Send { from: alice.address.clone(), to: collector, amount: vec![coin(1, "ucway")] };
    let outcome = net.deliver(&alice, &[Msg::Send(pay)]);
    assert_eq!(outcome.code, 4, "{}", outcome.log);
}

#[test]
fn pending_transactions_follow_on_each_other_and_are_judged_again() {
    let mut net = Net::new("test-1");
    let (alice, bob) = (user("alice"), user("bob"));
    let msgs = |amount| vec![send(&alice, &bob, amount)];
    for sequence in 0..5 {
        let tx = net.tx_at(&alice, &msgs(1 + sequence), sequence, fee(GAS));
        assert_eq!(net.check(&tx).code, 0);
        assert_eq!(net.app().check_tx(&tx.encode()), Err(MempoolError::InCache));
    }
    let same = net.tx_at(&alice, &msgs(99), 4, fee(GAS));
    let refused = net.check(&same);
    assert!(refused.log.contains("expected 5, got 4"), "{}", refused.log);
    // One that holds until the next block only, behind them; it would be in it but for the limit
    // on gas.
    let mut last = net.tx_at(&alice, &msgs(7), 5, fee(MAX_BLOCK_GAS - 5 * GAS + 1));
    last.body.timeout_height = net.height() + 1;
    let mut late = Transaction::new(last.body, last.signers, last.fee);
    late.sign(&alice.key, "test-1", 0);
    assert_eq!(net.check(&late).code, 0);
    assert_eq!(net.app().pending_size().0, 6);
    net.blocks(1);
    let block = net.outcomes.last().unwrap();
    assert_eq!(block.txs.len(), 5);
    assert!(block.txs.iter().all(causeway_chain_cometbft::app::TxOutcome::is_ok));
    assert_eq!(net.app().pending_size(), (0, 0), "the last one is too late now");
    assert_eq!(net.balance(&bob.address, NATIVE_DENOM), GENESIS_BALANCE + 15);
    let first = net.decided(net.height()).block.txs[0].clone();
    assert_eq!(net.app().check_tx(&first), Err(MempoolError::InCache));
}

#[test]
fn several_signers_sign_one_transaction() {
    let mut net = Net::new("test-1");
    let (alice, bob) = (user("alice"), user("bob"));
    let signer = |user: &User| Signer {
        public_key: Some(user.key.public_key()),
        mode: SignMode::Direct,
        sequence: 0,
    };
    let messages = vec![send(&alice, &bob, 3).to_any(), send(&bob, &alice, 1).to_any()];
    let body = Body { messages, ..Body::default() };
    let paid = Fee { payer: bob.address.clone(), ..fee(GAS) };
    let mut tx = Transaction::new(body.clone(), vec![signer(&alice), signer(&bob)], paid.clone());
    tx.sign(&alice.key, "test-1", 0);
    tx.sign(&bob.key, "test-1", 1);
    let mut swapped = Transaction::new(body, vec![signer(&bob), signer(&alice)], paid);
    swapped.sign(&bob.key, "test-1", 1);
    swapped.sign(&alice.key, "test-1", 0);
    assert_eq!(net.check(&swapped).code, 8, "signers are in the order of the messages");
    assert_eq!(net.check(&tx).code, 0);
    net.blocks(2);
    assert_eq!(net.balance(&alice.address, NATIVE_DENOM), GENESIS_BALANCE - 2);
    assert_eq!(net.balance(&bob.address, NATIVE_DENOM), GENESIS_BALANCE + 2 - fee_of(GAS));
}

#[test]
fn the_mempool_is_bounded_and_blocks_keep_to_their_limits() {
    let net = Net::new("test-1");
    let (alice, bob) = (user("alice"), user("bob"));
    let mut sequence = 0;
    let full = loop {
        let tx = net.tx_at(&alice, &[send(&alice, &bob, 1)], sequence, fee(GAS));
        match net.app().check_tx(&tx.encode()) {
            Ok(outcome) => assert_eq!(outcome.code, 0, "{}", outcome.log),
            Err(error) => break error,
        }
        sequence += 1;
    };
    assert_eq!(sequence, 5_000);
    assert!(full.to_string().starts_with("mempool is full: number of txs 5000 (max: 5000)"));
    let proposed = net.app().propose(net.height() + 1, net.now.into(), 1 << 20);
    assert_eq!(proposed.len() as u64, MAX_BLOCK_GAS / GAS);
    assert!(net.app().accepts(&proposed));
    let more = net.app().pending(proposed.len() + 1);
    assert!(!net.app().accepts(&more), "more gas than a block has");
    assert!(!net.app().accepts(&[b"no transaction".to_vec()]));
    let len: usize = proposed.iter().take(10).map(Vec::len).sum();
    let short = net.app().propose(net.height() + 1, net.now.into(), len + 10 * 4);
    assert_eq!(short.len(), 10);
    assert!(net.app().propose(net.height(), net.now.into(), 1 << 20).is_empty());
    let error = net.app().check_tx(&vec![0; 1_000_001]).unwrap_err();
    assert!(error.to_string().starts_with("mempool is full"), "fullness comes first");
    let empty = Net::new("test-1");
    let error = empty.app().check_tx(&vec![0; 1_000_001]).unwrap_err();
    assert_eq!(error.to_string(), "Tx too large. Max size is 1000000, but got 1000001");
}

#[test]
fn balances_are_listed_in_pages() {
    let net = Net::new("test-1");
    let question = QueryAllBalances { address: user("alice").address, pagination: None };
    let answer: QueryAllBalancesResponse = net.query(path::ALL_BALANCES, &question);
    assert_eq!(answer.balances.len(), 1);
    assert_eq!(answer.balances[0].amount.parse::<Amount>().unwrap(), GENESIS_BALANCE.into());
    let both = Some(PageRequest { key: vec![1], offset: 1, ..PageRequest::default() });
    let question = QueryAllBalances { pagination: both, ..question };
    let data = prost::Message::encode_to_vec(&question);
    let result = net.app().query(path::ALL_BALANCES, &data, 0, false);
    assert_eq!((result.code, &*result.codespace), (18, "sdk"));
}

#[test]
fn the_authority_changes_validators_through_a_block() {
    let mut net = Net::new("test-1");
    let newcomer = ValidatorKey::from_bytes(&[2; 32]).public_key();
    let update = ValidatorUpdate { public_key: newcomer, power: 3 };
    let outcome = net.app().change_validators(&[update]).unwrap();
    assert_eq!(outcome.code, 0, "{}", outcome.log);
    let again = net.app().change_validators(&[ValidatorUpdate { power: 4, ..update }]).unwrap();
    assert_eq!(again.code, 0, "one follows on the other: {}", again.log);
    net.blocks(1);
    let block = net.outcomes.last().unwrap();
    assert_eq!(block.txs.len(), 2);
    assert_eq!(block.updates, [ValidatorUpdate { power: 4, ..update }]);
    let members = &net.participants.members()[0].state().next_validators().validators;
    assert_eq!(members.len(), 2);
}

#[test]
fn wallets_simulate_with_an_open_mode_and_empty_signatures() {
    let net = Net::new("test-1");
    let (alice, bob) = (user("alice"), stranger());
    let simulate = |mode| {
        let body = Body { messages: vec![send(&alice, &bob, 5).to_any()], ..Body::default() };
        let signer = Signer { public_key: Some(alice.key.public_key()), mode, sequence: 0 };
        let mut transaction = Transaction::new(body, vec![signer], Fee::default());
        transaction.signatures.push(Vec::new());
        let question = Simulate { tx_bytes: transaction.encode() }.encode_to_vec();
        net.app().query(path::SIMULATE, &question, 0, false)
    };
    for mode in [SignMode::OPEN, SignMode::Direct] {
        let result = simulate(mode);
        let answer = SimulateResponse::decode(result.value.as_slice()).unwrap();
        assert!(answer.gas_info.unwrap().gas_used > 0, "{}", result.log);
    }
    assert_ne!(simulate(SignMode::Other(2)).code, 0);
}
