//! The execution half's JSON-RPC, as clients that nobody here wrote see it.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_consensus::proofs::{calculate_receipt_root, calculate_transaction_root};
use alloy_consensus::transaction::SignerRecoverable;
use alloy_consensus::{Header as ConsensusHeader, TxEnvelope};
use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use alloy_rpc_types_eth as alloy;
use alloy_trie::Nibbles;
use alloy_trie::proof::verify_proof;
use causeway_chain::{
    Answer, Chain as _, Fault, Listener, Method, Push, Request, Response, SessionId, developer_key,
};
use causeway_chain_ethereum::beacon::chain::Config;
use causeway_chain_ethereum::{BEACON_LISTENER, EXECUTION_LISTENER, EthereumChain};
use causeway_client_ethereum::client::{ClientMessage, EthereumClient};
use causeway_client_ethereum::containers::{LightClientBootstrap, LightClientFinalityUpdate};
use causeway_client_ethereum::update::{Answers, Parameters, initial_states};
use causeway_core::Timestamp;
use causeway_light_client::Verdict;
use causeway_tests::client_host::MemoryHost;
use causeway_wire_ethereum::beacon::Reader;
use causeway_wire_ethereum::config::NetworkConfig;
use causeway_wire_ethereum::contracts::{COMMITMENT_SLOT, ROUTER, TOKEN_A, address_slot};
use causeway_wire_ethereum::eth;
use causeway_wire_ethereum::proof::AccountProof;
use causeway_wire_ethereum::transaction::{SignedTransaction, Transaction, account_of};
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

