//! Proofs of presence.

use causeway_core::Audit;

use crate::spec::Family;
use crate::{CommitmentProof, ExistenceProof, InnerOp, LeafOp, NodeHash, Proof};
use crate::{ProofError, ProofSpec, iavl, tendermint};

/// The longest suffix of a step: all children but one of the widest node. The format itself only
/// demands whole children.
pub const MAX_SUFFIX_LEN: usize = 2048;

impl CommitmentProof {
    /// Accepts when `value` is at `key` in the tree with this `root`.
    pub fn verify_membership(
        &self,
        spec: &ProofSpec,
        root: &[u8],
        key: &[u8],
        value: &[u8],
        audit: &mut impl Audit,
    ) -> Result<(), ProofError> {
        self.existence()?.verify(spec, root, key, value, audit)
    }

    pub(crate) fn existence(&self) -> Result<&ExistenceProof, ProofError> {
        let expected = "presence";
        match &self.proof {
            Some(Proof::Exist(proof)) => Ok(proof),
            Some(Proof::Nonexist(_)) => Err(ProofError::Kind { got: "absence", expected }),
            None => Err(ProofError::Kind { got: "nothing", expected }),
        }
    }
}

impl ExistenceProof {
    /// Accepts when `value` is at `key` in the tree with this `root`.
    pub fn verify(
        &self,
        spec: &ProofSpec,
        root: &[u8],
        key: &[u8],
        value: &[u8],
        audit: &mut impl Audit,
    ) -> Result<(), ProofError> {
        let got = self.root(spec, key, value, audit)?;
        root_equals(&got, root, audit)
    }

    /// The root under which `value` is at `key`: everything is checked but the root itself.
    pub(crate) fn root(
        &self,
        spec: &ProofSpec,
        key: &[u8],
        value: &[u8],
        audit: &mut impl Audit,
    ) -> Result<NodeHash, ProofError> {
        self.check_against_spec(spec)?;
        audit.passed("ics23_shape", || format!("leaf and {} steps as specified", self.path.len()));
        is_about(self, key, value)?;
        audit.passed("ics23_key_and_value", || hex::encode(key));
        self.calculate()
    }

    /// Accepts when leaf and steps have the shape that `spec` gives them.
    pub fn check_against_spec(&self, spec: &ProofSpec) -> Result<(), ProofError> {
        let leaf = self.leaf.as_ref().ok_or(ProofError::LeafMissing { missing: "leaf" })?;
        leaf.check(spec)?;
        depth_is_possible(spec, self.path.len())?;
        for (op, step) in self.path.iter().zip(1..) {
            op.check(spec, step, step)?;
        }
        Ok(())
    }

    /// The root to which leaf and steps lead. Nothing is verified by this alone.
    pub fn calculate(&self) -> Result<NodeHash, ProofError> {
        let leaf = self.leaf.as_ref().ok_or(ProofError::LeafMissing { missing: "leaf" })?;
        let mut hash = leaf.apply(&self.key, &self.value)?;
        for op in &self.path {
            hash = op.apply(hash.as_bytes())?;
        }
        Ok(hash)
    }
}

/// The proof is about exactly this key and this value, byte for byte.
fn is_about(proof: &ExistenceProof, key: &[u8], value: &[u8]) -> Result<(), ProofError> {
    if proof.key != key {
        let (got, expected) = (hex::encode(&proof.key), hex::encode(key));
        return Err(ProofError::KeyMismatch { got, expected });
    }
    value_equals(&proof.value, value)
}

pub(crate) fn value_equals(got: &[u8], expected: &[u8]) -> Result<(), ProofError> {
    if got != expected {
        let (got, expected) = (hex::encode(got), hex::encode(expected));
        return Err(ProofError::ValueMismatch { got, expected });
    }
    Ok(())
}

