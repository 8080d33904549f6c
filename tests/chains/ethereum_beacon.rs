//! The beacon chain's consensus: finality, faults of the network and of participants, forgery,
//! restarts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::{B256, b256};
use causeway_chain::{DurableWrite, Fault, FaultError, Link, PeerId};
use causeway_chain_ethereum::beacon::chain::{BeaconChain, Config, StartError};
use causeway_chain_ethereum::beacon::node::{Message, Node, SyncContribution};
use causeway_chain_ethereum::beacon::preset::SLOTS_PER_EPOCH;
use causeway_chain_ethereum::beacon::transition;
use causeway_chain_ethereum::beacon::types::{
    Attestation, BeaconState, BlsSignature, SignedBeaconBlock,
};
use causeway_chain_ethereum::engine::EmptyEngine;
use causeway_chain_ethereum::ssz::{Decode, Encode, Ssz};
use causeway_core::Timestamp;

pub(crate) type Chain = BeaconChain<EmptyEngine>;

const START_SECS: u64 = 1_800_000_000;

pub(crate) fn after(secs: u64) -> Timestamp {
    Timestamp::from_nanos((START_SECS + secs) * 1_000_000_000)
}

/// Half a second into a slot: votes are cast and heard.
pub(crate) fn mid_slot(secs: u64) -> Timestamp {
    Timestamp::from_nanos(after(secs).nanos() + 500_000_000)
}

pub(crate) fn chain_of(config: Config) -> Chain {
    BeaconChain::new(config, EmptyEngine::default(), &BTreeMap::new(), after(0)).unwrap()
}

pub(crate) fn new_chain(seed: u64) -> Chain {
    chain_of(Config { seed, ..Config::default() })
}

fn finalized(chain: &Chain) -> BTreeSet<u64> {
    chain.nodes().iter().map(|node| node.choice().finalized().epoch).collect()
}

fn heads(chain: &Chain) -> BTreeSet<B256> {
    chain.nodes().iter().map(Node::head).collect()
}

fn head_slot(node: &Node) -> u64 {
    node.block(&node.head()).unwrap().message.slot
}

/// No two nodes hold contradicting blocks final.
fn assert_safe(chain: &Chain) {
    for one in chain.nodes() {
        for other in chain.nodes() {
            let checkpoint = one.choice().finalized();
            if checkpoint.epoch <= other.choice().finalized().epoch {
                assert!(other.block(&checkpoint.root).is_some(), "{checkpoint:?}");
            }
        }
    }
}

#[test]
fn a_new_network_starts_with_finalized_epochs() {
    let mut chain = new_chain(1);
    assert_eq!(finalized(&chain), BTreeSet::from([3]));
    chain.advance(mid_slot(0));
    assert_eq!(heads(&chain).len(), 1);
    assert_eq!(head_slot(&chain.nodes()[0]), 41);
    let state = chain.nodes()[0].choice().tree.state(&chain.nodes()[0].head()).unwrap();
    assert_eq!(state.validators.len(), 64);
    assert!(chain.nodes().iter().all(|node| node.keys().len() == 16));
}

#[test]
fn the_genesis_state_is_the_one_that_the_executable_specification_hashed() {
    let root = b256!("abb3aa09f18592d35798b641da17710d34491416f76cd1e72d7d614d0231eb15");
    assert_eq!(new_chain(0).genesis().tree_root(), root);
}

#[test]
fn every_epoch_becomes_final_two_epochs_later() {
    let mut chain = new_chain(2);
    for epoch in 6..20 {
        chain.advance(mid_slot(epoch * SLOTS_PER_EPOCH - 41));
        assert_eq!(finalized(&chain), BTreeSet::from([epoch - 2]));
        assert_eq!(heads(&chain).len(), 1);
    }
}

#[test]
fn one_seed_gives_one_history_and_another_another() {
    let head = |seed| {
        let mut chain = new_chain(seed);
        chain.advance(mid_slot(20));
        chain.nodes()[0].head()
    };
    assert_eq!(head(3), head(3));
    assert_ne!(head(3), head(4));
}

