use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256};
use causeway_chain::{DurableWrite, developer_key};
use causeway_client_ethereum::execution::block::Outcome;
use causeway_client_ethereum::execution::state::verify_account;
use causeway_light_client::ClientRegistry;
use causeway_wire_ethereum::transaction::{SignedTransaction, Transaction, TransactionError};

use super::pool::PoolError;
use super::*;
use crate::engine::{ExecutionEngine, ExecutionPayload, PayloadAttributes, PayloadError};

type Disk = BTreeMap<Vec<u8>, Vec<u8>>;

const CONFIG: Config = Config { chain_id: 31_337, seed: 0, seconds_per_slot: 1 };
const GENESIS_TIME: u64 = 1_800_000_000;
const GWEI: u128 = 1_000_000_000;

fn open(disk: &Disk) -> Execution {
    Execution::open(CONFIG, ClientRegistry::default(), disk).unwrap()
}

fn new() -> Execution {
    let mut chain = open(&Disk::new());
    chain.genesis(GENESIS_TIME);
    chain
}

fn save(chain: &mut Execution, disk: &mut Disk) {
    for DurableWrite { key, value } in chain.take_writes() {
        match value {
            Some(value) => disk.insert(key, value),
            None => disk.remove(&key),
        };
    }
}

fn attributes(parent: &Block, fee_recipient: Address) -> PayloadAttributes {
    PayloadAttributes {
        parent_hash: parent.hash,
        timestamp: parent.header.timestamp + 1,
        prev_randao: B256::repeat_byte(7),
        fee_recipient,
        parent_beacon_block_root: B256::repeat_byte(8),
    }
}

/// Builds a block on the head, imports it and follows it.
fn step(chain: &mut Execution) -> ExecutionPayload {
    let head = chain.head().unwrap();
    let attributes = attributes(head.block(), Address::repeat_byte(0xfe));
    let payload = chain.build_payload(&attributes).unwrap();
    chain.import(&payload, attributes.parent_beacon_block_root).unwrap();
    let finalized = head.block().hash;
    chain.fork_choice(payload.block_hash, finalized, finalized);
    payload
}

fn transfer(nonce: u64, to: Address, wei: u64) -> Transaction {
    Transaction {
        chain_id: CONFIG.chain_id,
        nonce,
        max_priority_fee_per_gas: GWEI,
        max_fee_per_gas: 10 * GWEI,
        gas_limit: 21_000,
        to: Some(to),
        value: U256::from(wei),
        ..Transaction::default()
    }
}

fn sign(name: &str, transaction: Transaction) -> SignedTransaction {
    transaction.sign(&developer_key("pos", name, CONFIG.seed)).unwrap()
}

fn add(chain: &mut Execution, name: &str, transaction: Transaction) -> Result<B256, PoolError> {
    chain.add_transaction(&sign(name, transaction).encode())
}

#[test]
fn wei_move_and_fees_are_burnt_and_paid() {
    let mut chain = new();
    let (alice, bob) = (developer("alice", 0), developer("bob", 0));
    let before = chain.head().unwrap();
    let hash = add(&mut chain, "alice", transfer(0, bob, 1_000)).unwrap();
    assert_eq!(chain.pending_nonce(&alice), 1);
    step(&mut chain);
    let after = chain.head().unwrap();
    assert_eq!(after.balance(&bob), before.balance(&bob) + U256::from(1_000));
    let base_fee = after.block().base_fee();
    let fee = U256::from(21_000) * U256::from(u128::from(base_fee) + GWEI);
    assert_eq!(after.balance(&alice), before.balance(&alice) - U256::from(1_000) - fee);
    let tip = U256::from(21_000) * U256::from(GWEI);
    assert_eq!(after.balance(&Address::repeat_byte(0xfe)), tip);
    let (gas_used, outcome) =
        chain.with_included(&hash, |tx| (tx.gas_used, tx.receipt.outcome)).unwrap();
    assert_eq!((gas_used, outcome), (21_000, Outcome::Success));
    assert!(chain.pooled(&hash).is_none());
    assert_eq!(chain.pending_nonce(&alice), 1);
    let proof = after.proof(&bob, &[]);
    let root = after.block().header.state_root;
    let proven = verify_account(&root, &bob, &proof.nodes, &mut ()).unwrap().unwrap();
    assert_eq!(proven.balance, after.balance(&bob));
}

