//! Packets by the states and events of both chains, where no relayer can be asked.

use core::fmt;
use core::str::FromStr;

use anyhow::anyhow;
use causeway_core::transfer::{self, FungibleTokenPacketData};
use causeway_core::{Acknowledgement, ClientId, Encoding, Packet, Payload, Sequence};
use causeway_relayer_daemon::rpc::types::{EndJson, PacketJson, PayloadJson, TransferJson};
use causeway_relayer_daemon::work::{WorkError, read_client};
use causeway_relayer_endpoints::{ChainEvent, EndpointError, Transaction};
use causeway_relayer_engine::{Destination, Finding};

use crate::config::Config;
use crate::crossing::{End, Way};
use crate::output::Failure;
use crate::relaying::{self, Endpoints, all, check_client, readers};

/// The name of a packet: `CHAIN/CLIENT/SEQUENCE` of its source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::commands) struct PacketId {
    chain: String,
    client: ClientId,
    sequence: Sequence,
}

impl FromStr for PacketId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let malformed = || {
            let example = "pow/ethereum-0/1";
            format!("{text:?}: expected CHAIN/CLIENT/SEQUENCE of the source, such as {example}")
        };
        let parts: Vec<_> = text.split('/').collect();
        let [chain, client, sequence] = parts.as_slice() else { return Err(malformed()) };
        let number = sequence.parse().ok().and_then(Sequence::new);
        match (ClientId::new(*client), number) {
            (Ok(client), Some(sequence)) if !chain.is_empty() => {
                Ok(Self { chain: (*chain).to_owned(), client, sequence })
            }
            _ => Err(malformed()),
        }
    }
}

impl fmt::Display for PacketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.chain, self.client, self.sequence)
    }
}

impl PacketId {
    /// Refuses a chain that is not configured.
    pub(in crate::commands) fn check(&self, config: &Config) -> Result<(), Failure> {
        config.chain(&self.chain).map(|_| ()).map_err(|reason| Failure::Usage(anyhow!(reason)))
    }
}

/// One packet.
pub(in crate::commands) async fn by_id(
    config: &Config,
    id: &PacketId,
) -> Result<PacketJson, Failure> {
    look(&readers(config)?, id).await
}

/// The packets that a transaction had to do with, on whichever chain has it.
pub(in crate::commands) async fn by_transaction(
    config: &Config,
    name: &str,
) -> Result<Vec<PacketJson>, Failure> {
    let endpoints = readers(config)?;
    let transaction = Transaction(name.to_owned());
    let mut ids = std::collections::BTreeSet::new();
    for (alias, endpoint) in &endpoints {
        // What is no transaction for one chain may be one for another.
        let events = endpoint.events_of(&transaction).await.ok().flatten();
        for (client, event) in events.into_iter().flatten() {
            let (chain, client, sequence) = match event {
                ChainEvent::Sent(packet) => (alias.clone(), client, packet.sequence),
                ChainEvent::Settled(sequence) => (alias.clone(), client, sequence),
                ChainEvent::Answered(packet, _) => {
                    let Some(chain) = followed(&endpoints, alias, &client).await? else { continue };
                    (chain, packet.source_client, packet.sequence)
                }
            };
            ids.insert(PacketId { chain, client, sequence });
        }
    }
    let mut packets = Vec::new();
    for id in ids {
        packets.push(look(&endpoints, &id).await?);
    }
    Ok(packets)
}

/// The alias of the chain that a client follows.
async fn followed(
    endpoints: &Endpoints,
    host: &str,
    client: &ClientId,
) -> Result<Option<String>, Failure> {
    let host = relaying::named(endpoints, host)?;
    let read = read_client(host, client, &all(endpoints)).await;
    Ok(read.map_err(relaying::failure)?.follows)
}

async fn look(endpoints: &Endpoints, id: &PacketId) -> Result<PacketJson, Failure> {
    let way = way(endpoints, id).await?;
    let environment = |reason: String| Failure::Environment(anyhow!(reason));
    let finding = way.look(id.sequence).await.map_err(environment)?;
    let source = &way.source;
    let sent = source.endpoint.sent(&source.client, &[id.sequence]).await;
    let on = |error: EndpointError| WorkError::Endpoint { chain: id.chain.clone(), error };
    let mut sent = sent.map_err(|error| relaying::failure(on(error)))?;
    let body = sent.pop().flatten().map(|(packet, _)| packet);
    let was_received = !matches!(finding.destination, Destination::Unreceived);
    if body.is_none() && finding.committed.is_none() && !finding.body_missing && !was_received {
        return Err(Failure::Usage(anyhow!("there is no packet {id} on {}", id.chain)));
    }
    Ok(document(id, &way, finding, body))
}

