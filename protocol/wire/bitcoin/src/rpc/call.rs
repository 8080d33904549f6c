//! Calls and replies of JSON-RPC, version 2.0, as a client sends and reads them.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// A method with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct MethodCall {
    /// The method.
    pub method: &'static str,
    /// Its parameters: an array by position, an object by name.
    pub params: Value,
}

/// A node refused a call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, thiserror::Error)]
#[error("{message} ({code})")]
pub struct CallFailure {
    /// Bitcoin Core's code.
    pub code: i64,
    /// Its reason.
    pub message: String,
}

/// Why a reply gives no result.
#[derive(Debug, thiserror::Error)]
pub enum ReplyError {
    /// The node refused.
    #[error(transparent)]
    Refused(#[from] CallFailure),
    /// The reply is none, or its result has another shape.
    #[error("the reply cannot be read: {0}")]
    Malformed(#[from] serde_json::Error),
    /// The reply is to another call.
    #[error("the reply is to call {got}, expected {expected}")]
    OtherCall {
        /// Its id.
        got: String,
        /// The call's.
        expected: String,
    },
}

#[derive(Debug, Deserialize)]
struct Reply<'r> {
    #[serde(borrow, default)]
    result: Option<&'r RawValue>,
    #[serde(default)]
    error: Option<CallFailure>,
    #[serde(default)]
    id: Value,
}

impl MethodCall {
    /// A call by position.
    pub fn new(method: &'static str, params: Vec<Value>) -> Self {
        Self { method, params: Value::Array(params) }
    }

    fn to_value(&self, id: usize) -> Value {
        json!({ "jsonrpc": "2.0", "id": id, "method": self.method, "params": self.params })
    }

    /// The body of a request for this call alone.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_value(0).to_string().into_bytes()
    }

    /// The body of a request for several calls; their replies are read by [`read_batch`].
    pub fn batch(calls: &[Self]) -> Vec<u8> {
        let calls = calls.iter().enumerate().map(|(id, call)| call.to_value(id));
        Value::Array(calls.collect()).to_string().into_bytes()
    }
}

/// The result in the body of a reply to one call, of either dialect.
pub fn read_reply<T: DeserializeOwned>(body: &[u8]) -> Result<T, ReplyError> {
    result_of(&serde_json::from_slice(body)?, 0)
}

/// The results in the body of a reply to several calls, in the order of the calls.
pub fn read_batch<T: DeserializeOwned>(body: &[u8]) -> Result<Vec<T>, ReplyError> {
    let replies: Vec<Reply<'_>> = serde_json::from_slice(body)?;
    replies.iter().enumerate().map(|(id, reply)| result_of(reply, id)).collect()
}

fn result_of<T: DeserializeOwned>(reply: &Reply<'_>, id: usize) -> Result<T, ReplyError> {
    if let Some(failure) = &reply.error {
        return Err(failure.clone().into());
    }
    if reply.id != json!(id) {
        let (got, expected) = (reply.id.to_string(), id.to_string());
        return Err(ReplyError::OtherCall { got, expected });
    }
    let result = reply.result.map_or("null", RawValue::get);
    Ok(serde_json::from_str(result)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_of_both_dialects_are_read() {
        for body in
            [r#"{"result":7,"error":null,"id":0}"#, r#"{"jsonrpc":"2.0","result":7,"id":0}"#]
        {
            assert_eq!(read_reply::<u64>(body.as_bytes()).unwrap(), 7);
            assert!(matches!(read_reply::<String>(body.as_bytes()), Err(ReplyError::Malformed(_))));
        }
        let nothing = br#"{"result":null,"error":null,"id":0}"#;
        assert_eq!(read_reply::<Option<u64>>(nothing).unwrap(), None);
        let refused = br#"{"result":null,"error":{"code":-5,"message":"no"},"id":0}"#;
        let Err(ReplyError::Refused(failure)) = read_reply::<u64>(refused) else { panic!() };
        assert_eq!(failure.code, -5);
        let other = br#"{"result":7,"error":null,"id":1}"#;
        assert!(matches!(read_reply::<u64>(other), Err(ReplyError::OtherCall { .. })));
        assert!(read_reply::<u64>(b"<html>").is_err());
    }

    #[test]
    fn batches_keep_their_order() {
        let calls =
            [MethodCall::new("getblockhash", vec![json!(1)]), MethodCall::new("uptime", vec![])];
        let sent: Value = serde_json::from_slice(&MethodCall::batch(&calls)).unwrap();
        assert_eq!((&sent[0]["params"], &sent[1]["id"]), (&json!([1]), &json!(1)));
        let replies = br#"[{"result":1,"id":0},{"result":2,"id":1}]"#;
        assert_eq!(read_batch::<u64>(replies).unwrap(), [1, 2]);
        let swapped = br#"[{"result":1,"id":1},{"result":2,"id":0}]"#;
        assert!(read_batch::<u64>(swapped).is_err());
        let one: Value = serde_json::from_slice(&calls[1].to_bytes()).unwrap();
        assert_eq!(one["method"], "uptime");
    }
}