#[test]
fn another_engine_comes_to_the_same_blocks() {
    let (mut builder, mut other) = (new(), new());
    for nonce in 0..5 {
        add(&mut builder, "alice", transfer(nonce, developer("bob", 0), nonce)).unwrap();
        let payload = step(&mut builder);
        let mut wrong = payload.clone();
        wrong.state_root = B256::ZERO;
        let error = other.import(&wrong, B256::repeat_byte(8)).unwrap_err();
        assert!(matches!(error, PayloadError::Invalid { .. }));
        other.import(&payload, B256::repeat_byte(8)).unwrap();
        other.fork_choice(payload.block_hash, payload.parent_hash, payload.parent_hash);
        // However often.
        other.import(&payload, B256::repeat_byte(8)).unwrap();
    }
    let (a, b) = (builder.head().unwrap(), other.head().unwrap());
    assert_eq!(a.block(), b.block());
    assert_eq!(a.root(), b.root());
}

#[test]
fn a_restart_goes_on_where_the_writes_end() {
    let (mut chain, mut disk) = (new(), Disk::new());
    for nonce in 0..20 {
        add(&mut chain, "alice", transfer(nonce, developer("bob", 0), 1)).unwrap();
        step(&mut chain);
        save(&mut chain, &mut disk);
        let restored = open(&disk);
        assert_eq!(restored.heads, chain.heads);
        assert_eq!(restored.head().unwrap().block(), chain.head().unwrap().block());
        for number in 0..=nonce + 1 {
            let (a, b) = (restored.by_number(number).unwrap(), chain.by_number(number).unwrap());
            assert_eq!(a.root(), b.root());
        }
    }
    let mut restored = open(&disk);
    assert_eq!(step(&mut restored), step(&mut chain));
}

#[test]
fn blocks_beyond_the_window_become_the_base_state() {
    let (mut chain, mut disk) = (new(), Disk::new());
    chain.kept_blocks = 5;
    let mut payloads = Vec::new();
    for nonce in 0..20 {
        add(&mut chain, "alice", transfer(nonce, developer("bob", 0), 1)).unwrap();
        payloads.push(step(&mut chain));
        save(&mut chain, &mut disk);
        let restored = open(&disk);
        assert_eq!(restored.oldest(), chain.oldest());
        for number in chain.oldest()..=nonce + 1 {
            let (a, b) = (restored.by_number(number).unwrap(), chain.by_number(number).unwrap());
            assert_eq!((a.root(), a.block()), (b.root(), b.block()));
            assert_eq!(a.nonce(&developer("alice", 0)), number);
        }
    }
    // The head is not final, the block below it is.
    assert_eq!(chain.oldest(), 19 - 5);
    assert!(chain.by_number(13).is_none());
    let stored = disk.keys().filter(|key| key.starts_with(b"eth/block/")).count();
    assert_eq!(stored, 7);
    assert_eq!(chain.genesis_block().unwrap().header.number, 0);
    for (payload, is_kept) in payloads.iter().zip(1..).map(|(p, number)| (p, number >= 14)) {
        assert_eq!(chain.import(payload, B256::repeat_byte(8)).is_ok(), is_kept);
    }
}

#[test]
fn branches_have_their_own_states_until_one_is_final() {
    let mut chain = new();
    let (alice, bob) = (developer("alice", 0), developer("bob", 0));
    let genesis = chain.head().unwrap();
    let empty = attributes(genesis.block(), Address::ZERO);
    let rival = chain.build_payload(&empty).unwrap();
    chain.import(&rival, empty.parent_beacon_block_root).unwrap();
    let hash = add(&mut chain, "alice", transfer(0, bob, 5)).unwrap();
    let full = step(&mut chain);
    assert_eq!(chain.head().unwrap().nonce(&alice), 1);
    // The head moves to the other branch: the transaction waits again.
    let old = genesis.block().hash;
    chain.fork_choice(rival.block_hash, old, old);
    assert_eq!(chain.head().unwrap().nonce(&alice), 0);
    assert!(chain.block_of(&hash).is_none());
    assert!(chain.pooled(&hash).is_some());
    assert_eq!(chain.by_hash(&full.block_hash).unwrap().nonce(&alice), 1);
    let next = step(&mut chain);
    assert_eq!(next.parent_hash, rival.block_hash);
    assert!(chain.block_of(&hash).is_some());
    // What is final contradicts the first branch.
    chain.fork_choice(next.block_hash, next.block_hash, next.block_hash);
    assert!(chain.by_hash(&full.block_hash).is_none());
    let error = chain.build_payload(&PayloadAttributes {
        parent_hash: full.block_hash,
        ..PayloadAttributes::default()
    });
    assert!(matches!(error, Err(PayloadError::UnknownParent { .. })));
}

