//! Blocks, transactions, receipts, logs and fees.

use alloy_consensus::proofs::{calculate_receipt_root, calculate_transaction_root};
use alloy_consensus::transaction::SignerRecoverable;
use alloy_consensus::{Header as ConsensusHeader, TxEnvelope};
use alloy_primitives::{Address, U256, keccak256};
use alloy_rpc_types_eth as alloy;
use causeway_chain::Chain as _;
use causeway_chain_ethereum::EthereumChain;
use causeway_wire_ethereum::contracts::TOKEN_A;
use causeway_wire_ethereum::eth;
use causeway_wire_ethereum::transaction::account_of;
use serde_json::json;

use super::{Disk, NOBODY, at, call, key, open, send, token_transfer, transfer};

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
