//! Laws of state proofs: what is proven verifies, and nothing near it does.

use causeway_core::MerklePath;
use causeway_ics23::{
    BatchProof, CommitmentProof, ExistenceProof, InnerOp, MerkleProof, NonExistenceProof, Proof,
    iavl_spec, ibc_specs, tendermint_spec,
};
use causeway_tests::makers::ics23::{
    State, ibc_path, leaf_of, packet, simple_tree, state_of_packets,
};
use proptest::collection::vec;
use proptest::prelude::*;

const PACKETS: u64 = 40;

/// Changes of one byte: each single bit, and all of them.
const MASKS: [u8; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 255];

/// Every variant of `bytes` that differs in one byte, with the place of the change.
fn one_byte_off(bytes: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    let places = (0..bytes.len()).flat_map(|at| MASKS.map(|mask| (at, mask)));
    places.map(|(at, mask)| {
        let mut changed = bytes.to_vec();
        changed[at] ^= mask;
        (at, changed)
    })
}

fn holds(state: &State, proof: &MerkleProof, key: &[u8], value: Option<&[u8]>) -> bool {
    let (root, path) = (state.app_hash().0, ibc_path(key));
    match value {
        Some(value) => proof.verify_membership(ibc_specs(), &root, &path, value, &mut ()),
        None => proof.verify_non_membership(ibc_specs(), &root, &path, &mut ()),
    }
    .is_ok()
}

#[test]
fn no_byte_of_a_proof_of_presence_can_change() {
    let state = state_of_packets(PACKETS);
    let (key, value) = packet(7);
    let proof = state.prove(&key);
    assert!(holds(&state, &proof, &key, Some(&value)));
    for (at, changed) in one_byte_off(&proof.to_bytes()) {
        let Ok(changed) = MerkleProof::from_bytes(&changed) else { continue };
        assert!(!holds(&state, &changed, &key, Some(&value)), "byte {at}");
    }
}

/// The one harmless place: the absent key as the proof notes it. What is proven is about the key
/// asked for; upstream ignores the note too.
#[test]
fn no_byte_of_a_proof_of_absence_can_change_but_the_note_of_its_key() {
    let state = state_of_packets(PACKETS);
    let key = [packet(7).0, vec![0]].concat();
    let proof = state.prove(&key);
    assert!(holds(&state, &proof, &key, None));
    let bytes = proof.to_bytes();
    let note = bytes.windows(key.len()).position(|window| window == key).unwrap();
    let mut harmless = 0;
    for (at, changed) in one_byte_off(&bytes) {
        let Ok(changed) = MerkleProof::from_bytes(&changed) else { continue };
        let is_harmless = (note..note + key.len()).contains(&at);
        assert_eq!(holds(&state, &changed, &key, None), is_harmless, "byte {at}");
        harmless += usize::from(is_harmless);
    }
    assert_eq!(harmless, key.len() * MASKS.len());
}

#[test]
fn no_byte_of_root_key_or_value_can_change() {
    let state = state_of_packets(PACKETS);
    let (key, value) = packet(7);
    let spec = iavl_spec();
    let root = state.ibc.root_hash().0;
    let proof = state.ibc.prove(&key).unwrap();
    let present = |root: &[u8], key: &[u8], value: &[u8]| {
        proof.verify_membership(spec, root, key, value, &mut ()).is_ok()
    };
    assert!(present(&root, &key, &value));
    assert!(one_byte_off(&root).all(|(_, root)| !present(&root, &key, &value)));
    assert!(one_byte_off(&key).all(|(_, key)| !present(&root, &key, &value)));
    assert!(one_byte_off(&value).all(|(_, value)| !present(&root, &key, &value)));
    for cut in 0..32 {
        assert!(!present(&root[..cut], &key, &value));
        assert!(!present(&root, &key, &value[..cut]));
    }

    // A proof of absence holds for every key between the neighbours, and for no other.
    let absent = [key.clone(), vec![7]].concat();
    let proof = state.ibc.prove(&absent).unwrap();
    let is_absent =
        |root: &[u8], key: &[u8]| proof.verify_non_membership(spec, root, key, &mut ()).is_ok();
    assert!(one_byte_off(&root).all(|(_, root)| !is_absent(&root, &absent)));
    let next = packet(8).0;
    for (_, other) in one_byte_off(&absent) {
        assert_eq!(is_absent(&root, &other), key < other && other < next, "{other:?}");
    }
}

