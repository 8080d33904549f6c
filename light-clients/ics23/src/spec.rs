//! The shape of a tree, as data, checked for soundness once and for all.

use std::sync::LazyLock;

use crate::{HashOp, InnerSpec, LeafOp, LengthOp, RawProofSpec, SpecError};

/// The most steps from leaf to root when the specification says 0.
pub const DEFAULT_MAX_DEPTH: usize = 128;

/// The most steps that any specification may allow: twice the deepest standard tree, whose leaves
/// are at the end of 256 bits.
pub const MAX_DEPTH: usize = 512;

/// The most branches of a node: as many as the widest tree in use, by half-bytes, has.
pub const MAX_BRANCHES: usize = 16;

/// The longest prefix or child that a specification may allow; no hash is longer than 64 bytes.
const MAX_PART_LEN: i32 = 128;

/// A tree whose nodes obey further rules than a specification can express.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Iavl,
    Tendermint,
    Other,
}

/// The shape of a tree under which proofs are verified. It exists in sound form only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofSpec {
    raw: RawProofSpec,
    pub(crate) leaf: LeafOp,
    pub(crate) inner: InnerShape,
    pub(crate) min_depth: usize,
    pub(crate) max_depth: usize,
    /// The hash function of keys before they are compared.
    pub(crate) compare: HashOp,
    pub(crate) family: Family,
}

/// The checked form of [`InnerSpec`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InnerShape {
    pub(crate) hash: i32,
    pub(crate) min_prefix: usize,
    pub(crate) max_prefix: usize,
    pub(crate) child_size: usize,
    /// For each branch, how many children stand before it.
    pub(crate) positions: Vec<usize>,
    pub(crate) empty_child: Vec<u8>,
}

impl InnerShape {
    /// The longest possible prefix of a step: the node's own, and all children but one.
    pub(crate) fn longest_prefix(&self) -> usize {
        let others = self.positions.len().saturating_sub(1);
        self.max_prefix.saturating_add(others.saturating_mul(self.child_size))
    }
}

impl ProofSpec {
    /// Checks a specification and takes it into use.
    pub fn new(raw: RawProofSpec) -> Result<Self, SpecError> {
        let leaf = raw.leaf_spec.clone().ok_or(SpecError::PartMissing { missing: "leaf_spec" })?;
        let inner = raw.inner_spec.as_ref();
        let inner = inner.ok_or(SpecError::PartMissing { missing: "inner_spec" })?;
        let (leaf_hash, key_hash) = check_leaf(&leaf)?;
        let family = family(&leaf, inner);
        let inner = check_inner(inner, leaf_hash)?;
        let (min_depth, max_depth) = check_depths(raw.min_depth, raw.max_depth)?;
        let compare = if raw.prehash_key_before_comparison { key_hash } else { HashOp::NoHash };
        Ok(Self { raw, leaf, inner, min_depth, max_depth, compare, family })
    }

    /// The specification as chains publish it.
    pub fn raw(&self) -> &RawProofSpec {
        &self.raw
    }
}

/// Gives the hash functions of the leaf and of keys.
fn check_leaf(leaf: &LeafOp) -> Result<(HashOp, HashOp), SpecError> {
    let hash = some_hash(leaf.hash, "leaf")?;
    let key = any_hash(leaf.prehash_key, "key")?;
    any_hash(leaf.prehash_value, "value")?;
    LengthOp::try_from(leaf.length)
        .map_err(|_| SpecError::LengthUnsupported { got: leaf.length })?;
    Ok((hash, key))
}

fn any_hash(got: i32, place: &'static str) -> Result<HashOp, SpecError> {
    HashOp::try_from(got).map_err(|_| SpecError::HashUnsupported { got, place })
}

fn some_hash(got: i32, place: &'static str) -> Result<HashOp, SpecError> {
    match any_hash(got, place)? {
        HashOp::NoHash => Err(SpecError::HashUnsupported { got, place }),
        hash => Ok(hash),
    }
}

fn check_inner(inner: &InnerSpec, leaf_hash: HashOp) -> Result<InnerShape, SpecError> {
    let hash = some_hash(inner.hash, "inner node")?;
    let longest = hash.output_len().max(leaf_hash.output_len()).unwrap_or_default();
    let child_size = usize::try_from(inner.child_size).unwrap_or_default();
    if child_size < longest || inner.child_size > MAX_PART_LEN {
        return Err(SpecError::ChildSize { got: inner.child_size, expected: longest });
    }
    let (min_prefix, max_prefix) = check_prefixes(inner)?;
    if !inner.empty_child.is_empty() && inner.empty_child.len() != child_size {
        let got = inner.empty_child.len();
        return Err(SpecError::EmptyChild { got, expected: inner.child_size });
    }
    Ok(InnerShape {
        hash: inner.hash,
        min_prefix,
        max_prefix,
        child_size,
        positions: positions(&inner.child_order)?,
        empty_child: inner.empty_child.clone(),
    })
}

/// Prefixes that vary by a whole child make nodes ambiguous: a child could be read as prefix.
fn check_prefixes(inner: &InnerSpec) -> Result<(usize, usize), SpecError> {
    let (min, max) = (inner.min_prefix_length, inner.max_prefix_length);
    let spread = i64::from(max).saturating_sub(min.into());
    let sound = min <= max && max <= MAX_PART_LEN && spread < inner.child_size.into();
    match (usize::try_from(min), usize::try_from(max)) {
        (Ok(min), Ok(max)) if sound => Ok((min, max)),
        _ => Err(SpecError::PrefixRange {
            got: format!("{min} to {max}"),
            expected: inner.child_size,
        }),
    }
}

