//! Miners under delay, loss, partition and forgery, from seeds; every ledger is compared with one
//! that never saw a reorganisation.

use core::time::Duration;

use causeway_chain::{Link, PeerId};
use causeway_client_bitcoin::{Anchor, Chain, Outpoint, RawHeader};
use causeway_core::Timestamp;
use causeway_light_client::ClientRegistry;
use causeway_wire_bitcoin::{
    Block, KeyHash, OwnedInput, OwnedOutput, OwnedTransaction, sign_input,
};
use k256::ecdsa::SigningKey;

use crate::{
    Config, Contracts, Ledger, MempoolError, Message, Miner, Miners, Rules, SubmitError,
    TransactionError, check_block,
};
use causeway_chain::developer_key;

const START: u64 = 1_800_000_000;

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(START + secs).unwrap()
}

fn config(seed: u64) -> Config {
    let alice = KeyHash::of(developer_key("pow", "alice", seed).verifying_key());
    Config { funded: vec![alice], ..Config::new(seed, at(0)) }
}

fn miners(seed: u64, secs: u64) -> Miners {
    let mut miners = Miners::new(&config(seed), ClientRegistry::default()).unwrap();
    miners.advance(at(secs));
    miners
}

/// Goes on, up to a limit, until all follow one tip: two may find blocks at the same time.
fn settle(miners: &mut Miners, from: u64) {
    for secs in from..from + 120 {
        miners.advance(at(secs));
        let mut tips = miners.miners().map(Miner::tip_hash);
        let first = tips.next();
        if tips.all(|tip| Some(tip) == first) {
            return;
        }
    }
    panic!("no agreement");
}

fn headers(miner: &Miner) -> Vec<RawHeader> {
    miner.blocks().map(|block| block.header.to_bytes()).collect()
}

fn genesis(rules: &Rules) -> Ledger {
    let contracts = Contracts::new(ClientRegistry::default(), 0).unwrap();
    Ledger::genesis(contracts.into(), rules).unwrap()
}

/// The state by carrying out the followed chain from its beginning.
fn replay(miners: &Miners, miner: &Miner) -> Ledger {
    let rules = miners.rules();
    let mut chain = Chain::new(rules.network(), Anchor::genesis(rules.network())).unwrap();
    let mut ledger = genesis(rules);
    for (height, block) in (0..).zip(miner.blocks()).skip(1) {
        check_block(block, height).unwrap();
        ledger.connect(block, chain.tip().last_times.median()).unwrap();
        chain.extend(&[block.header.to_bytes()], u64::MAX).unwrap();
    }
    ledger
}

fn assert_sound(miners: &Miners) {
    for miner in miners.miners() {
        let replayed = replay(miners, miner);
        assert_eq!(replayed.coins(), miner.ledger().coins());
        assert_eq!(replayed.state_root(), miner.ledger().state_root());
        let minted: u64 = (1..=miner.height()).map(|height| miners.rules().subsidy(height)).sum();
        assert_eq!(miner.ledger().supply(), minted);
    }
}

#[test]
fn miners_agree_retarget_and_are_followed_by_the_light_client() {
    let mut miners = miners(1, 300);
    settle(&mut miners, 301);
    assert_sound(&miners);
    let miner = miners.miners().next().unwrap();
    assert!(miner.height() > 101, "{}", miner.height());
    let bits: std::collections::BTreeSet<_> =
        miner.blocks().map(|block| block.header.bits.0).collect();
    assert!(bits.len() > 1, "no retarget");
    let network = miners.rules().network();
    let mut chain = Chain::new(network, Anchor::genesis(network)).unwrap();
    chain.extend(&headers(miner)[1..], START + 7200 + 420).unwrap();
    assert_eq!((chain.tip_hash(), chain.tip()), (miner.tip_hash(), &miner.tip()));
}

#[test]
fn the_same_seed_gives_the_same_chain() {
    let tip = |seed| miners(seed, 60).miners().next().unwrap().tip_hash();
    assert_eq!(tip(5), tip(5));
    assert_ne!(tip(5), tip(6));
}

