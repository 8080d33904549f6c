//! Calls of a node's RPC, one at a time or several in one request.

use std::sync::Arc;

use causeway_client_bitcoin::{BlockHash, RawHeader};
use causeway_wire_bitcoin::rpc::{
    CallFailure, HeaderInfo, MethodCall, ReplyError, read_batch, read_reply,
};
use causeway_wire_bitcoin::state::{PacketEvents, StateProofs};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{RPC, nonsense};
use crate::{Call, EndpointError, Transport};

/// The most calls of one request; nodes take more.
const MAX_BATCH: usize = 500;

/// Bitcoin Core's code of what is not there.
pub(super) const NOT_FOUND: i64 = -5;

pub(super) struct Rpc {
    transport: Arc<dyn Transport>,
}

impl Rpc {
    pub(super) fn new(transport: Arc<dyn Transport>) -> Self {
        Self { transport }
    }

    async fn post(&self, method: &'static str, body: Vec<u8>) -> Result<Vec<u8>, EndpointError> {
        let reply = self.transport.send(Call::post(RPC, body)).await?;
        match reply.status {
            401 | 403 => Err(nonsense(method, &"the node refuses the credentials")),
            // Errors of calls have other codes than 200 in the older dialect.
            _ => Ok(reply.body),
        }
    }

    /// One call, with the node's own refusal if it gives one.
    pub(super) async fn try_call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Vec<Value>,
    ) -> Result<Result<T, CallFailure>, EndpointError> {
        let body = self.post(method, MethodCall::new(method, params).to_bytes()).await?;
        match read_reply(&body) {
            Ok(result) => Ok(Ok(result)),
            Err(ReplyError::Refused(failure)) => Ok(Err(failure)),
            Err(error) => Err(nonsense(method, &error)),
        }
    }

    /// One call; a refusal of the node is an error.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Vec<Value>,
    ) -> Result<T, EndpointError> {
        self.try_call(method, params).await?.map_err(|failure| missing(method, &failure))
    }

    /// The same method with different parameters; results in the same order.
    pub(super) async fn calls<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Vec<Vec<Value>>,
    ) -> Result<Vec<T>, EndpointError> {
        let calls: Vec<_> =
            params.into_iter().map(|params| MethodCall::new(method, params)).collect();
        let mut results = Vec::with_capacity(calls.len());
        for calls in calls.chunks(MAX_BATCH) {
            let body = self.post(method, MethodCall::batch(calls)).await?;
            let answers: Vec<T> = match read_batch(&body) {
                Ok(answers) => answers,
                Err(ReplyError::Refused(failure)) => return Err(missing(method, &failure)),
                Err(error) => return Err(nonsense(method, &error)),
            };
            if answers.len() != calls.len() {
                let reason = format!("{} answers to {} calls", answers.len(), calls.len());
                return Err(nonsense(method, &reason));
            }
            results.extend(answers);
        }
        Ok(results)
    }

    pub(super) async fn hash_at(&self, height: u64) -> Result<String, EndpointError> {
        self.call("getblockhash", vec![json!(height)]).await
    }

    pub(super) async fn header(&self, hash: &str) -> Result<Option<HeaderInfo>, EndpointError> {
        match self.try_call("getblockheader", vec![json!(hash), json!(true)]).await? {
            Ok(header) => Ok(Some(header)),
            Err(failure) if failure.code == NOT_FOUND => Ok(None),
            Err(failure) => Err(missing("getblockheader", &failure)),
        }
    }

    /// The header at a height of the newest chain.
    pub(super) async fn header_at(&self, height: u64) -> Result<HeaderInfo, EndpointError> {
        let hash = self.hash_at(height).await?;
        self.header(&hash).await?.ok_or_else(|| nonsense("getblockheader", &"a block is gone"))
    }

    /// The headers of a range of heights of the newest chain, ascending.
    pub(super) async fn headers(
        &self,
        first: u64,
        last: u64,
    ) -> Result<Vec<RawHeader>, EndpointError> {
        let heights = (first..=last).map(|height| vec![json!(height)]).collect();
        let hashes: Vec<String> = self.calls("getblockhash", heights).await?;
        let params = hashes.into_iter().map(|hash| vec![json!(hash), json!(false)]).collect();
        let texts: Vec<String> = self.calls("getblockheader", params).await?;
        let header = |text: String| {
            let bytes = hex::decode(text).map_err(|error| nonsense("getblockheader", &error))?;
            let got = bytes.len();
            let header: Result<RawHeader, _> = bytes.try_into();
            header.map_err(|_| nonsense("getblockheader", &format!("{got} bytes, expected 80")))
        };
        texts.into_iter().map(header).collect()
    }

    /// The calls of a range of blocks.
    pub(super) async fn packet_events(
        &self,
        from: u64,
        to: u64,
    ) -> Result<PacketEvents, EndpointError> {
        let answer: Value = self.call("getpacketevents", vec![json!(from), json!(to)]).await?;
        PacketEvents::from_json(&answer).map_err(|error| nonsense("getpacketevents", &error))
    }

    /// What the state of a block has at keys, with proofs; of the tip, if no height is given.
    pub(super) async fn state_proofs(
        &self,
        keys: &[Vec<u8>],
        height: Option<u64>,
        is_batch: bool,
    ) -> Result<StateProofs, EndpointError> {
        let keys: Vec<_> = keys.iter().map(hex::encode).collect();
        let params = vec![json!(keys), json!(height), json!(is_batch)];
        let answer: Value = self.call("getstateproof", params).await?;
        let proofs =
            StateProofs::from_json(&answer).map_err(|error| nonsense("getstateproof", &error))?;
        let got = proofs.values.iter().map(|value| hex::encode(&value.key));
        if got.eq(keys) {
            return Ok(proofs);
        }
        Err(nonsense("getstateproof", &"other keys than those that were asked for"))
    }
}

pub(super) fn missing(method: &'static str, failure: &CallFailure) -> EndpointError {
    EndpointError::Missing { what: method, reason: failure.to_string() }
}

/// The block's name as the node's RPC has it.
pub(super) fn text(hash: &BlockHash) -> String {
    hash.to_string()
}
