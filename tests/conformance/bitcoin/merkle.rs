//! Real blocks and their proofs, and the attacks on trees of transactions.

use causeway_client_bitcoin::{
    BlockHash, InclusionProof, Match, MerkleBlock, MerkleNode, Transaction, Txid, WitnessProof,
    merkle, verify_without_coinbase, witness_commitment,
};
use causeway_core::Refusal;
use causeway_tests::vectors::Vectors;
use serde_json::Value;

use super::{bytes, header, list, node, nodes, number, text};

fn display_node(value: &Value) -> MerkleNode {
    text(value).parse().unwrap()
}

fn display_nodes(value: &Value) -> Vec<MerkleNode> {
    list(value).iter().map(display_node).collect()
}

fn index_of(value: &Value) -> u32 {
    u32::try_from(number(value)).unwrap()
}

/// A transaction with the marker and the witnesses that are given in full form.
fn with_witness(stripped: &[u8], witnesses: &[u8]) -> Vec<u8> {
    let (head, lock_time) = stripped.split_at(stripped.len() - 4);
    let (version, body) = head.split_at(4);
    [version, &[0, 1], body, witnesses, lock_time].concat()
}

/// A coinbase with its witness of one item.
fn coinbase_with_witness(stripped: &[u8], reserved: &[u8]) -> Vec<u8> {
    with_witness(stripped, &[&[1, 32], reserved].concat())
}

pub(crate) fn block_830000(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    let header = header(&document["header"]);
    assert_eq!(header.hash().to_string(), text(&document["hash"]));
    let leaves_in = |file: &str| -> Vec<MerkleNode> {
        vectors.bytes(file).as_chunks().0.iter().copied().map(MerkleNode).collect()
    };
    let txids = leaves_in("bitcoin/merkle/block_830000_txids.bin");
    let wtxids = leaves_in("bitcoin/merkle/block_830000_wtxids.bin");
    assert_eq!(txids.len() as u64, number(&document["n_tx"]));
    assert_eq!(merkle::root(&txids), Some(header.merkle_root));
    let coinbase = &document["coinbase"];
    let stripped = bytes(&coinbase["tx_no_witness"]);
    let full = coinbase_with_witness(&stripped, &bytes(&coinbase["witness_reserved_value"]));
    let transaction = Transaction::from_bytes(&full).unwrap();
    assert!(transaction.is_coinbase());
    assert_eq!(MerkleNode::from(transaction.txid), txids[0]);
    assert_eq!(merkle::branch(&txids, 0), Some(nodes(&coinbase["branch"])));
    let commitment = witness_commitment(&transaction).unwrap();
    let witness_root = merkle::root(&wtxids).unwrap();
    assert_eq!(witness_root, node(&coinbase["witness_root"]));
    assert_eq!(commitment.of(witness_root), commitment.committed);
    let script = bytes(&coinbase["commitment_script"]);
    assert_eq!(commitment.committed.0, script[6..]);
    let rsk = bytes(&coinbase["rsk_tag_script"]);
    assert!(transaction.outputs.iter().any(|output| output.script == rsk));
    for proof in list(&document["proofs"]) {
        assert_eq!(proof["verdict"], "accept");
        let block = MerkleBlock::from_bytes(&bytes(&proof["merkleblock"])).unwrap();
        let matches = block.verify(&header, &mut ()).unwrap();
        let expected: Vec<_> = list(&proof["matches"]).iter().map(expected_match).collect();
        assert_eq!(matches, expected);
        for case in list(&proof["matches"]) {
            let index = index_of(&case["index"]);
            assert_eq!(merkle::branch(&txids, index), Some(nodes(&case["branch"])));
            let leaf = display_node(&case["txid"]);
            let branch = nodes(&case["branch"]);
            assert_eq!(merkle::verify_branch(header.merkle_root, leaf, index, &branch), Ok(()));
        }
    }
}

fn expected_match(case: &Value) -> Match {
    Match { txid: text(&case["txid"]).parse().unwrap(), index: index_of(&case["index"]) }
}

/// Every transaction of a whole block, in its own bytes. Offsets come from parsing one after
/// another: the length of a transaction shows only in itself.
fn transactions_of(block: &[u8], count: usize) -> Vec<Vec<u8>> {
    let mut rest = &block[81..];
    assert_eq!(usize::from(block[80]), count);
    let mut transactions = Vec::new();
    for _ in 0..count {
        let len = (60..=rest.len())
            .find(|len| Transaction::from_bytes(&rest[..*len]).is_ok())
            .expect("a transaction");
        let (transaction, after) = rest.split_at(len);
        transactions.push(transaction.to_vec());
        rest = after;
    }
    assert!(rest.is_empty());
    transactions
}

pub(crate) fn small_blocks(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    for case in list(&document["blocks"]) {
        let block = bytes(&case["block"]);
        let header = causeway_client_bitcoin::Header::from_bytes(block[..80].try_into().unwrap());
        assert_eq!(header.hash().to_string(), text(&case["hash"]));
        let count = usize::try_from(number(&case["n_tx"])).unwrap();
        let transactions = transactions_of(&block, count);
        let txids: Vec<Txid> =
            transactions.iter().map(|tx| Transaction::from_bytes(tx).unwrap().txid).collect();
        let expected: Vec<_> = list(&case["txids"]).iter().map(text).collect();
        assert_eq!(txids.iter().map(Txid::to_string).collect::<Vec<_>>(), expected);
        every_index(header.merkle_root, &transactions, &txids);
    }
    let case = &document["merkleblock"];
    let block = MerkleBlock::from_bytes(&bytes(&case["bytes"])).unwrap();
    let hash: BlockHash = text(&case["block"]).parse().unwrap();
    assert_eq!(block.header().hash(), hash);
    let expected: Vec<_> = list(&case["matches"]).iter().map(expected_match).collect();
    assert_eq!(block.verify(block.header(), &mut ()), Ok(expected));
}

