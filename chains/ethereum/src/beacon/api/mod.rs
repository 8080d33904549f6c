//! The Beacon API, as a function from requests to answers.
//!
//! What is there and what is left out: `docs/rpc.md`.

mod events;
mod ids;
mod light;
mod reply;
mod spec;

use std::collections::BTreeSet;

use alloy_primitives::{Address, B256};
use causeway_chain::{Answer, Method, Request, Response};
use serde_json::{Value, json};

use super::chain::BeaconChain;
use super::genesis::FORK_VERSIONS;
use super::node::Entry;
use super::preset::{SYNC_COMMITTEE_SIZE, period_of, start_slot};
use super::types::{BeaconState, BlsPubkey, SyncCommittee};
use crate::engine::ExecutionEngine;
use crate::ssz::{Ssz, to_u64};
use ids::Found;
use reply::{Accept, ApiError, VERSION};

pub(super) use events::Subscriptions;

/// Seats of each of the four subcommittees.
const SUBCOMMITTEE_SIZE: usize = SYNC_COMMITTEE_SIZE / 4;

/// The program's name and version.
const PROGRAM: &str = concat!("Causeway/v", env!("CARGO_PKG_VERSION"));

type Reply = Result<Response, ApiError>;

impl<E: ExecutionEngine> BeaconChain<E> {
    /// Answers one request of the Beacon API.
    pub fn request(&mut self, request: &Request) -> Answer {
        let path = request.path.trim_matches('/');
        if path == "eth/v1/events" && request.method == Method::Get {
            return match self.subscribe(request) {
                Ok(response) => Answer::Stream(response),
                Err(error) => Answer::Now(error.response()),
            };
        }
        let segments: Vec<&str> = path.split('/').collect();
        let reply = self.route(&segments, request);
        Answer::Now(reply.unwrap_or_else(|error| error.response()))
    }

    fn route(&self, segments: &[&str], request: &Request) -> Reply {
        if request.method != Method::Get {
            return Err(ApiError::new(405, "Method not allowed"));
        }
        let accept = Accept::of(request);
        match segments {
            ["eth", "v1", "beacon", "genesis"] => accept.json(&self.genesis_json()),
            ["eth", "v1", "beacon", "headers"] => accept.json(&self.headers(request)?),
            ["eth", "v1", "beacon", "headers", id] => {
                let found = self.find_block(id)?;
                accept.json(&wrap(found.is_finalized, &header_json(&found)))
            }
            ["eth", "v1", "beacon", "blocks", id, "root"] => {
                let found = self.find_block(id)?;
                let data = json!({ "root": found.root.to_json() });
                accept.json(&wrap(found.is_finalized, &data))
            }
            ["eth", "v2", "beacon", "blocks", id] => {
                let found = self.find_block(id)?;
                accept.object(&*found.block, |data| wrap_versioned(found.is_finalized, data))
            }
            ["eth", "v1", "beacon", "states", id, what] => self.state(accept, request, id, what),
            ["eth", "v2", "debug", "beacon", "states", id] => {
                let (state, is_finalized) = self.find_state(id)?;
                accept.object(&*state, |data| wrap_versioned(is_finalized, data))
            }
            ["eth", "v2", "debug", "beacon", "heads"] => accept.json(&self.chain_heads()?),
            ["eth", "v1", "beacon", "light_client", rest @ ..] => {
                self.light_client(accept, request, rest)
            }
            ["eth", "v1", "config", what] => self.configuration(accept, what),
            ["eth", "v1", "node", what] => self.node_status(accept, what),
            ["causeway", "v1", "beacon", "evidence"] => self.evidence_reply(accept),
            _ => Err(ApiError::not_found("Not found")),
        }
    }

    fn genesis_json(&self) -> Value {
        let [(_, version), ..] = FORK_VERSIONS;
        json!({ "data": {
            "genesis_time": self.genesis().genesis_time.to_json(),
            "genesis_validators_root": self.genesis().genesis_validators_root.to_json(),
            "genesis_fork_version": version.to_json(),
        }})
    }

    fn configuration(&self, accept: Accept, what: &str) -> Reply {
        let genesis = self.genesis();
        let count = to_u64(genesis.validators.len());
        match what {
            "spec" => accept.json(&spec::spec(self.config(), genesis.genesis_time, count)),
            "fork_schedule" => accept.json(&spec::fork_schedule()),
            "deposit_contract" => {
                let chain_id = self.config().chain_id.to_json();
                let address = Address::ZERO.to_json();
                accept.json(&json!({ "data": { "chain_id": chain_id, "address": address } }))
            }
            _ => Err(ApiError::not_found("Not found")),
        }
    }

    fn node_status(&self, accept: Accept, what: &str) -> Reply {
        let node = self.answering()?;
        match what {
            "version" => accept.json(&json!({ "data": { "version": PROGRAM } })),
            "health" => Ok(Response::new(200, "application/json", Vec::new())),
            "syncing" => {
                let head = node.block(&node.head()).map_or(0, |block| block.message.slot);
                let distance = node.choice().slot().saturating_sub(head);
                accept.json(&json!({ "data": {
                    "head_slot": head.to_json(),
                    "sync_distance": distance.to_json(),
                    "is_syncing": false,
                    "is_optimistic": false,
                    "el_offline": false,
                }}))
            }
            "peer_count" => {
                let (running, all) = self.participants();
                let connected = u64::from(running.saturating_sub(1));
                let disconnected = u64::from(all.saturating_sub(running));
                accept.json(&json!({ "data": {
                    "disconnected": disconnected.to_json(),
                    "connecting": "0",
                    "connected": connected.to_json(),
                    "disconnecting": "0",
                }}))
            }
            _ => Err(ApiError::not_found("Not found")),
        }
    }

