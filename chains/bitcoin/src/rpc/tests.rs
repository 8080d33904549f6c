//! The RPC, asked as clients ask.

use causeway_chain::SessionId;

use super::*;
use causeway_light_client::ClientRegistry;

use crate::{Config, Miner};
use causeway_chain::developer_key;
use causeway_wire_bitcoin::{
    Address, AddressNetwork, Block, KeyHash, OwnedInput, OwnedOutput, OwnedTransaction, sign_input,
};

const START: u64 = 1_800_000_000;

fn time(secs: u64) -> Timestamp {
    Timestamp::from_secs(START + secs).unwrap()
}

fn miners() -> Miners {
    let alice = KeyHash::of(developer_key("pow", "alice", 1).verifying_key());
    let config = Config { funded: vec![alice], ..Config::new(1, time(0)) };
    let mut miners = Miners::new(&config, ClientRegistry::default()).unwrap();
    miners.advance(time(300));
    miners
}

fn request(body: &str) -> Request {
    Request {
        method: Method::Post,
        path: "/".into(),
        query: String::new(),
        headers: Vec::new(),
        body: body.into(),
        upgrade: false,
        session: SessionId(0),
    }
}

fn now(answer: Answer) -> Response {
    let Answer::Now(response) = answer else { panic!("it waits") };
    response
}

fn post(miners: &mut Miners, body: &str) -> (u16, Value) {
    let mut server = Server::new(Vec::new(), time(0));
    let response = now(server.answer(miners, &request(body), time(300)));
    (response.status, serde_json::from_slice(&response.body).unwrap_or_default())
}

fn call(miners: &mut Miners, method: &str, params: &Value) -> Result<Value, i64> {
    let body = json!({ "method": method, "params": params, "id": 1 }).to_string();
    let (_, answer) = post(miners, &body);
    match &answer["error"] {
        Value::Null => Ok(answer["result"].clone()),
        error => Err(error["code"].as_i64().unwrap()),
    }
}

