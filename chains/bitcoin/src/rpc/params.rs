//! A call's parameters, by place or by name.

use core::str::FromStr;

use serde_json::Value;

use super::RpcError;

/// Parameters in the order of their names.
#[derive(Clone, Debug)]
pub(crate) struct Params<'m> {
    names: &'m [&'m str],
    values: Vec<Value>,
}

impl<'m> Params<'m> {
    /// Puts parameters in the order of their names; `args` holds the first ones of a mixed call.
    pub(super) fn new(names: &'m [&'m str], given: Option<&Value>) -> Result<Self, RpcError> {
        let values = match given {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(values)) => values.clone(),
            Some(Value::Object(fields)) => {
                let by_place = fields.get("args").and_then(Value::as_array);
                let mut values = by_place.cloned().unwrap_or_default();
                let first = values.len();
                for (name, value) in fields.iter().filter(|(name, _)| *name != "args") {
                    put(names, first, &mut values, name, value)?;
                }
                values
            }
            Some(_) => {
                let reason = "Params must be an array or object";
                return Err(RpcError::new(RpcError::INVALID_REQUEST, reason));
            }
        };
        Ok(Self { names, values })
    }

    /// True when there are more than names.
    pub(super) fn are_too_many(&self) -> bool {
        self.values.len() > self.names.len()
    }

    /// A parameter; `None` when it is missing or null.
    pub(crate) fn get(&self, at: usize) -> Option<&Value> {
        self.values.get(at).filter(|value| !value.is_null())
    }

    fn name(&self, at: usize) -> &str {
        self.names.get(at).copied().unwrap_or("parameter")
    }

    fn required(&self, at: usize) -> Result<&Value, RpcError> {
        let missing = || {
            let reason = format!("the parameter {} is missing", self.name(at));
            RpcError::new(RpcError::MISUSE, reason)
        };
        self.get(at).ok_or_else(missing)
    }

    /// A text.
    pub(crate) fn string(&self, at: usize) -> Result<&str, RpcError> {
        let value = self.required(at)?;
        value.as_str().ok_or_else(|| wrong_type(value, "string"))
    }

    /// A list.
    pub(crate) fn array(&self, at: usize) -> Result<&[Value], RpcError> {
        let value = self.required(at)?;
        value.as_array().map(Vec::as_slice).ok_or_else(|| wrong_type(value, "array"))
    }

    /// A whole number.
    pub(crate) fn integer(&self, at: usize) -> Result<i64, RpcError> {
        let value = self.required(at)?;
        value.as_i64().ok_or_else(|| wrong_type(value, "number"))
    }

    /// A whole number that may be left out.
    pub(crate) fn integer_or(&self, at: usize, default: i64) -> Result<i64, RpcError> {
        if self.get(at).is_some() { self.integer(at) } else { Ok(default) }
    }

    /// A flag that may be left out.
    pub(crate) fn flag_or(&self, at: usize, default: bool) -> Result<bool, RpcError> {
        match self.get(at) {
            None => Ok(default),
            Some(value) => value.as_bool().ok_or_else(|| wrong_type(value, "bool")),
        }
    }

    /// A level of detail from 0 to `most`; true and false stand for 1 and 0. A higher one is taken
    /// for the most, as nodes do it.
    pub(crate) fn level(&self, at: usize, default: i64, most: i64) -> Result<i64, RpcError> {
        match self.get(at) {
            Some(Value::Bool(flag)) => Ok(i64::from(*flag)),
            _ => self.integer_or(at, default).map(|level| level.clamp(0, most)),
        }
    }

    /// Bytes in hexadecimal digits; `reason` is what is said of anything else.
    pub(crate) fn bytes(&self, at: usize, reason: &str) -> Result<Vec<u8>, RpcError> {
        hex::decode(self.string(at)?).map_err(|_| RpcError::new(RpcError::DECODE, reason))
    }

    /// A hash.
    pub(crate) fn hash<T: FromStr>(&self, at: usize) -> Result<T, RpcError> {
        parse_hash(self.string(at)?, self.name(at))
    }
}

/// A hash in 64 hexadecimal digits.
pub(crate) fn parse_hash<T: FromStr>(text: &str, name: &str) -> Result<T, RpcError> {
    /// Digits of a hash.
    const LEN: usize = 64;
    let len = text.chars().count();
    if len != LEN {
        let shown: String = text.chars().take(LEN).collect();
        let reason = format!("{name} must be of length {LEN} (not {len}, for '{shown}')");
        return Err(RpcError::parameter(reason));
    }
    text.parse().map_err(|_| {
        RpcError::parameter(format!("{name} must be hexadecimal string (not '{text}')"))
    })
}

pub(crate) fn wrong_type(value: &Value, expected: &str) -> RpcError {
    let got = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let reason = format!("JSON value of type {got} is not of expected type {expected}");
    RpcError::new(RpcError::TYPE, reason)
}

/// Puts a named parameter at its place, behind the `first` ones that came by place.
fn put(
    names: &[&str],
    first: usize,
    values: &mut Vec<Value>,
    name: &str,
    value: &Value,
) -> Result<(), RpcError> {
    let place = names.iter().position(|own| *own == name);
    let place =
        place.ok_or_else(|| RpcError::parameter(format!("Unknown named parameter {name}")))?;
    if place < first {
        let reason =
            format!("Parameter {name} specified twice both as positional and named argument");
        return Err(RpcError::parameter(reason));
    }
    while values.len() <= place {
        values.push(Value::Null);
    }
    if let Some(slot) = values.get_mut(place) {
        *slot = value.clone();
    }
    Ok(())
}
