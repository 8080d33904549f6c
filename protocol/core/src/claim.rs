//! A packet written down in a file, with what somebody says about it: what `causeway verify packet`
//! judges.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer};

use crate::{
    Acknowledgement, AcknowledgementCommitment, Audit, ClientId, DecodeError, Packet,
    PacketCommitment, Payload, PortId, Sequence, refusals,
};

const WHAT: &str = "packet_file";

/// A well-formed packet, perhaps its answer, and perhaps the hashes they are said to have.
///
/// As JSON: `{"packet": {"sequence", "source_client", "dest_client", "timeout_timestamp",
/// "payloads": [{"source_port", "dest_port", "version", "encoding", "value"}]},
/// "acknowledgements": [bytes], "expect": {"commitment": bytes, "ack_commitment": bytes}}`.
///
/// Bytes are hexadecimal, with or without `0x`, or base64 where they are not hexadecimal;
/// `value_hex` and `value_base64` in place of `value` leave no doubt. Numbers may be strings, and
/// `destination_client` and `destination_port` are understood, as protobuf JSON writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacketClaim {
    /// The packet.
    pub packet: Packet,
    /// What the destination answered.
    pub acknowledgement: Option<Acknowledgement>,
    /// What the source is said to keep of the packet.
    pub commitment: Option<PacketCommitment>,
    /// What the destination is said to keep of the answer.
    pub ack_commitment: Option<AcknowledgementCommitment>,
}

/// What is said of the packet is not so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// ICS-04 v2: the source keeps another hash for this packet.
    #[error("the packet's commitment is {got}, not {expected}")]
    PacketCommitmentMismatch {
        /// The commitment, hex.
        got: String,
        /// What it is said to be, hex.
        expected: String,
    },
    /// ICS-04 v2: the destination keeps another hash for this answer.
    #[error("the acknowledgement's commitment is {got}, not {expected}")]
    AckCommitmentMismatch {
        /// The commitment, hex.
        got: String,
        /// What it is said to be, hex.
        expected: String,
    },
    /// ICS-04 v2: a success has one answer for each payload.
    #[error("{got} answers to {expected} payloads")]
    AckCountMismatch {
        /// Answers.
        got: usize,
        /// Payloads.
        expected: usize,
    },
}

refusals! {
    ClaimError {
        PacketCommitmentMismatch { got, expected } => "packet_commitment_mismatch", Reject;
        AckCommitmentMismatch { got, expected } => "ack_commitment_mismatch", Reject;
        AckCountMismatch { got, expected } => "ack_count_mismatch", Reject;
    }
}

impl PacketClaim {
    /// Reads the JSON form. Unknown and repeated fields are refused, so that a misspelt expectation
    /// is not one that silently holds.
    pub fn from_json(bytes: &[u8]) -> Result<Self, DecodeError> {
        let file: File = serde_json::from_slice(bytes)
            .map_err(|error| DecodeError::new(WHAT, error.to_string()))?;
        let packet = Packet::try_from(file.packet)?;
        let acknowledgement = file.acknowledgements.map(|answers| {
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

    /// Checks everything that is said against the packet and the answer themselves.
    pub fn verify(&self, audit: &mut impl Audit) -> Result<(), ClaimError> {
        let commitment = self.packet.commitment();
        if let Some(said) = self.commitment {
            let (got, expected) = (hex::encode(commitment.0), hex::encode(said.0));
            if got != expected {
                return Err(ClaimError::PacketCommitmentMismatch { got, expected });
            }
            audit.passed("packet_commitment", || got);
        }
        let Some(acknowledgement) = &self.acknowledgement else { return Ok(()) };
        let got = acknowledgement.app_acknowledgements().len();
        let expected = self.packet.payloads.len();
        if !acknowledgement.is_error() && got != expected {
            return Err(ClaimError::AckCountMismatch { got, expected });
        }
        audit.passed("ack_count", || format!("{got} answers to {expected} payloads"));
        if let Some(said) = self.ack_commitment {
            let (got, expected) =
                (hex::encode(acknowledgement.commitment().0), hex::encode(said.0));
            if got != expected {
                return Err(ClaimError::AckCommitmentMismatch { got, expected });
            }
            audit.passed("ack_commitment", || got);
        }
        Ok(())
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
    acknowledgements: Option<Vec<Bytes>>,
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
    payloads: Vec<PayloadJson>,
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
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Number(u64),
    Text(String),
}

impl Number {
    fn value(self, field: &str) -> Result<u64, DecodeError> {
        match self {
            Self::Number(number) => Ok(number),
            Self::Text(text) => {
                text.parse().map_err(|_| DecodeError::new(WHAT, format!("{field} is not a number")))
            }
        }
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
                $decode(text.as_str()).map(Self).map_err(serde::de::Error::custom)
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
            sequence: Sequence::new(json.sequence.value("sequence")?)
                .ok_or_else(|| DecodeError::new("packet", "sequence is zero"))?,
            source_client: ClientId::new(json.source_client)?,
            dest_client: ClientId::new(json.dest_client)?,
            timeout_timestamp: json.timeout_timestamp.value("timeout_timestamp")?,
            payloads: json.payloads.into_iter().map(Payload::try_from).collect::<Result<_, _>>()?,
        };
        packet.validate()?;
        Ok(packet)
    }
}
