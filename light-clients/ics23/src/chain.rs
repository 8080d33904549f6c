//! Proofs through a tree of trees (ibc-go `23-commitment`): each tree's root is a value in the
//! next.

use causeway_core::{Audit, MerklePath};

use crate::existence::root_equals;
use crate::{CommitmentProof, MerkleProof, NodeHash, ProofError, ProofSpec};

/// One tree of the chain: its proof, its shape, and the key in it.
type Link<'a> = (&'a CommitmentProof, &'a ProofSpec, &'a [u8]);

impl MerkleProof {
    /// Accepts when `value` is at `path` under this `root`. `specs` are of the trees from the one
    /// that holds the key up to the one whose root is given.
    pub fn verify_membership(
        &self,
        specs: &[ProofSpec],
        root: &[u8],
        path: &MerklePath,
        value: &[u8],
        audit: &mut impl Audit,
    ) -> Result<(), ProofError> {
        let ((proof, spec, key), stores) = self.links(specs, path)?;
        let store_root = proof.existence()?.root(spec, key, value, audit)?;
        let got = root_above(stores, store_root, audit)?;
        root_equals(&got, root, audit)
    }

    /// Accepts when nothing is at `path` under this `root`: the store in which it would be is
    /// there, the key in it is not.
    pub fn verify_non_membership(
        &self,
        specs: &[ProofSpec],
        root: &[u8],
        path: &MerklePath,
        audit: &mut impl Audit,
    ) -> Result<(), ProofError> {
        let ((proof, spec, key), stores) = self.links(specs, path)?;
        let store_root = proof.non_existence()?.root(spec, key, audit)?;
        let got = root_above(stores, store_root, audit)?;
        root_equals(&got, root, audit)
    }

    /// The tree that holds the key, and the trees above it; there is a proof, a specification and
    /// a path element for each.
    fn links<'a>(
        &'a self,
        specs: &'a [ProofSpec],
        path: &'a MerklePath,
    ) -> Result<(Link<'a>, impl Iterator<Item = Link<'a>>), ProofError> {
        let (proofs, keys) = (self.proofs.len(), path.elements().len());
        let mismatch = || ProofError::ChainLength {
            got: format!("{proofs} proofs and {keys} path elements"),
            expected: specs.len(),
        };
        if proofs != specs.len() || keys != specs.len() {
            return Err(mismatch());
        }
        let keys = path.elements().iter().rev();
        let links = self.proofs.iter().zip(specs).zip(keys);
        let mut links = links.map(|((proof, spec), key)| (proof, spec, key.as_slice()));
        Ok((links.next().ok_or_else(mismatch)?, links))
    }
}

/// The root above all `stores`, each of which holds the root below as a value.
pub(crate) fn root_above<'a>(
    stores: impl Iterator<Item = Link<'a>>,
    store_root: NodeHash,
    audit: &mut impl Audit,
) -> Result<NodeHash, ProofError> {
    let mut root = store_root;
    for (proof, spec, key) in stores {
        root = proof.existence()?.root(spec, key, root.as_bytes(), audit)?;
    }
    Ok(root)
}
