//! Blocks, transactions, receipts and proofs, read and computed by crates of others.

use alloy_consensus::proofs::{calculate_receipt_root, calculate_transaction_root};
use alloy_consensus::transaction::SignerRecoverable;
use alloy_consensus::{Header, ReceiptEnvelope, Transaction as _, TxEnvelope};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Address, B256, Bloom, KECCAK256_EMPTY, U256, keccak256};
use alloy_rlp::Decodable;
use alloy_sol_types::SolCall;
use alloy_trie::proof::verify_proof;
use alloy_trie::{Nibbles, TrieAccount};
use causeway_wire_ethereum::abi::sol::Erc20;
use causeway_wire_ethereum::contracts::{
    COUNTER, ROUTER, TOKEN_A, TOKEN_B, TRANSFER, WRAPPED_ETHER, address_slot,
};

use super::{Pos, account};

/// A chain with blocks of several transactions of all kinds, failed ones among them.
fn busy() -> Pos {
    let mut pos = Pos::new();
    for round in 1..6_u64 {
        let (alice, bob) = (account("alice"), account("bob"));
        let transfer = |to, amount: u64| Erc20::transferCall { to, amount: U256::from(amount) };
        pos.submit("alice", bob, round, Vec::new());
        pos.submit("alice", TOKEN_A, 0, transfer(bob, round).abi_encode());
        pos.submit("bob", TOKEN_B, 0, transfer(alice, round).abi_encode());
        pos.submit("bob", TOKEN_B, 0, transfer(Address::ZERO, 1).abi_encode());
        pos.submit("relayer", WRAPPED_ETHER, 1_000 * round, Vec::new());
        pos.submit("relayer", ROUTER, 0, vec![1, 2, 3, 4]);
        pos.step();
        pos.step();
    }
    pos
}

#[test]
fn others_read_headers_transactions_and_receipts_and_get_the_same_roots() {
    let pos = busy();
    let mut transactions = 0;
    for number in 0..=pos.head().block().header.number {
        let view = pos.chain.by_number(number).unwrap();
        let block = view.block();
        let bytes = block.header.encode();
        let header = Header::decode(&mut bytes.as_slice()).unwrap();
        assert_eq!(header.hash_slow(), block.hash);
        assert_eq!(header.gas_limit, 30_000_000);
        let read = |bytes: Vec<u8>| {
            let envelope = TxEnvelope::decode_2718(&mut bytes.as_slice()).unwrap();
            assert_eq!(alloy_eips::eip2718::Encodable2718::encoded_2718(&envelope), bytes);
            envelope
        };
        let txs: Vec<TxEnvelope> =
            block.transactions.iter().map(|transaction| read(transaction.encode())).collect();
        for (tx, ours) in txs.iter().zip(&block.transactions) {
            assert_eq!(tx.recover_signer().unwrap(), ours.sender());
            assert_eq!(*tx.tx_hash(), ours.hash());
            assert_eq!((tx.nonce(), tx.value(), tx.to()), (ours.nonce, ours.value, ours.to));
            assert_eq!((tx.input(), tx.chain_id()), (&ours.input, Some(31_337)));
        }
        assert_eq!(calculate_transaction_root(&txs), header.transactions_root);
        let receipts: Vec<ReceiptEnvelope> = block
            .receipts
            .iter()
            .map(|ours| ReceiptEnvelope::decode_2718(&mut ours.encode().as_slice()).unwrap())
            .collect();
        assert_eq!(calculate_receipt_root(&receipts), header.receipts_root);
        let mut bloom = Bloom::ZERO;
        for receipt in &receipts {
            let logs = receipt.logs();
            assert_eq!(alloy_primitives::logs_bloom(logs), *receipt.logs_bloom());
            bloom.accrue_bloom(receipt.logs_bloom());
        }
        assert_eq!(bloom, header.logs_bloom);
        let used = receipts.last().map_or(0, ReceiptEnvelope::cumulative_gas_used);
        assert_eq!(used, header.gas_used);
        let outcomes: Vec<bool> = receipts.iter().map(ReceiptEnvelope::status).collect();
        assert!(outcomes.is_empty() || outcomes.iter().filter(|ok| !**ok).count() == 2);
        transactions += txs.len();
    }
    assert_eq!(transactions, 30);
}

#[test]
fn others_find_the_base_fee_of_every_block() {
    let pos = busy();
    for number in 1..=pos.head().block().header.number {
        let [parent, child] = [number - 1, number].map(|number| {
            let view = pos.chain.by_number(number).unwrap();
            Header::decode(&mut view.block().header.encode().as_slice()).unwrap()
        });
        let expected = parent.next_block_base_fee(alloy_eips::eip1559::BaseFeeParams::ethereum());
        assert_eq!(child.base_fee_per_gas, expected);
    }
}

#[test]
fn others_verify_proofs_of_accounts_and_slots_at_every_height() {
    let pos = busy();
    let addresses = ["alice", "bob", "relayer", "authority"].map(account);
    let contracts = [ROUTER, TRANSFER, COUNTER, TOKEN_A, TOKEN_B, WRAPPED_ETHER];
    let nobody = Address::repeat_byte(0x77);
    for number in 0..=pos.head().block().header.number {
        let view = pos.chain.by_number(number).unwrap();
        let root = view.block().header.state_root;
        assert_eq!(view.root(), root);
        for address in addresses.iter().chain(&contracts).chain([&nobody]) {
            let slots: Vec<B256> =
                addresses.iter().map(|holder| address_slot(B256::ZERO, holder)).collect();
            let proof = view.proof(address, &slots);
            let account = TrieAccount {
                nonce: proof.account.nonce,
                balance: proof.account.balance,
                storage_root: proof.storage_root,
                code_hash: proof.account.code_hash,
            };
            let leaf = (*address != nobody).then(|| alloy_rlp::encode(account));
            let nodes: Vec<_> = proof.nodes.iter().map(|node| node.clone().into()).collect();
            verify_proof(root, Nibbles::unpack(keccak256(address)), leaf, &nodes).unwrap();
            let code = view.code(address);
            assert_eq!(keccak256(&code), account.code_hash);
            assert_eq!(contracts.contains(address), account.code_hash != KECCAK256_EMPTY);
            for slot in &proof.slots {
                let word = (!slot.word.is_zero()).then(|| alloy_rlp::encode(slot.word));
                let nodes: Vec<_> = slot.nodes.iter().map(|node| node.clone().into()).collect();
                let key = Nibbles::unpack(keccak256(slot.slot));
                verify_proof(proof.storage_root, key, word, &nodes).unwrap();
            }
        }
    }
}
