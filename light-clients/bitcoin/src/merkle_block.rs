//! `merkleblock`: a pruned tree that shows some of a block's transactions (BIP37), as
//! `gettxoutproof` gives it.

use causeway_core::{Audit, DecodeError, refusals};

use crate::merkle::{MAX_TRANSACTIONS, MerkleError, parent_of_no_transaction};
use crate::transaction::Reader;
use crate::{HEADER_LEN, Header, MerkleNode, Txid};

/// A header and a pruned tree.
///
/// The number of transactions is a claim: nothing in the block commits to it. So the depth of the
/// tree is not proven by this form alone; see [`crate::InclusionProof`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerkleBlock {
    header: Header,
    transactions: u32,
    hashes: Vec<MerkleNode>,
    flags: Vec<u8>,
}

/// A transaction that a pruned tree shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// The transaction.
    pub txid: Txid,
    /// Its place in the block.
    pub index: u32,
}

/// Why a pruned tree shows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MerkleBlockError {
    /// It is about another block.
    #[error("the proof is about block {got}, expected {expected}")]
    OtherHeader {
        /// The block of the proof.
        got: crate::BlockHash,
        /// The block asked about.
        expected: crate::BlockHash,
    },
    /// No block has this many transactions.
    #[error("{got} transactions, a block has 1 to {expected}")]
    TransactionCount {
        /// The claimed number.
        got: u32,
        /// The most.
        expected: u32,
    },
    /// More hashes than leaves.
    #[error("{got} hashes for {expected} transactions")]
    TooManyHashes {
        /// Hashes sent.
        got: usize,
        /// Leaves.
        expected: u32,
    },
    /// Every hash needs a bit.
    #[error("{got} flag bits for {expected} hashes")]
    TooFewFlags {
        /// Bits sent.
        got: usize,
        /// Hashes sent.
        expected: usize,
    },
    /// The walk through the tree needs another bit.
    #[error("all {got} flag bits are used before the tree is complete")]
    FlagsExhausted {
        /// Bits sent.
        got: usize,
    },
    /// The walk through the tree needs another hash.
    #[error("all {got} hashes are used before the tree is complete")]
    HashesExhausted {
        /// Hashes sent.
        got: usize,
    },
    /// Hashes that are no part of the tree.
    #[error("{got} of {expected} hashes are used")]
    UnusedHashes {
        /// Hashes used.
        got: usize,
        /// Hashes sent.
        expected: usize,
    },
    /// Bits past the padding of the last byte, or padding other than zero.
    #[error("{got} of {expected} flag bits are used, and the rest is not padding")]
    UnusedFlags {
        /// Bits used.
        got: usize,
        /// Bits sent.
        expected: usize,
    },
    /// The tree is right, and shows no transaction.
    #[error("the tree under root {got} shows no transaction")]
    ShowsNothing {
        /// The root.
        got: MerkleNode,
    },
    /// The tree breaks a rule of all trees.
    #[error(transparent)]
    Merkle(#[from] MerkleError),
}

refusals! {
    MerkleBlockError {
        OtherHeader { got, expected } => "merkleblock_other_header", Reject;
        TransactionCount { got, expected } => "merkleblock_transaction_count", Reject;
        TooManyHashes { got, expected } => "merkleblock_too_many_hashes", Reject;
        TooFewFlags { got, expected } => "merkleblock_too_few_flags", Reject;
        FlagsExhausted { got } => "merkleblock_flags_exhausted", Reject;
        HashesExhausted { got } => "merkleblock_hashes_exhausted", Reject;
        UnusedHashes { got, expected } => "merkleblock_unused_hashes", Reject;
        UnusedFlags { got, expected } => "merkleblock_unused_flags", Reject;
        ShowsNothing { got } => "merkleblock_shows_nothing", Reject;
        @wraps Merkle;
    }
}

