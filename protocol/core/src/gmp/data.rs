//! What a call says and what comes back, in each encoding.

use alloy_sol_types::SolValue;
use prost::Message;
use serde::{Deserialize, Serialize};

use super::{PORT, VERSION};
use crate::encoding::{from_json, to_json};
use crate::{DecodeError, Encoding, Payload, PortId, decode_protobuf};

/// The most bytes of a sender or a receiver.
pub const MAX_ACCOUNT_LEN: usize = 2048;
/// The most bytes of a salt.
pub const MAX_SALT_LEN: usize = 32;
/// The most bytes of a call's payload.
pub const MAX_PAYLOAD_LEN: usize = 32_768;
/// The most bytes of a memo.
pub const MAX_MEMO_LEN: usize = 32_768;
/// The most bytes of a result, a bound of ours: what goes there may come back.
pub const MAX_RESULT_LEN: usize = 32_768;

/// The most bytes of the data in any encoding. JSON writes a byte of text in up to six.
const MAX_DATA_LEN: usize = 512 * 1024;

const WHAT: &str = "gmp_data";
const ACKNOWLEDGEMENT: &str = "gmp_acknowledgement";

/// A call to the receiving chain, well formed: a sender, and everything within bounds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GmpPacketData(Wire);

/// The fields in the order of JSON, protobuf and ABI alike; empty ones are left out of the first
/// two.
#[derive(Clone, PartialEq, Eq, Hash, Message, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Wire {
    #[prost(string, tag = "1")]
    #[serde(skip_serializing_if = "String::is_empty")]
    sender: String,
    #[prost(string, tag = "2")]
    #[serde(skip_serializing_if = "String::is_empty")]
    receiver: String,
    #[prost(bytes = "vec", tag = "3")]
    #[serde(skip_serializing_if = "Vec::is_empty", with = "base64_text")]
    salt: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    #[serde(skip_serializing_if = "Vec::is_empty", with = "base64_text")]
    payload: Vec<u8>,
    #[prost(string, tag = "5")]
    #[serde(skip_serializing_if = "String::is_empty")]
    memo: String,
}

/// What a successful call gave back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GmpAcknowledgement(AcknowledgementWire);

#[derive(Clone, PartialEq, Eq, Hash, Message, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AcknowledgementWire {
    #[prost(bytes = "vec", tag = "1")]
    #[serde(skip_serializing_if = "Vec::is_empty", with = "base64_text")]
    result: Vec<u8>,
}

mod abi {
    alloy_sol_types::sol! {
        struct GmpPacketData {
            string sender;
            string receiver;
            bytes salt;
            bytes payload;
            string memo;
        }

        struct GmpAcknowledgement {
            bytes result;
        }
    }
}

impl GmpPacketData {
    /// Checks the bounds, and that there is a sender. The receiver may be empty.
    pub fn new(
        sender: impl Into<String>,
        receiver: impl Into<String>,
        salt: Vec<u8>,
        payload: Vec<u8>,
        memo: impl Into<String>,
    ) -> Result<Self, DecodeError> {
        let (sender, receiver, memo) = (sender.into(), receiver.into(), memo.into());
        Wire { sender, receiver, salt, payload, memo }.try_into()
    }

    /// Who calls, on the sending chain.
    pub fn sender(&self) -> &str {
        &self.0.sender
    }

    /// What is called, on the receiving chain; may be empty.
    pub fn receiver(&self) -> &str {
        &self.0.receiver
    }

    /// Which of the sender's accounts makes the call.
    pub fn salt(&self) -> &[u8] {
        &self.0.salt
    }

    /// What to do; may be empty.
    pub fn payload(&self) -> &[u8] {
        &self.0.payload
    }

    /// A remark for whoever reads it.
    pub fn memo(&self) -> &str {
        &self.0.memo
    }

    /// Encodes canonically.
    pub fn encode(&self, encoding: Encoding) -> Result<Vec<u8>, DecodeError> {
        match encoding {
            Encoding::Json => {
                to_json(&self.0).map_err(|error| DecodeError::new(WHAT, error.to_string()))
            }
            Encoding::Protobuf => Ok(self.0.encode_to_vec()),
            Encoding::Abi => Ok(abi::GmpPacketData::from(self.0.clone()).abi_encode()),
        }
    }

    /// A payload with this call, from one message passing application to another.
    pub fn to_payload(&self, encoding: Encoding) -> Result<Payload, DecodeError> {
        Ok(Payload {
            source_port: PortId::new(PORT)?,
            dest_port: PortId::new(PORT)?,
            version: VERSION.into(),
            encoding: encoding.as_str().into(),
            value: self.encode(encoding)?,
        })
    }

    /// Decodes well-formed data in canonical form only.
    pub fn decode(bytes: &[u8], encoding: Encoding) -> Result<Self, DecodeError> {
        check_len(WHAT, "data", bytes.len(), MAX_DATA_LEN)?;
        let wire: Wire = match encoding {
            Encoding::Json => from_json(WHAT, bytes)?,
            Encoding::Protobuf => decode_protobuf(WHAT, bytes, MAX_DATA_LEN)?,
            Encoding::Abi => decode_abi::<abi::GmpPacketData>(WHAT, bytes)?.into(),
        };
        wire.try_into()
    }
}

impl GmpAcknowledgement {
    /// An answer of at most [`MAX_RESULT_LEN`] bytes.
    pub fn new(result: Vec<u8>) -> Result<Self, DecodeError> {
        check_len(ACKNOWLEDGEMENT, "result", result.len(), MAX_RESULT_LEN)?;
        Ok(Self(AcknowledgementWire { result }))
    }

    /// What the call gave back.
    pub fn result(&self) -> &[u8] {
        &self.0.result
    }

