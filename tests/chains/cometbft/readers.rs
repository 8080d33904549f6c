//! Every answer, parsed by `tendermint-rpc`.

use causeway_chain::Fault;
use serde_json::json;
use tendermint::block::Height;
use tendermint::{Hash, hash};
use tendermint_rpc::Order;
use tendermint_rpc::endpoint::{
    abci_info, block, block_by_hash, block_results, block_search, blockchain, broadcast, commit,
    consensus_params, genesis, genesis_chunked, header, header_by_hash, health, net_info, status,
    tx, tx_search, validators,
};
use tendermint_rpc::event::EventData;
use tendermint_rpc::query::{EventType, Query};

use super::driver::{Driver, START};
use super::transfers::transfer;

fn height(number: u64) -> Height {
    Height::try_from(number).unwrap()
}

#[test]
fn the_first_block_is_there_at_once_and_status_tells_of_it() {
    let mut driver = Driver::new(1);
    driver.run(1_000);
    let status = driver.ask(status::Request);
    assert_eq!(status.node_info.network.as_str(), "causeway-pbft-1");
    assert!(status.node_info.version.to_string().starts_with("0.38."));
    assert!(status.sync_info.latest_block_height.value() >= 1);
    assert_eq!(status.sync_info.earliest_block_height.value(), 1);
    assert_eq!(status.validator_info.power.value(), 10);
    let started: std::time::Duration = status
        .sync_info
        .earliest_block_time
        .duration_since(tendermint::Time::unix_epoch())
        .unwrap();
    assert_eq!(started.as_nanos(), u128::from(START.nanos()));
    assert!(!status.sync_info.catching_up);
    driver.ask(health::Request);
    assert!(driver.ask(net_info::Request).listening);
    let genesis = driver.ask(genesis::Request::<serde_json::Value>::default()).genesis;
    assert_eq!(genesis.validators.len(), 4);
    assert_eq!(genesis.chain_id, status.node_info.network);
    assert_eq!(driver.ask(genesis_chunked::Request::new(0)).total, 1);
    assert_eq!(driver.ask(abci_info::Request).response.last_block_height, height(driver.head()));
}

#[test]
fn blocks_are_the_same_by_every_way_to_them() {
    let mut driver = Driver::new(2);
    driver.run(8_000);
    let head = driver.head();
    for number in 1..=head {
        let by_height = driver.ask(block::Request::new(height(number)));
        let hash = by_height.block_id.hash;
        assert_eq!(by_height.block.header.hash(), hash);
        let by_hash = driver.ask(block_by_hash::Request::new(hash));
        assert_eq!(by_hash.block_id, by_height.block_id);
        assert_eq!(by_hash.block.as_ref(), Some(&by_height.block));
        let header = by_height.block.header;
        assert_eq!(driver.ask(header::Request::new(height(number))).header, header);
        assert_eq!(driver.ask(header_by_hash::Request::new(hash)).header, Some(header.clone()));
        let commit = driver.ask(commit::Request::new(height(number)));
        assert_eq!(commit.signed_header.header, header);
        assert_eq!(commit.signed_header.commit.block_id, by_height.block_id);
        assert_eq!(commit.canonical, number < head);
        let results = driver.ask(block_results::Request::new(height(number)));
        assert_eq!(results.height, height(number));
        let set = driver.ask(validators::Request::new(Some(height(number)), None, None));
        assert_eq!(set.total, 4);
        driver.ask(consensus_params::Request::new(Some(height(number))));
    }
    let next = driver.ask(validators::Request::new(Some(height(head + 1)), None, None));
    assert_eq!(next.block_height, height(head + 1));
    let metas = driver.ask(blockchain::Request::new(height(2), height(5))).block_metas;
    let heights: Vec<_> = metas.iter().map(|meta| meta.header.height.value()).collect();
    assert_eq!(heights, [5, 4, 3, 2]);
    let unknown = driver.ask(block_by_hash::Request::new(Hash::Sha256([1; 32])));
    assert_eq!(unknown.block, None);
}

