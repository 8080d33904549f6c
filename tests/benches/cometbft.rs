//! Light blocks of 150 validators beside the verifier of tendermint-rs.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    dead_code,
    missing_docs,
    reason = "benchmarks fail loudly, and use a part of the peer module"
)]

#[path = "../differential/cometbft/peer.rs"]
mod peer;

use std::sync::Arc;
use std::time::Duration;

use causeway_client_cometbft::{
    PreparedValidatorSet, TrustLevel, TrustOptions, TrustedBlock, verify,
};
use causeway_core::Timestamp;
use causeway_tests::makers::cometbft::{Chain, Committee, Made};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use peer::PeerBlock;
use tendermint_light_client_verifier::Verdict;

const VALIDATORS: u32 = 150;

const OPTIONS: TrustOptions = TrustOptions {
    trust_level: TrustLevel::ONE_THIRD,
    trusting_period: Duration::from_secs(1_000_000),
    max_clock_drift: Duration::from_secs(10),
};

fn now(made: &Made) -> Timestamp {
    made.signed.header.timestamp().unwrap()
}

fn peer_block(made: &Made) -> PeerBlock {
    let (own, next) = (made.validators.set(), made.next_validators.set());
    PeerBlock::new(&made.signed, own, next).unwrap()
}

/// Validator sets as decoded, their keys not: all but the parsing of bytes is measured.
fn cold(from: &Made, to: &Made) {
    let next = Arc::new(PreparedValidatorSet::new(from.next_validators.set()).unwrap());
    let trusted = TrustedBlock::from_header(&from.signed.header, next).unwrap();
    let validators = PreparedValidatorSet::new(to.validators.set()).unwrap();
    verify(&trusted, &to.signed, &validators, &OPTIONS, now(to), &mut ()).unwrap();
}

/// The next light block by the very validators of the one before: one set is prepared.
fn cold_adjacent(from: &Made, to: &Made) {
    let validators = Arc::new(PreparedValidatorSet::new(to.validators.set()).unwrap());
    let trusted = TrustedBlock::from_header(&from.signed.header, validators.clone()).unwrap();
    verify(&trusted, &to.signed, &validators, &OPTIONS, now(to), &mut ()).unwrap();
}

/// Both sets kept from before, every key decoded.
fn kept(trusted: &TrustedBlock, to: &Made, validators: &PreparedValidatorSet) {
    verify(trusted, &to.signed, validators, &OPTIONS, now(to), &mut ()).unwrap();
}

fn compare(criterion: &mut Criterion, name: &str, from: &Made, to: &Made) {
    let mut group = criterion.benchmark_group(name);
    let (old, new) = (peer_block(from), peer_block(to));
    group.bench_function("tendermint-light-client-verifier", |bencher| {
        bencher.iter(|| assert_eq!(peer::judge(&old, &new, &OPTIONS, now(to)), Verdict::Success));
    });
    let is_adjacent = from.signed.header.height + 1 == to.signed.header.height;
    let cold = if is_adjacent { cold_adjacent } else { cold };
    group.bench_function("causeway, cold", |bencher| bencher.iter(|| cold(from, to)));
    let (trusted, validators) = (from.trusted(), to.validators.prepared());
    group.bench_function("causeway, kept keys", |bencher| {
        bencher.iter(|| kept(&trusted, to, &validators));
    });
    group.finish();
}

fn light_blocks(criterion: &mut Criterion) {
    let mut chain = Chain::new("bench-1", &Committee::equal(0..VALIDATORS));
    chain.push(&[1; 32]);
    compare(criterion, "adjacent, 150 validators", chain.at(1), chain.at(2));

    let half = VALIDATORS / 2;
    chain.push_handing_over(&[2; 32], &Committee::equal(half..half + VALIDATORS));
    chain.push(&[3; 32]);
    compare(criterion, "skipping, 150 validators, half new", chain.at(1), chain.at(4));
}

fn preparation(criterion: &mut Criterion) {
    let committee = Committee::equal(0..VALIDATORS);
    criterion.bench_function("prepare 150 validators", |bencher| {
        bencher.iter_batched(
            || committee.set().clone(),
            |set| PreparedValidatorSet::new(&set).unwrap(),
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, light_blocks, preparation);
criterion_main!(benches);
