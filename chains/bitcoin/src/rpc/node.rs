//! The node itself, and words about texts that it is given.

use causeway_wire_bitcoin::rpc::{AddressInfo, DescriptorInfo, NetworkInfo};
use causeway_wire_bitcoin::{
    Address, AddressError, Amount, MIN_RELAY_FEE_PER_KVB, descriptor_checksum, descriptor_scripts,
};
use serde_json::{Map, Value, json};

use super::methods::{METHODS, View, usage};
use super::params::Params;
use super::values::ADDRESSES;
use super::{Reply, RpcError, reply};

/// The version that clients take for that of the methods' shapes.
const VERSION: u64 = 310_000;

fn peers(view: &View<'_>) -> u64 {
    let (running, _) = view.miners.running();
    u64::from(running.saturating_sub(1))
}

pub(super) fn connections(view: &View<'_>, _: &Params<'_>) -> Result<Reply, RpcError> {
    reply(&peers(view))
}

pub(super) fn network(view: &View<'_>, _: &Params<'_>) -> Result<Reply, RpcError> {
    let least = Amount(MIN_RELAY_FEE_PER_KVB);
    reply(&NetworkInfo {
        version: VERSION,
        subversion: "/Satoshi:31.0.0/".into(),
        protocol_version: 70016,
        local_services: "0000000000000009".into(),
        local_services_names: vec!["NETWORK".into(), "WITNESS".into()],
        local_relay: true,
        time_offset: 0,
        connections: peers(view),
        connections_in: 0,
        connections_out: peers(view),
        network_active: true,
        networks: Vec::new(),
        relay_fee: least,
        incremental_fee: least,
        local_addresses: Vec::new(),
        warnings: Value::Array(Vec::new()),
    })
}

pub(super) fn uptime(view: &View<'_>, _: &Params<'_>) -> Result<Reply, RpcError> {
    reply(&view.now.saturating_since(view.started).as_secs())
}

pub(super) fn help(_: &View<'_>, params: &Params<'_>) -> Result<Reply, RpcError> {
    let wanted = if params.get(0).is_some() { Some(params.string(0)?) } else { None };
    let named = METHODS.iter().filter(|entry| wanted.is_none_or(|wanted| entry.0 == wanted));
    let lines: Vec<_> = named.map(usage).collect();
    match wanted {
        Some(wanted) if lines.is_empty() => reply(&format!("help: unknown command: {wanted}")),
        _ => reply(&lines.join("\n")),
    }
}

/// Transactions are found by their ids; there is no other index.
pub(super) fn indexes(view: &View<'_>, params: &Params<'_>) -> Result<Reply, RpcError> {
    const NAME: &str = "txindex";
    let wanted = if params.get(0).is_some() { params.string(0)? } else { NAME };
    let mut indexes = Map::new();
    if wanted == NAME {
        let state = json!({ "synced": true, "best_block_height": view.miner.height() });
        indexes.insert(NAME.into(), state);
    }
    reply(&indexes)
}

pub(super) fn address(_: &View<'_>, params: &Params<'_>) -> Result<Reply, RpcError> {
    let address = match Address::parse(params.string(0)?, ADDRESSES) {
        Ok(address) => address,
        Err(error) => return reply(&no_address(&error)),
    };
    let is_script = address.version() == 0 && address.key_hash().is_none();
    reply(&AddressInfo {
        is_valid: true,
        script: Some(hex::encode(address.script())),
        is_script: Some(is_script),
        is_witness: Some(true),
        witness_version: Some(address.version()),
        witness_program: Some(hex::encode(address.program())),
        address: Some(address.to_string()),
        error: None,
        error_locations: None,
    })
}

fn no_address(error: &AddressError) -> AddressInfo {
    AddressInfo {
        is_valid: false,
        address: None,
        script: None,
        is_script: None,
        is_witness: None,
        witness_version: None,
        witness_program: None,
        error: Some(error.to_string()),
        error_locations: Some(Vec::new()),
    }
}

pub(super) fn descriptor(_: &View<'_>, params: &Params<'_>) -> Result<Reply, RpcError> {
    let text = params.string(0)?;
    descriptor_scripts(text, ADDRESSES)
        .map_err(|error| RpcError::not_found(error.reason().to_owned()))?;
    let body = text.split_once('#').map_or(text, |(body, _)| body);
    let checksum = descriptor_checksum(body).unwrap_or_default();
    let function = body.split_once('(').map_or(body, |(function, _)| function);
    reply(&DescriptorInfo {
        descriptor: format!("{body}#{checksum}"),
        checksum,
        is_range: false,
        is_solvable: matches!(function, "wpkh" | "combo"),
        has_private_keys: false,
    })
}
