//! The proof-of-work chain, read by the `bitcoin` crate, followed by our own light client.

use std::collections::BTreeMap;

use bitcoin::consensus::{deserialize, serialize};
use bitcoin::hashes::Hash;
use causeway_chain::developer_key;
use causeway_chain::{Answer, Chain as _, Listener, Method, Request, SessionId};
use causeway_chain_bitcoin::{BitcoinChain, COMMITMENT_MAGIC, Config};
use causeway_client_bitcoin::{
    Anchor, Chain, MEDIAN_SPAN, Outpoint, Transaction, committed_state_root,
};
use causeway_client_registry::all;
use causeway_core::Timestamp;
use causeway_ics23::iavl_spec;
use causeway_wire_bitcoin::{
    Block, KeyHash, OwnedInput, OwnedOutput, OwnedTransaction, sign_input,
};
use serde_json::{Value, json};

const SEED: u64 = 21;

fn time(secs: u64) -> Timestamp {
    Timestamp::from_secs(1_800_000_000 + secs).unwrap()
}

fn call(chain: &mut BitcoinChain, method: &str, params: &Value) -> Value {
    let request = Request {
        method: Method::Post,
        path: "/".into(),
        query: String::new(),
        headers: vec![],
        body: json!({ "jsonrpc": "2.0", "id": 0, "method": method, "params": params })
            .to_string()
            .into_bytes(),
        upgrade: false,
        session: SessionId(0),
    };
    let Answer::Now(response) = chain.request(Listener(0), &request, time(1)) else {
        panic!("{method} is answered at once")
    };
    let answer: Value = serde_json::from_slice(&response.body).unwrap();
    assert!(answer.get("error").is_none(), "{method}: {answer}");
    answer["result"].clone()
}

/// A chain with a payment in it, and its blocks as the RPC gives them.
fn chain_with_payment() -> (BitcoinChain, Vec<Vec<u8>>) {
    let alice = developer_key("pow", "alice", SEED);
    let account = KeyHash::of(alice.verifying_key());
    let config = Config { funded: vec![account], ..Config::new(SEED, time(0)) };
    let mut chain = BitcoinChain::open(config, all(), vec![], &BTreeMap::new(), time(0)).unwrap();
    let (outpoint, value) = {
        let miner = chain.miners().serving().unwrap();
        let (outpoint, coin) = miner.ledger().coins_of(account).min_by_key(|c| c.1.height).unwrap();
        (outpoint, coin.value)
    };
    let payment = pay(outpoint, value, account, &alice);
    call(&mut chain, "sendrawtransaction", &json!([hex::encode(payment.to_bytes())]));
    chain.advance(time(40));
    let count = call(&mut chain, "getblockcount", &json!([])).as_u64().unwrap();
    let blocks = (0..=count).map(|height| {
        let hash = call(&mut chain, "getblockhash", &json!([height]));
        let block = call(&mut chain, "getblock", &json!([hash, 0]));
        hex::decode(block.as_str().unwrap()).unwrap()
    });
    let blocks = blocks.collect();
    (chain, blocks)
}

fn pay(
    outpoint: Outpoint,
    value: u64,
    to: KeyHash,
    key: &k256::ecdsa::SigningKey,
) -> OwnedTransaction {
    let input = OwnedInput { outpoint, script: vec![], sequence: u32::MAX, witness: vec![] };
    let outputs = vec![OwnedOutput { value: value - 1000, script: to.script() }];
    let mut payment = OwnedTransaction { version: 2, inputs: vec![input], outputs, lock_time: 0 };
    sign_input(&mut payment, 0, value, key);
    payment
}

#[test]
fn the_bitcoin_crate_reads_every_block() {
    let (chain, blocks) = chain_with_payment();
    let mut previous = None;
    let mut payments = 0;
    for (height, bytes) in (0_u32..).zip(&blocks) {
        let block: bitcoin::Block = deserialize(bytes).unwrap();
        assert_eq!(&serialize(&block), bytes);
        assert!(block.check_merkle_root());
        assert!(block.check_witness_commitment());
        block.header.validate_pow(block.header.target()).unwrap();
        if let Some(previous) = previous {
            assert_eq!(block.header.prev_blockhash, previous);
            assert!(block.txdata[0].is_coinbase());
            assert_eq!(block.txdata[0].lock_time.to_consensus_u32(), height - 1);
        }
        if height > 16 {
            assert_eq!(block.bip34_block_height(), Ok(u64::from(height)));
        }
        let own = Block::from_bytes(bytes).unwrap();
        assert_eq!(block.weight().to_wu(), own.weight() as u64);
        for (theirs, ours) in block.txdata.iter().zip(&own.transactions) {
            assert_eq!(theirs.compute_txid().to_byte_array(), ours.txid().0);
            assert_eq!(theirs.compute_wtxid().to_byte_array(), ours.wtxid().0);
        }
        payments += block.txdata.len() - 1;
        previous = Some(block.block_hash());
    }
    assert_eq!(payments, 1);
    let tip = chain.miners().serving().unwrap().tip_hash();
    assert_eq!(previous.unwrap().to_byte_array(), tip.0);
}

#[test]
fn the_light_client_follows_and_the_state_is_provable() {
    let (chain, blocks) = chain_with_payment();
    let network = chain.miners().rules().network();
    let mut follower = Chain::new(network, Anchor::genesis(network)).unwrap();
    for bytes in blocks.iter().skip(1) {
        follower.extend(&[bytes[..80].try_into().unwrap()], u64::MAX).unwrap();
    }
    let miner = chain.miners().serving().unwrap();
    assert_eq!(follower.tip(), &miner.tip());
    assert_eq!(follower.tip().last_times.count(), MEDIAN_SPAN);
    let last = Block::from_bytes(blocks.last().unwrap()).unwrap();
    let coinbase = last.transactions[0].to_stripped_bytes();
    let coinbase = Transaction::from_bytes(&coinbase).unwrap();
    let root = committed_state_root(&coinbase, COMMITMENT_MAGIC, miner.height(), &mut ()).unwrap();
    let state = miner.ledger().snapshot();
    let value = state.get(b"chain").unwrap();
    let proof = state.prove(b"chain").unwrap();
    proof.verify_membership(iavl_spec(), &root.0, b"chain", value, &mut ()).unwrap();
    let absent = state.prove(b"absent").unwrap();
    absent.verify_non_membership(iavl_spec(), &root.0, b"absent", &mut ()).unwrap();
}
