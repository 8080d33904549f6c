//! Packets in events and in state.

use std::collections::{BTreeMap, VecDeque};

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use causeway_core::{Acknowledgement, ClientId, Height, Packet, PacketPath, Sequence};
use causeway_wire_cometbft::query::{
    PageRequest, QueryPacketStates, QueryPacketStatesResponse, path,
};
use causeway_wire_cometbft::rpc::{BlockResults, TxAnswer, TxOutcomeJson, TxSearch};
use causeway_wire_cometbft::{PacketEvent, TxEvent};
use serde_json::{Value, json};

use super::{CometbftEndpoint, block_before, header_after, nonsense, unsigned};
use crate::{ChainEvent, EndpointError, Events, MAX_PAGE, Page, Reader, Trail, Transaction};

/// The most heights of one call of `events`.
const MAX_SPAN: u64 = 200;

/// The most searches of one request.
const MAX_SEARCHES: usize = 8;

/// The kinds of event by which bodies and answers are found.
const SENT: &str = "send_packet";
const ANSWERED: &str = "write_acknowledgement";

impl CometbftEndpoint {
    /// What transactions told of packets of these sequences, each found by the event of this kind.
    /// A transaction may be about hundreds of them, and comes whole: what is told already is not
    /// asked for.
    async fn told(
        &self,
        (kind, side): (&str, &str),
        client: &ClientId,
        sequences: &[Sequence],
    ) -> Result<BTreeMap<Sequence, (ChainEvent, Height)>, EndpointError> {
        let mut told = BTreeMap::new();
        let mut open: VecDeque<_> = sequences.iter().copied().collect();
        let mut width = 1;
        while !open.is_empty() {
            let asked: Vec<_> = open.drain(..width.min(open.len())).collect();
            let params = asked.iter().map(|it| search(kind, side, client, *it)).collect();
            let found: Vec<TxSearch> = self.rpc.calls("tx_search", params).await?;
            let before = told.len();
            for answer in found.into_iter().flat_map(|found| found.txs) {
                let height = self.height(header_after(unsigned("height", answer.height.0)?));
                let events = packet_events(answer.tx_result)?.into_iter().filter_map(of_client);
                for (_, event) in events.filter(|(owner, _)| owner == client) {
                    let sequence = match &event {
                        ChainEvent::Sent(packet) if kind == SENT => packet.sequence,
                        ChainEvent::Answered(packet, _) if kind == ANSWERED => packet.sequence,
                        _ => continue,
                    };
                    told.entry(sequence).or_insert((event, height));
                }
            }
            open.retain(|sequence| !told.contains_key(sequence));
            // Together only where each has a transaction of its own.
            let is_alone = told.len().saturating_sub(before) <= asked.len();
            width = if is_alone { width.saturating_mul(2).min(MAX_SEARCHES) } else { 1 };
        }
        Ok(told)
    }
}

fn search(kind: &str, side: &str, client: &ClientId, sequence: Sequence) -> Value {
    let (client_key, sequence_key) = (format!("{kind}.{side}"), "packet_sequence");
    let query = format!("{client_key}='{client}' AND {kind}.{sequence_key}='{sequence}'");
    json!({ "query": query, "prove": false, "page": "1", "per_page": "1", "order_by": "desc" })
}

/// What a transaction told of packets; a failed one told nothing that holds.
fn packet_events(outcome: TxOutcomeJson) -> Result<Vec<PacketEvent>, EndpointError> {
    if outcome.code.0 != 0 {
        return Ok(Vec::new());
    }
    let events = outcome.events.into_iter().filter_map(|event| TxEvent::from(event).packet());
    events.map(|event| event.map_err(|error| nonsense("packet event", &error))).collect()
}

/// Which client of this chain an event is about, and what it means to a relayer.
fn of_client(event: PacketEvent) -> Option<(ClientId, ChainEvent)> {
    match event {
        PacketEvent::Sent(packet) => Some((packet.source_client.clone(), ChainEvent::Sent(packet))),
        PacketEvent::AcknowledgementWritten(packet, answer) => {
            Some((packet.dest_client.clone(), ChainEvent::Answered(packet, answer)))
        }
        PacketEvent::Acknowledged(packet) | PacketEvent::TimedOut(packet) => {
            Some((packet.source_client, ChainEvent::Settled(packet.sequence)))
        }
        PacketEvent::Received(_) => None,
    }
}

#[async_trait]
impl Reader for CometbftEndpoint {
    async fn events(&self, client: &ClientId, from: u64, to: u64) -> Result<Events, EndpointError> {
        let to = to.min(from.saturating_add(MAX_SPAN)).max(from);
        let blocks = self.rpc.blocks(block_before(from).max(1), block_before(to)).await?;
        let busy = blocks.into_iter().filter(|(_, (_, txs))| *txs > 0);
        let busy: Vec<_> = busy.map(|(height, _)| height).collect();
        let params = busy.iter().map(|height| json!({ "height": height.to_string() })).collect();
        let results: Vec<BlockResults> = self.rpc.calls("block_results", params).await?;
        let mut events = Vec::new();
        for (block, result) in busy.into_iter().zip(results) {
            let height = self.height(header_after(block));
            for outcome in result.txs_results.unwrap_or_default() {
                let told = packet_events(outcome)?.into_iter().filter_map(of_client);
                let ours = told.filter(|(owner, _)| owner == client);
                events.extend(ours.map(|(_, event)| (height, event)));
            }
        }
        Ok(Events { to, events })
    }