#[test]
fn a_state_is_a_beacon_state_of_its_fork() {
    let mut chain = new_chain(5);
    chain.advance(mid_slot(30));
    let node = &chain.nodes()[0];
    let state = node.choice().tree.state(&node.head()).unwrap();
    let bytes = state.as_ssz_bytes();
    let decoded = BeaconState::from_ssz_bytes(&bytes).unwrap();
    assert_eq!(decoded, *state);
    assert_eq!(decoded.tree_root(), node.block(&node.head()).unwrap().message.state_root);
    assert!(BeaconState::from_ssz_bytes(&bytes[1..]).is_err());
    let block = node.block(&node.head()).unwrap();
    let bytes = block.as_ssz_bytes();
    assert_eq!(SignedBeaconBlock::from_ssz_bytes(&bytes).unwrap(), **block);
    assert_eq!(block.message.header().tree_root(), block.message.tree_root());
}

#[test]
fn lists_and_vectors_hash_as_tree_hash_says() {
    let mut chain = new_chain(19);
    chain.advance(mid_slot(9));
    let node = &chain.nodes()[0];
    let state = node.choice().tree.state(&node.head()).unwrap();
    let vector = |bytes: &[u8], chunks| tree_hash::merkle_root(bytes, chunks);
    let list = |bytes: &[u8], chunks, len| {
        tree_hash::mix_in_length(&tree_hash::merkle_root(bytes, chunks), len)
    };
    assert_eq!(state.block_roots.tree_root(), vector(&state.block_roots.as_ssz_bytes(), 64));
    assert_eq!(state.randao_mixes.tree_root(), vector(&state.randao_mixes.as_ssz_bytes(), 64));
    assert_eq!(state.slashings.tree_root(), vector(&state.slashings.as_ssz_bytes(), 16));
    let lookahead = &state.proposer_lookahead;
    assert_eq!(lookahead.tree_root(), vector(&lookahead.as_ssz_bytes(), 4));
    let balances = &state.balances;
    assert_eq!(balances.tree_root(), list(&balances.as_ssz_bytes(), 1 << 38, 64));
    let flags = &state.current_epoch_participation;
    assert_eq!(flags.tree_root(), list(&flags.as_ssz_bytes(), 1 << 35, 64));
    let votes = &node.block(&node.head()).unwrap().message.body.attestations[0];
    let mut bits = votes.aggregation_bits.as_ssz_bytes();
    assert_eq!(bits.pop(), Some(1), "eight members, then the delimiter");
    assert_eq!(votes.aggregation_bits.tree_root(), list(&bits, 32, 8));
}

#[test]
fn a_silent_third_stops_finality_until_it_speaks_again() {
    let mut chain = new_chain(6);
    chain.inject(&Fault::StopFinality, after(1)).unwrap();
    chain.advance(mid_slot(16));
    let stuck = finalized(&chain);
    chain.advance(mid_slot(60));
    assert_eq!(finalized(&chain), stuck);
    assert!(chain.conditions().iter().any(|condition| condition.contains("no finality")));
    // Blocks go on all the while, and the leak weighs on the silent.
    let node = &chain.nodes()[0];
    assert_eq!(head_slot(node), 101);
    let state = node.choice().tree.state(&node.head()).unwrap();
    assert!(state.inactivity_scores[0] > 0 && state.inactivity_scores[1] == 0);
    assert!(state.balances[0] < state.balances[1]);
    chain.inject(&Fault::Resume, after(61)).unwrap();
    chain.advance(mid_slot(100));
    assert!(*finalized(&chain).first().unwrap() >= 15, "{:?}", finalized(&chain));
    assert_eq!(chain.conditions(), Vec::<String>::new());
}

