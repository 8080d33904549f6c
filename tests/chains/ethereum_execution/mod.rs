//! The execution half of the proof-of-stake chain: formats, tokens, packets.

mod formats;
mod packets;
mod tokens;

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use causeway_chain::{DurableWrite, developer_key};
use causeway_chain_ethereum::engine::{ExecutionEngine, PayloadAttributes};
use causeway_chain_ethereum::execution::block::Block;
use causeway_chain_ethereum::execution::{
    CallError, CallRequest, Config, Execution, StateView, developer,
};
use causeway_client_ethereum::execution::block::{Log, Outcome};
use causeway_tests::harness::all_clients;
use causeway_wire_ethereum::transaction::Transaction;

const CONFIG: Config = Config { chain_id: 31_337, seed: 0, seconds_per_slot: 1 };
const GENESIS_TIME: u64 = 1_800_000_000;
const GWEI: u128 = 1_000_000_000;
const BEACON_ROOT: B256 = B256::repeat_byte(8);

/// The execution half, driven as one beacon node drives it.
struct Pos {
    chain: Execution,
    disk: BTreeMap<Vec<u8>, Vec<u8>>,
    nonces: BTreeMap<&'static str, u64>,
}

/// What a transaction did.
#[derive(Clone, Debug)]
struct Done {
    success: bool,
    gas_used: u64,
    logs: Vec<Log>,
}

impl Pos {
    fn new() -> Self {
        let disk = BTreeMap::new();
        let mut chain = Execution::open(CONFIG, all_clients(), &disk).unwrap();
        chain.genesis(GENESIS_TIME);
        Self { chain, disk, nonces: BTreeMap::new() }
    }

    fn head(&self) -> StateView {
        self.chain.head().unwrap()
    }

    fn now(&self) -> u64 {
        self.head().block().header.timestamp
    }

    /// A block on the head, `seconds` later.
    fn step_after(&mut self, seconds: u64) -> Block {
        let head = self.head();
        let attributes = PayloadAttributes {
            parent_hash: head.block().hash,
            timestamp: self.now() + seconds,
            prev_randao: B256::repeat_byte(7),
            fee_recipient: Address::repeat_byte(0xfe),
            parent_beacon_block_root: BEACON_ROOT,
        };
        let payload = self.chain.build_payload(&attributes).unwrap();
        self.chain.import(&payload, BEACON_ROOT).unwrap();
        let old = head.block().hash;
        self.chain.fork_choice(payload.block_hash, old, old);
        for DurableWrite { key, value } in self.chain.take_writes() {
            match value {
                Some(value) => self.disk.insert(key, value),
                None => self.disk.remove(&key),
            };
        }
        self.head().block().clone()
    }

    fn step(&mut self) -> Block {
        self.step_after(1)
    }

    /// The same chain, from what was written.
    fn restart(&mut self) {
        let chain = Execution::open(CONFIG, all_clients(), &self.disk).unwrap();
        assert_eq!(chain.head().unwrap().block(), self.head().block());
        self.chain = chain;
    }

    /// Signs a transaction and hands it in.
    fn submit(&mut self, name: &'static str, to: Address, wei: u64, input: Vec<u8>) -> B256 {
        let nonce = self.nonces.entry(name).or_default();
        let transaction = Transaction {
            chain_id: CONFIG.chain_id,
            nonce: *nonce,
            max_priority_fee_per_gas: GWEI,
            max_fee_per_gas: 10 * GWEI,
            gas_limit: 5_000_000,
            to: Some(to),
            value: U256::from(wei),
            input: input.into(),
            access_list: Vec::new(),
        };
        *nonce += 1;
        let signed = transaction.sign(&developer_key("pos", name, CONFIG.seed)).unwrap();
        self.chain.add_transaction(&signed.encode()).unwrap()
    }

    /// What a transaction of the head's chain did.
    fn done(&self, hash: &B256) -> Done {
        self.chain
            .with_included(hash, |included| Done {
                success: included.receipt.outcome == Outcome::Success,
                gas_used: included.gas_used,
                logs: included.receipt.logs.clone(),
            })
            .unwrap()
    }

    /// Sends a transaction, and makes a block with it.
    fn send(&mut self, name: &'static str, to: Address, wei: u64, input: Vec<u8>) -> Done {
        let hash = self.submit(name, to, wei, input);
        self.step();
        self.done(&hash)
    }

    /// Calls a method by transaction.
    fn exec(&mut self, name: &'static str, to: Address, call: &impl SolCall) -> Done {
        self.send(name, to, 0, call.abi_encode())
    }

    fn try_as(&self, from: Address, to: Address, input: Vec<u8>) -> Result<Bytes, CallError> {
        let input = input.into();
        let request = CallRequest { from, to: Some(to), input, ..CallRequest::default() };
        self.chain.call(&self.head(), &request).map(|output| output.output)
    }

    /// Asks a view method.
    fn ask<C: SolCall>(&self, to: Address, call: &C) -> C::Return {
        let output = self.try_as(Address::ZERO, to, call.abi_encode()).unwrap();
        C::abi_decode_returns(&output).unwrap()
    }

    /// Why a call would be reverted.
    fn refusal(&self, name: &str, to: Address, input: Vec<u8>) -> Bytes {
        match self.try_as(account(name), to, input) {
            Err(CallError::Reverted(data)) => data,
            other => panic!("{other:?}"),
        }
    }
}

/// The account of a developer.
fn account(name: &str) -> Address {
    developer(name, CONFIG.seed)
}

fn hex_name(address: &Address) -> String {
    format!("{address:#x}")
}
