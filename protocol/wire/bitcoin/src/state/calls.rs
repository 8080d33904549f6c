//! The calls of blocks: the answer of `getpacketevents`.

use causeway_client_bitcoin::{BlockHash, Txid};
use causeway_core::DecodeError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::event::EventShape;
use super::{CallEvent, shape, value};

const WHAT: &str = "bitcoin_packet_events";

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallResult {
    /// The transaction that carries it.
    pub txid: Txid,
    /// The caller's address.
    pub caller: String,
    /// What the caller paid for.
    pub gas_limit: u64,
    /// What was used of it.
    pub gas_used: u64,
    /// Why it failed, if it did: then it changed nothing, and what it brought was given back.
    pub failure: Option<CallFailure>,
    /// What it reported; nothing when it failed.
    pub events: Vec<CallEvent>,
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallFailure {
    /// The name of the broken rule.
    pub code: String,
    /// The refusal in words.
    pub reason: String,
}

/// The calls of one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockCalls {
    /// Its height.
    pub height: u64,
    /// Its hash.
    pub hash: BlockHash,
    /// The chain's time after it, in seconds: the median time past, its own time included.
    pub time: u32,
    /// In the order of execution.
    pub calls: Vec<CallResult>,
}

/// The calls of a range of blocks; blocks without any are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacketEvents {
    /// The first height that is covered.
    pub from: u64,
    /// The last height that is covered, which may be lower than asked for.
    pub to: u64,
    /// Height of the chain's tip.
    pub tip: u64,
    /// The blocks with calls, lowest first.
    pub blocks: Vec<BlockCalls>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CallShape {
    txid: String,
    caller: String,
    gas_limit: u64,
    gas_used: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<CallFailure>,
    events: Vec<EventShape>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BlockShape {
    height: u64,
    hash: String,
    time: u32,
    calls: Vec<CallShape>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RangeShape {
    from: u64,
    to: u64,
    tip: u64,
    blocks: Vec<BlockShape>,
}

impl From<&CallResult> for CallShape {
    fn from(call: &CallResult) -> Self {
        Self {
            txid: call.txid.to_string(),
            caller: call.caller.clone(),
            gas_limit: call.gas_limit,
            gas_used: call.gas_used,
            failure: call.failure.clone(),
            events: call.events.iter().map(EventShape::from).collect(),
        }
    }
}

impl TryFrom<CallShape> for CallResult {
    type Error = DecodeError;

    fn try_from(shape: CallShape) -> Result<Self, DecodeError> {
        Ok(Self {
            txid: shape.txid.parse()?,
            caller: shape.caller,
            gas_limit: shape.gas_limit,
            gas_used: shape.gas_used,
            failure: shape.failure,
            events: shape.events.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
        })
    }
}

impl CallResult {
    /// The result as JSON.
    pub fn to_json(&self) -> Value {
        value(&CallShape::from(self))
    }

    /// Reads a result.
    pub fn from_json(value: &Value) -> Result<Self, DecodeError> {
        shape::<CallShape>(WHAT, value)?.try_into()
    }
}

impl PacketEvents {
    /// The answer as JSON.
    pub fn to_json(&self) -> Value {
        let block = |block: &BlockCalls| BlockShape {
            height: block.height,
            hash: block.hash.to_string(),
            time: block.time,
            calls: block.calls.iter().map(CallShape::from).collect(),
        };
        let blocks = self.blocks.iter().map(block).collect();
        value(&RangeShape { from: self.from, to: self.to, tip: self.tip, blocks })
    }

    /// Reads the answer: heights rise within the range that it says it covers.
    pub fn from_json(value: &Value) -> Result<Self, DecodeError> {
        let RangeShape { from, to, tip, blocks } = shape(WHAT, value)?;
        let mut last = None;
        for block in &blocks {
            if block.height < from || block.height > to || last >= Some(block.height) {
                let reason = format!("block {} is out of its place", block.height);
                return Err(DecodeError::new(WHAT, reason));
            }
            last = Some(block.height);
        }
        let block = |shape: BlockShape| {
            Ok(BlockCalls {
                height: shape.height,
                hash: shape.hash.parse()?,
                time: shape.time,
                calls: shape.calls.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            })
        };
        let blocks = blocks.into_iter().map(block).collect::<Result<_, DecodeError>>()?;
        Ok(Self { from, to, tip, blocks })
    }
}
