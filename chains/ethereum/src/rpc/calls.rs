//! JSON-RPC 2.0: calls, batches, and their answers.

use causeway_wire_ethereum::AtMost;
use causeway_wire_ethereum::eth::RpcError;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// Calls in one batch.
const MAX_BATCH: usize = 1000;

/// What the answers of one batch may weigh together; further calls are refused.
const MAX_BATCH_ANSWER_LEN: usize = 25_000_000;

/// One call, read as far as every method has it.
#[derive(Deserialize)]
struct Call<'a> {
    jsonrpc: Option<String>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    method: Option<String>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
}

/// `null` is a value here, and no member is something else.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Answers a text that holds a call or a batch; `None` if there is nothing to say, because it held
/// notifications alone.
pub(super) fn answer(
    text: &[u8],
    mut run: impl FnMut(&str, Option<&RawValue>) -> Result<Value, RpcError>,
) -> Option<String> {
    let is_batch = text.trim_ascii_start().starts_with(b"[");
    if !is_batch {
        return match serde_json::from_slice::<&RawValue>(text) {
            Ok(call) => one(call, &mut run),
            Err(_) => Some(failure(None, &parse_error())),
        };
    }
    // What is JSON but too long is told apart from what is no JSON.
    let calls = match serde_json::from_slice::<AtMost<&RawValue, MAX_BATCH>>(text) {
        Ok(AtMost(calls)) => calls,
        Err(error) if error.is_data() => {
            return Some(failure(None, &invalid_request("batch too large")));
        }
        Err(_) => return Some(failure(None, &parse_error())),
    };
    if calls.is_empty() {
        return Some(failure(None, &invalid_request("empty batch")));
    }
    let mut answers: Vec<String> = Vec::new();
    let mut len = 0_usize;
    for call in calls {
        let mut bounded = |method: &str, params: Option<&RawValue>| {
            if len > MAX_BATCH_ANSWER_LEN {
                return Err(RpcError::new(RpcError::TOO_LARGE, "response too large"));
            }
            run(method, params)
        };
        if let Some(answer) = one(call, &mut bounded) {
            len = len.saturating_add(answer.len());
            answers.push(answer);
        }
    }
    (!answers.is_empty()).then(|| format!("[{}]", answers.join(",")))
}

fn one(
    text: &RawValue,
    run: &mut impl FnMut(&str, Option<&RawValue>) -> Result<Value, RpcError>,
) -> Option<String> {
    let Ok(call) = serde_json::from_str::<Call>(text.get()) else {
        return Some(failure(None, &invalid_request("invalid request")));
    };
    let id = call.id.filter(|id| !id.get().starts_with(['{', '[']));
    let (Some("2.0"), Some(method)) = (call.jsonrpc.as_deref(), &call.method) else {
        return Some(failure(id, &invalid_request("invalid request")));
    };
    if call.id.is_some() && id.is_none() {
        return Some(failure(None, &invalid_request("invalid request")));
    }
    let outcome = run(method, call.params);
    // Without an id it is a notification: nobody waits for an answer.
    let id = id?;
    Some(match outcome {
        Ok(result) => format!(r#"{{"jsonrpc":"2.0","id":{},"result":{result}}}"#, id.get()),
        Err(error) => failure(Some(id), &error),
    })
}

fn failure(id: Option<&RawValue>, error: &RpcError) -> String {
    let id = id.map_or("null", RawValue::get);
    format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{}}}"#, json!(error))
}

fn parse_error() -> RpcError {
    RpcError::new(RpcError::PARSE, "parse error")
}

fn invalid_request(reason: &str) -> RpcError {
    RpcError::new(RpcError::INVALID_REQUEST, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(text: &str) -> Option<String> {
        answer(text.as_bytes(), |method, params| match method {
            "echo" => Ok(params.map_or(Value::Null, |params| params.get().into())),
            _ => Err(RpcError::new(RpcError::METHOD_NOT_FOUND, "no")),
        })
    }

    fn error_code(text: &str) -> i64 {
        let answer: Value = serde_json::from_str(&answered(text).unwrap()).unwrap();
        assert_eq!(answer["jsonrpc"], "2.0");
        assert!(answer.get("result").is_none());
        answer["error"]["code"].as_i64().unwrap()
    }

    #[test]
    fn a_call_is_answered_under_its_id() {
        for id in ["1", "\"a\"", "null", "1.50"] {
            let call = format!(r#" {{"jsonrpc":"2.0","id":{id},"method":"echo","params":[1]}}"#);
            let expected = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":"[1]"}}"#);
            assert_eq!(answered(&call).unwrap(), expected);
        }
        assert_eq!(error_code(r#"{"jsonrpc":"2.0","id":1,"method":"other"}"#), -32601);
    }

    #[test]
    fn what_is_no_call_is_refused_by_its_kind() {
        for text in ["", "{", "[", "[1", "\u{1}", "{\"a\":1} 2"] {
            assert_eq!(error_code(text), RpcError::PARSE, "{text}");
        }
        let no_calls = [
            "1",
            "\"call\"",
            "{}",
            "[]",
            r#"{"jsonrpc":"1.0","id":1,"method":"echo"}"#,
            r#"{"id":1,"method":"echo"}"#,
            r#"{"jsonrpc":"2.0","id":1}"#,
            r#"{"jsonrpc":"2.0","id":{},"method":"echo"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":1}"#,
        ];
        for text in no_calls {
            assert_eq!(error_code(text), RpcError::INVALID_REQUEST, "{text}");
        }
        let most = format!("[{}]", vec!["1"; MAX_BATCH].join(","));
        let answers: Vec<Value> = serde_json::from_str(&answered(&most).unwrap()).unwrap();
        assert_eq!(answers.len(), MAX_BATCH);
        let more = format!("[{}]", vec!["1"; MAX_BATCH + 1].join(","));
        assert_eq!(error_code(&more), RpcError::INVALID_REQUEST);
    }

    #[test]
    fn notifications_are_not_answered() {
        let notification = r#"{"jsonrpc":"2.0","method":"echo"}"#;
        assert_eq!(answered(notification), None);
        assert_eq!(answered(&format!("[{notification},{notification}]")), None);
        let call = r#"{"jsonrpc":"2.0","id":7,"method":"echo"}"#;
        let both = answered(&format!("[{notification},{call}, 3]")).unwrap();
        let answers: Vec<Value> = serde_json::from_str(&both).unwrap();
        assert_eq!(answers.len(), 2);
        assert_eq!((&answers[0]["id"], &answers[1]["error"]["code"]), (&json!(7), &json!(-32600)));
    }
}
