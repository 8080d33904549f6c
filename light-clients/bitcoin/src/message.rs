//! The protobuf package `causeway.lightclients.bitcoin.v1`: what is stored of a client, and what
//! is sent to it. Headers are carried as their own 80 bytes.

use alloy_primitives::U256;
use causeway_core::DecodeError;

use crate::{
    Anchor, CompactTarget, HEADER_LEN, Header, LastTimes, Network, NetworkRules, PeriodStart,
    Target, VersionHeights, Work,
};

/// `causeway.lightclients.bitcoin.v1.Network`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
#[expect(clippy::struct_excessive_bools, reason = "the switches of NetworkRules")]
pub(crate) struct NetworkMessage {
    /// 80 bytes.
    #[prost(bytes = "vec", tag = "1")]
    genesis: Vec<u8>,
    #[prost(uint32, tag = "2")]
    interval: u32,
    /// Seconds.
    #[prost(uint32, tag = "3")]
    spacing: u32,
    /// 32 bytes, big-endian.
    #[prost(bytes = "vec", tag = "4")]
    limit: Vec<u8>,
    #[prost(bool, tag = "5")]
    min_difficulty: bool,
    #[prost(bool, tag = "6")]
    no_retarget: bool,
    #[prost(bool, tag = "7")]
    bip94: bool,
    #[prost(bool, tag = "8")]
    bip54: bool,
    #[prost(uint64, tag = "9")]
    v2_height: u64,
    #[prost(uint64, tag = "10")]
    v3_height: u64,
    #[prost(uint64, tag = "11")]
    v4_height: u64,
}

/// `causeway.lightclients.bitcoin.v1.Anchor`, also the form of the client's private records.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct AnchorMessage {
    #[prost(uint64, tag = "1")]
    height: u64,
    /// 80 bytes.
    #[prost(bytes = "vec", tag = "2")]
    header: Vec<u8>,
    /// 32 bytes, big-endian.
    #[prost(bytes = "vec", tag = "3")]
    chainwork: Vec<u8>,
    #[prost(uint32, tag = "4")]
    period_start_time: u32,
    #[prost(fixed32, tag = "5")]
    period_start_bits: u32,
    /// Oldest first.
    #[prost(uint32, repeated, tag = "6")]
    last_times: Vec<u32>,
    #[prost(fixed32, tag = "7")]
    last_real_bits: u32,
}

/// `causeway.lightclients.bitcoin.v1.ClientState`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct ClientStateMessage {
    #[prost(message, optional, tag = "1")]
    pub(crate) network: Option<NetworkMessage>,
    #[prost(uint32, tag = "2")]
    pub(crate) confirmations: u32,
    #[prost(uint32, tag = "3")]
    pub(crate) fork_window: u32,
    /// Zero: never expires.
    #[prost(uint64, tag = "4")]
    pub(crate) trusting_period_secs: u64,
    #[prost(uint64, tag = "5")]
    pub(crate) max_clock_drift_secs: u64,
    /// 4 bytes.
    #[prost(bytes = "vec", tag = "6")]
    pub(crate) commitment_magic: Vec<u8>,
    #[prost(message, optional, tag = "7")]
    pub(crate) finalized: Option<AnchorMessage>,
    /// 32 bytes, wire order.
    #[prost(bytes = "vec", tag = "8")]
    pub(crate) tip_hash: Vec<u8>,
    #[prost(uint64, tag = "9")]
    pub(crate) tip_height: u64,
    /// 32 bytes, big-endian.
    #[prost(bytes = "vec", tag = "10")]
    pub(crate) tip_chainwork: Vec<u8>,
    /// Records below this height are deleted.
    #[prost(uint64, tag = "11")]
    pub(crate) lowest_record: u64,
    #[prost(bool, tag = "12")]
    pub(crate) frozen: bool,
}

