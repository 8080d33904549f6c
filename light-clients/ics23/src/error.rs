//! Why a specification or a proof is refused.

use causeway_core::refusals;

/// Why a description of a tree is no sound basis for proofs: under it, one root could prove
/// different things.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// Leaf and inner description must both be there.
    #[error("the specification has no {missing}")]
    PartMissing {
        /// The absent part.
        missing: &'static str,
    },
    /// A hash function that is unknown, or none where there must be one.
    #[error("the specification names hash function {got} for its {place}")]
    HashUnsupported {
        /// Its number.
        got: i32,
        /// Where it stands.
        place: &'static str,
    },
    /// An unknown way to write lengths.
    #[error("the specification names length form {got}")]
    LengthUnsupported {
        /// Its number.
        got: i32,
    },
    /// Not each branch once.
    #[error("the branches of a node are {got}, not each of {expected} once")]
    ChildOrder {
        /// The branches in order.
        got: String,
        /// What they must be a permutation of.
        expected: String,
    },
    /// A child must have room for a hash.
    #[error("a child has {got} bytes, a hash has {expected}")]
    ChildSize {
        /// The child's size.
        got: i32,
        /// The longest hash that must fit.
        expected: usize,
    },
    /// A prefix long enough to hold a whole child lets three children pose as two.
    #[error(
        "node prefixes are {got} bytes long, they must vary by less than a child of {expected}"
    )]
    PrefixRange {
        /// Shortest and longest prefix.
        got: String,
        /// The size of a child.
        expected: i32,
    },
    /// An empty child that is there must be as long as any child.
    #[error("the empty child has {got} bytes, a child has {expected}")]
    EmptyChild {
        /// Its size.
        got: usize,
        /// The size of a child.
        expected: i32,
    },
    /// Depth limits out of order or out of bounds.
    #[error("depths {got} are not within {expected}")]
    DepthRange {
        /// Lowest and highest depth.
        got: String,
        /// What they must be within.
        expected: String,
    },
}

refusals! {
    SpecError {
        PartMissing { missing } => "spec_part_missing", Reject;
        HashUnsupported { got, place } => "spec_hash_unsupported", Reject;
        LengthUnsupported { got } => "spec_length_unsupported", Reject;
        ChildOrder { got, expected } => "spec_child_order_invalid", Reject;
        ChildSize { got, expected } => "spec_child_size_invalid", Reject;
        PrefixRange { got, expected } => "spec_prefix_range_unsound", Reject;
        EmptyChild { got, expected } => "spec_empty_child_invalid", Reject;
        DepthRange { got, expected } => "spec_depth_range_invalid", Reject;
    }
}

