//! Calls among miners: what they lock, what comes back, and blocks that try otherwise. None of them
//! needs a light client: coins are given to a contract, or the call fails.

use std::collections::BTreeMap;
use std::sync::Arc;

use causeway_chain::{
    Answer, Chain as _, Listener, Method, PeerId, Request, SessionId, developer_key,
};
use causeway_core::{Amount, ClientId, Message, RecoverClient, Timestamp};
use causeway_light_client::ClientRegistry;
use causeway_wire_bitcoin::{
    Action, Block, CALL_MAGIC, Call, KeyHash, NATIVE_DENOM, OwnedOutput, OwnedTransaction,
    Spendable, Wallet, contract_account, data_script, vault_script,
};
use serde_json::json;

use crate::coinbase::witness_commitment_script;
use crate::contracts::{Contracts, payout};
use crate::{BitcoinChain, Config, Ledger, Miner, Miners, VaultCoin, check_block};

const START: u64 = 1_800_000_000;
/// Enough for anything here.
const GAS: u64 = 200_000;

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(START + secs).unwrap()
}

fn miners(seed: u64) -> Miners {
    let mut miners = Miners::new(&Config::new(seed, at(0)), ClientRegistry::default()).unwrap();
    miners.advance(at(320));
    miners
}

fn wallet(miner: &Miner, seed: u64, name: &str) -> Wallet {
    let key = developer_key("pow", name, seed);
    let account = KeyHash::of(key.verifying_key());
    let next = miner.height() + 1;
    let coins = miner.ledger().coins_of(account).filter(|(_, coin)| coin.is_mature(next));
    Wallet::new(key, coins.map(|(outpoint, coin)| Spendable { outpoint, value: coin.value }))
}

/// Gives native coins to a contract.
fn deposit(amount: u64) -> Call {
    deposit_to("counter", amount)
}

fn deposit_to(name: &str, amount: u64) -> Call {
    let to = contract_account(name).to_vec();
    let amount = Amount::from(amount);
    let action = Action::SendTokens { to, token: NATIVE_DENOM.into(), amount };
    Call { gas_limit: GAS, action }
}

fn unknown_client() -> Call {
    let client = || ClientId::new("client-10").unwrap();
    let message = Message::RecoverClient(RecoverClient { subject: client(), substitute: client() });
    Call { gas_limit: GAS, action: message.into() }
}

fn assert_conserved(miners: &Miners) {
    for miner in miners.miners() {
        let ledger = miner.ledger();
        assert_eq!(ledger.vault().map_or(0, |vault| vault.value), ledger.owed());
        let minted: u64 = (1..=miner.height()).map(|height| miners.rules().subsidy(height)).sum();
        assert_eq!(ledger.supply(), minted);
    }
}

fn submit(miners: &mut Miners, to: u32, transaction: &OwnedTransaction, now: Timestamp) {
    let accepted = miners.submit(PeerId(to), &transaction.to_bytes(), now).unwrap();
    assert_eq!(accepted, Ok(transaction.txid()));
}

/// Goes on until all miners have one tip and wait for nothing.
fn settle(miners: &mut Miners, from: u64) -> u64 {
    for secs in from..from + 240 {
        miners.advance(at(secs));
        assert_conserved(miners);
        let mut tips = miners.miners().map(Miner::tip_hash);
        let first = tips.next();
        let is_empty = miners.miners().all(|miner| miner.mempool().is_empty());
        if is_empty && tips.all(|tip| Some(tip) == first) {
            return secs;
        }
    }
    panic!("no agreement");
}

/// The height of the block with a transaction, and what became of its call.
fn outcome(miner: &Miner, transaction: &OwnedTransaction) -> (u64, Option<String>) {
    let all = miner.ledger().executed_between(0..=miner.height());
    let mut found =
        all.flat_map(|(height, executed)| executed.calls().iter().map(move |call| (height, call)));
    let (height, call) = found.find(|(_, call)| call.txid == transaction.txid()).unwrap();
    (height, call.failure.as_ref().map(|failure| failure.code.clone()))
}

