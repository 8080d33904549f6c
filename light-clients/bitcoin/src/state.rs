//! What a host stores of a client, and what is sent to it.

use core::time::Duration;

use causeway_core::{Any, DecodeError, Timestamp};
use causeway_light_client::AnyCodec;

use crate::message::{
    ClientStateMessage, ConsensusStateMessage, HeadersMessage, fixed, fixed_number,
};
use crate::state_commitment::CommitmentMagic;
use crate::tree::{Depths, Tip};
use crate::{Anchor, BlockHash, HEADER_LEN, MerkleNode, Network, RawHeader, Work, split_headers};

/// The most headers in one message: what Bitcoin Core's `headers` carries, rounded up to a whole
/// period. Bounds the work of one call.
pub const MAX_HEADERS: usize = 2016;

/// The parameters of a client and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientState {
    /// The followed chain's rules.
    pub network: Network,
    /// When headers are final, and how far below the tip a fork may start.
    pub depths: Depths,
    /// The client expires when its newest consensus state is this old; `None`: never.
    pub trusting_period: Option<Duration>,
    /// How far ahead of the host's time a header may be.
    pub max_clock_drift: Duration,
    /// Marks the followed chain's state commitments.
    pub commitment_magic: CommitmentMagic,
    /// The newest final header; at creation the anchor.
    pub finalized: Anchor,
    /// The end of the chain with the most work.
    pub tip: Tip,
    /// Records below this height are deleted.
    pub lowest_record: u64,
    /// Two chains contradicted each other.
    pub frozen: bool,
}

impl ClientState {
    /// The state of a new client, with whole seconds in both durations.
    pub fn new(
        network: Network,
        depths: Depths,
        max_clock_drift: Duration,
        commitment_magic: CommitmentMagic,
        anchor: Anchor,
    ) -> Self {
        Self {
            network,
            depths,
            trusting_period: None,
            max_clock_drift,
            commitment_magic,
            finalized: anchor,
            tip: Tip::of(&anchor),
            lowest_record: anchor.height,
            frozen: false,
        }
    }
}

/// What is trusted of one final header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsensusState {
    /// The header's hash.
    pub block_hash: BlockHash,
    /// Its root of transactions, under which the coinbase commits to the state.
    pub merkle_root: MerkleNode,
    /// The median of the last eleven times, the header's own included, in seconds: the chain's
    /// time. It never falls from one header to the next.
    pub median_time: u32,
}

impl From<&Anchor> for ConsensusState {
    fn from(anchor: &Anchor) -> Self {
        Self {
            block_hash: anchor.header.hash(),
            merkle_root: anchor.header.merkle_root,
            median_time: anchor.last_times.median(),
        }
    }
}

impl ConsensusState {
    /// The chain's time.
    pub fn timestamp(&self) -> Timestamp {
        let secs = Timestamp::from_secs(self.median_time.into());
        secs.unwrap_or(Timestamp::from_nanos(u64::MAX))
    }
}

/// Input to a client: a run of headers, the first of which has a known parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientMessage {
    /// Extends the followed chain or starts a branch.
    Headers(Vec<RawHeader>),
    /// A branch with the most work that leaves out the newest final header; refused when it does
    /// not.
    Misbehaviour(Vec<RawHeader>),
}

impl ClientMessage {
    /// The headers.
    pub fn headers(&self) -> &[RawHeader] {
        let (Self::Headers(headers) | Self::Misbehaviour(headers)) = self;
        headers
    }
}

const CLIENT_STATE_URL: &str = "/causeway.lightclients.bitcoin.v1.ClientState";
const CONSENSUS_STATE_URL: &str = "/causeway.lightclients.bitcoin.v1.ConsensusState";
const HEADERS_URL: &str = "/causeway.lightclients.bitcoin.v1.Headers";
const MISBEHAVIOUR_URL: &str = "/causeway.lightclients.bitcoin.v1.Misbehaviour";

