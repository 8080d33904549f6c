//! State proofs beside the crate `ics23`.
//!
//! Where the two differ, the crate accepts and we refuse. The reference implementation in Go is on
//! our side but for the two rules that bound what no tree contains:
//!
//! | code | what the crate accepts | Go |
//! | --- | --- | --- |
//! | `iavl_varint_invalid` | varints longer than need be | accepts them too; no IAVL tree writes
//! one |
//! | `iavl_height_invalid` | a leaf of another height than 0, where the prefix is free | refuses |
//! | `iavl_size_invalid` | a leaf of another size than 1 | refuses |
//! | `tendermint_prefix_invalid` | inner nodes that don't begin with 01, or hide bytes | refuses |
//! | `proof_too_deep` | any depth, when the specification gives no lowest depth | refuses |
//! | `inner_suffix_too_long` | suffixes beyond 2,048 bytes | accepts them; no node is that long |
//!
//! The crate also panics when one neighbour's path is the end of the other's; Go does, too. An
//! error is the only right answer to bytes from a stranger.

use std::collections::BTreeMap;

use causeway_core::Refusal;
use causeway_ics23::{
    CommitmentProof, ExistenceProof, HashOp, InnerOp, NonExistenceProof, Proof, ProofError,
    ProofSpec, iavl_spec, ibc_specs, smt_spec, tendermint_spec,
};
use causeway_tests::makers::ics23::{
    ibc_path, leaf_of, packet, simple_tree, state_of_packets, tree_of,
};
use causeway_tests::oracles::ics23 as oracle;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// The codes with which we may refuse what the crate accepts.
const STRICTER: [&str; 6] = [
    "iavl_varint_invalid",
    "iavl_height_invalid",
    "iavl_size_invalid",
    "tendermint_prefix_invalid",
    "proof_too_deep",
    "inner_suffix_too_long",
];

/// Compares the verdicts; the only difference may be one of [`STRICTER`].
fn compare(ours: Result<(), ProofError>, theirs: bool) -> Result<(), TestCaseError> {
    match (ours, theirs) {
        (Ok(()), true) | (Err(_), false) => {}
        (Err(error), true) => {
            prop_assert!(STRICTER.contains(&&*error.code()), "only we refuse: {}", error);
        }
        (Ok(()), false) => prop_assert!(false, "only we accept"),
    }
    Ok(())
}

/// Presence under the root to which the proof itself leads, so that the shape decides.
fn compare_presence(spec: &ProofSpec, proof: ExistenceProof) -> Result<(), TestCaseError> {
    let root = proof.calculate().map_or(vec![0; 32], |root| root.as_bytes().to_vec());
    let (key, value) = (proof.key.clone(), proof.value.clone());
    let proof = CommitmentProof::exist(proof);
    let ours = proof.verify_membership(spec, &root, &key, &value, &mut ());
    compare(ours, oracle::accepts(spec, &root, &proof, &key, Some(&value)))
}

fn compare_absence(
    spec: &ProofSpec,
    root: &[u8],
    proof: NonExistenceProof,
) -> Result<(), TestCaseError> {
    let key = proof.key.clone();
    let proof = CommitmentProof::nonexist(proof);
    let ours = proof.verify_non_membership(spec, root, &key, &mut ());
    compare(ours, oracle::accepts(spec, root, &proof, &key, None))
}

#[derive(Clone, Copy, Debug)]
enum Tree {
    Iavl,
    Tendermint,
    Smt,
}

impl Tree {
    fn spec(self) -> &'static ProofSpec {
        match self {
            Self::Iavl => iavl_spec(),
            Self::Tendermint => tendermint_spec(),
            Self::Smt => smt_spec(),
        }
    }

    /// A valid proof of presence in a tree of this shape.
    fn proof(self, number: u8) -> ExistenceProof {
        let leaves: Vec<_> = (0..8_u8).map(|number| [number + 1]).collect();
        let leaves: Vec<_> = leaves.iter().map(|leaf| (&leaf[..], &leaf[..])).collect();
        match self {
            Self::Iavl => {
                let proof =
                    state_of_packets(30).ibc.prove(&packet(1 + u64::from(number % 30)).0).unwrap();
                match proof.proof {
                    Some(Proof::Exist(proof)) => proof,
                    _ => panic!("the packet is there"),
                }
            }
            Self::Tendermint => simple_tree(&leaves).1.remove(usize::from(number % 8)),
            Self::Smt => tree_of(smt_spec(), &[1], &leaves).1.remove(usize::from(number % 8)),
        }
    }
}

fn tree() -> impl Strategy<Value = Tree> {
    select(vec![Tree::Iavl, Tree::Tendermint, Tree::Smt])
}