fn save(chain: &mut EthereumChain, disk: &mut Disk) {
    for write in chain.take_writes() {
        match write.value {
            Some(value) => disk.insert(write.key, value),
            None => disk.remove(&write.key),
        };
    }
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

fn beacon(chain: &mut EthereumChain, target: &str) -> Value {
    let response = respond(chain, BEACON_LISTENER, &request(Method::Get, target, Vec::new()));
    assert_eq!(response.status, 200, "{target}");
    serde_json::from_slice(&response.body).unwrap()
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

/// The account and the slots of an answer to `eth_getProof`, as alloy verifies them.
fn verify_with_alloy(proof: &alloy::EIP1186AccountProofResponse, state_root: B256) {
    let account = alloy_trie::TrieAccount {
        nonce: proof.nonce,
        balance: proof.balance,
        storage_root: proof.storage_hash,
        code_hash: proof.code_hash,
    };
    let path = Nibbles::unpack(keccak256(proof.address));
    let leaf = (account != alloy_trie::TrieAccount::default()).then(|| alloy_rlp::encode(account));
    verify_proof(state_root, path, leaf, &proof.account_proof).unwrap();
    for slot in &proof.storage_proof {
        let path = Nibbles::unpack(keccak256(slot.key.as_b256()));
        let word = (!slot.value.is_zero()).then(|| alloy_rlp::encode(slot.value));
        verify_proof(proof.storage_hash, path, word, &slot.proof).unwrap();
    }
}

#[test]
fn a_block_hash_is_that_of_the_header_which_alloy_encodes() {
    let chain = &mut open(&Disk::new(), 0);
    chain.advance(at(20));
    let head: eth::Block = call(chain, "eth_getBlockByNumber", json!(["latest", true]));
    assert_eq!(head.header.number, 61);
    for number in 0..=61_u64 {
        let params = json!([format!("{number:#x}"), number % 2 == 0]);
        let block: alloy::Block = call(chain, "eth_getBlockByNumber", params.clone());
        let header: &ConsensusHeader = &block.header.inner;
        assert_eq!(header.hash_slow(), block.header.hash);
        assert_eq!(header.number, number);
        let hash = block.header.hash;
        let by_hash: alloy::Block =
            call(chain, "eth_getBlockByHash", json!([hash, number % 2 == 0]));
        assert_eq!(by_hash, block);
        let own: eth::Block = call(chain, "eth_getBlockByNumber", params);
        assert!(own.header.is_hash_right());
    }
    let unknown: Option<alloy::Block> = call(chain, "eth_getBlockByNumber", json!(["0x100", true]));
    assert_eq!(unknown, None);
}

#[test]
fn what_alloy_makes_of_transactions_and_receipts_has_the_roots_of_their_block() {
    let chain = &mut open(&Disk::new(), 0);
    for nonce in 0..3 {
        send(chain, &transfer("alice", nonce, 1));
        send(chain, &token_transfer("bob", nonce, 5));
    }
    chain.advance(at(2));
    let head: alloy::Block = call(chain, "eth_getBlockByNumber", json!(["latest", true]));
    let mut seen = 0;
    for number in 0..=head.header.number {
        let params = json!([format!("{number:#x}"), true]);
        let block: alloy::Block = call(chain, "eth_getBlockByNumber", params);
        let hash = block.header.hash;
        let transactions: Vec<TxEnvelope> =
            block.transactions.txns().map(|tx| tx.inner.inner().clone()).collect();
        assert_eq!(calculate_transaction_root(&transactions), block.header.transactions_root);
        let receipts: Vec<alloy::TransactionReceipt> =
            call(chain, "eth_getBlockReceipts", json!([hash]));
        let bare: Vec<_> = receipts
            .iter()
            .map(|receipt| receipt.inner.clone().map_logs(|log| log.inner))
            .collect();
        assert_eq!(calculate_receipt_root(&bare), block.header.receipts_root);
        for (index, transaction) in block.transactions.txns().enumerate() {
            let signed = transaction.inner.inner();
            assert_eq!(signed.recover_signer().unwrap(), transaction.inner.signer());
            let hash = *signed.tx_hash();
            let alone: alloy::Transaction = call(chain, "eth_getTransactionByHash", json!([hash]));
            assert_eq!(&alone, transaction);
            let receipt: alloy::TransactionReceipt =
                call(chain, "eth_getTransactionReceipt", json!([hash]));
            assert_eq!(receipt, receipts[index]);
            assert_eq!(transaction.effective_gas_price, Some(receipt.effective_gas_price));
            let place = json!([format!("{number:#x}"), format!("{index:#x}")]);
            let by_place: alloy::Transaction =
                call(chain, "eth_getTransactionByBlockNumberAndIndex", place);
            assert_eq!(&by_place, transaction);
            seen += 1;
        }
    }
    assert_eq!(seen, 6);
}

/// What a light client reads first.
fn network(chain: &mut EthereumChain) -> NetworkConfig {
    let genesis = beacon(chain, "/eth/v1/beacon/genesis");
    let root = genesis["data"]["genesis_validators_root"].as_str().unwrap().parse().unwrap();
    let spec = beacon(chain, "/eth/v1/config/spec");
    NetworkConfig::read(spec.to_string().as_bytes(), root).unwrap()
}

/// The newest bootstrap, and the root of its block.
fn bootstrap(chain: &mut EthereumChain, network: &NetworkConfig) -> (B256, LightClientBootstrap) {
    let root = beacon(chain, "/eth/v1/beacon/blocks/finalized/root");
    let root: B256 = root["data"]["root"].as_str().unwrap().parse().unwrap();
    let target = format!("/eth/v1/beacon/light_client/bootstrap/{root}");
    let json = beacon(chain, &target).to_string();
    (root, reader(network).bootstrap(json.as_bytes()).unwrap())
}

fn reader(network: &NetworkConfig) -> Reader<'_> {
    Reader { config: &network.chain, blobs: &network.blobs, fork: None }
}

/// Our bridge client, begun with what is final now.
fn light_client(chain: &mut EthereumChain) -> MemoryHost<EthereumClient> {
    let network = network(chain);
    let (root, bootstrap) = bootstrap(chain, &network);
    let parameters = Parameters {
        router_address: ROUTER,
        commitment_slot: COMMITMENT_SLOT,
        trusting_period: Duration::from_secs(10_000),
        max_clock_drift: Duration::from_secs(10),
    };
    let (client_state, consensus_state) =
        initial_states(network.chain, parameters, root, &bootstrap, &mut ()).unwrap();
    MemoryHost::create(client_state, consensus_state, at(0)).unwrap()
}

/// Brings the client to the newest finalized header; gives its slot and its execution state root.
fn follow(host: &mut MemoryHost<EthereumClient>, chain: &mut EthereumChain) -> (u64, B256) {
    let network = network(chain);
    let mut answers = Answers::default();
    let (_, bootstrap) = bootstrap(chain, &network);
    answers.add_committee(&network.chain, bootstrap.current_sync_committee);
    let updates = beacon(chain, "/eth/v1/beacon/light_client/updates?start_period=0&count=9");
    for update in reader(&network).updates(updates.to_string().as_bytes()).unwrap() {
        answers.add_update(&network.chain, update);
    }
    let newest = beacon(chain, "/eth/v1/beacon/light_client/finality_update").to_string();
    let newest = reader(&network).updates(newest.as_bytes()).unwrap().remove(0);
    let target = newest.finalized_header.beacon.slot;
    answers.add_finality_update(LightClientFinalityUpdate::from(newest));
    let trusted = host.consensus_states.last_key_value().unwrap().1.clone();
    for header in answers.route(&network.chain, &trusted, &[], target).headers {
        let verdict = host.submit(&ClientMessage::Header(header), at(40)).unwrap();
        assert!(matches!(verdict, Verdict::Advance(_)), "{verdict:?}");
    }
    let newest = host.consensus_states.last_key_value().unwrap().1;
    assert_eq!(newest.slot, target);
    (newest.slot.get(), newest.state_root)
}

#[test]
fn the_effect_of_a_transaction_is_proven_under_a_finalized_header_after_a_restart() {
    let mut disk = Disk::new();
    let mut chain = open(&disk, 0);
    let mut first = light_client(&mut chain);
    send(&mut chain, &transfer("alice", 0, 12_345));
    send(&mut chain, &token_transfer("alice", 1, 77));
    let hash = transfer("alice", 0, 12_345).hash();
    let waiting: alloy::Transaction = call(&mut chain, "eth_getTransactionByHash", json!([hash]));
    assert_eq!((waiting.block_hash, waiting.block_number), (None, None));
    let alice = account_of(&key("alice"));
    let count = |chain: &mut EthereumChain, tag: &str| -> Value {
        call(chain, "eth_getTransactionCount", json!([alice, tag]))
    };
    assert_eq!(count(&mut chain, "pending"), "0x2");
    assert_eq!(count(&mut chain, "latest"), "0x0");
    // Until the blocks with them are final.
    for slot in 1..=32 {
        chain.advance(at(slot));
        save(&mut chain, &mut disk);
    }
    drop(chain);
    let chain = &mut open(&disk, 33);
    let (slot, state_root) = follow(&mut first, chain);
    let block = beacon(chain, &format!("/eth/v2/beacon/blocks/{slot}"));
    let payload = &block["data"]["message"]["body"]["execution_payload"];
    assert_eq!(payload["state_root"], json!(state_root));
    let number: u64 = payload["block_number"].as_str().unwrap().parse().unwrap();
    let block_hash: B256 = payload["block_hash"].as_str().unwrap().parse().unwrap();
    let finalized: alloy::Block = call(chain, "eth_getBlockByNumber", json!(["finalized", false]));
    assert_eq!((finalized.header.number, finalized.header.hash), (number, block_hash));
    assert_eq!(count(chain, "finalized"), "0x2");

    let slot = address_slot(B256::ZERO, &NOBODY);
    let ids = [json!(format!("{number:#x}")), json!("finalized"), json!({"blockHash": block_hash})];
    for id in ids {
        let params = json!([NOBODY, [], id]);
        let proof: alloy::EIP1186AccountProofResponse = call(chain, "eth_getProof", params);
        assert_eq!(proof.balance, U256::from(12_345));
        verify_with_alloy(&proof, state_root);
        let params = json!([TOKEN_A, [slot, "0x0"], id]);
        let proof: alloy::EIP1186AccountProofResponse = call(chain, "eth_getProof", params.clone());
        assert_eq!(proof.storage_proof[0].value, U256::from(77));
        verify_with_alloy(&proof, state_root);
        let own = answer(chain, "eth_getProof", params).to_string();
        let own = AccountProof::from_json(own.as_bytes()).unwrap();
        let proven = own.verify(&state_root, &mut ()).unwrap();
        assert_eq!(proven.storage[0], (slot, Some(U256::from(77).into())));
    }
    let absent: alloy::EIP1186AccountProofResponse =
        call(chain, "eth_getProof", json!([Address::repeat_byte(0x99), ["0x1"], "finalized"]));
    verify_with_alloy(&absent, state_root);
}

#[test]
fn logs_are_found_by_contract_topics_and_range_as_alloy_asks_for_them() {
    let chain = &mut open(&Disk::new(), 0);
    let (alice, bob) = (account_of(&key("alice")), account_of(&key("bob")));
    for nonce in 0..4 {
        send(chain, &token_transfer("alice", nonce, 1));
        send(chain, &token_transfer("bob", nonce, 2));
        chain.advance(at(nonce + 1));
    }
    let all: Vec<alloy::Log> =
        call(chain, "eth_getLogs", json!([{"fromBlock": "earliest", "toBlock": "latest"}]));
    let transfer = keccak256("Transfer(address,address,uint256)");
    let wanted = |from: Address| -> Vec<alloy::Log> {
        let is_from = |log: &&alloy::Log| log.topics().get(1) == Some(&from.into_word());
        all.iter().filter(is_from).cloned().collect()
    };
    assert_eq!((wanted(alice).len(), wanted(bob).len()), (4, 4));
    for log in &all {
        let receipt: alloy::TransactionReceipt =
            call(chain, "eth_getTransactionReceipt", json!([log.transaction_hash]));
        assert!(receipt.inner.logs().contains(log));
        let header: alloy::Block =
            call(chain, "eth_getBlockByHash", json!([log.block_hash, false]));
        assert_eq!(log.block_timestamp, Some(header.header.timestamp));
    }
    let range = alloy::Filter::new().from_block(0).address(TOKEN_A).event_signature(transfer);
    let of = |chain: &mut EthereumChain, filter: &alloy::Filter| -> Vec<alloy::Log> {
        call(chain, "eth_getLogs", json!([filter]))
    };
    assert_eq!(of(chain, &range.clone().topic1(alice)), wanted(alice));
    assert_eq!(
        of(chain, &range.clone().topic1(vec![bob.into_word(), NOBODY.into_word()])),
        wanted(bob)
    );
    assert_eq!(of(chain, &range.clone().topic1(vec![bob.into_word(), alice.into_word()])).len(), 8);
    assert_eq!(of(chain, &range.clone().topic2(alice)), []);
    assert_eq!(of(chain, &alloy::Filter::new().from_block(0).address(NOBODY)), []);
    let block = all.last().unwrap().block_hash.unwrap();
    let in_block: Vec<_> = all.iter().filter(|log| log.block_hash == Some(block)).collect();
    let by_hash = of(chain, &alloy::Filter::new().at_block_hash(block));
    assert_eq!(by_hash.iter().collect::<Vec<_>>(), in_block);
    let numbers: Vec<u64> = in_block.iter().map(|log| log.log_index.unwrap()).collect();
    assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>());
}

