//! The trie walk and the trie builder beside `alloy-trie`.
//!
//! Where the two differ, the list of [`Difference`]s says how and who is right.

use std::collections::BTreeMap;

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_trie::proof::{ProofVerificationError, verify_proof};
use causeway_client_ethereum::execution::trie::{self, MAX_LIST_NODE_LEN, Nibbles, TrieError};
use causeway_tests::makers::ethereum_execution::{Nodes, Trie};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Why `alloy-trie` 0.9.9 answers otherwise than ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Difference {
    /// It refuses every proof whose root node has less than 32 bytes, as it compares with the node
    /// itself. The root is hashed whatever its length (Yellow Paper, appendix D): ours is right.
    TinyRoot,
    /// It refuses branches with a value, which the Yellow Paper allows and no trie of Ethereum has:
    /// there no key is a prefix of another. Ours reads them, as the tests of generic tries demand.
    BranchValue,
    /// It panics when the paths of the nodes have more than 64 nibbles together, which is possible
    /// under a made-up root only. Ours reads that the key is not there.
    Panic,
    /// It lets nodes follow one that shows absence, when each hashes to a reference in the one
    /// before. Sound, but a proof has many forms then; ours refuses.
    SurplusAfterAbsence,
    /// It reads nodes that no trie has: an even path with a pad nibble that is not zero (which let
    /// exits be replayed on another bridge), bytes after the list, a leaf without a value, an
    /// extension of no nibbles or to something else than a branch, references that are neither
    /// empty nor a hash, embedded nodes of 32 bytes. None is under an honest root; ours refuses.
    LaxNode,
}

fn ours<'a>(root: &B256, key: &[u8], nodes: &'a [Vec<u8>]) -> Result<Option<&'a [u8]>, TrieError> {
    trie::find(root, Nibbles::of(key), nodes, MAX_LIST_NODE_LEN)
}

/// How `alloy-trie` does not accept.
#[derive(Debug)]
enum Answer {
    Refused(ProofVerificationError),
    Panic,
}

fn theirs(root: &B256, key: &[u8], value: Option<&[u8]>, nodes: &[Vec<u8>]) -> Result<(), Answer> {
    let nodes: Vec<Bytes> = nodes.iter().cloned().map(Bytes::from).collect();
    let key = alloy_trie::Nibbles::unpack(key);
    let verify = || verify_proof(*root, key, value.map(<[u8]>::to_vec), &nodes);
    std::panic::catch_unwind(verify).map_err(|_| Answer::Panic)?.map_err(Answer::Refused)
}

fn they_accept(root: &B256, key: &[u8], value: Option<&[u8]>, nodes: &[Vec<u8>]) -> bool {
    theirs(root, key, value, nodes).is_ok()
}

/// Both judge the same proof; `honest` is a value that it might be said to show.
fn compare(root: &B256, key: &[u8], nodes: &[Vec<u8>], honest: &[u8]) -> Option<Difference> {
    match ours(root, key, nodes) {
        Ok(value) if they_accept(root, key, value, nodes) => {
            let other = if value.is_none() { Some(honest) } else { None };
            assert!(!they_accept(root, key, other, nodes), "both present and absent");
            None
        }
        Ok(value) => match theirs(root, key, value, nodes).unwrap_err() {
            Answer::Panic => Some(Difference::Panic),
            Answer::Refused(error) if error.to_string().contains("values are not supported") => {
                Some(Difference::BranchValue)
            }
            Answer::Refused(error) => {
                assert!(nodes[0].len() < 32, "ours alone accepts, {error}: {nodes:02x?}");
                Some(Difference::TinyRoot)
            }
        },
        Err(error) => {
            if they_accept(root, key, Some(honest), nodes) || they_accept(root, key, None, nodes) {
                return Some(explain(root, key, nodes, honest, &error));
            }
            None
        }
    }
}

fn explain(
    root: &B256,
    key: &[u8],
    nodes: &[Vec<u8>],
    honest: &[u8],
    error: &TrieError,
) -> Difference {
    match error {
        TrieError::SurplusNodes { expected, .. } => {
            let used = &nodes[..*expected];
            assert_eq!(ours(root, key, used), Ok(None), "surplus after presence is accepted");
            assert!(!they_accept(root, key, Some(honest), nodes));
            Difference::SurplusAfterAbsence
        }
        TrieError::Malformed(_) => Difference::LaxNode,
        other => panic!("theirs alone accepts, ours says {other}: {nodes:02x?}"),
    }
}

