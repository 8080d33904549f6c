//! What both chains' states say of packets.

use std::collections::BTreeMap;

use causeway_core::{ClientId, Packet, PacketPath, Sequence};
use causeway_relayer_engine::{Destination, Finding, PacketKey};

use crate::{Endpoint, EndpointError};

/// Looks packets of one source up in the states of both chains. Bodies and answers come from
/// events, and count only when they hash to what the state has.
pub async fn inspect(
    keys: &[PacketKey],
    source: (&dyn Endpoint, &ClientId),
    destination: (&dyn Endpoint, &ClientId),
) -> Vec<(PacketKey, Result<Finding, String>)> {
    let sequences: Vec<_> = keys.iter().map(|key| key.sequence).collect();
    match findings(&sequences, source, destination).await {
        Ok(mut found) => keys
            .iter()
            .map(|key| {
                let none = || Err("the endpoint left it out".to_owned());
                (*key, found.remove(&key.sequence).map_or_else(none, Ok))
            })
            .collect(),
        Err(error) => keys.iter().map(|key| (*key, Err(error.to_string()))).collect(),
    }
}

type Findings = BTreeMap<Sequence, Finding>;

async fn findings(
    sequences: &[Sequence],
    (source, source_client): (&dyn Endpoint, &ClientId),
    (destination, dest_client): (&dyn Endpoint, &ClientId),
) -> Result<Findings, EndpointError> {
    let paths = |path: fn(ClientId, Sequence) -> PacketPath, client: &ClientId| {
        sequences.iter().map(|sequence| path(client.clone(), *sequence)).collect::<Vec<_>>()
    };
    let commitments = source.traces(&paths(PacketPath::commitment, source_client)).await?;
    let bodies = source.sent(source_client, sequences).await?;
    let receipts = destination.traces(&paths(PacketPath::receipt, dest_client)).await?;
    let answer_paths = paths(PacketPath::acknowledgement, dest_client);
    let answer_commitments = destination.traces(&answer_paths).await?;
    let answers = destination.answered(dest_client, sequences).await?;

    let mut found = Findings::new();
    let states = commitments.into_iter().zip(receipts).zip(answer_commitments);
    let events = bodies.into_iter().zip(answers);
    for (sequence, (((commitment, receipt), answer_commitment), (body, answer))) in
        sequences.iter().zip(states.zip(events))
    {
        // Client and sequence are in the key of a commitment, not in its value.
        let committed = body.filter(|(packet, _)| {
            packet.sequence == *sequence
                && packet.source_client == *source_client
                && packet.dest_client == *dest_client
                && is_committed(packet, commitment.as_deref())
        });
        let body_missing = commitment.is_some() && committed.is_none();
        let answer = answer.filter(|(answer, _)| {
            answer_commitment.as_deref() == Some(answer.commitment().0.as_slice())
        });
        let destination = match (receipt, answer) {
            (_, Some((answer, height))) => Destination::Answered(answer, height),
            (Some(_), None) => Destination::Unanswered,
            (None, None) => Destination::Unreceived,
        };
        found.insert(*sequence, Finding { committed, body_missing, destination });
    }
    Ok(found)
}

/// True when the body hashes to what the source's state has.
pub(crate) fn is_committed(packet: &Packet, commitment: Option<&[u8]>) -> bool {
    commitment == Some(packet.commitment().0.as_slice())
}