#[test]
fn delay_and_loss_only_make_branches() {
    let mut miners = miners(2, 1);
    let (delay, jitter) = (Duration::from_millis(700), Duration::from_millis(1500));
    let lossy = Link { delay, jitter, lost_per_mille: 300, doubled_per_mille: 100 };
    miners.network_mut().set_link(lossy);
    miners.advance(at(150));
    assert!(miners.miners().any(|miner| miner.reorganisations() > 0));
    miners.network_mut().set_link(Link::reliable(Duration::from_millis(10)));
    settle(&mut miners, 151);
    assert_sound(&miners);
}

#[test]
fn a_healed_partition_ends_on_the_branch_with_the_most_work() {
    let mut miners = miners(3, 20);
    settle(&mut miners, 21);
    // Three of four have three quarters of the work.
    miners.network_mut().partition([(PeerId(3), 1)]);
    miners.advance(at(200));
    let tips: Vec<_> = miners.miners().map(Miner::tip).collect();
    assert_ne!(tips[0].header, tips[3].header);
    assert!(tips[0].chainwork > tips[3].chainwork && tips[3].height > 5);
    let before = miners.miner(PeerId(3)).unwrap().reorganisations();
    miners.network_mut().heal();
    settle(&mut miners, 201);
    let winner = tips[0].header.hash();
    assert!(miners.miners().all(|m| m.blocks().any(|b| b.header.hash() == winner)));
    assert!(miners.miner(PeerId(3)).unwrap().reorganisations() > before);
    assert_sound(&miners);
}

#[test]
fn a_miner_that_was_away_catches_up() {
    let mut miners = miners(4, 5);
    miners.network_mut().set_stopped(PeerId(2), true);
    miners.advance(at(330));
    let (own, others) = (miners.miner(PeerId(2)).unwrap(), miners.miner(PeerId(0)).unwrap());
    assert!(own.height() + 128 < others.height(), "{} {}", own.height(), others.height());
    miners.network_mut().set_stopped(PeerId(2), false);
    settle(&mut miners, 331);
    assert_sound(&miners);
}

/// A payment of an account's first mature coin.
fn payment(miner: &Miner, key: &SigningKey, to: KeyHash, fee: u64) -> OwnedTransaction {
    let account = KeyHash::of(key.verifying_key());
    let next = miner.height() + 1;
    let mut coins = miner.ledger().coins_of(account);
    let (outpoint, coin) = coins.find(|(_, coin)| coin.is_mature(next)).unwrap();
    pay(outpoint, coin.value, key, to, coin.value - fee)
}

fn pay(
    outpoint: Outpoint,
    spent: u64,
    key: &SigningKey,
    to: KeyHash,
    value: u64,
) -> OwnedTransaction {
    let sequence = 0xffff_fffd;
    let input = OwnedInput { outpoint, script: vec![], sequence, witness: vec![] };
    let outputs = vec![OwnedOutput { value, script: to.script() }];
    let mut paid = OwnedTransaction { version: 2, inputs: vec![input], outputs, lock_time: 0 };
    sign_input(&mut paid, 0, spent, key);
    paid
}

