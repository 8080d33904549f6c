//! From a batch of the engine to messages for a chain.

use causeway_core::{
    AcknowledgePacket, Any, ClientId, Message, PacketPath, ReceivePacket, ReceivePackets,
    TimeoutPacket, Timestamp, UpdateClient,
};
use causeway_relayer_engine::{Batch, Item, PacketKey, Task};

use crate::inspect::is_committed;
use crate::{Endpoint, EndpointError, HostedClient, Update};

/// The most updates of a batch, of a client that must be given every header: so many fit into a
/// transaction of any chain, with the packets. The engine refreshes such clients before they are
/// further behind, and until they are not.
const MAX_UPDATES: usize = 2;

/// Messages that are ready to be submitted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prepared {
    /// What brings the client to the height of the proofs; to be executed first.
    pub updates: Vec<Message>,
    /// The messages about packets, none for a mere refresh.
    pub messages: Vec<Message>,
    /// Which packets each message is about, in order.
    pub items: Vec<Vec<PacketKey>>,
}

/// Makes the messages of a batch: leaves out items whose work is done already by the newest state
/// of the chain they go to, brings the client to a height that has everything, and proves the rest
/// there. `on` is the chain to submit to, `other` the one that is proven; each with its client.
pub async fn prepare(
    batch: &Batch,
    on: (&dyn Endpoint, &ClientId),
    other: (&dyn Endpoint, &ClientId),
) -> Result<Prepared, EndpointError> {
    let (on, on_client) = on;
    let (other, other_client) = other;
    let items = still_to_do(batch, on, on_client).await?;
    if items.is_empty() && !batch.refresh {
        return Ok(Prepared::default());
    }
    let client = on.client(on_client).await?;
    let not_before = latest_timeout(&items)?;
    let mut update = other.update(&client, batch.at_least, not_before, batch.refresh).await?;
    if client.report.trusting_period.is_none() && update.messages.len() > MAX_UPDATES {
        if !items.is_empty() {
            let behind = update.messages.len();
            let reason = format!("{behind} updates are missing: they go first, a few at a time");
            return Err(EndpointError::Missing { what: "client that is near enough", reason });
        }
        update.messages.truncate(MAX_UPDATES);
    }
    let update_client = |client_message: &Any| {
        let (client_id, client_message) = (on_client.clone(), client_message.clone());
        Message::UpdateClient(UpdateClient { client_id, client_message })
    };
    let updates = update.messages.iter().map(update_client).collect();
    let (mut messages, mut covered) = (Vec::new(), Vec::new());
    let prover = Proofs { other, other_client, client: &client, update: &update };
    let (receives, rest): (Vec<&Item>, Vec<&Item>) =
        items.iter().partition(|item| item.task == Task::Receive);
    if let Some(message) = prover.receive(&receives).await? {
        messages.push(message);
        covered.push(receives.iter().map(|item| item.key).collect());
    }
    messages.extend(prover.settle(&rest).await?);
    covered.extend(rest.iter().map(|item| vec![item.key]));
    Ok(Prepared { updates, messages, items: covered })
}

/// The items that the newest state of the chain does not have yet: no receipt of those to deliver,
/// still a commitment of those to end.
async fn still_to_do(
    batch: &Batch,
    on: &dyn Endpoint,
    client: &ClientId,
) -> Result<Vec<Item>, EndpointError> {
    let path = |item: &Item| match item.task {
        Task::Receive => PacketPath::receipt(client.clone(), item.key.sequence),
        Task::Acknowledge(_) | Task::Timeout => {
            PacketPath::commitment(client.clone(), item.key.sequence)
        }
    };
    let traces = on.traces(&batch.items.iter().map(path).collect::<Vec<_>>()).await?;
    if traces.len() != batch.items.len() {
        let reason = format!("{} values for {} paths", traces.len(), batch.items.len());
        return Err(EndpointError::Nonsense { what: "traces", reason });
    }
    let open = |(item, trace): (&Item, Option<Vec<u8>>)| {
        let open = match item.task {
            Task::Receive => trace.is_none(),
            Task::Acknowledge(_) | Task::Timeout => is_committed(&item.packet, trace.as_deref()),
        };
        open.then(|| item.clone())
    };
    Ok(batch.items.iter().zip(traces).filter_map(open).collect())
}

/// The time that the proven state must be at or after, for all timeouts of the batch.
fn latest_timeout(items: &[Item]) -> Result<Timestamp, EndpointError> {
    let timeouts = items.iter().filter(|item| item.task == Task::Timeout);
    let latest = timeouts.map(|item| item.packet.timeout_timestamp).max().unwrap_or_default();
    Timestamp::from_secs(latest).ok_or(EndpointError::Nonsense {
        what: "timeout",
        reason: format!("{latest} seconds are beyond what nanoseconds can say"),
    })
}

/// Proves what a batch says, all of it at one height.
struct Proofs<'a> {
    other: &'a dyn Endpoint,
    other_client: &'a ClientId,
    client: &'a HostedClient,
    update: &'a Update,
}

impl Proofs<'_> {
    /// One message for all packets to deliver, under one proof where there are several.
    async fn receive(&self, items: &[&Item]) -> Result<Option<Message>, EndpointError> {
        let path =
            |item: &&Item| PacketPath::commitment(self.other_client.clone(), item.key.sequence);
        let paths: Vec<_> = items.iter().map(path).collect();
        let proof_height = self.update.height;
        Ok(match items {
            [] => None,
            [item] => {
                let proof = self.prove(&paths).await?.pop().unwrap_or_default();
                Some(Message::ReceivePacket(ReceivePacket {
                    packet: item.packet.clone(),
                    proof_commitment: proof,
                    proof_height,
                }))
            }
            items => Some(Message::ReceivePackets(ReceivePackets {
                packets: items.iter().map(|item| item.packet.clone()).collect(),
                proof_commitments: self
                    .other
                    .prove_batch(self.client, proof_height, &paths)
                    .await?,
                proof_height,
            })),
        })
    }

    /// The messages that end packets at their source, one each.
    async fn settle(&self, items: &[&Item]) -> Result<Vec<Message>, EndpointError> {
        let path = |item: &&Item| {
            let (client, sequence) = (self.other_client.clone(), item.key.sequence);
            match item.task {
                Task::Acknowledge(_) => PacketPath::acknowledgement(client, sequence),
                Task::Timeout | Task::Receive => PacketPath::receipt(client, sequence),
            }
        };
        if items.is_empty() {
            return Ok(Vec::new());
        }
        let proofs = self.prove(&items.iter().map(path).collect::<Vec<_>>()).await?;
        let proof_height = self.update.height;
        let message = |(item, proof): (&&Item, Vec<u8>)| {
            let packet = item.packet.clone();
            match &item.task {
                Task::Acknowledge(answer) => Message::AcknowledgePacket(AcknowledgePacket {
                    packet,
                    acknowledgement: answer.clone(),
                    proof_acked: proof,
                    proof_height,
                }),
                Task::Timeout | Task::Receive => Message::TimeoutPacket(TimeoutPacket {
                    packet,
                    proof_unreceived: proof,
                    proof_height,
                }),
            }
        };
        Ok(items.iter().zip(proofs).map(message).collect())
    }

    async fn prove(&self, paths: &[PacketPath]) -> Result<Vec<Vec<u8>>, EndpointError> {
        let proofs = self.other.prove(self.client, self.update.height, paths).await?;
        if proofs.len() != paths.len() {
            let reason = format!("{} proofs for {} paths", proofs.len(), paths.len());
            return Err(EndpointError::Nonsense { what: "proofs", reason });
        }
        Ok(proofs)
    }
}