#[test]
fn refusals_have_the_codes_and_words_that_clients_know() {
    let chain = &mut open(&Disk::new(), 0);
    chain.advance(at(3));
    let head = 41 + 3;
    let unknown = B256::repeat_byte(1);
    let cases: [(&str, Value, i64, &str); 22] = [
        (
            "eth_nothing",
            json!([]),
            -32601,
            "the method eth_nothing does not exist/is not available",
        ),
        ("eth_fillTransaction", json!([{}]), -32601, "does not exist/is not available"),
        ("eth_getBalance", json!([]), -32602, "missing value for required argument 0"),
        ("eth_getBalance", json!(["0x1"]), -32602, "invalid argument 0: hex string of odd length"),
        ("eth_getBalance", json!([NOBODY, "0x01"]), -32602, "hex number with leading zero digits"),
        ("eth_getBalance", json!([NOBODY, "new"]), -32602, "hex string without 0x prefix"),
        ("eth_getBalance", json!([NOBODY, "latest", 1]), -32602, "too many arguments"),
        ("eth_getBalance", json!({"address": NOBODY}), -32602, "non-array args"),
        ("eth_getBalance", json!([NOBODY, "0x1000"]), -32000, "header not found"),
        (
            "eth_getBalance",
            json!([NOBODY, {"blockHash": unknown}]),
            -32000,
            "header for hash not found",
        ),
        (
            "eth_getBlockByNumber",
            json!(["latest"]),
            -32602,
            "missing value for required argument 1",
        ),
        ("eth_getBlockByNumber", json!(["0x", true]), -32602, "hex string \"0x\""),
        ("eth_getProof", json!([NOBODY, ["0xzz"], "latest"]), -32602, "invalid hex string"),
        (
            "eth_getLogs",
            json!([{"fromBlock": "0x5", "toBlock": "0x4"}]),
            -32602,
            "invalid block range params",
        ),
        (
            "eth_getLogs",
            json!([{"fromBlock": "0x5", "toBlock": format!("{:#x}", head + 1)}]),
            -32602,
            "block range extends beyond current head block",
        ),
        ("eth_getLogs", json!([{"blockHash": unknown}]), -32000, "unknown block"),
        ("eth_subscribe", json!(["newHeads"]), -32601, "notifications not supported"),
        ("eth_getFilterChanges", json!(["0x1"]), -32000, "filter not found"),
        ("eth_feeHistory", json!(["0x1", "0x1000", []]), -32000, "request beyond head block"),
        ("eth_feeHistory", json!(["0x1", "latest", [50, 20]]), -32000, "invalid reward percentile"),
        ("eth_sendRawTransaction", json!(["0x02"]), -32000, ""),
        (
            "eth_call",
            json!([{"input": "0x01", "data": "0x02"}]),
            -32602,
            "both \"data\" and \"input\"",
        ),
    ];
    for (method, params, code, words) in cases {
        let (got, message) = refusal(chain, method, params.clone());
        assert_eq!(got, code, "{method} {params}: {message}");
        assert!(message.contains(words), "{method} {params}: {message}");
    }
    let too_many = vec!["0x0"; 1025];
    let (code, _) = refusal(chain, "eth_getProof", json!([NOBODY, too_many, "latest"]));
    assert_eq!(code, -32602);
}