async fn way(endpoints: &Endpoints, id: &PacketId) -> Result<Way, Failure> {
    let host = relaying::named(endpoints, &id.chain)?;
    check_client(host, &id.client).await?;
    let read = read_client(host, &id.client, &all(endpoints)).await;
    let info = read.map_err(relaying::failure)?;
    let usage = |reason: &str| Failure::Usage(anyhow!("{} on {} {reason}", id.client, id.chain));
    let none = "has no counterparty: no packet went through it";
    let counterparty = info.client.counterparty.ok_or_else(|| usage(none))?;
    let follows = info.follows.ok_or_else(|| usage("follows no configured chain that answers"))?;
    let end = |alias: &str, client: ClientId| {
        let endpoint = endpoints.get(alias).cloned();
        endpoint.map(|endpoint| End { alias: alias.to_owned(), client, endpoint })
    };
    let source = end(&id.chain, id.client.clone());
    match (source, end(&follows, counterparty.client_id)) {
        (Some(source), Some(destination)) => Ok(Way { source, destination }),
        _ => Err(usage("leads nowhere")),
    }
}

fn document(id: &PacketId, way: &Way, finding: Finding, body: Option<Packet>) -> PacketJson {
    let end = |end: &End| EndJson { chain: end.alias.clone(), client: end.client.to_string() };
    let (from, to) = (&way.source.alias, &way.destination.alias);
    let is_open = finding.committed.is_some() || finding.body_missing;
    let packet = finding.committed.map(|(packet, _)| packet).or(body);
    let answer = match &finding.destination {
        Destination::Answered(answer, _) => Some(answer),
        Destination::Unreceived | Destination::Unanswered => None,
    };
    let (place, waits_for) = match (is_open, &finding.destination) {
        (true, Destination::Unreceived) => ("seen", Some(format!("its delivery to {to}"))),
        (true, Destination::Unanswered) => {
            ("executed", Some(format!("the application's answer on {to}")))
        }
        (true, Destination::Answered(..)) => {
            ("executed", Some(format!("the answer of {to} to come to {from}")))
        }
        (false, Destination::Answered(answer, _)) if answer.is_error() => ("rejected", None),
        (false, Destination::Answered(..)) => ("acknowledged", None),
        // It was received, so that it cannot have timed out; what the answer was is not shown.
        (false, Destination::Unanswered) => ("settled", None),
        (false, Destination::Unreceived) => ("refunded", None),
    };
    let who = match &finding.destination {
        Destination::Unanswered => format!("the receiving application on {to}"),
        _ => "any relayer: `causeway relay`".to_owned(),
    };
    PacketJson {
        id: id.to_string(),
        path: 0,
        from: end(&way.source),
        to: end(&way.destination),
        sequence: id.sequence.get(),
        timeout: packet.as_ref().map(|it| it.timeout_timestamp),
        payloads: packet.iter().flat_map(|it| &it.payloads).map(payload).collect(),
        acknowledgement: answer.map(answers),
        outcome: (!is_open).then(|| place.to_owned()),
        stage: Some(place.to_owned()),
        since: 0,
        who: waits_for.is_some().then_some(who),
        waits_for,
        failure: None,
        transaction: None,
        client: None,
        way: Vec::new(),
        steps: Vec::new(),
    }
}

fn answers(answer: &Acknowledgement) -> Vec<String> {
    answer.app_acknowledgements().iter().map(hex::encode).collect()
}

fn payload(payload: &Payload) -> PayloadJson {
    let is_transfer = payload.source_port.as_str() == transfer::PORT;
    let data = Encoding::of(payload)
        .filter(|_| is_transfer)
        .and_then(|it| FungibleTokenPacketData::decode(&payload.value, it).ok());
    PayloadJson {
        source_port: payload.source_port.to_string(),
        dest_port: payload.dest_port.to_string(),
        version: payload.version.clone(),
        encoding: payload.encoding.clone(),
        value_hex: hex::encode(&payload.value),
        transfer: data.map(|data| TransferJson {
            denom: data.denom().to_string(),
            amount: data.amount().to_string(),
            sender: data.sender().to_owned(),
            receiver: data.receiver().to_owned(),
            memo: data.memo().to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_packets_have_three_parts() {
        let id: PacketId = "pow/ethereum-0/7".parse().unwrap();
        assert_eq!(id.to_string(), "pow/ethereum-0/7");
        for text in [
            "",
            "pow",
            "pow/ethereum-0",
            "pow/ethereum-0/0",
            "pow/ethereum-0/-1",
            "pow/e/1",
            "/ethereum-0/1",
            "pow/ethereum-0/1/2",
            "pow/ethereum-0/x",
            "pow//1",
        ] {
            text.parse::<PacketId>().unwrap_err();
        }
    }
}
