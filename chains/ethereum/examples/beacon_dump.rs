//! Runs the chain for some slots, with a transfer in each, and writes what it made as SSZ files,
//! for the executable specification to judge: `beacon_dump DIRECTORY [SLOTS [faults]]`. With
//! `faults` a third of the validators is silent in the second quarter of the time, and a node is
//! stopped in the third.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a tool for the command line"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use alloy_primitives::{Address, Bytes, U256};
use causeway_chain::{Answer, Chain as _, Fault, Method, Request, SessionId, developer_key};
use causeway_chain_ethereum::beacon::chain::Config;
use causeway_chain_ethereum::ssz::Ssz;
use causeway_chain_ethereum::{BEACON_LISTENER, EXECUTION_LISTENER, EthereumChain};
use causeway_core::Timestamp;
use causeway_light_client::ClientRegistry;
use causeway_wire_ethereum::transaction::Transaction;
use ssz::Encode;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().expect("beacon_dump DIRECTORY [SLOTS [faults]]");
    let slots: u64 = arguments.next().map_or(200, |slots| slots.parse().expect("a number"));
    let has_faults = arguments.next().is_some_and(|word| word == "faults");
    let started = Instant::now();
    let config = Config::default();
    let first = config.backdated_slots;
    let now = Timestamp::from_secs(1_800_000_000).expect("a time of this age");
    let nothing_stored = BTreeMap::new();
    let mut chain = EthereumChain::open(config, ClientRegistry::default(), &nothing_stored, now)
        .expect("the parameters are good");
    for slot in first..slots {
        let time = now.saturating_add(Duration::from_secs(slot - first));
        if let Some(fault) = fault_at(slot, slots / 4).filter(|_| has_faults) {
            println!("{}", chain.inject(&fault, time).expect("the chain has these faults"));
        }
        send(&mut chain, slot - first);
        chain.advance(time);
    }
    println!("{slots} slots in {:?}", started.elapsed());
    dump(&mut chain, Path::new(&directory))
}

/// Silence in the second quarter, a node less in the third.
fn fault_at(slot: u64, quarter: u64) -> Option<Fault> {
    match slot {
        slot if slot == quarter => Some(Fault::StopFinality),
        slot if slot == quarter * 2 => Some(Fault::Resume),
        slot if slot == quarter * 2 + 1 => Some(Fault::Stop { count: 1 }),
        slot if slot == quarter * 3 => Some(Fault::Resume),
        _ => None,
    }
}

/// A transfer, so that blocks have transactions.
fn send(chain: &mut EthereumChain, nonce: u64) {
    let config = Config::default();
    let transaction = Transaction {
        chain_id: config.chain_id,
        nonce,
        max_priority_fee_per_gas: 1_000_000_000,
        max_fee_per_gas: 20_000_000_000,
        gas_limit: 21_000,
        to: Some(Address::repeat_byte(1)),
        value: U256::from(nonce),
        input: Bytes::new(),
        access_list: Vec::new(),
    };
    let key = developer_key("pos", "alice", config.seed);
    let signed = transaction.sign(&key).expect("keys sign");
    let params = format!("[\"0x{}\"]", hex::encode(signed.encode()));
    let method = "eth_sendRawTransaction";
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
    let request = request(Method::Post, "/", body.into_bytes());
    let Answer::Now(response) =
        chain.request(EXECUTION_LISTENER, &request, Timestamp::from_nanos(0))
    else {
        return;
    };
    let answer = String::from_utf8_lossy(&response.body);
    assert!(answer.contains("result"), "{answer}");
}

fn dump(chain: &mut EthereumChain, directory: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    std::fs::write(directory.join("spec.json"), spec(chain))?;
    let write = |name: String, bytes: Vec<u8>| std::fs::write(directory.join(name), bytes);
    let chain = chain.beacon();
    let node = chain.serving().expect("a node runs");
    write("genesis_state.ssz".into(), chain.genesis().as_ssz_bytes())?;
    let head = node.head();
    let state = node.choice().tree.state(&head).expect("the head has a state");
    write("head_state.ssz".into(), state.as_ssz_bytes())?;
    for slot in 1..=node.choice().slot() {
        let Some(root) = node.block_at(slot) else { continue };
        if let Some(block) = node.block(&root) {
            write(format!("block_{slot:05}.ssz"), block.as_ssz_bytes())?;
        }
        if let Some(bootstrap) = node.light().bootstrap(&root) {
            write(format!("bootstrap_{slot:05}.ssz"), bootstrap.as_ssz_bytes())?;
        }
    }
    for period in 0.. {
        let Some(update) = node.light().best(period) else { break };
        write(format!("update_{period:05}.ssz"), update.as_ssz_bytes())?;
    }
    if let Some(update) = node.light().finality() {
        write("finality_update.ssz".into(), update.as_ssz_bytes())?;
    }
    if let Some(update) = node.light().optimistic() {
        write("optimistic_update.ssz".into(), update.as_ssz_bytes())?;
    }
    println!("head {head} with state {}", state.tree_root());
    Ok(())
}

/// The constants of the network, as the Beacon API gives them.
fn spec(chain: &mut EthereumChain) -> Vec<u8> {
    let request = request(Method::Get, "/eth/v1/config/spec", Vec::new());
    match chain.request(BEACON_LISTENER, &request, Timestamp::from_nanos(0)) {
        Answer::Now(response) => response.body,
        _ => Vec::new(),
    }
}

fn request(method: Method, path: &str, body: Vec<u8>) -> Request {
    Request {
        method,
        path: path.into(),
        query: String::new(),
        headers: Vec::new(),
        body,
        upgrade: false,
        session: SessionId(0),
    }
}
