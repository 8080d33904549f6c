//! Proofs that a block has a transaction, with the depth of its tree proven by the coinbase.

use causeway_core::{Audit, DecodeError, refusals};

use crate::merkle::{MerkleError, verify_branch, verify_branch_of_unknown_depth};
use crate::{MerkleNode, Transaction, Txid, Wtxid, sha256d};

/// The length of two hashes: a transaction of this length can be taken for an inner node.
const NODE_LEN: usize = 64;

/// What the output with the witness commitment begins with (BIP141).
const WITNESS_COMMITMENT_PREFIX: [u8; 6] = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];

/// A transaction with its branch, and the coinbase with its own.
///
/// A forged coinbase would need more than 2^200 hashes, since its outpoint is fixed: so its branch
/// shows how deep the tree is, and no inner node passes for a transaction (CVE-2017-12842).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionProof {
    /// The transaction, with or without its witness.
    pub transaction: Vec<u8>,
    /// Its place in the block.
    pub index: u32,
    /// Siblings of the transaction's id, from the leaves upwards.
    pub branch: Vec<MerkleNode>,
    /// The coinbase, with or without its witness.
    pub coinbase: Vec<u8>,
    /// Siblings of the coinbase's id.
    pub coinbase_branch: Vec<MerkleNode>,
}

/// A transaction with its branch in the tree of witness ids, and the coinbase that commits to that
/// tree (BIP141).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessProof {
    /// The transaction with its witness.
    pub transaction: Vec<u8>,
    /// Its place in the block.
    pub index: u32,
    /// Siblings of the transaction's witness id; the coinbase counts as zero there.
    pub witness_branch: Vec<MerkleNode>,
    /// The coinbase with its witness.
    pub coinbase: Vec<u8>,
    /// Siblings of the coinbase's id in the tree of ids.
    pub coinbase_branch: Vec<MerkleNode>,
}

/// Why a block is not shown to have a transaction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InclusionError {
    /// It could be an inner node (BIP54 bans it from blocks).
    #[error("a transaction of {got} bytes without witness can be taken for an inner node")]
    SixtyFourBytes {
        /// Its length.
        got: usize,
    },
    /// What is given as coinbase spends something.
    #[error("transaction {got} is not a coinbase")]
    NotCoinbase {
        /// Its id.
        got: Txid,
    },
    /// A coinbase this short could be an inner node.
    #[error("a coinbase of {got} bytes, more than {expected} are needed")]
    CoinbaseTooShort {
        /// Its length without witness.
        got: usize,
        /// The length that it must exceed.
        expected: usize,
    },
    /// Transaction and coinbase are on different levels.
    #[error("a branch of {got} nodes, the coinbase has {expected}")]
    DepthMismatch {
        /// Nodes in the transaction's branch.
        got: usize,
        /// Nodes in the coinbase's branch.
        expected: usize,
    },
    /// The coinbase's own place in the tree of witness ids is zero and proves nothing.
    #[error("index {got} is the coinbase's, whose witness is not committed to")]
    IndexOfCoinbase {
        /// The index.
        got: u32,
    },
    /// The coinbase has no witness, or no output that commits to a tree.
    #[error("coinbase {got} commits to no witnesses")]
    NoWitnessCommitment {
        /// Id of the coinbase.
        got: Txid,
    },
    /// The coinbase commits to another tree.
    #[error("the branch leads to commitment {got}, the coinbase has {expected}")]
    WitnessCommitmentMismatch {
        /// Where the branch leads.
        got: MerkleNode,
        /// What the coinbase says.
        expected: MerkleNode,
    },
    /// A branch breaks a rule.
    #[error(transparent)]
    Merkle(#[from] MerkleError),
    /// A transaction does not decode.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
}

refusals! {
    InclusionError {
        SixtyFourBytes { got } => "transaction_of_64_bytes", Reject;
        NotCoinbase { got } => "not_a_coinbase", Reject;
        CoinbaseTooShort { got, expected } => "coinbase_too_short", Reject;
        DepthMismatch { got, expected } => "coinbase_depth_mismatch", Reject;
        IndexOfCoinbase { got } => "witness_index_of_coinbase", Reject;
        NoWitnessCommitment { got } => "witness_commitment_absent", Reject;
        WitnessCommitmentMismatch { got, expected } => "witness_commitment_mismatch", Reject;
        @wraps Merkle, Malformed;
    }
}

/// A coinbase that is shown to be the block's: of no other transaction's shape, longer than an
/// inner node, leftmost under the root.
pub(crate) fn verify_coinbase(
    root: MerkleNode,
    coinbase: &Transaction<'_>,
    branch: &[MerkleNode],
    audit: &mut impl Audit,
) -> Result<(), InclusionError> {
    if !coinbase.is_coinbase() {
        return Err(InclusionError::NotCoinbase { got: coinbase.txid });
    }
    let got = coinbase.stripped_len;
    if got <= NODE_LEN {
        return Err(InclusionError::CoinbaseTooShort { got, expected: NODE_LEN });
    }
    verify_branch(root, coinbase.txid.into(), 0, branch)?;
    audit.passed("coinbase_included", || {
        format!("coinbase {} of {got} bytes at depth {}", coinbase.txid, branch.len())
    });
    Ok(())
}

