//! Blocks, outcomes and proofs in the JSON of the RPC.

use causeway_client_cometbft::{BlockId, Hash, PublicKey, merkle};
use causeway_wire_cometbft::TxEvent;
use causeway_wire_cometbft::rpc::{
    Base64Bytes, BlockJson, CommitJson, DataJson, EventJson, EvidenceListJson, FinalizedBlock,
    HexBytes, Int, MerkleProofJson, PublicKeySumJson, TxAnswer, TxOutcomeJson, TxProof,
    ValidatorUpdateJson,
};
use serde_json::Value;

use super::query::Attributes;
use crate::app::{BlockOutcome, TxOutcome};
use crate::archive::Body;
use crate::consensus::ValidatorUpdate;
use crate::{Block, data_hash, tx_hash};

/// A number as Go has it; what is too large for that does not occur.
pub(super) fn int(number: u64) -> Int<i64> {
    Int(i64::try_from(number).unwrap_or(i64::MAX))
}

pub(super) fn len(length: usize) -> Int<i64> {
    Int(i64::try_from(length).unwrap_or(i64::MAX))
}

pub(super) fn hash(hash: Hash) -> HexBytes {
    HexBytes(hash.0.to_vec())
}

pub(super) fn id_hash(id: &BlockId) -> HexBytes {
    id.hash.map(hash).unwrap_or_default()
}

pub(super) fn block(block: &Block) -> BlockJson {
    BlockJson {
        header: (&block.header).into(),
        data: DataJson { txs: block.txs.iter().cloned().map(Base64Bytes).collect() },
        evidence: EvidenceListJson { evidence: block.evidence.iter().map(Into::into).collect() },
        last_commit: Some(block.last_commit.as_ref().map_or_else(CommitJson::none, Into::into)),
    }
}

pub(super) fn events(events: &[TxEvent]) -> Vec<EventJson> {
    events.iter().map(Into::into).collect()
}

pub(super) fn outcome(outcome: &TxOutcome) -> TxOutcomeJson {
    TxOutcomeJson {
        code: Int(outcome.code),
        data: Base64Bytes(outcome.data.clone()),
        log: outcome.log.clone(),
        info: String::new(),
        gas_wanted: int(outcome.gas_wanted),
        gas_used: int(outcome.gas_used),
        events: events(&outcome.events),
        codespace: outcome.codespace.clone(),
    }
}

/// One outcome a transaction; `null` for none, as Go writes an empty list that was never made.
pub(super) fn outcomes(outcomes: &[TxOutcome]) -> Option<Vec<TxOutcomeJson>> {
    (!outcomes.is_empty()).then(|| outcomes.iter().map(outcome).collect())
}

pub(super) fn updates(updates: &[ValidatorUpdate]) -> Option<Vec<ValidatorUpdateJson>> {
    let json = |update: &ValidatorUpdate| {
        let key: &[u8] = match &update.public_key {
            PublicKey::Ed25519(key) => key,
            // No validator of this chain has a key of another kind.
            _ => &[],
        };
        let power = int(update.power);
        ValidatorUpdateJson { pub_key: PublicKeySumJson::ed25519(key), power }
    };
    (!updates.is_empty()).then(|| updates.iter().map(json).collect())
}

pub(super) fn finalized(outcome: &BlockOutcome) -> FinalizedBlock {
    FinalizedBlock {
        events: events(&outcome.events),
        tx_results: outcomes(&outcome.txs),
        validator_updates: updates(&outcome.updates),
        consensus_param_updates: None::<Value>,
        app_hash: Base64Bytes(outcome.app_hash.clone()),
    }
}

/// A transaction of a block; `None` where there is none at that place.
pub(super) fn tx(body: &Body, index: u32, prove: bool) -> Option<TxAnswer> {
    let place = usize::try_from(index).ok()?;
    let tx = body.txs.get(place)?;
    Some(TxAnswer {
        hash: hash(tx_hash(tx)),
        height: int(body.outcome.height),
        index: Int(index),
        tx_result: outcome(body.outcome.txs.get(place)?),
        tx: Base64Bytes(tx.clone()),
        proof: if prove { tx_proof(&body.txs, place) } else { None },
    })
}

fn tx_proof(txs: &[Vec<u8>], index: usize) -> Option<TxProof> {
    let leaves: Vec<_> = txs.iter().map(|tx| tx_hash(tx).0).collect();
    let proof = merkle::prove(&leaves, index)?;
    Some(TxProof {
        root_hash: hash(data_hash(txs)),
        data: Base64Bytes(txs.get(index)?.clone()),
        proof: MerkleProofJson {
            total: int(proof.total),
            index: int(proof.index),
            leaf_hash: Base64Bytes(proof.leaf_hash),
            aunts: proof.aunts.into_iter().map(Base64Bytes).collect(),
        },
    })
}

/// All attributes of events, by kind and key.
pub(super) fn attributes(events: &[TxEvent]) -> Attributes {
    let mut attributes = Attributes::new();
    for event in events {
        for (key, value) in &event.attributes {
            let name = format!("{}.{key}", event.kind);
            attributes.entry(name).or_default().push(value.clone());
        }
    }
    attributes
}

/// What a transaction of a block can be found by.
pub(super) fn tx_attributes(body: &Body, index: usize) -> Option<Attributes> {
    let mut attributes = attributes(&body.outcome.txs.get(index)?.events);
    let name = hex::encode_upper(tx_hash(body.txs.get(index)?).0);
    attributes.entry("tx.hash".to_owned()).or_default().push(name);
    let height = body.outcome.height.to_string();
    attributes.entry("tx.height".to_owned()).or_default().push(height);
    Some(attributes)
}