#[test]
fn a_partition_finalizes_nothing_and_heals() {
    for seed in 7..9 {
        let mut chain = new_chain(seed);
        chain.inject(&Fault::Partition, after(3)).unwrap();
        chain.advance(mid_slot(20));
        let stuck = finalized(&chain);
        chain.advance(mid_slot(50));
        assert_eq!(finalized(&chain), stuck, "seed {seed}");
        assert_eq!(heads(&chain).len(), 2, "seed {seed}");
        chain.inject(&Fault::Resume, after(51)).unwrap();
        chain.advance(mid_slot(90));
        assert_eq!(heads(&chain).len(), 1, "seed {seed}");
        assert!(*finalized(&chain).first().unwrap() >= 14, "seed {seed}: {:?}", finalized(&chain));
        assert_safe(&chain);
    }
}

#[test]
fn one_of_four_nodes_may_stop_and_catches_up_later() {
    let mut chain = new_chain(11);
    assert!(matches!(
        chain.inject(&Fault::Stop { count: 4 }, after(1)),
        Err(FaultError::OutOfRange { got: 4, .. })
    ));
    chain.inject(&Fault::Stop { count: 1 }, after(1)).unwrap();
    assert_eq!(chain.participants(), (3, 4));
    chain.advance(mid_slot(60));
    let running = chain.nodes()[0].choice().finalized().epoch;
    assert!(running >= 8, "{running}");
    assert!(chain.nodes()[3].choice().finalized().epoch <= 4);
    chain.inject(&Fault::Resume, after(61)).unwrap();
    chain.advance(mid_slot(90));
    assert_eq!(heads(&chain).len(), 1);
    assert_eq!(finalized(&chain).len(), 1);
}

#[test]
fn with_half_the_nodes_stopped_nothing_is_final_and_later_it_is() {
    let mut chain = new_chain(12);
    chain.inject(&Fault::Stop { count: 2 }, after(1)).unwrap();
    chain.advance(mid_slot(40));
    assert!(chain.nodes()[0].choice().finalized().epoch <= 4);
    chain.inject(&Fault::Resume, after(41)).unwrap();
    chain.advance(mid_slot(90));
    assert!(*finalized(&chain).first().unwrap() >= 13, "{:?}", finalized(&chain));
    assert_eq!(heads(&chain).len(), 1);
}

#[test]
fn losses_delays_and_doubles_are_lived_with() {
    for seed in 20..22 {
        let mut chain = new_chain(seed);
        chain.network_mut().set_link(Link {
            delay: Duration::from_millis(20),
            jitter: Duration::from_millis(250),
            lost_per_mille: 50,
            doubled_per_mille: 100,
        });
        for slot in 1..80 {
            chain.advance(after(slot));
            assert_safe(&chain);
        }
        assert!(*finalized(&chain).last().unwrap() >= 9, "seed {seed}: {:?}", finalized(&chain));
        chain.network_mut().set_link(Link::reliable(Duration::from_millis(10)));
        chain.advance(mid_slot(120));
        assert_eq!(heads(&chain).len(), 1, "seed {seed}");
        assert!(*finalized(&chain).first().unwrap() >= 17, "seed {seed}: {:?}", finalized(&chain));
    }
}

