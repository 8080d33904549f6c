//! Accounts (`cosmos.auth.v1beta1`).

use causeway_core::Any;
use prost::Message;

/// The type URL of [`BaseAccount`].
pub const BASE_ACCOUNT: &str = "/cosmos.auth.v1beta1.BaseAccount";

/// An account.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct BaseAccount {
    /// Its address.
    #[prost(string, tag = "1")]
    pub address: String,
    /// Its key, once it has signed.
    #[prost(message, optional, tag = "2")]
    pub pub_key: Option<Any>,
    /// Its number.
    #[prost(uint64, tag = "3")]
    pub account_number: u64,
    /// The number of its transactions.
    #[prost(uint64, tag = "4")]
    pub sequence: u64,
}

/// Asks for an account.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryAccount {
    /// Its address.
    #[prost(string, tag = "1")]
    pub address: String,
}

/// An account.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryAccountResponse {
    /// A [`BaseAccount`].
    #[prost(message, optional, tag = "1")]
    pub account: Option<Any>,
}
