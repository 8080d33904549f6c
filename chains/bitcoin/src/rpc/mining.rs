//! Blocks and headers that somebody made, and blocks on demand.

use causeway_client_bitcoin::{HEADER_LEN, Header, RawHeader};
use causeway_core::Timestamp;
use causeway_wire_bitcoin::{Address, Block};

use super::methods::{nobody, null};
use super::params::Params;
use super::values::ADDRESSES;
use super::{Reply, RpcError, reply};
use crate::Miners;

/// Nonces that are tried for one request unless it says otherwise (Bitcoin Core
/// `DEFAULT_MAX_TRIES`).
const DEFAULT_ATTEMPTS: i64 = 1_000_000;
/// The most nonces: everybody waits for the answer, a few seconds with so many.
const MAX_ATTEMPTS: i64 = 20_000_000;
/// The most blocks of one request: with an easy target they cost little but their own making.
const MAX_BLOCKS: i64 = 1_000;

pub(super) fn generate(
    miners: &mut Miners,
    params: &Params<'_>,
    now: Timestamp,
) -> Result<Reply, RpcError> {
    let count = params.integer(0)?;
    if count > MAX_BLOCKS {
        let reason = format!("{count} blocks, at most {MAX_BLOCKS} are mined at once");
        return Err(RpcError::parameter(reason));
    }
    let address = Address::parse(params.string(1)?, ADDRESSES);
    let address =
        address.map_err(|error| RpcError::not_found(format!("Error: Invalid address: {error}")))?;
    let payee = address.key_hash().ok_or_else(|| {
        RpcError::not_found("Error: Invalid address: rewards of this chain go to keys (P2WPKH)")
    })?;
    let attempts = params.integer_or(2, DEFAULT_ATTEMPTS)?.min(MAX_ATTEMPTS);
    let (count, attempts) = (count.try_into().unwrap_or(0), attempts.try_into().unwrap_or(0));
    let mined = miners.generate(count, payee, attempts, now);
    reply(&mined.iter().map(ToString::to_string).collect::<Vec<_>>())
}

pub(super) fn submit_block(
    miners: &mut Miners,
    params: &Params<'_>,
    now: Timestamp,
) -> Result<Reply, RpcError> {
    const REASON: &str = "Block decode failed";
    let block = Block::from_bytes(&params.bytes(0, REASON)?)
        .map_err(|_| RpcError::new(RpcError::DECODE, REASON))?;
    miners.submit_block(block, now).map_or_else(|| Ok(null()), |reason| reply(&reason))
}

pub(super) fn submit_header(
    miners: &mut Miners,
    params: &Params<'_>,
    now: Timestamp,
) -> Result<Reply, RpcError> {
    const REASON: &str = "Block header decode failed";
    let bytes = params.bytes(0, REASON)?;
    let raw: &RawHeader = bytes
        .first_chunk::<HEADER_LEN>()
        .filter(|_| bytes.len() == HEADER_LEN)
        .ok_or_else(|| RpcError::new(RpcError::DECODE, REASON))?;
    let outcome = miners.submit_header(raw, now).ok_or_else(nobody)?;
    let refused = |error: &dyn core::fmt::Display| {
        let hash = Header::from_bytes(raw).hash();
        RpcError::new(RpcError::VERIFY, format!("{error} ({hash})"))
    };
    outcome.map(|()| null()).map_err(|error| refused(&error))
}
