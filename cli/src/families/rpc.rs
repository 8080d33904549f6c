//! JSON-RPC 2.0 over a transport, one call at a time.

use causeway_relayer_daemon::transport::HttpTransport;
use causeway_relayer_endpoints::{Api, Call, Transport};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::ClientError;

/// The error of an answer.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RpcError {
    /// The server's code.
    pub(crate) code: i64,
    /// The server's words.
    pub(crate) message: String,
    /// More words.
    #[serde(default)]
    pub(crate) data: Value,
}

impl RpcError {
    /// Message and data.
    pub(crate) fn reason(&self) -> String {
        match self.data.as_str() {
            Some(data) if !data.is_empty() => format!("{}: {data}", self.message),
            _ => self.message.clone(),
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    result: Value,
    #[serde(default)]
    error: Option<RpcError>,
}

/// Calls a method; the inner error is the server's refusal.
pub(crate) async fn call<T: DeserializeOwned>(
    transport: &HttpTransport,
    api: Api,
    method: &str,
    params: Value,
) -> Result<Result<T, RpcError>, ClientError> {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let reply = transport.send(Call::post(api, body.to_string())).await?;
    let nonsense = |reason: String| ClientError::nonsense(method, reason);
    let answer: Answer = serde_json::from_slice(&reply.body)
        .map_err(|error| nonsense(format!("status {}: {error}", reply.status)))?;
    match answer {
        Answer { error: Some(error), .. } => Ok(Err(error)),
        Answer { result, .. } => match serde_json::from_value(result) {
            Ok(result) => Ok(Ok(result)),
            Err(error) => Err(nonsense(error.to_string())),
        },
    }
}

/// Calls a method that a healthy server does not refuse.
pub(crate) async fn ask<T: DeserializeOwned>(
    transport: &HttpTransport,
    api: Api,
    method: &str,
    params: Value,
) -> Result<T, ClientError> {
    call(transport, api, method, params)
        .await?
        .map_err(|error| ClientError::Node { method: method.into(), reason: error.reason() })
}
