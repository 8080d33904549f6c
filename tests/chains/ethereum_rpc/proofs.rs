//! States under headers that a light client has verified.

use std::time::Duration;

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_rpc_types_eth as alloy;
use alloy_trie::Nibbles;
use alloy_trie::proof::verify_proof;
use causeway_chain::{Chain as _, Method};
use causeway_chain_ethereum::{BEACON_LISTENER, EthereumChain};
use causeway_client_ethereum::client::{ClientMessage, EthereumClient};
use causeway_client_ethereum::containers::{LightClientBootstrap, LightClientFinalityUpdate};
use causeway_client_ethereum::update::{Answers, Parameters, initial_states};
use causeway_light_client::Verdict;
use causeway_tests::client_host::MemoryHost;
use causeway_wire_ethereum::beacon::Reader;
use causeway_wire_ethereum::config::NetworkConfig;
use causeway_wire_ethereum::contracts::{COMMITMENT_SLOT, ROUTER, TOKEN_A, address_slot};
use causeway_wire_ethereum::proof::AccountProof;
use causeway_wire_ethereum::transaction::account_of;
use serde_json::{Value, json};

use super::{
    Disk, NOBODY, answer, at, call, key, open, request, respond, send, token_transfer, transfer,
};

fn save(chain: &mut EthereumChain, disk: &mut Disk) {
    for write in chain.take_writes() {
        match write.value {
            Some(value) => disk.insert(write.key, value),
            None => disk.remove(&write.key),
        };
    }
}

fn beacon(chain: &mut EthereumChain, target: &str) -> Value {
    let response = respond(chain, BEACON_LISTENER, &request(Method::Get, target, Vec::new()));
    assert_eq!(response.status, 200, "{target}");
    serde_json::from_slice(&response.body).unwrap()
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
