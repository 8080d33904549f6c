//! What is written down of a block: how it changed the state.

use causeway_core::{DecodeError, Timestamp};
use prost::Message;

use super::{Changes, Store};

/// What one block did.
#[derive(Clone, Debug)]
pub(crate) struct BlockRecord {
    pub(crate) time: Timestamp,
    pub(crate) app_hash: Vec<u8>,
    pub(crate) changes: Changes,
    /// Length of the encoded record, which is about what it takes in memory.
    pub(crate) len: usize,
}

#[derive(Clone, PartialEq, Message)]
struct Stored {
    #[prost(uint64, tag = "1")]
    time_nanos: u64,
    #[prost(bytes = "vec", tag = "2")]
    app_hash: Vec<u8>,
    #[prost(message, repeated, tag = "3")]
    changes: Vec<StoredChange>,
}

#[derive(Clone, PartialEq, Message)]
struct StoredChange {
    /// The store's place among all.
    #[prost(uint32, tag = "1")]
    store: u32,
    #[prost(bytes = "vec", tag = "2")]
    key: Vec<u8>,
    #[prost(bytes = "vec", optional, tag = "3")]
    value: Option<Vec<u8>>,
}

impl BlockRecord {
    /// The record, and its encoding.
    pub(crate) fn new(time: Timestamp, app_hash: Vec<u8>, changes: Changes) -> (Self, Vec<u8>) {
        let numbered = |store: Store| Store::ALL.iter().position(|own| *own == store);
        let stored = Stored {
            time_nanos: time.nanos(),
            app_hash: app_hash.clone(),
            changes: changes
                .iter()
                .map(|((store, key), value)| StoredChange {
                    store: numbered(*store).and_then(|at| u32::try_from(at).ok()).unwrap_or(0),
                    key: key.clone(),
                    value: value.clone(),
                })
                .collect(),
        };
        let bytes = stored.encode_to_vec();
        (Self { time, app_hash, changes, len: bytes.len() }, bytes)
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let malformed = |reason: String| DecodeError::new("block_record", reason);
        let stored = Stored::decode(bytes).map_err(|error| malformed(error.to_string()))?;
        let mut changes = Changes::new();
        for change in stored.changes {
            let at = usize::try_from(change.store).ok().and_then(|at| Store::ALL.get(at));
            let store = *at.ok_or_else(|| malformed(format!("store {}", change.store)))?;
            changes.insert((store, change.key), change.value);
        }
        Ok(Self {
            time: Timestamp::from_nanos(stored.time_nanos),
            app_hash: stored.app_hash,
            changes,
            len: bytes.len(),
        })
    }
}
