//! What is written down of a block's calls, so that a restart need not carry them out again.

use causeway_core::DecodeError;
use causeway_wire_bitcoin::KeyHash;
use causeway_wire_bitcoin::state::CallResult;
use prost::Message;
use serde_json::Value;
use std::sync::Arc;

use super::execution::{Executed, Payment, Step};
use super::memo::StepKey;
use super::state::Writes;

const WHAT: &str = "stored_calls";

/// The effect of a block's calls.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) key: StepKey,
    /// The state's root after them.
    pub(super) root: [u8; 32],
    pub(super) writes: Writes,
    pub(super) calls: Vec<CallResult>,
    pub(super) payments: Vec<Payment>,
}

#[derive(Clone, PartialEq, Message)]
struct Stored {
    #[prost(bytes = "vec", tag = "1")]
    key: Vec<u8>,
    #[prost(message, repeated, tag = "2")]
    writes: Vec<StoredWrite>,
    /// JSON, one for each call.
    #[prost(string, repeated, tag = "3")]
    calls: Vec<String>,
    #[prost(message, repeated, tag = "4")]
    payments: Vec<StoredPayment>,
    #[prost(bytes = "vec", tag = "5")]
    root: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct StoredWrite {
    #[prost(bytes = "vec", tag = "1")]
    key: Vec<u8>,
    /// None: removed.
    #[prost(bytes = "vec", optional, tag = "2")]
    value: Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
struct StoredPayment {
    #[prost(bytes = "vec", tag = "1")]
    to: Vec<u8>,
    #[prost(uint64, tag = "2")]
    value: u64,
}

impl Record {
    pub(super) fn of(key: StepKey, executed: &Executed, steps: &[Arc<Step>]) -> Self {
        let writes = steps.iter().flat_map(|step| step.writes.iter().cloned()).collect();
        let (calls, payments) = (executed.calls().to_vec(), executed.payments().to_vec());
        Self { key, root: executed.snapshot().root_hash().0, writes, calls, payments }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let write = |(key, value): &(Vec<u8>, Option<Vec<u8>>)| StoredWrite {
            key: key.clone(),
            value: value.clone(),
        };
        let payment =
            |payment: &Payment| StoredPayment { to: payment.to.0.to_vec(), value: payment.value };
        let stored = Stored {
            key: self.key.bytes().to_vec(),
            writes: self.writes.iter().map(write).collect(),
            calls: self.calls.iter().map(|call| call.to_json().to_string()).collect(),
            payments: self.payments.iter().map(payment).collect(),
            root: self.root.to_vec(),
        };
        stored.encode_to_vec()
    }

    /// Reads what this program wrote.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let malformed = |reason: String| DecodeError::new(WHAT, reason);
        let stored = Stored::decode(bytes).map_err(|error| malformed(error.to_string()))?;
        let hash = |bytes: &[u8]| {
            let wrong = |_| malformed(format!("a hash of {} bytes", bytes.len()));
            <[u8; 32]>::try_from(bytes).map_err(wrong)
        };
        let call = |text: &String| {
            let json: Value =
                serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
            CallResult::from_json(&json)
        };
        let payment = |payment: &StoredPayment| {
            let to = payment.to.as_slice().try_into().map(KeyHash);
            let to = to.map_err(|_| malformed("payment to no key".into()))?;
            Ok(Payment { to, value: payment.value })
        };
        Ok(Self {
            key: StepKey::from_bytes(hash(&stored.key)?),
            root: hash(&stored.root)?,
            writes: stored.writes.into_iter().map(|write| (write.key, write.value)).collect(),
            calls: stored.calls.iter().map(call).collect::<Result<_, _>>()?,
            payments: stored.payments.iter().map(payment).collect::<Result<_, DecodeError>>()?,
        })
    }
}