/// Ways to change a proof of presence.
#[derive(Clone, Debug)]
enum Change {
    LeafPrefix(Vec<u8>),
    LeafField(usize, i32),
    StepHash(usize, i32),
    StepPrefix(usize, Vec<u8>),
    StepPrefixByte(usize, usize, u8),
    StepPrefixStart(usize, Vec<u8>),
    StepSuffix(usize, usize),
    Insert(usize),
    Repeat(usize, usize),
    Remove(usize),
    Empty(bool),
}

/// Bytes that prefixes are made of, more often than others.
fn telling_bytes(len: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![select(vec![0, 1, 2, 3, 4, 6, 32, 0x80, 0x82, 0xff]), any::<u8>()];
    vec(byte, len)
}

fn change() -> impl Strategy<Value = Change> {
    let number = 0..64_usize;
    prop_oneof![
        telling_bytes(0..5).prop_map(Change::LeafPrefix),
        (0..4_usize, 0..9_i32).prop_map(|(field, op)| Change::LeafField(field, op)),
        (number.clone(), 0..9_i32).prop_map(|(step, op)| Change::StepHash(step, op)),
        (number.clone(), telling_bytes(0..70)).prop_map(|(s, bytes)| Change::StepPrefix(s, bytes)),
        (number.clone(), 0..4_usize, any::<u8>())
            .prop_map(|(step, at, byte)| Change::StepPrefixByte(step, at, byte)),
        (number.clone(), telling_bytes(1..4))
            .prop_map(|(step, bytes)| Change::StepPrefixStart(step, bytes)),
        (number.clone(), select(vec![0, 1, 31, 32, 33, 64, 66, 2080, 2112]))
            .prop_map(|(step, len)| Change::StepSuffix(step, len)),
        number.clone().prop_map(Change::Insert),
        (number.clone(), select(vec![1, 120, 128, 129, 257]))
            .prop_map(|(step, times)| Change::Repeat(step, times)),
        number.prop_map(Change::Remove),
        any::<bool>().prop_map(Change::Empty),
    ]
}

fn apply(proof: &mut ExistenceProof, change: Change) {
    let steps = proof.path.len().max(1);
    if let Change::Insert(at) = change {
        let op = InnerOp { hash: 1, prefix: vec![1], suffix: vec![7; 32] };
        return proof.path.insert(at % (proof.path.len() + 1), op);
    }
    let leaf = proof.leaf.as_mut().unwrap();
    match change {
        Change::LeafPrefix(prefix) => leaf.prefix = prefix,
        Change::LeafField(0, op) => leaf.hash = op,
        Change::LeafField(1, op) => leaf.prehash_key = op,
        Change::LeafField(2, op) => leaf.prehash_value = op,
        Change::LeafField(_, op) => leaf.length = op,
        Change::Empty(true) => proof.key.clear(),
        Change::Empty(false) => proof.value.clear(),
        _ if proof.path.is_empty() => {}
        Change::StepHash(step, op) => proof.path[step % steps].hash = op,
        Change::StepPrefix(step, prefix) => proof.path[step % steps].prefix = prefix,
        Change::StepPrefixByte(step, at, byte) => {
            if let Some(place) = proof.path[step % steps].prefix.get_mut(at) {
                *place = byte;
            }
        }
        Change::StepPrefixStart(step, bytes) => {
            let prefix = &mut proof.path[step % steps].prefix;
            let end = bytes.len().min(prefix.len());
            prefix.splice(..end, bytes);
        }
        Change::StepSuffix(step, len) => proof.path[step % steps].suffix = vec![9; len],
        Change::Repeat(step, times) => {
            let op = proof.path[step % steps].clone();
            proof.path.extend(vec![op; times]);
        }
        Change::Remove(step) => {
            proof.path.remove(step % steps);
        }
        Change::Insert(_) => {}
    }
}