/// The tree is as deep where the transaction is as where the coinbase is.
fn check_depth(
    branch: &[MerkleNode],
    coinbase_branch: &[MerkleNode],
    audit: &mut impl Audit,
) -> Result<(), InclusionError> {
    let (got, expected) = (branch.len(), coinbase_branch.len());
    if got != expected {
        return Err(InclusionError::DepthMismatch { got, expected });
    }
    audit.passed("same_depth", || format!("both branches have {got} nodes"));
    Ok(())
}

fn check_not_node_sized(got: usize, audit: &mut impl Audit) -> Result<(), InclusionError> {
    if got == NODE_LEN {
        return Err(InclusionError::SixtyFourBytes { got });
    }
    audit.passed("not_64_bytes", || format!("{got} bytes without witness"));
    Ok(())
}

/// Accepts when the block with this merkle root has the transaction, as far as that shows without
/// the coinbase. The depth of the tree is not proven: only the refusal of 64-byte transactions, on
/// both sides of a node, stands against forgeries. It also refuses an honest proof where a node
/// looks like a transaction by chance, about once in a billion nodes. Gives the transaction's id.
pub fn verify_without_coinbase(
    root: MerkleNode,
    transaction: &[u8],
    index: u32,
    branch: &[MerkleNode],
    audit: &mut impl Audit,
) -> Result<Txid, InclusionError> {
    let transaction = Transaction::from_bytes(transaction)?;
    check_not_node_sized(transaction.stripped_len, audit)?;
    verify_branch_of_unknown_depth(root, transaction.txid.into(), index, branch)?;
    audit.passed("transaction_included", || {
        format!("transaction {} at index {index}, depth not proven", transaction.txid)
    });
    Ok(transaction.txid)
}

impl InclusionProof {
    /// Accepts when the block with this merkle root has the transaction; gives its id.
    pub fn verify(&self, root: MerkleNode, audit: &mut impl Audit) -> Result<Txid, InclusionError> {
        let transaction = Transaction::from_bytes(&self.transaction)?;
        check_not_node_sized(transaction.stripped_len, audit)?;
        let coinbase = Transaction::from_bytes(&self.coinbase)?;
        check_depth(&self.branch, &self.coinbase_branch, audit)?;
        verify_coinbase(root, &coinbase, &self.coinbase_branch, audit)?;
        verify_branch(root, transaction.txid.into(), self.index, &self.branch)?;
        audit.passed("transaction_included", || {
            format!("transaction {} at index {}", transaction.txid, self.index)
        });
        Ok(transaction.txid)
    }
}

impl WitnessProof {
    /// Accepts when the block with this merkle root has the transaction with this very witness;
    /// gives its witness id.
    pub fn verify(
        &self,
        root: MerkleNode,
        audit: &mut impl Audit,
    ) -> Result<Wtxid, InclusionError> {
        if self.index == 0 {
            return Err(InclusionError::IndexOfCoinbase { got: self.index });
        }
        let transaction = Transaction::from_bytes(&self.transaction)?;
        check_not_node_sized(self.transaction.len(), audit)?;
        let coinbase = Transaction::from_bytes(&self.coinbase)?;
        check_depth(&self.witness_branch, &self.coinbase_branch, audit)?;
        verify_coinbase(root, &coinbase, &self.coinbase_branch, audit)?;
        let commitment = witness_commitment(&coinbase)
            .ok_or(InclusionError::NoWitnessCommitment { got: coinbase.txid })?;
        let leaf = transaction.wtxid.into();
        let witness_root = crate::merkle::fold(leaf, self.index, &self.witness_branch)?;
        let got = commitment.of(witness_root);
        let expected = commitment.committed;
        if got != expected {
            return Err(InclusionError::WitnessCommitmentMismatch { got, expected });
        }
        audit.passed("witness_committed", || format!("commitment {got}"));
        Ok(transaction.wtxid)
    }
}

/// What a coinbase says of the block's witnesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WitnessCommitment {
    /// The hash in the output.
    pub committed: MerkleNode,
    /// The coinbase's only witness item, free for further commitments.
    pub reserved: [u8; 32],
}

impl WitnessCommitment {
    /// The commitment to a tree of witness ids with this root.
    pub fn of(&self, witness_root: MerkleNode) -> MerkleNode {
        let mut bytes = witness_root.0.to_vec();
        bytes.extend(self.reserved);
        MerkleNode(sha256d(&bytes))
    }
}

/// The last output of the right beginning counts; without the witness item there is none, as
/// before the soft fork (BIP141).
pub fn witness_commitment(coinbase: &Transaction<'_>) -> Option<WitnessCommitment> {
    let committed = coinbase.outputs.iter().rev().find_map(|output| {
        output.script.strip_prefix(&WITNESS_COMMITMENT_PREFIX)?.first_chunk::<32>().copied()
    })?;
    let witness = coinbase.first_witness.filter(|witness| witness.items == 1)?;
    Some(WitnessCommitment {
        committed: MerkleNode(committed),
        reserved: witness.first.try_into().ok()?,
    })
}
