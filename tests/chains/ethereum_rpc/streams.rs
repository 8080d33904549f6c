//! What clients hear as it happens.

use alloy_primitives::B256;
use alloy_rpc_types_eth as alloy;
use causeway_chain::{Answer, Chain as _, Fault, Method, Push, SessionId};
use causeway_chain_ethereum::{EXECUTION_LISTENER, EthereumChain};
use causeway_wire_ethereum::contracts::TOKEN_A;
use causeway_wire_ethereum::eth;
use serde_json::{Value, json};

use super::{Disk, at, call, open, request, send, token_transfer};

/// What a websocket was sent, by subscription.
fn notices(chain: &mut EthereumChain, session: SessionId) -> Vec<(String, Value)> {
    let own = |push| match push {
        Push::Message(to, bytes) if to == session => Some(bytes),
        _ => None,
    };
    let messages = chain.take_pushes().into_iter().filter_map(own);
    let notice = |bytes: Vec<u8>| {
        let notice: eth::Notification<Value> = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(notice.method, eth::SUBSCRIPTION_METHOD);
        (notice.params.subscription, notice.params.result)
    };
    messages.map(notice).collect()
}

fn open_socket(chain: &mut EthereumChain) -> SessionId {
    let mut socket = request(Method::Get, "/", Vec::new());
    (socket.upgrade, socket.session) = (true, SessionId(9));
    assert_eq!(chain.request(EXECUTION_LISTENER, &socket, at(0)), Answer::Websocket);
    socket.session
}

fn ask(chain: &mut EthereumChain, session: SessionId, method: &str, params: &Value) -> Value {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    chain.receive(session, body.to_string().as_bytes());
    let pushes = chain.take_pushes();
    let Some(Push::Message(_, bytes)) = pushes.last() else { panic!("{pushes:?}") };
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn websockets_hear_of_heads_logs_and_waiting_transactions() {
    let chain = &mut open(&Disk::new(), 0);
    let session = open_socket(chain);
    let subscribe = |chain: &mut EthereumChain, params: Value| -> String {
        let answer = ask(chain, session, "eth_subscribe", &params);
        answer["result"].as_str().unwrap().into()
    };
    let heads = subscribe(chain, json!(["newHeads"]));
    let logs = subscribe(chain, json!(["logs", { "address": TOKEN_A }]));
    let pending = subscribe(chain, json!(["newPendingTransactions"]));
    let filter: String = call(chain, "eth_newFilter", json!([{ "address": TOKEN_A }]));
    let block_filter: String = call(chain, "eth_newBlockFilter", json!([]));
    let transaction = token_transfer("alice", 0, 1);
    send(chain, &transaction);
    chain.advance(at(3));
    let notices = notices(chain, session);
    let of = |name: &str| -> Vec<Value> {
        notices.iter().filter(|(own, _)| own == name).map(|(_, result)| result.clone()).collect()
    };
    assert_eq!(of(&pending), [json!(transaction.hash())]);
    let announced: Vec<alloy::Header> =
        of(&heads).into_iter().map(|head| serde_json::from_value(head).unwrap()).collect();
    assert_eq!(announced.iter().map(|head| head.number).collect::<Vec<_>>(), [42, 43, 44]);
    assert!(announced.iter().all(|head| head.inner.hash_slow() == head.hash));
    let log: alloy::Log = serde_json::from_value(of(&logs)[0].clone()).unwrap();
    assert_eq!((of(&logs).len(), log.transaction_hash), (1, Some(transaction.hash())));
    let gathered: Vec<alloy::Log> = call(chain, "eth_getFilterChanges", json!([filter]));
    assert_eq!(gathered, std::slice::from_ref(&log));
    let again: Vec<alloy::Log> = call(chain, "eth_getFilterChanges", json!([filter]));
    assert_eq!(again, []);
    let hashes: Vec<B256> = call(chain, "eth_getFilterChanges", json!([block_filter]));
    assert_eq!(hashes, announced.iter().map(|head| head.hash).collect::<Vec<_>>());
    let uninstalled: bool = call(chain, "eth_uninstallFilter", json!([filter]));
    assert!(uninstalled);
    assert_eq!(ask(chain, session, "eth_unsubscribe", &json!([heads]))["result"], true);
    assert_eq!(ask(chain, session, "eth_unsubscribe", &json!([heads]))["error"]["code"], -32000);
    chain.advance(at(4));
    assert_eq!(self::notices(chain, session), []);
    chain.close(session);
    chain.advance(at(5));
    assert_eq!(chain.take_pushes(), []);
}

#[test]
fn logs_that_a_reorganisation_takes_back_are_sent_again_as_removed() {
    let chain = &mut open(&Disk::new(), 0);
    let session = open_socket(chain);
    let logs = ask(chain, session, "eth_subscribe", &json!(["logs", { "address": TOKEN_A }]));
    let name = logs["result"].as_str().unwrap().to_owned();
    // The two halves build different blocks, and those of one are given up when they meet again.
    // Not every time it is the half of the node that answers.
    let mut seen: Vec<alloy::Log> = Vec::new();
    let mut slot = 0;
    while slot < 80 && !seen.iter().any(|log| log.removed) {
        for fault in [Fault::Partition, Fault::Resume] {
            chain.inject(&fault, at(slot)).unwrap();
            for _ in 0..5 {
                send(chain, &token_transfer("alice", slot, 1));
                slot += 1;
                chain.advance(at(slot));
                for (own, result) in notices(chain, session) {
                    assert_eq!(own, name);
                    seen.push(serde_json::from_value(result).unwrap());
                }
            }
        }
    }
    let removed = seen.iter().filter(|log| log.removed).count();
    // Whoever counts what came and went has what the chain has.
    let mut kept: Vec<alloy::Log> = Vec::new();
    for log in seen {
        if log.removed {
            let back = alloy::Log { removed: false, ..log };
            assert_eq!(kept.pop(), Some(back), "the newest goes first");
        } else {
            kept.push(log);
        }
    }
    let all: Vec<alloy::Log> =
        call(chain, "eth_getLogs", json!([{"fromBlock": "0x1", "address": TOKEN_A}]));
    assert_eq!(kept, all);
    assert!(removed > 0, "no block was given up in {slot} slots");
}
