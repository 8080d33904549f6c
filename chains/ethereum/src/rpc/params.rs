//! Parameters of a call, by position.

use causeway_wire_ethereum::AtMost;
use causeway_wire_ethereum::eth::RpcError;
use serde::Deserialize;
use serde_json::value::RawValue;

/// No method has more parameters.
const MAX_PARAMS: usize = 16;

/// The parameters that have not been read.
pub(super) struct Params<'a> {
    values: std::vec::IntoIter<&'a RawValue>,
    read: usize,
}

fn invalid(reason: impl Into<String>) -> RpcError {
    RpcError::new(RpcError::INVALID_PARAMS, reason)
}

impl<'a> Params<'a> {
    /// A list of parameters; none at all is an empty list.
    pub(super) fn new(params: Option<&'a RawValue>) -> Result<Self, RpcError> {
        let Some(text) = params.map(RawValue::get) else {
            return Ok(Self { values: Vec::new().into_iter(), read: 0 });
        };
        if !text.starts_with('[') {
            return Err(invalid("non-array args"));
        }
        let values = serde_json::from_str::<AtMost<&RawValue, MAX_PARAMS>>(text);
        let AtMost(values) = values.map_err(|_| invalid("too many arguments"))?;
        Ok(Self { values: values.into_iter(), read: 0 })
    }

    /// The next parameter, which must be there.
    pub(super) fn required<T: Deserialize<'a>>(&mut self) -> Result<T, RpcError> {
        let position = self.read;
        let missing = || invalid(format!("missing value for required argument {position}"));
        self.optional()?.ok_or_else(missing)
    }

    /// The next parameter, unless it is null or missing.
    pub(super) fn optional<T: Deserialize<'a>>(&mut self) -> Result<Option<T>, RpcError> {
        let position = self.read;
        self.read = self.read.saturating_add(1);
        let Some(value) = self.values.next().map(RawValue::get) else { return Ok(None) };
        serde_json::from_str(value).map_err(|error| {
            let reason = error.to_string();
            // Where in the parameter it is wrong says little, and nothing about the call.
            let reason = reason.split(" at line ").next().unwrap_or_default();
            invalid(format!("invalid argument {position}: {reason}"))
        })
    }

    /// There must be no more of them.
    pub(super) fn end(self) -> Result<(), RpcError> {
        if self.values.len() == 0 {
            return Ok(());
        }
        Err(invalid(format!("too many arguments, want at most {}", self.read)))
    }
}

#[cfg(test)]
mod tests {
    use causeway_wire_ethereum::eth::Hex;

    use super::*;

    fn read(text: &str) -> Result<(u64, Option<bool>), String> {
        let raw: Box<RawValue> = serde_json::from_str(text).unwrap();
        let read = || {
            let mut params = Params::new(Some(&raw))?;
            let both = (params.required::<Hex<u64>>()?.0, params.optional()?);
            params.end()?;
            Ok(both)
        };
        read().map_err(|error: RpcError| {
            assert_eq!(error.code, RpcError::INVALID_PARAMS);
            error.message
        })
    }

    #[test]
    fn parameters_are_read_by_position() {
        assert_eq!(read(r#"["0x1", true]"#), Ok((1, Some(true))));
        assert_eq!(read(r#"["0x1", null]"#), Ok((1, None)));
        assert_eq!(read(r#"["0x1"]"#), Ok((1, None)));
        let refused = [
            ("{}", "non-array args"),
            ("[]", "missing value for required argument 0"),
            ("[null]", "missing value for required argument 0"),
            (r#"["1"]"#, "invalid argument 0: hex string without 0x prefix"),
            (r#"["0x01"]"#, "invalid argument 0: hex number with leading zero digits"),
            (r#"["0x1",true,3]"#, "too many arguments, want at most 2"),
        ];
        for (text, reason) in refused {
            assert_eq!(read(text).unwrap_err(), reason);
        }
        assert!(read(r#"["0x1","yes"]"#).unwrap_err().starts_with("invalid argument 1: "));
    }
}