/// A step of a tree of two branches of 32 bytes, with a sibling that may be a placeholder.
fn step() -> impl Strategy<Value = InnerOp> {
    let sibling = prop_oneof![Just(vec![0; 32]), Just(vec![5; 32]), Just(vec![])];
    (sibling, any::<bool>()).prop_map(|(sibling, is_left)| {
        let hash = HashOp::Sha256.into();
        if is_left {
            InnerOp { hash, prefix: vec![1], suffix: sibling }
        } else {
            InnerOp { hash, prefix: [vec![1], sibling].concat(), suffix: vec![] }
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn presence_in_any_shape(
        tree in tree(),
        number in any::<u8>(),
        changes in vec(change(), 0..3),
    ) {
        let mut proof = tree.proof(number);
        for change in changes {
            apply(&mut proof, change);
        }
        compare_presence(tree.spec(), proof)?;
    }

    #[test]
    fn absence_beside_one_neighbour(
        tree in select(vec![Tree::Tendermint, Tree::Smt]),
        path in vec(step(), 0..5),
        is_left in any::<bool>(),
        key in select(vec![b"a", b"m", b"z"]),
    ) {
        let mut proof = leaf_of(tree.spec(), b"m", b"value");
        proof.path = path;
        let root = proof.calculate().unwrap();
        let (left, right) = if is_left { (Some(proof), None) } else { (None, Some(proof)) };
        let proof = NonExistenceProof { key: key.to_vec(), left, right };
        compare_absence(tree.spec(), root.as_bytes(), proof)?;
    }

    /// Neighbours in trees that are not always in order.
    #[test]
    fn absence_between_two_neighbours(
        tree in select(vec![Tree::Tendermint, Tree::Smt]),
        keys in Just((1..9_u8).map(|key| key * 2).collect::<Vec<_>>()).prop_shuffle(),
        is_sorted in any::<bool>(),
        left in 0_usize..8,
        distance in select(vec![1_usize, 1, 1, 1, 0, 2, 7]),
        key in 1_u8..18,
    ) {
        let mut keys: Vec<_> = keys.into_iter().map(|key| [key]).collect();
        if is_sorted {
            let hash = |key: &[u8; 1]| HashOp::Sha256.hash(&[key]).unwrap().as_bytes().to_vec();
            match tree {
                Tree::Smt => keys.sort_by_key(hash),
                Tree::Iavl | Tree::Tendermint => keys.sort_unstable(),
            }
        }
        let leaves: Vec<_> = keys.iter().map(|key| (&key[..], &key[..])).collect();
        let (root, proofs) = tree_of(tree.spec(), &[1], &leaves);
        let right = (left + distance) % 8;
        let (left, right) = (Some(proofs[left].clone()), Some(proofs[right].clone()));
        compare_absence(tree.spec(), &root, NonExistenceProof { key: vec![key], left, right })?;
    }

    #[test]
    fn chains_of_two_trees(
        sequence in 0_u64..40,
        asks_other in any::<bool>(),
        flip in 0_usize..64,
    ) {
        let state = state_of_packets(30);
        let (key, value) = packet(sequence);
        let chain = state.prove(&key);
        let value = ((1..=30).contains(&sequence) != asks_other).then_some(value);
        let mut root = state.app_hash().0;
        if let Some(byte) = root.get_mut(flip) {
            *byte ^= 1;
        }
        let path = ibc_path(&key);
        let ours = match &value {
            Some(value) => chain.verify_membership(ibc_specs(), &root, &path, value, &mut ()),
            None => chain.verify_non_membership(ibc_specs(), &root, &path, &mut ()),
        };
        let theirs =
            oracle::accepts_chain(ibc_specs(), &root, &chain, &path, value.as_deref());
        compare(ours, theirs)?;
    }
}

/// Each documented difference does occur, and is the one that is documented.
#[test]
fn the_crate_is_laxer_exactly_where_the_table_says() {
    let accepted_by_the_crate_only = |spec: &ProofSpec, proof: ExistenceProof| {
        let root = proof.calculate().unwrap();
        let (key, value) = (proof.key.clone(), proof.value.clone());
        let proof = CommitmentProof::exist(proof);
        assert!(oracle::accepts(spec, root.as_bytes(), &proof, &key, Some(&value)));
        let ours = proof.verify_membership(spec, root.as_bytes(), &key, &value, &mut ());
        ours.unwrap_err().code().into_owned()
    };
    let mut seen = BTreeMap::new();
    let mut see = |name, spec: &ProofSpec, change: &dyn Fn(&mut ExistenceProof)| {
        let tree = if name == "iavl" { Tree::Iavl } else { Tree::Tendermint };
        let mut proof = tree.proof(3);
        change(&mut proof);
        *seen.entry(accepted_by_the_crate_only(spec, proof)).or_insert(0) += 1;
    };
    let leaf_prefix = |prefix: &[u8]| {
        let prefix = prefix.to_vec();
        move |proof: &mut ExistenceProof| proof.leaf.as_mut().unwrap().prefix.clone_from(&prefix)
    };
    see("iavl", iavl_spec(), &leaf_prefix(&[0, 4, 14]));
    see("iavl", iavl_spec(), &leaf_prefix(&[0, 2, 0x8e, 0]));
    // With no leaf prefix demanded, nothing else keeps the height at 0.
    let mut raw = iavl_spec().raw().clone();
    raw.leaf_spec.as_mut().unwrap().prefix.clear();
    let free = ProofSpec::new(raw).unwrap();
    see("iavl", &free, &|proof: &mut ExistenceProof| {
        proof.leaf.as_mut().unwrap().prefix[0] = 2;
        proof.path.clear();
    });
    see("simple", tendermint_spec(), &|proof| proof.path[0].prefix[0] = 2);
    see("simple", tendermint_spec(), &|proof| {
        let op = proof.path[0].clone();
        proof.path.resize(129, op);
    });
    see("simple", tendermint_spec(), &|proof| {
        proof.path[0] = InnerOp { hash: 1, prefix: vec![1], suffix: vec![7; 65 * 32] };
    });
    let seen: Vec<_> = seen.keys().map(String::as_str).collect();
    let mut expected = STRICTER;
    expected.sort_unstable();
    assert_eq!(seen, expected);
}