#[test]
fn both_dialects_are_spoken() {
    let mut miners = miners();
    let height = miners.serving().unwrap().height();
    let cases = [
        (r#"{"method":"getblockcount","id":7}"#, 200, json!({"result":height,"error":null,"id":7})),
        (r#"{"method":"getblockcount"}"#, 200, json!({"result":height,"error":null})),
        (
            r#"{"jsonrpc":"2.0","method":"getblockcount","id":"a"}"#,
            200,
            json!({"jsonrpc":"2.0","result":height,"id":"a"}),
        ),
        (r#"{"jsonrpc":"2.0","method":"getblockcount"}"#, 204, Value::Null),
        (
            r#"{"method":"no","id":1}"#,
            404,
            json!({"result":null,"error":{"code":-32601,"message":"Method not found"},"id":1}),
        ),
        (
            r#"{"jsonrpc":"2.0","method":"no","id":1}"#,
            200,
            json!({"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":1}),
        ),
        ("[]", 200, json!([])),
        (
            r#"[{"method":"getblockcount","id":1},{"jsonrpc":"2.0","method":"getblockcount"}]"#,
            200,
            json!([{"result":height,"error":null,"id":1}]),
        ),
    ];
    for (body, status, answer) in cases {
        assert_eq!(post(&mut miners, body), (status, answer), "{body}");
    }
    for (body, status, code) in [
        ("{", 500, -32700),
        (r#"{"jsonrpc":"3.0","method":"getblockcount"}"#, 400, -32600),
        ("1", 400, -32600),
        (r#"{"id":1}"#, 400, -32600),
    ] {
        let (got, answer) = post(&mut miners, body);
        assert_eq!((got, answer["error"]["code"].as_i64()), (status, Some(code)), "{body}");
    }
}

#[test]
fn only_the_right_password_and_method_are_let_in() {
    let mut miners = miners();
    let mut asked = request(r#"{"method":"getblockcount","id":7}"#);
    let mut server = Server::new(vec!["__cookie__:secret".to_owned()], time(0));
    let mut status = |asked: &Request| now(server.answer(&mut miners, asked, time(300))).status;
    assert_eq!(status(&asked), 401);
    asked.headers.push(("authorization".into(), format!("Basic {}", STANDARD.encode("a:b"))));
    assert_eq!(status(&asked), 401);
    asked.headers[0].1 = format!("Basic {}", STANDARD.encode("__cookie__:secret"));
    assert_eq!(status(&asked), 200);
    assert_eq!(status(&Request { path: "/rest".into(), ..asked.clone() }), 404);
    assert_eq!(status(&Request { method: Method::Get, ..asked }), 405);
}

#[test]
fn blocks_are_found_by_height_and_hash() {
    let mut miners = miners();
    let best = call(&mut miners, "getbestblockhash", &json!([])).unwrap();
    let info = call(&mut miners, "getblockchaininfo", &json!([])).unwrap();
    assert_eq!(info["bestblockhash"], best);
    let hash = call(&mut miners, "getblockhash", &json!({ "height": 5 })).unwrap();
    let header = call(&mut miners, "getblockheader", &json!([hash])).unwrap();
    let raw = call(&mut miners, "getblockheader", &json!([hash, false])).unwrap();
    let hex_block = call(&mut miners, "getblock", &json!([hash, 0])).unwrap();
    let block = call(&mut miners, "getblock", &json!([hash])).unwrap();
    assert!(hex_block.as_str().unwrap().starts_with(raw.as_str().unwrap()));
    let read = Block::from_bytes(&hex::decode(hex_block.as_str().unwrap()).unwrap()).unwrap();
    assert_eq!(read.header.hash().to_string(), hash.as_str().unwrap());
    assert_eq!((header["height"].as_u64(), block["height"].as_u64()), (Some(5), Some(5)));
    assert_eq!(block["weight"].as_u64(), u64::try_from(read.weight()).ok());
    let stripped = 81 + read.transactions[0].to_stripped_bytes().len();
    assert_eq!(block["strippedsize"].as_u64(), u64::try_from(stripped).ok());
    let txid = block["tx"][0].clone();
    for params in [json!([txid]), json!([txid, 0, hash])] {
        let raw = call(&mut miners, "getrawtransaction", &params).unwrap();
        assert_eq!(raw, hex::encode(read.transactions[0].to_bytes()));
    }
    let out = call(&mut miners, "gettxout", &json!([txid, 0])).unwrap();
    assert_eq!((&out["value"], &out["coinbase"]), (&json!(50.0), &json!(true)));
    assert_eq!(call(&mut miners, "gettxout", &json!([txid, 9])), Ok(Value::Null));
    for (method, params, code) in [
        ("getblockhash", json!([1_000_000]), -8),
        ("getblockhash", json!(["x"]), -3),
        ("getblockheader", json!(["00"]), -8),
        ("getblockheader", json!(["00".repeat(32)]), -5),
        ("getblock", json!([]), -1),
        ("getblockcount", json!([1]), -1),
        ("getblockcount", json!({ "no": 1 }), -8),
        ("getrawtransaction", json!(["00".repeat(32)]), -5),
        ("getrawtransaction", json!([txid, 0, best]), -5),
    ] {
        assert_eq!(call(&mut miners, method, &params), Err(code), "{method} {params}");
    }
}

#[test]
fn transactions_are_taken_and_refused_by_code() {
    let mut miners = miners();
    let alice = developer_key("pow", "alice", 1);
    let account = KeyHash::of(alice.verifying_key());
    let miner = miners.serving().unwrap();
    let next = miner.height() + 1;
    let coin = |miner: &Miner| {
        let mut coins = miner.ledger().coins_of(account);
        coins.find(|(_, coin)| coin.is_mature(next)).map(|(outpoint, coin)| (outpoint, *coin))
    };
    let (outpoint, coin) = coin(miner).unwrap();
    let sequence = u32::MAX;
    let input = OwnedInput { outpoint, script: vec![], sequence, witness: vec![] };
    let outputs = vec![OwnedOutput { value: coin.value - 500, script: account.script() }];
    let mut paid = OwnedTransaction { version: 2, inputs: vec![input], outputs, lock_time: 0 };
    sign_input(&mut paid, 0, coin.value, &alice);
    let text = hex::encode(paid.to_bytes());
    let mut greedy = paid.clone();
    greedy.outputs[0].value += 501;
    let greedy = hex::encode(greedy.to_bytes());
    let tested = call(&mut miners, "testmempoolaccept", &json!([[text, greedy]])).unwrap();
    assert_eq!((&tested[0]["allowed"], &tested[1]["allowed"]), (&json!(true), &json!(false)));
    assert_eq!(call(&mut miners, "getrawmempool", &json!([])), Ok(json!([])));
    assert_eq!(call(&mut miners, "sendrawtransaction", &json!([greedy])), Err(-26));
    assert_eq!(call(&mut miners, "sendrawtransaction", &json!(["00"])), Err(-22));
    let id = json!(paid.txid().to_string());
    for _ in 0..2 {
        assert_eq!(call(&mut miners, "sendrawtransaction", &json!([text])), Ok(id.clone()));
    }
    assert_eq!(call(&mut miners, "getrawmempool", &json!([])), Ok(json!([id])));
    assert_eq!(call(&mut miners, "getrawtransaction", &json!([id])), Ok(json!(text)));
    assert_eq!(call(&mut miners, "getmempoolinfo", &json!([])).unwrap()["size"], 1);
    miners.advance(time(400));
    assert_eq!(call(&mut miners, "sendrawtransaction", &json!([text])), Err(-27));
    let mut stale = paid;
    stale.outputs[0].value -= 1;
    let stale = hex::encode(stale.to_bytes());
    assert_eq!(call(&mut miners, "sendrawtransaction", &json!([stale])), Err(-25));
}

#[test]
fn submitted_blocks_are_judged() {
    let mut miners = miners();
    let hash = call(&mut miners, "getbestblockhash", &json!([])).unwrap();
    let tip = call(&mut miners, "getblock", &json!([hash, 0])).unwrap();
    let duplicate = call(&mut miners, "submitblock", &json!([tip])).unwrap();
    assert_eq!(duplicate, "duplicate");
    assert_eq!(call(&mut miners, "submitblock", &json!(["00"])), Err(-22));
    let bytes = hex::decode(tip.as_str().unwrap()).unwrap();
    let mut rival = Block::from_bytes(&bytes).unwrap();
    rival.transactions[0].outputs[0].value -= 1;
    let submit = |miners: &mut Miners, block: &Block| {
        call(miners, "submitblock", &json!([hex::encode(block.to_bytes())])).unwrap()
    };
    let mine = |block: &mut Block| {
        while !block.header.bits.expand().target.is_met_by(&block.header.hash()) {
            block.header.nonce = block.header.nonce.wrapping_add(1);
        }
    };
    rival.header.merkle_root.0[0] ^= 1;
    mine(&mut rival);
    assert_eq!(submit(&mut miners, &rival), "bad-txnmrklroot");
    rival.header.merkle_root = rival.merkle_root().unwrap();
    mine(&mut rival);
    assert_eq!(submit(&mut miners, &rival), "inconclusive");
    rival.header.prev.0[0] ^= 1;
    assert_eq!(submit(&mut miners, &rival), "prev-blk-not-found");
}

/// Asks again as the shell does.
fn ask(server: &mut Server, miners: &mut Miners, body: &str, secs: u64) -> Option<Value> {
    match server.answer(miners, &request(body), time(secs)) {
        Answer::Now(response) => serde_json::from_slice(&response.body).ok(),
        _ => None,
    }
}

#[test]
fn a_call_waits_for_a_block_or_its_time() {
    let mut miners = miners();
    let mut server = Server::new(Vec::new(), time(0));
    let old = miners.serving().unwrap().tip_hash().to_string();
    let body = r#"{"method":"waitfornewblock","params":[60000],"id":1}"#;
    let later = server.answer(&mut miners, &request(body), time(300));
    assert_eq!(later, Answer::Later { deadline: Some(time(360)) });
    assert_eq!(ask(&mut server, &mut miners, body, 300), None);
    miners.advance(time(330));
    let found = ask(&mut server, &mut miners, body, 330).unwrap();
    let tip = miners.serving().unwrap().tip_hash().to_string();
    assert_eq!(found["result"]["hash"], tip);
    // What has come already is not waited for.
    let body = json!({ "method": "waitfornewblock", "params": { "current_tip": old }, "id": 1 });
    assert!(ask(&mut server, &mut miners, &body.to_string(), 330).is_some());
    let height = miners.serving().unwrap().height();
    for (method, wanted) in [("waitforblockheight", json!(height)), ("waitforblock", json!(tip))] {
        let body = json!({ "method": method, "params": [wanted], "id": 1 }).to_string();
        let found = ask(&mut server, &mut miners, &body, 330).unwrap();
        assert_eq!(found["result"]["height"], height);
    }
    let body = r#"{"method":"waitforblockheight","params":[1000000,5000],"id":1}"#;
    assert_eq!(ask(&mut server, &mut miners, body, 330), None);
    assert_eq!(ask(&mut server, &mut miners, body, 334), None);
    assert_eq!(ask(&mut server, &mut miners, body, 335).unwrap()["result"]["hash"], tip);
    assert_eq!(call(&mut miners, "waitfornewblock", &json!([-1])), Err(-1));
}

#[test]
fn a_batch_that_waits_does_nothing_twice() {
    let mut miners = miners();
    let mut server = Server::new(Vec::new(), time(0));
    let address = Address::of_key(KeyHash([1; 20]), AddressNetwork::Regtest).to_string();
    let height = miners.serving().unwrap().height();
    let body = json!([
        { "method": "generatetoaddress", "params": [1, address, 100_000_000], "id": 1 },
        { "method": "waitforblockheight", "params": [height + 3], "id": 2 },
        { "method": "getblockcount", "id": 3 },
    ])
    .to_string();
    for secs in [300, 300, 300] {
        assert_eq!(ask(&mut server, &mut miners, &body, secs), None);
        assert_eq!(miners.serving().unwrap().height(), height + 1);
    }
    miners.advance(time(400));
    let answers = ask(&mut server, &mut miners, &body, 400).unwrap();
    assert_eq!(answers[0]["result"].as_array().unwrap().len(), 1);
    assert!(answers[2]["result"].as_u64().unwrap() >= height + 3);
    // Whoever leaves is forgotten, and an equal request begins anew.
    let body = r#"{"method":"waitfornewblock","id":1}"#;
    assert_eq!(ask(&mut server, &mut miners, body, 400), None);
    server.close(SessionId(0));
    miners.advance(time(460));
    assert_eq!(ask(&mut server, &mut miners, body, 460), None);
}

#[test]
fn blocks_are_ruled_out_and_let_in_again() {
    let mut miners = miners();
    let height = miners.serving().unwrap().height();
    let hash =
        |miners: &mut Miners, height: u64| call(miners, "getblockhash", &json!([height])).unwrap();
    let (top, gone) = (hash(&mut miners, height), hash(&mut miners, height - 2));
    assert_eq!(call(&mut miners, "invalidateblock", &json!([gone])), Ok(Value::Null));
    let below = miners.serving().unwrap().height();
    assert!(below < height && hash(&mut miners, height - 3) != gone);
    let header = call(&mut miners, "getblockheader", &json!([gone])).unwrap();
    assert_eq!((&header["confirmations"], header.get("nextblockhash")), (&json!(-1), None));
    let tips = call(&mut miners, "getchaintips", &json!([])).unwrap();
    let status = |tips: &Value, hash: &Value| {
        let tips = tips.as_array().unwrap().iter();
        tips.filter(|tip| tip["hash"] == *hash).map(|tip| tip["status"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(status(&tips, &top), ["invalid"]);
    let address = Address::of_key(KeyHash([1; 20]), AddressNetwork::Regtest).to_string();
    let params = json!({ "nblocks": 1, "address": address, "maxtries": 100_000_000 });
    let mined = call(&mut miners, "generatetoaddress", &params).unwrap();
    assert_eq!(call(&mut miners, "getbestblockhash", &json!([])).as_ref(), Ok(&mined[0]));
    assert_eq!(call(&mut miners, "reconsiderblock", &json!([gone])), Ok(Value::Null));
    assert_eq!(call(&mut miners, "getbestblockhash", &json!([])), Ok(top.clone()));
    let tips = call(&mut miners, "getchaintips", &json!([])).unwrap();
    assert_eq!(
        (status(&tips, &top), status(&tips, &mined[0])),
        (vec![json!("active")], vec![json!("valid-fork")])
    );
    let first = hash(&mut miners, 0);
    assert_eq!(call(&mut miners, "invalidateblock", &json!([first])), Err(-8));
    for method in ["invalidateblock", "reconsiderblock"] {
        assert_eq!(call(&mut miners, method, &json!(["00".repeat(32)])), Err(-5));
    }
    for (address, code) in [("bcrt1q", -5), ("x", -5)] {
        assert_eq!(call(&mut miners, "generatetoaddress", &json!([1, address])), Err(code));
    }
    assert_eq!(call(&mut miners, "generatetoaddress", &json!([5, address, 0])), Ok(json!([])));
}

#[test]
fn headers_are_taken_before_their_blocks() {
    let mut miners = miners();
    let tip = call(&mut miners, "getbestblockhash", &json!([])).unwrap();
    let raw = call(&mut miners, "getblock", &json!([tip, 0])).unwrap();
    let mut rival = Block::from_bytes(&hex::decode(raw.as_str().unwrap()).unwrap()).unwrap();
    rival.transactions[0].outputs[0].value -= 1;
    rival.header.merkle_root = rival.merkle_root().unwrap();
    while !rival.header.bits.expand().target.is_met_by(&rival.header.hash()) {
        rival.header.nonce = rival.header.nonce.wrapping_add(1);
    }
    let mut submit = |header: &causeway_client_bitcoin::Header| {
        call(&mut miners, "submitheader", &json!([hex::encode(header.to_bytes())]))
    };
    assert_eq!(submit(&rival.header), Ok(Value::Null));
    let mut orphan = rival.header;
    orphan.prev.0[0] ^= 1;
    assert_eq!(submit(&orphan), Err(-25));
    let mut light = rival.header;
    light.nonce = light.nonce.wrapping_add(1);
    assert_eq!(submit(&light), Err(-25));
    assert_eq!(call(&mut miners, "submitheader", &json!(["00"])), Err(-22));
    let tips = call(&mut miners, "getchaintips", &json!([])).unwrap();
    assert_eq!(
        tips.as_array().unwrap().iter().filter(|t| t["status"] == "headers-only").count(),
        1
    );
}

#[test]
fn the_network_is_described() {
    let mut miners = miners();
    let info = call(&mut miners, "getnetworkinfo", &json!([])).unwrap();
    assert_eq!((&info["version"], &info["connections"]), (&json!(310_000), &json!(3)));
}