#[test]
fn coins_are_locked_in_one_output_and_what_failed_calls_brought_comes_back() {
    let mut miners = miners(1);
    let mut alice = wallet(miners.miner(PeerId(0)).unwrap(), 1, "alice");
    let mut bob = wallet(miners.miner(PeerId(0)).unwrap(), 1, "bob");
    let mut starved = deposit(7_000);
    starved.gas_limit = 15_000;
    let calls = [
        (alice.call(&deposit(5_000), 5_000), None),
        (bob.call(&deposit(5_000), 6_000), Some("coins_not_used")),
        (alice.call(&deposit(5_000), 0), Some("insufficient_balance")),
        (bob.call(&unknown_client(), 900), Some("signer_not_authority")),
        (alice.call(&starved, 7_000), Some("out_of_gas")),
        (bob.call(&deposit(1_000), 1_000), None),
    ];
    let calls = calls.map(|(transaction, code)| (transaction.unwrap(), code));
    for (transaction, _) in &calls {
        submit(&mut miners, 0, transaction, at(321));
    }
    settle(&mut miners, 321);
    let miner = miners.miner(PeerId(2)).unwrap();
    for (transaction, expected) in &calls {
        let (height, code) = outcome(miner, transaction);
        assert_eq!(code.as_deref(), *expected);
        let block = miner.block(&miner.hash_at(height).unwrap()).unwrap().1;
        let last = block.transactions.last().unwrap();
        let vault = Call::of(transaction).unwrap().unwrap().vault;
        if let (Some(_), Some((_, value))) = (expected, vault) {
            let back = transaction.outputs.last().unwrap().script.clone();
            assert!(last.outputs.contains(&OwnedOutput { value, script: back }));
        }
    }
    assert_eq!(miner.ledger().vault().unwrap().value, 6_000);
}

/// Gives a changed block the commitments of its transactions, and work again.
fn mine_again(block: &mut Block) {
    let others = block.transactions.split_off(1);
    if let Some(last) = block.transactions[0].outputs.last_mut() {
        last.script = witness_commitment_script(&others);
    }
    block.transactions.extend(others);
    block.header.merkle_root = block.merkle_root().unwrap();
    let target = block.header.bits.expand().target;
    while !target.is_met_by(&block.header.hash()) {
        block.header.nonce = block.header.nonce.wrapping_add(1);
    }
}

/// The state before a height, by carrying out the chain from its beginning.
fn ledger_before(miners: &Miners, height: u64) -> (Ledger, u32) {
    let miner = miners.miner(PeerId(0)).unwrap();
    let contracts = Arc::new(Contracts::new(ClientRegistry::default(), 2).unwrap());
    let mut ledger = Ledger::genesis(contracts, miners.rules()).unwrap();
    let median = |height| {
        let hash = miner.hash_at(height).unwrap();
        miner.block(&hash).unwrap().0.last_times.median()
    };
    for (below, block) in (0..).zip(miner.blocks().skip(1)).take_while(|(h, _)| h + 1 < height) {
        ledger.connect(block, median(below)).unwrap();
    }
    (ledger, median(height - 1))
}

/// A chain in which `first` came into a block, and then `second` into a later one, whose height it
/// gives.
fn chain_with_two_calls() -> (Miners, OwnedTransaction, u64) {
    let mut miners = miners(2);
    let mut alice = wallet(miners.miner(PeerId(0)).unwrap(), 2, "alice");
    let first = alice.call(&deposit(5_000), 5_000).unwrap();
    submit(&mut miners, 0, &first, at(321));
    let now = settle(&mut miners, 321);
    // One that locks coins, and gets others back.
    let second = alice.call(&deposit(300), 700).unwrap();
    submit(&mut miners, 0, &second, at(now + 1));
    settle(&mut miners, now + 1);
    let (height, code) = outcome(miners.miner(PeerId(0)).unwrap(), &second);
    assert_eq!(code.as_deref(), Some("coins_not_used"));
    (miners, second, height)
}

