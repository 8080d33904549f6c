//! Transaction receipts and their logs.

use alloy_primitives::{Address, B256, Bloom, Bytes};
use alloy_rlp::{Encodable, Header};
use causeway_core::{DecodeError, refusals};

use super::list::verify_list_item;
use crate::execution::rlp::Items;
use crate::execution::trie::TrieError;

/// Name of a receipt in errors.
const RECEIPT: &str = "receipt";

/// The most topics of a log: the EVM has LOG0 to LOG4.
const MAX_TOPICS: usize = 4;

/// The kind of transaction that a receipt is for (EIP-2718). Kinds that are not known yet are
/// refused: their receipts may look otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TxType {
    /// Before EIP-2718; no type byte.
    Legacy,
    /// EIP-2930.
    AccessList,
    /// EIP-1559.
    DynamicFee,
    /// EIP-4844.
    Blob,
    /// EIP-7702.
    SetCode,
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The state root after it, before Byzantium (EIP-658).
    StateRoot(B256),
    /// It was executed.
    Success,
    /// It was reverted; its logs are none.
    Failure,
}

/// What a transaction did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Kind of the transaction.
    pub tx_type: TxType,
    /// How it ended.
    pub outcome: Outcome,
    /// Gas used in the block so far, this transaction included.
    pub cumulative_gas_used: u64,
    /// Bloom filter over its logs.
    pub logs_bloom: Bloom,
    /// What contracts logged, in order.
    pub logs: Vec<Log>,
}

/// What a contract logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// The contract.
    pub address: Address,
    /// Up to four; by convention the first is the hash of the event's signature.
    pub topics: Vec<B256>,
    /// The rest.
    pub data: Bytes,
}

/// Why a receipt does not show an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// The nodes are no proof.
    #[error("receipt proof: {0}")]
    Proof(#[source] TrieError),
    /// The block has fewer receipts.
    #[error("the block has no receipt {index}")]
    Absent {
        /// Index of the transaction.
        index: u64,
    },
    /// The transaction did not succeed, or does not say so.
    #[error("the transaction ended as {got}, expected {expected}")]
    NotSuccessful {
        /// Its outcome.
        got: String,
        /// Success.
        expected: &'static str,
    },
    /// There are fewer logs.
    #[error("there is no log {index} among {got}")]
    LogAbsent {
        /// Index of the log in the receipt.
        index: usize,
        /// Logs in the receipt.
        got: usize,
    },
    /// Another contract logged it: whoever wants to can log the same bytes.
    #[error("contract {got} logged it, expected {expected}")]
    EmitterMismatch {
        /// The contract that logged.
        got: Address,
        /// The contract that is trusted to.
        expected: Address,
    },
    /// Another event.
    #[error("the first topic is {got}, expected {expected}")]
    TopicMismatch {
        /// First topic, or "none".
        got: String,
        /// Hash of the event's signature.
        expected: B256,
    },
    /// Not a receipt.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
}

refusals! {
    ReceiptError {
        Absent { index } => "receipt_absent", Reject;
        NotSuccessful { got, expected } => "transaction_not_successful", Reject;
        LogAbsent { index, got } => "log_absent", Reject;
        EmitterMismatch { got, expected } => "log_emitter_mismatch", Reject;
        TopicMismatch { got, expected } => "log_topic_mismatch", Reject;
        @wraps Proof, Malformed;
    }
}

/// The receipt of the transaction at `index` of the block with this receipts root.
pub fn verify_receipt<N: AsRef<[u8]>>(
    receipts_root: &B256,
    index: u64,
    nodes: &[N],
) -> Result<Receipt, ReceiptError> {
    let bytes = verify_list_item(receipts_root, index, nodes).map_err(ReceiptError::Proof)?;
    Ok(Receipt::decode(bytes.ok_or(ReceiptError::Absent { index })?)?)
}

impl TxType {
    fn from_byte(byte: u8) -> Option<Self> {
        [Self::AccessList, Self::DynamicFee, Self::Blob, Self::SetCode]
            .into_iter()
            .find(|tx_type| tx_type.to_byte() == Some(byte))
    }

    /// The byte before the receipt.
    const fn to_byte(self) -> Option<u8> {
        match self {
            Self::Legacy => None,
            Self::AccessList => Some(1),
            Self::DynamicFee => Some(2),
            Self::Blob => Some(3),
            Self::SetCode => Some(4),
        }
    }
}