/// `causeway.lightclients.bitcoin.v1.ConsensusState`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct ConsensusStateMessage {
    /// 32 bytes, wire order.
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) block_hash: Vec<u8>,
    /// 32 bytes, wire order.
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) merkle_root: Vec<u8>,
    /// Seconds since the Unix epoch.
    #[prost(uint32, tag = "3")]
    pub(crate) median_time: u32,
}

/// `causeway.lightclients.bitcoin.v1.Headers`, and `….Misbehaviour`, which has the same field.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct HeadersMessage {
    /// 80 bytes each, on end, each the parent of the next.
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) headers: Vec<u8>,
}

/// Bytes of a fixed length; `what` names the message.
pub(crate) fn fixed<const N: usize>(
    what: &'static str,
    bytes: &[u8],
) -> Result<[u8; N], DecodeError> {
    bytes
        .try_into()
        .map_err(|_| DecodeError::new(what, format!("{} bytes, expected {N}", bytes.len())))
}

fn fixed_header(what: &'static str, bytes: &[u8]) -> Result<Header, DecodeError> {
    fixed::<HEADER_LEN>(what, bytes).map(|raw| Header::from_bytes(&raw))
}

pub(crate) fn fixed_number(what: &'static str, bytes: &[u8]) -> Result<U256, DecodeError> {
    fixed::<32>(what, bytes).map(U256::from_be_bytes)
}

impl From<&Network> for NetworkMessage {
    fn from(network: &Network) -> Self {
        let rules = network.rules();
        Self {
            genesis: rules.genesis.to_bytes().to_vec(),
            interval: rules.interval,
            spacing: rules.spacing,
            limit: rules.limit.0.to_be_bytes_vec(),
            min_difficulty: rules.min_difficulty,
            no_retarget: rules.no_retarget,
            bip94: rules.bip94,
            bip54: rules.bip54,
            v2_height: rules.version_heights.v2,
            v3_height: rules.version_heights.v3,
            v4_height: rules.version_heights.v4,
        }
    }
}

impl TryFrom<NetworkMessage> for Network {
    type Error = DecodeError;

    fn try_from(message: NetworkMessage) -> Result<Self, DecodeError> {
        let what = "bitcoin_network";
        let rules = NetworkRules {
            genesis: fixed_header(what, &message.genesis)?,
            interval: message.interval,
            spacing: message.spacing,
            limit: Target(fixed_number(what, &message.limit)?),
            min_difficulty: message.min_difficulty,
            no_retarget: message.no_retarget,
            bip94: message.bip94,
            bip54: message.bip54,
            version_heights: VersionHeights {
                v2: message.v2_height,
                v3: message.v3_height,
                v4: message.v4_height,
            },
        };
        Network::new(rules).map_err(|error| DecodeError::new(what, error.to_string()))
    }
}

impl From<&Anchor> for AnchorMessage {
    fn from(anchor: &Anchor) -> Self {
        Self {
            height: anchor.height,
            header: anchor.header.to_bytes().to_vec(),
            chainwork: anchor.chainwork.0.to_be_bytes_vec(),
            period_start_time: anchor.period_start.time,
            period_start_bits: anchor.period_start.bits.0,
            last_times: anchor.last_times.oldest_first().collect(),
            last_real_bits: anchor.last_real_bits.0,
        }
    }
}

impl TryFrom<AnchorMessage> for Anchor {
    type Error = DecodeError;

    fn try_from(message: AnchorMessage) -> Result<Self, DecodeError> {
        let what = "bitcoin_anchor";
        Ok(Self {
            height: message.height,
            header: fixed_header(what, &message.header)?,
            chainwork: Work(fixed_number(what, &message.chainwork)?),
            period_start: PeriodStart {
                time: message.period_start_time,
                bits: CompactTarget(message.period_start_bits),
            },
            last_times: LastTimes::new(&message.last_times)
                .ok_or_else(|| DecodeError::new(what, "1 to 11 times are allowed"))?,
            last_real_bits: CompactTarget(message.last_real_bits),
        })
    }
}
