//! Blocks and what became of them, in the compact form in which they are kept in memory and
//! written down. What a block shares with its neighbours is kept once: the commit of the block
//! before is in that block's record.

use causeway_client_cometbft::{Commit, DuplicateVoteEvidence, Header, PublicKey, proto};
use causeway_core::{DecodeError, decode_protobuf};
use causeway_wire_cometbft::TxEvent;
use prost::Message;

use crate::app::{BlockOutcome, TxOutcome};
use crate::block::wire::DuplicateVoteEvidence as EvidenceMessage;
use crate::consensus::ValidatorUpdate;

/// The most bytes of an encoded record. Outcomes may be longer than the transactions.
const MAX_RECORD_LEN: usize = 256 << 20;

/// What light clients ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Light {
    pub(crate) header: Header,
    /// The commit that the next block has; the one that was seen while there is no next block.
    pub(crate) commit: Commit,
    /// Whether the next block has it.
    pub(crate) canonical: bool,
    /// The bytes of the encoded block.
    pub(crate) block_len: u64,
    pub(crate) tx_count: u64,
}

/// What was in a block, beside its header, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) txs: Vec<Vec<u8>>,
    pub(crate) evidence: Vec<DuplicateVoteEvidence>,
    pub(crate) outcome: BlockOutcome,
}

fn missing(what: &str) -> DecodeError {
    DecodeError::new("block_record", format!("no {what}"))
}

impl Light {
    pub(crate) fn encode(&self) -> Vec<u8> {
        LightMessage {
            header: Some((&self.header).into()),
            commit: Some((&self.commit).into()),
            canonical: self.canonical,
            block_len: self.block_len,
            tx_count: self.tx_count,
        }
        .encode_to_vec()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let message: LightMessage = decode_protobuf("block_record", bytes, MAX_RECORD_LEN)?;
        Ok(Self {
            header: message.header.ok_or_else(|| missing("header"))?.try_into()?,
            commit: message.commit.ok_or_else(|| missing("commit"))?.try_into()?,
            canonical: message.canonical,
            block_len: message.block_len,
            tx_count: message.tx_count,
        })
    }
}

impl Body {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let outcome = &self.outcome;
        BodyMessage {
            txs: self.txs.clone(),
            evidence: self.evidence.iter().map(Into::into).collect(),
            height: outcome.height,
            outcomes: outcome.txs.iter().map(Into::into).collect(),
            events: outcome.events.iter().map(Into::into).collect(),
            updates: outcome.updates.iter().map(Into::into).collect(),
            app_hash: outcome.app_hash.clone(),
        }
        .encode_to_vec()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let message: BodyMessage = decode_protobuf("block_record", bytes, MAX_RECORD_LEN)?;
        let updates = message.updates.into_iter().map(TryInto::try_into);
        let evidence = message.evidence.into_iter().map(TryInto::try_into);
        Ok(Self {
            txs: message.txs,
            evidence: evidence.collect::<Result<_, _>>()?,
            outcome: BlockOutcome {
                height: message.height,
                txs: message.outcomes.into_iter().map(Into::into).collect(),
                events: message.events.into_iter().map(Into::into).collect(),
                updates: updates.collect::<Result<_, _>>()?,
                app_hash: message.app_hash,
            },
        })
    }
}

#[derive(Clone, PartialEq, Message)]
struct LightMessage {
    #[prost(message, optional, tag = "1")]
    header: Option<proto::Header>,
    #[prost(message, optional, tag = "2")]
    commit: Option<proto::Commit>,
    #[prost(bool, tag = "3")]
    canonical: bool,
    #[prost(uint64, tag = "4")]
    block_len: u64,
    #[prost(uint64, tag = "5")]
    tx_count: u64,
}

