//! The RPC as people, browsers and less careful clients use it.

use std::time::Duration;

use causeway_chain::{Answer, Chain, Method};
use serde_json::{Value, json};

use super::driver::Driver;
use super::transfers::{transfer, transfer_of};

fn base64(bytes: &[u8]) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes)
}

#[test]
fn uris_and_json_mean_the_same() {
    let mut driver = Driver::new(71);
    driver.run(4_000);
    for (query, method, params) in [
        ("height=2", "block", json!({ "height": "2" })),
        ("height=%222%22", "commit", json!(["2"])),
        ("", "status", json!({})),
        ("height=2&page=1&per_page=2", "validators", json!(["2", "1", "2"])),
        ("minHeight=1&maxHeight=2", "blockchain", json!([1, 2])),
        (
            "query=%22block.height%3C3%22&order_by=%22asc%22",
            "block_search",
            json!({ "query": "block.height<3", "order_by": "asc" }),
        ),
        (
            "path=%22/store/bank/key%22&data=0x01&height=2",
            "abci_query",
            json!({ "path": "/store/bank/key", "data": "01", "height": "2" }),
        ),
    ] {
        let (status, answer) = driver.get(&format!("/{method}"), query);
        assert_eq!((status, &answer["id"]), (200, &json!(-1)), "{answer}");
        assert_eq!(answer["result"], driver.call(method, params), "{method}");
    }
    let page = driver.http(Method::Get, "/", "", "");
    assert!(String::from_utf8_lossy(&page.body).contains("/abci_query?path=_&data=_"));
}

#[test]
fn errors_have_their_numbers_and_the_words_that_clients_look_for() {
    let mut driver = Driver::new(72);
    driver.run(3_000);
    let head = driver.head();
    let too_high =
        format!("height 1000 must be less than or equal to the current blockchain height {head}");
    for (method, params, code, data) in [
        ("nonsense", json!({}), -32601, ""),
        ("subscribe", json!({ "query": "tm.event='Tx'" }), -32601, ""),
        ("block", json!({ "height": "1000" }), -32603, too_high.as_str()),
        ("commit", json!({ "height": "0" }), -32603, "height must be greater than 0, but got 0"),
        ("block", json!({ "height": "x" }), -32602, "error converting json params to arguments"),
        ("block", json!(["1", "2"]), -32602, "expected 1 parameters"),
        (
            "validators",
            json!({ "page": "2" }),
            -32603,
            "page should be within [1, 1] range, given 2",
        ),
        (
            "tx",
            json!({ "hash": base64(&[0xab; 32]) }),
            -32603,
            &format!("tx ({}) not found", "AB".repeat(32)),
        ),
        ("tx_search", json!({ "query": "a=" }), -32603, "a value is missing"),
        (
            "tx_search",
            json!({ "query": format!("a='{}'", "x".repeat(600)) }),
            -32603,
            "maximum query length exceeded",
        ),
        ("broadcast_evidence", json!({ "evidence": { "type": "x" } }), -32602, ""),
    ] {
        let (got, text) = driver.error(method, params.clone());
        assert_eq!(got, code, "{method} {params}: {text}");
        assert!(text.contains(data), "{method} {params}: {text}");
    }
    assert_eq!(driver.get("/block", "height=1000").0, 500);
    assert_eq!(driver.get("/nonsense", "").0, 404);
    assert_eq!(driver.get("/subscribe", "query=%22a%3D1%22").0, 404);
    assert_eq!(driver.http(Method::Post, "/block", "", "{}").status, 404);
    assert_eq!(driver.http(Method::Other, "/", "", "").status, 405);
    let response = driver.http(Method::Post, "/", "", "{");
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!((response.status, &body["error"]["code"]), (500, &json!(-32700)));
    assert_eq!(body.get("id"), None);
    let long = "x".repeat(1_000_001);
    assert_eq!(driver.http(Method::Post, "/", "", &long).status, 413);
}

