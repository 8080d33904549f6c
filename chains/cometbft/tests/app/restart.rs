//! Stopping at any moment and going on from what was written.

use causeway_chain_cometbft::app::{App, AppConfig, NATIVE_DENOM, OpenError};
use causeway_chain_cometbft::consensus::Application;
use causeway_client_cometbft::{ChainId, Time};
use causeway_wire_cometbft::msg::{Msg, Send};

use crate::net::{Net, coin, user};

fn busy_block(net: &mut Net, amount: u64) {
    let (alice, bob) = (user("alice"), user("bob"));
    let (from, to) = (alice.address.clone(), bob.address);
    let pay = Msg::Send(Send { from, to, amount: vec![coin(amount, NATIVE_DENOM)] });
    net.succeed(&alice, &[pay]);
}

#[test]
fn a_restart_changes_neither_the_state_nor_old_proofs() {
    let mut net = Net::with_window("test-1", 60);
    let bob = user("bob").address;
    for round in 1..=6_u64 {
        for amount in 1..=round * 5 {
            busy_block(&mut net, amount);
        }
        let (height, hash) = (net.height(), net.app().app_hash());
        let old: Vec<_> =
            (2..height).map(|at| net.store_query("bank", b"\0ucway", at, true)).collect();
        net.restart();
        assert_eq!(net.app().height(), height);
        assert_eq!(net.app().app_hash(), hash);
        for (at, before) in (2..height).zip(old) {
            let after = net.store_query("bank", b"\0ucway", at, true);
            assert_eq!(after.code == 0, before.code == 0, "{at} of {height}");
            if before.code == 0 {
                assert_eq!(after, before);
            }
        }
    }
    let balance = net.balance(&bob, NATIVE_DENOM);
    busy_block(&mut net, 1);
    assert_eq!(net.balance(&bob, NATIVE_DENOM), balance + 1);
    let kept = net.height() - 60;
    assert_eq!(net.store_query("bank", b"\0ucway", kept, true).code, 0);
}

#[test]
fn long_lives_leave_bounded_traces() {
    let mut net = Net::with_window("test-1", 100);
    net.blocks(500);
    busy_block(&mut net, 3);
    net.blocks(650);
    // From the snapshot at 1,000 on.
    assert!(net.store.len() < 250, "{}", net.store.len());
    let hash = net.app().app_hash();
    net.restart();
    assert_eq!(net.app().app_hash(), hash);
    let height = net.height();
    assert_eq!(net.store_query("bank", b"\0ucway", height - 100, true).code, 0);
    assert_eq!(net.store_query("bank", b"\0ucway", height - 160, true).code, 18);
    busy_block(&mut net, 4);
    let hash = net.app().app_hash();
    net.restart();
    assert_eq!(net.app().app_hash(), hash);
}

#[test]
fn a_damaged_or_foreign_store_is_refused() {
    let mut net = Net::new("test-1");
    busy_block(&mut net, 3);
    let open = |id: &str, seed, store: &std::collections::BTreeMap<_, _>| {
        let config = AppConfig::new(ChainId::new(id).unwrap(), seed);
        App::open(config, causeway_client_registry::all(), store)
    };
    open("test-1", crate::net::SEED, &net.store).unwrap();
    for (id, seed) in [("test-2", crate::net::SEED), ("test-1", 8)] {
        assert_eq!(open(id, seed, &net.store).unwrap_err(), OpenError::OtherChain);
    }
    let keys: Vec<_> =
        net.store.keys().filter(|key| key.starts_with(b"app/block/")).cloned().collect();
    for key in &keys[..keys.len() - 1] {
        let mut store = net.store.clone();
        store.remove(key);
        assert!(matches!(open("test-1", crate::net::SEED, &store), Err(OpenError::Damaged { .. })));
    }
    for key in &keys {
        let mut store = net.store.clone();
        let value = store.get_mut(key).unwrap();
        let last = value.len() - 1;
        value[last] ^= 1;
        assert!(matches!(open("test-1", crate::net::SEED, &store), Err(OpenError::Damaged { .. })));
    }
}

#[test]
fn a_block_is_executed_once_and_another_in_its_place_never() {
    let mut net = Net::new("test-1");
    busy_block(&mut net, 3);
    let height = net.height();
    let block = net.decided(height).block.clone();
    let mut other_handle = net.app().clone();
    let hash = net.app().app_hash();
    let first = other_handle.execute(&block).unwrap();
    assert_eq!(first.app_hash, hash);
    assert_eq!(first.results.len(), block.txs.len());
    assert!(net.app().take_outcomes().is_empty(), "nothing was executed again");
    let mut rival = (*block).clone();
    rival.header.time = Time::from(net.now);
    assert_eq!(other_handle.execute(&rival), None);
    let mut later = (*block).clone();
    later.header.height = height + 2;
    assert_eq!(other_handle.execute(&later), None);
    assert_eq!(net.app().app_hash(), hash);
}