#[test]
fn a_transaction_is_sent_found_and_proven() {
    const SEED: u64 = 3;
    let mut driver = Driver::new(SEED);
    driver.run(1_000);
    let bytes = transfer(SEED, 0);
    let sent = driver.ask(broadcast::tx_sync::Request::new(bytes.clone()));
    assert!(sent.code.is_ok(), "{sent:?}");
    driver.run(3_000);
    let found = driver.ask(tx::Request::new(sent.hash, true));
    assert_eq!(found.tx, bytes);
    assert!(found.tx_result.code.is_ok(), "{:?}", found.tx_result);
    let block = driver.ask(block::Request::new(found.height)).block;
    assert_eq!(block.data[found.index as usize], bytes);
    let proof = found.proof.unwrap();
    assert_eq!(Some(proof.root_hash), block.header.data_hash);
    assert_eq!(proof.data, bytes);
    let results = driver.ask(block_results::Request::new(found.height));
    assert_eq!(results.txs_results.unwrap()[found.index as usize], found.tx_result);

    let query = Query::eq("tx.height", found.height.value());
    let search = |query: Query| tx_search::Request::new(query, false, 1, 10, Order::Ascending);
    let by_height = driver.ask(search(query));
    assert_eq!((by_height.total_count, by_height.txs[0].hash), (1, sent.hash));
    let by_event = driver.ask(search(Query::exists("transfer.amount").and_gte("tx.height", 1_u64)));
    assert_eq!(by_event.total_count, 1);
    let nothing = driver.ask(search(Query::eq("transfer.amount", "none")));
    assert_eq!(nothing.total_count, 0);
    let blocks = Query::lt("block.height", 3_u64);
    let blocks = driver.ask(block_search::Request::new(blocks, 1, 10, Order::Ascending));
    let heights: Vec<_> = blocks.blocks.iter().map(|found| found.block.header.height).collect();
    assert_eq!(heights, [height(1), height(2)]);
}

#[test]
fn subscribers_hear_of_blocks_transactions_and_validators() {
    const SEED: u64 = 4;
    let mut driver = Driver::new(SEED);
    driver.run(1_000);
    let session = driver.open_websocket("/websocket");
    for (id, query) in [(1, Query::from(EventType::NewBlock)), (2, Query::from(EventType::Tx))] {
        let params = json!({ "query": query.to_string() });
        let answer = driver.send(session, id, "subscribe", params);
        assert_eq!(answer, json!({ "jsonrpc": "2.0", "id": id, "result": {} }));
    }
    let params = json!({ "query": "tm.event='ValidatorSetUpdates'" });
    driver.send(session, 3, "subscribe", params);
    let bytes = transfer(SEED, 0);
    driver.ask(broadcast::tx_sync::Request::new(bytes.clone()));
    driver.inject(&Fault::ChangeSet { count: 1 });
    driver.run(3_000);
    let (mut blocks, mut txs, mut sets) = (0, 0, 0);
    for message in driver.messages(session) {
        let id = message["id"].as_i64().unwrap();
        // That crate knows no other events.
        if message["result"]["data"]["type"] == "tendermint/event/ValidatorSetUpdates" {
            assert_eq!(id, 3);
            sets += 1;
            continue;
        }
        let event: tendermint_rpc::event::v0_38::DeEvent =
            serde_json::from_value(message["result"].clone()).unwrap();
        match tendermint_rpc::event::Event::from(event).data {
            EventData::NewBlock { block, block_id, result_finalize_block } => {
                assert_eq!((id, block.unwrap().header.hash()), (1, block_id.hash));
                assert!(result_finalize_block.is_some());
                blocks += 1;
            }
            EventData::Tx { tx_result } => {
                assert_eq!(id, 2);
                txs += u32::from(tx_result.tx == bytes);
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(blocks >= 2 && txs == 1 && sets == 1, "{blocks} {txs} {sets}");
    assert_eq!(driver.send(session, 1, "unsubscribe_all", json!({}))["result"], json!({}));
    driver.run(2_000);
    assert!(driver.messages(session).is_empty());
}

#[test]
fn hashes_are_in_upper_case_and_bytes_in_base64() {
    let mut driver = Driver::new(5);
    driver.run(2_500);
    let block = driver.call("block", json!({ "height": "1" }));
    let hash = block["block_id"]["hash"].as_str().unwrap();
    assert!(Hash::from_hex_upper(hash::Algorithm::Sha256, hash).is_ok());
    let last = &block["block"]["last_commit"];
    let none = json!({ "hash": "", "parts": { "total": 0, "hash": "" } });
    assert_eq!(last, &json!({ "height": "0", "round": 0, "block_id": none, "signatures": [] }));
    assert_eq!(block["block"]["header"]["last_block_id"], none);
    assert_eq!(block["block"]["data"]["txs"], json!([]));
    assert_eq!(block["block"]["evidence"], json!({ "evidence": [] }));
    assert_eq!(block["block"]["header"]["version"], json!({ "block": "11" }));
    let results = driver.call("block_results", json!({ "height": 1 }));
    assert_eq!(results["txs_results"], json!(null));
    assert_eq!(results["validator_updates"], json!(null));
}
