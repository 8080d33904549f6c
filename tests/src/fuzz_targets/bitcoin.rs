//! Header runs, transactions and their inclusion, and the files that a user trusts.

use std::sync::OnceLock;

use causeway_client_bitcoin::{
    Anchor, Chain, HEADER_LEN, Header, Network, RawHeader, StateRoot, Transaction, merkle,
};
use causeway_wire_bitcoin::{HeaderReader, TransactionProof, read_anchor, read_network};
use serde_json::json;

use crate::makers::bitcoin::{Branch, StateChain};
use crate::makers::bitcoin::{coinbase, long_run, outputs, payment, scaled, scaled_rules};

/// A run of headers on a network without retargets, in one piece and in two.
pub(super) fn headers(bytes: &[u8]) {
    static NETWORK: OnceLock<Network> = OnceLock::new();
    let network = NETWORK.get_or_init(|| long_run(1).0);
    let read = |pieces: &[&[u8]]| -> Option<Vec<RawHeader>> {
        let (mut reader, mut headers) = (HeaderReader::default(), Vec::new());
        for piece in pieces {
            reader.read(piece, &mut headers).ok()?;
        }
        reader.finish(&mut headers).ok()?;
        Some(headers)
    };
    let whole = read(&[bytes]);
    let (head, tail) = bytes.split_at(usize::from(bytes.len() > 90) * 83);
    assert_eq!(read(&[head, tail]), whole, "pieces make a difference");
    let Some(raw) = whole else { return };
    let mut chain = Chain::new(network, Anchor::genesis(network)).unwrap();
    let genesis = network.rules().genesis.to_bytes();
    let run = if raw.first() == Some(&genesis) { &raw[1..] } else { &raw[..] };
    if chain.extend(run, u64::MAX).is_ok() {
        assert_eq!(chain.tip().height, run.len() as u64);
    }
}

pub(super) fn headers_seeds() -> Vec<Vec<u8>> {
    let (_, run) = long_run(12);
    let lines: Vec<String> = run.chunks(HEADER_LEN).map(hex::encode).collect();
    vec![run.clone(), run[HEADER_LEN..].to_vec(), lines.join("\n").into()]
}

/// A block of a coinbase and a payment.
fn block() -> (Header, [Vec<u8>; 2]) {
    let mut chain = StateChain::new(&scaled());
    let transactions = [coinbase(1, &outputs(StateRoot([7; 32]))), payment(1)];
    chain.mine_transactions(transactions.to_vec());
    (chain.branch.tip.header, transactions)
}

/// A transaction, or a proof that the block has one.
pub(super) fn transaction_proof(bytes: &[u8]) {
    static BLOCK: OnceLock<(Header, [Vec<u8>; 2])> = OnceLock::new();
    let (header, transactions) = BLOCK.get_or_init(block);
    if let Ok(transaction) = Transaction::from_bytes(bytes) {
        assert!(transaction.stripped_len <= bytes.len());
    }
    let Ok(proof) = TransactionProof::from_bytes(bytes) else { return };
    let Ok(proven) = proof.verify(header, &mut ()) else { return };
    for found in proven.transactions {
        let place = usize::try_from(found.index).unwrap();
        let there = Transaction::from_bytes(&transactions[place]).unwrap();
        assert_eq!(found.txid, there.txid, "a transaction that the block does not have");
    }
}

pub(super) fn transaction_proof_seeds() -> Vec<Vec<u8>> {
    let (header, transactions) = block();
    let leaves = transactions.each_ref().map(|bytes| {
        let txid = Transaction::from_bytes(bytes).unwrap().txid;
        causeway_client_bitcoin::MerkleNode::from(txid)
    });
    let branch = |index| -> Vec<String> {
        let nodes = merkle::branch(&leaves, index).unwrap();
        nodes.iter().map(ToString::to_string).collect()
    };
    let proof = json!({
        "tx": hex::encode(&transactions[1]),
        "index": 1,
        "branch": branch(1),
        "coinbase": hex::encode(&transactions[0]),
        "coinbase_branch": branch(0),
    });
    let mut merkle_block = header.to_bytes().to_vec();
    merkle_block.extend(2_u32.to_le_bytes());
    merkle_block.push(2);
    merkle_block.extend(leaves.iter().flat_map(|leaf| leaf.0));
    // The root and the second leaf are on the way to the match.
    merkle_block.extend([1, 0b101]);
    let seeds = vec![transactions[0].clone(), proof.to_string().into(), merkle_block];
    for proof in &seeds[1..] {
        TransactionProof::from_bytes(proof).unwrap().verify(&header, &mut ()).unwrap();
    }
    seeds
}

/// Anchors and networks.
pub(super) fn files(bytes: &[u8]) {
    static NETWORK: OnceLock<Network> = OnceLock::new();
    if let Ok(network) = read_network(bytes) {
        let _ = Chain::new(&network, Anchor::genesis(&network));
    }
    let network = NETWORK.get_or_init(scaled);
    if let Ok(anchor) = read_anchor(bytes, network) {
        let _ = Chain::new(network, anchor);
    }
}

pub(super) fn files_seeds() -> Vec<Vec<u8>> {
    let rules = scaled_rules();
    let network = json!({
        "genesis": hex::encode(rules.genesis.to_bytes()),
        "interval": rules.interval,
        "spacing": rules.spacing,
        "limit": rules.limit.to_string(),
        "version_heights": {"v2": 1, "v3": 1, "v4": 1},
    });
    let mut branch = Branch::new(&scaled());
    branch.grow(3);
    let tip = branch.tip;
    let anchor = json!({
        "height": tip.height,
        "header": hex::encode(tip.header.to_bytes()),
        "chainwork": tip.chainwork.to_string(),
        "period_start": {"time": tip.period_start.time, "bits": tip.period_start.bits.to_string()},
        "last_times": [1_700_000_000, 1_700_000_010, tip.header.time],
    });
    read_network(network.to_string().as_bytes()).expect("a network");
    read_anchor(anchor.to_string().as_bytes(), &scaled()).expect("an anchor");
    vec![network.to_string().into(), anchor.to_string().into()]
}