#[test]
fn the_pool_refuses_in_the_words_that_clients_know() {
    let mut chain = new();
    let bob = developer("bob", 0);
    let base = || transfer(0, bob, 1);
    let cases: [(Transaction, &str); 11] = [
        (Transaction { chain_id: 1, ..base() }, "invalid chain id"),
        (Transaction { to: None, ..base() }, "contract creation"),
        (Transaction { gas_limit: 30_000_001, ..base() }, "exceeds block gas limit"),
        (Transaction { gas_limit: 1 << 25, ..base() }, "exceeds block gas limit"),
        (Transaction { gas_limit: (1 << 24) + 1, ..base() }, "transaction gas limit too high"),
        (Transaction { gas_limit: 20_999, ..base() }, "intrinsic gas too low: gas 20999"),
        (
            Transaction { gas_limit: 21_700, input: vec![1; 40].into(), ..base() },
            "insufficient gas for floor data gas cost",
        ),
        (Transaction { max_fee_per_gas: 1, ..base() }, "max priority fee per gas higher"),
        (
            Transaction { max_fee_per_gas: 1, max_priority_fee_per_gas: 1, ..base() },
            "max fee per gas less than block base fee",
        ),
        (Transaction { value: U256::MAX, ..base() }, "insufficient funds for gas * price + value"),
        (Transaction { nonce: 5_000, ..base() }, "nonce too high: next nonce 0, tx nonce 5000"),
    ];
    for (transaction, text) in cases {
        let error = add(&mut chain, "alice", transaction).unwrap_err().to_string();
        assert!(error.starts_with(text), "{error}");
    }
    add(&mut chain, "alice", base()).unwrap();
    assert_eq!(add(&mut chain, "alice", base()), Err(PoolError::AlreadyKnown));
    let bump = |tenths: u128| Transaction {
        max_fee_per_gas: GWEI * tenths,
        max_priority_fee_per_gas: GWEI * tenths / 10,
        ..base()
    };
    let underpriced =
        add(&mut chain, "alice", Transaction { max_fee_per_gas: 20 * GWEI, ..base() });
    assert_eq!(underpriced, Err(PoolError::ReplacementUnderpriced));
    add(&mut chain, "alice", bump(11)).unwrap();
    step(&mut chain);
    let error = add(&mut chain, "alice", transfer(0, bob, 2)).unwrap_err();
    assert_eq!(error.to_string(), "nonce too low: next nonce 1, tx nonce 0");
    assert_eq!(chain.all_pooled().count(), 0);
    let bytes = sign("alice", transfer(1, bob, 1)).encode();
    let mut legacy = bytes.clone();
    legacy[0] = 0xc1;
    for (bytes, text) in [
        (legacy, "transaction type not supported"),
        (vec![1, 0xc0], "transaction type not supported"),
        (vec![0; 200_000], "oversized data"),
        (bytes[..50].to_vec(), "rlp: "),
        ([&bytes[..], &[0]].concat(), "rlp: "),
    ] {
        let error = chain.add_transaction(&bytes).unwrap_err().to_string();
        assert!(error.starts_with(text), "{error}");
    }
}

#[test]
fn signatures_have_one_form() {
    let signed = sign("alice", transfer(0, Address::ZERO, 1));
    assert_eq!(SignedTransaction::decode(&signed.encode()).unwrap(), signed);
    assert_eq!(signed.sender(), developer("alice", 0));
    // The order of the curve less `s`, with the other parity, is the same signature.
    let order = U256::from_str_radix(
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
        16,
    )
    .unwrap();
    let bytes = signed.encode();
    let s = signed.signature().s;
    let at = bytes.windows(32).position(|window| window == s.to_be_bytes::<32>());
    if let Some(at) = at {
        let mut high = bytes;
        high[at..at + 32].copy_from_slice(&(order - s).to_be_bytes::<32>());
        let error = SignedTransaction::decode(&high).unwrap_err();
        assert_eq!(error, TransactionError::InvalidSender {});
    }
}
