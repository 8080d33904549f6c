//! Asking a relayer's RPC.

use std::sync::atomic::{AtomicU64, Ordering};

use causeway_relayer_endpoints::{Api, Call, Transport, TransportError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::transport::{Address, HttpTransport, Login, TransportLimits};

const API: Api = Api(0);

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// There was no answer.
    #[error("the relayer does not answer: {0}")]
    Transport(#[from] TransportError),
    /// What answers is no relayer.
    #[error("what answers is no relayer of this version: {0}")]
    Nonsense(String),
    /// The relayer says no.
    #[error("{message}")]
    Refused {
        /// A stable name of the reason, where one is given.
        code: Option<String>,
        /// In words.
        message: String,
        /// What to do next, where it is said.
        next: Option<String>,
    },
}

#[derive(Deserialize)]
struct Answer {
    result: Option<Value>,
    error: Option<ErrorJson>,
}

#[derive(Deserialize)]
struct ErrorJson {
    message: String,
    #[serde(default)]
    data: ErrorData,
}

#[derive(Default, Deserialize)]
struct ErrorData {
    code: Option<String>,
    next: Option<String>,
}

/// Asks one relayer, over HTTP.
#[derive(Debug)]
pub struct RpcClient {
    transport: HttpTransport,
    next_id: AtomicU64,
}

impl RpcClient {
    /// A client of the relayer at an address; with a token, what changes something may be called.
    pub fn new(address: Address, token: Option<String>) -> Self {
        let login = token.map_or(Login::None, Login::Bearer);
        let addresses = vec![address.with_login(login)];
        let transport = HttpTransport::new([(API, addresses)], TransportLimits::default());
        Self { transport, next_id: AtomicU64::new(1) }
    }

    /// Calls a method. See [`super::types`] for what each takes and gives.
    pub async fn call<R: DeserializeOwned>(
        &self,
        method: &str,
        params: impl Serialize,
    ) -> Result<R, CallError> {
        let nonsense = |error: serde_json::Error| CallError::Nonsense(error.to_string());
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        let reply = self.transport.send(Call::post(API, request.to_string())).await?;
        if reply.status == 401 {
            let message = String::from_utf8_lossy(&reply.body).trim().to_owned();
            return Err(CallError::Refused { code: None, message, next: None });
        }
        let answer: Answer = serde_json::from_slice(&reply.body).map_err(nonsense)?;
        match answer.error {
            Some(ErrorJson { message, data: ErrorData { code, next } }) => {
                Err(CallError::Refused { code, message, next })
            }
            None => serde_json::from_value(answer.result.unwrap_or_default()).map_err(nonsense),
        }
    }
}
