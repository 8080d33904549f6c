//! Laws of proofs under execution roots.

use alloy_primitives::{Address, B256, Bytes, U256};
use causeway_client_ethereum::execution::block::{
    BlobFields, Header, Log, Outcome, Receipt, TxType, list_root, verify_list_item,
};
use causeway_client_ethereum::execution::proof::{BatchProof, StateProof};
use causeway_client_ethereum::execution::rlp::{Item, Items};
use causeway_client_ethereum::execution::router::{verify_slot, verify_slot_absent, verify_slots};
use causeway_client_ethereum::execution::state::{Account, StateError, decode_storage_word};
use causeway_core::{ClientId, PacketPath, Sequence};
use causeway_light_client::ProofCodec;
use causeway_tests::makers::ethereum_execution::{RouterState, Trie};
use causeway_wire_ethereum::proof::AccountProof;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;

fn path(sequence: u64) -> Vec<u8> {
    let client = ClientId::new("client-0").unwrap();
    PacketPath::commitment(client, Sequence::new(sequence).unwrap()).to_bytes()
}

/// Words of one to 32 significant bytes.
fn words() -> impl Strategy<Value = [u8; 32]> {
    (any::<[u8; 32]>(), 0..32_usize).prop_map(|(mut word, zeros)| {
        word[..zeros].fill(0);
        word[31] |= 1;
        word
    })
}

/// Paths and the words there.
type Entries = Vec<(Vec<u8>, [u8; 32])>;

/// A router with some words, and these.
fn routers() -> impl Strategy<Value = (RouterState, Entries)> {
    (btree_map(1..1000_u64, words(), 1..40), 0..20_u64, 0..20_u64).prop_map(
        |(words, accounts, slots)| {
            let mut router = RouterState::with_neighbours(accounts, slots);
            let entries: Entries =
                words.into_iter().map(|(sequence, word)| (path(sequence), word)).collect();
            for (path, word) in &entries {
                router.set(path, *word);
            }
            (router, entries)
        },
    )
}

fn single(router: &RouterState, path: &[u8], bytes: &[u8], word: &[u8]) -> bool {
    let Ok(proof) = StateProof::from_bytes(bytes) else { return false };
    let RouterState { contract, base_slot, .. } = router;
    verify_slot(&router.state_root(), contract, base_slot, path, &proof, word).is_ok()
}

fn batch(
    router: &RouterState,
    entries: &[(Vec<u8>, [u8; 32])],
    proof: &BatchProof,
) -> Result<(), StateError> {
    let entries: Vec<(&[u8], &[u8])> =
        entries.iter().map(|(path, word)| (&path[..], &word[..])).collect();
    let RouterState { contract, base_slot, .. } = router;
    verify_slots(&router.state_root(), contract, base_slot, &entries, proof)
}

