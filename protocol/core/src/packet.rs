//! Packets, payloads and acknowledgements (ICS-04 v2).

use prost::Message;

use crate::{ClientId, DecodeError, PortId, Sequence, decode_protobuf};

/// The most bytes that the values of a packet's payloads may have together.
pub const MAX_PAYLOADS_LEN: usize = 256 * 1024;

/// The most payloads a packet may carry, a bound of ours: each costs a callback.
pub const MAX_PAYLOADS: usize = 16;

/// The most bytes of an encoded packet: its payload values and room for names.
const MAX_ENCODED_LEN: usize = MAX_PAYLOADS_LEN + MAX_PAYLOADS * 2048;

/// What one application sends to another inside a packet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Payload {
    /// Port of the sending application.
    pub source_port: PortId,
    /// Port of the receiving application.
    pub dest_port: PortId,
    /// Application protocol version; not blank.
    pub version: String,
    /// How `value` is encoded; not blank.
    pub encoding: String,
    /// Application data; not empty.
    pub value: Vec<u8>,
}

/// A cross-chain message, addressed by clients.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Packet {
    /// Its number among the packets of `source_client`.
    pub sequence: Sequence,
    /// The client of the destination, on the source.
    pub source_client: ClientId,
    /// The client of the source, on the destination.
    pub dest_client: ClientId,
    /// Destination chain time from which it may no longer be received, in seconds; not zero.
    pub timeout_timestamp: u64,
    /// One or more payloads, received all or none.
    pub payloads: Vec<Payload>,
}

/// The answers of the applications, one per payload, or a single error acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Acknowledgement(Vec<Vec<u8>>);

impl Payload {
    /// The rules on one payload that its types do not already hold.
    fn validate(&self) -> Result<(), DecodeError> {
        let malformed = |reason: &str| Err(DecodeError::new("payload", reason));
        if self.version.trim().is_empty() {
            return malformed("version is blank");
        }
        if self.encoding.trim().is_empty() {
            return malformed("encoding is blank");
        }
        if self.value.is_empty() {
            return malformed("value is empty");
        }
        Ok(())
    }

    /// Encodes as `ibc.core.channel.v2.Payload`.
    pub fn to_protobuf(&self) -> Vec<u8> {
        proto::Payload::from(self).encode_to_vec()
    }

    /// Decodes a canonical `ibc.core.channel.v2.Payload`; [`validate_payloads`] judges all of a
    /// packet together.
    pub fn from_protobuf(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_protobuf::<proto::Payload>("payload", bytes, MAX_ENCODED_LEN)?.try_into()
    }
}

impl Packet {
    /// The well-formedness rules of ICS-04 v2 that the field types do not already hold.
    pub fn validate(&self) -> Result<(), DecodeError> {
        if self.timeout_timestamp == 0 {
            return Err(DecodeError::new("packet", "timeout is zero"));
        }
        validate_payloads(&self.payloads)
    }

    /// Encodes as `ibc.core.channel.v2.Packet`.
    pub fn to_protobuf(&self) -> Vec<u8> {
        proto::Packet::from(self).encode_to_vec()
    }

    /// Decodes a canonical, well-formed `ibc.core.channel.v2.Packet`.
    pub fn from_protobuf(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_protobuf::<proto::Packet>("packet", bytes, MAX_ENCODED_LEN)?.try_into()
    }
}

/// One to [`MAX_PAYLOADS`] payloads, each well formed, together within [`MAX_PAYLOADS_LEN`].
pub fn validate_payloads(payloads: &[Payload]) -> Result<(), DecodeError> {
    if payloads.is_empty() || payloads.len() > MAX_PAYLOADS {
        let reason = format!("{} payloads, 1 to {MAX_PAYLOADS} are allowed", payloads.len());
        return Err(DecodeError::new("packet", reason));
    }
    payloads.iter().try_for_each(Payload::validate)?;
    let total = payloads.iter().fold(0_usize, |sum, p| sum.saturating_add(p.value.len()));
    if total > MAX_PAYLOADS_LEN {
        let reason = format!("{total} bytes of payload, at most {MAX_PAYLOADS_LEN} are allowed");
        return Err(DecodeError::new("packet", reason));
    }
    Ok(())
}

impl Acknowledgement {
    /// The answers to a received packet: 1 to [`MAX_PAYLOADS`], none empty, and the error answer
    /// only alone.
    pub fn new(app_acknowledgements: Vec<Vec<u8>>) -> Result<Self, DecodeError> {
        let malformed = |reason: String| Err(DecodeError::new("acknowledgement", reason));
        if app_acknowledgements.is_empty() || app_acknowledgements.len() > MAX_PAYLOADS {
            let count = app_acknowledgements.len();
            return malformed(format!("{count} answers, 1 to {MAX_PAYLOADS} are allowed"));
        }
        if app_acknowledgements.iter().any(Vec::is_empty) {
            return malformed("an answer is empty".into());
        }
        let is_error = |answer: &Vec<u8>| *answer == crate::ERROR_ACKNOWLEDGEMENT;
        if app_acknowledgements.len() > 1 && app_acknowledgements.iter().any(is_error) {
            return malformed("the error answer stands beside others".into());
        }
        Ok(Self(app_acknowledgements))
    }