    /// `/eth/v1/beacon/headers?slot=&parent_root=`: by default the head's.
    fn headers(&self, request: &Request) -> Result<Value, ApiError> {
        let node = self.answering()?;
        let number = |text: String| {
            let invalid = || ApiError::bad_request(format!("Invalid slot: {text}"));
            text.parse::<u64>().map_err(|_| invalid())
        };
        let slot = events::parameter(request, "slot").map(number).transpose()?;
        let parent = events::parameter(request, "parent_root");
        let parent = parent
            .map(|text| {
                let invalid = || ApiError::bad_request(format!("Invalid parent root: {text}"));
                ids::root(&text).ok_or_else(invalid)
            })
            .transpose()?;
        let roots = if slot.is_none() && parent.is_none() {
            vec![node.head()]
        } else {
            let matches = |(_, entry): &(&B256, &Entry)| {
                slot.is_none_or(|slot| entry.slot() == slot)
                    && parent.is_none_or(|parent| entry.parent() == parent)
            };
            let recent = node.choice().tree.iter().filter(matches).map(|(root, _)| *root);
            let archived = slot.and_then(|slot| node.archive().at(slot));
            let mut roots: Vec<_> = recent.chain(archived).collect();
            roots.sort_unstable();
            roots.dedup();
            roots
        };
        let found: Vec<Found> =
            roots.into_iter().filter_map(|root| self.found(node, root)).collect();
        let fits = |found: &&Found| parent.is_none_or(|p| found.block.message.parent_root == p);
        let is_finalized = found.iter().all(|found| found.is_finalized);
        let data: Value = found.iter().filter(fits).map(header_json).collect();
        Ok(wrap(is_finalized, &data))
    }

    /// `/eth/v1/beacon/states/{id}/…`.
    fn state(&self, accept: Accept, request: &Request, id: &str, what: &str) -> Reply {
        let (state, is_finalized) = self.find_state(id)?;
        let data = match what {
            "finality_checkpoints" => json!({
                "previous_justified": state.previous_justified_checkpoint.to_json(),
                "current_justified": state.current_justified_checkpoint.to_json(),
                "finalized": state.finalized_checkpoint.to_json(),
            }),
            "fork" => state.fork.to_json(),
            "root" => json!({ "root": state.tree_root().to_json() }),
            "sync_committees" => sync_committees(&state, request)?,
            _ => return Err(ApiError::not_found("Not found")),
        };
        accept.json(&wrap(is_finalized, &data))
    }

    /// `/eth/v2/debug/beacon/heads`: the blocks that nothing builds on.
    fn chain_heads(&self) -> Result<Value, ApiError> {
        let tree = &self.answering()?.choice().tree;
        let parents: BTreeSet<B256> = tree.iter().map(|(_, entry)| entry.parent()).collect();
        let heads = tree.iter().filter(|(root, _)| !parents.contains(*root));
        let head = |(root, entry): (&B256, &Entry)| {
            let slot = entry.slot().to_json();
            json!({ "root": root.to_json(), "slot": slot, "execution_optimistic": false })
        };
        Ok(json!({ "data": heads.map(head).collect::<Value>() }))
    }
}

/// `{execution_optimistic, finalized, data}`.
fn wrap(is_finalized: bool, data: &Value) -> Value {
    json!({ "execution_optimistic": false, "finalized": is_finalized, "data": data })
}

/// The same, with the fork.
fn wrap_versioned(is_finalized: bool, data: &Value) -> Value {
    let mut body = wrap(is_finalized, data);
    if let Some(fields) = body.as_object_mut() {
        fields.insert("version".into(), VERSION.into());
    }
    body
}

/// A header with its signature and root.
fn header_json(found: &Found) -> Value {
    json!({
        "root": found.root.to_json(),
        "canonical": found.is_canonical,
        "header": {
            "message": found.block.message.header().to_json(),
            "signature": found.block.signature.to_json(),
        },
    })
}

/// The committee of an epoch, by validators' indices; the state knows its own period and the next.
fn sync_committees(state: &BeaconState, request: &Request) -> Result<Value, ApiError> {
    let invalid = || ApiError::bad_request("Invalid epoch");
    let epoch = match events::parameter(request, "epoch") {
        Some(text) => text.parse().map_err(|_| invalid())?,
        None => state.current_epoch(),
    };
    let period = period_of(start_slot(epoch));
    let committee: &SyncCommittee = match period.checked_sub(period_of(state.slot)) {
        Some(0) => &state.current_sync_committee,
        Some(1) => &state.next_sync_committee,
        _ => return Err(ApiError::bad_request("Epoch is outside the sync committee periods")),
    };
    let position =
        |key: &BlsPubkey| state.validators.iter().position(|validator| validator.pubkey == *key);
    let indices: Vec<Value> = committee
        .pubkeys
        .iter()
        .filter_map(position)
        .map(|index| to_u64(index).to_json())
        .collect();
    let aggregates: Vec<Value> =
        indices.chunks(SUBCOMMITTEE_SIZE).map(|seats| seats.iter().cloned().collect()).collect();
    Ok(json!({ "validators": indices, "validator_aggregates": aggregates }))
}
