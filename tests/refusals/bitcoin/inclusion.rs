//! Trees of transactions, in branches and in pruned form.

use causeway_client_bitcoin::{
    BlockHash, CompactTarget, Header, InclusionProof, MerkleBlock, MerkleNode, Transaction,
    WitnessProof, merkle, sha256d, verify_without_coinbase,
};
use causeway_tests::makers::bitcoin::{coinbase, payment};
use causeway_wire_bitcoin::TransactionProof;

use super::code;
use crate::Case;

pub(crate) const CASES: &[Case] = &[
    Case { code: "malformed_bitcoin_transaction", provoke: || code(Transaction::from_bytes(&[])) },
    Case { code: "malformed_merkleblock", provoke: || code(TransactionProof::from_bytes(b"00")) },
    Case {
        code: "malformed_transaction_proof",
        provoke: || code(TransactionProof::from_bytes(b"{")),
    },
    Case {
        code: "malformed_merkle_node",
        provoke: || {
            let json = br#"{"tx": "00", "index": 0, "branch": ["00"]}"#;
            code(TransactionProof::from_bytes(json))
        },
    },
    Case {
        code: "merkle_branch_too_long",
        provoke: || {
            inclusion(|proof| {
                proof.branch = vec![MerkleNode([1; 32]); 16];
                proof.coinbase_branch = proof.branch.clone();
            })
        },
    },
    Case { code: "merkle_index_out_of_range", provoke: || inclusion(|proof| proof.index = 4 + 1) },
    Case { code: "merkle_duplicate_sibling", provoke: phantom_index },
    Case { code: "merkle_inner_node_is_transaction", provoke: half_of_a_transaction },
    Case { code: "merkle_root_mismatch", provoke: || inclusion(|proof| proof.index = 2) },
    Case {
        code: "transaction_of_64_bytes",
        provoke: || inclusion(|proof| proof.transaction = sixty_four_bytes()),
    },
    Case {
        code: "not_a_coinbase",
        provoke: || {
            inclusion(|proof| {
                proof.coinbase = payment(1);
            })
        },
    },
    Case { code: "coinbase_too_short", provoke: short_coinbase },
    Case {
        code: "coinbase_depth_mismatch",
        provoke: || {
            inclusion(|proof| {
                proof.branch.pop();
            })
        },
    },
    Case { code: "witness_index_of_coinbase", provoke: || witness(|proof| proof.index = 0) },
    Case {
        code: "witness_commitment_absent",
        provoke: || {
            witness(|proof| {
                proof.coinbase = stripped(&proof.coinbase);
            })
        },
    },
    Case {
        code: "witness_commitment_mismatch",
        provoke: || {
            witness(|proof| {
                let last = proof.transaction.len() - 5;
                proof.transaction[last] ^= 1;
            })
        },
    },
    Case {
        code: "merkleblock_other_header",
        provoke: || {
            let block = MerkleBlock::from_bytes(&pruned(&Pruned::default())).unwrap();
            code(block.verify(&Header { nonce: 1, ..*block.header() }, &mut ()))
        },
    },
    Case { code: "merkleblock_transaction_count", provoke: || block(|block| block.count = 16_667) },
    Case { code: "merkleblock_too_many_hashes", provoke: || block(|block| block.count = 2) },
    Case { code: "merkleblock_too_few_flags", provoke: || block(|block| block.flags.clear()) },
    Case {
        code: "merkleblock_flags_exhausted",
        provoke: || {
            block(|block| {
                // 300 leaves: all on the way to a match, so that the bits end before the hashes do.
                (block.count, block.hashes, block.flags) = (300, leaves(3), vec![0xff]);
            })
        },
    },
    Case {
        code: "merkleblock_hashes_exhausted",
        provoke: || {
            block(|block| {
                block.hashes.pop();
            })
        },
    },
    Case {
        code: "merkleblock_unused_hashes",
        provoke: || {
            block(|block| {
                (block.count, block.flags) = (4, vec![0]);
            })
        },
    },
    Case { code: "merkleblock_unused_flags", provoke: || block(|block| block.flags.push(0)) },
    Case {
        code: "merkleblock_shows_nothing",
        provoke: || {
            block(|block| {
                let root = merkle::root(&block.hashes).unwrap();
                (block.hashes, block.flags) = (vec![root], vec![0]);
            })
        },
    },
];

/// One input, one output, four bytes of scripts.
fn sixty_four_bytes() -> Vec<u8> {
    let mut bytes = vec![2, 0, 0, 0, 1];
    bytes.extend([5; 36]);
    bytes.extend([0, 0xff, 0xff, 0xff, 0xff, 1, 1, 0, 0, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4, 0, 0, 0, 0]);
    assert_eq!(bytes.len(), 64);
    bytes
}

fn txid(bytes: &[u8]) -> MerkleNode {
    Transaction::from_bytes(bytes).unwrap().txid.into()
}

fn coinbase_bytes() -> Vec<u8> {
    coinbase(7, &vec![(1, vec![9; 30])])
}

/// A valid proof of the middle one of three transactions, with a change.
fn inclusion(change: impl FnOnce(&mut InclusionProof)) -> String {
    let transactions = [coinbase_bytes(), payment(1), payment(2)];
    let leaves: Vec<_> = transactions.iter().map(|bytes| txid(bytes)).collect();
    let root = merkle::root(&leaves).unwrap();
    let mut proof = InclusionProof {
        transaction: transactions[1].clone(),
        index: 1,
        branch: merkle::branch(&leaves, 1).unwrap(),
        coinbase: transactions[0].clone(),
        coinbase_branch: merkle::branch(&leaves, 0).unwrap(),
    };
    assert!(proof.verify(root, &mut ()).is_ok());
    change(&mut proof);
    code(proof.verify(root, &mut ()))
}