fn batch_proof(router: &RouterState, entries: &[(Vec<u8>, [u8; 32])]) -> BatchProof {
    let paths: Vec<&[u8]> = entries.iter().map(|(path, _)| &path[..]).collect();
    router.batch_proof(&paths)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_proof_of_what_is_there_verifies(state in routers(), index in any::<Index>()) {
        let (router, entries) = state;
        let (path, word) = index.get(&entries);
        let bytes = router.proof(path).to_bytes();
        prop_assert!(single(&router, path, &bytes, word));
        let mut other = *word;
        other[index.index(32)] ^= 1;
        prop_assert!(!single(&router, path, &bytes, &other));
    }

    #[test]
    fn a_proof_of_absence_verifies(state in routers(), sequence in 1000..2000_u64) {
        let (router, entries) = state;
        let RouterState { contract, base_slot, .. } = &router;
        let root = router.state_root();
        let absent = path(sequence);
        let absence = |path: &[u8], proof: &StateProof| {
            verify_slot_absent(&root, contract, base_slot, path, proof)
        };
        prop_assert_eq!(absence(&absent, &router.proof(&absent)), Ok(()));
        let (present, word) = &entries[0];
        prop_assert!(absence(present, &router.proof(present)).is_err());
        prop_assert!(absence(present, &router.proof(&absent)).is_err());
        prop_assert!(!single(&router, &absent, &router.proof(&absent).to_bytes(), word));
    }

    /// A batch is what its entries are one by one, and needs every node that it has.
    #[test]
    fn a_batch_verifies_whole(state in routers(), index in any::<Index>()) {
        let (router, mut entries) = state;
        let proof = batch_proof(&router, &entries);
        let decoded = BatchProof::from_bytes(&proof.to_bytes());
        prop_assert_eq!(decoded.as_ref(), Ok(&proof));
        prop_assert_eq!(batch(&router, &entries, &proof), Ok(()));

        let account = proof.account_nodes().to_vec();
        let nodes = proof.storage_nodes().to_vec();
        let changed = |nodes: Vec<Vec<u8>>| BatchProof::new(account.clone(), [nodes]);
        let mut fewer = nodes.clone();
        fewer.remove(index.index(nodes.len()));
        prop_assert!(batch(&router, &entries, &changed(fewer)).is_err());
        let mut more = nodes.clone();
        more.insert(index.index(nodes.len() + 1), vec![0xc0; 40]);
        prop_assert!(batch(&router, &entries, &changed(more)).is_err());
        let mut turned = nodes.clone();
        turned.reverse();
        prop_assert_eq!(batch(&router, &entries, &changed(turned)).is_ok(), nodes.len() == 1);

        let place = index.index(entries.len());
        entries[place].1[31] ^= 0x80;
        prop_assert!(batch(&router, &entries, &proof).is_err());
    }

    #[test]
    fn the_items_of_a_list_are_proven_by_index(
        items in vec(vec(any::<u8>(), 1..60), 0..200),
        index in any::<Index>(),
    ) {
        let mut trie = Trie::default();
        for (index, item) in (0_u64..).zip(&items) {
            trie.insert(alloy_rlp::encode(index), item.clone());
        }
        let index = index.index(items.len() + 3);
        let (root, nodes) = trie.prove(&[&alloy_rlp::encode(index)]);
        prop_assert_eq!(list_root(&items), root);
        let item = verify_list_item(&root, index as u64, &nodes[0]);
        prop_assert_eq!(item, Ok(items.get(index).map(Vec::as_slice)));
    }
}

/// Every byte of a proof is bound by the root, by the one encoding of a list of nodes, or by the
/// walk: no change of one byte leaves it valid.
#[test]
fn no_byte_of_a_proof_is_free() {
    let mut router = RouterState::with_neighbours(20, 20);
    let entries: Entries = (1..4_u8).map(|n| (path(n.into()), [n; 32])).collect();
    for (path, word) in &entries {
        router.set(path, *word);
    }
    let (path, word) = &entries[0];
    let honest = router.proof(path).to_bytes();
    assert!(single(&router, path, &honest, word));
    let honest_batch = batch_proof(&router, &entries).to_bytes();
    for change in [0x01, 0x80, 0xff] {
        for at in 0..honest.len() {
            let mut spoilt = honest.clone();
            spoilt[at] ^= change;
            assert!(!single(&router, path, &spoilt, word), "byte {at} is free");
        }
        for at in (0..honest_batch.len()).step_by(3) {
            let mut spoilt = honest_batch.clone();
            spoilt[at] ^= change;
            if let Ok(proof) = BatchProof::from_bytes(&spoilt) {
                assert!(batch(&router, &entries, &proof).is_err(), "byte {at} is free");
            }
        }
    }
}

/// What a changed `eth_getProof` answer still proves, it proves with the same meaning: letters of
/// another case and white space are all that may change.
#[test]
fn a_changed_answer_means_the_same_or_nothing() {
    let router = RouterState::with_neighbours(3, 3);
    let root = router.state_root();
    let honest = router.answer(&[]).to_string().into_bytes();
    let meaning = AccountProof::from_json(&honest).unwrap();
    meaning.verify(&root, &mut ()).unwrap();
    let mut still_valid = 0;
    for at in 0..honest.len() {
        for change in [0x01, 0x20, 0x80] {
            let mut changed = honest.clone();
            changed[at] ^= change;
            let Ok(proof) = AccountProof::from_json(&changed) else { continue };
            if proof.verify(&root, &mut ()).is_ok() {
                assert_eq!(proof, meaning, "byte {at}");
                still_valid += 1;
            }
        }
    }
    assert!(still_valid > 0, "hexadecimal letters have two cases");
}

fn logs() -> impl Strategy<Value = Log> {
    (any::<[u8; 20]>(), vec(any::<[u8; 32]>(), 0..5), vec(any::<u8>(), 0..70)).prop_map(
        |(address, topics, data)| Log {
            address: address.into(),
            topics: topics.into_iter().map(B256::from).collect(),
            data: data.into(),
        },
    )
}

