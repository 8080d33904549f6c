//! The chain over its RPC, without anything else around it.

use std::collections::BTreeMap;

use causeway_chain::{Method, Request};
use serde_json::{Value, json};

use super::*;

const START: Timestamp = Timestamp::from_nanos(1_795_000_000_000_000_000);

fn after(millis: u64) -> Timestamp {
    START.saturating_add(Duration::from_millis(millis))
}

fn open(seed: u64) -> CometbftChain {
    let (config, disk) = (Config::new(seed).unwrap(), BTreeMap::new());
    CometbftChain::open(config, ClientRegistry::default(), &disk, START).unwrap()
}

fn call(chain: &mut CometbftChain, method: &str, params: &Value) -> Value {
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let request = Request {
        method: Method::Post,
        path: "/".into(),
        query: String::new(),
        headers: vec![],
        body: call.to_string().into_bytes(),
        upgrade: false,
        session: SessionId(0),
    };
    match chain.request(Listener(0), &request, chain.now) {
        Answer::Now(response) => serde_json::from_slice(&response.body).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_first_block_is_there_within_a_blink() {
    let mut chain = open(1);
    chain.advance(after(100));
    assert_eq!(chain.summary().head, 1);
    assert_eq!(chain.summary().network_id, "cosmos:causeway-pbft-1");
    assert_eq!(chain.summary().participants, (4, 4));
    let status = call(&mut chain, "status", &json!({}));
    assert_eq!(status["result"]["sync_info"]["latest_block_height"], "1", "{status}");
    chain.advance(after(10_000));
    assert!((9..=10).contains(&chain.summary().head), "{}", chain.summary().head);
}

#[test]
fn an_idle_block_takes_few_deadlines_and_few_bytes() {
    let mut chain = open(2);
    chain.advance(after(1_000));
    chain.take_writes();
    let (mut wakes, mut bytes, head) = (0, 0, chain.summary().head);
    while let Some(due) = chain.next_deadline().filter(|due| *due < after(21_000)) {
        chain.advance(due);
        wakes += 1;
        let writes = chain.take_writes();
        bytes +=
            writes.iter().filter_map(|write| write.value.as_ref()).map(Vec::len).sum::<usize>();
    }
    let blocks = usize::try_from(chain.summary().head - head).unwrap();
    assert!((18..=20).contains(&blocks), "{blocks}");
    assert!(wakes / blocks < 12, "{wakes} wakes");
    assert!(bytes / blocks < 40_000, "{bytes} bytes");
}

#[test]
fn one_configuration_gives_one_chain() {
    let hashes = |seed| {
        let mut chain = open(seed);
        chain.advance(after(5_000));
        call(&mut chain, "block", &json!({}))["result"]["block_id"].clone()
    };
    assert_eq!(hashes(3), hashes(3));
    assert_ne!(hashes(3), hashes(4));
}