#[test]
fn bad_transactions_are_refused_in_known_words_and_cost_nothing() {
    let chain = &mut open(&Disk::new(), 0);
    send(chain, &transfer("alice", 0, 1));
    let altered = |change: fn(&mut Transaction)| {
        let mut transaction = transfer("bob", 0, 1).transaction().clone();
        change(&mut transaction);
        transaction.sign(&key("bob")).unwrap()
    };
    let cases = [
        (transfer("alice", 0, 1), "already known"),
        (transfer("alice", 0, 2), "replacement transaction underpriced"),
        (altered(|tx| tx.chain_id = 1), "invalid chain id for signer: have 1 want 31337"),
        (
            altered(|tx| tx.gas_limit = 20_999),
            "intrinsic gas too low: gas 20999, minimum needed 21000",
        ),
        (altered(|tx| tx.value = U256::MAX), "insufficient funds for gas * price + value"),
        (
            altered(|tx| tx.max_priority_fee_per_gas = u128::MAX),
            "max priority fee per gas higher than max fee per gas",
        ),
        (altered(|tx| tx.gas_limit = u64::MAX), "gas limit"),
    ];
    for (transaction, words) in cases {
        let (code, message) = refusal(chain, "eth_sendRawTransaction", raw(&transaction));
        assert_eq!(code, -32000);
        assert!(message.contains(words), "{words}: {message}");
    }
    let mut bytes = transfer("bob", 0, 1).encode();
    bytes.push(0);
    let (code, _) =
        refusal(chain, "eth_sendRawTransaction", json!([format!("0x{}", hex::encode(bytes))]));
    assert_eq!(code, -32000);
    chain.advance(at(3));
    let (code, message) = refusal(chain, "eth_sendRawTransaction", raw(&transfer("alice", 0, 3)));
    assert_eq!((code, message.as_str()), (-32000, "nonce too low: next nonce 1, tx nonce 0"));
    let bob = account_of(&key("bob"));
    let count: Value = call(chain, "eth_getTransactionCount", json!([bob, "pending"]));
    assert_eq!(count, "0x0");
    let before: Value = call(chain, "eth_getBalance", json!([bob, "earliest"]));
    let after: Value = call(chain, "eth_getBalance", json!([bob]));
    assert_eq!(before, after);
}

