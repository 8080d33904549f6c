//! Finality updates beside `blst`'s `fast_aggregate_verify` alone, and what a new committee costs.
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

use std::hint::black_box;
use std::time::Duration;

use alloy_primitives::{Address, B256, keccak256};
use blst::min_pk::{AggregatePublicKey, AggregateSignature, PublicKey, SecretKey, Signature};
use causeway_client_ethereum::bls::PreparedCommittee;
use causeway_client_ethereum::chain::{Fork, Preset, Slot};
use causeway_client_ethereum::client::{
    ClientMessage, ConsensusState, EthereumClient, Header, UpdateBytes, height_of,
};
use causeway_client_ethereum::containers::{
    LightClientFinalityUpdate, LightClientUpdate, ParticipationBits, PublicKeyBytes, PublicKeys,
    SignatureBytes, SyncAggregate, SyncCommittee,
};
use causeway_client_ethereum::ssz::hash_nodes;
use causeway_client_ethereum::update::{Parameters, initial_states};
use causeway_core::Timestamp;
use causeway_light_client::{LightClient, Verdict};
use causeway_tests::client_host::MemoryHost;
use causeway_tests::makers::ethereum::Beacon;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

const DST: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
const SEATS: usize = 512;
const STATE: B256 = B256::repeat_byte(5);
const START: Slot = Slot::new(8192 + 100);

/// 512 members, all different, who sign what the made committee of a network would.
struct Members {
    secrets: Vec<SecretKey>,
    keys: Vec<PublicKey>,
    committee: SyncCommittee,
}

impl Members {
    fn new() -> Self {
        let secret = |seat: usize| {
            SecretKey::key_gen(keccak256(seat.to_be_bytes()).as_slice(), &[]).unwrap()
        };
        let secrets: Vec<_> = (0..SEATS).map(secret).collect();
        let keys: Vec<_> = secrets.iter().map(SecretKey::sk_to_pk).collect();
        let sum = AggregatePublicKey::aggregate(&keys.iter().collect::<Vec<_>>(), false).unwrap();
        let bytes = |key: &PublicKey| PublicKeyBytes::new(key.compress());
        let committee = SyncCommittee {
            pubkeys: PublicKeys(keys.iter().map(bytes).collect()),
            aggregate_pubkey: bytes(&sum.to_public_key()),
        };
        Self { secrets, keys, committee }
    }

    fn sign(&self, message: &[u8], participants: usize) -> (Signature, SyncAggregate) {
        let signers = self.secrets.iter().take(participants);
        let signatures: Vec<_> = signers.map(|secret| secret.sign(message, DST, &[])).collect();
        let references: Vec<_> = signatures.iter().collect();
        let sum = AggregateSignature::aggregate(&references, false).unwrap().to_signature();
        let mut bits = vec![0; SEATS / 8];
        for seat in 0..participants {
            bits[seat / 8] |= 1 << (seat % 8);
        }
        let aggregate = SyncAggregate {
            sync_committee_bits: ParticipationBits(bits),
            sync_committee_signature: SignatureBytes::new(sum.compress()),
        };
        (sum, aggregate)
    }
}

/// A bridge that trusts these members, with their keys on record, and a finality update by them.
struct Scene {
    members: Members,
    host: MemoryHost<EthereumClient>,
    update: LightClientUpdate,
    signing_root: B256,
    now: Timestamp,
}

