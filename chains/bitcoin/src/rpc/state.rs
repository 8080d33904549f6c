//! The three methods that the chain adds to Bitcoin Core's: proofs of the contracts' state, calls
//! and their events, accounts and clients.

use core::str::FromStr;

use causeway_core::{ClientId, PacketTrace, Sequence};
use causeway_wire_bitcoin::state::CallResult;
use causeway_wire_bitcoin::{Call, KeyHash};
use serde_json::Value;

use super::methods::View;
use super::params::{Params, wrong_type};
use super::{Reply, RpcError, reply};
use crate::Miner;
use crate::answers::AnswerError;
use crate::contracts::{ConsensusAt, parse_key_account};

/// The most calls that are tried at once.
const MAX_DRY_RUNS: usize = 256;

fn refused(error: &AnswerError) -> RpcError {
    let code = match error {
        AnswerError::Unknown(_) => RpcError::NOT_FOUND,
        AnswerError::Pruned { .. } | AnswerError::Store(_) => RpcError::MISUSE,
        _ => RpcError::PARAMETER,
    };
    RpcError::new(code, error.to_string())
}

/// A number that may be left out.
fn number(params: &Params<'_>, at: usize, default: u64) -> Result<u64, RpcError> {
    params
        .get(at)
        .map_or(Ok(default), |value| value.as_u64().ok_or_else(|| wrong_type(value, "number")))
}

fn parsed<T: FromStr<Err: core::fmt::Display>>(text: &str) -> Result<T, RpcError> {
    text.parse().map_err(|error: T::Err| RpcError::parameter(error.to_string()))
}

fn bytes(text: &str) -> Result<Vec<u8>, RpcError> {
    hex::decode(text).map_err(|error| RpcError::new(RpcError::DECODE, error.to_string()))
}

pub(super) fn prove(view: &View<'_>, params: &Params<'_>) -> Result<Reply, RpcError> {
    let key = |key: &Value| bytes(key.as_str().ok_or_else(|| wrong_type(key, "string"))?);
    let keys = params.array(0)?.iter().map(key).collect::<Result<Vec<_>, _>>()?;
    let height = number(params, 1, view.miner.height())?;
    let proofs = view.miner.prove(height, &keys, params.flag_or(2, false)?);
    reply(&proofs.map_err(|error| refused(&error))?.to_json())
}

pub(super) fn packet_events(view: &View<'_>, params: &Params<'_>) -> Result<Reply, RpcError> {
    let from = number(params, 0, view.miner.height())?;
    let to = number(params, 1, from)?;
    let events = view.miner.packet_events(from, to).map_err(|error| refused(&error))?;
    reply(&events.to_json())
}

/// An address alone asks for what it has, a client's name alone for the client, `clients` for all
/// names; a query asks for more of a client, or what calls from an address would do.
pub(super) fn account(view: &View<'_>, params: &Params<'_>) -> Result<Reply, RpcError> {
    let (miner, name) = (view.miner, params.string(0)?);
    let query = params.get(1).map(|_| params.string(1)).transpose()?;
    if query == Some("call") {
        return dry_run(miner, name, params);
    }
    if query == Some("calls") {
        return dry_runs(miner, name, params);
    }
    if name == "clients" {
        return reply(&miner.client_ids().iter().map(ToString::to_string).collect::<Vec<_>>());
    }
    // Names of clients have a dash, addresses have none.
    if !name.contains('-') {
        if query.is_some() {
            return Err(RpcError::parameter("that is asked of clients alone"));
        }
        let account = miner.account(name).map_err(|error| refused(&error))?;
        return reply(&account.to_json());
    }
    let client: ClientId = parsed(name)?;
    let kind = match query {
        None => return report(miner, &client, ConsensusAt::Latest),
        Some("consensus") => {
            return report(miner, &client, ConsensusAt::Height(parsed(params.string(2)?)?));
        }
        Some("below") => {
            return report(miner, &client, ConsensusAt::Below(parsed(params.string(2)?)?));
        }
        Some("books") => return reply(&miner.books(&client).to_json()),
        Some("commitments") => PacketTrace::Commitment,
        Some("receipts") => PacketTrace::Receipt,
        Some("acknowledgements") => PacketTrace::Acknowledgement,
        Some(other) => return Err(RpcError::parameter(format!("Unknown query {other}"))),
    };
    let after = Sequence::new(number(params, 2, 0)?);
    let limit = usize::try_from(number(params, 3, u64::MAX)?).unwrap_or(usize::MAX);
    reply(&miner.traces(&client, kind, after, limit).to_json())
}

fn report(miner: &Miner, client: &ClientId, at: ConsensusAt) -> Result<Reply, RpcError> {
    let report = miner.client(client, at).map_err(|error| refused(&error))?;
    reply(&report.to_json())
}

fn caller_of(name: &str) -> Result<KeyHash, RpcError> {
    let unknown = || RpcError::not_found(format!("Invalid address: {name}"));
    parse_key_account(name).ok_or_else(unknown)
}

fn call_of(text: &str) -> Result<Call, RpcError> {
    Call::from_bytes(&bytes(text)?)
        .map_err(|error| RpcError::new(RpcError::DECODE, error.to_string()))
}

fn dry_run(miner: &Miner, caller: &str, params: &Params<'_>) -> Result<Reply, RpcError> {
    let caller = caller_of(caller)?;
    let call = (call_of(params.string(2)?)?, number(params, 3, 0)?);
    let too_much = || RpcError::parameter("A block has no room for it".to_owned());
    reply(&miner.dry_run(caller, vec![call]).pop().ok_or_else(too_much)?.to_json())
}

/// Several calls, each a pair of bytes and of what it brings. Events are left out.
fn dry_runs(miner: &Miner, caller: &str, params: &Params<'_>) -> Result<Reply, RpcError> {
    let caller = caller_of(caller)?;
    let asked = params.array(2)?;
    if asked.len() > MAX_DRY_RUNS {
        let reason = format!("{} calls, at most {MAX_DRY_RUNS} are allowed", asked.len());
        return Err(RpcError::parameter(reason));
    }
    let call = |pair: &Value| match pair.as_array().map(Vec::as_slice) {
        Some([call, brings]) => {
            let call = call.as_str().ok_or_else(|| wrong_type(call, "string"))?;
            let brings = brings.as_u64().ok_or_else(|| wrong_type(brings, "number"))?;
            Ok((call_of(call)?, brings))
        }
        _ => Err(wrong_type(pair, "array")),
    };
    let calls = asked.iter().map(call).collect::<Result<_, RpcError>>()?;
    let results = miner.dry_run(caller, calls).into_iter();
    let results = results.map(|result| CallResult { events: Vec::new(), ..result }.to_json());
    reply(&Value::Array(results.collect()))
}
