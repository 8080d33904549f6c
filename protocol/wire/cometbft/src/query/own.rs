//! Contracts called from other chains (`ibc.applications.gmp.v1`), and the one that counts, whose
//! question is of our own.

use prost::Message;

/// Asks for the account that acts for someone on the other side of a client.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryAccountAddress {
    /// The client on this chain.
    #[prost(string, tag = "1")]
    pub client_id: String,
    /// Who calls, as the other chain writes it.
    #[prost(string, tag = "2")]
    pub sender: String,
    /// Which of the caller's accounts, in hex.
    #[prost(string, tag = "3")]
    pub salt: String,
}

/// The account that acts for someone.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryAccountAddressResponse {
    /// Its address.
    #[prost(string, tag = "1")]
    pub account_address: String,
}

/// Asks how far the counter has counted for an account.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryCount {
    /// The account that called.
    #[prost(string, tag = "1")]
    pub caller: String,
}

/// How far the counter has counted.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryCountResponse {
    /// The count; zero for who never called.
    #[prost(uint64, tag = "1")]
    pub count: u64,
    /// The counter's address.
    #[prost(string, tag = "2")]
    pub contract: String,
}
