//! The engine that the consensus half talks to.

use std::sync::Arc;

use alloy_primitives::{B256, U256};
use causeway_chain::DurableWrite;
use causeway_wire_ethereum::transaction::SignedTransaction;

use super::block::{Block, Frame};
use super::execute::{Executed, Executor};
use super::gas::{BLOCK_GAS_LIMIT, INITIAL_BASE_FEE, TRANSACTION_GAS, next_base_fee};
use super::machine::Scene;
use super::pool::PoolError;
use super::state::{Changes, State};
use super::store;
use super::{Execution, Known};
use crate::engine::{
    ExecutionEngine, ExecutionPayload, ExecutionPayloadHeader, PayloadAttributes, PayloadError,
};

/// Built blocks that are remembered until one of them is imported: more than there are nodes that
/// may propose at one time.
const MAX_BUILT: usize = 16;

/// Transactions that a block under way may skip before it is closed: those that do not fit.
const MAX_SKIPPED: usize = 64;

impl Execution {
    /// A frame on `parent`.
    fn frame(&self, attributes: &PayloadAttributes) -> Result<(Arc<Known>, Frame), PayloadError> {
        let parent_hash = attributes.parent_hash;
        let unknown = PayloadError::UnknownParent { parent_hash };
        let parent = self.blocks.get(&parent_hash).cloned().ok_or(unknown)?;
        let header = &parent.block.header;
        if attributes.timestamp <= header.timestamp {
            let (got, after) = (attributes.timestamp, header.timestamp);
            return Err(invalid(format!("timestamp {got} is not after {after}")));
        }
        let base_fee = next_base_fee(parent.block.base_fee(), header.gas_used, header.gas_limit);
        let number = header.number.saturating_add(1);
        Ok((Arc::clone(&parent), Frame::new(attributes, number, base_fee, BLOCK_GAS_LIMIT)))
    }

    fn executor<'a>(&'a self, parent: &'a State, frame: &Frame) -> Executor<'a> {
        let scene = Scene { timestamp: frame.timestamp };
        let (base_fee, gas_limit) = (frame.base_fee, frame.gas_limit);
        Executor::new(&self.rules, parent, scene, base_fee, gas_limit, frame.fee_recipient)
    }

    /// A block of waiting transactions.
    fn build(&self, parent: &Known, frame: Frame) -> (Known, Vec<SignedTransaction>) {
        let mut executor = self.executor(&parent.state, &frame);
        let mut best = self.pool.best(frame.base_fee, |sender| parent.state.nonce(sender));
        let (mut dropped, mut skipped) = (Vec::new(), 0_usize);
        while let Some(transaction) = best.next() {
            match executor.apply(transaction.clone()) {
                Ok(()) => best.took(transaction),
                Err(PoolError::GasLimitReached) => skipped = skipped.saturating_add(1),
                Err(_) => dropped.push(transaction.clone()),
            }
            if executor.gas_left() < TRANSACTION_GAS || skipped >= MAX_SKIPPED {
                break;
            }
        }
        (seal(&parent.state, frame, executor.finish()), dropped)
    }

    /// A block of these transactions.
    fn execute(
        &self,
        parent: &Known,
        frame: Frame,
        payload: &ExecutionPayload,
    ) -> Result<Known, PayloadError> {
        let mut executor = self.executor(&parent.state, &frame);
        for (index, bytes) in payload.transactions.iter().enumerate() {
            let wrong = |error: PoolError| invalid(format!("transaction {index}: {error}"));
            let transaction = SignedTransaction::decode(bytes.bytes());
            let transaction = transaction.map_err(|error| wrong(error.into()))?;
            executor.apply(transaction).map_err(wrong)?;
        }
        Ok(seal(&parent.state, frame, executor.finish()))
    }

    /// Keeps an imported block.
    fn keep(&mut self, known: Known) {
        let bytes = store::encode(&known.block, &known.changes);
        self.writes.push(DurableWrite::set(store::block_key(&known.block), bytes));
        self.blocks.insert(known.block.hash, Arc::new(known));
    }
}

fn seal(parent: &State, frame: Frame, executed: Executed) -> Known {
    let Executed { transactions, receipts, changes } = executed;
    let state = if changes.is_empty() { parent.clone() } else { parent.with(&changes) };
    let block = frame.seal(transactions, receipts, state.root());
    Known { block, state, changes }
}

