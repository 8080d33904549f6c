//! Balances (`cosmos.bank.v1beta1`).

use prost::Message;

use super::{Coin, PageRequest, PageResponse};

/// Asks what an account has of one denomination.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryBalance {
    /// The account.
    #[prost(string, tag = "1")]
    pub address: String,
    /// The denomination.
    #[prost(string, tag = "2")]
    pub denom: String,
}

/// A balance, zero of what an account never had.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryBalanceResponse {
    /// The balance.
    #[prost(message, optional, tag = "1")]
    pub balance: Option<Coin>,
}

/// Asks what an account has.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryAllBalances {
    /// The account.
    #[prost(string, tag = "1")]
    pub address: String,
    /// Which page.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageRequest>,
}

/// What an account has.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryAllBalancesResponse {
    /// By denomination.
    #[prost(message, repeated, tag = "1")]
    pub balances: Vec<Coin>,
    /// Which page it is.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageResponse>,
}

/// Asks what there is of everything.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryTotalSupply {
    /// Which page.
    #[prost(message, optional, tag = "1")]
    pub pagination: Option<PageRequest>,
}

/// What there is of everything.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryTotalSupplyResponse {
    /// By denomination.
    #[prost(message, repeated, tag = "1")]
    pub supply: Vec<Coin>,
    /// Which page it is.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageResponse>,
}

/// Asks what there is of one denomination; answered like a balance.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QuerySupplyOf {
    /// The denomination.
    #[prost(string, tag = "1")]
    pub denom: String,
}

/// Asks how a denomination is shown.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryDenomMetadata {
    /// The denomination.
    #[prost(string, tag = "1")]
    pub denom: String,
}

/// How a denomination is shown.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryDenomMetadataResponse {
    /// What there is to know of it.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<Metadata>,
}

/// A denomination for people.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Metadata {
    /// What it is.
    #[prost(string, tag = "1")]
    pub description: String,
    /// Its units.
    #[prost(message, repeated, tag = "2")]
    pub denom_units: Vec<DenomUnit>,
    /// The unit of all amounts.
    #[prost(string, tag = "3")]
    pub base: String,
    /// The unit to be shown.
    #[prost(string, tag = "4")]
    pub display: String,
    /// Its name.
    #[prost(string, tag = "5")]
    pub name: String,
    /// Its symbol.
    #[prost(string, tag = "6")]
    pub symbol: String,
}

/// A unit of a denomination.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct DenomUnit {
    /// Its name.
    #[prost(string, tag = "1")]
    pub denom: String,
    /// Ten to this power of the base are one.
    #[prost(uint32, tag = "2")]
    pub exponent: u32,
}
