//! Refusals of state proofs. Wherever a proof is changed, the root is computed anew, so that the
//! changed rule is all there is to refuse.

use causeway_core::{MerklePath, Refusal};
use causeway_ics23::{
    BatchProof, CommitmentProof, ExistenceProof, HashOp, InnerOp, InnerSpec, LengthOp,
    MAX_BATCH_NODES, MerkleProof, NonExistenceProof, ProofSpec, RawProofSpec, iavl_spec, ibc_specs,
    smt_spec, tendermint_spec,
};
use causeway_tests::makers::ics23::{
    ibc_path, leaf_of, packet, simple_tree, state_of_packets, tree_of,
};

use crate::Case;

fn code<E: Refusal>(outcome: Result<impl Sized, E>) -> String {
    match outcome {
        Ok(_) => "accepted".into(),
        Err(error) => error.code().into_owned(),
    }
}

/// A specification like the simple Merkle tree's, but for this change.
fn spec_with(change: impl Fn(&mut RawProofSpec, &mut InnerSpec)) -> String {
    let mut raw = tendermint_spec().raw().clone();
    let mut inner = raw.inner_spec.clone().unwrap();
    change(&mut raw, &mut inner);
    raw.inner_spec = raw.inner_spec.and(Some(inner));
    code(ProofSpec::new(raw))
}

/// A proof of presence with this change, under its own new root.
fn changed(
    spec: &ProofSpec,
    mut proof: ExistenceProof,
    change: impl Fn(&mut ExistenceProof),
) -> String {
    let root = proof.calculate().unwrap();
    assert_eq!(proof.verify(spec, root.as_bytes(), &proof.key, &proof.value, &mut ()), Ok(()));
    change(&mut proof);
    let root = proof.calculate().map_or(Vec::new(), |root| root.as_bytes().to_vec());
    code(proof.verify(spec, &root, &proof.key, &proof.value, &mut ()))
}

/// The proof of the third of twenty packets, in its store alone.
fn iavl_proof() -> ExistenceProof {
    let proof = state_of_packets(20).ibc.prove(&packet(3).0).unwrap();
    match proof.proof {
        Some(causeway_ics23::Proof::Exist(proof)) => proof,
        _ => panic!("the packet is there"),
    }
}

const LEAVES: &[(&[u8], &[u8])] = &[(b"b", b"1"), (b"d", b"2"), (b"f", b"3"), (b"h", b"4")];

fn changed_iavl(change: impl Fn(&mut ExistenceProof)) -> String {
    changed(iavl_spec(), iavl_proof(), change)
}

fn changed_tendermint(change: impl Fn(&mut ExistenceProof)) -> String {
    changed(tendermint_spec(), simple_tree(LEAVES).1.remove(0), change)
}

fn changed_smt(change: impl Fn(&mut ExistenceProof)) -> String {
    changed(smt_spec(), tree_of(smt_spec(), &[1], LEAVES).1.remove(0), change)
}

/// Presence asked in three ways that differ from what is proven.
fn asked(root: Option<&[u8]>, key: &[u8], value: &[u8]) -> String {
    let (right_root, proofs) = simple_tree(LEAVES);
    let proof = CommitmentProof::exist(proofs[0].clone());
    let root = root.unwrap_or(&right_root);
    code(proof.verify_membership(tendermint_spec(), root, key, value, &mut ()))
}

/// Absence of `key` by these two of the given leaves.
fn absence_among(
    leaves: &[(&[u8], &[u8])],
    left: Option<usize>,
    right: Option<usize>,
    key: &[u8],
) -> String {
    let (root, proofs) = simple_tree(leaves);
    let of = |index: Option<usize>| index.map(|index| proofs[index].clone());
    let proof = NonExistenceProof { key: key.to_vec(), left: of(left), right: of(right) };
    let proof = CommitmentProof::nonexist(proof);
    code(proof.verify_non_membership(tendermint_spec(), &root, key, &mut ()))
}

/// A batch of the first four of twenty packets, changed, and the entries that are asked.
fn batch(change: impl Fn(&mut BatchProof, &mut Vec<(MerklePath, Vec<u8>)>)) -> String {
    let state = state_of_packets(20);
    let packets: Vec<_> = (1..=4).map(packet).collect();
    let proofs: Vec<MerkleProof> = packets.iter().map(|(key, _)| state.prove(key)).collect();
    let mut proof = BatchProof::merge(&proofs).unwrap();
    let mut entries: Vec<_> =
        packets.into_iter().map(|(key, value)| (ibc_path(&key), value)).collect();
    let verify = |proof: &BatchProof, entries: &[(MerklePath, Vec<u8>)]| {
        let entries: Vec<_> = entries.iter().map(|(path, value)| (path, &value[..])).collect();
        proof.verify_memberships(ibc_specs(), &state.app_hash().0, &entries, &mut ())
    };
    assert_eq!(verify(&proof, &entries), Ok(()));
    change(&mut proof, &mut entries);
    code(verify(&proof, &entries))
}