fn invalid(reason: String) -> PayloadError {
    PayloadError::Invalid { reason }
}

/// What a payload is built for, as it says itself.
fn attributes_of(payload: &ExecutionPayload, parent_beacon_block_root: B256) -> PayloadAttributes {
    PayloadAttributes {
        parent_hash: payload.parent_hash,
        timestamp: payload.timestamp,
        prev_randao: payload.prev_randao,
        fee_recipient: payload.fee_recipient,
        parent_beacon_block_root,
    }
}

/// The first value of a payload that is not as execution makes it.
fn difference(got: &ExecutionPayload, expected: &Block) -> Option<String> {
    let header = &expected.header;
    let pairs = [
        ("state root", got.state_root.to_string(), header.state_root.to_string()),
        ("receipts root", got.receipts_root.to_string(), header.receipts_root.to_string()),
        ("gas used", got.gas_used.to_string(), header.gas_used.to_string()),
        ("gas limit", got.gas_limit.to_string(), header.gas_limit.to_string()),
        ("number", got.block_number.to_string(), header.number.to_string()),
        (
            "base fee",
            got.base_fee_per_gas.to_string(),
            header.base_fee_per_gas.unwrap_or(U256::ZERO).to_string(),
        ),
        ("block hash", got.block_hash.to_string(), expected.hash.to_string()),
    ];
    let found = pairs.into_iter().find(|(_, got, expected)| got != expected);
    found.map(|(what, got, expected)| format!("{what} {got}, expected {expected}"))
}

impl ExecutionEngine for Execution {
    fn genesis(&mut self, timestamp: u64) -> ExecutionPayloadHeader {
        self.rules.genesis_time = timestamp;
        let changes = super::genesis::allocation(self.rules.config.seed);
        let attributes = PayloadAttributes { timestamp, ..PayloadAttributes::default() };
        let frame = Frame::new(&attributes, 0, INITIAL_BASE_FEE, BLOCK_GAS_LIMIT);
        let executed =
            Executed { transactions: Vec::new(), receipts: Vec::new(), changes: changes.clone() };
        let known = seal(&State::default(), frame, executed);
        let (payload, hash) = (known.block.payload(), known.block.hash);
        store::write_base(&changes, &mut self.writes);
        self.writes.push(DurableWrite::set(store::BASE, hash.to_vec()));
        let bytes = store::encode(&known.block, &Changes::default());
        self.writes.push(DurableWrite::set(store::GENESIS, bytes.clone()));
        self.writes.push(DurableWrite::set(store::block_key(&known.block), bytes));
        self.adopt_genesis(known);
        payload.header()
    }

    fn build_payload(
        &mut self,
        attributes: &PayloadAttributes,
    ) -> Result<ExecutionPayload, PayloadError> {
        let (parent, frame) = self.frame(attributes)?;
        let (known, dropped) = self.build(&parent, frame);
        for transaction in dropped {
            self.pool.remove(&transaction.sender(), transaction.nonce);
        }
        let payload = known.block.payload();
        if self.built.len() >= MAX_BUILT {
            self.built.remove(0);
        }
        self.built.push(known);
        Ok(payload)
    }

    fn import(
        &mut self,
        payload: &ExecutionPayload,
        parent_beacon_block_root: B256,
    ) -> Result<(), PayloadError> {
        let hash = payload.block_hash;
        if let Some(known) = self.blocks.get(&hash) {
            // Its hash covers everything but the form of lists.
            return check(payload, &known.block);
        }
        let built = self.built.iter().position(|known| known.block.hash == hash);
        let known = if let Some(index) = built {
            self.built.remove(index)
        } else {
            let attributes = attributes_of(payload, parent_beacon_block_root);
            let (parent, frame) = self.frame(&attributes)?;
            self.execute(&parent, frame, payload)?
        };
        check(payload, &known.block)?;
        self.keep(known);
        Ok(())
    }

    fn fork_choice(&mut self, head: B256, safe: B256, finalized: B256) {
        self.follow(head, safe, finalized);
    }
}

/// The payload is the one of this block, to the last byte.
fn check(payload: &ExecutionPayload, block: &Block) -> Result<(), PayloadError> {
    if *payload == block.payload() {
        return Ok(());
    }
    let difference = difference(payload, block);
    Err(invalid(difference.unwrap_or_else(|| "not the payload of its hash".into())))
}
