//! The crate `ics23`.

use causeway_core::MerklePath;
use causeway_ics23 as ours;
use ics23::HostFunctionsManager;
use ics23::commitment_proof::Proof;

fn leaf_op(op: &ours::LeafOp) -> ics23::LeafOp {
    ics23::LeafOp {
        hash: op.hash,
        prehash_key: op.prehash_key,
        prehash_value: op.prehash_value,
        length: op.length,
        prefix: op.prefix.clone(),
    }
}

fn existence(proof: &ours::ExistenceProof) -> ics23::ExistenceProof {
    let path = proof.path.iter().map(|op| ics23::InnerOp {
        hash: op.hash,
        prefix: op.prefix.clone(),
        suffix: op.suffix.clone(),
    });
    ics23::ExistenceProof {
        key: proof.key.clone(),
        value: proof.value.clone(),
        leaf: proof.leaf.as_ref().map(leaf_op),
        path: path.collect(),
    }
}

/// The same proof in the crate's types.
pub fn proof(proof: &ours::CommitmentProof) -> ics23::CommitmentProof {
    let proof = proof.proof.as_ref().map(|proof| match proof {
        ours::Proof::Exist(proof) => Proof::Exist(existence(proof)),
        ours::Proof::Nonexist(proof) => Proof::Nonexist(ics23::NonExistenceProof {
            key: proof.key.clone(),
            left: proof.left.as_ref().map(existence),
            right: proof.right.as_ref().map(existence),
        }),
    });
    ics23::CommitmentProof { proof }
}

/// The same specification in the crate's types.
pub fn spec(spec: &ours::ProofSpec) -> ics23::ProofSpec {
    let raw = spec.raw();
    ics23::ProofSpec {
        leaf_spec: raw.leaf_spec.as_ref().map(leaf_op),
        inner_spec: raw.inner_spec.as_ref().map(|inner| ics23::InnerSpec {
            child_order: inner.child_order.clone(),
            child_size: inner.child_size,
            min_prefix_length: inner.min_prefix_length,
            max_prefix_length: inner.max_prefix_length,
            empty_child: inner.empty_child.clone(),
            hash: inner.hash,
        }),
        max_depth: raw.max_depth,
        min_depth: raw.min_depth,
        prehash_key_before_comparison: raw.prehash_key_before_comparison,
    }
}

/// What the crate says of a proof; `value` is `None` for absence. It runs off the end of a path in
/// some proofs of absence: that panic counts as a refusal.
pub fn accepts(
    spec: &ours::ProofSpec,
    root: &[u8],
    proof: &ours::CommitmentProof,
    key: &[u8],
    value: Option<&[u8]>,
) -> bool {
    let (spec, proof, root) = (self::spec(spec), self::proof(proof), root.to_vec());
    let verdict = std::panic::catch_unwind(|| match value {
        Some(value) => {
            ics23::verify_membership::<HostFunctionsManager>(&proof, &spec, &root, key, value)
        }
        None => ics23::verify_non_membership::<HostFunctionsManager>(&proof, &spec, &root, key),
    });
    verdict.unwrap_or(false)
}

/// What the crate says of a chain of proofs, each of which holds the root below as its value.
pub fn accepts_chain(
    specs: &[ours::ProofSpec],
    root: &[u8],
    chain: &ours::MerkleProof,
    path: &MerklePath,
    value: Option<&[u8]>,
) -> bool {
    let value_above = |at: usize| match chain.proofs.get(at + 1).map(|proof| &proof.proof) {
        Some(Some(ours::Proof::Exist(above))) => above.value.clone(),
        _ => root.to_vec(),
    };
    let lengths = [chain.proofs.len(), path.elements().len()];
    lengths.iter().all(|length| *length == specs.len())
        && (0..specs.len()).all(|at| {
            let key = &path.elements()[specs.len() - 1 - at];
            let below = (at > 0).then(|| value_above(at - 1));
            let value = below.as_deref().or(value);
            accepts(&specs[at], &value_above(at), &chain.proofs[at], key, value)
        })
}
