//! The state as it is written down.

use causeway_client_cometbft::{ChainId, Hash, Time, ValidatorSet, proto};
use causeway_core::{DecodeError, decode_protobuf};
use prost::Message;

use super::State;

/// The most bytes of an encoded state: three sets of the most validators have fewer.
const MAX_STATE_LEN: usize = 16 << 20;

/// A record of our own.
#[derive(Clone, PartialEq, Message)]
struct Record {
    #[prost(string, tag = "1")]
    chain_id: String,
    #[prost(uint64, tag = "2")]
    height: u64,
    #[prost(message, optional, tag = "3")]
    last_block_id: Option<proto::BlockId>,
    #[prost(message, optional, tag = "4")]
    time: Option<proto::Timestamp>,
    #[prost(message, optional, tag = "5")]
    last_validators: Option<proto::ValidatorSet>,
    #[prost(message, optional, tag = "6")]
    validators: Option<proto::ValidatorSet>,
    #[prost(message, optional, tag = "7")]
    next_validators: Option<proto::ValidatorSet>,
    #[prost(bytes = "vec", tag = "8")]
    consensus_hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "9")]
    app_hash: Vec<u8>,
    #[prost(bytes = "vec", tag = "10")]
    last_results_hash: Vec<u8>,
}

impl State {
    /// The form to be written down.
    pub fn encode(&self) -> Vec<u8> {
        Record {
            chain_id: self.chain_id.as_str().to_owned(),
            height: self.height,
            last_block_id: Some(self.last_block_id.into()),
            time: Some(self.time.into()),
            last_validators: Some((&self.last_validators).into()),
            validators: Some((&self.validators).into()),
            next_validators: Some((&self.next_validators).into()),
            consensus_hash: self.consensus_hash.0.to_vec(),
            app_hash: self.app_hash.clone(),
            last_results_hash: self.last_results_hash.0.to_vec(),
        }
        .encode_to_vec()
    }

    /// Reads the form that was written down.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let missing = |field: &str| DecodeError::new("state", format!("no {field}"));
        let hash =
            |field: &str, bytes: &[u8]| Hash::from_slice(bytes).ok_or_else(|| missing(field));
        let set = |set: Option<proto::ValidatorSet>| -> Result<ValidatorSet, DecodeError> {
            set.ok_or_else(|| missing("validator set"))?.try_into()
        };
        let record: Record = decode_protobuf("state", bytes, MAX_STATE_LEN)?;
        let time: Time = record.time.ok_or_else(|| missing("time"))?.try_into()?;
        Ok(Self {
            chain_id: ChainId::new(record.chain_id)?,
            height: record.height,
            last_block_id: record
                .last_block_id
                .ok_or_else(|| missing("last block id"))?
                .try_into()?,
            time,
            last_validators: set(record.last_validators)?,
            validators: set(record.validators)?,
            next_validators: set(record.next_validators)?,
            consensus_hash: hash("consensus hash", &record.consensus_hash)?,
            app_hash: record.app_hash,
            last_results_hash: hash("results hash", &record.last_results_hash)?,
        })
    }
}