#[test]
fn batches_and_notifications_are_answered_as_json_rpc_wants() {
    let mut driver = Driver::new(73);
    driver.run(2_000);
    let mut post = |body: Value| {
        let response = driver.http(Method::Post, "/", "", &body.to_string());
        serde_json::from_slice::<Value>(&response.body).ok()
    };
    let call = |id: Value, method: &str| json!({ "jsonrpc": "2.0", "id": id, "method": method });
    let batch = post(json!([call(json!(1), "health"), call(json!("b"), "nonsense")])).unwrap();
    assert_eq!(batch[0], json!({ "jsonrpc": "2.0", "id": 1, "result": {} }));
    assert_eq!((&batch[1]["id"], &batch[1]["error"]["code"]), (&json!("b"), &json!(-32601)));
    let one = post(json!([call(json!(1), "health")])).unwrap();
    assert_eq!(one["result"], json!({}));
    assert_eq!(post(call(Value::Null, "health")), None);
    assert_eq!(post(json!([call(Value::Null, "health")])), None);
    let many: Vec<_> = (0..101).map(|id| call(json!(id), "health")).collect();
    assert_eq!(post(json!(many)).unwrap()["error"]["code"], json!(-32700));
}

#[test]
fn a_transaction_that_waits_for_its_block_is_answered_with_it() {
    const SEED: u64 = 74;
    let mut driver = Driver::new(SEED);
    driver.run(1_500);
    let tx = base64(&transfer(SEED, 0));
    let call = json!({
        "jsonrpc": "2.0", "id": 9, "method": "broadcast_tx_commit", "params": { "tx": tx },
    });
    let request = driver.new_request(Method::Post, "/", "", &call.to_string());
    let deadline = driver.now.saturating_add(Duration::from_secs(10));
    assert_eq!(driver.request(&request), Answer::Later { deadline: Some(deadline) });
    driver.run(2_000);
    let Answer::Now(response) = driver.request(&request) else { panic!("there is a block") };
    let answer: Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!((&answer["id"], &answer["result"]["tx_result"]["code"]), (&json!(9), &json!(0)));
    let hash = answer["result"]["hash"].as_str().unwrap().to_owned();
    assert_eq!(driver.get("/tx", &format!("hash=0x{hash}")).0, 200);
    // On a websocket the answer comes by itself.
    let session = driver.open_websocket("/websocket");
    let tx = base64(&transfer(SEED, 1));
    let call = json!({
        "jsonrpc": "2.0", "id": 10, "method": "broadcast_tx_commit", "params": { "tx": tx },
    });
    driver.chain.receive(session, call.to_string().as_bytes());
    assert!(driver.messages(session).is_empty());
    driver.run(2_500);
    let messages = driver.messages(session);
    assert_eq!(messages[0]["result"]["tx_result"]["code"], json!(0), "{messages:?}");
    // One whose check fails does not wait, and one without a block is given up.
    let answer =
        driver.call("broadcast_tx_commit", json!({ "tx": base64(&transfer_of(SEED, 0, 8)) }));
    assert_eq!(answer["height"], "0");
    assert_ne!(answer["check_tx"]["code"], json!(0), "{answer}");
    driver.inject(&causeway_chain::Fault::Halt);
    let tx = base64(&transfer(SEED, 2));
    let (path, query) = ("/broadcast_tx_commit", format!("tx=0x{}", hex(&tx)));
    let request = driver.new_request(Method::Get, path, &query, "");
    assert!(matches!(driver.request(&request), Answer::Later { .. }));
    driver.run(11_000);
    let Answer::Now(response) = driver.request(&request) else { panic!("its time is over") };
    let text = String::from_utf8(response.body).unwrap();
    assert!(response.status == 500 && text.contains("timed out waiting for tx"), "{text}");
}

fn hex(base64_text: &str) -> String {
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, base64_text);
    hex::encode(bytes.unwrap())
}

#[test]
fn what_waits_is_listed_and_the_same_bytes_are_taken_once() {
    const SEED: u64 = 75;
    let mut driver = Driver::new(SEED);
    driver.run(1_500);
    let tx = base64(&transfer(SEED, 0));
    driver.call("broadcast_tx_sync", json!({ "tx": tx }));
    let (code, data) = driver.error("broadcast_tx_sync", json!({ "tx": tx }));
    assert_eq!((code, data.as_str()), (-32603, "tx already exists in cache"));
    let waits = driver.call("unconfirmed_txs", json!({}));
    assert_eq!((&waits["n_txs"], &waits["txs"]), (&json!("1"), &json!([tx])));
    let count = driver.call("num_unconfirmed_txs", json!({}));
    assert_eq!((&count["total"], &count["txs"]), (&json!("1"), &json!(null)));
    driver.run(3_000);
    assert_eq!(driver.call("num_unconfirmed_txs", json!({}))["total"], json!("0"));
}

