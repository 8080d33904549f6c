//! Header runs beside the `bitcoin` crate, both under the same rules.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "benchmarks fail loudly"
)]

use bitcoin::CompactTarget as PeerBits;
use bitcoin::block::Header as PeerHeader;
use bitcoin::consensus::deserialize;
use bitcoin::params::MAINNET;
use causeway_client_bitcoin::{
    Anchor, BlockHash, Chain, Network, RawHeader, hash_headers, sha256d, split_headers,
};
use causeway_tests::makers::bitcoin as makers;
use causeway_tests::vectors::Vectors;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const MAINNET_FILE: &str = "bitcoin/headers/mainnet_0_32260.bin";

/// Which parts of a header's cost the peer's user saves.
#[derive(Clone, Copy, PartialEq)]
enum Peer {
    /// None: target and work are asked of each header.
    AsItsApiReads,
    /// Target and work are kept while the bits stay the same.
    WithDifficultyKept,
}

/// The rules of the light client, written with the `bitcoin` crate's types: linkage, bits with
/// retargets, proof of work, median time past, and the sum of work.
fn peer_verifies(raw: &[RawHeader], retargets: bool, peer: Peer) -> bitcoin::Work {
    let first: PeerHeader = deserialize(&raw[0]).unwrap();
    let mut tip = first;
    let mut tip_hash = first.block_hash();
    let (mut target, mut work) = (first.target(), first.work());
    let mut chainwork = work;
    let mut times = [first.time; 11];
    let mut period_start = first.time;
    let mut expected_bits = first.bits;
    for (height, raw) in raw.iter().enumerate().skip(1) {
        let header: PeerHeader = deserialize(raw).unwrap();
        assert_eq!(header.prev_blockhash, tip_hash);
        if retargets && height % 2016 == 0 {
            let span = u64::from(tip.time - period_start);
            expected_bits = PeerBits::from_next_work_required(tip.bits, span, &MAINNET);
            period_start = header.time;
        }
        assert_eq!(header.bits, expected_bits);
        if peer == Peer::AsItsApiReads || header.bits != tip.bits {
            (target, work) = (header.target(), header.work());
        }
        let hash = header.validate_pow(target).unwrap();
        let known = height.min(11);
        let mut last = times;
        last[..known].sort_unstable();
        assert!(header.time > last[known / 2]);
        if known == 11 {
            times.rotate_left(1);
        }
        times[known.min(10)] = header.time;
        chainwork = chainwork + work;
        tip = header;
        tip_hash = hash;
    }
    chainwork
}

fn ours_verifies(network: &Network, raw: &[RawHeader]) -> [u8; 32] {
    let mut chain = Chain::new(network, Anchor::genesis(network)).unwrap();
    chain.extend(&raw[1..], u64::MAX).unwrap();
    chain.tip().chainwork.0.to_be_bytes()
}

fn headers(criterion: &mut Criterion) {
    let (network, bytes, what) = if let Some(vectors) = Vectors::open() {
        (Network::mainnet(), vectors.bytes(MAINNET_FILE), "32,261 real headers")
    } else {
        let (network, bytes) = makers::long_run(4096);
        (network, bytes, "4,097 mined headers without retarget")
    };
    let raw = split_headers(&bytes).unwrap();
    let retargets = !network.rules().no_retarget;
    let peers = [Peer::AsItsApiReads, Peer::WithDifficultyKept];
    for peer in peers {
        let chainwork = peer_verifies(raw, retargets, peer).to_be_bytes();
        assert_eq!(ours_verifies(&network, raw), chainwork);
    }
    let mut group = criterion.benchmark_group(format!("bitcoin headers ({what})"));
    group.throughput(Throughput::Elements(raw.len() as u64));
    group.bench_function("causeway, all rules", |b| b.iter(|| ours_verifies(&network, raw)));
    for (peer, name) in peers
        .into_iter()
        .zip(["bitcoin crate, same rules", "bitcoin crate, same rules, target and work kept"])
    {
        group.bench_function(name, |b| b.iter(|| peer_verifies(raw, retargets, peer)));
    }
    let mut hashes = vec![BlockHash::default(); raw.len()];
    group.bench_function("hashing alone, interleaved", |b| {
        b.iter(|| hash_headers(raw, &mut hashes));
    });
    group.bench_function("hashing alone, sha2 crate", |b| {
        b.iter(|| raw.iter().fold(0, |sum, header| sum ^ sha256d(header)[0]));
    });
    group.finish();
}

criterion_group!(benches, headers);
criterion_main!(benches);
