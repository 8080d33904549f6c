//! Proofs of the state: the answer of `getstateproof`.

use causeway_client_bitcoin::{
    BatchProof, BlockHash, CoinbaseProof, MerkleNode, StateProof, StateRoot,
};
use causeway_core::DecodeError;
use causeway_ics23::CommitmentProof;
use prost::Message;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{bytes, bytes32, shape, value};

const WHAT: &str = "bitcoin_state_proofs";

/// One key of the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenValue {
    /// The key.
    pub key: Vec<u8>,
    /// What is there; `None` when nothing is.
    pub value: Option<Vec<u8>>,
    /// The proof of that under the state root; `None` where one batch proves all values.
    pub proof: Option<CommitmentProof>,
}

/// Values of the state after one block, with proofs. Nothing in it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateProofs {
    /// The block's height.
    pub height: u64,
    /// The block's hash.
    pub hash: BlockHash,
    /// The chain's time after it, in seconds.
    pub time: u32,
    /// The root that its coinbase commits to.
    pub root: StateRoot,
    /// The coinbase and its branch.
    pub coinbase: CoinbaseProof,
    /// The keys that were asked for, in that order.
    pub values: Vec<ProvenValue>,
    /// The proof of all values at once, where that was asked for and all are there.
    pub batch: Option<causeway_ics23::BatchProof>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ValueShape {
    key: String,
    value: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proof: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProofsShape {
    height: u64,
    hash: String,
    time: u32,
    root: String,
    coinbase: String,
    branch: Vec<String>,
    values: Vec<ValueShape>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    batch: Option<String>,
}

impl StateProofs {
    /// The proof of the value at `index`, as light clients take it; `None` when there is none.
    pub fn state_proof(&self, index: usize) -> Option<StateProof> {
        let proof = self.values.get(index)?.proof.clone()?;
        Some(StateProof { root: self.coinbase.clone(), proof })
    }

    /// The proof of all values, as light clients take it; `None` when there is none.
    pub fn batch_proof(&self) -> Option<BatchProof> {
        Some(BatchProof { root: self.coinbase.clone(), proof: self.batch.clone()? })
    }

    /// The answer as JSON.
    pub fn to_json(&self) -> Value {
        let of_value = |value: &ProvenValue| ValueShape {
            key: hex::encode(&value.key),
            value: value.value.as_ref().map(hex::encode),
            proof: value.proof.as_ref().map(|proof| hex::encode(proof.to_bytes())),
        };
        value(&ProofsShape {
            height: self.height,
            hash: self.hash.to_string(),
            time: self.time,
            root: self.root.to_string(),
            coinbase: hex::encode(&self.coinbase.coinbase),
            branch: self.coinbase.branch.iter().map(|node| hex::encode(node.0)).collect(),
            values: self.values.iter().map(of_value).collect(),
            batch: self.batch.as_ref().map(|batch| hex::encode(batch.encode_to_vec())),
        })
    }

    /// Reads the answer.
    pub fn from_json(value: &Value) -> Result<Self, DecodeError> {
        let proofs: ProofsShape = shape(WHAT, value)?;
        let node = |text: &String| bytes32(WHAT, text).map(MerkleNode);
        let coinbase = CoinbaseProof {
            coinbase: bytes(WHAT, &proofs.coinbase)?,
            branch: proofs.branch.iter().map(node).collect::<Result<_, _>>()?,
        };
        let of_shape = |shape: ValueShape| {
            let value = shape.value.map(|text| bytes(WHAT, &text)).transpose()?;
            let proof = shape.proof.map(|text| CommitmentProof::from_bytes(&bytes(WHAT, &text)?));
            let key = bytes(WHAT, &shape.key)?;
            Ok(ProvenValue { key, value, proof: proof.transpose()? })
        };
        let batch =
            proofs.batch.map(|text| causeway_ics23::BatchProof::from_bytes(&bytes(WHAT, &text)?));
        Ok(Self {
            height: proofs.height,
            hash: proofs.hash.parse()?,
            time: proofs.time,
            root: StateRoot(bytes32(WHAT, &proofs.root)?),
            coinbase,
            values: proofs.values.into_iter().map(of_shape).collect::<Result<_, DecodeError>>()?,
            batch: batch.transpose()?,
        })
    }
}
