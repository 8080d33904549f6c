//! Why the store refuses.

/// What a caller asked of the store that it cannot do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Keys are not empty, and not longer than a proof may be.
    #[error("a key of {got} bytes, 1 to {expected} are allowed")]
    KeyLength {
        /// Its length.
        got: usize,
        /// The limit.
        expected: usize,
    },
    /// Values are not empty (an empty one has no proof), and not longer than a proof may be.
    #[error("a value of {got} bytes, 1 to {expected} are allowed")]
    ValueLength {
        /// Its length.
        got: usize,
        /// The limit.
        expected: usize,
    },
    /// A version that does not fit into the prefix of a node.
    #[error("version {got}, at most {expected} is possible")]
    VersionTooHigh {
        /// The version.
        got: u64,
        /// The limit.
        expected: u64,
    },
    /// Versions follow each other without a gap: each is committed, also when nothing changed.
    #[error("version {got} was to be committed, expected {expected}")]
    VersionGap {
        /// The version.
        got: u64,
        /// The one after the last.
        expected: u64,
    },
    /// A version that was never committed, was pruned, or was rolled back.
    #[error("version {got} is not kept, {expected} are")]
    VersionNotKept {
        /// The version.
        got: u64,
        /// The kept ones.
        expected: String,
    },
    /// An empty tree has no leaf that could be the neighbour of an absent key.
    #[error("the tree is empty and proves nothing")]
    EmptyTree,
    /// The app hash is over other stores.
    #[error("there is no store {name}")]
    UnknownStore {
        /// Its name.
        name: String,
    },
    /// Bytes that are no export of a tree.
    #[error("the export of a tree is damaged")]
    DamagedExport,
    /// A store's name is a key of the tree above, and keys are not empty.
    #[error("a store needs a name")]
    UnnamedStore,
}
