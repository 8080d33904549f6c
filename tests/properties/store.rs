//! The provable store against an ordered map, and its proofs against the oracle.

use std::collections::BTreeMap;

use causeway_ics23::{iavl_spec, tendermint_spec};
use causeway_store::{RootHash, Snapshot, StoreError, StoreRoots, Tree, Version};
use causeway_tests::oracles::ics23 as oracle;
use proptest::collection::vec;
use proptest::prelude::*;

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

#[derive(Clone, Debug)]
enum Change {
    Insert(Vec<u8>, Vec<u8>),
    Remove(Vec<u8>),
}

/// Few different keys, many of them prefixes of each other.
fn key() -> impl Strategy<Value = Vec<u8>> {
    vec(0_u8..3, 1..4)
}

fn all_keys() -> Vec<Vec<u8>> {
    let longer = |keys: &[Vec<u8>]| {
        keys.iter().flat_map(|key| (0..3).map(|byte| [key.as_slice(), &[byte]].concat())).collect()
    };
    let ones: Vec<Vec<u8>> = longer(&[vec![]]);
    let twos: Vec<Vec<u8>> = longer(&ones);
    let threes = longer(&twos);
    [ones, twos, threes].concat()
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => (key(), vec(any::<u8>(), 1..40)).prop_map(|(key, value)| Change::Insert(key, value)),
        2 => key().prop_map(Change::Remove),
    ]
}

/// The changes of several versions, one after the other.
fn history() -> impl Strategy<Value = Vec<Vec<Change>>> {
    vec(vec(change(), 0..20), 1..8)
}

fn version(number: usize) -> Version {
    Version::new(number.try_into().unwrap()).unwrap()
}

fn apply(tree: &mut Tree, model: &mut Model, changes: &[Change]) {
    for change in changes {
        match change {
            Change::Insert(key, value) => {
                tree.insert(key, value).unwrap();
                model.insert(key.clone(), value.clone());
                assert_eq!(tree.get(key), Some(value.as_slice()));
            }
            Change::Remove(key) => {
                assert_eq!(tree.remove(key), model.remove(key).is_some());
                assert_eq!(tree.get(key), None);
            }
        }
    }
}

/// Commits the history as versions 1, 2, ...; gives the contents and root of each.
fn committed(history: &[Vec<Change>]) -> (Tree, Vec<(Model, RootHash)>) {
    let mut tree = Tree::starting_at(version(1));
    let mut model = Model::new();
    let mut versions = Vec::new();
    for (changes, number) in history.iter().zip(1..) {
        apply(&mut tree, &mut model, changes);
        let root = tree.commit(version(number)).unwrap();
        versions.push((model.clone(), root));
    }
    (tree, versions)
}