#[test]
fn each_rule_of_calls_and_payouts_refuses_a_block_by_its_name() {
    let (miners, call, height) = chain_with_two_calls();
    let miner = miners.miner(PeerId(0)).unwrap();
    let block = miner.block(&miner.hash_at(height).unwrap()).unwrap().1.clone();
    assert_eq!(block.transactions.len(), 3);
    let (before, median_time) = ledger_before(&miners, height);
    let verdict = |change: &dyn Fn(&mut Block)| {
        let mut block = block.clone();
        change(&mut block);
        mine_again(&mut block);
        let mut ledger = before.clone();
        let refused = check_block(&block, height)
            .and_then(|()| ledger.connect(&block, median_time).map(drop));
        assert!(refused.is_ok() || ledger == before);
        refused.map_or_else(|error| error.to_string(), |()| "accepted".into())
    };
    let last = |block: &mut Block| block.transactions.pop().unwrap();
    let payout = |block: &mut Block| block.transactions.last_mut().unwrap().outputs.clone();
    assert_eq!(verdict(&|_| ()), "accepted");
    assert_eq!(verdict(&|b| drop(last(b))), "bad-payout");
    assert_eq!(verdict(&|b| b.transactions[2].outputs[0].value += 1), "bad-payout");
    assert_eq!(verdict(&|b| b.transactions[2].outputs.reverse()), "bad-payout");
    assert_eq!(verdict(&|b| b.transactions[2].outputs[1].value -= 1), "bad-payout");
    assert_eq!(verdict(&|b| drop(b.transactions[2].outputs.remove(0))), "bad-payout");
    assert_eq!(verdict(&|b| drop(b.transactions[2].inputs.remove(0))), "bad-payout");
    assert_eq!(verdict(&|b| b.transactions[2].lock_time = 1), "bad-payout");
    assert_eq!(verdict(&|b| b.transactions[2].inputs[0].sequence = 0), "bad-payout");
    let other_witness = verdict(&|b| b.transactions[2].inputs[0].witness.push(vec![]));
    assert_eq!(other_witness, "bad-payout");
    // A second payout in the place of an ordinary transaction.
    let doubled = verdict(&|b| {
        let mut twice = b.transactions[2].clone();
        twice.outputs = payout(b).into_iter().rev().collect();
        b.transactions.insert(2, twice);
    });
    assert_eq!(doubled, "bad-vault-output");
    let robbed = verdict(&|b| {
        let mut robbery = b.transactions[2].clone();
        robbery.outputs = vec![OwnedOutput { value: 5_000, script: KeyHash([1; 20]).script() }];
        b.transactions.insert(2, robbery);
    });
    assert_eq!(robbed, "bad-txns-inputs-missingorspent");
    assert_eq!(verdict(&|b| b.transactions.swap(1, 2)), "bad-vault-output");
    // A call that is left out while its effects stay, and the other way round.
    assert_eq!(verdict(&|b| drop(b.transactions.remove(1))), "bad-payout");
    let pays_vault = OwnedOutput { value: 1, script: vault_script() };
    let coinbase = verdict(&|b| b.transactions[0].outputs.insert(2, pays_vault.clone()));
    assert_eq!(coinbase, "bad-cb-output");
    let magic = OwnedOutput { value: 0, script: data_script(&CALL_MAGIC) };
    let coinbase = verdict(&|b| b.transactions[0].outputs.insert(2, magic.clone()));
    assert_eq!(coinbase, "bad-cb-output");
    let twice = verdict(&|b| b.transactions.insert(2, call.clone()));
    assert_eq!(twice, "bad-txns-duplicate");
}