/// Why a proof does not prove what it is brought for. Bytes are given in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Presence was to be proven and the proof is of absence, or the other way round.
    #[error("the proof is of {got}, not of {expected}")]
    Kind {
        /// What the proof is of.
        got: &'static str,
        /// What was asked.
        expected: &'static str,
    },
    /// No leaf, nothing to start from.
    #[error("the proof has no {missing}")]
    LeafMissing {
        /// What is absent.
        missing: &'static str,
    },
    /// The leaf is not hashed as the specification says.
    #[error("the leaf has {field} {got}, the specification {expected}")]
    LeafOpMismatch {
        /// The differing field.
        field: &'static str,
        /// Its value in the proof.
        got: i32,
        /// Its value in the specification.
        expected: i32,
    },
    /// The leaf does not begin as the specification says.
    #[error("the leaf's prefix {got} does not begin with {expected}")]
    LeafPrefix {
        /// The proof's.
        got: String,
        /// The specification's.
        expected: String,
    },
    /// Fewer steps than any leaf of the tree has.
    #[error("{got} steps to the root, at least {expected} are needed")]
    TooShallow {
        /// Steps of the proof.
        got: usize,
        /// The lower limit.
        expected: usize,
    },
    /// More steps than any leaf of the tree has.
    #[error("{got} steps to the root, at most {expected} are allowed")]
    TooDeep {
        /// Steps of the proof.
        got: usize,
        /// The upper limit.
        expected: usize,
    },
    /// An inner node is not hashed as the specification says.
    #[error("step {step} has hash function {got}, the specification {expected}")]
    InnerHash {
        /// The step, 1 next to the leaf.
        step: usize,
        /// The proof's.
        got: i32,
        /// The specification's.
        expected: i32,
    },
    /// An inner node that begins as a leaf could be both.
    #[error("step {step} has prefix {got}, which begins as a leaf does: {expected}")]
    InnerPrefixIsLeaf {
        /// The step, 1 next to the leaf.
        step: usize,
        /// The proof's.
        got: String,
        /// How leaves begin.
        expected: String,
    },
    /// A prefix too short to be one, or longer than all other children fill.
    #[error("step {step} has a prefix of {got} bytes, {expected} are possible")]
    InnerPrefixLength {
        /// The step, 1 next to the leaf.
        step: usize,
        /// Its length.
        got: usize,
        /// The range.
        expected: String,
    },
    /// A suffix that is no whole number of children.
    #[error("step {step} has a suffix of {got} bytes, not a multiple of {expected}")]
    InnerSuffixLength {
        /// The step, 1 next to the leaf.
        step: usize,
        /// Its length.
        got: usize,
        /// The size of a child.
        expected: usize,
    },
    /// A suffix beyond any node.
    #[error("step {step} has a suffix of {got} bytes, at most {expected} are allowed")]
    InnerSuffixTooLong {
        /// The step, 1 next to the leaf.
        step: usize,
        /// Its length.
        got: usize,
        /// The limit.
        expected: usize,
    },
    /// An IAVL prefix must begin with three minimal varints.
    #[error("layer {layer}: no {field} can be read from IAVL prefix {got}")]
    IavlVarint {
        /// 0 for the leaf, 1 for the node above it.
        layer: usize,
        /// Which of the three numbers.
        field: &'static str,
        /// The prefix.
        got: String,
    },
    /// An IAVL node is never lower than the path below it; a leaf is at height 0.
    #[error("layer {layer}: IAVL height is {got}, expected {expected}")]
    IavlHeight {
        /// 0 for the leaf, 1 for the node above it.
        layer: usize,
        /// The height.
        got: i64,
        /// What it must be.
        expected: String,
    },
    /// An IAVL size is never negative; a leaf's is 1.
    #[error("layer {layer}: IAVL size is {got}, expected {expected}")]
    IavlSize {
        /// 0 for the leaf, 1 for the node above it.
        layer: usize,
        /// The size.
        got: i64,
        /// What it must be.
        expected: &'static str,
    },
    /// An IAVL version is never negative.
    #[error("layer {layer}: IAVL version is {got}, expected {expected}")]
    IavlVersion {
        /// 0 for the leaf, 1 for the node above it.
        layer: usize,
        /// The version.
        got: i64,
        /// What it must be.
        expected: &'static str,
    },
    /// After the three numbers of an IAVL prefix: nothing in a leaf; in an inner node a child's
    /// length byte, or the whole left child between two of them.
    #[error("layer {layer}: {got} bytes follow the IAVL version, expected {expected}")]
    IavlRemainder {
        /// 0 for the leaf, 1 for the node above it.
        layer: usize,
        /// How many bytes.
        got: usize,
        /// What is possible.
        expected: &'static str,
    },
    /// A simple Merkle tree's inner nodes begin with 01, and with nothing else on a left step.
    #[error("step {step} has prefix {got}, expected {expected}")]
    TendermintPrefix {
        /// The step, 1 next to the leaf.
        step: usize,
        /// The proof's.
        got: String,
        /// What is possible.
        expected: &'static str,
    },
    /// An unknown hash function, or none where there must be one.
    #[error("hash function {got} is not supported here")]
    HashOpUnsupported {
        /// Its number.
        got: i32,
    },
    /// An unknown way to write lengths.
    #[error("length form {got} is not supported")]
    LengthOpUnsupported {
        /// Its number.
        got: i32,
    },
    /// A key or value whose length the leaf cannot express.
    #[error("a key or value of {got} bytes enters the leaf, expected {expected}")]
    LeafDataLength {
        /// Its length, after hashing.
        got: usize,
        /// What is possible.
        expected: &'static str,
    },
    /// Keys are not empty.
    #[error("the key is empty")]
    KeyEmpty {},
    /// Values are not empty.
    #[error("the value is empty")]
    ValueEmpty {},
    /// There is no hash of a child.
    #[error("the child is empty")]
    ChildEmpty {},
    /// The proof is about another key.
    #[error("the proof is of key {got}, not of {expected}")]
    KeyMismatch {
        /// The proof's.
        got: String,
        /// The one asked for.
        expected: String,
    },
    /// The proof is about another value.
    #[error("the proof is of value {got}, not of {expected}")]
    ValueMismatch {
        /// The proof's.
        got: String,
        /// The one asked for, or the root of the tree below.
        expected: String,
    },
    /// The steps lead to another root.
    #[error("the proof leads to root {got}, not to {expected}")]
    RootMismatch {
        /// Where it leads.
        got: String,
        /// The trusted root.
        expected: String,
    },
    /// Absence needs at least one neighbour.
    #[error("neither neighbour of the absent key is {expected}")]
    NeighboursMissing {
        /// What is needed.
        expected: &'static str,
    },
    /// The left neighbour is not before the key.
    #[error("left key {got} is not before {expected}")]
    LeftNotBefore {
        /// The neighbour's key, hashed when the tree is in that order.
        got: String,
        /// The absent key, likewise.
        expected: String,
    },
    /// The right neighbour is not after the key.
    #[error("right key {got} is not after {expected}")]
    RightNotAfter {
        /// The neighbour's key, hashed when the tree is in that order.
        got: String,
        /// The absent key, likewise.
        expected: String,
    },
    /// Something stands to the right of the left neighbour, where nothing may.
    #[error("step {step} of the left neighbour is not the right-most")]
    NotRightMost {
        /// The step, 1 next to the leaf.
        step: usize,
    },
    /// Something stands to the left of the right neighbour, where nothing may.
    #[error("step {step} of the right neighbour is not the left-most")]
    NotLeftMost {
        /// The step, 1 next to the leaf.
        step: usize,
    },
    /// The two neighbours part at branches that are not next to each other.
    #[error("the neighbours part at branches {got}, which are not adjacent")]
    NotAdjacent {
        /// Left and right branch.
        got: String,
    },
    /// One neighbour's path is the end of the other's: they never part.
    #[error("the neighbours' paths of {got} steps do not part")]
    PathsDoNotPart {
        /// Steps of left and right.
        got: String,
    },
    /// A chain must have a proof and a path element for each tree.
    #[error("a chain of {got}, expected {expected} of each")]
    ChainLength {
        /// How many proofs and path elements.
        got: String,
        /// How many trees.
        expected: usize,
    },
}