/// The last of three transactions is also its own right sibling: there is no fourth.
fn phantom_index() -> String {
    let transactions = [coinbase_bytes(), payment(1), payment(2)];
    let leaves: Vec<_> = transactions.iter().map(|bytes| txid(bytes)).collect();
    let proof = InclusionProof {
        transaction: transactions[2].clone(),
        index: 3,
        branch: merkle::branch(&leaves, 2).unwrap(),
        coinbase: transactions[0].clone(),
        coinbase_branch: merkle::branch(&leaves, 0).unwrap(),
    };
    code(proof.verify(merkle::root(&leaves).unwrap(), &mut ()))
}

/// The second half of a 64-byte transaction is the id of a forged one.
fn half_of_a_transaction() -> String {
    let forged = payment(1);
    let mut mined = sixty_four_bytes();
    mined[..32].copy_from_slice(&sixty_four_bytes()[..32]);
    let root = MerkleNode(sha256d(&mined));
    let (left, right) = mined.split_at(32);
    let [left, right] = [left, right].map(|half| MerkleNode(half.try_into().unwrap()));
    let by_coinbase_alone = merkle::verify_branch(root, right, 1, &[left]);
    assert_eq!(by_coinbase_alone, Ok(()));
    assert_eq!(
        code(verify_without_coinbase(root, &forged, 1, &[left], &mut ())),
        "merkle_root_mismatch",
        "a forger would have to hash until an id fits"
    );
    code(merkle::verify_branch_of_unknown_depth(root, right, 1, &[left]))
}

/// A coinbase of 62 bytes, as the rules of scripts allow it.
fn short_coinbase() -> String {
    let mut short = vec![1, 0, 0, 0, 1];
    short.extend([0; 32]);
    short.extend([0xff; 4]);
    short.extend([2, 0x51, 0, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let leaves = [txid(&short), txid(&payment(1))];
    let proof = InclusionProof {
        transaction: payment(1),
        index: 1,
        branch: vec![leaves[0]],
        coinbase: short,
        coinbase_branch: vec![leaves[1]],
    };
    code(proof.verify(merkle::root(&leaves).unwrap(), &mut ()))
}

/// With the marker and these witnesses.
fn with_witness(stripped: &[u8], witness: &[u8]) -> Vec<u8> {
    let (head, lock_time) = stripped.split_at(stripped.len() - 4);
    let (version, body) = head.split_at(4);
    [version, &[0, 1], body, witness, lock_time].concat()
}

/// Without the marker and the coinbase's witness of 34 bytes.
fn stripped(full: &[u8]) -> Vec<u8> {
    let lock_time = full.len() - 4;
    [&full[..4], &full[6..lock_time - 34], &full[lock_time..]].concat()
}

/// A valid proof of a transaction with its witness, with a change.
fn witness(change: impl FnOnce(&mut WitnessProof)) -> String {
    let paying = with_witness(&payment(1), &[1, 3, 7, 7, 7]);
    let wtxid = Transaction::from_bytes(&paying).unwrap().wtxid.into();
    let reserved = [0; 32];
    let witness_root = merkle::parent(MerkleNode::default(), wtxid);
    let commitment = sha256d(&[witness_root.0, reserved].concat());
    let script = [&[0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed], commitment.as_slice()].concat();
    let coinbase = coinbase(7, &vec![(1, vec![9; 30]), (0, script)]);
    let leaves = [txid(&coinbase), txid(&payment(1))];
    let mut proof = WitnessProof {
        transaction: paying,
        index: 1,
        witness_branch: vec![MerkleNode::default()],
        coinbase: with_witness(&coinbase, &[&[1, 32], reserved.as_slice()].concat()),
        coinbase_branch: vec![leaves[1]],
    };
    let root = merkle::root(&leaves).unwrap();
    assert!(proof.verify(root, &mut ()).is_ok());
    change(&mut proof);
    code(proof.verify(root, &mut ()))
}

/// A pruned tree to be written down.
struct Pruned {
    count: u32,
    hashes: Vec<MerkleNode>,
    flags: Vec<u8>,
}

fn leaves(count: u8) -> Vec<MerkleNode> {
    (1..=count).map(|n| MerkleNode([n; 32])).collect()
}

/// Three leaves, all shown: two inner nodes and the root are on the way to them.
impl Default for Pruned {
    fn default() -> Self {
        Self { count: 3, hashes: leaves(3), flags: vec![0b0011_1111] }
    }
}

fn pruned(tree: &Pruned) -> Vec<u8> {
    let header = Header {
        version: 4,
        prev: BlockHash::default(),
        merkle_root: merkle::root(&leaves(3)).unwrap(),
        time: 0,
        bits: CompactTarget(0),
        nonce: 0,
    };
    let mut bytes = header.to_bytes().to_vec();
    bytes.extend(tree.count.to_le_bytes());
    bytes.push(u8::try_from(tree.hashes.len()).unwrap());
    bytes.extend(tree.hashes.iter().flat_map(|hash| hash.0));
    bytes.push(u8::try_from(tree.flags.len()).unwrap());
    bytes.extend(&tree.flags);
    bytes
}

fn block(change: impl FnOnce(&mut Pruned)) -> String {
    let mut tree = Pruned::default();
    let judge = |tree: &Pruned| {
        let block = MerkleBlock::from_bytes(&pruned(tree)).unwrap();
        block.verify(block.header(), &mut ())
    };
    assert_eq!(judge(&tree).unwrap().len(), 3);
    change(&mut tree);
    code(judge(&tree))
}
