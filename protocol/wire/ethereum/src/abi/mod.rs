//! The contract interface of the proof-of-stake family: solidity-ibc-eureka's, and methods of ours
//! beside it (`docs/contracts.md`).

mod convert;
mod event;
mod message;
mod revert;
pub mod sol;

use alloy_sol_types::SolCall;
use alloy_sol_types::abi::AbiDecoderConfig;
use causeway_core::DecodeError;

pub use convert::packet_hash;
pub use event::{LogData, decode_event, encode_event};
pub use message::{calldata, decode_message};
pub use revert::{Reverted, error_text};

/// The most bytes that decoding a call may take, many times those of the longest transaction:
/// without a limit a few offsets that point to one place could demand any amount.
const MAX_DECODED_LEN: usize = 8 << 20;

/// Canonical encodings only: no dirty padding, no shared or reordered tails, no trailing bytes.
const STRICT: AbiDecoderConfig = AbiDecoderConfig::new().strict(true).memory_limit(MAX_DECODED_LEN);

/// Reads a call, selector included.
pub fn decode_call<C: SolCall>(input: &[u8]) -> Result<C, DecodeError> {
    let malformed = |error: alloy_sol_types::Error| DecodeError::new("call", error.to_string());
    C::abi_decode_with_config(input, STRICT).map_err(malformed)
}

#[cfg(test)]
mod tests;
