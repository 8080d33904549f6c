use std::collections::BTreeMap;

use alloy_primitives::keccak256;
use causeway_chain::Random;
use causeway_client_ethereum::execution::trie::{MAX_STATE_NODE_LEN, Nibbles, find, root};

use super::*;

fn number(random: &mut Random, bound: u64) -> Vec<u8> {
    random.below(bound).to_be_bytes().to_vec()
}

#[test]
fn every_version_has_the_root_and_the_proofs_of_its_entries() {
    let mut random = Random::new(7);
    let (mut trie, mut entries) = (Trie::default(), BTreeMap::new());
    let mut versions = Vec::new();
    for step in 0..600_u64 {
        let key = keccak256(number(&mut random, 200)).to_vec();
        if random.chance(1, 3) {
            trie.remove(&key);
            entries.remove(&key);
        } else {
            // Short values make nodes that are inside their parents.
            let value = vec![u8::try_from(step % 250).unwrap() + 1; 1 + (step % 40) as usize];
            trie.insert(&key, value.clone());
            entries.insert(key, value);
        }
        if step % 25 == 0 {
            versions.push((trie.clone(), entries.clone()));
        }
    }
    versions.push((Trie::default(), BTreeMap::new()));
    for (trie, entries) in versions {
        let expected = root(&entries);
        assert_eq!(trie.root(), expected);
        for wanted in 0..40_u64 {
            let key = keccak256(wanted.to_be_bytes());
            let proof = trie.prove(key.as_slice());
            let nibbles = Nibbles::of(key.as_slice());
            let found = find(&expected, nibbles, &proof, MAX_STATE_NODE_LEN).unwrap();
            assert_eq!(found, entries.get(key.as_slice()).map(Vec::as_slice));
            assert_eq!(trie.get(key.as_slice()), found);
        }
    }
}

#[test]
fn short_keys_make_inline_nodes_too() {
    for count in 1..40_u8 {
        let (mut trie, mut entries) = (Trie::default(), BTreeMap::new());
        for n in 0..count {
            let (key, value) = (vec![n.wrapping_mul(37), n], vec![n + 1]);
            trie.insert(&key, value.clone());
            entries.insert(key, value);
        }
        assert_eq!(trie.root(), root(&entries), "{count}");
    }
}

#[test]
fn scans_are_those_of_an_ordered_map() {
    let mut random = Random::new(3);
    let (mut trie, mut entries) = (Trie::default(), BTreeMap::new());
    for _ in 0..500 {
        let (key, value) = (key_of(&mut random, 5), number(&mut random, 1_000_000));
        if random.chance(1, 4) {
            trie.remove(&key);
            entries.remove(&key);
        } else {
            trie.insert(&key, value.clone());
            entries.insert(key, value);
        }
        let (prefix, after) = (key_of(&mut random, 2), key_of(&mut random, 5));
        for (after, limit) in [(None, usize::MAX), (Some(after.as_slice()), 3)] {
            for is_descending in [false, true] {
                let bounds = Bounds { prefix: &prefix, after, is_descending, limit };
                let past = |key: &Vec<u8>| match after {
                    Some(after) if is_descending => key.as_slice() < after,
                    Some(after) => key.as_slice() > after,
                    None => true,
                };
                let wanted =
                    entries.iter().filter(|(key, _)| key.starts_with(&prefix) && past(key));
                let wanted = wanted.map(|(key, value)| (key.clone(), value.clone()));
                let expected: Vec<_> = if is_descending {
                    wanted.rev().take(limit).collect()
                } else {
                    wanted.take(limit).collect()
                };
                assert_eq!(trie.scan(bounds), expected);
            }
        }
    }
}

fn key_of(random: &mut Random, most: u64) -> Vec<u8> {
    let len = random.below(most);
    (0..len).map(|_| b"ab/\xff"[usize::try_from(random.below(4)).unwrap()]).collect()
}
