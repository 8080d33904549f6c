//! Errors as callers see them: a number by JSON-RPC, and beside it a stable code, the cause, and
//! what to do next.

use causeway_relayer_endpoints::EndpointError;
use jsonrpsee::types::ErrorObjectOwned;
use serde::Serialize;

use crate::store::StoreError;
use crate::work::WorkError;

/// The numbers of JSON-RPC errors that are ours.
const UNAUTHORIZED: i32 = -32001;
const NOT_FOUND: i32 = -32004;
const INVALID_PARAMS: i32 = -32602;
const INTERNAL: i32 = -32603;
const CHAIN: i32 = -32010;
const REFUSED: i32 = -32011;

#[derive(Serialize)]
struct Data {
    code: &'static str,
    next: &'static str,
}

fn error(number: i32, code: &'static str, message: String, next: &'static str) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(number, message, Some(Data { code, next }))
}

pub(super) fn invalid(message: impl Into<String>) -> ErrorObjectOwned {
    error(INVALID_PARAMS, "invalid_params", message.into(), "correct the parameters")
}

pub(super) fn not_found(message: impl Into<String>) -> ErrorObjectOwned {
    error(NOT_FOUND, "not_found", message.into(), "look at the lists of chains, routes and packets")
}

pub(super) fn unauthorized(message: &str) -> ErrorObjectOwned {
    let next = "send the relayer's token: Authorization: Bearer …";
    error(UNAUTHORIZED, "unauthorized", message.to_owned(), next)
}

pub(super) fn endpoint(chain: &str, given: &EndpointError) -> ErrorObjectOwned {
    let (number, next) = match given {
        EndpointError::Transport(_) | EndpointError::Nonsense { .. } => {
            (CHAIN, "look at the chain's node, or name another address of it")
        }
        EndpointError::Missing { .. } => (CHAIN, "ask again later, or another node"),
        EndpointError::Refused { .. } => (REFUSED, "read the chain's reason"),
        EndpointError::TooLarge { .. } => (REFUSED, "ask for less at once"),
        EndpointError::Unfunded { .. } => (REFUSED, "send coins to the account"),
        EndpointError::Unsupported { .. } => (REFUSED, "nothing: the chain has no such thing"),
    };
    error(number, given.code(), format!("{chain}: {given}"), next)
}

pub(super) fn work(given: &WorkError) -> ErrorObjectOwned {
    match given {
        WorkError::Endpoint { chain, error } => endpoint(chain, error),
        other => error(CHAIN, other.code(), other.to_string(), "look at the chain's state"),
    }
}

pub(super) fn store(given: &StoreError) -> ErrorObjectOwned {
    error(INTERNAL, "store_failed", given.to_string(), "look at the disk")
}
