//! Strict decoding: what is not canonical is refused.

use prost::Message;

/// Bytes or text that are not what they claim to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed {what}: {reason}")]
pub struct DecodeError {
    what: &'static str,
    reason: String,
}

impl DecodeError {
    /// `what` names the object, in `snake_case`; `reason` says what is wrong with it.
    pub fn new(what: &'static str, reason: impl Into<String>) -> Self {
        Self { what, reason: reason.into() }
    }

    /// The object that did not decode, in `snake_case`.
    pub fn what(&self) -> &'static str {
        self.what
    }

    /// What is wrong with it.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// Decodes a protobuf message of at most `max_len` bytes and refuses every encoding but the one
/// that `encode` gives: unknown, repeated or reordered fields, written-out defaults, over-long
/// varints.
pub fn decode_protobuf<M: Message + Default>(
    what: &'static str,
    bytes: &[u8],
    max_len: usize,
) -> Result<M, DecodeError> {
    if bytes.len() > max_len {
        let reason = format!("{} bytes, at most {max_len} are allowed", bytes.len());
        return Err(DecodeError::new(what, reason));
    }
    let message = M::decode(bytes).map_err(|error| DecodeError::new(what, error.to_string()))?;
    if message.encode_to_vec() != bytes {
        return Err(DecodeError::new(what, "not in canonical protobuf form"));
    }
    Ok(message)
}