fn leaf_with_length(length: LengthOp) -> String {
    let mut raw = tendermint_spec().raw().clone();
    raw.leaf_spec.as_mut().unwrap().length = length.into();
    let spec = ProofSpec::new(raw).unwrap();
    let proof = leaf_of(&spec, b"key", b"value");
    code(proof.verify(&spec, &[0; 32], b"key", b"value", &mut ()))
}

/// In a tree that does not write lengths, one leaf can be read as two keys, with the same path.
fn one_leaf_read_as_two() -> String {
    let mut raw = tendermint_spec().raw().clone();
    let leaf = raw.leaf_spec.as_mut().unwrap();
    (leaf.length, leaf.prehash_value) = (LengthOp::NoPrefix.into(), HashOp::NoHash.into());
    let spec = ProofSpec::new(raw).unwrap();
    let (root, mut proofs) = tree_of(&spec, &[1], &[(b"b", b"dx"), (b"y", b"z")]);
    let left = proofs.remove(0);
    let right = ExistenceProof { key: b"bd".into(), value: b"x".into(), ..left.clone() };
    let proof = NonExistenceProof { key: vec![], left: Some(left), right: Some(right) };
    code(proof.verify(&spec, &root, b"bb", &mut ()))
}

pub(crate) const CASES: &[Case] = &[
    // A batch proof of the format's own, which has been removed from it.
    Case {
        code: "malformed_commitment_proof",
        provoke: || code(CommitmentProof::from_bytes(&[0x1a, 0])),
    },
    Case { code: "malformed_merkle_proof", provoke: || code(MerkleProof::from_bytes(&[])) },
    Case {
        code: "malformed_ics23_batch_proof",
        provoke: || code(BatchProof::from_bytes(&[0x0a, 0])),
    },
    Case { code: "spec_part_missing", provoke: || spec_with(|raw, _| raw.inner_spec = None) },
    Case {
        code: "spec_hash_unsupported",
        provoke: || spec_with(|_, inner| inner.hash = HashOp::NoHash.into()),
    },
    Case {
        code: "spec_length_unsupported",
        provoke: || spec_with(|raw, _| raw.leaf_spec.as_mut().unwrap().length = 2),
    },
    Case {
        code: "spec_child_order_invalid",
        provoke: || spec_with(|_, inner| inner.child_order = vec![0, 2]),
    },
    Case {
        code: "spec_child_size_invalid",
        provoke: || spec_with(|_, inner| inner.child_size = 31),
    },
    Case {
        code: "spec_prefix_range_unsound",
        provoke: || spec_with(|_, inner| inner.max_prefix_length = 33),
    },
    Case {
        code: "spec_empty_child_invalid",
        provoke: || spec_with(|_, inner| inner.empty_child = vec![0; 31]),
    },
    Case { code: "spec_depth_range_invalid", provoke: || spec_with(|raw, _| raw.min_depth = 129) },
    Case {
        code: "proof_kind_mismatch",
        provoke: || {
            let proof = CommitmentProof::exist(iavl_proof());
            code(proof.verify_non_membership(iavl_spec(), &[0; 32], b"key", &mut ()))
        },
    },
    Case { code: "proof_leaf_missing", provoke: || changed_iavl(|proof| proof.leaf = None) },
    Case {
        code: "leaf_op_mismatch",
        provoke: || changed_iavl(|proof| proof.leaf.as_mut().unwrap().prehash_value = 0),
    },
    Case {
        code: "leaf_prefix_mismatch",
        provoke: || changed_tendermint(|proof| proof.leaf.as_mut().unwrap().prefix = vec![1]),
    },
    Case {
        code: "proof_too_shallow",
        provoke: || {
            let mut raw = tendermint_spec().raw().clone();
            raw.min_depth = 2;
            let spec = ProofSpec::new(raw).unwrap();
            changed(&spec, simple_tree(LEAVES).1.remove(0), |proof| {
                proof.path.pop();
            })
        },
    },
    Case {
        code: "proof_too_deep",
        provoke: || {
            changed_tendermint(|proof| {
                let step = proof.path[0].clone();
                proof.path.resize(129, step);
            })
        },
    },
    Case {
        code: "inner_hash_mismatch",
        provoke: || changed_iavl(|proof| proof.path[1].hash = HashOp::Sha512.into()),
    },
    // Dragonberry: an inner node that could be shown as a leaf.
    Case {
        code: "inner_prefix_is_leaf",
        provoke: || changed_smt(|proof| proof.path[0].prefix[0] = 0),
    },
    Case {
        code: "inner_prefix_length",
        provoke: || changed_smt(|proof| proof.path[0].prefix = vec![1; 34]),
    },
    Case {
        code: "inner_suffix_length",
        provoke: || changed_tendermint(|proof| proof.path[0].suffix = vec![1; 31]),
    },
    Case {
        code: "inner_suffix_too_long",
        provoke: || changed_tendermint(|proof| proof.path[0].suffix = vec![1; 2080]),
    },
    // Height 0, size 1, and a version that never ends.
    Case {
        code: "iavl_varint_invalid",
        provoke: || {
            changed_iavl(|proof| {
                proof.leaf.as_mut().unwrap().prefix = [vec![0, 2], vec![0xff; 11]].concat();
            })
        },
    },
    Case {
        code: "iavl_height_invalid",
        provoke: || changed_iavl(|proof| proof.path[1].prefix[0] = 2),
    },
    Case {
        code: "iavl_size_invalid",
        provoke: || changed_iavl(|proof| proof.leaf.as_mut().unwrap().prefix = vec![0, 4, 2]),
    },
    Case {
        code: "iavl_version_invalid",
        provoke: || changed_iavl(|proof| proof.leaf.as_mut().unwrap().prefix = vec![0, 2, 1]),
    },
    // The double child of the BNB exploit: a left child hidden in the prefix, and one after.
    Case {
        code: "iavl_remainder_invalid",
        provoke: || {
            changed_iavl(|proof| {
                let child = [vec![32], vec![7; 32], vec![32], vec![7; 32]].concat();
                proof.path[0].prefix.splice(3.., [child, vec![32]].concat());
            })
        },
    },
    Case {
        code: "tendermint_prefix_invalid",
        provoke: || changed_tendermint(|proof| proof.path[0].prefix = [[1; 33]].concat()),
    },
    Case {
        code: "hash_op_unsupported",
        provoke: || {
            let op = InnerOp { hash: 3, ..iavl_proof().path[0].clone() };
            code(op.apply(&[1; 32]))
        },
    },
    Case {
        code: "length_op_unsupported",
        provoke: || {
            let mut leaf = iavl_proof().leaf.unwrap();
            leaf.length = 2;
            code(leaf.apply(b"key", b"value"))
        },
    },
    Case { code: "leaf_data_length", provoke: || leaf_with_length(LengthOp::Require64Bytes) },
    Case { code: "proof_key_empty", provoke: || absence_among(LEAVES, None, Some(0), b"") },
    Case { code: "proof_value_empty", provoke: || changed_tendermint(|proof| proof.value.clear()) },
    Case { code: "proof_child_empty", provoke: || code(iavl_proof().path[0].apply(&[])) },
    Case { code: "proof_key_mismatch", provoke: || asked(None, b"d", b"1") },
    Case { code: "proof_value_mismatch", provoke: || asked(None, b"b", b"2") },
    Case { code: "proof_root_mismatch", provoke: || asked(Some(&[1; 32]), b"b", b"1") },
    Case { code: "neighbours_missing", provoke: || absence_among(LEAVES, None, None, b"c") },
    Case {
        code: "left_neighbour_not_before",
        provoke: || absence_among(LEAVES, Some(1), Some(2), b"d"),
    },
    Case {
        code: "right_neighbour_not_after",
        provoke: || absence_among(LEAVES, Some(1), Some(2), b"f"),
    },
    // "d", the third of four, is not the last.
    Case {
        code: "left_neighbour_not_right_most",
        provoke: || absence_among(LEAVES, Some(2), None, b"z"),
    },
    Case {
        code: "right_neighbour_not_left_most",
        provoke: || absence_among(LEAVES, None, Some(1), b"a"),
    },
    // Out of order: the smaller key stands on the right.
    Case {
        code: "neighbours_not_adjacent",
        provoke: || absence_among(&[(b"d", b"1"), (b"b", b"2")], Some(1), Some(0), b"c"),
    },
    Case { code: "neighbours_do_not_part", provoke: one_leaf_read_as_two },
    Case {
        code: "proof_chain_length",
        provoke: || {
            let state = state_of_packets(20);
            let (key, value) = packet(3);
            let mut chain = state.prove(&key);
            chain.proofs.pop();
            let root = state.ibc.root_hash().0;
            code(chain.verify_membership(ibc_specs(), &root, &ibc_path(&key), &value, &mut ()))
        },
    },
    Case {
        code: "batch_entry_count",
        provoke: || {
            batch(|_, entries| {
                entries.pop();
            })
        },
    },
    Case {
        code: "batch_too_large",
        provoke: || {
            batch(|proof, _| {
                let node = proof.nodes[0].clone();
                proof.nodes.resize(MAX_BATCH_NODES + 1, node);
            })
        },
    },
    Case {
        code: "batch_store_mismatch",
        provoke: || {
            batch(|_, entries| {
                let key = entries[3].0.elements()[1].clone();
                entries[3].0 = MerklePath::new(vec![b"bank".to_vec(), key]).unwrap();
            })
        },
    },
    Case {
        code: "batch_parent_invalid",
        provoke: || {
            batch(|proof, _| {
                let last = proof.nodes.len().try_into().unwrap();
                proof.nodes.last_mut().unwrap().parent = last;
            })
        },
    },
    Case {
        code: "batch_node_unused",
        provoke: || {
            batch(|proof, _| {
                let mut unused = proof.nodes.last().unwrap().clone();
                unused.op.suffix[1] ^= 1;
                proof.nodes.push(unused);
            })
        },
    },
    Case { code: "batch_child_conflict", provoke: || batch(|_, entries| entries[1].1[0] ^= 1) },
];
