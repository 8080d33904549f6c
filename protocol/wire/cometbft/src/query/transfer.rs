//! Vouchers and escrows (`ibc.applications.transfer.v1`).

use prost::Message;

use super::{Coin, PageRequest, PageResponse};

/// Asks what a voucher stands for.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryDenom {
    /// The hash in the voucher's name, in hex, with or without `ibc/` before it.
    #[prost(string, tag = "1")]
    pub hash: String,
}

/// What a voucher stands for.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryDenomResponse {
    /// The denomination.
    #[prost(message, optional, tag = "1")]
    pub denom: Option<Denom>,
}

/// A denomination with the way that it came.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Denom {
    /// Its name at home.
    #[prost(string, tag = "1")]
    pub base: String,
    /// The way, the last step first.
    #[prost(message, repeated, tag = "3")]
    pub trace: Vec<Hop>,
}

/// One step.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Hop {
    /// The port.
    #[prost(string, tag = "1")]
    pub port_id: String,
    /// The client.
    #[prost(string, tag = "2")]
    pub channel_id: String,
}

/// Asks what all vouchers stand for.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryDenoms {
    /// Which page.
    #[prost(message, optional, tag = "1")]
    pub pagination: Option<PageRequest>,
}

/// What all vouchers stand for.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryDenomsResponse {
    /// In the order of the vouchers' names.
    #[prost(message, repeated, tag = "1")]
    pub denoms: Vec<Denom>,
    /// Which page it is.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageResponse>,
}

/// Asks for the hash of a denomination's path.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryDenomHash {
    /// The path.
    #[prost(string, tag = "1")]
    pub trace: String,
}

/// The hash of a denomination's path.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryDenomHashResponse {
    /// In upper-case hex.
    #[prost(string, tag = "1")]
    pub hash: String,
}

/// Asks for the account that holds what was locked through a client.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryEscrowAddress {
    /// The port.
    #[prost(string, tag = "1")]
    pub port_id: String,
    /// The client.
    #[prost(string, tag = "2")]
    pub channel_id: String,
}

/// The account that holds what was locked through a client.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryEscrowAddressResponse {
    /// Its address.
    #[prost(string, tag = "1")]
    pub escrow_address: String,
}

/// Asks what is locked of a denomination, through all clients.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryTotalEscrow {
    /// Its name in the bank.
    #[prost(string, tag = "1")]
    pub denom: String,
}

/// What is locked of a denomination.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct QueryTotalEscrowResponse {
    /// The sum.
    #[prost(message, optional, tag = "1")]
    pub amount: Option<Coin>,
}
