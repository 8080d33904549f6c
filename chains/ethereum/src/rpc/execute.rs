//! Calls that are tried out and change nothing.

use causeway_wire_ethereum::eth::{BlockId, CallRequest, Hexadecimal, RpcError};
use serde_json::{Map, Value};

use super::methods::{Context, Outcome};
use super::params::Params;
use crate::execution::{self, CallError, StateView};

/// `eth_call`.
pub(super) fn call(context: &mut Context<'_>, params: Params<'_>) -> Outcome {
    let (view, request) = read(context, params)?;
    let outcome = context.execution().call(&view, &request).map_err(failure)?;
    Ok(outcome.output.to_hex().into())
}

/// `eth_estimateGas`.
pub(super) fn estimate_gas(context: &mut Context<'_>, params: Params<'_>) -> Outcome {
    let (view, request) = read(context, params)?;
    let gas = context.execution().estimate_gas(&view, &request).map_err(failure)?;
    Ok(gas.to_hex().into())
}

/// State and block cannot be made up for a call.
fn refuse_overrides(mut params: Params<'_>) -> Result<(), RpcError> {
    for what in ["state", "block"] {
        let overrides: Option<Map<String, Value>> = params.optional()?;
        if overrides.is_some_and(|overrides| !overrides.is_empty()) {
            let reason = format!("{what} overrides are not supported");
            return Err(RpcError::new(RpcError::INVALID_PARAMS, reason));
        }
    }
    params.end()
}

/// What is to be tried out, and on which state.
fn read(
    context: &Context<'_>,
    mut params: Params<'_>,
) -> Result<(StateView, execution::CallRequest), RpcError> {
    let invalid = |error: String| RpcError::new(RpcError::INVALID_PARAMS, error);
    let request: CallRequest = params.required()?;
    let id: Option<BlockId> = params.optional()?;
    refuse_overrides(params)?;
    let own = context.execution().chain_id();
    if let Some(chain_id) = request.chain_id.filter(|chain_id| *chain_id != own) {
        let reason = format!("chainId does not match node's (have={chain_id}, want={own})");
        return Err(invalid(reason));
    }
    let call = execution::CallRequest {
        from: request.from.unwrap_or_default(),
        to: request.to,
        gas: request.gas,
        value: request.value.unwrap_or_default(),
        input: request.calldata().map_err(|error| invalid(error.to_string()))?,
    };
    Ok((context.ledger().state(id)?, call))
}

/// How servers tell of a call that did not return.
fn failure(error: CallError) -> RpcError {
    let mut answer = RpcError::new(error.code(), error.to_string());
    if let CallError::Reverted(data) = error {
        answer.data = Some(data.to_hex().into());
    }
    answer
}