pub(crate) fn root_equals(
    got: &NodeHash,
    expected: &[u8],
    audit: &mut impl Audit,
) -> Result<(), ProofError> {
    if got.as_bytes() != expected {
        let (got, expected) = (hex::encode(got.as_bytes()), hex::encode(expected));
        return Err(ProofError::RootMismatch { got, expected });
    }
    audit.passed("ics23_root", || hex::encode(expected));
    Ok(())
}

/// The path is neither shorter nor longer than the tree can be.
pub(crate) fn depth_is_possible(spec: &ProofSpec, got: usize) -> Result<(), ProofError> {
    if got < spec.min_depth {
        return Err(ProofError::TooShallow { got, expected: spec.min_depth });
    }
    if got > spec.max_depth {
        return Err(ProofError::TooDeep { got, expected: spec.max_depth });
    }
    Ok(())
}

impl LeafOp {
    /// The leaf is hashed as all leaves of the tree are, and begins as they do.
    pub(crate) fn check(&self, spec: &ProofSpec) -> Result<(), ProofError> {
        self.check_equal(&spec.leaf)?;
        match spec.family {
            Family::Iavl => iavl::leaf_prefix(&self.prefix),
            Family::Tendermint | Family::Other => Ok(()),
        }
    }

    /// The four functions equal `expected`'s, and the prefix begins with its prefix.
    pub fn check_equal(&self, expected: &Self) -> Result<(), ProofError> {
        let fields = [
            ("hash", self.hash, expected.hash),
            ("prehash_key", self.prehash_key, expected.prehash_key),
            ("prehash_value", self.prehash_value, expected.prehash_value),
            ("length", self.length, expected.length),
        ];
        for (field, got, expected) in fields {
            if got != expected {
                return Err(ProofError::LeafOpMismatch { field, got, expected });
            }
        }
        if !self.prefix.starts_with(&expected.prefix) {
            let (got, expected) = (hex::encode(&self.prefix), hex::encode(&expected.prefix));
            return Err(ProofError::LeafPrefix { got, expected });
        }
        Ok(())
    }
}

impl InnerOp {
    /// The step is one of the tree's: `step` is its place in the proof, `layer` the longest path
    /// from a proven leaf to it.
    pub(crate) fn check(
        &self,
        spec: &ProofSpec,
        step: usize,
        layer: usize,
    ) -> Result<(), ProofError> {
        let inner = &spec.inner;
        if self.hash != inner.hash {
            let (got, expected) = (self.hash, inner.hash);
            return Err(ProofError::InnerHash { step, got, expected });
        }
        match spec.family {
            Family::Iavl => iavl::inner_prefix(&self.prefix, layer)?,
            Family::Tendermint => tendermint::inner_prefix(self, step)?,
            Family::Other => {}
        }
        self.is_no_leaf(spec, step)?;
        let got = self.prefix.len();
        let longest = inner.longest_prefix();
        if got < inner.min_prefix || got > longest {
            let expected = format!("{} to {longest}", inner.min_prefix);
            return Err(ProofError::InnerPrefixLength { step, got, expected });
        }
        self.suffix_is_children(inner.child_size, step)
    }

    /// A node that begins as a leaf could be shown as one (Dragonberry).
    fn is_no_leaf(&self, spec: &ProofSpec, step: usize) -> Result<(), ProofError> {
        if self.prefix.starts_with(&spec.leaf.prefix) {
            let (got, expected) = (hex::encode(&self.prefix), hex::encode(&spec.leaf.prefix));
            return Err(ProofError::InnerPrefixIsLeaf { step, got, expected });
        }
        Ok(())
    }

    /// After the child come whole children.
    fn suffix_is_children(&self, child_size: usize, step: usize) -> Result<(), ProofError> {
        let got = self.suffix.len();
        if !got.is_multiple_of(child_size) {
            return Err(ProofError::InnerSuffixLength { step, got, expected: child_size });
        }
        if got > MAX_SUFFIX_LEN {
            return Err(ProofError::InnerSuffixTooLong { step, got, expected: MAX_SUFFIX_LEN });
        }
        Ok(())
    }
}