    /// The single answer that says the receive failed.
    pub fn error() -> Self {
        Self(vec![crate::ERROR_ACKNOWLEDGEMENT.to_vec()])
    }

    /// True for the single error answer.
    pub fn is_error(&self) -> bool {
        matches!(self.0.as_slice(), [only] if *only == crate::ERROR_ACKNOWLEDGEMENT)
    }

    /// The answers, in payload order.
    pub fn app_acknowledgements(&self) -> &[Vec<u8>] {
        &self.0
    }

    /// Encodes as `ibc.core.channel.v2.Acknowledgement`.
    pub fn to_protobuf(&self) -> Vec<u8> {
        proto::Acknowledgement { app_acknowledgements: self.0.clone() }.encode_to_vec()
    }

    /// Decodes a canonical, well-formed `ibc.core.channel.v2.Acknowledgement`.
    pub fn from_protobuf(bytes: &[u8]) -> Result<Self, DecodeError> {
        let what = "acknowledgement";
        let message: proto::Acknowledgement = decode_protobuf(what, bytes, MAX_ENCODED_LEN)?;
        Self::new(message.app_acknowledgements)
    }
}

/// The messages of `ibc/core/channel/v2/packet.proto`.
pub(crate) mod proto {
    use super::{DecodeError, PortId, Sequence};
    use crate::ClientId;

    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(crate) struct Packet {
        #[prost(uint64, tag = "1")]
        pub(crate) sequence: u64,
        #[prost(string, tag = "2")]
        pub(crate) source_client: String,
        #[prost(string, tag = "3")]
        pub(crate) destination_client: String,
        #[prost(uint64, tag = "4")]
        pub(crate) timeout_timestamp: u64,
        #[prost(message, repeated, tag = "5")]
        pub(crate) payloads: Vec<Payload>,
    }

    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(crate) struct Payload {
        #[prost(string, tag = "1")]
        pub(crate) source_port: String,
        #[prost(string, tag = "2")]
        pub(crate) destination_port: String,
        #[prost(string, tag = "3")]
        pub(crate) version: String,
        #[prost(string, tag = "4")]
        pub(crate) encoding: String,
        #[prost(bytes = "vec", tag = "5")]
        pub(crate) value: Vec<u8>,
    }

    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(crate) struct Acknowledgement {
        #[prost(bytes = "vec", repeated, tag = "1")]
        pub(crate) app_acknowledgements: Vec<Vec<u8>>,
    }

    impl From<&super::Packet> for Packet {
        fn from(packet: &super::Packet) -> Self {
            Self {
                sequence: packet.sequence.get(),
                source_client: packet.source_client.to_string(),
                destination_client: packet.dest_client.to_string(),
                timeout_timestamp: packet.timeout_timestamp,
                payloads: packet.payloads.iter().map(Payload::from).collect(),
            }
        }
    }

    impl From<&super::Payload> for Payload {
        fn from(payload: &super::Payload) -> Self {
            Self {
                source_port: payload.source_port.to_string(),
                destination_port: payload.dest_port.to_string(),
                version: payload.version.clone(),
                encoding: payload.encoding.clone(),
                value: payload.value.clone(),
            }
        }
    }

    impl TryFrom<Packet> for super::Packet {
        type Error = DecodeError;

        fn try_from(message: Packet) -> Result<Self, DecodeError> {
            let packet = Self {
                sequence: Sequence::new(message.sequence)
                    .ok_or_else(|| DecodeError::new("packet", "sequence is zero"))?,
                source_client: ClientId::new(message.source_client)?,
                dest_client: ClientId::new(message.destination_client)?,
                timeout_timestamp: message.timeout_timestamp,
                payloads: message
                    .payloads
                    .into_iter()
                    .map(super::Payload::try_from)
                    .collect::<Result<_, _>>()?,
            };
            packet.validate()?;
            Ok(packet)
        }
    }

    impl TryFrom<Payload> for super::Payload {
        type Error = DecodeError;

        fn try_from(message: Payload) -> Result<Self, DecodeError> {
            Ok(Self {
                source_port: PortId::new(message.source_port)?,
                dest_port: PortId::new(message.destination_port)?,
                version: message.version,
                encoding: message.encoding,
                value: message.value,
            })
        }
    }
}
