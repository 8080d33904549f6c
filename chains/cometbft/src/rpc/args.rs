//! Parameters of a method, from a JSON object or array, or from a URI.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use causeway_wire_cometbft::rpc::{RpcError, code};
use serde_json::Value;

/// The most parameters that are read from a URI.
const MAX_PARAMS: usize = 16;

/// What a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A whole number, as a number or as text.
    Int,
    Bool,
    Text,
    /// Bytes: base64 in JSON.
    Bytes,
    /// Bytes: hexadecimal in JSON.
    Hex,
    /// Any JSON.
    Json,
}

#[derive(Clone, Debug, PartialEq)]
enum Arg {
    Int(i64),
    Bool(bool),
    Text(String),
    Bytes(Vec<u8>),
    Json(Value),
}

/// The parameters of one call, in the method's order; those left out are not there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Args(Vec<Option<Arg>>);

/// The parameters of a method: names and kinds in order.
pub(super) type Params = &'static [(&'static str, Kind)];

fn invalid(reason: impl core::fmt::Display) -> RpcError {
    let data = format!("error converting json params to arguments: {reason}");
    RpcError::new(code::INVALID_PARAMS, data)
}

impl Args {
    /// From JSON: by name, or in order and then all of them.
    pub(super) fn from_json(params: Params, value: &Value) -> Result<Self, RpcError> {
        let read = |(value, (name, kind)): (Option<&Value>, &(&str, Kind))| match value {
            None | Some(Value::Null) => Ok(None),
            Some(value) => from_json(*kind, value)
                .map(Some)
                .ok_or_else(|| invalid(format!("{name} is not of the kind that is wanted"))),
        };
        let args: Result<Vec<_>, _> = match value {
            Value::Null => params.iter().map(|param| read((None, param))).collect(),
            Value::Object(fields) => {
                params.iter().map(|param| read((fields.get(param.0), param))).collect()
            }
            Value::Array(list) if list.len() == params.len() => {
                list.iter().map(Some).zip(params).map(read).collect()
            }
            Value::Array(list) => {
                let names: Vec<_> = params.iter().map(|(name, _)| *name).collect();
                let (wanted, got) = (params.len(), list.len());
                let reason = format!("expected {wanted} parameters ({names:?}), got {got}");
                return Err(invalid(reason));
            }
            _ => return Err(invalid("neither an object nor an array")),
        };
        args.map(Self)
    }

