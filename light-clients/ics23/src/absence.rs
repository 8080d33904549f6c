//! Proofs of absence: two leaves with nothing between them, or one at the edge of the tree.

use std::borrow::Cow;
use std::cmp::Ordering;

use causeway_core::Audit;

use crate::existence::root_equals;
use crate::spec::InnerShape;
use crate::{CommitmentProof, ExistenceProof, InnerOp, NodeHash, NonExistenceProof, Proof};
use crate::{HashOp, ProofError, ProofSpec};

impl CommitmentProof {
    /// Accepts when nothing is at `key` in the tree with this `root`.
    pub fn verify_non_membership(
        &self,
        spec: &ProofSpec,
        root: &[u8],
        key: &[u8],
        audit: &mut impl Audit,
    ) -> Result<(), ProofError> {
        self.non_existence()?.verify(spec, root, key, audit)
    }

    pub(crate) fn non_existence(&self) -> Result<&NonExistenceProof, ProofError> {
        let expected = "absence";
        match &self.proof {
            Some(Proof::Nonexist(proof)) => Ok(proof),
            Some(Proof::Exist(_)) => Err(ProofError::Kind { got: "presence", expected }),
            None => Err(ProofError::Kind { got: "nothing", expected }),
        }
    }
}

impl NonExistenceProof {
    /// Accepts when nothing is at `key` in the tree with this `root`.
    pub fn verify(
        &self,
        spec: &ProofSpec,
        root: &[u8],
        key: &[u8],
        audit: &mut impl Audit,
    ) -> Result<(), ProofError> {
        let got = self.root(spec, key, audit)?;
        root_equals(&got, root, audit)
    }

    /// The root under which nothing is at `key`: that of both neighbours.
    pub(crate) fn root(
        &self,
        spec: &ProofSpec,
        key: &[u8],
        audit: &mut impl Audit,
    ) -> Result<NodeHash, ProofError> {
        if key.is_empty() {
            return Err(ProofError::KeyEmpty {});
        }
        let left = self.left.as_ref();
        let left_root = left.map(|left| own_root(left, spec, audit)).transpose()?;
        let right = self.right.as_ref();
        let right_root = right.map(|right| own_root(right, spec, audit)).transpose()?;
        if let Some(neighbour) = left {
            is_ordered(spec, neighbour, key, Ordering::Less)?;
        }
        if let Some(neighbour) = right {
            is_ordered(spec, neighbour, key, Ordering::Greater)?;
        }
        audit.passed("ics23_neighbours_enclose", || hex::encode(key));
        let inner = &spec.inner;
        let root = match (left.zip(left_root), right.zip(right_root)) {
            (None, None) => {
                return Err(ProofError::NeighboursMissing { expected: "given" });
            }
            (Some((left, root)), None) => {
                is_right_most(inner, &left.path)?;
                root
            }
            (None, Some((right, root))) => {
                is_left_most(inner, &right.path)?;
                root
            }
            (Some((left, root)), Some((right, right_root))) => {
                root_equals(&right_root, root.as_bytes(), &mut ())?;
                are_adjacent(inner, &left.path, &right.path)?;
                root
            }
        };
        audit.passed("ics23_nothing_between", || "no leaf can lie between".into());
        Ok(root)
    }
}

/// The root under which the neighbour exists with its own key and value.
fn own_root(
    neighbour: &ExistenceProof,
    spec: &ProofSpec,
    audit: &mut impl Audit,
) -> Result<NodeHash, ProofError> {
    neighbour.root(spec, &neighbour.key, &neighbour.value, audit)
}

/// The neighbour's key stands on its side of the absent key, in the order of the tree.
fn is_ordered(
    spec: &ProofSpec,
    neighbour: &ExistenceProof,
    key: &[u8],
    side: Ordering,
) -> Result<(), ProofError> {
    let (got, expected) = (comparable(spec, &neighbour.key)?, comparable(spec, key)?);
    if got.cmp(&expected) == side {
        return Ok(());
    }
    let (got, expected) = (hex::encode(got), hex::encode(expected));
    Err(match side {
        Ordering::Greater => ProofError::RightNotAfter { got, expected },
        Ordering::Less | Ordering::Equal => ProofError::LeftNotBefore { got, expected },
    })
}

/// A key in the form by which the tree is ordered.
fn comparable<'a>(spec: &ProofSpec, key: &'a [u8]) -> Result<Cow<'a, [u8]>, ProofError> {
    Ok(match spec.compare {
        HashOp::NoHash => key.into(),
        hash => hash.hash(&[key])?.as_bytes().to_vec().into(),
    })
}