impl Receipt {
    /// Decodes a receipt as the trie keeps it: a type byte, unless legacy, and a list.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (tx_type, list) = match bytes.split_first() {
            Some((0xc0.., _)) => (TxType::Legacy, bytes),
            Some((byte, list)) => {
                let unknown = || DecodeError::new(RECEIPT, format!("unknown type {byte}"));
                (TxType::from_byte(*byte).ok_or_else(unknown)?, list)
            }
            None => return Err(DecodeError::new(RECEIPT, "no bytes")),
        };
        let mut items = Items::of_list(RECEIPT, list)?;
        let receipt = Self {
            tx_type,
            outcome: Outcome::decode(items.next_bytes()?)?,
            cumulative_gas_used: items.next_value()?,
            logs_bloom: items.next_value()?,
            logs: Log::decode_all(items.next_list()?)?,
        };
        items.finish()?;
        Ok(receipt)
    }

    /// The bytes that [`Self::decode`] reads.
    pub fn encode(&self) -> Vec<u8> {
        let mut fields = Vec::new();
        match self.outcome {
            Outcome::StateRoot(root) => root.encode(&mut fields),
            Outcome::Success => true.encode(&mut fields),
            Outcome::Failure => false.encode(&mut fields),
        }
        self.cumulative_gas_used.encode(&mut fields);
        self.logs_bloom.encode(&mut fields);
        let logs: Vec<u8> = self.logs.iter().flat_map(Log::encode).collect();
        put_list(&logs, &mut fields);
        let mut bytes: Vec<u8> = self.tx_type.to_byte().into_iter().collect();
        put_list(&fields, &mut bytes);
        bytes
    }

    /// The log at `index` of this receipt, when the transaction succeeded, `emitter` logged it and
    /// its first topic is `event`. A proven receipt alone says nothing about whose event it is.
    pub fn event(
        &self,
        index: usize,
        emitter: &Address,
        event: &B256,
    ) -> Result<&Log, ReceiptError> {
        if self.outcome != Outcome::Success {
            let got = format!("{:?}", self.outcome);
            return Err(ReceiptError::NotSuccessful { got, expected: "Success" });
        }
        let absent = ReceiptError::LogAbsent { index, got: self.logs.len() };
        let log = self.logs.get(index).ok_or(absent)?;
        if log.address != *emitter {
            return Err(ReceiptError::EmitterMismatch { got: log.address, expected: *emitter });
        }
        if log.topics.first() != Some(event) {
            let got = log.topics.first().map_or_else(|| "none".into(), ToString::to_string);
            return Err(ReceiptError::TopicMismatch { got, expected: *event });
        }
        Ok(log)
    }
}

impl Outcome {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        match bytes {
            [] => Ok(Self::Failure),
            [1] => Ok(Self::Success),
            bytes => match B256::try_from(bytes) {
                Ok(root) => Ok(Self::StateRoot(root)),
                Err(_) => Err(DecodeError::new(RECEIPT, "neither a status nor a state root")),
            },
        }
    }
}

impl Log {
    fn decode_all(mut logs: Items<'_>) -> Result<Vec<Self>, DecodeError> {
        let mut decoded = Vec::new();
        while !logs.is_empty() {
            decoded.push(Self::decode(logs.next_list()?)?);
        }
        Ok(decoded)
    }

    fn decode(mut items: Items<'_>) -> Result<Self, DecodeError> {
        let address = items.next_value()?;
        let mut list = items.next_list()?;
        let mut topics = Vec::new();
        while !list.is_empty() {
            if topics.len() == MAX_TOPICS {
                let reason = format!("a log of more than {MAX_TOPICS} topics");
                return Err(DecodeError::new(RECEIPT, reason));
            }
            topics.push(list.next_value()?);
        }
        let log = Self { address, topics, data: items.next_value()? };
        items.finish()?;
        Ok(log)
    }

    fn encode(&self) -> Vec<u8> {
        let mut fields = Vec::new();
        self.address.encode(&mut fields);
        self.topics.encode(&mut fields);
        self.data.encode(&mut fields);
        let mut bytes = Vec::new();
        put_list(&fields, &mut bytes);
        bytes
    }
}

fn put_list(payload: &[u8], out: &mut Vec<u8>) {
    Header { list: true, payload_length: payload.len() }.encode(out);
    out.extend_from_slice(payload);
}