#[test]
fn payments_reach_every_ledger_and_bad_ones_are_refused_by_name() {
    let mut miners = miners(7, 300);
    settle(&mut miners, 301);
    let (alice, bob) = (developer_key("pow", "alice", 7), developer_key("pow", "bob", 7));
    let to = KeyHash::of(bob.verifying_key());
    let miner = miners.miner(PeerId(0)).unwrap();
    let good = payment(miner, &alice, to, 1_000);
    // Bob passes on what he has not got confirmed yet.
    let outpoint = Outpoint { txid: good.txid(), index: 0 };
    let value = good.outputs[0].value;
    let chained = pay(outpoint, value, &bob, to, value - 1_000);
    let now = at(421);
    miners.advance(now);
    for tx in [&good, &chained] {
        let accepted = miners.submit(PeerId(0), &tx.to_bytes(), now).unwrap();
        assert_eq!(accepted, Ok(tx.txid()));
    }
    let mut refuse = |change: &dyn Fn(&mut OwnedTransaction)| {
        let mut tx = payment(miners.miner(PeerId(1)).unwrap(), &alice, to, 1_000);
        change(&mut tx);
        match miners.submit(PeerId(1), &tx.to_bytes(), now).unwrap() {
            Err(SubmitError::Mempool(error)) => error.to_string(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refuse(&|t| t.outputs[0].value += 2_000), "bad-txns-in-belowout");
    assert_eq!(refuse(&|t| t.outputs[0].script.push(0)), "scriptpubkey");
    assert_eq!(refuse(&|t| t.lock_time = 1_000_000), "bad-txns-nonfinal");
    assert_eq!(refuse(&|t| t.inputs[0].sequence = 1), "non-BIP68-final");
    assert_eq!(refuse(&|t| t.inputs[0].outpoint.index = 9), "bad-txns-inputs-missingorspent");
    assert_eq!(refuse(&|t| t.inputs.push(t.inputs[0].clone())), "bad-txns-inputs-duplicate");
    assert_eq!(refuse(&|t| t.outputs[0].value = u64::MAX), "bad-txns-vout-toolarge");
    let forged = refuse(&|t| t.outputs[0].value -= 1);
    assert!(forged.starts_with("mempool-script-verify-flag-failed"), "{forged}");
    let twice = pay(good.inputs[0].outpoint, value + 1_000, &alice, to, value - 5);
    let refused = miners.submit(PeerId(0), &twice.to_bytes(), now).unwrap();
    assert_eq!(refused, Err(SubmitError::Mempool(MempoolError::Conflict)));
    miners.advance(at(450));
    settle(&mut miners, 451);
    for miner in miners.miners() {
        assert!(miner.mempool().is_empty());
        let coins: Vec<_> = miner.ledger().coins_of(to).map(|(o, c)| (o.txid, c.value)).collect();
        assert_eq!(coins, [(chained.txid(), value - 1_000)]);
    }
    assert_sound(&miners);
}

#[test]
fn new_coins_rest_and_fees_are_owed() {
    let mut miners = miners(8, 40);
    settle(&mut miners, 41);
    let alice = developer_key("pow", "alice", 8);
    let account = KeyHash::of(alice.verifying_key());
    let miner = miners.miner(PeerId(0)).unwrap();
    let (outpoint, coin) = miner.ledger().coins_of(account).next().unwrap();
    let early = pay(outpoint, coin.value, &alice, account, coin.value);
    let refused = miners.submit(PeerId(0), &early.to_bytes(), at(160)).unwrap();
    let expected = MempoolError::Transaction(TransactionError::PrematureSpend);
    assert_eq!(refused, Err(SubmitError::Mempool(expected)));
    miners.advance(at(400));
    let refused = miners.submit(PeerId(0), &early.to_bytes(), at(400)).unwrap();
    assert!(matches!(refused, Err(SubmitError::Mempool(MempoolError::FeeTooLow { got: 0, .. }))));
    let refused = miners.submit(PeerId(0), b"no transaction", at(400)).unwrap();
    assert!(matches!(refused, Err(SubmitError::Decode(_))));
}

/// Gives a changed block the root of its transactions, and work again.
fn mine_again(block: &mut Block) {
    block.header.merkle_root = block.merkle_root().unwrap();
    let target = block.header.bits.expand().target;
    while !target.is_met_by(&block.header.hash()) {
        block.header.nonce = block.header.nonce.wrapping_add(1);
    }
}

fn coinbase(block: &mut Block) -> &mut OwnedTransaction {
    &mut block.transactions[0]
}

#[test]
fn each_rule_of_a_block_refuses_by_its_name() {
    let mut miners = miners(9, 60);
    settle(&mut miners, 61);
    let rules = miners.rules();
    let block = miners.miner(PeerId(0)).unwrap().blocks().nth(1).unwrap().clone();
    let verdict = |change: &dyn Fn(&mut Block)| {
        let mut block = block.clone();
        change(&mut block);
        mine_again(&mut block);
        let mut ledger = genesis(rules);
        let before = ledger.coins().clone();
        let refused = check_block(&block, 1)
            .and_then(|()| ledger.connect(&block, rules.genesis().header.time).map(drop));
        assert!(refused.is_ok() || ledger.coins() == &before);
        refused.map_or_else(|error| error.to_string(), |()| "accepted".into())
    };
    assert_eq!(verdict(&|_| ()), "accepted");
    assert_eq!(verdict(&|b| coinbase(b).outputs[0].value += 1), "bad-cb-amount");
    assert_eq!(verdict(&|b| coinbase(b).inputs[0].script[0] += 1), "bad-cb-height");
    assert_eq!(verdict(&|b| coinbase(b).inputs[0].script.resize(101, 0)), "bad-cb-length");
    assert_eq!(verdict(&|b| coinbase(b).lock_time += 1), "bad-cb-locktime");
    assert_eq!(verdict(&|b| coinbase(b).inputs[0].sequence += 1), "bad-cb-locktime");
    assert_eq!(verdict(&|b| coinbase(b).outputs[0].script = vec![0x51]), "bad-cb-output");
    assert_eq!(verdict(&|b| coinbase(b).outputs[1].script[20] ^= 1), "bad-cb-state-root");
    assert_eq!(
        verdict(&|b| {
            let twice = coinbase(b).outputs[1].clone();
            coinbase(b).outputs.insert(2, twice);
        }),
        "bad-cb-state-root"
    );
    assert_eq!(verdict(&|b| coinbase(b).outputs.swap(0, 1)), "bad-cb-state-root");
    assert_eq!(verdict(&|b| coinbase(b).outputs[2].script[20] ^= 1), "bad-witness-merkle-match");
    assert_eq!(verdict(&|b| coinbase(b).inputs[0].witness[0][0] = 1), "bad-witness-nonce-size");
    assert_eq!(verdict(&|b| coinbase(b).inputs[0].outpoint.index = 0), "bad-cb-missing");
    assert_eq!(verdict(&|b| b.transactions.push(b.transactions[0].clone())), "bad-txns-duplicate");
    let mut other_root = block.clone();
    other_root.header.merkle_root.0[0] ^= 1;
    assert_eq!(check_block(&other_root, 1).unwrap_err().to_string(), "bad-txnmrklroot");
}

#[test]
fn a_forged_block_is_not_followed_and_stops_nobody() {
    let mut miners = miners(10, 30);
    settle(&mut miners, 31);
    let miner = miners.miner(PeerId(0)).unwrap();
    let mut forged = miner.blocks().last().unwrap().clone();
    // A rival of the tip that mints too much, and another with a body that is not its header's.
    forged.transactions[0].outputs[0].value += 1;
    let mut foreign = forged.clone();
    mine_again(&mut forged);
    foreign.transactions[0].lock_time += 1;
    for block in [&forged, &foreign] {
        let message = Message::Block(block.to_bytes().into());
        miners.network_mut().send(PeerId(3), PeerId(0), message, at(151));
    }
    let noise = Message::Block(b"noise"[..].into());
    miners.network_mut().send(PeerId(3), PeerId(0), noise, at(151));
    miners.advance(at(240));
    settle(&mut miners, 241);
    let hash = forged.header.hash();
    for miner in miners.miners() {
        assert!(miner.blocks().all(|block| block.header.hash() != hash));
    }
    assert_sound(&miners);
}

#[test]
fn what_is_undone_leaves_no_trace() {
    let mut miners = miners(11, 60);
    settle(&mut miners, 61);
    let mut ledger = genesis(miners.rules());
    let mut before = Vec::new();
    for block in miners.miner(PeerId(0)).unwrap().blocks().skip(1) {
        let state = (ledger.coins().clone(), ledger.state_root(), ledger.height());
        before.push((state, ledger.connect(block, u32::MAX).unwrap()));
    }
    for (state, undo) in before.into_iter().rev() {
        assert!(ledger.disconnect(undo));
        assert_eq!((ledger.coins().clone(), ledger.state_root(), ledger.height()), state);
    }
}