/// For each branch its place in `order`, which must hold each branch once.
fn positions(order: &[i32]) -> Result<Vec<usize>, SpecError> {
    let count = order.len().min(MAX_BRANCHES.saturating_add(1));
    let place = |branch| order.iter().position(|&item| usize::try_from(item) == Ok(branch));
    let positions: Option<Vec<usize>> = (0..count).map(place).collect();
    match positions {
        Some(positions) if (1..=MAX_BRANCHES).contains(&count) => Ok(positions),
        _ => Err(SpecError::ChildOrder {
            got: format!("{order:?}"),
            expected: format!("0 to {}", count.saturating_sub(1)),
        }),
    }
}

fn check_depths(min: i32, max: i32) -> Result<(usize, usize), SpecError> {
    let invalid = || SpecError::DepthRange {
        got: format!("{min} to {max}"),
        expected: format!("0 to {MAX_DEPTH}"),
    };
    let lowest = usize::try_from(min).map_err(|_| invalid())?;
    let highest = match usize::try_from(max).map_err(|_| invalid())? {
        0 => DEFAULT_MAX_DEPTH,
        highest => highest,
    };
    if lowest > highest || highest > MAX_DEPTH {
        return Err(invalid());
    }
    Ok((lowest, highest))
}

/// Which tree this is, by everything but leaf prefix and depths: the more trees count as one of
/// the two, the more nodes obey its rules.
fn family(leaf: &LeafOp, inner: &InnerSpec) -> Family {
    let standard_leaf = LeafOp { prefix: leaf.prefix.clone(), ..simple_leaf() } == *leaf;
    let prefixes = (inner.min_prefix_length, inner.max_prefix_length);
    let binary_sha256 = inner.child_order.len() == 2 && inner.hash == i32::from(HashOp::Sha256);
    match (prefixes, inner.child_size) {
        ((4, 12), 33) if standard_leaf && binary_sha256 => Family::Iavl,
        ((1, 1), 32) if standard_leaf && binary_sha256 => Family::Tendermint,
        _ => Family::Other,
    }
}

/// The leaf of IAVL and simple Merkle trees.
fn simple_leaf() -> LeafOp {
    LeafOp {
        hash: HashOp::Sha256.into(),
        prehash_key: HashOp::NoHash.into(),
        prehash_value: HashOp::Sha256.into(),
        length: LengthOp::VarProto.into(),
        prefix: vec![0],
    }
}

fn raw_iavl_spec() -> RawProofSpec {
    RawProofSpec {
        leaf_spec: Some(simple_leaf()),
        inner_spec: Some(InnerSpec {
            child_order: vec![0, 1],
            // The length byte of a child counts as part of it.
            child_size: 33,
            min_prefix_length: 4,
            max_prefix_length: 12,
            empty_child: Vec::new(),
            hash: HashOp::Sha256.into(),
        }),
        max_depth: 0,
        min_depth: 0,
        prehash_key_before_comparison: false,
    }
}

fn raw_tendermint_spec() -> RawProofSpec {
    RawProofSpec {
        leaf_spec: Some(simple_leaf()),
        inner_spec: Some(InnerSpec {
            child_order: vec![0, 1],
            child_size: 32,
            min_prefix_length: 1,
            max_prefix_length: 1,
            empty_child: Vec::new(),
            hash: HashOp::Sha256.into(),
        }),
        max_depth: 0,
        min_depth: 0,
        prehash_key_before_comparison: false,
    }
}

fn raw_smt_spec() -> RawProofSpec {
    let mut spec = raw_tendermint_spec();
    spec.leaf_spec = Some(LeafOp {
        prehash_key: HashOp::Sha256.into(),
        length: LengthOp::NoPrefix.into(),
        ..simple_leaf()
    });
    if let Some(inner) = &mut spec.inner_spec {
        inner.empty_child = vec![0; 32];
    }
    spec.max_depth = 256;
    spec.prehash_key_before_comparison = true;
    spec
}

#[expect(clippy::expect_used, reason = "constants, which every test of this crate builds")]
fn standard(raw: RawProofSpec) -> ProofSpec {
    ProofSpec::new(raw).expect("the standard specifications are sound")
}

static IBC_SPECS: LazyLock<[ProofSpec; 2]> =
    LazyLock::new(|| [standard(raw_iavl_spec()), standard(raw_tendermint_spec())]);
static SMT_SPEC: LazyLock<ProofSpec> = LazyLock::new(|| standard(raw_smt_spec()));

/// IAVL trees, in which chains keep each store.
pub fn iavl_spec() -> &'static ProofSpec {
    let [iavl, _] = ibc_specs();
    iavl
}

/// Simple Merkle trees, in which chains keep the roots of their stores.
pub fn tendermint_spec() -> &'static ProofSpec {
    let [_, tendermint] = ibc_specs();
    tendermint
}

/// Sparse Merkle trees by hashed keys.
pub fn smt_spec() -> &'static ProofSpec {
    &SMT_SPEC
}

/// A store under an app hash, as a chain of proofs goes: IAVL, then simple Merkle.
pub fn ibc_specs() -> &'static [ProofSpec; 2] {
    &IBC_SPECS
}