#[test]
fn subscriptions_are_bounded_and_named_by_their_calls() {
    let mut driver = Driver::new(76);
    driver.run(1_000);
    let session = driver.open_websocket("/websocket");
    for id in 0..5 {
        let query = json!({ "query": format!("tx.height={id}") });
        assert_eq!(driver.send(session, id, "subscribe", query)["result"], json!({}));
    }
    let error = |answer: &Value| answer["error"]["data"].as_str().unwrap_or_default().to_owned();
    let same = driver.send(session, 8, "subscribe", json!({ "query": "tx.height = 0" }));
    assert_eq!(error(&same), "max_subscriptions_per_client 5 reached");
    let gone = driver.send(session, 0, "unsubscribe", json!({ "query": "tx.height=0" }));
    assert_eq!((&gone["id"], &gone["result"]), (&json!(0), &json!({})));
    let same = driver.send(session, 8, "subscribe", json!({ "query": "tx.height = 1" }));
    assert_eq!(error(&same), "already subscribed");
    let bad = driver.send(session, 9, "subscribe", json!({ "query": "tx.height" }));
    assert!(error(&bad).starts_with("failed to parse query"), "{bad}");
    let unknown = driver.send(session, 9, "unsubscribe", json!({ "query": "a=1" }));
    assert_eq!(error(&unknown), "subscription not found");
    // Any other method works there too.
    assert!(driver.send(session, 3, "status", json!({}))["result"].is_object());
    driver.chain.close(session);
    driver.chain.receive(session, b"{}");
    assert!(driver.messages(session).is_empty());
    let full: Vec<_> = (0..100)
        .map(|_| {
            let session = driver.open_websocket("/websocket");
            let query = json!({ "query": "tm.event='Vote'" });
            assert_eq!(driver.send(session, 1, "subscribe", query)["result"], json!({}));
            session
        })
        .collect();
    let late = driver.open_websocket("/websocket");
    let answer = driver.send(late, 1, "subscribe", json!({ "query": "tm.event='Vote'" }));
    assert_eq!(error(&answer), "max_subscription_clients 100 reached");
    driver.chain.close(full[0]);
    let answer = driver.send(late, 1, "subscribe", json!({ "query": "tm.event='Vote'" }));
    assert_eq!(answer["result"], json!({}));
    let plain = driver.new_request(Method::Get, "/websocket", "", "");
    let plain = causeway_chain::Request { upgrade: false, ..plain };
    let Answer::Now(response) = driver.request(&plain) else { panic!("no upgrade was asked for") };
    assert_eq!(response.status, 400);
}

#[test]
fn evidence_from_outside_reaches_a_block() {
    let mut driver = Driver::new(77);
    driver.run(3_000);
    driver.inject(&causeway_chain::Fault::Equivocate);
    let forked = driver.head() + 1;
    driver.run(5_000);
    // Whoever compares the two commits of the height can accuse each signer of both.
    let params = json!({ "height": forked.to_string() });
    let commit = |driver: &mut Driver, path: &str| {
        let answer = driver.answer(path, "commit", params.clone());
        answer["result"]["signed_header"].clone()
    };
    let (honest, rival) = (commit(&mut driver, "/"), commit(&mut driver, "/witness"));
    let vote = |signed: &Value| {
        let (commit, sig) = (&signed["commit"], &signed["commit"]["signatures"][0]);
        json!({
            "type": 2, "height": commit["height"], "round": commit["round"],
            "block_id": commit["block_id"], "timestamp": sig["timestamp"],
            "validator_address": sig["validator_address"], "validator_index": 0,
            "signature": sig["signature"], "extension": null, "extension_signature": null,
        })
    };
    let mut votes = [vote(&honest), vote(&rival)];
    votes.sort_by_key(|vote| vote["block_id"]["hash"].as_str().unwrap().to_owned());
    let [vote_a, vote_b] = votes;
    let evidence = json!({
        "type": "tendermint/DuplicateVoteEvidence",
        "value": {
            "vote_a": vote_a, "vote_b": vote_b, "TotalVotingPower": "40", "ValidatorPower": "10",
            "Timestamp": honest["header"]["time"],
        },
    });
    let answer = driver.call("broadcast_evidence", json!({ "evidence": evidence }));
    assert!(answer["hash"].is_string());
    let (code, _) = driver.error("broadcast_evidence", json!({ "evidence": evidence }));
    assert_eq!(code, -32603);
    let head = driver.head();
    driver.run(3_000);
    let found = (head..=driver.head()).any(|height| {
        let block = driver.call("block", json!({ "height": height.to_string() }));
        block["block"]["evidence"]["evidence"].as_array().unwrap().contains(&evidence)
    });
    assert!(found);
}