/// Each transaction is proven at its index, and at no other up to twice as many as there are.
fn every_index(root: MerkleNode, transactions: &[Vec<u8>], txids: &[Txid]) {
    let leaves: Vec<MerkleNode> = txids.iter().map(|txid| (*txid).into()).collect();
    for (place, transaction) in transactions.iter().enumerate() {
        let index = u32::try_from(place).unwrap();
        let branch = merkle::branch(&leaves, index).unwrap();
        for claimed in 0..2 * u32::try_from(transactions.len()).unwrap() + 2 {
            let proof = InclusionProof {
                transaction: transaction.clone(),
                index: claimed,
                branch: branch.clone(),
                coinbase: transactions[0].clone(),
                coinbase_branch: merkle::branch(&leaves, 0).unwrap(),
            };
            let verdict = proof.verify(root, &mut ());
            assert_eq!(verdict.ok(), (claimed == index).then_some(txids[place]), "{claimed}");
        }
    }
}

pub(crate) fn attacks(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    cve_2017_12842(&document["cve_2017_12842"]);
    cve_2012_2459(&document["cve_2012_2459"]);
    for case in list(&document["tx_size"]["cases"]) {
        let bytes = bytes(&case["tx"]);
        let transaction = Transaction::from_bytes(&bytes).unwrap();
        assert_eq!(transaction.txid.to_string(), text(&case["txid"]), "{case}");
        let stripped = transaction.stripped_len;
        assert_eq!(stripped as u64, number(&case["size_without_witness"]), "{case}");
        let verdict = verify_without_coinbase(transaction.txid.into(), &bytes, 0, &[], &mut ());
        let allowed = case["allowed_as_leaf_by_64_byte_rule"].as_bool().unwrap();
        assert_eq!(verdict.is_ok(), allowed, "{case}");
        assert!(allowed || verdict.unwrap_err().code() == "transaction_of_64_bytes");
    }
}

/// All three fold to the root. The 64-byte transaction is a leaf that a bridge refuses; the two
/// halves of it pass for leaves one level deeper, unless nodes that are transactions are refused.
fn cve_2017_12842(document: &Value) {
    let root = display_node(&document["root"]);
    let transaction = bytes(&document["tx_64_bytes"]);
    let cases = list(&document["cases"]);
    assert_eq!(cases.len(), 3);
    for (place, case) in cases.iter().enumerate() {
        let (leaf, index) = (display_node(&case["leaf"]), index_of(&case["index"]));
        let branch = display_nodes(&case["branch"]);
        assert_eq!(merkle::verify_branch(root, leaf, index, &branch), Ok(()), "{case}");
        if place == 0 {
            let verdict = verify_without_coinbase(root, &transaction, index, &branch, &mut ());
            assert_eq!(verdict.unwrap_err().code(), "transaction_of_64_bytes");
        } else {
            let verdict = merkle::verify_branch_of_unknown_depth(root, leaf, index, &branch);
            assert_eq!(verdict.unwrap_err().code(), "merkle_inner_node_is_transaction", "{case}");
        }
    }
}

/// The last transaction of an odd level, at its own index and at the phantom one.
fn cve_2012_2459(document: &Value) {
    let root = display_node(&document["root"]);
    let leaf = display_node(&document["txid"]);
    let branch = display_nodes(&document["branch"]);
    for case in list(&document["cases"]) {
        let verdict = merkle::verify_branch(root, leaf, index_of(&case["index"]), &branch);
        if text(&case["verdict"]) == "accept" {
            assert_eq!(verdict, Ok(()));
        } else {
            assert_eq!(verdict.unwrap_err().code(), "merkle_duplicate_sibling");
        }
    }
}

pub(crate) fn segwit_inclusion(vectors: &Vectors, file: &str) {
    let document = vectors.json(file);
    let header = header(&document["header"]);
    let proof = WitnessProof {
        transaction: bytes(&document["tx"]),
        index: index_of(&document["index"]),
        witness_branch: nodes(&document["witness_branch"]),
        coinbase: coinbase_with_witness(
            &bytes(&document["coinbase_no_witness"]),
            &bytes(&document["witness_reserved_value"]),
        ),
        coinbase_branch: nodes(&document["coinbase_branch"]),
    };
    assert_eq!(proof.witness_branch.len() as u64, number(&document["depth"]));
    let wtxid = proof.verify(header.merkle_root, &mut ()).unwrap();
    let folded = merkle::fold(wtxid.into(), proof.index, &proof.witness_branch).unwrap();
    assert_eq!(folded, node(&document["witness_root"]));
    let mut other = proof.clone();
    let last = other.transaction.len() - 5;
    other.transaction[last] ^= 1;
    let verdict = other.verify(header.merkle_root, &mut ());
    assert_eq!(verdict.unwrap_err().code(), "witness_commitment_mismatch");
}