/// Tries with embedded nodes and shared prefixes (short keys of few digits), and with hashed keys.
fn tries() -> impl Strategy<Value = BTreeMap<Vec<u8>, Vec<u8>>> {
    let digit = select(vec![0x00_u8, 0x01, 0x10, 0x11, 0xf0]);
    let short = (1..5_usize).prop_flat_map(move |len| {
        btree_map(vec(digit.clone(), len), vec(any::<u8>(), 1..40), 1..24)
    });
    let hashed = btree_map(any::<u64>(), vec(any::<u8>(), 1..80), 1..64).prop_map(|entries| {
        let hash =
            |(number, value): (u64, Vec<u8>)| (keccak256(number.to_be_bytes()).to_vec(), value);
        entries.into_iter().map(hash).collect()
    });
    prop_oneof![short, hashed]
}

/// A key of the trie, or one that is likely not in it.
fn pick(entries: &BTreeMap<Vec<u8>, Vec<u8>>, index: Index, absent: bool) -> Vec<u8> {
    let mut key = entries.keys().nth(index.index(entries.len())).unwrap().clone();
    if absent {
        let place = index.index(key.len());
        key[place] ^= 1 << index.index(8);
    }
    key
}

fn build(entries: &BTreeMap<Vec<u8>, Vec<u8>>, key: &[u8]) -> (B256, Nodes) {
    let mut trie = Trie::default();
    for (key, value) in entries {
        trie.insert(key.clone(), value.clone());
    }
    let (root, mut proofs) = trie.prove(&[key]);
    (root, proofs.remove(0))
}

/// Puts `node` in its place, and the hashes that follow from it in the nodes above: a proof under
/// the root of whoever made the node.
fn rehash(nodes: &mut Nodes, index: usize, node: Vec<u8>) -> B256 {
    let mut old = keccak256(&nodes[index]);
    nodes[index] = node;
    for above in (0..index).rev() {
        let new = keccak256(&nodes[above + 1]);
        let before = keccak256(&nodes[above]);
        let place = nodes[above].windows(32).position(|window| window == old).unwrap();
        nodes[above][place..place + 32].copy_from_slice(new.as_slice());
        old = before;
    }
    keccak256(&nodes[0])
}

#[derive(Clone, Debug)]
enum NodeChange {
    Byte(Index, u8),
    Append(u8),
    Cut(Index),
    Double(Index),
}

fn node_changes() -> impl Strategy<Value = NodeChange> {
    prop_oneof![
        4 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| NodeChange::Byte(at, byte)),
        1 => any::<u8>().prop_map(NodeChange::Append),
        1 => any::<Index>().prop_map(NodeChange::Cut),
        1 => any::<Index>().prop_map(NodeChange::Double),
    ]
}

