//! `/eth/v1/beacon/light_client/…`, and the evidence that a fault gives away.

use causeway_chain::Request;
use serde_json::Value;

use super::reply::{Accept, ApiError, versioned};
use super::{Reply, events, ids, spec};
use crate::beacon::chain::BeaconChain;
use crate::beacon::genesis::FORK_VERSIONS;
use crate::beacon::types::{ForkData, LightClientUpdate};
use crate::engine::ExecutionEngine;
use crate::ssz::Ssz;

/// `MAX_REQUEST_LIGHT_CLIENT_UPDATES`.
const MAX_UPDATES: u64 = 128;

impl<E: ExecutionEngine> BeaconChain<E> {
    pub(super) fn light_client(&self, accept: Accept, request: &Request, rest: &[&str]) -> Reply {
        let light = self.answering()?.light();
        match rest {
            ["bootstrap", root] => {
                let invalid = || ApiError::bad_request("Invalid block root value");
                let root = ids::root(root).ok_or_else(invalid)?;
                let missing = || ApiError::not_found("LC bootstrap unavailable");
                accept.object(light.bootstrap(&root).ok_or_else(missing)?, versioned)
            }
            ["updates"] => self.updates(accept, request),
            ["finality_update"] => {
                let missing = || ApiError::not_found("LC finality update unavailable");
                accept.object(light.finality().ok_or_else(missing)?, versioned)
            }
            ["optimistic_update"] => {
                let missing = || ApiError::not_found("LC optimistic update unavailable");
                accept.object(light.optimistic().ok_or_else(missing)?, versioned)
            }
            _ => Err(ApiError::not_found("Not found")),
        }
    }

    /// Best updates of consecutive periods: a bare array, or chunks of length, digest and object.
    fn updates(&self, accept: Accept, request: &Request) -> Reply {
        let light = self.answering()?.light();
        let start = number(request, "start_period")?;
        let count = number(request, "count")?.min(MAX_UPDATES);
        let periods = start..start.saturating_add(count);
        let updates: Vec<&LightClientUpdate> =
            periods.map_while(|period| light.best(period)).collect();
        let json = || {
            let updates = updates.iter().map(|update| versioned(&update.to_json()));
            updates.collect::<Value>()
        };
        accept.bytes_or_json(|| self.chunks(&updates), json)
    }

    fn chunks(&self, updates: &[&LightClientUpdate]) -> Vec<u8> {
        let [.., (_, current_version)] = FORK_VERSIONS;
        let genesis_validators_root = self.genesis().genesis_validators_root;
        let root = ForkData { current_version, genesis_validators_root }.tree_root();
        let digest = spec::fork_digest(root.0);
        let chunk = |update: &&LightClientUpdate| {
            let object = crate::ssz::Encode::as_ssz_bytes(*update);
            [spec::chunk_len(&object).as_slice(), digest.as_slice(), &object].concat()
        };
        updates.iter().flat_map(chunk).collect()
    }

    /// What a dishonest committee signed.
    pub(super) fn evidence_reply(&self, accept: Accept) -> Reply {
        let missing = || ApiError::not_found("No committee has contradicted itself");
        accept.object(self.evidence().ok_or_else(missing)?, versioned)
    }
}

/// A number that the query must have.
fn number(request: &Request, name: &str) -> Result<u64, ApiError> {
    let missing = || ApiError::bad_request(format!("Missing `{name}` value"));
    let text = events::parameter(request, name).ok_or_else(missing)?;
    let invalid = || match name {
        "start_period" => ApiError::bad_request("Invalid sync committee period requested"),
        _ => ApiError::bad_request(format!("Invalid {name}: {text}")),
    };
    text.parse().map_err(|_| invalid())
}