impl AnyCodec for ClientState {
    fn from_any(any: &Any) -> Result<Self, DecodeError> {
        let what = "bitcoin_client_state";
        let message: ClientStateMessage = any.unpack(what, CLIENT_STATE_URL)?;
        let missing = || DecodeError::new(what, "without network or anchor");
        let trusting_period = Duration::from_secs(message.trusting_period_secs);
        Ok(Self {
            network: message.network.ok_or_else(missing)?.try_into()?,
            depths: Depths {
                confirmations: message.confirmations,
                fork_window: message.fork_window,
            },
            trusting_period: (!trusting_period.is_zero()).then_some(trusting_period),
            max_clock_drift: Duration::from_secs(message.max_clock_drift_secs),
            commitment_magic: CommitmentMagic(fixed(what, &message.commitment_magic)?),
            finalized: message.finalized.ok_or_else(missing)?.try_into()?,
            tip: Tip {
                hash: BlockHash(fixed(what, &message.tip_hash)?),
                height: message.tip_height,
                chainwork: Work(fixed_number(what, &message.tip_chainwork)?),
            },
            lowest_record: message.lowest_record,
            frozen: message.frozen,
        })
    }

    fn to_any(&self) -> Any {
        let message = ClientStateMessage {
            network: Some((&self.network).into()),
            confirmations: self.depths.confirmations,
            fork_window: self.depths.fork_window,
            trusting_period_secs: self.trusting_period.unwrap_or_default().as_secs(),
            max_clock_drift_secs: self.max_clock_drift.as_secs(),
            commitment_magic: self.commitment_magic.0.to_vec(),
            finalized: Some((&self.finalized).into()),
            tip_hash: self.tip.hash.0.to_vec(),
            tip_height: self.tip.height,
            tip_chainwork: self.tip.chainwork.0.to_be_bytes_vec(),
            lowest_record: self.lowest_record,
            frozen: self.frozen,
        };
        Any::pack(CLIENT_STATE_URL, &message)
    }
}

impl AnyCodec for ConsensusState {
    fn from_any(any: &Any) -> Result<Self, DecodeError> {
        let what = "bitcoin_consensus_state";
        let message: ConsensusStateMessage = any.unpack(what, CONSENSUS_STATE_URL)?;
        Ok(Self {
            block_hash: BlockHash(fixed(what, &message.block_hash)?),
            merkle_root: MerkleNode(fixed(what, &message.merkle_root)?),
            median_time: message.median_time,
        })
    }

    fn to_any(&self) -> Any {
        let message = ConsensusStateMessage {
            block_hash: self.block_hash.0.to_vec(),
            merkle_root: self.merkle_root.0.to_vec(),
            median_time: self.median_time,
        };
        Any::pack(CONSENSUS_STATE_URL, &message)
    }
}

fn read_headers(any: &Any) -> Result<Vec<RawHeader>, DecodeError> {
    let message: HeadersMessage = any.unpack("bitcoin_client_message", &any.type_url)?;
    let headers = split_headers(&message.headers)?;
    if headers.is_empty() || headers.len() > MAX_HEADERS {
        let reason = format!("{} headers, 1 to {MAX_HEADERS} are allowed", headers.len());
        return Err(DecodeError::new("bitcoin_client_message", reason));
    }
    Ok(headers.to_vec())
}

impl AnyCodec for ClientMessage {
    fn from_any(any: &Any) -> Result<Self, DecodeError> {
        match any.type_url.as_str() {
            HEADERS_URL => read_headers(any).map(Self::Headers),
            MISBEHAVIOUR_URL => read_headers(any).map(Self::Misbehaviour),
            other => {
                let reason = format!("type {other:?}");
                Err(DecodeError::new("bitcoin_client_message", reason))
            }
        }
    }

    fn to_any(&self) -> Any {
        let (url, headers) = match self {
            Self::Headers(headers) => (HEADERS_URL, headers),
            Self::Misbehaviour(headers) => (MISBEHAVIOUR_URL, headers),
        };
        let mut bytes = Vec::with_capacity(headers.len().saturating_mul(HEADER_LEN));
        bytes.extend(headers.as_flattened());
        Any::pack(url, &HeadersMessage { headers: bytes })
    }
}
