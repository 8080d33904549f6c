//! The execution half's JSON-RPC, as clients that nobody here wrote see it.

mod blocks;
mod proofs;
mod refusals;
mod streams;

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, U256, hex};
use causeway_chain::{
    Answer, Chain as _, Listener, Method, Request, Response, SessionId, developer_key,
};
use causeway_chain_ethereum::beacon::chain::Config;
use causeway_chain_ethereum::{EXECUTION_LISTENER, EthereumChain};
use causeway_core::Timestamp;
use causeway_wire_ethereum::contracts::TOKEN_A;
use causeway_wire_ethereum::eth;
use causeway_wire_ethereum::transaction::{SignedTransaction, Transaction};
use k256::ecdsa::SigningKey;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const NOBODY: Address = Address::repeat_byte(0xbb);

type Disk = BTreeMap<Vec<u8>, Vec<u8>>;

/// Half a second into a slot: its block is there.
fn at(slot: u64) -> Timestamp {
    Timestamp::from_nanos((1_800_000_000 + slot) * 1_000_000_000 + 500_000_000)
}

fn open(disk: &Disk, slot: u64) -> EthereumChain {
    let clients = causeway_client_registry::all();
    EthereumChain::open(Config::default(), clients, disk, at(slot)).unwrap()
}

fn request(method: Method, target: &str, body: Vec<u8>) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Request {
        method,
        path: path.into(),
        query: query.into(),
        headers: vec![("content-type".into(), "application/json".into())],
        body,
        upgrade: false,
        session: SessionId(1),
    }
}

fn respond(chain: &mut EthereumChain, listener: Listener, request: &Request) -> Response {
    match chain.request(listener, request, at(0)) {
        Answer::Now(response) => response,
        other => panic!("{other:?}"),
    }
}

fn post(chain: &mut EthereumChain, body: &Value) -> Value {
    let request = request(Method::Post, "/", body.to_string().into_bytes());
    let response = respond(chain, EXECUTION_LISTENER, &request);
    assert_eq!(response.status, 200);
    serde_json::from_slice(&response.body).unwrap()
}

fn answer(chain: &mut EthereumChain, method: &str, params: Value) -> Value {
    let mut body = json!({ "jsonrpc": "2.0", "id": 1, "method": method });
    body["params"] = params;
    post(chain, &body)
}

/// The result of a call, as some client reads it.
fn call<T: DeserializeOwned>(chain: &mut EthereumChain, method: &str, params: Value) -> T {
    let answer = answer(chain, method, params);
    serde_json::from_value(answer["result"].clone())
        .unwrap_or_else(|error| panic!("{method}: {error}: {answer}"))
}

/// Code and message of the error that a call ends with.
fn refusal(chain: &mut EthereumChain, method: &str, params: Value) -> (i64, String) {
    let answer = answer(chain, method, params);
    let error: eth::RpcError = serde_json::from_value(answer["error"].clone())
        .unwrap_or_else(|_| panic!("{method}: {answer}"));
    (error.code, error.message)
}

/// A key that holds coins from the start.
fn key(name: &str) -> SigningKey {
    developer_key("pos", name, Config::default().seed)
}

/// A transfer of some wei to nobody, signed.
fn transfer(name: &str, nonce: u64, value: u64) -> SignedTransaction {
    let transaction = Transaction {
        chain_id: Config::default().chain_id,
        nonce,
        max_priority_fee_per_gas: 2_000_000_000,
        max_fee_per_gas: 20_000_000_000,
        gas_limit: 21_000,
        to: Some(NOBODY),
        value: U256::from(value),
        input: Bytes::new(),
        access_list: Vec::new(),
    };
    transaction.sign(&key(name)).unwrap()
}

/// A transfer of a developers' token: it leaves a log.
fn token_transfer(name: &str, nonce: u64, amount: u64) -> SignedTransaction {
    let selector = [0xa9, 0x05, 0x9c, 0xbb];
    let amount = B256::from(U256::from(amount));
    let input = [&selector, NOBODY.into_word().as_slice(), amount.as_slice()].concat();
    let transaction = Transaction {
        to: Some(TOKEN_A),
        input: input.into(),
        value: U256::ZERO,
        gas_limit: 200_000,
        ..transfer(name, nonce, 0).transaction().clone()
    };
    transaction.sign(&key(name)).unwrap()
}

fn raw(transaction: &SignedTransaction) -> Value {
    json!([format!("0x{}", hex::encode(transaction.encode()))])
}

fn send(chain: &mut EthereumChain, transaction: &SignedTransaction) {
    let hash: B256 = call(chain, "eth_sendRawTransaction", raw(transaction));
    assert_eq!(hash, transaction.hash());
}