refusals! {
    ProofError {
        Kind { got, expected } => "proof_kind_mismatch", Reject;
        LeafMissing { missing } => "proof_leaf_missing", Reject;
        LeafOpMismatch { field, got, expected } => "leaf_op_mismatch", Reject;
        LeafPrefix { got, expected } => "leaf_prefix_mismatch", Reject;
        TooShallow { got, expected } => "proof_too_shallow", Reject;
        TooDeep { got, expected } => "proof_too_deep", Reject;
        InnerHash { step, got, expected } => "inner_hash_mismatch", Reject;
        InnerPrefixIsLeaf { step, got, expected } => "inner_prefix_is_leaf", Reject;
        InnerPrefixLength { step, got, expected } => "inner_prefix_length", Reject;
        InnerSuffixLength { step, got, expected } => "inner_suffix_length", Reject;
        InnerSuffixTooLong { step, got, expected } => "inner_suffix_too_long", Reject;
        IavlVarint { layer, field, got } => "iavl_varint_invalid", Reject;
        IavlHeight { layer, got, expected } => "iavl_height_invalid", Reject;
        IavlSize { layer, got, expected } => "iavl_size_invalid", Reject;
        IavlVersion { layer, got, expected } => "iavl_version_invalid", Reject;
        IavlRemainder { layer, got, expected } => "iavl_remainder_invalid", Reject;
        TendermintPrefix { step, got, expected } => "tendermint_prefix_invalid", Reject;
        HashOpUnsupported { got } => "hash_op_unsupported", Reject;
        LengthOpUnsupported { got } => "length_op_unsupported", Reject;
        LeafDataLength { got, expected } => "leaf_data_length", Reject;
        KeyEmpty { } => "proof_key_empty", Reject;
        ValueEmpty { } => "proof_value_empty", Reject;
        ChildEmpty { } => "proof_child_empty", Reject;
        KeyMismatch { got, expected } => "proof_key_mismatch", Reject;
        ValueMismatch { got, expected } => "proof_value_mismatch", Reject;
        RootMismatch { got, expected } => "proof_root_mismatch", Reject;
        NeighboursMissing { expected } => "neighbours_missing", Reject;
        LeftNotBefore { got, expected } => "left_neighbour_not_before", Reject;
        RightNotAfter { got, expected } => "right_neighbour_not_after", Reject;
        NotRightMost { step } => "left_neighbour_not_right_most", Reject;
        NotLeftMost { step } => "right_neighbour_not_left_most", Reject;
        NotAdjacent { got } => "neighbours_not_adjacent", Reject;
        PathsDoNotPart { got } => "neighbours_do_not_part", Reject;
        ChainLength { got, expected } => "proof_chain_length", Reject;
    }
}
