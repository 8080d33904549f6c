//! Bitcoin Core's JSON-RPC, as a function from a request to a response.

mod methods;
#[cfg(test)]
mod tests;
mod values;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use causeway_chain::{Method, Request, Response};
use causeway_core::Timestamp;
use serde_json::{Map, Value, json};

use crate::Miners;

/// Calls in one batch.
const MAX_BATCH: usize = 1000;

/// What a method refuses with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RpcError {
    code: i64,
    message: String,
}

impl RpcError {
    pub(crate) const MISUSE: i64 = -1;
    pub(crate) const TYPE: i64 = -3;
    pub(crate) const NOT_FOUND: i64 = -5;
    pub(crate) const PARAMETER: i64 = -8;
    pub(crate) const DECODE: i64 = -22;
    pub(crate) const VERIFY: i64 = -25;
    pub(crate) const REJECTED: i64 = -26;
    pub(crate) const IN_CHAIN: i64 = -27;
    const INVALID_REQUEST: i64 = -32600;
    const METHOD_NOT_FOUND: i64 = -32601;
    const PARSE: i64 = -32700;

    pub(crate) fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    fn status(&self) -> u16 {
        match self.code {
            Self::INVALID_REQUEST => 400,
            Self::METHOD_NOT_FOUND => 404,
            _ => 500,
        }
    }

    fn to_value(&self) -> Value {
        json!({ "code": self.code, "message": self.message })
    }
}

/// Which of the two JSON-RPC versions a call is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    /// No version, or 1.0: result and error are both there, and errors have a status of their own.
    Legacy,
    /// 2.0: result or error, always with status 200.
    Second,
}

/// Answers a request on behalf of the participant that serves. `credentials` are the accepted
/// `user:password` pairs; with none, everybody may ask.
pub(crate) fn respond(
    miners: &mut Miners,
    credentials: &[String],
    request: &Request,
    now: Timestamp,
) -> Response {
    if request.method != Method::Post {
        return text(405, "JSONRPC server handles only POST requests");
    }
    if !is_authorized(credentials, request) {
        return text(401, "").with_header("www-authenticate", "Basic realm=\"jsonrpc\"");
    }
    if request.path != "/" {
        return text(404, "");
    }
    match serde_json::from_slice(&request.body) {
        Ok(Value::Array(calls)) if calls.len() > MAX_BATCH => {
            let reason = format!("{} calls, at most {MAX_BATCH} are answered", calls.len());
            failure(&RpcError::new(RpcError::INVALID_REQUEST, reason))
        }
        Ok(Value::Array(calls)) => batch(miners, &calls, now),
        Ok(call) => single(miners, &call, now),
        Err(_) => failure(&RpcError::new(RpcError::PARSE, "Parse error")),
    }
}

fn text(status: u16, body: &str) -> Response {
    Response::new(status, "text/plain", body)
}

fn is_authorized(credentials: &[String], request: &Request) -> bool {
    let given = request
        .header("authorization")
        .and_then(|field| field.strip_prefix("Basic "))
        .and_then(|encoded| STANDARD.decode(encoded.trim()).ok());
    credentials.is_empty()
        || credentials.iter().any(|pair| given.as_deref() == Some(pair.as_bytes()))
}

fn failure(error: &RpcError) -> Response {
    let body = json!({ "result": null, "error": error.to_value(), "id": null });
    Response::json(error.status(), body.to_string())
}

fn single(miners: &mut Miners, call: &Value, now: Timestamp) -> Response {
    let (dialect, outcome) = execute(miners, call, now);
    let status = match (&outcome, dialect) {
        (Err(error), Dialect::Legacy) => error.status(),
        _ => 200,
    };
    match answer(dialect, call.get("id"), outcome) {
        Some(body) => Response::json(status, body.to_string()),
        None => Response::new(204, "application/json", ""),
    }
}

/// Errors are inside; a batch of notifications alone has no answer.
fn batch(miners: &mut Miners, calls: &[Value], now: Timestamp) -> Response {
    let mut answers = Vec::new();
    for call in calls {
        let (dialect, outcome) = execute(miners, call, now);
        answers.extend(answer(dialect, call.get("id"), outcome));
    }
    if answers.is_empty() && !calls.is_empty() {
        return Response::new(204, "application/json", "");
    }
    Response::json(200, Value::Array(answers).to_string())
}

fn answer(dialect: Dialect, id: Option<&Value>, outcome: Result<Value, RpcError>) -> Option<Value> {
    let mut fields = Map::new();
    let (result, error) = match outcome {
        Ok(result) => (result, Value::Null),
        Err(error) => (Value::Null, error.to_value()),
    };
    if dialect == Dialect::Second {
        // A call without an id is a notification.
        id?;
        fields.insert("jsonrpc".into(), "2.0".into());
    }
    if dialect == Dialect::Legacy || error.is_null() {
        fields.insert("result".into(), result);
    }
    if dialect == Dialect::Legacy || !error.is_null() {
        fields.insert("error".into(), error);
    }
    if let Some(id) = id {
        fields.insert("id".into(), id.clone());
    }
    Some(Value::Object(fields))
}

fn execute(
    miners: &mut Miners,
    call: &Value,
    now: Timestamp,
) -> (Dialect, Result<Value, RpcError>) {
    let invalid = |reason: &str| Err(RpcError::new(RpcError::INVALID_REQUEST, reason));
    let dialect = match call.get("jsonrpc").map(Value::as_str) {
        None | Some(Some("1.0")) => Dialect::Legacy,
        Some(Some("2.0")) => Dialect::Second,
        _ => return (Dialect::Legacy, invalid("JSON-RPC version not supported")),
    };
    if !call.is_object() {
        return (dialect, invalid("Invalid Request object"));
    }
    let Some(method) = call.get("method").and_then(Value::as_str) else {
        return (dialect, invalid("Missing method"));
    };
    (dialect, run(miners, method, call.get("params"), now))
}

fn run(
    miners: &mut Miners,
    method: &str,
    params: Option<&Value>,
    now: Timestamp,
) -> Result<Value, RpcError> {
    let known = methods::METHODS.iter().find(|(name, _)| *name == method);
    let Some((_, names)) = known else {
        return Err(RpcError::new(RpcError::METHOD_NOT_FOUND, "Method not found"));
    };
    let params = positional(names, params)?;
    if params.len() > names.len() {
        return Err(RpcError::new(RpcError::MISUSE, format!("{method} {}", names.join(" "))));
    }
    methods::run(miners, method, &params, now)
}

/// Parameters in the order of their names; `args` holds the first ones of a mixed call.
fn positional(names: &[&str], params: Option<&Value>) -> Result<Vec<Value>, RpcError> {
    match params {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(values)) => Ok(values.clone()),
        Some(Value::Object(fields)) => {
            let first = fields.get("args").and_then(Value::as_array);
            let mut values = first.cloned().unwrap_or_default();
            for (name, value) in fields.iter().filter(|(name, _)| *name != "args") {
                let unknown = || {
                    RpcError::new(RpcError::PARAMETER, format!("Unknown named parameter {name}"))
                };
                let place = names.iter().position(|own| own == name).ok_or_else(unknown)?;
                while values.len() <= place {
                    values.push(Value::Null);
                }
                if let Some(slot) = values.get_mut(place) {
                    *slot = value.clone();
                }
            }
            Ok(values)
        }
        Some(_) => {
            Err(RpcError::new(RpcError::INVALID_REQUEST, "Params must be an array or object"))
        }
    }
}
