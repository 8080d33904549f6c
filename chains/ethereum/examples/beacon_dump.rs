//! Runs a beacon chain for some slots and writes what it made as SSZ files, for the executable
//! specification to judge: `beacon_dump DIRECTORY [SLOTS [faults]]`. With `faults` a third of the
//! validators is silent in the second quarter of the time, and a node is stopped in the third.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a tool for the command line"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use causeway_chain::{Answer, Fault, Method, Request, SessionId};
use causeway_chain_ethereum::beacon::chain::{BeaconChain, Config};
use causeway_chain_ethereum::engine::EmptyEngine;
use causeway_chain_ethereum::ssz::Ssz;
use causeway_core::Timestamp;
use ssz::Encode;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().expect("beacon_dump DIRECTORY [SLOTS [faults]]");
    let slots: u64 = arguments.next().map_or(200, |slots| slots.parse().expect("a number"));
    let has_faults = arguments.next().is_some_and(|word| word == "faults");
    let started = Instant::now();
    let calm = if has_faults { slots / 4 } else { slots };
    let config = Config { backdated_slots: calm, ..Config::default() };
    let now = Timestamp::from_secs(1_800_000_000).expect("a time of this age");
    let mut chain = BeaconChain::new(config, EmptyEngine::default(), &BTreeMap::new(), now)
        .expect("the parameters are good");
    let faults = [Fault::StopFinality, Fault::Resume, Fault::Stop { count: 1 }, Fault::Resume];
    let times =
        [0, calm, calm, calm * 2].map(|slots| now.saturating_add(Duration::from_secs(slots)));
    for (fault, time) in faults.iter().zip(times).take(if has_faults { 4 } else { 0 }) {
        println!("{}", chain.inject(fault, time).expect("the chain has these faults"));
    }
    if has_faults {
        chain.advance(now.saturating_add(Duration::from_secs(calm * 3)));
    }
    println!("{slots} slots in {:?}", started.elapsed());
    dump(&mut chain, Path::new(&directory))
}

fn dump(chain: &mut BeaconChain<EmptyEngine>, directory: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    std::fs::write(directory.join("spec.json"), spec(chain))?;
    let write = |name: String, bytes: Vec<u8>| std::fs::write(directory.join(name), bytes);
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
fn spec(chain: &mut BeaconChain<EmptyEngine>) -> Vec<u8> {
    let request = Request {
        method: Method::Get,
        path: "/eth/v1/config/spec".into(),
        query: String::new(),
        headers: Vec::new(),
        body: Vec::new(),
        upgrade: false,
        session: SessionId(0),
    };
    match chain.request(&request) {
        Answer::Now(response) => response.body,
        _ => Vec::new(),
    }
}