#[derive(Clone, PartialEq, Message)]
struct BodyMessage {
    #[prost(bytes = "vec", repeated, tag = "1")]
    txs: Vec<Vec<u8>>,
    #[prost(message, repeated, tag = "2")]
    evidence: Vec<EvidenceMessage>,
    #[prost(uint64, tag = "3")]
    height: u64,
    #[prost(message, repeated, tag = "4")]
    outcomes: Vec<OutcomeMessage>,
    #[prost(message, repeated, tag = "5")]
    events: Vec<EventMessage>,
    #[prost(message, repeated, tag = "6")]
    updates: Vec<UpdateMessage>,
    #[prost(bytes = "vec", tag = "7")]
    app_hash: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct OutcomeMessage {
    #[prost(uint32, tag = "1")]
    code: u32,
    #[prost(string, tag = "2")]
    codespace: String,
    #[prost(string, tag = "3")]
    log: String,
    #[prost(bytes = "vec", tag = "4")]
    data: Vec<u8>,
    #[prost(uint64, tag = "5")]
    gas_wanted: u64,
    #[prost(uint64, tag = "6")]
    gas_used: u64,
    #[prost(message, repeated, tag = "7")]
    events: Vec<EventMessage>,
}

#[derive(Clone, PartialEq, Message)]
struct EventMessage {
    #[prost(string, tag = "1")]
    kind: String,
    /// Keys and values in turn.
    #[prost(string, repeated, tag = "2")]
    attributes: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
struct UpdateMessage {
    #[prost(message, optional, tag = "1")]
    public_key: Option<proto::PublicKey>,
    #[prost(uint64, tag = "2")]
    power: u64,
}

impl From<&TxOutcome> for OutcomeMessage {
    fn from(outcome: &TxOutcome) -> Self {
        Self {
            code: outcome.code,
            codespace: outcome.codespace.clone(),
            log: outcome.log.clone(),
            data: outcome.data.clone(),
            gas_wanted: outcome.gas_wanted,
            gas_used: outcome.gas_used,
            events: outcome.events.iter().map(Into::into).collect(),
        }
    }
}

impl From<OutcomeMessage> for TxOutcome {
    fn from(message: OutcomeMessage) -> Self {
        Self {
            code: message.code,
            codespace: message.codespace,
            log: message.log,
            data: message.data,
            gas_wanted: message.gas_wanted,
            gas_used: message.gas_used,
            events: message.events.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<&TxEvent> for EventMessage {
    fn from(event: &TxEvent) -> Self {
        let pairs = event.attributes.iter();
        let attributes = pairs.flat_map(|(key, value)| [key.clone(), value.clone()]);
        Self { kind: event.kind.clone(), attributes: attributes.collect() }
    }
}

impl From<EventMessage> for TxEvent {
    fn from(message: EventMessage) -> Self {
        let mut texts = message.attributes.into_iter();
        let mut attributes = Vec::new();
        while let (Some(key), Some(value)) = (texts.next(), texts.next()) {
            attributes.push((key, value));
        }
        Self { kind: message.kind, attributes }
    }
}

impl From<&ValidatorUpdate> for UpdateMessage {
    fn from(update: &ValidatorUpdate) -> Self {
        Self { public_key: Some((&update.public_key).into()), power: update.power }
    }
}

impl TryFrom<UpdateMessage> for ValidatorUpdate {
    type Error = DecodeError;

    fn try_from(message: UpdateMessage) -> Result<Self, DecodeError> {
        let public_key: PublicKey =
            message.public_key.ok_or_else(|| missing("key of a validator"))?.try_into()?;
        Ok(Self { public_key, power: message.power })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_survive_being_written_down() {
        let event = TxEvent::new("transfer").with("sender", "a").with("amount", "");
        let body = Body {
            txs: vec![vec![1], vec![]],
            evidence: Vec::new(),
            outcome: BlockOutcome {
                height: 7,
                txs: vec![
                    TxOutcome {
                        code: 5,
                        codespace: "sdk".into(),
                        log: "no".into(),
                        data: vec![1],
                        gas_wanted: 9,
                        gas_used: 8,
                        events: vec![event.clone(), TxEvent::new("empty")],
                    },
                    TxOutcome::default(),
                ],
                events: vec![event],
                updates: vec![ValidatorUpdate {
                    public_key: PublicKey::Ed25519([3; 32]),
                    power: 0,
                }],
                app_hash: vec![4; 32],
            },
        };
        assert_eq!(Body::decode(&body.encode()), Ok(body));
        Body::decode(&[0xff]).unwrap_err();
    }
}
