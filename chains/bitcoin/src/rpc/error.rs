//! What a method refuses with: Bitcoin Core's codes.

use serde_json::{Value, json};

/// A code and a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RpcError {
    pub(super) code: i64,
    pub(super) message: String,
}

impl RpcError {
    /// Used wrongly: parameters are missing or too many.
    pub(crate) const MISUSE: i64 = -1;
    /// A parameter of another type.
    pub(crate) const TYPE: i64 = -3;
    /// No such block, transaction or address.
    pub(crate) const NOT_FOUND: i64 = -5;
    /// A parameter out of range or form.
    pub(crate) const PARAMETER: i64 = -8;
    /// Bytes that do not decode.
    pub(crate) const DECODE: i64 = -22;
    /// A transaction or header that cannot be judged or is above the caller's own limit.
    pub(crate) const VERIFY: i64 = -25;
    /// A transaction that breaks a rule.
    pub(crate) const REJECTED: i64 = -26;
    /// A transaction whose outputs exist already.
    pub(crate) const IN_CHAIN: i64 = -27;
    pub(super) const INVALID_REQUEST: i64 = -32600;
    pub(super) const METHOD_NOT_FOUND: i64 = -32601;
    pub(super) const INTERNAL: i64 = -32603;
    pub(super) const PARSE: i64 = -32700;

    pub(crate) fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(Self::NOT_FOUND, message)
    }

    pub(crate) fn parameter(message: impl Into<String>) -> Self {
        Self::new(Self::PARAMETER, message)
    }

    /// The HTTP status that goes with it in the older dialect.
    pub(super) fn status(&self) -> u16 {
        match self.code {
            Self::INVALID_REQUEST => 400,
            Self::METHOD_NOT_FOUND => 404,
            _ => 500,
        }
    }

    pub(super) fn to_value(&self) -> Value {
        json!({ "code": self.code, "message": self.message })
    }
}