#[test]
fn calls_return_revert_or_say_what_they_would_cost() {
    let chain = &mut open(&Disk::new(), 0);
    let alice = account_of(&key("alice"));
    let balance_of = |account: Address| {
        let input = [&[0x70, 0xa0, 0x82, 0x31], account.into_word().as_slice()].concat();
        format!("0x{}", hex::encode(input))
    };
    let to_alice = json!([{ "to": TOKEN_A, "data": balance_of(alice) }, "latest"]);
    let balance: B256 = call(chain, "eth_call", to_alice);
    assert!(balance > B256::ZERO);
    // More than there is: the token's own error.
    let input = token_transfer("alice", 0, u64::MAX).transaction().input.clone();
    let from = json!([{ "from": NOBODY, "to": TOKEN_A, "input": input }]);
    for method in ["eth_call", "eth_estimateGas"] {
        let answer = answer(chain, method, from.clone());
        let error = &answer["error"];
        assert_eq!(error["code"], 3);
        assert!(error["message"].as_str().unwrap().starts_with("execution reverted"));
        assert!(error["data"].as_str().unwrap().starts_with("0xe450d38c"), "{error}");
    }
    let transfer = json!([{ "from": alice, "to": NOBODY, "value": "0x1" }]);
    let gas: Value = call(chain, "eth_estimateGas", transfer);
    assert_eq!(gas, "0x5208");
    // What is estimated is enough, and less than what is used is not.
    let signed = token_transfer("alice", 0, 1);
    let call_object = json!({ "from": alice, "to": TOKEN_A, "input": signed.transaction().input });
    let estimated: Value = call(chain, "eth_estimateGas", json!([call_object]));
    let estimated = u64::from_str_radix(&estimated.as_str().unwrap()[2..], 16).unwrap();
    let mut used = estimated;
    for (nonce, succeeds) in [(0, true), (1, false)] {
        let gas_limit = if succeeds { estimated } else { used - 1 };
        let transaction = Transaction { nonce, gas_limit, ..signed.transaction().clone() };
        let transaction = transaction.sign(&key("alice")).unwrap();
        send(chain, &transaction);
        chain.advance(at(2 + nonce));
        let receipt: alloy::TransactionReceipt =
            call(chain, "eth_getTransactionReceipt", json!([transaction.hash()]));
        assert_eq!(receipt.status(), succeeds);
        assert!(receipt.gas_used <= gas_limit);
        used = receipt.gas_used;
    }
}