#[test]
fn nobody_moves_the_vault_where_no_payout_is_due() {
    let (mut miners, _, height) = chain_with_two_calls();
    let mut now = 700;
    while miners.miner(PeerId(0)).unwrap().height() <= height {
        now += 1;
        miners.advance(at(now));
    }
    let miner = miners.miner(PeerId(0)).unwrap();
    let (mut ledger, median_time) = ledger_before(&miners, height + 1);
    let vault: VaultCoin = ledger.vault().unwrap();
    let mut block = miner.block(&miner.hash_at(height + 1).unwrap()).unwrap().1.clone();
    let mut idle = payout(Some(vault), &[vault], &[]).unwrap().unwrap();
    idle.inputs.truncate(1);
    idle.outputs[0].value = vault.value;
    block.transactions.push(idle);
    mine_again(&mut block);
    check_block(&block, height + 1).unwrap();
    let refused = ledger.connect(&block, median_time).unwrap_err();
    assert_eq!(refused.to_string(), "bad-payout");
}

#[test]
fn calls_are_refused_at_the_door_by_name() {
    let mut miners = miners(3);
    let now = at(321);
    miners.advance(now);
    let key = developer_key("pow", "alice", 3);
    let mut refuse = |call: &Call, change: &dyn Fn(&mut OwnedTransaction)| {
        let mut alice = wallet(miners.miner(PeerId(0)).unwrap(), 3, "alice");
        let mut transaction = alice.call(call, 0).unwrap();
        let value = alice.coins().iter().map(|coin| coin.value).sum::<u64>();
        assert!(value > 0);
        change(&mut transaction);
        let spent = 5_000_000_000;
        causeway_wire_bitcoin::sign_input(&mut transaction, 0, spent, &key);
        let outcome = miners.submit(PeerId(0), &transaction.to_bytes(), now).unwrap();
        outcome.unwrap_err().to_string()
    };
    let good = unknown_client();
    let mut greedy = unknown_client();
    greedy.gas_limit = 100_000_001;
    assert_eq!(refuse(&greedy, &|_| ()), "bad-call-gas, 100000001 > 100000000");
    let cheap = refuse(&good, &|t| t.outputs.last_mut().unwrap().value += 50);
    assert!(cheap.starts_with("bad-call-fee"), "{cheap}");
    let malformed = refuse(&good, &|t| t.outputs[0].script[7] ^= 0x40);
    assert!(malformed.starts_with("bad-call, malformed bitcoin_call"), "{malformed}");
    let trailing = refuse(&good, &|t| t.outputs[0].script.push(0));
    assert!(trailing.starts_with("bad-call, "), "{trailing}");
    let two = refuse(&good, &|t| t.outputs.push(t.outputs[0].clone()));
    assert_eq!(two, "bad-call, malformed bitcoin_call: more than one OP_RETURN output");
    let locked = refuse(&good, &|t| {
        t.outputs[0] = OwnedOutput { value: 1, script: vault_script() };
    });
    assert_eq!(locked, "bad-vault-output");
}

#[test]
fn a_reorganisation_undoes_calls_and_carries_them_out_again() {
    let mut miners = miners(4);
    let mut alice = wallet(miners.miner(PeerId(0)).unwrap(), 4, "alice");
    let mut bob = wallet(miners.miner(PeerId(0)).unwrap(), 4, "bob");
    let before = alice.call(&deposit(1_000), 1_000).unwrap();
    submit(&mut miners, 0, &before, at(321));
    let mut now = settle(&mut miners, 321);
    // One miner hears of a call that the others do not, and mines it on its own.
    miners.network_mut().partition([(PeerId(3), 1)]);
    let apart = alice.call(&deposit(20_000), 20_000).unwrap();
    submit(&mut miners, 3, &apart, at(now));
    let common = bob.call(&deposit(300_000), 300_000).unwrap();
    submit(&mut miners, 0, &common, at(now));
    while miners.miner(PeerId(3)).unwrap().ledger().vault().unwrap().value != 21_000 {
        now += 1;
        miners.advance(at(now));
        assert_conserved(&miners);
    }
    let (first, _) = outcome(miners.miner(PeerId(3)).unwrap(), &apart);
    miners.advance(at(now + 40));
    miners.network_mut().heal();
    settle(&mut miners, now + 41);
    let alone = miners.miner(PeerId(3)).unwrap();
    assert!(alone.reorganisations() > 0);
    for miner in miners.miners() {
        assert_eq!(miner.ledger(), alone.ledger());
        assert_eq!(miner.ledger().vault().unwrap().value, 321_000);
    }
    let (second, code) = outcome(alone, &apart);
    assert_eq!(code, None);
    assert!(second > first, "{second} after {first}");
    let all = alone.ledger().executed_between(0..=alone.height());
    let count = all.flat_map(|(_, e)| e.calls()).filter(|call| call.txid == apart.txid()).count();
    assert_eq!(count, 1);
}

