//! Pages (`cosmos.base.query.v1beta1`).

use prost::Message;

/// Which part of a list is wanted.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct PageRequest {
    /// Where the last page ended; not together with `offset`.
    #[prost(bytes = "vec", tag = "1")]
    pub key: Vec<u8>,
    /// So many are left out.
    #[prost(uint64, tag = "2")]
    pub offset: u64,
    /// The most entries; zero for 100.
    #[prost(uint64, tag = "3")]
    pub limit: u64,
    /// Whether to count all.
    #[prost(bool, tag = "4")]
    pub count_total: bool,
    /// Whether to begin at the end.
    #[prost(bool, tag = "5")]
    pub reverse: bool,
}

/// Which part of a list this is.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct PageResponse {
    /// The next page's `key`; empty when there is none.
    #[prost(bytes = "vec", tag = "1")]
    pub next_key: Vec<u8>,
    /// How many there are, if that was asked.
    #[prost(uint64, tag = "2")]
    pub total: u64,
}
