//! The methods by their names.

use alloy_primitives::{Bytes, keccak256};
use causeway_wire_ethereum::eth::{Hex, Hexadecimal, RpcError};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::params::Params;
use crate::chain::Beacon;

/// The program's name and version.
const CLIENT_VERSION: &str = concat!("Causeway/v", env!("CARGO_PKG_VERSION"));

type Outcome = Result<Value, RpcError>;
type Method = fn(&mut Beacon, Params<'_>) -> Outcome;

const METHODS: [(&str, Method); 9] = [
    ("eth_accounts", |_, params| params.end().map(|()| json!([]))),
    ("eth_blockNumber", block_number),
    ("eth_chainId", |beacon, params| {
        params.end().map(|()| beacon.config().chain_id.to_hex().into())
    }),
    ("eth_syncing", |_, params| params.end().map(|()| false.into())),
    ("net_listening", |_, params| params.end().map(|()| true.into())),
    ("net_peerCount", peer_count),
    ("net_version", |beacon, params| {
        params.end().map(|()| beacon.config().chain_id.to_string().into())
    }),
    ("web3_clientVersion", |_, params| params.end().map(|()| CLIENT_VERSION.into())),
    ("web3_sha3", sha3),
];

/// Runs a method.
pub(super) fn run(beacon: &mut Beacon, method: &str, params: Option<&RawValue>) -> Outcome {
    let found = METHODS.iter().find(|(name, _)| *name == method);
    let missing = || {
        let reason = format!("the method {method} does not exist/is not available");
        RpcError::new(RpcError::METHOD_NOT_FOUND, reason)
    };
    let (_, run) = found.ok_or_else(missing)?;
    run(beacon, Params::new(params)?)
}

fn block_number(beacon: &mut Beacon, params: Params<'_>) -> Outcome {
    params.end()?;
    let head = beacon.serving().and_then(|node| node.block(&node.head()));
    let number = head.map_or(0, |block| block.message.body.execution_payload.block_number);
    Ok(number.to_hex().into())
}

fn peer_count(beacon: &mut Beacon, params: Params<'_>) -> Outcome {
    params.end()?;
    let (running, _) = beacon.participants();
    Ok(u64::from(running.saturating_sub(1)).to_hex().into())
}

fn sha3(_: &mut Beacon, mut params: Params<'_>) -> Outcome {
    let Hex(bytes) = params.required::<Hex<Bytes>>()?;
    params.end()?;
    Ok(keccak256(bytes).to_hex().into())
}