fn send(chain: &mut BitcoinChain, transaction: &OwnedTransaction, now: Timestamp) {
    let hex = hex::encode(transaction.to_bytes());
    let call = json!({ "method": "sendrawtransaction", "params": [hex, 0] });
    let request = Request {
        method: Method::Post,
        path: "/".into(),
        query: String::new(),
        headers: Vec::new(),
        body: call.to_string().into_bytes(),
        upgrade: false,
        session: SessionId(0),
    };
    let Answer::Now(response) = chain.request(Listener(0), &request, now) else { panic!("waits") };
    assert_eq!(response.status, 200, "{}", String::from_utf8_lossy(&response.body));
}

#[test]
fn a_restart_finds_the_same_state_and_carries_nothing_out_again() {
    type Disk = BTreeMap<Vec<u8>, Vec<u8>>;
    let open = |disk: &Disk, secs: u64| {
        let config = Config::new(6, Timestamp::from_nanos(0));
        let clients = ClientRegistry::default();
        BitcoinChain::open(config, clients, Vec::new(), disk, at(secs)).unwrap()
    };
    let mut disk = Disk::new();
    let mut chain = open(&disk, 0);
    let mut alice = wallet(chain.miners().miner(PeerId(0)).unwrap(), 6, "alice");
    for secs in 1..60 {
        // Several in a block, whose entries come in no order; every other one fails.
        for number in (0..5).filter(|_| secs % 10 == 1) {
            let call = deposit_to(&format!("{secs}/{number}"), secs);
            let call = alice.call(&call, secs + number % 2).unwrap();
            send(&mut chain, &call, at(secs));
        }
        chain.advance(at(secs));
        for write in chain.take_writes() {
            disk.insert(write.key, write.value.unwrap());
        }
    }
    let restored = open(&disk, 100);
    assert_eq!(restored.miners().contracts().steps_in_memory(), 0);
    for miner in chain.miners().miners() {
        let again = restored.miners().miners().find(|again| again.tip_hash() == miner.tip_hash());
        let again = again.unwrap_or_else(|| restored.miners().miner(PeerId(0)).unwrap());
        assert!(again.height() >= miner.height());
        for height in 0..=miner.height().min(again.height()) {
            let of = |miner: &Miner| {
                let executed = Arc::clone(miner.ledger().executed(height).unwrap());
                (miner.hash_at(height), executed)
            };
            let ((own, executed), (other, replayed)) = (of(miner), of(again));
            if own == other {
                assert_eq!(executed.calls(), replayed.calls());
                assert_eq!(executed.payments(), replayed.payments());
                assert_eq!(executed.snapshot().root_hash(), replayed.snapshot().root_hash());
            }
        }
    }
    assert_conserved(restored.miners());
    // Without what was written down, the calls are carried out.
    let blocks: Disk = disk.into_iter().filter(|(key, _)| !key.starts_with(b"calls/")).collect();
    let executed = open(&blocks, 100);
    assert!(executed.miners().contracts().steps_in_memory() > 0);
    assert_eq!(
        executed.miners().miner(PeerId(0)).unwrap().ledger(),
        restored.miners().miner(PeerId(0)).unwrap().ledger()
    );
}
