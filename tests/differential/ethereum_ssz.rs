//! `hash_tree_root` beside `tree_hash`, and the adding up of keys beside `blst`.

use alloy_primitives::{Address, B256, Bloom, U256};
use blst::BLST_ERROR;
use blst::min_pk::{AggregateSignature, PublicKey, SecretKey, Signature};
use causeway_client_ethereum::bls::PreparedCommittee;
use causeway_client_ethereum::chain::{Fork, Preset, Slot};
use causeway_client_ethereum::containers::{
    BeaconBlockHeader, ExecutionPayloadHeader, ExtraData, ParticipationBits, PublicKeyBytes,
    PublicKeys, SignatureBytes, SyncAggregate, SyncCommittee,
};
use proptest::collection::vec;
use proptest::prelude::*;
use tree_hash::{MerkleHasher, TreeHash, merkle_root, mix_in_length};

/// A container's root from the roots of its fields.
fn container(fields: &[B256]) -> B256 {
    let mut hasher = MerkleHasher::with_leaves(fields.len());
    for field in fields {
        hasher.write(field.as_slice()).unwrap();
    }
    hasher.finish().unwrap()
}

fn hashes() -> impl Strategy<Value = B256> {
    any::<[u8; 32]>().prop_map(B256::new)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn beacon_headers(slot: u64, proposer_index: u64, roots in vec(hashes(), 3)) {
        let header = BeaconBlockHeader {
            slot: Slot::new(slot),
            proposer_index,
            parent_root: roots[0],
            state_root: roots[1],
            body_root: roots[2],
        };
        let numbers = [slot.tree_hash_root(), proposer_index.tree_hash_root()];
        let expected = container(&[&numbers[..], &roots].concat());
        prop_assert_eq!(header.block_root(), expected);
        prop_assert_eq!(header.hash_tree_root(Fork::Fulu, Preset::MAINNET), expected);
    }

    #[test]
    fn execution_headers(
        roots in vec(hashes(), 7),
        numbers in vec(any::<u64>(), 6),
        fee_recipient: [u8; 20],
        bloom in vec(any::<u8>(), 256),
        extra_data in vec(any::<u8>(), 0..=32),
        base_fee: [u8; 32],
    ) {
        let header = ExecutionPayloadHeader {
            parent_hash: roots[0],
            fee_recipient: Address::new(fee_recipient),
            state_root: roots[1],
            receipts_root: roots[2],
            logs_bloom: Bloom::from_slice(&bloom),
            prev_randao: roots[3],
            block_number: numbers[0],
            gas_limit: numbers[1],
            gas_used: numbers[2],
            timestamp: numbers[3],
            extra_data: ExtraData(extra_data.clone()),
            base_fee_per_gas: U256::from_le_bytes(base_fee),
            block_hash: roots[4],
            transactions_root: roots[5],
            withdrawals_root: roots[6],
            blob_gas_used: numbers[4],
            excess_blob_gas: numbers[5],
        };
        let number = |index: usize| numbers[index].tree_hash_root();
        let capella = [
            roots[0],
            Address::new(fee_recipient).tree_hash_root(),
            roots[1],
            roots[2],
            merkle_root(&bloom, 8),
            roots[3],
            number(0),
            number(1),
            number(2),
            number(3),
            mix_in_length(&merkle_root(&extra_data, 1), extra_data.len()),
            U256::from_le_bytes(base_fee).tree_hash_root(),
            roots[4],
            roots[5],
            roots[6],
        ];
        let root = |fork| header.hash_tree_root(fork, Preset::MAINNET);
        prop_assert_eq!(root(Fork::Capella), container(&capella));
        let deneb = [&capella[..], &[number(4), number(5)]].concat();
        prop_assert_eq!(root(Fork::Deneb), container(&deneb));
        prop_assert_eq!(root(Fork::Fulu), container(&deneb));
    }

    #[test]
    fn committees(seed: u8, bits in vec(any::<u8>(), 64), signature in vec(any::<u8>(), 96)) {
        let key = |seat: u16| {
            let mut key = PublicKeyBytes::repeat_byte(seed);
            key.0[..2].copy_from_slice(&seat.to_le_bytes());
            key
        };
        for (preset, seats) in [(Preset::MAINNET, 512), (Preset::MINIMAL, 32)] {
            let keys: Vec<_> = (0..seats).map(key).collect();
            let roots: Vec<u8> =
                keys.iter().flat_map(|key| merkle_root(key.as_slice(), 2).0).collect();
            let aggregate = key(9999);
            let committee = SyncCommittee {
                pubkeys: PublicKeys(keys),
                aggregate_pubkey: aggregate,
            };
            let pubkeys = merkle_root(&roots, usize::from(seats));
            let expected = container(&[pubkeys, merkle_root(aggregate.as_slice(), 2)]);
            prop_assert_eq!(committee.hash_tree_root(Fork::Altair, preset), expected);
            let bits = bits[..usize::from(seats) / 8].to_vec();
            let expected =
                container(&[merkle_root(&bits, 1), merkle_root(&signature, 3)]);
            let aggregate = SyncAggregate {
                sync_committee_bits: ParticipationBits(bits),
                sync_committee_signature: SignatureBytes::from_slice(&signature),
            };
            prop_assert_eq!(aggregate.hash_tree_root(Fork::Altair, preset), expected);
        }
    }
}

const DST: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

/// A committee of 32 seats and eleven members, its keys, and everybody's signature.
fn committee(message: &[u8]) -> (PreparedCommittee, Vec<PublicKey>, Vec<Signature>) {
    let secret = |seat: u8| SecretKey::key_gen(&[seat % 11; 32], &[]).unwrap();
    let secrets: Vec<_> = (0..32).map(secret).collect();
    let keys: Vec<_> = secrets.iter().map(SecretKey::sk_to_pk).collect();
    let signatures = secrets.iter().map(|secret| secret.sign(message, DST, &[])).collect();
    let pubkeys = keys.iter().map(|key| PublicKeyBytes::new(key.compress())).collect();
    let committee = SyncCommittee { pubkeys: PublicKeys(pubkeys), ..SyncCommittee::default() };
    (PreparedCommittee::new(&committee).unwrap(), keys, signatures)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whoever signs and whoever is said to have signed: the verdict is `blst`'s over the same
    /// keys, from points as from a record.
    #[test]
    fn any_signers(signed: u32, claimed: u32, agree: bool) {
        let message = [7; 32];
        let (prepared, keys, signatures) = committee(&message);
        let claimed = if agree { signed } else { claimed };
        let seats = |bits: u32| (0..32).filter(move |seat| bits >> seat & 1 == 1);
        let signatures: Vec<_> = seats(signed).map(|seat| &signatures[seat]).collect();
        prop_assume!(!signatures.is_empty());
        let signature = AggregateSignature::aggregate(&signatures, false).unwrap().to_signature();
        let keys: Vec<_> = seats(claimed).map(|seat| &keys[seat]).collect();
        let expected = signature.fast_aggregate_verify(true, &message, DST, &keys);
        let aggregate = SyncAggregate {
            sync_committee_bits: ParticipationBits(claimed.to_le_bytes().to_vec()),
            sync_committee_signature: SignatureBytes::new(signature.compress()),
        };
        let recorded = PreparedCommittee::from_record(&prepared.to_record()).unwrap();
        for committee in [prepared, recorded] {
            let verdict = committee.verify(&message, &aggregate);
            prop_assert_eq!(verdict.is_ok(), expected == BLST_ERROR::BLST_SUCCESS);
        }
    }
}