    async fn traces(&self, paths: &[PacketPath]) -> Result<Vec<Option<Vec<u8>>>, EndpointError> {
        let keys: Vec<_> = paths.iter().map(PacketPath::to_bytes).collect();
        let answers = self.rpc.store(&keys, 0, false).await?;
        let value = |bytes: Vec<u8>| (!bytes.is_empty()).then_some(bytes);
        Ok(answers.into_iter().map(|answer| value(answer.value.0)).collect())
    }

    async fn outstanding(&self, client: &ClientId, from: Sequence) -> Result<Page, EndpointError> {
        let limit = u64::try_from(MAX_PAGE).unwrap_or(u64::MAX);
        let key = from.get().to_be_bytes().to_vec();
        let pagination = Some(PageRequest { key, limit, ..PageRequest::default() });
        let question = QueryPacketStates { client_id: client.to_string(), pagination };
        let answer: QueryPacketStatesResponse =
            self.rpc.ask(path::PACKET_COMMITMENTS, &question).await?;
        let sequence =
            |number| Sequence::new(number).ok_or_else(|| nonsense("commitments", &"sequence zero"));
        let sequences =
            answer.states.iter().map(|state| sequence(state.sequence)).collect::<Result<_, _>>()?;
        let next = match answer.pagination.map(|page| page.next_key).unwrap_or_default() {
            end if end.is_empty() => None,
            key => {
                let number = key.try_into().map(u64::from_be_bytes);
                Some(sequence(number.map_err(|_| nonsense("commitments", &"a page's key"))?)?)
            }
        };
        Ok(Page { sequences, next })
    }

    async fn sent(
        &self,
        client: &ClientId,
        sequences: &[Sequence],
    ) -> Result<Vec<Option<(Packet, Height)>>, EndpointError> {
        let kind = (SENT, "packet_source_client");
        let mut told = self.told(kind, client, sequences).await?;
        let body = |wanted: &Sequence| match told.remove(wanted) {
            Some((ChainEvent::Sent(packet), height)) => Some((packet, height)),
            _ => None,
        };
        Ok(sequences.iter().map(body).collect())
    }

    async fn answered(
        &self,
        client: &ClientId,
        sequences: &[Sequence],
    ) -> Result<Vec<Option<(Acknowledgement, Height)>>, EndpointError> {
        let kind = (ANSWERED, "packet_dest_client");
        let mut told = self.told(kind, client, sequences).await?;
        let answer = |wanted: &Sequence| match told.remove(wanted) {
            Some((ChainEvent::Answered(_, answer), height)) => Some((answer, height)),
            _ => None,
        };
        Ok(sequences.iter().map(answer).collect())
    }

    async fn events_of(
        &self,
        transaction: &Transaction,
    ) -> Result<Option<Vec<(ClientId, ChainEvent)>>, EndpointError> {
        let Some(found) = self.find(transaction).await? else { return Ok(None) };
        let events = packet_events(found.tx_result)?;
        Ok(Some(events.into_iter().filter_map(of_client).collect()))
    }

    async fn transaction_of(
        &self,
        client: &ClientId,
        sequence: Sequence,
        trail: Trail,
    ) -> Result<Option<(Transaction, Height)>, EndpointError> {
        let kinds: &[(&str, &str)] = match trail {
            Trail::Sent => &[(SENT, "packet_source_client")],
            Trail::Answered => &[(ANSWERED, "packet_dest_client")],
            Trail::Settled => &[
                ("acknowledge_packet", "packet_source_client"),
                ("timeout_packet", "packet_source_client"),
            ],
        };
        for (kind, side) in kinds {
            let query = search(kind, side, client, sequence);
            let found: TxSearch = self.rpc.call("tx_search", query).await?;
            for answer in found.txs {
                let height = self.height(header_after(unsigned("height", answer.height.0)?));
                let transaction = Transaction(hex::encode_upper(&answer.hash.0));
                let told = packet_events(answer.tx_result)?.into_iter().filter_map(of_client);
                if told
                    .into_iter()
                    .any(|(owner, event)| owner == *client && trail.is_of(&event, sequence))
                {
                    return Ok(Some((transaction, height)));
                }
            }
        }
        Ok(None)
    }
}

impl CometbftEndpoint {
    /// A transaction in a block, by its hash.
    pub(super) async fn find(
        &self,
        transaction: &Transaction,
    ) -> Result<Option<TxAnswer>, EndpointError> {
        let hash = hex::decode(&transaction.0).map_err(|error| nonsense("hash", &error))?;
        let params = json!({ "hash": STANDARD.encode(hash), "prove": false });
        match self.rpc.try_call("tx", params).await? {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.data.contains("not found") => Ok(None),
            Err(error) => Err(nonsense("tx", &error)),
        }
    }
}
