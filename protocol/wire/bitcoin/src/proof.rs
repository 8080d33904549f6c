//! Proofs that a block has a transaction, in the two forms that are in use.

use causeway_client_bitcoin::{
    Header, InclusionProof, Match, MerkleBlock, MerkleNode, verify_without_coinbase,
};
use causeway_core::{Audit, BoxedRefusal, DecodeError};
use serde::Deserialize;

/// What a proof in JSON is called in errors.
const WHAT: &str = "transaction_proof";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProofJson {
    tx: String,
    index: u32,
    branch: Vec<String>,
    coinbase: Option<String>,
    coinbase_branch: Option<Vec<String>>,
}

/// A proof that is not verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransactionProof {
    /// `gettxoutproof`'s.
    MerkleBlock(MerkleBlock),
    /// A transaction with branches: its own, and the coinbase's.
    WithCoinbase(InclusionProof),
    /// A transaction with its branch alone.
    WithoutCoinbase {
        /// The transaction.
        transaction: Vec<u8>,
        /// Its place in the block.
        index: u32,
        /// Siblings of its id, from the leaves upwards.
        branch: Vec<MerkleNode>,
    },
}

/// Whether the depth of the tree was proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// By the coinbase: nothing but a transaction can be at the leaf.
    Proven,
    /// By nothing: what a `merkleblock` shows may be an inner node, not a transaction.
    Claimed,
}

/// What a proof shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The transactions, in the order of the block.
    pub transactions: Vec<Match>,
    /// Whether the depth of the tree was proven too.
    pub depth: Depth,
}

impl TransactionProof {
    /// Reads a `merkleblock`, binary or in hexadecimal digits, or JSON
    /// `{tx, index, branch, coinbase?, coinbase_branch?}`. Transactions are hexadecimal; the nodes
    /// of a branch are shown reversed, as transaction ids are, or all in wire order.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        match std::str::from_utf8(bytes).map(str::trim) {
            Ok(text) if text.starts_with('{') => Self::from_json(text),
            Ok(text) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                let bytes = decode_hex("merkleblock", text)?;
                MerkleBlock::from_bytes(&bytes).map(Self::MerkleBlock)
            }
            _ => MerkleBlock::from_bytes(bytes).map(Self::MerkleBlock),
        }
    }

    fn from_json(text: &str) -> Result<Self, DecodeError> {
        let proof: ProofJson = serde_json::from_str(text)
            .map_err(|error| DecodeError::new(WHAT, error.to_string()))?;
        let transaction = decode_hex(WHAT, &proof.tx)?;
        let branch = decode_branch(&proof.branch)?;
        let index = proof.index;
        match (proof.coinbase, proof.coinbase_branch) {
            (Some(coinbase), Some(coinbase_branch)) => Ok(Self::WithCoinbase(InclusionProof {
                transaction,
                index,
                branch,
                coinbase: decode_hex(WHAT, &coinbase)?,
                coinbase_branch: decode_branch(&coinbase_branch)?,
            })),
            (None, None) => Ok(Self::WithoutCoinbase { transaction, index, branch }),
            _ => Err(DecodeError::new(WHAT, "coinbase and coinbase_branch go together")),
        }
    }

    /// Accepts when the header's block has the transactions.
    pub fn verify(&self, header: &Header, audit: &mut impl Audit) -> Result<Proven, BoxedRefusal> {
        let proof = self.in_order_that_leads_to(header);
        match proof.as_ref().unwrap_or(self) {
            Self::MerkleBlock(block) => {
                let transactions = block.verify(header, audit)?;
                Ok(Proven { transactions, depth: Depth::Claimed })
            }
            Self::WithCoinbase(proof) => {
                let txid = proof.verify(header.merkle_root, audit)?;
                let transactions = vec![Match { txid, index: proof.index }];
                Ok(Proven { transactions, depth: Depth::Proven })
            }
            Self::WithoutCoinbase { transaction, index, branch } => {
                let (root, index) = (header.merkle_root, *index);
                let txid = verify_without_coinbase(root, transaction, index, branch, audit)?;
                let transactions = vec![Match { txid, index }];
                Ok(Proven { transactions, depth: Depth::Claimed })
            }
        }
    }

    /// The proof with its nodes in wire order, when that is how they were written: read so, and
    /// only so, they lead to the header's root.
    fn in_order_that_leads_to(&self, header: &Header) -> Option<Self> {
        let reversed = self.reversed()?;
        let root = header.merkle_root;
        let holds = match &reversed {
            Self::MerkleBlock(_) => false,
            Self::WithCoinbase(proof) => proof.verify(root, &mut ()).is_ok(),
            Self::WithoutCoinbase { transaction, index, branch } => {
                verify_without_coinbase(root, transaction, *index, branch, &mut ()).is_ok()
            }
        };
        holds.then_some(reversed)
    }

    /// The same with each node's bytes in the other order; a `merkleblock` has but one.
    fn reversed(&self) -> Option<Self> {
        match self {
            Self::MerkleBlock(_) => None,
            Self::WithCoinbase(proof) => Some(Self::WithCoinbase(InclusionProof {
                branch: reversed_nodes(&proof.branch),
                coinbase_branch: reversed_nodes(&proof.coinbase_branch),
                ..proof.clone()
            })),
            Self::WithoutCoinbase { transaction, index, branch } => Some(Self::WithoutCoinbase {
                transaction: transaction.clone(),
                index: *index,
                branch: reversed_nodes(branch),
            }),
        }
    }
}

fn reversed_nodes(nodes: &[MerkleNode]) -> Vec<MerkleNode> {
    let mut nodes = nodes.to_vec();
    for node in &mut nodes {
        node.0.reverse();
    }
    nodes
}

fn decode_hex(what: &'static str, text: &str) -> Result<Vec<u8>, DecodeError> {
    hex::decode(text).map_err(|error| DecodeError::new(what, error.to_string()))
}

fn decode_branch(nodes: &[String]) -> Result<Vec<MerkleNode>, DecodeError> {
    nodes.iter().map(|node| node.parse()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coinbase_and_its_branch_go_together() {
        let read = |json: &str| TransactionProof::from_bytes(json.as_bytes());
        assert!(read(r#"{"tx": "00", "index": 1, "branch": []}"#).is_ok());
        assert!(read(r#"{"tx": "00", "index": 1, "branch": [], "coinbase": "00"}"#).is_err());
        assert!(read(r#"{"tx": "0", "index": 1, "branch": []}"#).is_err());
        assert!(read(r#"{"tx": "00", "index": 1, "branch": ["00"]}"#).is_err());
        assert!(read(r#"{"tx": "00", "index": 1, "branch": [], "root": ""}"#).is_err());
        assert!(read(r#"{"tx": "00", "index": -1, "branch": []}"#).is_err());
        for nothing in ["", " ", "{", "00", "zz"] {
            assert!(read(nothing).is_err(), "{nothing:?}");
        }
    }
}
