//! State proofs beside `alloy-trie`: an account and a slot, and fifty slots under one root.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    reason = "benchmarks fail loudly"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use alloy_primitives::{B256, Bytes, U256, keccak256};
use alloy_trie::Nibbles;
use alloy_trie::proof::verify_proof;
use causeway_client_ethereum::execution::proof::{BatchProof, StateProof};
use causeway_client_ethereum::execution::router::{storage_key, verify_slot, verify_slots};
use causeway_client_ethereum::execution::state::verify_account;
use causeway_core::{ClientId, PacketPath, Sequence};
use causeway_light_client::ProofCodec;
use causeway_tests::makers::ethereum_execution::RouterState;
use criterion::{Criterion, criterion_group, criterion_main};

/// Accounts beside the router: its path has five branches and a leaf.
const ACCOUNTS: u64 = 400_000;

/// Slots beside those that are proven: their paths have three or four branches and a leaf.
const SLOTS: u64 = 20_000;

const BATCH: u64 = 50;

fn path(sequence: u64) -> Vec<u8> {
    let client = ClientId::new("client-0").unwrap();
    PacketPath::commitment(client, Sequence::new(sequence).unwrap()).to_bytes()
}

/// Everything the peer needs to verify one slot: both keys hashed, both values encoded.
struct PeerProof {
    account: Vec<Bytes>,
    account_rlp: Vec<u8>,
    storage: Vec<Bytes>,
    storage_root: B256,
    word_rlp: Vec<u8>,
}

impl PeerProof {
    fn new(router: &RouterState, account_rlp: Vec<u8>, proof: &StateProof, word: [u8; 32]) -> Self {
        let bytes = |nodes: &[Vec<u8>]| nodes.iter().cloned().map(Bytes::from).collect();
        Self {
            account: bytes(proof.account_nodes()),
            account_rlp,
            storage: bytes(proof.storage_nodes()),
            storage_root: router.storage_root(),
            word_rlp: alloy_rlp::encode(U256::from_be_bytes(word)),
        }
    }

    fn verify(&self, router: &RouterState, state_root: B256, path: &[u8]) {
        let account_key = Nibbles::unpack(keccak256(router.contract));
        verify_proof(state_root, account_key, Some(self.account_rlp.clone()), &self.account)
            .unwrap();
        let key = Nibbles::unpack(keccak256(storage_key(&router.base_slot, path)));
        verify_proof(self.storage_root, key, Some(self.word_rlp.clone()), &self.storage).unwrap();
    }
}

fn state_proofs(criterion: &mut Criterion) {
    let mut router = RouterState::with_neighbours(ACCOUNTS, SLOTS);
    let entries: Vec<(Vec<u8>, [u8; 32])> =
        (1..=BATCH).map(|sequence| (path(sequence), keccak256(sequence.to_be_bytes()).0)).collect();
    for (path, word) in &entries {
        router.set(path, *word);
    }
    let state_root = router.state_root();
    let paths: Vec<&[u8]> = entries.iter().map(|(path, _)| path.as_slice()).collect();
    let account_nodes = router.account_nodes(&router.contract);
    let account = verify_account(&state_root, &router.contract, &account_nodes, &mut ());
    let account = account.unwrap().unwrap();
    let account_rlp = alloy_rlp::encode(alloy_trie::TrieAccount {
        nonce: account.nonce,
        balance: account.balance,
        storage_root: account.storage_root,
        code_hash: account.code_hash,
    });
    let storage = router.storage_nodes(&paths);
    let proofs: Vec<StateProof> =
        storage.iter().map(|nodes| StateProof::new(account_nodes.clone(), nodes.clone())).collect();
    let batch = BatchProof::new(account_nodes.clone(), storage);
    let peers: Vec<PeerProof> = proofs
        .iter()
        .zip(&entries)
        .map(|(proof, (_, word))| PeerProof::new(&router, account_rlp.clone(), proof, *word))
        .collect();
    println!(
        "account: {} nodes, first slot: {} nodes, batch of {BATCH}: {} storage nodes, {} bytes",
        account_nodes.len(),
        proofs[0].storage_nodes().len(),
        batch.storage_nodes().len(),
        batch.to_bytes().len(),
    );
    one_slot(criterion, &router, state_root, (&entries[0], &proofs[0], &peers[0]));

    let mut group = criterion.benchmark_group("ethereum/fifty slots of one root");
    let RouterState { contract, base_slot, .. } = &router;
    let pairs: Vec<(&[u8], &[u8])> = entries.iter().map(|(p, word)| (&p[..], &word[..])).collect();
    let verify_batch = || {
        verify_slots(&state_root, contract, base_slot, black_box(&pairs), &batch).unwrap();
    };
    let verify_singles = || {
        for ((path, word), proof) in entries.iter().zip(&proofs) {
            verify_slot(&state_root, contract, base_slot, path, black_box(proof), word).unwrap();
        }
    };
    let peer_singles = || {
        for ((path, _), peer) in entries.iter().zip(&peers) {
            black_box(peer).verify(&router, state_root, path);
        }
    };
    group.bench_function("ours, one batch proof", |bencher| bencher.iter(verify_batch));
    group.bench_function("ours, fifty proofs", |bencher| bencher.iter(verify_singles));
    group.bench_function("alloy-trie, fifty proofs", |bencher| bencher.iter(peer_singles));
    group.finish();
    fastest(&[
        ("ours, one batch proof of fifty", &verify_batch),
        ("ours, fifty proofs", &verify_singles),
        ("alloy-trie, fifty proofs", &peer_singles),
    ]);
}

/// The fastest of many interleaved rounds: what the code costs when nothing else runs, also on a
/// machine where something else does.
fn fastest(contestants: &[(&str, &dyn Fn())]) {
    let mut best = vec![Duration::MAX; contestants.len()];
    for _ in 0..2000 {
        for ((_, run), best) in contestants.iter().zip(&mut best) {
            let start = Instant::now();
            run();
            *best = start.elapsed().min(*best);
        }
    }
    for ((name, _), best) in contestants.iter().zip(best) {
        println!("fastest of 2000 rounds: {name}: {best:?}");
    }
}

fn one_slot(
    criterion: &mut Criterion,
    router: &RouterState,
    state_root: B256,
    (entry, proof, peer): (&(Vec<u8>, [u8; 32]), &StateProof, &PeerProof),
) {
    let mut group = criterion.benchmark_group("ethereum/account and slot");
    let RouterState { contract, base_slot, .. } = router;
    let (path, word) = entry;
    group.bench_function("ours", |bencher| {
        bencher.iter(|| {
            verify_slot(&state_root, contract, base_slot, path, black_box(proof), word).unwrap();
        });
    });
    group.bench_function("alloy-trie", |bencher| {
        bencher.iter(|| black_box(peer).verify(router, state_root, path));
    });
    let nodes: Vec<&[u8]> =
        proof.account_nodes().iter().chain(proof.storage_nodes()).map(Vec::as_slice).collect();
    group.bench_function("keccak-256 of the nodes alone", |bencher| {
        bencher.iter(|| {
            for node in black_box(&nodes) {
                black_box(keccak256(node));
            }
        });
    });
    let bytes = proof.to_bytes();
    group.bench_function("ours, from the bytes of a message", |bencher| {
        bencher.iter(|| {
            let proof = StateProof::from_bytes(black_box(&bytes)).unwrap();
            verify_slot(&state_root, contract, base_slot, path, &proof, word).unwrap();
        });
    });
    group.finish();
}

criterion_group!(benches, state_proofs);
criterion_main!(benches);
