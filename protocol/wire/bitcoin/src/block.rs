//! Blocks: a header and its transactions.

use causeway_client_bitcoin::merkle::{self, MAX_TRANSACTIONS};
use causeway_client_bitcoin::{Header, MerkleNode, Reader};
use causeway_core::DecodeError;

use crate::OwnedTransaction;
use crate::transaction::push_size;

/// The most weight units of a block (BIP141).
pub const MAX_BLOCK_WEIGHT: usize = 4_000_000;

/// What a block is called in errors.
const WHAT: &str = "bitcoin_block";

/// A block. Decoding judges the form and the limits of memory, nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// The transactions, the coinbase first.
    pub transactions: Vec<OwnedTransaction>,
}

impl Block {
    /// Decodes a whole buffer in canonical form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_BLOCK_WEIGHT {
            let reason = format!("{} bytes, at most {MAX_BLOCK_WEIGHT} are allowed", bytes.len());
            return Err(DecodeError::new(WHAT, reason));
        }
        let mut reader = Reader::new(WHAT, bytes);
        let header = Header::from_bytes(&reader.array()?);
        let count = reader.compact_size()?;
        if count > usize::try_from(MAX_TRANSACTIONS).unwrap_or(usize::MAX) {
            let reason = format!("{count} transactions, at most {MAX_TRANSACTIONS} are allowed");
            return Err(DecodeError::new(WHAT, reason));
        }
        let transactions =
            (0..count).map(|_| OwnedTransaction::read(&mut reader)).collect::<Result<_, _>>()?;
        reader.finish()?;
        Ok(Self { header, transactions })
    }

    /// The bytes on the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.header.to_bytes().to_vec();
        push_size(&mut bytes, self.transactions.len());
        for transaction in &self.transactions {
            bytes.extend(transaction.to_bytes());
        }
        bytes
    }

    /// The weight: of the header and the count as of any bytes outside of a witness (BIP141).
    pub fn weight(&self) -> usize {
        let mut count = Vec::new();
        push_size(&mut count, self.transactions.len());
        let fixed = count.len().saturating_add(causeway_client_bitcoin::HEADER_LEN);
        let transactions = self.transactions.iter().map(OwnedTransaction::weight).sum::<usize>();
        fixed.saturating_mul(4).saturating_add(transactions)
    }

    /// The root of the tree of transaction ids; `None` of no transactions.
    pub fn merkle_root(&self) -> Option<MerkleNode> {
        let leaves: Vec<_> = self.transactions.iter().map(|tx| tx.txid().into()).collect();
        merkle::root(&leaves)
    }

    /// The root of the tree of ids with witness, where the coinbase counts as zero (BIP141).
    pub fn witness_root(&self) -> Option<MerkleNode> {
        let others = self.transactions.iter().skip(1).map(|tx| tx.wtxid().into());
        let leaves: Vec<_> = core::iter::once(MerkleNode::default()).chain(others).collect();
        merkle::root(&leaves)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OwnedInput, OwnedOutput};

    #[test]
    fn what_is_written_is_read() {
        let input = OwnedInput::coinbase(vec![0x51, 0], 0);
        let outputs = vec![OwnedOutput { value: 1, script: vec![] }];
        let coinbase = OwnedTransaction { version: 2, inputs: vec![input], outputs, lock_time: 0 };
        let header = Header::from_bytes(&[3; 80]);
        let block = Block { header, transactions: vec![coinbase] };
        let bytes = block.to_bytes();
        assert_eq!(Block::from_bytes(&bytes).as_ref(), Ok(&block));
        assert_eq!(block.merkle_root(), Some(block.transactions[0].txid().into()));
        assert_eq!(block.witness_root(), Some(MerkleNode::default()));
        assert_eq!(block.weight(), 81 * 4 + block.transactions[0].weight());
        assert!(Block::from_bytes(&[bytes.as_slice(), &[0]].concat()).is_err());
        assert!(Block::from_bytes(&bytes[..bytes.len() - 1]).is_err());
    }
}