/// Nothing stands before the leaf at the end of `path`.
fn is_left_most(shape: &InnerShape, path: &[InnerOp]) -> Result<(), ProofError> {
    for (op, step) in path.iter().zip(1..) {
        if !is_branch(shape, op, 0) && !all_before_are_empty(shape, op) {
            return Err(ProofError::NotLeftMost { step });
        }
    }
    Ok(())
}

/// Nothing stands after the leaf at the end of `path`.
fn is_right_most(shape: &InnerShape, path: &[InnerOp]) -> Result<(), ProofError> {
    let last = shape.positions.len().saturating_sub(1);
    for (op, step) in path.iter().zip(1..) {
        if !is_branch(shape, op, last) && !all_after_are_empty(shape, op) {
            return Err(ProofError::NotRightMost { step });
        }
    }
    Ok(())
}

/// Nothing stands between the leaves at the ends of the two paths: where they part, seen from the
/// root, they take adjacent branches; below that, each keeps to the side of the other.
fn are_adjacent(shape: &InnerShape, left: &[InnerOp], right: &[InnerOp]) -> Result<(), ProofError> {
    let do_not_part =
        || ProofError::PathsDoNotPart { got: format!("{} and {}", left.len(), right.len()) };
    let (mut below_left, mut below_right) = (left, right);
    let (left_op, right_op) = loop {
        let (left_op, left_rest) = below_left.split_last().ok_or_else(do_not_part)?;
        let (right_op, right_rest) = below_right.split_last().ok_or_else(do_not_part)?;
        (below_left, below_right) = (left_rest, right_rest);
        if left_op.prefix != right_op.prefix || left_op.suffix != right_op.suffix {
            break (left_op, right_op);
        }
    };
    let (left_branch, right_branch) = (branch(shape, left_op), branch(shape, right_op));
    let next = left_branch.and_then(|branch| branch.checked_add(1));
    if next.is_none() || next != right_branch {
        let name = |branch: Option<usize>| branch.map_or("none".into(), |b| b.to_string());
        let got = format!("{} and {}", name(left_branch), name(right_branch));
        return Err(ProofError::NotAdjacent { got });
    }
    is_right_most(shape, below_left)?;
    is_left_most(shape, below_right)
}

/// The first branch that the child of this step can be.
fn branch(shape: &InnerShape, op: &InnerOp) -> Option<usize> {
    (0..shape.positions.len()).find(|&branch| is_branch(shape, op, branch))
}

/// The lengths of prefix and suffix leave room for exactly the children around this branch.
fn is_branch(shape: &InnerShape, op: &InnerOp, branch: usize) -> bool {
    let Some(&before) = shape.positions.get(branch) else { return false };
    let after = shape.positions.len().saturating_sub(1).saturating_sub(before);
    let own = op.prefix.len().checked_sub(before.saturating_mul(shape.child_size));
    own.is_some_and(|own| (shape.min_prefix..=shape.max_prefix).contains(&own))
        && op.suffix.len() == after.saturating_mul(shape.child_size)
}

/// All branches before this step's child are placeholders.
fn all_before_are_empty(shape: &InnerShape, op: &InnerOp) -> bool {
    let Some(own @ 1..) = branch(shape, op) else { return false };
    (0..own).all(|other| is_empty(shape, op, own, other))
}

/// All branches after this step's child are placeholders.
fn all_after_are_empty(shape: &InnerShape, op: &InnerOp) -> bool {
    let Some(own) = branch(shape, op) else { return false };
    let mut after = (0..shape.positions.len()).skip(own).skip(1).peekable();
    after.peek().is_some() && after.all(|other| is_empty(shape, op, own, other))
}

/// What stands for branch `other` in the step of branch `own` is a placeholder.
fn is_empty(shape: &InnerShape, op: &InnerOp, own: usize, other: usize) -> bool {
    sibling(shape, op, own, other).is_some_and(|child| child == shape.empty_child)
}

/// The bytes that stand for branch `other` in the step of branch `own`.
fn sibling<'a>(shape: &InnerShape, op: &'a InnerOp, own: usize, other: usize) -> Option<&'a [u8]> {
    let (own, other) = (*shape.positions.get(own)?, *shape.positions.get(other)?);
    let size = shape.child_size;
    if let Some(back @ 1..) = own.checked_sub(other) {
        let start = op.prefix.len().checked_sub(back.checked_mul(size)?)?;
        return op.prefix.get(start..start.checked_add(size)?);
    }
    let start = other.checked_sub(own)?.checked_sub(1)?.checked_mul(size)?;
    op.suffix.get(start..start.checked_add(size)?)
}
