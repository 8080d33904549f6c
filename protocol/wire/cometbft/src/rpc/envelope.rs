//! JSON-RPC 2.0.

use causeway_core::DecodeError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::from_json;

/// Numbers of errors, as JSON-RPC and CometBFT use them.
pub mod code {
    /// The body is no JSON.
    pub const PARSE: i64 = -32700;
    /// It is JSON, but no request.
    pub const INVALID_REQUEST: i64 = -32600;
    /// There is no such method.
    pub const METHOD_NOT_FOUND: i64 = -32601;
    /// The parameters are not the method's.
    pub const INVALID_PARAMS: i64 = -32602;
    /// The method failed; why is in the data.
    pub const INTERNAL: i64 = -32603;
    /// A subscription ended.
    pub const SERVER: i64 = -32000;
}

/// What a client names its request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Id {
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
}

/// One call, as a client writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// `2.0`.
    pub jsonrpc: String,
    /// What the answer is to carry; none for a call that wants no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// The method.
    pub method: String,
    /// The parameters, by name or in order.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub params: Value,
}

impl Call {
    /// A call with parameters by name.
    pub fn new(id: i64, method: &str, params: Value) -> Self {
        let id = Some(Id::Number(id));
        Self { jsonrpc: "2.0".to_owned(), id, method: method.to_owned(), params }
    }
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message} ({code}): {data}")]
pub struct RpcError {
    /// The number, one of [`code`].
    pub code: i64,
    /// What the number means.
    #[serde(default)]
    pub message: String,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub data: String,
}

impl RpcError {
    /// An error with the message that belongs to its number.
    pub fn new(code: i64, data: impl Into<String>) -> Self {
        let message = match code {
            code::PARSE => "Parse error. Invalid JSON",
            code::INVALID_REQUEST => "Invalid Request",
            code::METHOD_NOT_FOUND => "Method not found",
            code::INVALID_PARAMS => "Invalid params",
            code::INTERNAL => "Internal error",
            _ => "Server error",
        };
        Self { code, message: message.to_owned(), data: data.into() }
    }
}

/// One answer: a result or an error.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer<T> {
    /// `2.0`.
    pub jsonrpc: String,
    /// The call's id; none where the call could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// What the method gave.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub result: Option<T>,
    /// Why there is no result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RpcError>,
}

const fn none<T>() -> Option<T> {
    None
}

impl<T: DeserializeOwned> Answer<T> {
    /// Reads an answer.
    pub fn from_json(json: &[u8]) -> Result<Self, DecodeError> {
        from_json("rpc_answer", json)
    }

    /// Reads the answers to a batch.
    pub fn list_from_json(json: &[u8]) -> Result<Vec<Self>, DecodeError> {
        from_json("rpc_answers", json)
    }
}

impl<T> Answer<T> {
    /// An answer of the one or the other kind.
    pub fn new(id: Option<Id>, result: Result<T, RpcError>) -> Self {
        let (result, error) = match result {
            Ok(result) => (Some(result), None),
            Err(error) => (None, Some(error)),
        };
        Self { jsonrpc: "2.0".to_owned(), id, result, error }
    }

    /// The result, or why there is none.
    pub fn into_result(self) -> Result<T, RpcError> {
        match (self.result, self.error) {
            (_, Some(error)) => Err(error),
            (Some(result), None) => Ok(result),
            (None, None) => Err(RpcError::new(code::INTERNAL, "neither result nor error")),
        }
    }
}

impl Answer<Box<RawValue>> {
    /// The text of the answer.
    pub fn to_json(&self) -> Vec<u8> {
        // A raw value is text already, and the rest of the answer has no way to fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}
