//! Blocks, transactions and receipts as answers show them.

use alloy_primitives::{Address, B256, U256};
use causeway_client_ethereum::execution::block::{Log, Outcome};
use causeway_wire_ethereum::eth;
use causeway_wire_ethereum::transaction::{SignedTransaction, TX_TYPE};

use crate::execution::block::{Block, Included};
use crate::ssz::to_u64;

/// A header without the block's size, as subscriptions announce it.
pub(super) fn header(block: &Block) -> eth::Header {
    eth::Header::new(&block.header, block.hash, None)
}

/// A block with all its transactions, or with their hashes.
pub(super) fn block(block: &Block, is_full: bool) -> eth::Block {
    let transactions = if is_full {
        eth::Transactions::Full(block.all_included().map(|found| transaction(&found)).collect())
    } else {
        let hashes = block.transactions.iter().map(SignedTransaction::hash);
        eth::Transactions::Hashes(hashes.collect())
    };
    let size = Some(to_u64(block.encoded_len()));
    eth::Block {
        header: eth::Header::new(&block.header, block.hash, size),
        transactions,
        uncles: Vec::new(),
        withdrawals: Some(Vec::new()),
    }
}

/// A transaction that waits: its price is its cap.
pub(super) fn pooled(signed: &SignedTransaction) -> eth::Transaction {
    let transaction = signed.transaction();
    let signature = signed.signature();
    let parity = u64::from(signature.y_parity);
    eth::Transaction {
        hash: signed.hash(),
        kind: TX_TYPE.into(),
        chain_id: Some(transaction.chain_id),
        nonce: transaction.nonce,
        gas: transaction.gas_limit,
        gas_price: Some(U256::from(transaction.max_fee_per_gas)),
        max_fee_per_gas: Some(U256::from(transaction.max_fee_per_gas)),
        max_priority_fee_per_gas: Some(U256::from(transaction.max_priority_fee_per_gas)),
        to: transaction.to,
        value: transaction.value,
        input: transaction.input.clone(),
        access_list: Some(transaction.access_list.clone()),
        v: U256::from(parity),
        r: signature.r,
        s: signature.s,
        y_parity: Some(parity),
        from: signed.sender(),
        block_hash: None,
        block_number: None,
        transaction_index: None,
    }
}

/// A transaction in its block.
pub(super) fn transaction(included: &Included<'_>) -> eth::Transaction {
    eth::Transaction {
        gas_price: Some(U256::from(included.effective_gas_price)),
        block_hash: Some(included.block.hash),
        block_number: Some(included.block.header.number),
        transaction_index: Some(to_u64(included.index)),
        ..pooled(included.transaction)
    }
}

/// What a transaction did.
pub(super) fn receipt(included: &Included<'_>) -> eth::Receipt {
    let Included { block, transaction, receipt, .. } = included;
    eth::Receipt {
        transaction_hash: transaction.hash(),
        transaction_index: to_u64(included.index),
        block_hash: block.hash,
        block_number: block.header.number,
        kind: TX_TYPE.into(),
        status: u64::from(receipt.outcome == Outcome::Success),
        from: transaction.sender(),
        to: transaction.to,
        contract_address: None,
        gas_used: included.gas_used,
        cumulative_gas_used: receipt.cumulative_gas_used,
        effective_gas_price: U256::from(included.effective_gas_price),
        logs: logs(included, |_, _| true),
        logs_bloom: receipt.logs_bloom,
    }
}

/// The logs of a transaction that are wanted, by their addresses and topics.
pub(super) fn logs(
    included: &Included<'_>,
    is_wanted: impl Fn(&Address, &[B256]) -> bool,
) -> Vec<eth::Log> {
    let header = &included.block.header;
    let numbered = included.receipt.logs.iter().zip(included.first_log..);
    let wanted = numbered.filter(|(log, _)| is_wanted(&log.address, &log.topics));
    let shape = |(log, index): (&Log, usize)| eth::Log {
        address: log.address,
        topics: log.topics.clone(),
        data: log.data.clone(),
        block_number: Some(header.number),
        block_hash: Some(included.block.hash),
        block_timestamp: Some(header.timestamp),
        transaction_hash: Some(included.transaction.hash()),
        transaction_index: Some(to_u64(included.index)),
        log_index: Some(to_u64(index)),
        removed: false,
    };
    wanted.map(shape).collect()
}