/// The version holds what the model holds, and proves it: presence, and absence of all else.
fn check_version(snapshot: &Snapshot, model: &Model, root: RootHash) {
    assert_eq!(snapshot.root_hash(), root);
    assert_eq!(snapshot.len(), model.len() as u64);
    assert_eq!(snapshot.is_empty(), model.is_empty());
    let spec = iavl_spec();
    for key in all_keys() {
        let value = model.get(&key).map(Vec::as_slice);
        assert_eq!(snapshot.get(&key), value);
        let proof = match snapshot.prove(&key) {
            Ok(proof) => proof,
            Err(error) => {
                assert_eq!(error, StoreError::EmptyTree);
                assert!(model.is_empty());
                continue;
            }
        };
        match value {
            Some(value) => proof.verify_membership(spec, &root.0, &key, value, &mut ()),
            None => proof.verify_non_membership(spec, &root.0, &key, &mut ()),
        }
        .unwrap_or_else(|error| panic!("{key:?}: {error}"));
        assert!(oracle::accepts(spec, &root.0, &proof, &key, value), "{key:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_version_reads_and_proves_as_the_model_says(history in history()) {
        let (tree, versions) = committed(&history);
        for ((model, root), number) in versions.iter().zip(1..) {
            check_version(&tree.at(version(number)).unwrap(), model, *root);
        }
    }

    #[test]
    fn entries_come_in_order_by_prefix_and_page(
        history in history(),
        prefix in vec(0_u8..3, 0..3),
        start_after in proptest::option::of(vec(0_u8..3, 0..4)),
        limit in 0_usize..10,
    ) {
        let (tree, versions) = committed(&history);
        let (model, _) = versions.last().unwrap();
        let expected = model.iter().filter(|(key, _)| {
            key.starts_with(&prefix) && start_after.as_ref().is_none_or(|after| *key > after)
        });
        let expected: Vec<_> =
            expected.take(limit).map(|(key, value)| (key.as_slice(), value.as_slice())).collect();
        let got: Vec<_> = tree.entries(&prefix, start_after.as_deref()).take(limit).collect();
        prop_assert_eq!(&got, &expected);
        let snapshot = tree.at(tree.latest().unwrap()).unwrap();
        let got: Vec<_> = snapshot.entries(&prefix, start_after.as_deref()).take(limit).collect();
        prop_assert_eq!(&got, &expected);
    }

    #[test]
    fn a_rollback_forgets_what_came_after(history in history(), other in vec(change(), 0..20)) {
        let (mut tree, versions) = committed(&history);
        apply(&mut tree, &mut versions.last().unwrap().0.clone(), &other);
        for number in (1..=versions.len()).rev() {
            let (model, root) = &versions[number - 1];
            tree.roll_back_to(version(number)).unwrap();
            prop_assert_eq!(tree.latest(), Some(version(number)));
            prop_assert!(tree.at(version(number + 1)).is_err());
            let mut branch = tree.clone();
            let mut branch_model = model.clone();
            apply(&mut branch, &mut branch_model, &other);
            let branch_root = branch.commit(version(number + 1)).unwrap();
            check_version(&branch.at(version(number + 1)).unwrap(), &branch_model, branch_root);
            check_version(&branch.at(version(number)).unwrap(), model, *root);
        }
    }

    #[test]
    fn pruning_drops_the_old_and_nothing_else(history in history(), below in 0_usize..10) {
        let (mut tree, versions) = committed(&history);
        tree.prune_below(version(below));
        let last = versions.len();
        for ((model, root), number) in versions.iter().zip(1..) {
            match tree.at(version(number)) {
                Ok(snapshot) => {
                    prop_assert!(number >= below || number == last);
                    prop_assert_eq!(snapshot.root_hash(), *root);
                    prop_assert_eq!(snapshot.entries(&[], None).count(), model.len());
                }
                Err(error) => {
                    prop_assert!(number < below && number != last);
                    let kept = matches!(error, StoreError::VersionNotKept { .. });
                    prop_assert!(kept);
                }
            }
        }
    }

    #[test]
    fn the_same_history_gives_the_same_roots(history in history()) {
        let (_, versions) = committed(&history);
        prop_assert_eq!(committed(&history).1, versions);
    }

    #[test]
    fn every_store_is_proven_under_the_app_hash(roots in vec(any::<[u8; 32]>(), 1..40)) {
        let mut stores = StoreRoots::new();
        for (root, number) in roots.iter().zip(0_u32..) {
            stores.set(&format!("store{number}"), RootHash(*root)).unwrap();
        }
        let app_hash = stores.app_hash();
        let spec = tendermint_spec();
        for (root, number) in roots.iter().zip(0_u32..) {
            let name = format!("store{number}");
            let proof = stores.prove(&name).unwrap();
            let verdict =
                proof.verify_membership(spec, &app_hash.0, name.as_bytes(), root, &mut ());
            prop_assert_eq!(verdict, Ok(()));
            prop_assert!(
                oracle::accepts(spec, &app_hash.0, &proof, name.as_bytes(), Some(root))
            );
        }
    }
}

#[test]
fn versions_must_follow_each_other() {
    let mut tree = Tree::starting_at(version(5));
    tree.insert(b"key", b"value").unwrap();
    assert_eq!(tree.commit(version(6)), Err(StoreError::VersionGap { got: 6, expected: 5 }));
    tree.commit(version(5)).unwrap();
    assert_eq!(tree.commit(version(5)), Err(StoreError::VersionGap { got: 5, expected: 6 }));
    assert_eq!(tree.commit(version(7)), Err(StoreError::VersionGap { got: 7, expected: 6 }));
    tree.commit(version(6)).unwrap();
    assert!(matches!(Version::new(1 << 34), Err(StoreError::VersionTooHigh { .. })));
}

#[test]
fn what_no_proof_can_carry_is_not_stored() {
    let mut tree = Tree::starting_at(version(1));
    assert!(matches!(tree.insert(b"", b"value"), Err(StoreError::KeyLength { .. })));
    assert!(matches!(tree.insert(b"key", b""), Err(StoreError::ValueLength { .. })));
    let longest_key = vec![1; causeway_store::MAX_KEY_LEN];
    let longest_value = vec![1; causeway_store::MAX_VALUE_LEN];
    let too_long_key = [longest_key.clone(), vec![1]].concat();
    let too_long_value = [longest_value.clone(), vec![1]].concat();
    assert!(matches!(tree.insert(&too_long_key, b"value"), Err(StoreError::KeyLength { .. })));
    assert!(matches!(tree.insert(b"key", &too_long_value), Err(StoreError::ValueLength { .. })));

    // The longest neighbours still make a proof of absence that decodes.
    let mut longest_right = longest_key.clone();
    longest_right[0] = 3;
    tree.insert(&longest_key, &longest_value).unwrap();
    tree.insert(&longest_right, &longest_value).unwrap();
    let root = tree.commit(version(1)).unwrap();
    let proof = tree.at(version(1)).unwrap().prove(&[2]).unwrap().to_bytes();
    let proof = causeway_ics23::CommitmentProof::from_bytes(&proof).unwrap();
    assert_eq!(proof.verify_non_membership(iavl_spec(), &root.0, &[2], &mut ()), Ok(()));
}

#[test]
fn the_highest_version_fits_into_a_node() {
    let highest = Version::new((1 << 34) - 1).unwrap();
    let mut tree = Tree::starting_at(highest);
    for key in 0..100_u8 {
        tree.insert(&[key], b"value").unwrap();
    }
    let root = tree.commit(highest).unwrap();
    let proof = tree.at(highest).unwrap().prove(&[50]).unwrap();
    assert_eq!(proof.verify_membership(iavl_spec(), &root.0, &[50], b"value", &mut ()), Ok(()));
    assert!(oracle::accepts(iavl_spec(), &root.0, &proof, &[50], Some(b"value")));
}

#[test]
fn a_store_needs_a_name_and_a_root() {
    let mut stores = StoreRoots::new();
    assert_eq!(stores.set("", RootHash([1; 32])), Err(StoreError::UnnamedStore));
    assert!(matches!(stores.prove("ibc"), Err(StoreError::UnknownStore { .. })));
    assert_eq!(stores.get("ibc"), None);
}