    /// Encodes canonically, in the encoding of the call. Protobuf writes an empty result as no
    /// bytes at all, which is no acknowledgement: answer with something.
    pub fn encode(&self, encoding: Encoding) -> Result<Vec<u8>, DecodeError> {
        match encoding {
            Encoding::Json => to_json(&self.0)
                .map_err(|error| DecodeError::new(ACKNOWLEDGEMENT, error.to_string())),
            Encoding::Protobuf => Ok(self.0.encode_to_vec()),
            Encoding::Abi => {
                let result = self.0.result.clone().into();
                Ok(abi::GmpAcknowledgement { result }.abi_encode())
            }
        }
    }

    /// Decodes an answer in canonical form only.
    pub fn decode(bytes: &[u8], encoding: Encoding) -> Result<Self, DecodeError> {
        check_len(ACKNOWLEDGEMENT, "data", bytes.len(), MAX_DATA_LEN)?;
        let wire: AcknowledgementWire = match encoding {
            Encoding::Json => from_json(ACKNOWLEDGEMENT, bytes)?,
            Encoding::Protobuf => decode_protobuf(ACKNOWLEDGEMENT, bytes, MAX_DATA_LEN)?,
            Encoding::Abi => AcknowledgementWire {
                result: decode_abi::<abi::GmpAcknowledgement>(ACKNOWLEDGEMENT, bytes)?
                    .result
                    .to_vec(),
            },
        };
        Self::new(wire.result)
    }
}

/// Decodes one tuple, and refuses dirty padding, trailing bytes and shared or reordered tails.
fn decode_abi<T>(what: &'static str, bytes: &[u8]) -> Result<T, DecodeError>
where
    T: SolValue + From<<T::SolType as alloy_sol_types::SolType>::RustType>,
{
    let tuple = T::abi_decode(bytes).map_err(|error| DecodeError::new(what, error.to_string()))?;
    if tuple.abi_encode() != bytes {
        return Err(DecodeError::new(what, "not in canonical ABI form"));
    }
    Ok(tuple)
}

fn check_len(what: &'static str, field: &str, len: usize, most: usize) -> Result<(), DecodeError> {
    if len > most {
        let reason = format!("{field} has {len} bytes, at most {most} are allowed");
        return Err(DecodeError::new(what, reason));
    }
    Ok(())
}

impl TryFrom<Wire> for GmpPacketData {
    type Error = DecodeError;

    fn try_from(wire: Wire) -> Result<Self, DecodeError> {
        if wire.sender.trim().is_empty() {
            return Err(DecodeError::new(WHAT, "sender is blank"));
        }
        check_len(WHAT, "sender", wire.sender.len(), MAX_ACCOUNT_LEN)?;
        check_len(WHAT, "receiver", wire.receiver.len(), MAX_ACCOUNT_LEN)?;
        check_len(WHAT, "salt", wire.salt.len(), MAX_SALT_LEN)?;
        check_len(WHAT, "payload", wire.payload.len(), MAX_PAYLOAD_LEN)?;
        check_len(WHAT, "memo", wire.memo.len(), MAX_MEMO_LEN)?;
        Ok(Self(wire))
    }
}

impl From<Wire> for abi::GmpPacketData {
    fn from(wire: Wire) -> Self {
        let Wire { sender, receiver, salt, payload, memo } = wire;
        Self { sender, receiver, salt: salt.into(), payload: payload.into(), memo }
    }
}

impl From<abi::GmpPacketData> for Wire {
    fn from(tuple: abi::GmpPacketData) -> Self {
        let abi::GmpPacketData { sender, receiver, salt, payload, memo } = tuple;
        Self { sender, receiver, salt: salt.to_vec(), payload: payload.to_vec(), memo }
    }
}

/// Bytes in JSON: standard base64 with padding.
mod base64_text {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(from)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_round_trips() {
        let full = GmpPacketData::new("alice", "bob", vec![0; 32], vec![1, 2, 3], "<memo>");
        let bare = GmpPacketData::new("alice", "", vec![], vec![], "");
        for data in [full.unwrap(), bare.unwrap()] {
            for encoding in Encoding::ALL {
                let bytes = data.encode(encoding).unwrap();
                assert_eq!(GmpPacketData::decode(&bytes, encoding).unwrap(), data);
            }
        }
        for encoding in Encoding::ALL {
            let answer = GmpAcknowledgement::new(vec![7; 40]).unwrap();
            let bytes = answer.encode(encoding).unwrap();
            assert_eq!(GmpAcknowledgement::decode(&bytes, encoding).unwrap(), answer);
        }
    }

    #[test]
    fn json_has_base64_and_leaves_empty_fields_out() {
        let data = GmpPacketData::new("a", "", b"salt".to_vec(), vec![], "").unwrap();
        let json = data.encode(Encoding::Json).unwrap();
        assert_eq!(json, br#"{"sender":"a","salt":"c2FsdA=="}"#);
        let answer = GmpAcknowledgement::new(vec![1]).unwrap().encode(Encoding::Json).unwrap();
        assert_eq!(answer, br#"{"result":"AQ=="}"#);
    }

    #[test]
    fn the_longest_data_fits_every_encoding() {
        let memo = "\u{1}".repeat(MAX_MEMO_LEN);
        let payload = vec![0xff; MAX_PAYLOAD_LEN];
        let long = "\u{1}".repeat(MAX_ACCOUNT_LEN);
        let data = GmpPacketData::new(long.clone(), long, vec![9; 32], payload, memo).unwrap();
        for encoding in Encoding::ALL {
            GmpPacketData::decode(&data.encode(encoding).unwrap(), encoding).unwrap();
        }
    }
}
