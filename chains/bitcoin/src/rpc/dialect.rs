//! The two versions of JSON-RPC, and the outermost shape of calls and answers.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Reply, RpcError};

/// Which of the two JSON-RPC versions a call is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// No version, or 1.0: result and error are both there, and errors have a status of their own.
    Legacy,
    /// 2.0: result or error, always with status 200.
    Second,
}

/// What a call asks for.
#[derive(Clone, Debug)]
pub(super) struct Call<'c> {
    pub(super) method: &'c str,
    pub(super) params: Option<&'c Value>,
}

impl Dialect {
    /// The dialect of a call; one that is broken is answered as the older one.
    pub(super) fn of(call: &Value) -> Self {
        match call.get("jsonrpc").and_then(Value::as_str) {
            Some("2.0") => Self::Second,
            _ => Self::Legacy,
        }
    }

    /// The text that answers a call; `None` for a notification.
    pub(super) fn answer(
        self,
        id: Option<&Value>,
        outcome: &Result<Reply, RpcError>,
    ) -> Option<Reply> {
        let mut fields = Map::new();
        if self == Self::Second {
            // A call without an id is a notification.
            id?;
            fields.insert("jsonrpc".into(), "2.0".into());
        }
        match outcome {
            Err(error) => {
                fields.insert("error".into(), error.to_value());
                if self == Self::Legacy {
                    fields.insert("result".into(), Value::Null);
                }
            }
            Ok(_) if self == Self::Legacy => {
                fields.insert("error".into(), Value::Null);
            }
            Ok(_) => (),
        }
        if let Some(id) = id {
            fields.insert("id".into(), id.clone());
        }
        let text = with_result(&fields, outcome.as_ref().ok());
        RawValue::from_string(text).ok()
    }
}

/// The object with these fields and the result, whose numbers stay as they were written.
fn with_result(fields: &Map<String, Value>, result: Option<&Reply>) -> String {
    let mut parts = Vec::new();
    if let Some(result) = result {
        parts.push(format!("\"result\":{}", result.get()));
    }
    parts.extend(fields.iter().map(|(name, value)| format!("\"{name}\":{value}")));
    format!("{{{}}}", parts.join(","))
}

/// Takes a call apart.
pub(super) fn read_call(call: &Value) -> Result<Call<'_>, RpcError> {
    let invalid = |reason: &str| Err(RpcError::new(RpcError::INVALID_REQUEST, reason));
    if !call.is_object() {
        return invalid("Invalid Request object");
    }
    if !matches!(call.get("jsonrpc").map(Value::as_str), None | Some(Some("1.0" | "2.0"))) {
        return invalid("JSON-RPC version not supported");
    }
    match call.get("method") {
        Some(Value::String(method)) => Ok(Call { method, params: call.get("params") }),
        Some(_) => invalid("Method must be a string"),
        None => invalid("Missing method"),
    }
}