    /// From the query of a URI.
    pub(super) fn from_uri(params: Params, query: &str) -> Result<Self, RpcError> {
        let pairs: Vec<_> = query
            .split('&')
            .take(MAX_PARAMS)
            .filter_map(|pair| pair.split_once('='))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let read = |(name, kind): &(&str, Kind)| {
            let found = pairs.iter().find(|(key, _)| key == name);
            found
                .map(|(_, value)| {
                    percent_decoded(value)
                        .and_then(|text| from_uri(*kind, &text))
                        .ok_or_else(|| invalid(format!("{name} is not of the kind that is wanted")))
                })
                .transpose()
        };
        params.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    fn get(&self, index: usize) -> Option<&Arg> {
        self.0.get(index)?.as_ref()
    }

    pub(super) fn int(&self, index: usize) -> Option<i64> {
        match self.get(index) {
            Some(Arg::Int(number)) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn is_true(&self, index: usize) -> bool {
        matches!(self.get(index), Some(Arg::Bool(true)))
    }

    pub(super) fn text(&self, index: usize) -> &str {
        match self.get(index) {
            Some(Arg::Text(text)) => text,
            _ => "",
        }
    }

    pub(super) fn bytes(&self, index: usize) -> &[u8] {
        match self.get(index) {
            Some(Arg::Bytes(bytes)) => bytes,
            _ => &[],
        }
    }

    pub(super) fn json(&self, index: usize) -> Option<&Value> {
        match self.get(index) {
            Some(Arg::Json(value)) => Some(value),
            _ => None,
        }
    }
}

fn from_json(kind: Kind, value: &Value) -> Option<Arg> {
    match (kind, value) {
        (Kind::Int, Value::Number(number)) => number.as_i64().map(Arg::Int),
        (Kind::Int, Value::String(text)) => text.parse().ok().map(Arg::Int),
        (Kind::Bool, Value::Bool(value)) => Some(Arg::Bool(*value)),
        (Kind::Text, Value::String(text)) => Some(Arg::Text(text.clone())),
        (Kind::Bytes, Value::String(text)) => STANDARD.decode(text).ok().map(Arg::Bytes),
        (Kind::Hex, Value::String(text)) => {
            hex::decode(text.strip_prefix("0x").unwrap_or(text)).ok().map(Arg::Bytes)
        }
        (Kind::Json, value) => Some(Arg::Json(value.clone())),
        _ => None,
    }
}

/// Texts are in quotes; bytes are hexadecimal after `0x`, or the bytes of a text in quotes.
fn from_uri(kind: Kind, text: &str) -> Option<Arg> {
    let quoted = || serde_json::from_str::<String>(text).ok();
    let hex = || hex::decode(text.strip_prefix("0x")?).ok();
    match kind {
        Kind::Int => quoted().unwrap_or_else(|| text.to_owned()).parse().ok().map(Arg::Int),
        Kind::Bool => text.parse().ok().map(Arg::Bool),
        Kind::Text => {
            let from_hex = || hex().and_then(|bytes| String::from_utf8(bytes).ok());
            quoted().or_else(from_hex).map(Arg::Text)
        }
        Kind::Bytes | Kind::Hex => {
            hex().or_else(|| quoted().map(String::into_bytes)).map(Arg::Bytes)
        }
        Kind::Json => serde_json::from_str(text).ok().map(Arg::Json),
    }
}

/// `None` for what does not decode to text.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                bytes.extend(hex::decode(digits).ok()?);
            }
            b'+' => bytes.push(b' '),
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PARAMS: Params = &[
        ("height", Kind::Int),
        ("prove", Kind::Bool),
        ("query", Kind::Text),
        ("hash", Kind::Bytes),
        ("data", Kind::Hex),
    ];

    #[test]
    fn both_clients_and_people_are_understood() {
        let by_name =
            json!({"height": "5", "prove": true, "query": "a='b'", "hash": "AQI=", "data": "0102"});
        let in_order = json!([5, true, "a='b'", "AQI=", "0x0102"]);
        let uri = "height=5&prove=true&query=%22a%3D'b'%22&hash=0x0102&data=0x0102";
        for args in [
            Args::from_json(PARAMS, &by_name),
            Args::from_json(PARAMS, &in_order),
            Args::from_uri(PARAMS, uri),
        ] {
            let args = args.unwrap();
            assert_eq!((args.int(0), args.is_true(1), args.text(2)), (Some(5), true, "a='b'"));
            assert_eq!((args.bytes(3), args.bytes(4)), (&[1, 2][..], &[1, 2][..]));
        }
        let args = Args::from_uri(PARAMS, "hash=%22abc%22&height=%225%22").unwrap();
        assert_eq!((args.bytes(3), args.int(0)), (&b"abc"[..], Some(5)));
        let none = Args::from_json(PARAMS, &json!({"height": null})).unwrap();
        assert_eq!((none.int(0), none.text(2)), (None, ""));
    }

    #[test]
    fn what_is_of_another_kind_is_refused() {
        for value in [
            json!([5]),
            json!("5"),
            json!({"height": "x"}),
            json!({"hash": "&"}),
            json!({"prove": "true"}),
        ] {
            let error = Args::from_json(PARAMS, &value).unwrap_err();
            assert_eq!(error.code, code::INVALID_PARAMS, "{value}");
        }
        for uri in ["height=x", "query=bare", "hash=0xz", "query=%2", "query=%ff"] {
            Args::from_uri(PARAMS, uri).unwrap_err();
        }
    }
}
