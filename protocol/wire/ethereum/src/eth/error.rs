//! Errors of JSON-RPC, with the codes that Ethereum's servers use.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The error member of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message} ({code})")]
pub struct RpcError {
    /// What kind of error; servers disagree on many, so classify by the message as well.
    pub code: i64,
    /// For people, and for clients that tell errors apart by it.
    pub message: String,
    /// More about it: the revert's bytes in hexadecimal with [`RpcError::REVERTED`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

impl RpcError {
    /// Execution was reverted.
    pub const REVERTED: i64 = 3;
    /// Anything the server refuses on its own account.
    pub const SERVER: i64 = -32000;
    /// The answer would be too large.
    pub const TOO_LARGE: i64 = -32003;
    /// More was asked for than one call may have.
    pub const LIMIT: i64 = -32005;
    /// The call is no call.
    pub const INVALID_REQUEST: i64 = -32600;
    /// There is no such method.
    pub const METHOD_NOT_FOUND: i64 = -32601;
    /// A parameter is missing, wrong, or one too many.
    pub const INVALID_PARAMS: i64 = -32602;
    /// The text is not JSON.
    pub const PARSE: i64 = -32700;

    /// An error without data.
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }
}