/// The format checks a suffix only modulo the size of a child: a left step with two children after
/// its own passes, here as upstream. It is harmless: the bytes are hashed, so that a tree under a
/// trusted root must really hold such a node, and no tree of this shape does.
#[test]
fn a_suffix_of_two_children_is_accepted_as_upstream_does() {
    let spec = tendermint_spec();
    let mut proof = leaf_of(spec, b"key", b"value");
    proof.path.push(InnerOp { hash: 1, prefix: vec![1], suffix: vec![7; 64] });
    let root = proof.calculate().unwrap();
    assert_eq!(proof.verify(spec, root.as_bytes(), b"key", b"value", &mut ()), Ok(()));
    // As a neighbour of an absent key it is no branch of the tree, and is refused.
    let absence = NonExistenceProof { key: vec![], left: None, right: Some(proof) };
    assert!(absence.verify(spec, root.as_bytes(), b"a", &mut ()).is_err());
}

fn verify_batch(state: &State, batch: &BatchProof, entries: &[(MerklePath, Vec<u8>)]) -> bool {
    let entries: Vec<_> = entries.iter().map(|(path, value)| (path, value.as_slice())).collect();
    batch.verify_memberships(ibc_specs(), &state.app_hash().0, &entries, &mut ()).is_ok()
}

#[test]
fn no_byte_of_a_batch_can_change() {
    let state = state_of_packets(PACKETS);
    let packets: Vec<_> = [3, 4, 5, 30].map(packet).into();
    let proofs: Vec<_> = packets.iter().map(|(key, _)| state.prove(key)).collect();
    let entries: Vec<_> =
        packets.iter().map(|(key, value)| (ibc_path(key), value.clone())).collect();
    let batch = BatchProof::merge(&proofs).unwrap();
    assert!(verify_batch(&state, &batch, &entries));
    for (at, changed) in one_byte_off(&batch.to_bytes()) {
        let Ok(changed) = BatchProof::from_bytes(&changed) else { continue };
        assert!(!verify_batch(&state, &changed, &entries), "byte {at}");
    }
    let swapped: Vec<_> = [1, 0, 2, 3].map(|at| entries[at].clone()).into();
    assert!(!verify_batch(&state, &batch, &swapped));
    assert!(!verify_batch(&state, &batch, &entries[..3]));
}

/// One way to spoil a proof, by small numbers.
#[derive(Clone, Debug)]
enum Spoiling {
    Nothing,
    Value,
    LeafPrefix(usize),
    StepPrefix(usize, usize, u8),
    StepSuffix(usize, usize, u8),
    DropStep(usize),
    RepeatStep(usize),
    StoreProof(usize),
}

fn spoiling() -> impl Strategy<Value = Spoiling> {
    let number = 0..64_usize;
    prop_oneof![
        2 => Just(Spoiling::Nothing),
        1 => Just(Spoiling::Value),
        1 => number.clone().prop_map(Spoiling::LeafPrefix),
        2 => (number.clone(), number.clone(), 1..=255_u8)
            .prop_map(|(step, at, mask)| Spoiling::StepPrefix(step, at, mask)),
        2 => (number.clone(), number.clone(), 1..=255_u8)
            .prop_map(|(step, at, mask)| Spoiling::StepSuffix(step, at, mask)),
        1 => number.clone().prop_map(Spoiling::DropStep),
        1 => number.clone().prop_map(Spoiling::RepeatStep),
        1 => number.prop_map(Spoiling::StoreProof),
    ]
}

fn presence(proof: &mut CommitmentProof) -> &mut ExistenceProof {
    match &mut proof.proof {
        Some(Proof::Exist(proof)) => proof,
        _ => panic!("a proof of presence"),
    }
}

fn flip(bytes: &mut [u8], at: usize, mask: u8) {
    if !bytes.is_empty() {
        bytes[at % bytes.len()] ^= mask;
    }
}

