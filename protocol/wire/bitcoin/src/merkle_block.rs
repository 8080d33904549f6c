//! Making a `merkleblock`: the pruned tree that shows some of a block's transactions (BIP37).

use std::collections::BTreeSet;

use causeway_client_bitcoin::{MerkleNode, Txid, merkle};

use crate::Block;
use crate::transaction::{push_size, push_sized};

/// The bytes that show these transactions of a block, as `gettxoutproof` gives them.
pub fn merkle_block(block: &Block, shown: &BTreeSet<Txid>) -> Vec<u8> {
    let txids: Vec<_> = block.transactions.iter().map(crate::OwnedTransaction::txid).collect();
    let leaves = txids.iter().map(|txid| Node::new((*txid).into(), shown.contains(txid)));
    let mut pruned = Pruned { levels: levels(leaves.collect()), bits: vec![], hashes: vec![] };
    let root_level = pruned.levels.len().saturating_sub(1);
    pruned.walk(root_level, 0);
    let mut bytes = block.header.to_bytes().to_vec();
    bytes.extend(u32::try_from(txids.len()).unwrap_or(u32::MAX).to_le_bytes());
    push_size(&mut bytes, pruned.hashes.len());
    pruned.hashes.iter().for_each(|hash| bytes.extend(hash.0));
    push_sized(&mut bytes, &packed(&pruned.bits));
    bytes
}

/// A node of the whole tree.
#[derive(Clone, Copy)]
struct Node {
    hash: MerkleNode,
    /// It is, or has below it, a leaf that is shown.
    is_marked: bool,
}

impl Node {
    fn new(hash: MerkleNode, is_marked: bool) -> Self {
        Self { hash, is_marked }
    }
}

/// All levels of the tree, leaves first; an odd last node is its own sibling.
fn levels(leaves: Vec<Node>) -> Vec<Vec<Node>> {
    let mut levels = vec![leaves];
    while let Some(last) = levels.last().filter(|last| last.len() > 1) {
        let pairs = last.chunks(2).filter_map(|pair| {
            let (left, right) = (pair.first()?, pair.last()?);
            let hash = merkle::parent(left.hash, right.hash);
            Some(Node::new(hash, left.is_marked || right.is_marked))
        });
        let next = pairs.collect();
        levels.push(next);
    }
    levels
}

/// What is written of the tree, in the order of a walk from its root.
struct Pruned {
    levels: Vec<Vec<Node>>,
    bits: Vec<bool>,
    hashes: Vec<MerkleNode>,
}

impl Pruned {
    /// Writes a node's mark, and either what is below it or its hash. As deep as the tree.
    fn walk(&mut self, level: usize, place: usize) {
        let node = self.levels.get(level).and_then(|nodes| nodes.get(place)).copied();
        // The last node of a level may have no right child of its own.
        let Some(node) = node else { return };
        self.bits.push(node.is_marked);
        match level.checked_sub(1).filter(|_| node.is_marked) {
            None => self.hashes.push(node.hash),
            Some(below) => {
                let left = place.saturating_mul(2);
                self.walk(below, left);
                self.walk(below, left.saturating_add(1));
            }
        }
    }
}

/// Bits in bytes, the lowest first.
fn packed(bits: &[bool]) -> Vec<u8> {
    let byte =
        |bits: &[bool]| bits.iter().rev().fold(0_u8, |byte, bit| (byte << 1) | u8::from(*bit));
    bits.chunks(8).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use causeway_client_bitcoin::{Header, MerkleBlock};

    use super::*;
    use crate::{OwnedInput, OwnedOutput, OwnedTransaction};

    fn block(count: u32) -> Block {
        let transaction = |lock_time| OwnedTransaction {
            version: 2,
            inputs: vec![OwnedInput::coinbase(vec![0x51, 0], 0)],
            outputs: vec![OwnedOutput { value: 1, script: vec![] }],
            lock_time,
        };
        let header = Header::from_bytes(&[3; 80]);
        let mut block = Block { header, transactions: (0..count).map(transaction).collect() };
        block.header.merkle_root = block.merkle_root().unwrap();
        block
    }

    #[test]
    fn the_light_client_sees_what_is_shown() {
        for count in 1..20 {
            let block = block(count);
            for mask in [1_u32, 2, 0b1010, 1 << (count - 1), (1 << count) - 1] {
                let chosen = (0..count).filter(|place| mask >> place & 1 == 1);
                let places: Vec<_> = chosen.collect();
                let txid = |place: &u32| block.transactions[*place as usize].txid();
                let shown: BTreeSet<_> = places.iter().map(txid).collect();
                let read = MerkleBlock::from_bytes(&merkle_block(&block, &shown)).unwrap();
                assert_eq!((read.header(), read.transactions()), (&block.header, count));
                let seen = read.verify(&block.header, &mut ());
                if places.is_empty() {
                    assert!(seen.is_err());
                    continue;
                }
                let seen: Vec<_> = seen.unwrap().iter().map(|m| (m.index, m.txid)).collect();
                let expected: Vec<_> = places.iter().map(|p| (*p, txid(p))).collect();
                assert_eq!(seen, expected, "{count} {mask:b}");
            }
        }
    }
}
