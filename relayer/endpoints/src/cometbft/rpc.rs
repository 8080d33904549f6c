//! Calls of a node's RPC, one at a time or several in one request.

use std::sync::Arc;

use causeway_wire_cometbft::rpc::{
    AbciQuery, AbciQueryResponse, Answer, Call as RpcCall, Id, RpcError,
};
use prost::Message;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{IBC_STORE, nonsense};
use crate::{Api, Call, EndpointError, Transport};

/// The most calls of one request: nodes refuse more (`max_request_batch_size`).
const MAX_BATCH: usize = 10;

/// The two kinds of result of a call that was answered.
pub(super) type Answered<T> = Result<T, RpcError>;

pub(super) struct Rpc {
    transport: Arc<dyn Transport>,
    api: Api,
    path: String,
}

impl Rpc {
    /// The node at a path of one of the transport's APIs.
    pub(super) fn new(transport: Arc<dyn Transport>, api: Api, path: String) -> Self {
        Self { transport, api, path }
    }

    /// Another node that the same transport leads to.
    pub(super) fn beside(&self, api: Api, path: String) -> Self {
        Self::new(Arc::clone(&self.transport), api, path)
    }

    pub(super) fn transport(&self) -> &dyn Transport {
        self.transport.as_ref()
    }

    /// One call; an error that the node answers is an error.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<T, EndpointError> {
        self.try_call(method, params).await?.map_err(|error| missing(method, &error))
    }

    /// One call, with the node's own error if it answers one.
    pub(super) async fn try_call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<Answered<T>, EndpointError> {
        let body = self.post(&RpcCall::new(0, method, params)).await?;
        let answer = Answer::from_json(&body).map_err(|error| nonsense(method, &error))?;
        Ok(answer.into_result())
    }

    /// The same method with different parameters; results in the same order.
    pub(super) async fn calls<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Vec<Value>,
    ) -> Result<Vec<T>, EndpointError> {
        let mut results = Vec::with_capacity(params.len());
        for params in params.chunks(MAX_BATCH) {
            // One answer to a batch comes without its list.
            if let [params] = params {
                results.push(self.call(method, params.clone()).await?);
            } else {
                results.extend(self.batch(method, params).await?);
            }
        }
        Ok(results)
    }

    async fn batch<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: &[Value],
    ) -> Result<Vec<T>, EndpointError> {
        let numbered = (0_i64..).zip(params);
        let calls: Vec<_> =
            numbered.map(|(id, params)| RpcCall::new(id, method, params.clone())).collect();
        let body = self.post(&calls).await?;
        let answers =
            Answer::<T>::list_from_json(&body).map_err(|error| nonsense(method, &error))?;
        if answers.len() != calls.len() {
            let reason = format!("{} answers to {} calls", answers.len(), calls.len());
            return Err(nonsense(method, &reason));
        }
        let in_order = (0_i64..).zip(answers).map(|(id, answer)| {
            if answer.id == Some(Id::Number(id)) {
                answer.into_result().map_err(|error| missing(method, &error))
            } else {
                Err(nonsense(method, &format!("answer {id} of a batch has id {:?}", answer.id)))
            }
        });
        in_order.collect()
    }

    async fn post(&self, body: &impl serde::Serialize) -> Result<Vec<u8>, EndpointError> {
        let body = serde_json::to_vec(body).map_err(|error| nonsense("request", &error))?;
        let call = Call { path: self.path.clone(), ..Call::post(self.api, body) };
        let reply = self.transport.send(call).await?;
        if reply.status == 200 {
            return Ok(reply.body);
        }
        Err(nonsense("rpc", &format!("HTTP status {}", reply.status)))
    }

    /// Asks a service of the application, by the newest state.
    pub(super) async fn ask<A: Message + Default>(
        &self,
        path: &'static str,
        question: &impl Message,
    ) -> Result<A, EndpointError> {
        self.ask_at(0, path, question).await
    }

    /// Asks a service of the application, by the state after the block of `height`; zero for the
    /// newest.
    pub(super) async fn ask_at<A: Message + Default>(
        &self,
        height: u64,
        path: &'static str,
        question: &impl Message,
    ) -> Result<A, EndpointError> {
        let response = self.try_ask_at(height, path, question).await?;
        if response.code.0 == 0 {
            return A::decode(response.value.0.as_slice()).map_err(|error| nonsense(path, &error));
        }
        Err(EndpointError::Missing { what: path, reason: response.log })
    }

    /// Asks a service of the application, with its own error if it answers one.
    pub(super) async fn try_ask(
        &self,
        path: &'static str,
        question: &impl Message,
    ) -> Result<AbciQueryResponse, EndpointError> {
        self.try_ask_at(0, path, question).await
    }

    async fn try_ask_at(
        &self,
        height: u64,
        path: &'static str,
        question: &impl Message,
    ) -> Result<AbciQueryResponse, EndpointError> {
        let params = query(path, &question.encode_to_vec(), height, false);
        Ok(self.call::<AbciQuery>("abci_query", params).await?.response)
    }

    /// What the store of the message core has at keys, after the block of `height`; zero for the
    /// newest state.
    pub(super) async fn store(
        &self,
        keys: &[Vec<u8>],
        height: u64,
        prove: bool,
    ) -> Result<Vec<AbciQueryResponse>, EndpointError> {
        let path = format!("/store/{IBC_STORE}/key");
        let params = keys.iter().map(|key| query(&path, key, height, prove)).collect();
        let answers: Vec<AbciQuery> = self.calls("abci_query", params).await?;
        let found = |answer: AbciQuery| match answer.response.code.0 {
            0 => Ok(answer.response),
            _ => Err(EndpointError::Missing { what: "state", reason: answer.response.log }),
        };
        answers.into_iter().map(found).collect()
    }
}

fn query(path: &str, data: &[u8], height: u64, prove: bool) -> Value {
    let data = hex::encode(data);
    json!({ "path": path, "data": data, "height": height.to_string(), "prove": prove })
}

fn missing(method: &'static str, error: &RpcError) -> EndpointError {
    EndpointError::Missing { what: method, reason: error.to_string() }
}
