//! What is submitted to the client.
//!
//! ```proto
//! message Header {
//!   uint64 trusted_slot = 1;    // of the consensus state that it builds on
//!   bytes update = 2;           // SSZ LightClientUpdate, or
//!   bytes finality_update = 3;  // SSZ LightClientFinalityUpdate
//!   bytes sync_committee = 4;   // SSZ SyncCommittee that signed; empty when on record
//! }
//! message Misbehaviour {
//!   Header header_1 = 1;
//!   Header header_2 = 2;
//! }
//! ```
//!
//! The SSZ objects have the form of the fork of their attested slot.

use causeway_core::{Any, DecodeError};
use causeway_light_client::AnyCodec;
use prost::Message;

use crate::chain::{ChainConfig, Slot};
use crate::containers::{Dated, LightClientFinalityUpdate, LightClientUpdate};

const HEADER_URL: &str = "/causeway.lightclients.ethereum.v1.Header";
const MISBEHAVIOUR_URL: &str = "/causeway.lightclients.ethereum.v1.Misbehaviour";

/// Names of the messages in errors.
const HEADER: &str = "header";
const MISBEHAVIOUR: &str = "misbehaviour";

/// The most bytes of an SSZ update. The largest has a committee of 512 keys and two headers of
/// less than a kilobyte each.
pub const MAX_UPDATE_LEN: usize = 32 << 10;
/// The bytes of the largest SSZ committee: 512 keys and their sum.
pub const MAX_COMMITTEE_LEN: usize = 513 * 48;

/// A signed header with what it proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The slot of the consensus state that it builds on.
    pub trusted_slot: Slot,
    /// The update.
    pub update: UpdateBytes,
    /// SSZ of the committee that signed; empty when the client has it on record.
    pub sync_committee: Vec<u8>,
}

/// The SSZ of an update: of which form is known only with the client's fork schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpdateBytes {
    /// A `LightClientUpdate`.
    Full(Vec<u8>),
    /// A `LightClientFinalityUpdate`, for when the next committee is known.
    Finality(Vec<u8>),
}

/// Two headers that cannot both be of one chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misbehaviour {
    /// One of them.
    pub header_1: Header,
    /// The other.
    pub header_2: Header,
}

/// Input to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientMessage {
    /// A header.
    Header(Header),
    /// Evidence.
    Misbehaviour(Box<Misbehaviour>),
}

#[derive(Clone, PartialEq, Message)]
struct HeaderProto {
    #[prost(uint64, tag = "1")]
    trusted_slot: u64,
    #[prost(bytes = "vec", tag = "2")]
    update: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    finality_update: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    sync_committee: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct MisbehaviourProto {
    #[prost(message, optional, tag = "1")]
    header_1: Option<HeaderProto>,
    #[prost(message, optional, tag = "2")]
    header_2: Option<HeaderProto>,
}

impl Header {
    /// Decodes the update in the form of the fork of its attested slot.
    pub(super) fn decode_update(
        &self,
        chain: &ChainConfig,
    ) -> Result<LightClientUpdate, DecodeError> {
        match &self.update {
            UpdateBytes::Full(bytes) => LightClientUpdate::from_own_ssz(bytes, chain),
            UpdateBytes::Finality(bytes) => {
                LightClientFinalityUpdate::from_own_ssz(bytes, chain).map(Into::into)
            }
        }
    }

    fn from_proto(what: &'static str, proto: HeaderProto) -> Result<Self, DecodeError> {
        let HeaderProto { trusted_slot, update, finality_update, sync_committee } = proto;
        let update = match (update.is_empty(), finality_update.is_empty()) {
            (false, true) => UpdateBytes::Full(update),
            (true, false) => UpdateBytes::Finality(finality_update),
            _ => return Err(DecodeError::new(what, "not exactly one update")),
        };
        let len = update.bytes().len();
        if len > MAX_UPDATE_LEN {
            let reason = format!("an update of {len} bytes, at most {MAX_UPDATE_LEN} are allowed");
            return Err(DecodeError::new(what, reason));
        }
        let len = sync_committee.len();
        if len > MAX_COMMITTEE_LEN {
            let reason =
                format!("a committee of {len} bytes, at most {MAX_COMMITTEE_LEN} are allowed");
            return Err(DecodeError::new(what, reason));
        }
        Ok(Self { trusted_slot: Slot::new(trusted_slot), update, sync_committee })
    }

    fn to_proto(&self) -> HeaderProto {
        let (update, finality_update) = match self.update.clone() {
            UpdateBytes::Full(bytes) => (bytes, Vec::new()),
            UpdateBytes::Finality(bytes) => (Vec::new(), bytes),
        };
        let (trusted_slot, sync_committee) = (self.trusted_slot.get(), self.sync_committee.clone());
        HeaderProto { trusted_slot, update, finality_update, sync_committee }
    }
}

impl UpdateBytes {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Full(bytes) | Self::Finality(bytes) => bytes,
        }
    }
}

impl AnyCodec for ClientMessage {
    fn from_any(any: &Any) -> Result<Self, DecodeError> {
        if any.type_url == MISBEHAVIOUR_URL {
            let proto: MisbehaviourProto = any.unpack(MISBEHAVIOUR, MISBEHAVIOUR_URL)?;
            let missing = || DecodeError::new(MISBEHAVIOUR, "a header is missing");
            let header = |header: Option<HeaderProto>| {
                Header::from_proto(MISBEHAVIOUR, header.ok_or_else(missing)?)
            };
            let (header_1, header_2) = (header(proto.header_1)?, header(proto.header_2)?);
            return Ok(Self::Misbehaviour(Box::new(Misbehaviour { header_1, header_2 })));
        }
        Header::from_proto(HEADER, any.unpack(HEADER, HEADER_URL)?).map(Self::Header)
    }

    fn to_any(&self) -> Any {
        match self {
            Self::Header(header) => Any::pack(HEADER_URL, &header.to_proto()),
            Self::Misbehaviour(evidence) => {
                let header_1 = Some(evidence.header_1.to_proto());
                let header_2 = Some(evidence.header_2.to_proto());
                Any::pack(MISBEHAVIOUR_URL, &MisbehaviourProto { header_1, header_2 })
            }
        }
    }
}
