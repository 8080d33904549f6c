//! What a participant answers about the contracts: proofs, events, accounts, clients.

use causeway_client_bitcoin::{CoinbaseProof, MerkleNode, StateRoot, Txid, merkle};
use causeway_core::{ClientId, PacketTrace, Sequence};
use causeway_ics23::{BatchError, BatchProof, CommitmentProof, MAX_BATCH_LEAVES, MerkleProof};
use causeway_store::{Snapshot, StoreError};
use causeway_wire_bitcoin::state::{
    AccountState, BlockCalls, CallResult, ClientBooks, ClientReport, PacketEvents, ProvenValue,
    StateProofs, TracePage,
};
use causeway_wire_bitcoin::{Block, Call, CallParts, KeyHash, OwnedTransaction};

use crate::Miner;
use crate::contracts::{BlockInfo, ConsensusAt, PreparedCall, QueryError, host_time};

/// The most blocks of one answer about events.
const MAX_EVENT_BLOCKS: u64 = 1000;
/// An answer about events ends with the block in which it reaches so many calls.
const MAX_EVENT_CALLS: usize = 2000;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Above the tip.
    #[error("Block height out of range")]
    HeightOutOfRange,
    /// So old that it is not kept.
    #[error("State not available (pruned data), the oldest is that of height {oldest}")]
    Pruned {
        /// The lowest height with a state.
        oldest: u64,
    },
    /// None, or more keys than one batch may have.
    #[error("{got} keys, 1 to {MAX_BATCH_LEAVES} are allowed")]
    KeyCount {
        /// How many were asked for.
        got: usize,
    },
    /// A batch proves presence alone.
    #[error("Nothing is at key {key}, and a batch proves no absence")]
    Absent {
        /// The key, in hex.
        key: String,
    },
    /// A batch that is too large for light clients.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// The provable store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such account or client.
    #[error("{0}")]
    Unknown(String),
}

impl From<QueryError> for AnswerError {
    fn from(error: QueryError) -> Self {
        Self::Unknown(error.to_string())
    }
}

impl Miner {
    /// The state after a block of the followed chain.
    pub fn state(&self, height: u64) -> Result<&Snapshot, AnswerError> {
        if height > self.height() {
            return Err(AnswerError::HeightOutOfRange);
        }
        let oldest = self.ledger().oldest_state();
        let executed = self.ledger().executed(height).ok_or(AnswerError::Pruned { oldest })?;
        Ok(executed.snapshot())
    }

    /// The values at these keys after the block at `height`, each with a proof, or with one of all
    /// of them when `as_batch` is set.
    pub fn prove(
        &self,
        height: u64,
        keys: &[Vec<u8>],
        as_batch: bool,
    ) -> Result<StateProofs, AnswerError> {
        if keys.is_empty() || keys.len() > MAX_BATCH_LEAVES {
            return Err(AnswerError::KeyCount { got: keys.len() });
        }
        let state = self.state(height)?;
        let hash = self.hash_at(height).ok_or(AnswerError::HeightOutOfRange)?;
        let (anchor, block) = self.block(&hash).ok_or(AnswerError::HeightOutOfRange)?;
        let mut values = Vec::with_capacity(keys.len());
        for key in keys {
            let proof = state.prove(key)?;
            let value = state.get(key).map(<[u8]>::to_vec);
            values.push(ProvenValue { key: key.clone(), value, proof: Some(proof) });
        }
        let batch = if as_batch { Some(merge(&mut values)?) } else { None };
        Ok(StateProofs {
            height,
            hash,
            time: anchor.last_times.median(),
            root: StateRoot(state.root_hash().0),
            coinbase: coinbase_proof(block),
            values,
            batch,
        })
    }

