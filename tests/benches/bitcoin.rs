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

/// The rules of the light client, written with the `bitcoin` crate's types: linkage, bits with
/// retargets, proof of work, median time past, and the sum of work.
fn peer_verifies(raw: &[RawHeader], retargets: bool) -> bitcoin::Work {
    let first: PeerHeader = deserialize(&raw[0]).unwrap();
    let mut tip = first;
    let mut tip_hash = first.block_hash();
    let mut chainwork = first.work();
    let mut times = vec![first.time];
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
        let hash = header.validate_pow(header.target()).unwrap();
        let mut last: Vec<u32> = times[times.len().saturating_sub(11)..].to_vec();
        last.sort_unstable();
        assert!(header.time > last[last.len() / 2]);
        times.push(header.time);
        chainwork = chainwork + header.work();
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
    assert_eq!(ours_verifies(&network, raw), peer_verifies(raw, retargets).to_be_bytes());
    let mut group = criterion.benchmark_group(format!("bitcoin headers ({what})"));
    group.throughput(Throughput::Elements(raw.len() as u64));
    group.bench_function("causeway, all rules", |b| b.iter(|| ours_verifies(&network, raw)));
    group.bench_function("bitcoin crate, same rules", |b| {
        b.iter(|| peer_verifies(raw, retargets));
    });
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