impl Scene {
    fn new() -> Self {
        let members = Members::new();
        let beacon = Beacon::with_preset(Preset::MAINNET, 7, 1_700_000_000, 12);
        let (root, bootstrap) = beacon.bootstrap(START, STATE);
        let parameters = Parameters {
            router_address: Address::repeat_byte(1),
            commitment_slot: B256::repeat_byte(2),
            trusting_period: Duration::from_secs(1 << 30),
            max_clock_drift: Duration::ZERO,
        };
        let config = beacon.config.clone();
        let (client_state, consensus_state) =
            initial_states(config, parameters, root, &bootstrap, &mut ()).unwrap();
        let consensus_state = ConsensusState {
            current_committee: members.committee.hash_tree_root(Fork::Fulu, Preset::MAINNET),
            next_committee: Some(B256::repeat_byte(9)),
            ..consensus_state
        };
        let now = Timestamp::from_secs(consensus_state.timestamp + 10_000).unwrap();
        let mut host = MemoryHost::create(client_state, consensus_state, now).unwrap();
        let update = beacon.update(Slot::new(START.get() + 64), STATE);
        let domain = beacon.config.sync_committee_domain(update.signature_slot);
        let signing_root = hash_nodes(update.attested_header.beacon.block_root(), domain);
        let prepared = PreparedCommittee::new(&members.committee).unwrap();
        let committee = members.committee.hash_tree_root(Fork::Fulu, Preset::MAINNET);
        let key = [b"committee/", committee.as_slice()].concat();
        host.records.insert(key, prepared.to_record());
        Self { members, host, update, signing_root, now }
    }

    /// The message of a finality update that so many signed, and their signature.
    fn message(&self, participants: usize) -> (ClientMessage, Signature) {
        let (signature, aggregate) = self.members.sign(self.signing_root.as_slice(), participants);
        let mut update = LightClientFinalityUpdate::from(self.update.clone());
        update.sync_aggregate = aggregate;
        let update = update.to_ssz(Fork::Fulu, Preset::MAINNET);
        let header = Header {
            trusted_slot: START,
            update: UpdateBytes::Finality(update),
            sync_committee: Vec::new(),
        };
        (ClientMessage::Header(header), signature)
    }

    fn judge(&self, message: &ClientMessage) {
        let verdict = EthereumClient::verify_client_message(&self.host, message, self.now);
        let Ok(Verdict::Advance(advance)) = verdict else { panic!() };
        assert_eq!(advance.consensus_states[0].0, height_of(Slot::new(START.get() + 64)));
    }
}

fn finality_updates(criterion: &mut Criterion) {
    let scene = Scene::new();
    let mut group = criterion.benchmark_group("finality update, 512 keys");
    group.sample_size(60);
    for participants in [512, 480, 427, 342] {
        let (message, signature) = scene.message(participants);
        let keys: Vec<_> = scene.members.keys.iter().take(participants).collect();
        group.bench_function(BenchmarkId::new("causeway, everything", participants), |bencher| {
            bencher.iter(|| scene.judge(black_box(&message)));
        });
        group.bench_function(BenchmarkId::new("blst, signature alone", participants), |bencher| {
            let message = scene.signing_root;
            bencher.iter(|| {
                let verdict = signature.fast_aggregate_verify(true, message.as_slice(), DST, &keys);
                assert_eq!(black_box(verdict), blst::BLST_ERROR::BLST_SUCCESS);
            });
        });
    }
    group.finish();
}

fn rotation(criterion: &mut Criterion) {
    let scene = Scene::new();
    let bytes = scene.members.committee.to_ssz(Fork::Fulu, Preset::MAINNET);
    let mut group = criterion.benchmark_group("new committee of 512 keys");
    group.sample_size(20);
    group.bench_function("causeway, from SSZ: root, keys, record", |bencher| {
        bencher.iter(|| {
            let committee = SyncCommittee::from_ssz(&bytes, Fork::Fulu, Preset::MAINNET).unwrap();
            black_box(committee.hash_tree_root(Fork::Fulu, Preset::MAINNET));
            PreparedCommittee::new(&committee).unwrap().to_record()
        });
    });
    group.bench_function("blst, key_validate of each", |bencher| {
        bencher.iter(|| {
            let keys = &scene.members.committee.pubkeys.0;
            let validated = keys.iter().map(|key| PublicKey::key_validate(key.as_slice()).unwrap());
            validated.collect::<Vec<_>>()
        });
    });
    group.finish();
}

criterion_group!(benches, finality_updates, rotation);
criterion_main!(benches);