impl MerkleBlock {
    /// Decodes a whole buffer.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("merkleblock", bytes);
        let header = Header::from_bytes(&reader.array::<HEADER_LEN>()?);
        let transactions = u32::from_le_bytes(reader.array()?);
        let count = reader.compact_size()?;
        let (hashes, _) = reader.take(count.saturating_mul(32))?.as_chunks::<32>();
        let hashes = hashes.iter().copied().map(MerkleNode).collect();
        let flags = reader.sized()?.to_vec();
        reader.finish()?;
        Ok(Self { header, transactions, hashes, flags })
    }

    /// The header it is about.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// How many transactions it claims that the block has.
    pub fn transactions(&self) -> u32 {
        self.transactions
    }

    /// Accepts when the tree leads to the root of `header`, and gives the transactions it shows,
    /// in the order of the block.
    pub fn verify(
        &self,
        header: &Header,
        audit: &mut impl Audit,
    ) -> Result<Vec<Match>, MerkleBlockError> {
        if self.header != *header {
            let (got, expected) = (self.header.hash(), header.hash());
            return Err(MerkleBlockError::OtherHeader { got, expected });
        }
        audit.passed("same_header", || format!("block {}", header.hash()));
        self.check_sizes()?;
        let mut walk = Walk { block: self, bits: 0, hashes: 0, matches: Vec::new() };
        let got = walk.node(self.depth(), 0)?;
        walk.check_all_used()?;
        audit.passed("tree_complete", || {
            format!("{} hashes and {} flag bits used", walk.hashes, walk.bits)
        });
        let expected = header.merkle_root;
        if got != expected {
            return Err(MerkleError::RootMismatch { got, expected }.into());
        }
        audit.passed("merkle_root", || format!("root {got}"));
        if walk.matches.is_empty() {
            return Err(MerkleBlockError::ShowsNothing { got });
        }
        Ok(walk.matches)
    }

    fn bits_sent(&self) -> usize {
        self.flags.len().saturating_mul(8)
    }

    fn check_sizes(&self) -> Result<(), MerkleBlockError> {
        let leaves = self.transactions;
        if !(1..=MAX_TRANSACTIONS).contains(&leaves) {
            let (got, expected) = (leaves, MAX_TRANSACTIONS);
            return Err(MerkleBlockError::TransactionCount { got, expected });
        }
        let hashes = self.hashes.len();
        if u32::try_from(hashes).map_or(true, |hashes| hashes > leaves) {
            return Err(MerkleBlockError::TooManyHashes { got: hashes, expected: leaves });
        }
        if self.bits_sent() < hashes {
            return Err(MerkleBlockError::TooFewFlags { got: self.bits_sent(), expected: hashes });
        }
        Ok(())
    }

    /// How many nodes a level has, counted from the leaves.
    fn width(&self, level: u32) -> u32 {
        self.transactions.div_ceil(1_u32.unbounded_shl(level).max(1))
    }

    fn depth(&self) -> u32 {
        let mut level = 0_u32;
        while self.width(level) > 1 {
            level = level.saturating_add(1);
        }
        level
    }
}

/// A walk through the pruned tree, depth first, left to right.
struct Walk<'a> {
    block: &'a MerkleBlock,
    bits: usize,
    hashes: usize,
    matches: Vec<Match>,
}

impl Walk<'_> {
    fn next_bit(&mut self) -> Result<bool, MerkleBlockError> {
        let exhausted = MerkleBlockError::FlagsExhausted { got: self.block.bits_sent() };
        let byte = *self.block.flags.get(self.bits / 8).ok_or(exhausted)?;
        let bit = byte >> (self.bits % 8) & 1 == 1;
        self.bits = self.bits.saturating_add(1);
        Ok(bit)
    }

    fn next_hash(&mut self) -> Result<MerkleNode, MerkleBlockError> {
        let exhausted = MerkleBlockError::HashesExhausted { got: self.block.hashes.len() };
        let hash = *self.block.hashes.get(self.hashes).ok_or(exhausted)?;
        self.hashes = self.hashes.saturating_add(1);
        Ok(hash)
    }

    /// The node at a place; recursion is as deep as the tree, which the number of transactions
    /// bounds.
    fn node(&mut self, level: u32, position: u32) -> Result<MerkleNode, MerkleBlockError> {
        let leads_to_match = self.next_bit()?;
        if level == 0 || !leads_to_match {
            let hash = self.next_hash()?;
            if level == 0 && leads_to_match {
                self.matches.push(Match { txid: Txid(hash.0), index: position });
            }
            return Ok(hash);
        }
        let below = level.saturating_sub(1);
        let left_position = position.saturating_mul(2);
        let right_position = left_position.saturating_add(1);
        let left = self.node(below, left_position)?;
        let height = usize::try_from(level).unwrap_or(usize::MAX);
        let right = if right_position < self.block.width(below) {
            let right = self.node(below, right_position)?;
            if right == left {
                return Err(MerkleError::DuplicateSibling { level: height, got: right }.into());
            }
            right
        } else {
            left
        };
        Ok(parent_of_no_transaction(height, left, right)?)
    }

    fn check_all_used(&self) -> Result<(), MerkleBlockError> {
        let (got, expected) = (self.hashes, self.block.hashes.len());
        if got != expected {
            return Err(MerkleBlockError::UnusedHashes { got, expected });
        }
        let last_byte = self.block.flags.last().copied().unwrap_or_default();
        let padding = match self.bits % 8 {
            0 => 0,
            used => u32::from(last_byte).unbounded_shr(u32::try_from(used).unwrap_or(8)),
        };
        if self.bits.div_ceil(8) != self.block.flags.len() || padding != 0 {
            let (got, expected) = (self.bits, self.block.bits_sent());
            return Err(MerkleBlockError::UnusedFlags { got, expected });
        }
        Ok(())
    }
}
