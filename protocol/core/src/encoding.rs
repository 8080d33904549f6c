//! The three forms in which applications write their data, and the canonical form of JSON.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::ser::{CompactFormatter, Formatter};

use crate::{DecodeError, Payload};

/// How a payload's value is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// JSON.
    Json,
    /// Protocol buffers.
    Protobuf,
    /// The contract ABI: one tuple.
    Abi,
}

impl Encoding {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Json, Self::Protobuf, Self::Abi];

    /// The name in a payload.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Protobuf => "application/x-protobuf",
            Self::Abi => "application/x-solidity-abi",
        }
    }

    /// The encoding that a payload names, if it is one of these.
    pub fn of(payload: &Payload) -> Option<Self> {
        Self::ALL.into_iter().find(|encoding| encoding.as_str() == payload.encoding)
    }
}

/// Canonical JSON: no white space, fields in order, and the characters that Go's `encoding/json`
/// escapes written as it writes them, since deployed chains compare with its output.
pub(crate) fn to_json(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, HtmlSafe);
    value.serialize(&mut serializer)?;
    Ok(bytes)
}

/// Reads canonical JSON and nothing else.
pub(crate) fn from_json<T: Serialize + DeserializeOwned>(
    what: &'static str,
    bytes: &[u8],
) -> Result<T, DecodeError> {
    let malformed = |error: serde_json::Error| DecodeError::new(what, error.to_string());
    let value = serde_json::from_slice(bytes).map_err(malformed)?;
    if to_json(&value).map_err(malformed)? != bytes {
        return Err(DecodeError::new(what, "not in canonical JSON form"));
    }
    Ok(value)
}

/// Escapes what could end a script element, and the two line separators of Unicode.
struct HtmlSafe;

impl Formatter for HtmlSafe {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let is_escaped = |c: char| matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}');
        for part in fragment.split_inclusive(is_escaped) {
            let Some(plain) = part.strip_suffix(is_escaped) else {
                CompactFormatter.write_string_fragment(writer, part)?;
                continue;
            };
            CompactFormatter.write_string_fragment(writer, plain)?;
            if let Some(escaped) = part.chars().next_back() {
                write!(writer, "\\u{:04x}", u32::from(escaped))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_escaped_as_deployed_chains_escape_it() {
        let text = "a<b>&\u{2028}\u{2029}\"\\\n\u{8}\u{c}\u{1f}\u{7f}é/";
        let expected = "\"a\\u003cb\\u003e\\u0026\\u2028\\u2029\\\"\\\\\\n\\b\\f\\u001f\u{7f}é/\"";
        assert_eq!(String::from_utf8(to_json(&text).unwrap()).unwrap(), expected);
    }

    #[test]
    fn json_in_any_other_form_is_refused() {
        assert_eq!(from_json::<String>("text", br#""\u003c""#).unwrap(), "<");
        for bytes in [&br#""<""#[..], br#" "a""#, br#""a" "#, br#""\u0061""#, b"\"\xff\""] {
            from_json::<String>("text", bytes).unwrap_err();
        }
    }
}