#[test]
fn fees_are_what_blocks_charged() {
    let chain = &mut open(&Disk::new(), 0);
    send(chain, &transfer("alice", 0, 1));
    chain.advance(at(2));
    let history: alloy::FeeHistory =
        call(chain, "eth_feeHistory", json!(["0xa", "latest", [20.0]]));
    assert_eq!(history.base_fee_per_gas.len(), 11);
    assert_eq!(history.gas_used_ratio.len(), 10);
    let rewards = history.reward.clone().unwrap();
    assert!(rewards.contains(&vec![2_000_000_000]), "{rewards:?}");
    for (number, base_fee) in (history.oldest_block..).zip(&history.base_fee_per_gas).take(10) {
        let block: alloy::Block =
            call(chain, "eth_getBlockByNumber", json!([format!("{number:#x}"), false]));
        assert_eq!(block.header.base_fee_per_gas.map(u128::from), Some(*base_fee));
    }
    let tip: U256 = call(chain, "eth_maxPriorityFeePerGas", json!([]));
    let price: U256 = call(chain, "eth_gasPrice", json!([]));
    assert_eq!(price, tip + U256::from(*history.base_fee_per_gas.last().unwrap()));
    let own: eth::FeeHistory = call(chain, "eth_feeHistory", json!([3, "latest"]));
    assert_eq!((own.base_fee_per_gas.len(), own.reward), (4, None));
}

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
    // The two halves build different blocks, and those of one are given up when they meet again. Not
    // every time it is the half of the node that answers.
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