/// Forgeries of one true block's content.
fn forgeries(chain: &Chain) -> Vec<Message> {
    let node = &chain.nodes()[0];
    let block = node.block(&node.head()).unwrap();
    let spoiled = |spoil: fn(&mut SignedBeaconBlock)| {
        let mut block = SignedBeaconBlock::clone(block);
        spoil(&mut block);
        Message::Block(Arc::new(block))
    };
    let attestation = block.message.body.attestations[0].clone();
    let mut other_head = attestation.clone();
    other_head.data.beacon_block_root = block.message.parent_root;
    let mut other_signature = attestation;
    other_signature.signature = block.message.body.randao_reveal;
    let aggregate = &block.message.body.sync_aggregate;
    let contribution = SyncContribution {
        slot: block.message.slot,
        beacon_block_root: node.head(),
        bits: aggregate.sync_committee_bits,
        signature: aggregate.sync_committee_signature,
    };
    vec![
        spoiled(|block| block.signature = BlsSignature::repeat_byte(0xc0)),
        spoiled(|block| block.message.body.graffiti = B256::repeat_byte(1)),
        spoiled(|block| block.message.body.randao_reveal = block.signature),
        spoiled(|block| block.message.proposer_index ^= 1),
        spoiled(|block| block.message.slot += 1_000_000),
        spoiled(|block| block.message.parent_root = B256::repeat_byte(2)),
        Message::Attestation(Arc::new(other_head)),
        Message::Attestation(Arc::new(other_signature)),
        Message::Attestation(Arc::new(Attestation::default())),
        Message::Sync(Arc::new(contribution)),
        Message::Request(B256::repeat_byte(3)),
        Message::Blocks(vec![Arc::new(SignedBeaconBlock::default())]),
    ]
}