fn spoil(proof: &mut MerkleProof, value: &mut [u8], spoiling: &Spoiling) {
    if let Spoiling::StoreProof(at) = spoiling {
        let store = presence(&mut proof.proofs[1]);
        let step = at % store.path.len();
        return flip(&mut store.path[step].suffix, *at, 1);
    }
    let leaf = presence(&mut proof.proofs[0]);
    let steps = leaf.path.len();
    match *spoiling {
        Spoiling::Nothing | Spoiling::StoreProof(_) => {}
        Spoiling::Value => value[0] ^= 1,
        Spoiling::LeafPrefix(at) => flip(&mut leaf.leaf.as_mut().unwrap().prefix, at, 1),
        Spoiling::StepPrefix(step, at, mask) => {
            flip(&mut leaf.path[step % steps].prefix, at, mask);
        }
        Spoiling::StepSuffix(step, at, mask) => {
            flip(&mut leaf.path[step % steps].suffix, at, mask);
        }
        Spoiling::DropStep(step) => {
            leaf.path.remove(step % steps);
        }
        Spoiling::RepeatStep(step) => {
            let step = step % steps;
            leaf.path.insert(step, leaf.path[step].clone());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Merging decides nothing: a batch holds exactly when all its proofs would.
    #[test]
    fn a_batch_holds_exactly_when_all_its_proofs_do(
        sequences in vec(1..=PACKETS, 1..12),
        which in any::<proptest::sample::Index>(),
        spoiling in spoiling(),
    ) {
        let state = state_of_packets(PACKETS);
        let mut proofs = Vec::new();
        let mut entries = Vec::new();
        for (at, sequence) in sequences.iter().enumerate() {
            let (key, mut value) = packet(*sequence);
            let mut proof = state.prove(&key);
            if which.index(sequences.len()) == at {
                spoil(&mut proof, &mut value, &spoiling);
                presence(&mut proof.proofs[0]).value.clone_from(&value);
            }
            proofs.push(proof);
            entries.push((ibc_path(&key), value));
        }
        let singles = proofs.iter().zip(&entries).all(|(proof, (path, value))| {
            let root = state.app_hash().0;
            proof.verify_membership(ibc_specs(), &root, path, value, &mut ()).is_ok()
        });
        let batch = BatchProof::merge(&proofs);
        let batched = batch.as_ref().is_ok_and(|batch| verify_batch(&state, batch, &entries));
        prop_assert_eq!(batched, singles);
        if let Ok(batch) = batch {
            prop_assert_eq!(BatchProof::from_bytes(&batch.to_bytes()), Ok(batch));
        }
    }

    #[test]
    fn decoding_undoes_encoding(sequence in 1..=PACKETS, byte in any::<u8>()) {
        let state = state_of_packets(PACKETS);
        let (key, _) = packet(sequence);
        for key in [key.clone(), [key, vec![byte]].concat()] {
            let chain = state.prove(&key);
            prop_assert_eq!(MerkleProof::from_bytes(&chain.to_bytes()), Ok(chain.clone()));
            let proof = chain.proofs[0].clone();
            prop_assert_eq!(CommitmentProof::from_bytes(&proof.to_bytes()), Ok(proof));
        }
    }

    /// What decodes is the only encoding of what it decodes to.
    #[test]
    fn encoding_undoes_decoding(
        sequence in 1..=PACKETS,
        at in any::<proptest::sample::Index>(),
        inserted in vec(any::<u8>(), 0..4),
        removed in 0_usize..4,
    ) {
        let mut bytes = state_of_packets(PACKETS).prove(&packet(sequence).0).to_bytes();
        let at = at.index(bytes.len() - removed);
        bytes.splice(at..at + removed, inserted);
        if let Ok(proof) = MerkleProof::from_bytes(&bytes) {
            prop_assert_eq!(proof.to_bytes(), bytes.clone());
        }
        if let Ok(proof) = CommitmentProof::from_bytes(&bytes) {
            prop_assert_eq!(proof.to_bytes(), bytes.clone());
        }
        if let Ok(proof) = BatchProof::from_bytes(&bytes) {
            prop_assert_eq!(proof.to_bytes(), bytes);
        }
    }
}

#[test]
fn nothing_may_follow_a_proof() {
    let state = state_of_packets(PACKETS);
    let chain = state.prove(&packet(7).0);
    for tail in [&[0_u8][..], &[0x0a, 0], &[0x12, 0], &[0x22, 1, 0]] {
        let trailing = |bytes: Vec<u8>| [bytes, tail.to_vec()].concat();
        assert!(CommitmentProof::from_bytes(&trailing(chain.proofs[0].to_bytes())).is_err());
        assert!(MerkleProof::from_bytes(&trailing(chain.to_bytes())).is_err());
    }
    let nine = MerkleProof { proofs: vec![chain.proofs[0].clone(); 9] };
    assert!(MerkleProof::from_bytes(&nine.to_bytes()).is_err());
    let mut long = simple_tree(&[(b"a", b"1"), (b"b", b"2")]).1.remove(0);
    long.value = vec![1; causeway_ics23::MAX_PROOF_LEN];
    assert!(CommitmentProof::from_bytes(&CommitmentProof::exist(long).to_bytes()).is_err());
}