    /// The calls of the blocks from `from` to `to`, or of the first of them when there are many.
    pub fn packet_events(&self, from: u64, to: u64) -> Result<PacketEvents, AnswerError> {
        let tip = self.height();
        if from > tip || to < from {
            return Err(AnswerError::HeightOutOfRange);
        }
        let oldest = self.ledger().oldest_state();
        if from < oldest {
            return Err(AnswerError::Pruned { oldest });
        }
        let mut to = to.min(tip).min(from.saturating_add(MAX_EVENT_BLOCKS.saturating_sub(1)));
        let mut blocks = Vec::new();
        let mut count = 0_usize;
        for (height, executed) in self.ledger().executed_between(from..=to) {
            if executed.calls().is_empty() {
                continue;
            }
            let hash = self.hash_at(height).ok_or(AnswerError::HeightOutOfRange)?;
            let (anchor, _) = self.block(&hash).ok_or(AnswerError::HeightOutOfRange)?;
            let calls = executed.calls().to_vec();
            count = count.saturating_add(calls.len());
            blocks.push(BlockCalls { height, hash, time: anchor.last_times.median(), calls });
            if count >= MAX_EVENT_CALLS {
                to = height;
                break;
            }
        }
        Ok(PacketEvents { from, to, tip, blocks })
    }

    /// What the state after the tip holds for an address.
    pub fn account(&self, address: &str) -> Result<AccountState, AnswerError> {
        let ledger = self.ledger();
        Ok(ledger.contracts().account(ledger.snapshot(), self.next_block(), address)?)
    }

    /// A light client in the state after the tip, with one of its consensus states.
    pub fn client(
        &self,
        client_id: &ClientId,
        at: ConsensusAt,
    ) -> Result<ClientReport, AnswerError> {
        let ledger = self.ledger();
        Ok(ledger.contracts().client(ledger.snapshot(), self.next_block(), client_id, at)?)
    }

    /// The names of all light clients in the state after the tip.
    pub fn client_ids(&self) -> Vec<ClientId> {
        let ledger = self.ledger();
        ledger.contracts().client_ids(ledger.snapshot(), self.next_block())
    }

    /// What transfers through a client have left in the state after the tip.
    pub fn books(&self, client_id: &ClientId) -> ClientBooks {
        let ledger = self.ledger();
        ledger.contracts().books(ledger.snapshot(), self.next_block(), client_id)
    }

    /// A page of the traces of one kind that a client has in the state after the tip, with
    /// sequences above `after`.
    pub fn traces(
        &self,
        client_id: &ClientId,
        kind: PacketTrace,
        after: Option<Sequence>,
        limit: usize,
    ) -> TracePage {
        let (ledger, block) = (self.ledger(), self.next_block());
        ledger.contracts().traces(ledger.snapshot(), block, (client_id, kind), after, limit)
    }

    /// What calls from one key would do in the next block, each with what it brings, were they
    /// alone there: as many of the first ones as have room.
    pub fn dry_run(&self, caller: KeyHash, calls: Vec<(Call, u64)>) -> Vec<CallResult> {
        let prepared = |(call, brought): (Call, u64)| {
            let vault = (brought != 0).then_some((0, brought));
            let parts = CallParts { call, vault }.into();
            PreparedCall { txid: Txid::default(), caller, parts }
        };
        let calls: Vec<_> = calls.into_iter().map(prepared).collect();
        let ledger = self.ledger();
        ledger.contracts().dry_run(ledger.snapshot(), self.next_block(), &calls)
    }

    fn next_block(&self) -> BlockInfo {
        let context = self.next_context();
        BlockInfo { height: context.height, time: host_time(context.median_time) }
    }
}

/// One proof of all values, in place of theirs.
fn merge(values: &mut [ProvenValue]) -> Result<BatchProof, AnswerError> {
    let mut proofs: Vec<MerkleProof> = Vec::with_capacity(values.len());
    for value in values {
        if value.value.is_none() {
            return Err(AnswerError::Absent { key: hex::encode(&value.key) });
        }
        let proof: Vec<CommitmentProof> = value.proof.take().into_iter().collect();
        proofs.push(MerkleProof { proofs: proof });
    }
    Ok(BatchProof::merge(&proofs)?)
}

/// The coinbase of a block, and the siblings of its id, which stands leftmost.
fn coinbase_proof(block: &Block) -> CoinbaseProof {
    let leaves: Vec<MerkleNode> =
        block.transactions.iter().map(|transaction| transaction.txid().into()).collect();
    let coinbase = block.transactions.first().map(OwnedTransaction::to_stripped_bytes);
    CoinbaseProof {
        coinbase: coinbase.unwrap_or_default(),
        branch: merkle::branch(&leaves, 0).unwrap_or_default(),
    }
}
