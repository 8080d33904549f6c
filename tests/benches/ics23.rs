//! State proofs beside the crate `ics23`: one packet under an app hash (IAVL depth 20, then a
//! simple Merkle tree of 20 stores), and fifty of one root, as single proofs and as one batch.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    reason = "benchmarks fail loudly"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use causeway_core::MerklePath;
use causeway_ics23::{BatchProof, MerkleProof, Proof, iavl_spec, ibc_specs, tendermint_spec};
use causeway_tests::makers::ics23::{State, ibc_path, packet, state_of_packets};
use causeway_tests::oracles::ics23 as oracle;
use criterion::{Bencher, Criterion, criterion_group, criterion_main};
use ics23::HostFunctionsManager;

/// A perfect tree of depth 20.
const PACKETS: u64 = 1 << 20;

/// One entry with its proof, in our types and in the peer's.
struct Item {
    path: MerklePath,
    key: Vec<u8>,
    value: Vec<u8>,
    proof: MerkleProof,
    peer: [ics23::CommitmentProof; 2],
}

fn items(state: &State, sequences: impl Iterator<Item = u64>) -> Vec<Item> {
    let item = |sequence| {
        let (key, value) = packet(sequence);
        let proof = state.prove(&key);
        let peer = [oracle::proof(&proof.proofs[0]), oracle::proof(&proof.proofs[1])];
        Item { path: ibc_path(&key), key, value, proof, peer }
    };
    sequences.map(item).collect()
}

/// The peer's part: two calls a proof, on decoded messages as ours.
struct Peer {
    specs: [ics23::ProofSpec; 2],
    store_root: Vec<u8>,
    app_hash: Vec<u8>,
}

impl Peer {
    fn verify(&self, item: &Item) -> bool {
        let [iavl, tendermint] = &self.specs;
        let [proof, store_proof] = &item.peer;
        let root = &self.store_root;
        ics23::verify_membership::<HostFunctionsManager>(proof, iavl, root, &item.key, &item.value)
            && ics23::verify_membership::<HostFunctionsManager>(
                store_proof,
                tendermint,
                &self.app_hash,
                b"ibc",
                root,
            )
    }
}

/// Times the fastest of many runs: what else happens on the machine can only add to a run.
fn fastest(bencher: &mut Bencher<'_>, run: impl Fn()) {
    bencher.iter_custom(|iterations| {
        let mut fastest = Duration::MAX;
        for _ in 0..iterations.max(100) {
            let start = Instant::now();
            run();
            fastest = fastest.min(start.elapsed());
        }
        fastest * u32::try_from(iterations).unwrap()
    });
}

fn bench(criterion: &mut Criterion) {
    let state = state_of_packets(PACKETS);
    let app_hash = state.app_hash().0;
    let peer = Peer {
        specs: [oracle::spec(iavl_spec()), oracle::spec(tendermint_spec())],
        store_root: state.ibc.root_hash().0.to_vec(),
        app_hash: app_hash.to_vec(),
    };
    let consecutive = items(&state, 500_000..500_050);
    let scattered = items(&state, (0..50).map(|number| 1 + number * 20_971));
    let one = &consecutive[7];
    assert!(peer.verify(one));
    let ours = |item: &Item| {
        item.proof.verify_membership(ibc_specs(), &app_hash, &item.path, &item.value, &mut ())
    };
    let depths = one.proof.proofs.iter().map(|proof| match &proof.proof {
        Some(Proof::Exist(proof)) => proof.path.len(),
        _ => 0,
    });
    println!("depths: {:?}", depths.collect::<Vec<_>>());

    let mut group = criterion.benchmark_group("one packet");
    group.bench_function("causeway", |b| fastest(b, || ours(black_box(one)).unwrap()));
    group.bench_function("ics23", |b| fastest(b, || assert!(peer.verify(black_box(one)))));
    let bytes = one.proof.to_bytes();
    group.bench_function("causeway, decoding alone", |b| {
        fastest(b, || drop(black_box(MerkleProof::from_bytes(black_box(&bytes)).unwrap())));
    });
    group.finish();

    for (name, items) in [("50 consecutive", &consecutive), ("50 scattered", &scattered)] {
        let mut group = criterion.benchmark_group(name);
        let proofs: Vec<_> = items.iter().map(|item| item.proof.clone()).collect();
        let batch = BatchProof::merge(&proofs).unwrap();
        let entries: Vec<_> = items.iter().map(|item| (&item.path, &item.value[..])).collect();
        let single_bytes: usize = proofs.iter().map(|proof| proof.to_bytes().len()).sum();
        println!("{name}: {single_bytes} bytes single, {} batched", batch.to_bytes().len());
        group.bench_function("causeway, one batch", |b| {
            fastest(b, || {
                let batch = black_box(&batch);
                batch.verify_memberships(ibc_specs(), &app_hash, &entries, &mut ()).unwrap();
            });
        });
        group.bench_function("causeway, single proofs", |b| {
            fastest(b, || items.iter().for_each(|item| ours(black_box(item)).unwrap()));
        });
        group.bench_function("ics23, single proofs", |b| {
            fastest(b, || assert!(items.iter().all(|item| peer.verify(black_box(item)))));
        });
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