fn headers() -> impl Strategy<Value = Header> {
    let base = (any::<[u8; 32]>(), any::<[u64; 4]>(), vec(any::<u8>(), 0..33));
    let base_fee = any::<[u8; 32]>().prop_map(U256::from_be_bytes);
    let forks = (option::of(base_fee), any::<bool>(), any::<bool>(), any::<bool>());
    (base, forks).prop_map(|((hash, numbers, extra), (base_fee_per_gas, second, third, fourth))| {
        let second = base_fee_per_gas.is_some() && second;
        let (third, fourth) = (second && third, second && third && fourth);
        let blob_fields = BlobFields {
            blob_gas_used: numbers[0],
            excess_blob_gas: numbers[1],
            parent_beacon_block_root: hash.into(),
        };
        Header {
            parent_hash: hash.into(),
            ommers_hash: hash.into(),
            beneficiary: Address::from_slice(&hash[..20]),
            state_root: hash.into(),
            transactions_root: hash.into(),
            receipts_root: hash.into(),
            logs_bloom: [hash[0]; 256].into(),
            difficulty: U256::from_be_bytes(hash),
            number: numbers[0],
            gas_limit: numbers[1],
            gas_used: numbers[2],
            timestamp: numbers[3],
            extra_data: Bytes::from(extra),
            mix_hash: hash.into(),
            nonce: [hash[1]; 8].into(),
            base_fee_per_gas,
            withdrawals_root: second.then(|| hash.into()),
            blob_fields: third.then_some(blob_fields),
            requests_hash: fourth.then(|| hash.into()),
        }
    })
}

/// Reads the items of a list, and theirs, and writes them again.
fn rewrite(encoding: &[u8]) -> Option<Vec<u8>> {
    use alloy_rlp::Encodable;
    let mut out = Vec::new();
    match Item::decode("item", encoding).ok()? {
        Item::Bytes(bytes) => bytes.encode(&mut out),
        Item::List(payload) => {
            let mut items = Items::new("item", payload);
            let mut written = Vec::new();
            while !items.is_empty() {
                written.extend(rewrite(items.next_item().ok()?.0)?);
            }
            alloy_rlp::Header { list: true, payload_length: written.len() }.encode(&mut out);
            out.extend(written);
        }
    }
    Some(out)
}

proptest! {
    #[test]
    fn headers_have_one_encoding(header in headers(), at in any::<Index>(), change in 1..=255_u8) {
        let mut encoding = header.encode();
        prop_assert_eq!(Header::decode(&encoding), Ok(header.clone()));
        let place = at.index(encoding.len());
        encoding[place] ^= change;
        if let Ok(other) = Header::decode(&encoding) {
            prop_assert_ne!(&other, &header);
            prop_assert_eq!(other.encode(), encoding);
        }
    }

    #[test]
    fn receipts_have_one_encoding(
        kind in 0..5_usize,
        outcome in option::of(any::<bool>()),
        gas in any::<u64>(),
        logs in vec(logs(), 0..4),
        at in any::<Index>(),
        change in 1..=255_u8,
    ) {
        let types = [
            TxType::Legacy,
            TxType::AccessList,
            TxType::DynamicFee,
            TxType::Blob,
            TxType::SetCode,
        ];
        let receipt = Receipt {
            tx_type: types[kind],
            outcome: match outcome {
                None => Outcome::StateRoot(B256::repeat_byte(9)),
                Some(true) => Outcome::Success,
                Some(false) => Outcome::Failure,
            },
            cumulative_gas_used: gas,
            logs_bloom: [0; 256].into(),
            logs,
        };
        let mut encoding = receipt.encode();
        prop_assert_eq!(Receipt::decode(&encoding), Ok(receipt.clone()));
        let place = at.index(encoding.len());
        encoding[place] ^= change;
        if let Ok(other) = Receipt::decode(&encoding) {
            prop_assert_ne!(&other, &receipt);
            prop_assert_eq!(other.encode(), encoding);
        }
    }

    #[test]
    fn whatever_is_read_is_canonical(bytes in vec(any::<u8>(), 0..80), word in words()) {
        if let Some(written) = rewrite(&bytes) {
            prop_assert_eq!(&written, &bytes);
        }
        if let Ok(word) = decode_storage_word(&bytes) {
            prop_assert_eq!(alloy_rlp::encode(U256::from_be_bytes(word.0)), bytes.clone());
        }
        let _ = Account::decode(&bytes);
        let encoding = alloy_rlp::encode(U256::from_be_bytes(word));
        prop_assert_eq!(decode_storage_word(&encoding), Ok(B256::from(word)));
    }
}