impl NodeChange {
    fn apply(&self, node: &mut Vec<u8>) {
        match self {
            Self::Byte(at, byte) => {
                let place = at.index(node.len());
                node[place] = *byte;
            }
            Self::Append(byte) => node.push(*byte),
            Self::Cut(at) => node.truncate(at.index(node.len()) + 1),
            Self::Double(at) => {
                let byte = node[at.index(node.len())];
                node.insert(at.index(node.len()), byte);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn roots_and_honest_proofs_agree(
        entries in tries(),
        index in any::<Index>(),
        absent in any::<bool>(),
    ) {
        let key = pick(&entries, index, absent);
        let (root, nodes) = build(&entries, &key);
        prop_assert_eq!(trie::root(&entries), root);
        let value = entries.get(&key).map(Vec::as_slice);
        prop_assert_eq!(ours(&root, &key, &nodes), Ok(value));
        let difference = compare(&root, &key, &nodes, value.unwrap_or(&[1]));
        let expected = (nodes[0].len() < 32).then_some(Difference::TinyRoot);
        prop_assert_eq!(difference, expected);
    }

    /// Nodes are dropped, doubled, swapped, added from other paths.
    #[test]
    fn changed_lists_agree(
        entries in tries(),
        index in any::<Index>(),
        other in any::<Index>(),
        absent in any::<bool>(),
        change in 0..5_u8,
    ) {
        let key = pick(&entries, index, absent);
        let (root, mut nodes) = build(&entries, &key);
        let (_, other_nodes) = build(&entries, &pick(&entries, other, false));
        let (from, to) = (index.index(nodes.len()), other.index(nodes.len()));
        match change {
            0 => drop(nodes.remove(from)),
            1 => nodes.insert(to, nodes[from].clone()),
            2 => nodes.swap(from, to),
            3 => nodes.extend(other_nodes),
            _ => nodes = other_nodes,
        }
        let honest = entries.values().next().unwrap();
        if nodes.is_empty() {
            prop_assert!(ours(&root, &key, &nodes).is_err());
            prop_assert!(!they_accept(&root, &key, None, &nodes));
        } else {
            let difference = compare(&root, &key, &nodes, honest);
            prop_assert_ne!(difference, Some(Difference::LaxNode), "the nodes are honest");
        }
    }

    /// Nodes are spoilt and everything above them is hashed anew, so that only decoding can tell.
    #[test]
    fn changed_nodes_agree(
        entries in tries(),
        index in any::<Index>(),
        absent in any::<bool>(),
        place in any::<Index>(),
        change in node_changes(),
    ) {
        let key = pick(&entries, index, absent);
        let (_, mut nodes) = build(&entries, &key);
        let place = place.index(nodes.len());
        let mut node = nodes[place].clone();
        change.apply(&mut node);
        let root = rehash(&mut nodes, place, node);
        let honest = entries.get(&key).cloned().unwrap_or_else(|| vec![1]);
        compare(&root, &key, &nodes, &honest);
    }
}

/// The differences are real: each is met here, so that none of them can go stale.
#[test]
fn every_difference_is_met() {
    let one = BTreeMap::from([(vec![0x12], vec![0x01])]);
    let (root, nodes) = build(&one, &[0x12]);
    assert_eq!(compare(&root, &[0x12], &nodes, &[1]), Some(Difference::TinyRoot));

    // Two long values behind an extension: a key that parts from it is absent, with or without the
    // branch below.
    let two = BTreeMap::from([(vec![0x12, 0x34], vec![7; 40]), (vec![0x12, 0x44], vec![8; 40])]);
    let key = [0x22, 0x34];
    let (root, mut nodes) = build(&two, &key);
    nodes.push(build(&two, &[0x12, 0x34]).1.remove(1));
    let difference = compare(&root, &key, &nodes, &[7; 40]);
    assert_eq!(difference, Some(Difference::SurplusAfterAbsence));

    // The last item of a branch is its value.
    let (_, mut nodes) = build(&two, &[0x12, 0x34]);
    *nodes[1].last_mut().unwrap() = 0x05;
    let branch = nodes[1].clone();
    nodes[1] = build(&two, &[0x12, 0x34]).1.remove(1);
    let root = rehash(&mut nodes, 1, branch);
    let difference = compare(&root, &[0x12, 0x34], &nodes, &[7; 40]);
    assert_eq!(difference, Some(Difference::BranchValue));

    // A leaf below a branch, whose path would fill a whole key.
    let hashed = BTreeMap::from([(vec![0x12; 32], vec![7; 40]), (vec![0x34; 32], vec![8; 40])]);
    let (_, mut nodes) = build(&hashed, &[0x12; 32]);
    let path = [&[0x20][..], &[0x12; 32]].concat();
    let items = [alloy_rlp::encode(path.as_slice()), alloy_rlp::encode(&[7_u8; 40][..])].concat();
    let mut leaf = Vec::new();
    alloy_rlp::Header { list: true, payload_length: items.len() }.encode(&mut leaf);
    let root = rehash(&mut nodes, 1, [leaf, items].concat());
    assert_eq!(compare(&root, &[0x12; 32], &nodes, &[7; 40]), Some(Difference::Panic));

    // One leaf: list header, string header, then the flags of an even path and their pad.
    let one = BTreeMap::from([(vec![0xab, 0xab], vec![7; 40])]);
    let (_, mut nodes) = build(&one, &[0xab, 0xab]);
    assert_eq!(nodes[0][2], 0x20);
    nodes[0][2] = 0x21;
    let difference = compare(&keccak256(&nodes[0]), &[0xab, 0xab], &nodes, &[7; 40]);
    assert_eq!(difference, Some(Difference::LaxNode));
}
