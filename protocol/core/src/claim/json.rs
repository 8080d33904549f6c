//! The JSON form of a packet file.

use core::fmt;
use core::marker::PhantomData;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::{
    Acknowledgement, AcknowledgementCommitment, ClientId, DecodeError, MAX_PAYLOADS, Packet,
    PacketCommitment, Payload, PortId, Sequence,
};

use super::PacketClaim;

const WHAT: &str = "packet_file";

impl PacketClaim {
    /// Reads the JSON form. Unknown and repeated fields are refused, so that a misspelt expectation
    /// is not one that silently holds.
    pub fn from_json(bytes: &[u8]) -> Result<Self, DecodeError> {
        let file: File = serde_json::from_slice(bytes)
            .map_err(|error| DecodeError::new(WHAT, error.to_string()))?;
        let packet = Packet::try_from(file.packet)?;
        let acknowledgement = file.acknowledgements.map(|Few(answers)| {
            Acknowledgement::new(answers.into_iter().map(|Bytes(bytes)| bytes).collect())
        });
        let acknowledgement = acknowledgement.transpose()?;
        let Expect { commitment, ack_commitment } = file.expect.unwrap_or_default();
        if ack_commitment.is_some() && acknowledgement.is_none() {
            return Err(DecodeError::new(WHAT, "expect.ack_commitment without acknowledgements"));
        }
        Ok(Self {
            packet,
            acknowledgement,
            commitment: commitment.map(digest).transpose()?.map(PacketCommitment),
            ack_commitment: ack_commitment.map(digest).transpose()?.map(AcknowledgementCommitment),
        })
    }
}

fn digest(Bytes(bytes): Bytes) -> Result<[u8; 32], DecodeError> {
    let len = bytes.len();
    <[u8; 32]>::try_from(bytes)
        .map_err(|_| DecodeError::new(WHAT, format!("a commitment has 32 bytes, not {len}")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    packet: PacketJson,
    acknowledgements: Option<Few<Bytes>>,
    expect: Option<Expect>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    commitment: Option<Bytes>,
    ack_commitment: Option<Bytes>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PacketJson {
    sequence: Number,
    source_client: String,
    #[serde(alias = "destination_client")]
    dest_client: String,
    timeout_timestamp: Number,
    payloads: Few<PayloadJson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PayloadJson {
    source_port: String,
    #[serde(alias = "destination_port")]
    dest_port: String,
    version: String,
    encoding: String,
    value: Option<Bytes>,
    value_hex: Option<HexBytes>,
    value_base64: Option<Base64Bytes>,
}

/// A number, or the same number as a string.
struct Number(u64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct NumberVisitor;

        impl Visitor<'_> for NumberVisitor {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number below 2^64")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Number, E> {
                Ok(Number(number))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
                let number = text.parse::<u64>().map_err(E::custom)?;
                if number.to_string() == text {
                    Ok(Number(number))
                } else {
                    Err(E::custom("a sign or a leading zero"))
                }
            }
        }

        from.deserialize_any(NumberVisitor)
    }
}

/// A list of at most [`MAX_PAYLOADS`], of which no more is ever read: a file may have millions.
struct Few<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Few<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct FewVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for FewVisitor<T> {
            type Value = Few<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a list of at most {MAX_PAYLOADS}")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Few<T>, A::Error> {
                let mut few = Vec::new();
                while let Some(element) = list.next_element()? {
                    if few.len() == MAX_PAYLOADS {
                        return Err(A::Error::invalid_length(MAX_PAYLOADS + 1, &self));
                    }
                    few.push(element);
                }
                Ok(Few(few))
            }
        }

        from.deserialize_seq(FewVisitor(PhantomData))
    }
}

/// Hexadecimal text or, where it is not that, base64.
struct Bytes(Vec<u8>);
/// Hexadecimal text, with or without `0x`.
struct HexBytes(Vec<u8>);
/// Standard base64 with padding.
struct Base64Bytes(Vec<u8>);

fn from_hex(text: &str) -> Result<Vec<u8>, hex::FromHexError> {
    hex::decode(text.strip_prefix("0x").unwrap_or(text))
}

macro_rules! bytes_from_text {
    ($($name:ident: $decode:expr;)*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                $decode(text.as_str()).map(Self).map_err(Error::custom)
            }
        }
    )*};
}

bytes_from_text! {
    Bytes: |text| from_hex(text).or_else(|_| STANDARD.decode(text))
        .map_err(|_| "bytes are neither hexadecimal nor base64");
    HexBytes: from_hex;
    Base64Bytes: |text| STANDARD.decode(text);
}

impl TryFrom<PayloadJson> for Payload {
    type Error = DecodeError;

    fn try_from(json: PayloadJson) -> Result<Self, DecodeError> {
        let value = json.value.map(|Bytes(value)| value);
        let value_hex = json.value_hex.map(|HexBytes(value)| value);
        let value_base64 = json.value_base64.map(|Base64Bytes(value)| value);
        let mut values = [value, value_hex, value_base64].into_iter().flatten();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(DecodeError::new(WHAT, "a payload has exactly one value"));
        };
        Ok(Self {
            source_port: PortId::new(json.source_port)?,
            dest_port: PortId::new(json.dest_port)?,
            version: json.version,
            encoding: json.encoding,
            value,
        })
    }
}

impl TryFrom<PacketJson> for Packet {
    type Error = DecodeError;

    fn try_from(json: PacketJson) -> Result<Self, DecodeError> {
        let packet = Self {
            sequence: Sequence::new(json.sequence.0)
                .ok_or_else(|| DecodeError::new("packet", "sequence is zero"))?,
            source_client: ClientId::new(json.source_client)?,
            dest_client: ClientId::new(json.dest_client)?,
            timeout_timestamp: json.timeout_timestamp.0,
            payloads: json
                .payloads
                .0
                .into_iter()
                .map(Payload::try_from)
                .collect::<Result<_, _>>()?,
        };
        packet.validate()?;
        Ok(packet)
    }
}
