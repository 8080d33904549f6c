//! The tuples of the interface, and what they mean.

use alloy_primitives::{B256, keccak256};
use alloy_sol_types::SolValue;
use causeway_core::{
    Acknowledgement, ClientId, Counterparty, DecodeError, Height, MerklePrefix, Packet, Payload,
    PortId, Sequence,
};

use super::sol;

/// What the router keeps as the receipt of a packet: the hash of its encoding.
pub fn packet_hash(packet: &Packet) -> B256 {
    keccak256(sol::Packet::from(packet).abi_encode())
}

impl From<Height> for sol::Height {
    fn from(height: Height) -> Self {
        Self { revisionNumber: height.revision(), revisionHeight: height.height() }
    }
}

impl From<sol::Height> for Height {
    fn from(tuple: sol::Height) -> Self {
        Self::new(tuple.revisionNumber, tuple.revisionHeight)
    }
}

impl From<&Counterparty> for sol::CounterpartyInfo {
    fn from(counterparty: &Counterparty) -> Self {
        let elements = counterparty.prefix.elements().iter();
        Self {
            clientId: counterparty.client_id.to_string(),
            merklePrefix: elements.map(|element| element.clone().into()).collect(),
        }
    }
}

impl TryFrom<sol::CounterpartyInfo> for Counterparty {
    type Error = DecodeError;

    fn try_from(tuple: sol::CounterpartyInfo) -> Result<Self, DecodeError> {
        let elements = tuple.merklePrefix.into_iter().map(Vec::from).collect();
        Ok(Self { client_id: ClientId::new(tuple.clientId)?, prefix: MerklePrefix::new(elements)? })
    }
}

impl From<&Payload> for sol::Payload {
    fn from(payload: &Payload) -> Self {
        Self {
            sourcePort: payload.source_port.to_string(),
            destPort: payload.dest_port.to_string(),
            version: payload.version.clone(),
            encoding: payload.encoding.clone(),
            value: payload.value.clone().into(),
        }
    }
}

impl TryFrom<sol::Payload> for Payload {
    type Error = DecodeError;

    fn try_from(tuple: sol::Payload) -> Result<Self, DecodeError> {
        Ok(Self {
            source_port: PortId::new(tuple.sourcePort)?,
            dest_port: PortId::new(tuple.destPort)?,
            version: tuple.version,
            encoding: tuple.encoding,
            value: tuple.value.into(),
        })
    }
}

impl From<&Packet> for sol::Packet {
    fn from(packet: &Packet) -> Self {
        Self {
            sequence: packet.sequence.get(),
            sourceClient: packet.source_client.to_string(),
            destClient: packet.dest_client.to_string(),
            timeoutTimestamp: packet.timeout_timestamp,
            payloads: packet.payloads.iter().map(sol::Payload::from).collect(),
        }
    }
}

impl TryFrom<sol::Packet> for Packet {
    type Error = DecodeError;

    fn try_from(tuple: sol::Packet) -> Result<Self, DecodeError> {
        let sequence = Sequence::new(tuple.sequence);
        let packet = Self {
            sequence: sequence.ok_or_else(|| DecodeError::new("packet", "sequence is zero"))?,
            source_client: ClientId::new(tuple.sourceClient)?,
            dest_client: ClientId::new(tuple.destClient)?,
            timeout_timestamp: tuple.timeoutTimestamp,
            payloads: payloads(tuple.payloads)?,
        };
        packet.validate()?;
        Ok(packet)
    }
}

pub(super) fn payloads(tuples: Vec<sol::Payload>) -> Result<Vec<Payload>, DecodeError> {
    tuples.into_iter().map(Payload::try_from).collect()
}

pub(super) fn acknowledgement(
    answers: impl IntoIterator<Item = alloy_primitives::Bytes>,
) -> Result<Acknowledgement, DecodeError> {
    Acknowledgement::new(answers.into_iter().map(Vec::from).collect())
}
