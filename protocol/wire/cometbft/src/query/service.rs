//! Simulation (`cosmos.tx.v1beta1.Service`).

use causeway_core::Any;
use prost::Message;

use crate::TxEvent;

/// Asks what a transaction would do. Its signatures need not hold.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Simulate {
    /// The transaction.
    #[prost(bytes = "vec", tag = "2")]
    pub tx_bytes: Vec<u8>,
}

/// What a transaction would do.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct SimulateResponse {
    /// What it would cost.
    #[prost(message, optional, tag = "1")]
    pub gas_info: Option<GasInfo>,
    /// What it would give.
    #[prost(message, optional, tag = "2")]
    pub result: Option<SimulateResult>,
}

/// Gas (`cosmos.base.abci.v1beta1.GasInfo`).
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct GasInfo {
    /// The transaction's limit.
    #[prost(uint64, tag = "1")]
    pub gas_wanted: u64,
    /// What it takes.
    #[prost(uint64, tag = "2")]
    pub gas_used: u64,
}

/// What a transaction gives (`cosmos.base.abci.v1beta1.Result`).
#[derive(Clone, PartialEq, Eq, Message)]
pub struct SimulateResult {
    /// The answers to its messages, encoded.
    #[prost(bytes = "vec", tag = "1")]
    pub data: Vec<u8>,
    /// Empty for success.
    #[prost(string, tag = "2")]
    pub log: String,
    /// What it reports.
    #[prost(message, repeated, tag = "3")]
    pub events: Vec<Event>,
    /// The answers to its messages.
    #[prost(message, repeated, tag = "4")]
    pub msg_responses: Vec<Any>,
}

/// An event (`tendermint.abci.Event`).
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Event {
    /// The kind.
    #[prost(string, tag = "1")]
    pub kind: String,
    /// Keys and values.
    #[prost(message, repeated, tag = "2")]
    pub attributes: Vec<EventAttribute>,
}

/// One attribute (`tendermint.abci.EventAttribute`).
#[derive(Clone, PartialEq, Eq, Message)]
pub struct EventAttribute {
    /// The key.
    #[prost(string, tag = "1")]
    pub key: String,
    /// The value.
    #[prost(string, tag = "2")]
    pub value: String,
    /// Whether nodes index it.
    #[prost(bool, tag = "3")]
    pub index: bool,
}

impl From<&TxEvent> for Event {
    fn from(event: &TxEvent) -> Self {
        let attributes = event.attributes.iter().map(|(key, value)| EventAttribute {
            key: key.clone(),
            value: value.clone(),
            index: true,
        });
        Self { kind: event.kind.clone(), attributes: attributes.collect() }
    }
}
