//! `google.protobuf.Any`, the envelope in which chains store and exchange client data.

use prost::Message;

use crate::{DecodeError, decode_protobuf};

/// A protobuf message together with the URL of its type.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct Any {
    /// `/` and the full name of the message type.
    #[prost(string, tag = "1")]
    pub type_url: String,
    /// The encoded message.
    #[prost(bytes = "vec", tag = "2")]
    pub value: Vec<u8>,
}

impl Any {
    /// The most bytes an envelope may have: a header of the largest supported family with room.
    pub const MAX_LEN: usize = 4 << 20;

    /// An envelope around `value`.
    pub fn new(type_url: impl Into<String>, value: Vec<u8>) -> Self {
        Self { type_url: type_url.into(), value }
    }

    /// Wraps an encodable message.
    pub fn pack(type_url: &str, message: &impl Message) -> Self {
        Self::new(type_url, message.encode_to_vec())
    }

    /// Decodes the envelope itself, in canonical form only.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_protobuf("any", bytes, Self::MAX_LEN)
    }

    /// Opens the envelope: the message inside, when it is of type `type_url` and canonical.
    pub fn unpack<M: Message + Default>(
        &self,
        what: &'static str,
        type_url: &str,
    ) -> Result<M, DecodeError> {
        if self.type_url != type_url {
            let reason = format!("type {:?}, expected {type_url:?}", self.type_url);
            return Err(DecodeError::new(what, reason));
        }
        decode_protobuf(what, &self.value, Self::MAX_LEN)
    }
}