#[test]
fn forged_messages_change_nothing() {
    let run = |forge: bool| {
        let mut chain = new_chain(13);
        for slot in 0..40 {
            chain.advance(mid_slot(slot));
            if forge {
                for message in forgeries(&chain) {
                    let (from, to) = (PeerId(1), PeerId(2));
                    let at = mid_slot(slot);
                    chain.network_mut().send(from, to, message.clone(), at);
                    chain.network_mut().send(from, PeerId(0), message, at);
                }
            }
        }
        chain.advance(mid_slot(40));
        assert_eq!(heads(&chain).len(), 1);
        (chain.nodes()[0].head(), finalized(&chain))
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn blocks_that_break_a_rule_are_refused_with_its_name() {
    let mut chain = new_chain(14);
    chain.advance(mid_slot(5));
    let node = &chain.nodes()[0];
    let block = node.block(&node.head()).unwrap();
    let parent = node.choice().tree.state(&block.message.parent_root).unwrap();
    let refused = |spoil: fn(&mut SignedBeaconBlock)| {
        let mut block = SignedBeaconBlock::clone(block);
        spoil(&mut block);
        let mut state = transition::at_slot(&parent, block.message.slot).unwrap();
        transition::apply_block(&mut state, &block, 1).unwrap_err().to_string()
    };
    let payload =
        |block: &mut SignedBeaconBlock| block.message.body.execution_payload.timestamp += 1;
    assert!(refused(payload).contains("timestamp"));
    assert!(refused(|b| b.message.proposer_index ^= 1).contains("proposer"));
    assert!(refused(|b| b.message.parent_root = B256::ZERO).contains("parent"));
    assert!(refused(|b| b.message.state_root = B256::ZERO).contains("state root"));
    let deposits = |b: &mut SignedBeaconBlock| {
        b.message.body.deposits.push(causeway_chain_ethereum::beacon::types::Deposit::default());
    };
    assert!(refused(deposits).contains("deposits"));
    let votes = |b: &mut SignedBeaconBlock| {
        b.message.body.attestations.as_mut_slice()[0].data.index = 1;
    };
    assert!(refused(votes).contains("index is not zero"));
    let early = |b: &mut SignedBeaconBlock| {
        b.message.body.attestations.as_mut_slice()[0].data.slot = b.message.slot;
    };
    assert!(refused(early).contains("its own slot"));
}

#[test]
fn a_halted_chain_waits_and_goes_on() {
    let mut chain = new_chain(15);
    chain.inject(&Fault::Halt, mid_slot(2)).unwrap();
    assert_eq!(chain.next_deadline(), None);
    chain.advance(mid_slot(20));
    assert_eq!(head_slot(&chain.nodes()[0]), 43);
    chain.inject(&Fault::Resume, mid_slot(20)).unwrap();
    chain.advance(mid_slot(21));
    assert_eq!(head_slot(&chain.nodes()[0]), 62);
    chain.advance(mid_slot(60));
    assert!(*finalized(&chain).first().unwrap() >= 10);
}

/// Applies what a shell would make durable.
fn apply(view: &mut BTreeMap<Vec<u8>, Vec<u8>>, writes: Vec<DurableWrite>) {
    for DurableWrite { key, value } in writes {
        match value {
            Some(value) => view.insert(key, value),
            None => view.remove(&key),
        };
    }
}

#[test]
fn a_restarted_chain_goes_on_where_its_writes_left_it() {
    let mut view = BTreeMap::new();
    let config = Config { seed: 16, ..Config::default() };
    let mut chain = chain_of(config.clone());
    for restart in 1..6 {
        // At another point of a slot each time.
        let now = Timestamp::from_nanos(after(restart * 23).nanos() + restart * 190_000_000);
        chain.advance(now);
        apply(&mut view, chain.take_writes());
        let (old_heads, old_finalized) = (heads(&chain), finalized(&chain));
        let newest = chain.nodes().iter().max_by_key(|node| head_slot(node)).unwrap();
        let (head, state_root) =
            (newest.head(), newest.block(&newest.head()).unwrap().message.state_root);
        let engine = chain.engine().clone();
        chain = BeaconChain::new(config.clone(), engine, &view, now).unwrap();
        for node in chain.nodes() {
            assert!(old_heads.iter().all(|head| node.block(head).is_some()));
            assert_eq!(node.choice().tree.state(&head).unwrap().tree_root(), state_root);
        }
        assert!(finalized(&chain).last() >= old_finalized.first());
    }
    chain.advance(mid_slot(160));
    assert_eq!(heads(&chain).len(), 1);
    assert!(*finalized(&chain).first().unwrap() >= 22, "{:?}", finalized(&chain));
    let node = &chain.nodes()[0];
    assert!((0..3).all(|period| node.light().best(period).is_some()));
    assert!(node.block_at(1).is_some(), "finalized blocks are still there");
}

#[test]
fn nothing_is_signed_twice_after_a_restart() {
    let mut view = BTreeMap::new();
    let config = Config { seed: 17, ..Config::default() };
    let mut chain = chain_of(config.clone());
    chain.advance(mid_slot(7));
    apply(&mut view, chain.take_writes());
    let signed: Vec<_> = chain.nodes().iter().map(|node| node.signed().clone()).collect();
    assert!(signed.iter().all(|record| record.voted.len() == 16 && record.proposed > 0));
    let engine = chain.engine().clone();
    // The same slot again.
    let chain = BeaconChain::new(config, engine, &view, after(7)).unwrap();
    let restored: Vec<_> = chain.nodes().iter().map(|node| node.signed().clone()).collect();
    assert_eq!(restored, signed);
}

#[test]
fn spoiled_stores_and_sizes_are_refused() {
    let mut view = BTreeMap::from([(b"beacon/genesis".to_vec(), vec![1, 2, 3])]);
    let start = |config: Config, view: &BTreeMap<_, _>| {
        BeaconChain::new(config, EmptyEngine::default(), view, after(0)).map(|_| ()).unwrap_err()
    };
    assert!(matches!(start(Config::default(), &view), StartError::Stored { .. }));
    view.clear();
    apply(&mut view, new_chain(1).take_writes());
    let other_seed = Config { seed: 2, ..Config::default() };
    assert!(matches!(start(other_seed, &view), StartError::Stored { what: "genesis state", .. }));
    view.clear();
    for (nodes, validators_per_node) in [(3, 16), (4, 17), (4, 15)] {
        let config = Config { nodes, validators_per_node, ..Config::default() };
        assert!(matches!(start(config, &view), StartError::Size { .. }));
    }
}

#[test]
fn faults_of_other_families_are_named_as_such() {
    let mut chain = new_chain(18);
    for fault in [Fault::Reorg { depth: 2 }, Fault::ChangeSet { count: 1 }] {
        let refused = chain.inject(&fault, after(1));
        assert!(matches!(refused, Err(FaultError::NotHere { alias: "pos", .. })));
    }
}
