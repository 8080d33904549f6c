//! What a relayer submits: headers and misbehaviour.

use causeway_core::{Any, DecodeError, Height};
use causeway_light_client::AnyCodec;

use crate::header::required;
use crate::{SignedHeader, ValidatorSet, proto};

const HEADER_URL: &str = "/ibc.lightclients.tendermint.v1.Header";
const MISBEHAVIOUR_URL: &str = "/ibc.lightclients.tendermint.v1.Misbehaviour";

/// A signed header, with what is needed to verify it from a stored height.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The header and its commit.
    pub signed_header: SignedHeader,
    /// Who signs this header.
    pub validator_set: ValidatorSet,
    /// The stored height to verify from.
    pub trusted_height: Height,
    /// The validators that the header at the trusted height names for the next one.
    pub trusted_validators: ValidatorSet,
}

impl Header {
    /// The height of the header, in the revision that its chain id carries.
    pub fn height(&self) -> Height {
        let header = &self.signed_header.header;
        Height::new(header.chain_id.revision(), header.height)
    }
}

/// Two headers that cannot both be of one honest chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misbehaviour {
    /// Deprecated and without effect; kept because it is part of the message's bytes.
    pub client_id: String,
    /// The header of the greater height, or one of two of the same height.
    pub header_1: Header,
    /// The other header.
    pub header_2: Header,
}

/// Input to an update.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "messages are few and short-lived")]
pub enum ClientMessage {
    /// A new header.
    Header(Header),
    /// Evidence of misbehaviour.
    Misbehaviour(Misbehaviour),
}

impl From<&Header> for proto::IbcHeader {
    fn from(header: &Header) -> Self {
        Self {
            signed_header: Some((&header.signed_header).into()),
            validator_set: Some((&header.validator_set).into()),
            trusted_height: Some(header.trusted_height.into()),
            trusted_validators: Some((&header.trusted_validators).into()),
        }
    }
}

impl TryFrom<proto::IbcHeader> for Header {
    type Error = DecodeError;

    fn try_from(header: proto::IbcHeader) -> Result<Self, DecodeError> {
        let set = |field, set| required("header", field, set).and_then(ValidatorSet::try_from);
        Ok(Self {
            signed_header: required("header", "signed_header", header.signed_header)?.try_into()?,
            validator_set: set("validator_set", header.validator_set)?,
            trusted_height: required("header", "trusted_height", header.trusted_height)?.into(),
            trusted_validators: set("trusted_validators", header.trusted_validators)?,
        })
    }
}

impl From<&Misbehaviour> for proto::Misbehaviour {
    fn from(misbehaviour: &Misbehaviour) -> Self {
        Self {
            client_id: misbehaviour.client_id.clone(),
            header_1: Some((&misbehaviour.header_1).into()),
            header_2: Some((&misbehaviour.header_2).into()),
        }
    }
}

impl TryFrom<proto::Misbehaviour> for Misbehaviour {
    type Error = DecodeError;

    fn try_from(misbehaviour: proto::Misbehaviour) -> Result<Self, DecodeError> {
        let header = |field, header| required("misbehaviour", field, header);
        Ok(Self {
            client_id: misbehaviour.client_id,
            header_1: header("header_1", misbehaviour.header_1)?.try_into()?,
            header_2: header("header_2", misbehaviour.header_2)?.try_into()?,
        })
    }
}

impl AnyCodec for ClientMessage {
    fn from_any(any: &Any) -> Result<Self, DecodeError> {
        if any.type_url == MISBEHAVIOUR_URL {
            let message = any.unpack::<proto::Misbehaviour>("misbehaviour", MISBEHAVIOUR_URL)?;
            return message.try_into().map(Self::Misbehaviour);
        }
        any.unpack::<proto::IbcHeader>("header", HEADER_URL)?.try_into().map(Self::Header)
    }

    fn to_any(&self) -> Any {
        match self {
            Self::Header(header) => Any::pack(HEADER_URL, &proto::IbcHeader::from(header)),
            Self::Misbehaviour(misbehaviour) => {
                Any::pack(MISBEHAVIOUR_URL, &proto::Misbehaviour::from(misbehaviour))
            }
        }
    }
}
