//! Headers, receipts and transaction lists of real blocks.

use alloy_primitives::{Address, B256, Bloom, U256};
use causeway_client_ethereum::execution::block::{
    BlobFields, Header, Log, Outcome, Receipt, TxType, list_root, verify_list_item, verify_receipt,
};
use causeway_client_ethereum::execution::rlp::{Item, Items};
use causeway_core::Refusal;
use causeway_tests::vectors::Vectors;
use serde_json::Value;

use super::{byte_lists, bytes, hash, quantity};

/// A receipt as the trie has it, from an RPC's.
fn receipt(json: &Value) -> Receipt {
    let log = |log: &Value| Log {
        address: Address::from_slice(&bytes(&log["address"])),
        topics: log["topics"].as_array().unwrap().iter().map(hash).collect(),
        data: bytes(&log["data"]).into(),
    };
    Receipt {
        tx_type: match quantity(&json["type"]) {
            0 => TxType::Legacy,
            1 => TxType::AccessList,
            2 => TxType::DynamicFee,
            3 => TxType::Blob,
            4 => TxType::SetCode,
            other => panic!("type {other}"),
        },
        outcome: match json["status"].as_str() {
            None => Outcome::StateRoot(hash(&json["root"])),
            Some("0x1") => Outcome::Success,
            Some("0x0") => Outcome::Failure,
            Some(other) => panic!("status {other}"),
        },
        cumulative_gas_used: quantity(&json["cumulativeGasUsed"]),
        logs_bloom: Bloom::from_slice(&bytes(&json["logsBloom"])),
        logs: json["logs"].as_array().unwrap().iter().map(log).collect(),
    }
}

/// The encodings of an RPC's receipts, each read back.
fn receipts(list: &Value) -> Vec<Vec<u8>> {
    let receipts = list.as_array().unwrap().iter().map(receipt);
    receipts
        .map(|receipt| {
            let encoding = receipt.encode();
            assert_eq!(Receipt::decode(&encoding), Ok(receipt));
            encoding
        })
        .collect()
}

fn header(json: &Value) -> Header {
    let number = |name: &str| U256::from(quantity(&json[name]));
    Header {
        parent_hash: hash(&json["parentHash"]),
        ommers_hash: hash(&json["sha3Uncles"]),
        beneficiary: Address::from_slice(&bytes(&json["miner"])),
        state_root: hash(&json["stateRoot"]),
        transactions_root: hash(&json["transactionsRoot"]),
        receipts_root: hash(&json["receiptsRoot"]),
        logs_bloom: Bloom::from_slice(&bytes(&json["logsBloom"])),
        difficulty: number("difficulty"),
        number: quantity(&json["number"]),
        gas_limit: quantity(&json["gasLimit"]),
        gas_used: quantity(&json["gasUsed"]),
        timestamp: quantity(&json["timestamp"]),
        extra_data: bytes(&json["extraData"]).into(),
        mix_hash: hash(&json["mixHash"]),
        nonce: bytes(&json["nonce"]).as_slice().try_into().unwrap(),
        base_fee_per_gas: Some(number("baseFeePerGas")),
        withdrawals_root: Some(hash(&json["withdrawalsRoot"])),
        blob_fields: Some(BlobFields {
            blob_gas_used: quantity(&json["blobGasUsed"]),
            excess_blob_gas: quantity(&json["excessBlobGas"]),
            parent_beacon_block_root: hash(&json["parentBeaconBlockRoot"]),
        }),
        requests_hash: None,
    }
}

/// A mainnet block of Cancun: its hash, its receipts root, a proven receipt and its event.
pub(super) fn mainnet_block(vectors: &Vectors, file: &str) {
    let folder = file.strip_suffix("block.json").unwrap();
    let block = vectors.json(file);
    let header = header(&block);
    assert_eq!(header.hash(), hash(&block["hash"]));
    assert_eq!(Header::decode(&header.encode()), Ok(header.clone()));
    let all = vectors.json(&format!("{folder}receipts.json"));
    let encodings = receipts(&all);
    assert_eq!(encodings.len(), 202);
    assert_eq!(list_root(&encodings), header.receipts_root);

    let proven = vectors.json(&format!("{folder}receipt_with_proof.json"));
    let nodes = byte_lists(&proven["receiptProof"]);
    let index = quantity(&proven["receipt"]["transactionIndex"]);
    let read = verify_receipt(&header.receipts_root, index, &nodes).unwrap();
    assert_eq!(read, receipt(&proven["receipt"]));
    let log = &proven["receipt"]["logs"][0];
    let (emitter, topic) = (Address::from_slice(&bytes(&log["address"])), hash(&log["topics"][0]));
    assert_eq!(read.event(0, &emitter, &topic).unwrap().data, bytes(&log["data"]));
    let refused = read.event(0, &Address::ZERO, &topic).unwrap_err();
    assert_eq!(refused.code(), "log_emitter_mismatch");
    for other in (0..202).filter(|other| *other != index) {
        verify_list_item(&header.receipts_root, other, &nodes).unwrap_err();
    }
}

/// A chain of blocks one after another: hashes link, and the lists have the roots that the headers
/// name; the receipts of block 1 were recorded beside it.
pub(super) fn chain(vectors: &Vectors, file: &str) {
    let bytes = vectors.bytes(file);
    let mut blocks = Items::new("chain", &bytes);
    let mut parent: Option<(B256, u64)> = None;
    let mut receipts_root_of_1 = None;
    while !blocks.is_empty() {
        let mut block = blocks.next_list().unwrap();
        let (encoding, _) = block.next_item().unwrap();
        let header = Header::decode(encoding).unwrap();
        assert_eq!(header.encode(), encoding);
        if let Some((hash, number)) = parent {
            assert_eq!((header.parent_hash, header.number), (hash, number + 1));
        }
        let transactions = list_items(block.next_list().unwrap());
        assert_eq!(list_root(&transactions), header.transactions_root);
        let _ommers = block.next_list().unwrap();
        if let Some(root) = header.withdrawals_root {
            assert_eq!(list_root(&list_items(block.next_list().unwrap())), root);
        }
        block.finish().unwrap();
        if header.number == 1 {
            receipts_root_of_1 = Some(header.receipts_root);
        }
        parent = Some((header.hash(), header.number));
    }
    let head = vectors.json("ethereum/execution/eip1186/execution-apis/head.json");
    assert_eq!(parent, Some((hash(&head["hash"]), head["number"].as_u64().unwrap())));

    let recorded = vectors.text(&file.replace("chain.rlp", "get-block-receipts-n.io"));
    let answer = recorded.lines().find_map(|line| line.strip_prefix("<< ")).unwrap();
    let answer: Value = serde_json::from_str(answer).unwrap();
    assert_eq!(list_root(&receipts(&answer["result"])), receipts_root_of_1.unwrap());
}

/// The items as the trie has them: lists in whole, typed transactions out of their byte string.
fn list_items(mut items: Items<'_>) -> Vec<Vec<u8>> {
    let mut list = Vec::new();
    while !items.is_empty() {
        list.push(match items.next_item().unwrap() {
            (encoding, Item::List(_)) => encoding.to_vec(),
            (_, Item::Bytes(bytes)) => bytes.to_vec(),
        });
    }
    list
}
